"""Where a search lost a document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .gen import search_pb2
from .results import IndexVersion, index_version_of
from .search_options import decode_params


@dataclass(frozen=True)
class WhyNot:
    """Why a search did not return a document.

    Attributes:
        lost: where it was lost, as the wire contract names it, for example "OUT_RANKED"; "FOUND" if it was not; "UNSPECIFIED" for a place
            that this client does not know.
        rank: rank of the document at this step, from 1: in the answer, by coarse score if it is BEYOND_CAP, by score if it is OUT_RANKED.
        score: score of the document at this step; the coarse score if it is BELOW_ALPHA.
        needed: what it missed: a score, or if it is BEYOND_CAP a number of documents.
        change: parameters to change, as keyword arguments of `search`: a search with them was run, and returned the document. None as a value
            turns a rule off. None if the document was found, or no parameters bring it. `k` may be above the server's limit.
        index_version: the version that answered.
    """

    lost: str
    rank: int | None
    score: float | None
    needed: float | None
    change: Mapping[str, Any] | None
    index_version: IndexVersion


def why_not_of(response: search_pb2.WhyNotResponse) -> WhyNot:
    """Decodes a response."""
    known = response.lost in search_pb2.Lost.values()
    change = decode_params(response.change) if response.HasField("change") else None
    if change is not None and response.without_beta:
        change["beta"] = None
    return WhyNot(
        search_pb2.Lost.Name(response.lost).removeprefix("LOST_") if known else "UNSPECIFIED",
        response.rank if response.HasField("rank") else None,
        response.score if response.HasField("score") else None,
        response.needed if response.HasField("needed") else None,
        change,
        index_version_of(response.index_version),
    )
