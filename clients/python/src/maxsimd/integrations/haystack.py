"""A retriever for Haystack 2 and newer. Needs `haystack-ai`."""

from __future__ import annotations

from typing import Any

from haystack import Document, component

from ..client import MaxsimClient
from .encoding import QueryEncoder
from .found_texts import found_texts


@component
class MaxsimRetriever:
    """Searches a maxsimd server.

    Args:
        client: searches.
        encode_query: turns a question into token vectors, for example `sentence_transformers.query_encoder(model)`.
        text_field: stored field that holds the text; it becomes `content`. The other fields and `score` become `meta`.
        options: keyword arguments of `MaxsimClient.search`, such as `k` and `filter`.
    """

    def __init__(
        self, client: MaxsimClient, encode_query: QueryEncoder, text_field: str = "text", **options: Any
    ) -> None:
        self._client = client
        self._encode_query = encode_query
        self._text_field = text_field
        self._options = options

    @component.output_types(documents=list[Document])  # type: ignore[untyped-decorator] # Haystack is not analysed
    def run(self, query: str) -> dict[str, list[Document]]:
        """The documents that match a question best."""
        answer = self._client.search(self._encode_query(query), **{**self._options, "fields": "all"})
        found = found_texts(answer, self._text_field)
        return {
            "documents": [Document(id=each.id, content=each.text, meta=each.fields, score=each.score) for each in found]
        }
