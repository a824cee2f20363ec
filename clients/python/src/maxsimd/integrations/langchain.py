"""A retriever for LangChain. Needs `langchain-core`."""

from __future__ import annotations

import asyncio
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field

from ..aio_client import AsyncMaxsimClient
from ..client import MaxsimClient
from ..results import Answer
from .encoding import QueryEncoder
from .found_texts import found_texts


class MaxsimRetriever(BaseRetriever):  # type: ignore[misc] # LangChain is not analysed
    """Searches a maxsimd server.

    Attributes:
        client: searches.
        encode_query: turns a question into token vectors, for example `sentence_transformers.query_encoder(model)`.
        text_field: stored field that holds the text; it becomes `page_content`. The other fields and `score` become `metadata`.
        options: keyword arguments of `MaxsimClient.search`, such as `k` and `filter`.
        async_client: for `ainvoke`; without one it runs the search in a thread.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    client: MaxsimClient
    encode_query: QueryEncoder
    text_field: str = "text"
    options: dict[str, Any] = Field(default_factory=dict)
    async_client: AsyncMaxsimClient | None = None

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return self._documents(self.client.search(self.encode_query(query), **{**self.options, "fields": "all"}))

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Document]:
        # Encoding takes the processor, so it does not run in the event loop.
        vectors = await asyncio.to_thread(self.encode_query, query)
        options: dict[str, Any] = {**self.options, "fields": "all"}
        if self.async_client is None:
            return self._documents(await asyncio.to_thread(lambda: self.client.search(vectors, **options)))
        return self._documents(await self.async_client.search(vectors, **options))

    def _documents(self, answer: Answer) -> list[Document]:
        return [
            Document(id=found.id, page_content=found.text, metadata=found.fields)
            for found in found_texts(answer, self.text_field)
        ]
