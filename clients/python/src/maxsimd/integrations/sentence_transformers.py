"""Multi-vector models of Sentence Transformers 6 (`sentence_transformers.MultiVectorEncoder`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .encoding import DocumentEncoder, QueryEncoder, in_batches


def query_encoder(model: Any) -> QueryEncoder:
    """A function that encodes one question with `model.encode_query`; float32 on the CPU, shape [tokens, dim]."""

    def encode(text: str) -> Any:
        return model.encode_query(text, convert_to_numpy=True, show_progress_bar=False)

    return encode


def document_encoder(model: Any, batch_size: int = 32) -> DocumentEncoder:
    """A function that encodes texts with `model.encode_document`, `batch_size` at a time."""

    def encode(texts: Iterable[str]) -> Iterator[Any]:
        for batch in in_batches(texts, batch_size):
            yield from model.encode_document(
                list(batch), batch_size=batch_size, convert_to_numpy=True, show_progress_bar=False
            )

    return encode
