"""Queries of a stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..search_options import WireOptions
from ..tensor import EncodedTokens

#: A query that was unanswered when this many connections broke may be the cause. From then on it is sent alone.
_SUSPECT_LOSSES = 2

#: A query that was unanswered when this many connections broke fails.
MAX_LOSSES = 5

_POSITION: Any = object()


@dataclass(frozen=True)
class StreamQuery:
    """One query of a stream.

    Attributes:
        query: token vectors, shape [tokens, dim].
        id: returned with the outcome, of any type; it is not sent. Default: the position of the query in the stream, from 0.
        params: parameters, filter and fields that differ from those of the stream: keyword arguments of `search`.
    """

    query: Any
    id: Any = _POSITION
    params: Mapping[str, Any] = field(default_factory=dict)

    def id_or(self, position: int) -> Any:
        """The id, or the position if the query has no id."""
        return position if self.id is _POSITION else self.id


@dataclass(eq=False)
class PendingQuery:
    """A query that was read from the source and has no outcome yet.

    Attributes:
        id: the caller's id.
        wire_id: the id on the wire, a number that rises with each query of a stream.
        tokens: its vectors.
        options: those of the stream are one object that its queries share.
        losses: how often a connection broke, or the server had no capacity, while this query was sent and unanswered.
        ticket: for the version watch; renewed each time the query is sent.
    """

    id: Any
    wire_id: int
    tokens: EncodedTokens
    options: WireOptions
    losses: int = 0
    ticket: int = 0

    @property
    def suspect(self) -> bool:
        """Whether the query may be what breaks connections."""
        return self.losses >= _SUSPECT_LOSSES
