"""Modules in place of packages that need torch, with as much of their interface as the recipes use. PyLate's retriever is its own code."""

from __future__ import annotations

import importlib.util
import inspect
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from conftest import DIM
from numpy.typing import NDArray


def encode_text(text: str) -> NDArray[np.float32]:
    """A unit vector for each word, always the same for the same word; shape [words, 16]."""
    words = text.lower().split()
    vectors = np.stack([np.random.default_rng(zlib.crc32(word.encode())).standard_normal(DIM) for word in words])
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


class MultiVectorEncoder:
    """As `sentence_transformers.MultiVectorEncoder` 6.2: a text gives one array, a list of texts a list."""

    def __init__(self, model_name_or_path: str) -> None:
        self.name = model_name_or_path

    def encode_query(
        self,
        inputs: Any,
        *,
        batch_size: int = 32,
        show_progress_bar: bool | None = None,
        convert_to_numpy: bool = False,
    ) -> Any:
        """Encodes questions."""
        assert convert_to_numpy
        return encode_text(inputs) if isinstance(inputs, str) else [encode_text(text) for text in inputs]

    encode_document = encode_query


@dataclass
class PoolingOutput:
    """As `vllm.outputs.PoolingOutput`."""

    data: Any


@dataclass
class PoolingRequestOutput:
    """As `vllm.outputs.PoolingRequestOutput`."""

    outputs: PoolingOutput
    error: Any = None


class LLM:
    """As `vllm.LLM` 0.33."""

    def __init__(self, model: str, *, runner: str, pooler_config: Any, trust_remote_code: bool = False) -> None:
        assert (runner, pooler_config) == ("pooling", {"task": "token_embed"})

    def encode(self, prompts: list[str], *, pooling_task: str, use_tqdm: bool = True) -> list[PoolingRequestOutput]:
        """Pools the token embeddings of prompts."""
        assert pooling_task == "token_embed"
        return [PoolingRequestOutput(PoolingOutput(encode_text(prompt))) for prompt in prompts]


class ColBERT:
    """As `pylate.models.ColBERT` 1.6, whose forms of answers were looked at with a real model. Questions are not expanded to a fixed length."""

    def __init__(self, model_name_or_path: str) -> None:
        self.name = model_name_or_path

    def encode(
        self,
        sentences: Any,
        batch_size: int = 32,
        show_progress_bar: bool | None = None,
        output_value: str | None = "token_embeddings",
        padding: bool = False,
        is_query: bool = True,
    ) -> Any:
        """Encodes questions or documents: a text gives one array, a list of texts a list or with `output_value=None` a dictionary."""
        if isinstance(sentences, str):
            return encode_text(sentences)
        encoded = [encode_text(text) for text in sentences]
        if not padding and output_value is not None:
            return encoded
        longest = max(map(len, encoded))
        # What a mask leaves out would score highest.
        padded = [
            np.pad(each, ((0, longest - len(each)), (0, 0)), constant_values=0 if output_value else 9)
            for each in encoded
        ]
        if output_value is not None:
            return [each[None] for each in padded]
        masks = [np.arange(longest) < len(each) for each in encoded]
        ids = [np.arange(longest) + 1 for _ in encoded]
        return {"token_embeddings": padded, "input_ids": ids, "attention_mask": masks, "masks": masks}


def install(name: str, **members: Any) -> ModuleType:
    """Makes a module that `import` finds."""
    module = ModuleType(name)
    module.__dict__.update(members)
    sys.modules[name] = module
    return module


def install_encoders() -> None:
    """Stand-ins for sentence_transformers and vllm."""
    install("sentence_transformers", MultiVectorEncoder=MultiVectorEncoder)
    install("vllm", LLM=LLM)


def install_pylate() -> None:
    """PyLate 1.6 with its own index interface and retriever. What these import and do not use on this path is replaced: torch, the scoring
    and the models."""
    spec = importlib.util.find_spec("pylate")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent

    def iter_batch(items: Any, batch_size: int, tqdm_bar: bool = True) -> Iterator[Any]:
        raise AssertionError("an index that ranks is asked once")

    install("torch", Tensor=type("Tensor", (), {}))
    install("tqdm", tqdm=None)
    pylate = install("pylate", __path__=[str(folder)])
    install("pylate.indexes", __path__=[str(folder / "indexes")])
    install("pylate.rank", RerankResult=dict, rerank=None)
    install("pylate.utils", iter_batch=iter_batch)
    retrieve = install("pylate.retrieve", __path__=[str(folder / "retrieve")])
    retriever = importlib.import_module("pylate.retrieve.colbert")
    assert inspect.getsourcefile(retriever) == str(folder / "retrieve/colbert.py")
    retrieve.ColBERT = retriever.ColBERT  # type: ignore[attr-defined]
    pylate.models = install("pylate.models", ColBERT=ColBERT)  # type: ignore[attr-defined]


def remove_all() -> None:
    """Takes the stand-ins out again."""
    for name in list(sys.modules):
        if name.split(".")[0] in ("torch", "tqdm", "pylate", "sentence_transformers", "vllm"):
            del sys.modules[name]
