"""The promise: `write_corpus` writes what `maxsimd build` reads, in bounded memory, and leaves nothing behind after an error."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from conftest import small_documents
from support import run_command

from maxsimd import Corpus, ErrorCode, MaxsimRpcError, write_corpus


def documents() -> list[Any]:
    """Documents of uneven lengths, one of them without tokens; dim 4."""
    random = np.random.default_rng(3)
    return [random.standard_normal((rows, 4)).astype(np.float32) for rows in (3, 0, 5, 1)]


def test_the_files_hold_what_was_given(tmp_path: Path) -> None:
    given = documents()
    token_ids = [np.arange(len(each)) + 10 for each in given]
    corpus = write_corpus(
        iter(given),
        (ids for ids in token_ids),
        ids=["a", "b", "c", "d\n"],
        attributes=[{"year": np.int64(1990), "note": None}, {}, {"tags": ("x", "y")}, {"id": "d\n"}],
        folder=tmp_path / "corpus",
    )
    assert corpus == Corpus(tmp_path / "corpus", 4, 9, 4, True)
    vectors = np.load(corpus.folder / "vectors.npy")
    assert vectors.dtype == np.float16
    np.testing.assert_array_equal(vectors, np.concatenate(given).astype(np.float16))
    assert np.load(corpus.folder / "doclens.npy").tolist() == [3, 0, 5, 1]
    assert np.load(corpus.folder / "token_ids.npy").tolist() == np.concatenate(token_ids).tolist()
    lines = [json.loads(line) for line in (corpus.folder / "attributes.jsonl").read_text().splitlines()]
    assert lines == [{"id": "a", "year": 1990}, {"id": "b"}, {"id": "c", "tags": ["x", "y"]}, {"id": "d\n"}]
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]


def test_maxsimd_builds_an_index_of_it(tmp_path: Path) -> None:
    corpus = write_corpus(small_documents(1), ids=[f"d{i}" for i in range(60)], folder=tmp_path / "corpus")
    run_command(*corpus.build_arguments, "-o", str(tmp_path / "index.maxsim"))
    np.save(tmp_path / "queries.npy", small_documents(1)[17][None].astype(np.float16))
    searched = run_command(
        "search",
        "--file",
        str(tmp_path / "index.maxsim"),
        "--queries",
        str(tmp_path / "queries.npy"),
        "--json",
        "--k",
        "1",
    )
    assert '"d17"' in searched


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.float32, np.float64])
def test_each_type_is_rounded_once(tmp_path: Path, dtype: Any) -> None:
    # In binary64 this is above the middle of two binary16 numbers; rounded to binary32 first it would be the middle, and go down.
    values = np.array([[1 + 2.0**-11 + 2.0**-40, 1 + 2.0**-11, 2.0**-24, 65000.0]]).astype(dtype)
    corpus = write_corpus([values], folder=tmp_path / "corpus")
    vectors = np.load(corpus.folder / "vectors.npy")
    np.testing.assert_array_equal(vectors, values.astype(np.float64).astype(np.float16))
    assert corpus.rounded == (dtype is not np.float16)


def test_documents_of_several_types_and_blocks_stay_in_order(tmp_path: Path) -> None:
    types = [np.float32, np.float16, np.dtype(">f4"), np.float64]
    rows = 60_000  # A block holds 174,762 rows of dim 3.
    # As binary64 this rounds up, and rounded to binary32 first it rounds down.
    between = 1 + 2.0**-11 + 2.0**-40
    given = [
        np.stack([np.arange(rows) % 2048, np.full(rows, number), np.full(rows, between)], axis=1).astype(
            types[number // 2 % 4]
        )
        for number in range(16)
    ]
    corpus = write_corpus(given, folder=tmp_path / "corpus")
    np.testing.assert_array_equal(np.load(corpus.folder / "vectors.npy"), np.concatenate(given).astype(np.float16))


def _wide(value: float, dtype: Any = np.float32) -> Callable[[], Iterator[Any]]:
    def source() -> Iterator[Any]:
        # The first block has 262,144 rows of dim 2; the value is in a later one.
        for i in range(3000):
            document = np.ones((100, 2), dtype)
            if i == 2700:
                document[42, 1] = value
            yield document

    return source


@pytest.mark.parametrize(("value", "dtype"), [(65520.0, np.float32), (-1e30, np.float32), (np.nan, np.float16)])
def test_overflow_is_refused_with_document_and_token(tmp_path: Path, value: float, dtype: Any) -> None:
    with pytest.raises(MaxsimRpcError, match="see document 2700, token 42, element 1; normalise") as failure:
        write_corpus(_wide(value, dtype)(), folder=tmp_path / "corpus")
    assert failure.value.code is ErrorCode.NON_FINITE
    assert failure.value.field == "embeddings[2700]"
    assert list(tmp_path.iterdir()) == []


def _failing() -> Iterator[Any]:
    yield from documents()
    raise KeyError("the encoder failed")


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        ({"embeddings": [np.ones((2, 4)), np.ones((2, 5))]}, ErrorCode.DIM_MISMATCH, "embeddings[1]"),
        ({"embeddings": [np.ones(4)]}, ErrorCode.SHAPE_MISMATCH, "embeddings[0]"),
        ({"embeddings": [np.ones((2, 4), np.int8)]}, ErrorCode.INVALID_DTYPE, "embeddings[0]"),
        ({"embeddings": []}, ErrorCode.EMPTY_QUERY, "embeddings"),
        ({"token_ids": [[1, 2]]}, ErrorCode.SHAPE_MISMATCH, "token_ids[0]"),
        ({"token_ids": [[1, 2, -3]]}, ErrorCode.INVALID_DOCUMENT, "token_ids[0]"),
        ({"ids": ["a", "b"]}, ErrorCode.SHAPE_MISMATCH, "ids"),
        ({"ids": list("abcde")}, ErrorCode.SHAPE_MISMATCH, "ids"),
        ({"ids": list("abca")}, ErrorCode.INVALID_DOCUMENT, "ids[3]"),
        ({"ids": [7]}, ErrorCode.INVALID_DOCUMENT, "ids[0]"),
        ({"attributes": [{"a": object()}]}, ErrorCode.INVALID_DOCUMENT, "attributes[0].a"),
        ({"ids": ["a"], "attributes": [{"id": "b"}]}, ErrorCode.INVALID_DOCUMENT, "attributes[0].id"),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_nothing(
    tmp_path: Path, arguments: dict[str, Any], code: ErrorCode, field: str
) -> None:
    with pytest.raises(MaxsimRpcError) as failure:
        write_corpus(**{"embeddings": documents(), **arguments}, folder=tmp_path / "corpus")
    assert (failure.value.code, failure.value.field) == (code, field)
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_caller_leaves_what_was_there(tmp_path: Path) -> None:
    write_corpus(documents(), folder=tmp_path / "corpus")
    before = (tmp_path / "corpus/vectors.npy").read_bytes()
    with pytest.raises(KeyError, match="the encoder failed"):
        write_corpus(_failing(), folder=tmp_path / "corpus", overwrite=True)
    assert (tmp_path / "corpus/vectors.npy").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]


def test_a_folder_is_replaced_only_if_it_is_a_corpus_and_that_is_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    write_corpus(documents(), folder=folder)
    with pytest.raises(MaxsimRpcError, match="pass overwrite=True to replace it"):
        write_corpus(documents(), folder=folder)
    write_corpus(documents()[:1], folder=folder, overwrite=True)
    assert np.load(folder / "doclens.npy").tolist() == [3]
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(MaxsimRpcError, match="this one is not replaced"):
        write_corpus(documents(), folder=folder, overwrite=True)
    assert (folder / "notes.txt").read_text() == "mine"
    with pytest.raises(MaxsimRpcError, match=r"make .* first"):
        write_corpus(documents(), folder=tmp_path / "no/corpus")


def test_a_full_disk_is_an_error_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("maxsimd.corpus._write_all", refuse)
    with pytest.raises(OSError, match="No space left"):
        write_corpus(documents(), folder=tmp_path / "corpus")
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_the_corpus(tmp_path: Path) -> None:
    program = """
import resource, sys
import numpy as np
import maxsimd
document = np.full((100, 128), 0.1, np.float32)
tokens = int(sys.argv[1])
maxsimd.write_corpus((document for _ in range(tokens // 100)), folder=sys.argv[2])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "linux" else 1024 * 1024))
"""

    def peak_mb(tokens: int) -> int:
        command = [sys.executable, "-c", program, str(tokens), str(tmp_path / str(tokens))]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    # 400,000 tokens are 102 MB as binary16.
    assert peak_mb(400_000) - peak_mb(20_000) < 20
