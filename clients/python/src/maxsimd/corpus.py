"""Writes the files from which the command `maxsimd build` builds an index, in bounded memory.

The caller's thread copies token vectors into a block, in their own type. A block that is full (1 MiB as binary16) goes to one of two threads that
round it and check it, and then, in order, to a thread that writes it. A further thread flushes what was written to disk, every 64 MiB, so that the
disk works meanwhile and not only at the end. numpy and file writes release the interpreter's lock, so that all of these run at once. At most four
blocks are in memory, each with its rounded copy, and one number for each document.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import tempfile
import threading
from array import array
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from .documents import plain_json, token_id_array
from .errors import ErrorCode, bad_argument, bad_parameter
from .tensor import as_float_array

_VECTORS, _TOKEN_IDS, _DOCLENS, _ATTRIBUTES = "vectors.npy", "token_ids.npy", "doclens.npy", "attributes.jsonl"
_BLOCK_BYTES = 1 << 20
_BLOCKS = 4
_ROUNDING_THREADS = 2
_FLUSH_BYTES = 64 << 20
_HEADER_BYTES = 128
#: The exponent of infinity and NaN in binary16.
_F16_INFINITY = 0x7C00
_END: Any = object()


@dataclass(frozen=True)
class Corpus:
    """Files that hold a corpus.

    Attributes:
        folder: where they are: `vectors.npy` (binary16, shape [tokens, dim]), `doclens.npy` (shape [documents]), and if they were given
            `token_ids.npy` (shape [tokens]) and `attributes.jsonl` (one line for each document, with its id in the field `id`).
        documents: number of documents.
        tokens: number of token vectors.
        dim: elements of a vector.
        rounded: whether vectors of a wider type were rounded to binary16.
    """

    folder: Path
    documents: int
    tokens: int
    dim: int
    rounded: bool

    @property
    def build_arguments(self) -> list[str]:
        """Arguments for the command `maxsimd`, to which its output is added: `-o <file>`, or `--catalog`, `--index` and `--version`."""
        attributes = self.folder / _ATTRIBUTES
        return ["build", str(self.folder), *(["--attributes", str(attributes)] if attributes.exists() else [])]


def write_corpus(
    embeddings: Iterable[Any],
    token_ids: Iterable[Any] | None = None,
    ids: Iterable[str] | None = None,
    attributes: Iterable[Mapping[str, Any]] | None = None,
    *,
    folder: str | os.PathLike[str],
    overwrite: bool = False,
) -> Corpus:
    """Writes a corpus: one entry of each argument for each document, from lists or iterators.

    The files appear together under `folder`, or not at all: they are written next to it, flushed to disk, and renamed.

    Args:
        embeddings: the token vectors of each document, shape [tokens, dim]: numpy arrays or torch tensors of float16, bfloat16, float32 or float64,
            or lists of rows. Types other than float16 are rounded to binary16, to nearest and ties to even. A document may have no rows.
        token_ids: the vocabulary id of each token, shape [tokens], for each document.
        ids: the id of each document, 1 to 512 bytes, distinct. Without ids a document is named by its position.
        attributes: the fields of each document: JSON values, and datetimes with a time zone.
        folder: where the corpus is written.
        overwrite: whether to replace a corpus that is there. A folder that holds anything else is never replaced.

    Raises:
        MaxsimRpcError: NON_FINITE for NaN, infinity or a magnitude of 65,520 or more, with its document and token; DIM_MISMATCH, SHAPE_MISMATCH,
            INVALID_DTYPE or INVALID_DOCUMENT for a document that does not fit; INVALID_PARAMETER if the folder may not be written.
        OSError: the disk is full, or cannot be written.
    """
    target = Path(folder)
    _check_target(target, overwrite)
    part = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
    try:
        part.chmod(0o777 & ~_umask())
        documents = _Documents(embeddings, token_ids, ids, attributes)
        writer = _Writer(part, token_ids is not None, ids is not None or attributes is not None)
        try:
            for document in documents:
                writer.add(document)
            writer.finish()
        finally:
            writer.close()
        _check_target(target, overwrite)
        _replace(part, target)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return Corpus(target, writer.documents, writer.tokens, writer.dim, writer.rounded)


def _check_target(target: Path, overwrite: bool) -> None:
    if not target.parent.is_dir():
        raise bad_parameter("folder", "a path in a folder that exists", str(target), f"make {target.parent} first")
    if not target.exists():
        return
    names = {path.name for path in target.iterdir()} if target.is_dir() else {target.name}
    foreign = names - {_VECTORS, _TOKEN_IDS, _DOCLENS, _ATTRIBUTES}
    if foreign:
        fix = "name another folder: this one is not replaced"
        raise bad_parameter("folder", "a new folder, or one that holds a corpus", f"{target} with {min(foreign)}", fix)
    if names and not overwrite:
        raise bad_parameter("folder", "a new folder", f"{target} with a corpus", "pass overwrite=True to replace it")


def _replace(part: Path, target: Path) -> None:
    old = Path(f"{part}.old")
    if target.exists():
        target.rename(old)
    try:
        part.rename(target)
    except BaseException:
        if old.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    # There is no other way to read it.
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


@dataclass(frozen=True)
class _Document:
    number: int
    vectors: NDArray[Any]
    token_ids: NDArray[np.uint32] | None
    line: dict[str, Any]


class _Documents:
    """Reads the arguments in step, and checks each document."""

    def __init__(self, embeddings: Iterable[Any], token_ids: Any, ids: Any, attributes: Any) -> None:
        self._embeddings = embeddings
        given = {"token_ids": token_ids, "ids": ids, "attributes": attributes}
        self._others = {name: iter(each) for name, each in given.items() if each is not None}
        self._seen: set[str] = set()

    def __iter__(self) -> Iterator[_Document]:
        number = -1
        for number, embedding in enumerate(self._embeddings):
            entries = {name: next(each, _END) for name, each in self._others.items()}
            for name, entry in entries.items():
                if entry is _END:
                    raise bad_argument(
                        ErrorCode.SHAPE_MISMATCH, name, "an entry for each document", f"no entry for document {number}"
                    )
            yield self._check(number, embedding, entries)
        for name, each in self._others.items():
            if next(each, _END) is not _END:
                expected = f"an entry for each of the {number + 1} documents"
                raise bad_argument(ErrorCode.SHAPE_MISMATCH, name, expected, "more entries")

    def _check(self, number: int, embedding: Any, entries: Mapping[str, Any]) -> _Document:
        vectors = as_float_array(embedding, f"embeddings[{number}]")
        if vectors.ndim != 2:
            got = f"shape {list(vectors.shape)}"
            raise bad_argument(ErrorCode.SHAPE_MISMATCH, f"embeddings[{number}]", "shape [tokens, dim]", got)
        token_ids = None
        if "token_ids" in entries:
            token_ids = token_id_array(entries["token_ids"], f"token_ids[{number}]")
            if len(token_ids) != len(vectors):
                expected = f"{len(vectors)} ids, one for each token"
                raise bad_argument(ErrorCode.SHAPE_MISMATCH, f"token_ids[{number}]", expected, str(len(token_ids)))
        return _Document(number, vectors, token_ids, self._line(number, entries))

    def _line(self, number: int, entries: Mapping[str, Any]) -> dict[str, Any]:
        line: dict[str, Any] = {}
        if "ids" in entries:
            line["id"] = self._check_id(number, entries["ids"])
        if "attributes" in entries:
            field = f"attributes[{number}]"
            fields = entries["attributes"]
            if not isinstance(fields, Mapping):
                raise bad_argument(ErrorCode.INVALID_DOCUMENT, field, "fields by name", type(fields).__name__)
            fields = {name: plain_json(each, f"{field}.{name}") for name, each in fields.items() if each is not None}
            if "id" in line and fields.get("id", line["id"]) != line["id"]:
                fix = "leave one of the two out"
                raise bad_argument(ErrorCode.INVALID_DOCUMENT, f"{field}.id", repr(line["id"]), repr(fields["id"]), fix)
            line.update(fields)
        return line

    def _check_id(self, number: int, id: Any) -> str:
        field = f"ids[{number}]"
        if not isinstance(id, str) or not 1 <= len(id.encode()) <= 512:
            raise bad_argument(ErrorCode.INVALID_DOCUMENT, field, "text of 1 to 512 bytes", repr(id))
        if id in self._seen:
            raise bad_argument(ErrorCode.INVALID_DOCUMENT, field, "an id that no other document has", repr(id))
        self._seen.add(id)
        return id


class _Block:
    """Vectors of one type, and where their documents begin, for the error of one that does not fit.

    Attributes:
        dtype: float16, float32 or float64.
        starts: (number of the document, its first row in the block, number of that row among the document's tokens).
    """

    def __init__(self, memory: NDArray[np.uint8], dtype: np.dtype[Any], dim: int) -> None:
        self.memory = memory
        self.dtype = dtype
        self.starts: list[tuple[int, int, int]] = []
        capacity = len(memory) // (8 * dim)
        self._all: NDArray[Any] = memory[: capacity * dim * dtype.itemsize].view(dtype).reshape(capacity, dim)
        self._filled = 0

    @property
    def full(self) -> bool:
        """Whether no further row fits."""
        return self._filled == len(self._all)

    def fill(self, number: int, rows: NDArray[Any], done: int) -> int:
        """Copies rows of document `number` from its row `done` on. Returns how many fitted."""
        count = min(len(rows) - done, len(self._all) - self._filled)
        self.starts.append((number, self._filled, done))
        self._all[self._filled : self._filled + count] = rows[done : done + count]
        self._filled += count
        return count

    def rounded(self) -> NDArray[np.float16]:
        """The rows as binary16, shape [rows, dim].

        Raises:
            MaxsimRpcError: NON_FINITE for a value that binary16 does not hold.
        """
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            rows = self._all[: self._filled].astype("<f2", copy=False)
        _check_finite(rows, self.starts)
        return rows


class _Writer:
    """Writes the files of a corpus."""

    def __init__(self, folder: Path, with_token_ids: bool, with_lines: bool) -> None:
        self.documents = 0
        self.tokens = 0
        self.dim = 0
        self.rounded = False
        self._doclens = array("I")
        self._vectors: IO[bytes] = (folder / _VECTORS).open("wb", buffering=0)
        self._lens: IO[bytes] = (folder / _DOCLENS).open("wb")
        self._ids: IO[bytes] | None = (folder / _TOKEN_IDS).open("wb") if with_token_ids else None
        self._lines: IO[str] | None = (folder / _ATTRIBUTES).open("w", encoding="utf-8") if with_lines else None
        for file in (self._vectors, self._lens, self._ids):
            if file is not None:
                file.write(bytes(_HEADER_BYTES))
        self._block: _Block | None = None
        self._free: queue.Queue[NDArray[np.uint8]] = queue.Queue()
        self._full: queue.Queue[tuple[_Block, Future[NDArray[np.float16]]] | None] = queue.Queue()
        self._rounding = ThreadPoolExecutor(_ROUNDING_THREADS, "maxsimd-rounding")
        self._failure: BaseException | None = None
        self._flushes: queue.Queue[bool] = queue.Queue()
        self._threads = [
            threading.Thread(target=work, name="maxsimd-corpus", daemon=True)
            for work in (self._write_blocks, self._flush_blocks)
        ]
        for thread in self._threads:
            thread.start()

    def add(self, document: _Document) -> None:
        """Adds a document."""
        rows = document.vectors
        if rows.shape[0] > 0 and rows.shape[1] == 0:
            field = f"embeddings[{document.number}]"
            raise bad_argument(ErrorCode.SHAPE_MISMATCH, field, "rows of at least 1 element", "rows of 0")
        if rows.shape[1] > 0:
            self._check_dim(document.number, rows.shape[1])
        self.rounded = self.rounded or (rows.size > 0 and rows.dtype != np.float16)
        dtype = rows.dtype.newbyteorder("<")
        done = 0
        while done < len(rows):
            if self._failure is not None:
                raise self._failure
            if self._block is not None and self._block.dtype != dtype:
                self._send_block()
            if self._block is None:
                self._block = _Block(self._free.get(), dtype, self.dim)
            done += self._block.fill(document.number, rows, done)
            if self._block.full:
                self._send_block()
        if self._ids is not None and document.token_ids is not None:
            self._ids.write(document.token_ids.astype("<u4", copy=False).tobytes())
        if self._lines is not None:
            self._lines.write(json.dumps(document.line, ensure_ascii=False) + "\n")
        self._doclens.append(len(rows))
        self.documents += 1
        self.tokens += len(rows)

    def finish(self) -> None:
        """Writes what is left, and flushes all files to disk."""
        if self.tokens == 0:
            raise bad_argument(ErrorCode.EMPTY_QUERY, "embeddings", "at least 1 token vector", "0")
        self._send_block()
        self._stop()
        if self._failure is not None:
            raise self._failure
        self._lens.write(np.frombuffer(self._doclens, np.uint32).astype("<u4", copy=False).tobytes())
        _finish_array(self._vectors, "<f2", (self.tokens, self.dim))
        _finish_array(self._lens, "<u4", (self.documents,))
        if self._ids is not None:
            _finish_array(self._ids, "<u4", (self.tokens,))
        if self._lines is not None:
            self._lines.flush()
            os.fsync(self._lines.fileno())

    def close(self) -> None:
        """Closes the files. Idempotent."""
        self._stop()
        for file in (self._vectors, self._lens, self._ids, self._lines):
            if file is not None:
                file.close()

    def _check_dim(self, number: int, dim: int) -> None:
        if self.dim == 0:
            self.dim = dim
            rows = max(1, _BLOCK_BYTES // (2 * dim))
            for _ in range(_BLOCKS):
                # Room for float64. What narrower types leave is never touched, and takes no memory.
                self._free.put(np.empty(rows * dim * 8, np.uint8))
        elif dim != self.dim:
            field = f"embeddings[{number}]"
            raise bad_argument(ErrorCode.DIM_MISMATCH, field, f"dim {self.dim}, as the documents before", str(dim))

    def _send_block(self) -> None:
        if self._block is not None:
            self._full.put((self._block, self._rounding.submit(self._block.rounded)))
            self._block = None

    def _stop(self) -> None:
        self._full.put(None)
        for thread in self._threads:
            thread.join()
        self._rounding.shutdown()

    def _write_blocks(self) -> None:
        """The thread that writes. After a failure it takes blocks and drops them, so that nobody waits for it."""
        written = 0
        while (entry := self._full.get()) is not None:
            block, rounding = entry
            try:
                rows = rounding.result()
                if self._failure is None:
                    _write_all(self._vectors, rows)
                    written += rows.nbytes
                    if written >= _FLUSH_BYTES:
                        self._flushes.put(True)
                        written = 0
            except BaseException as error:
                self._failure = self._failure or error
            self._free.put(block.memory)
        self._flushes.put(False)

    def _flush_blocks(self) -> None:
        """The thread that flushes. A failure is found again by the flush at the end."""
        while self._flushes.get():
            with contextlib.suppress(OSError):
                os.fsync(self._vectors.fileno())


def _check_finite(rows: NDArray[np.float16], starts: list[tuple[int, int, int]]) -> None:
    magnitudes = rows.view(np.uint16) & 0x7FFF
    if int(magnitudes.max()) < _F16_INFINITY:
        return
    row, element = (int(each[0]) for each in np.nonzero(magnitudes >= _F16_INFINITY))
    number, start, first = next(each for each in reversed(starts) if each[1] <= row)
    place = f"document {number}, token {first + row - start}, element {element}"
    got = "NaN" if np.isnan(rows[row, element]) else "infinity, or a value that rounds to it"
    expected = "a finite number of a magnitude under 65520, which binary16 holds"
    raise bad_argument(
        ErrorCode.NON_FINITE, f"embeddings[{number}]", expected, got, f"see {place}; normalise the vectors"
    )


def _write_all(file: IO[bytes], rows: NDArray[np.float16]) -> None:
    left = rows.reshape(-1).view(np.uint8).data
    while left.nbytes > 0:
        left = left[file.write(left) :]


def _finish_array(file: IO[bytes], descr: str, shape: tuple[int, ...]) -> None:
    """Writes the header of an .npy file into the place that was left for it, and flushes the file to disk."""
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape!r}, }}"
    header = b"\x93NUMPY\x01\x00" + (_HEADER_BYTES - 10).to_bytes(2, "little") + text.encode()
    file.seek(0)
    file.write(header.ljust(_HEADER_BYTES - 1) + b"\n")
    file.flush()
    os.fsync(file.fileno())
