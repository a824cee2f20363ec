"""Token embeddings that vLLM pools: a `vllm.LLM` with `runner="pooling"` and `PoolerConfig(task="token_embed")`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .encoding import DocumentEncoder, QueryEncoder, in_batches


def query_encoder(llm: Any, prefix: str = "") -> QueryEncoder:
    """A function that encodes one question, with the prefix that the model wants in front of questions; shape [tokens, dim]."""

    def encode(text: str) -> Any:
        return next(_encode(llm, [prefix + text]))

    return encode


def document_encoder(llm: Any, prefix: str = "", batch_size: int = 256) -> DocumentEncoder:
    """A function that encodes texts, with the prefix that the model wants in front of documents; `batch_size` texts are given to vLLM at once."""

    def encode(texts: Iterable[str]) -> Iterator[Any]:
        for batch in in_batches(texts, batch_size):
            yield from _encode(llm, [prefix + text for text in batch])

    return encode


def _encode(llm: Any, prompts: list[str]) -> Iterator[Any]:
    for output in llm.encode(prompts, pooling_task="token_embed", use_tqdm=False):
        if output.error is not None:
            raise output.error.to_exception()
        yield output.outputs.data
