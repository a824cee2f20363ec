"""A retriever for LlamaIndex. Needs `llama-index-core`."""

from __future__ import annotations

import asyncio
from typing import Any

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from ..client import MaxsimClient
from .encoding import QueryEncoder
from .found_texts import found_texts


class MaxsimRetriever(BaseRetriever):  # type: ignore[misc] # LlamaIndex is not analysed
    """Searches a maxsimd server.

    Args:
        client: searches.
        encode_query: turns a question into token vectors, for example `sentence_transformers.query_encoder(model)`.
        text_field: stored field that holds the text of a node. The other fields and `score` become its metadata.
        options: keyword arguments of `MaxsimClient.search`, such as `k` and `filter`.
    """

    def __init__(
        self, client: MaxsimClient, encode_query: QueryEncoder, text_field: str = "text", **options: Any
    ) -> None:
        super().__init__()
        self._client = client
        self._encode_query = encode_query
        self._text_field = text_field
        self._search_options = options

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        options = {**self._search_options, "fields": "all"}
        answer = self._client.search(self._encode_query(query_bundle.query_str), **options)
        return [
            NodeWithScore(node=TextNode(id_=found.id, text=found.text, metadata=found.fields), score=found.score)
            for found in found_texts(answer, self._text_field)
        ]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)
