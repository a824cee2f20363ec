"""What the retrievers have alike: a search whose hits have a text and fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import ErrorCode, bad_argument
from ..results import Answer


@dataclass(frozen=True)
class FoundText:
    """A hit with its text.

    Attributes:
        id: id of the document.
        text: the field that holds the text.
        fields: the other stored fields, and `score`.
        score: the MaxSim score.
    """

    id: str
    text: str
    fields: dict[str, Any]
    score: float


def found_texts(answer: Answer, text_field: str) -> list[FoundText]:
    """The hits of a search that asked for all fields, best first.

    Raises:
        MaxsimRpcError: INVALID_DOCUMENT for a hit without the field.
    """
    found = []
    for hit in answer.hits:
        fields = dict(hit.fields or {})
        if not isinstance(fields.get(text_field), str):
            known = ", ".join(sorted(fields)) or "no fields"
            fix = "name the field that holds the text as text_field"
            raise bad_argument(
                ErrorCode.INVALID_DOCUMENT, text_field, f"a text in each document, also in {hit.id!r}", known, fix
            )
        text = fields.pop(text_field)
        found.append(FoundText(hit.id, text, {**fields, "score": hit.score}, hit.score))
    return found
