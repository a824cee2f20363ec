"""Measures `write_corpus` next to a plain write of as many bytes: python measure_corpus.py [folder] [tokens]."""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import maxsimd

DIM = 128
TOKENS_PER_DOCUMENT = 67
ROUNDS = 5


def documents(tokens: int, dtype: str) -> Iterator[NDArray[np.float32]]:
    """Views of one array of random unit vectors, as an encoder yields its batches."""
    random = np.random.default_rng(1)
    rows = random.standard_normal((100 * TOKENS_PER_DOCUMENT, DIM), dtype=np.float32)
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(dtype)
    for number in range(0, tokens, TOKENS_PER_DOCUMENT):
        at = number % len(rows)
        yield rows[at : at + min(TOKENS_PER_DOCUMENT, tokens - number)]


def plain_write(path: Path, size: int) -> float:
    """Seconds to write and flush `size` bytes in pieces of 1 MiB."""
    piece = np.random.default_rng(2).bytes(1 << 20)
    started = time.perf_counter()
    with path.open("wb", buffering=0) as file:
        for _ in range(size >> 20):
            file.write(piece)
        os.fsync(file.fileno())
    return time.perf_counter() - started


def measure(folder: Path, tokens: int, dtype: str) -> dict[str, object]:
    """Writes alternating, and takes the medians."""
    plain, ours = [], []
    size = tokens * DIM * 2
    load = os.getloadavg()[0]
    for _ in range(ROUNDS):
        os.sync()
        plain.append(plain_write(folder / "plain", size))
        (folder / "plain").unlink()
        os.sync()
        started = time.perf_counter()
        maxsimd.write_corpus(documents(tokens, dtype), folder=folder / "corpus")
        ours.append(time.perf_counter() - started)
        shutil.rmtree(folder / "corpus")

    def rates(seconds: list[float]) -> dict[str, int]:
        ordered = [round(size / each / 1e6) for each in (statistics.median(seconds), max(seconds), min(seconds))]
        return dict(zip(("value", "low", "high"), ordered, strict=True))

    return {
        "dtype": dtype,
        "tokens": tokens,
        "bytes": size,
        "load": round(load, 1),
        "plain_write_mb_per_s": rates(plain),
        "write_corpus_mb_per_s": rates(ours),
        "share": round(statistics.median(plain) / statistics.median(ours), 2),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def main() -> None:
    """Prints one line of JSON for each element type."""
    parent = sys.argv[1] if len(sys.argv) > 1 else "."
    tokens = int(sys.argv[2]) if len(sys.argv) > 2 else 4_000_000
    folder = Path(tempfile.mkdtemp(dir=parent))
    try:
        for dtype in ("float32", "float16"):
            print(json.dumps(measure(folder, tokens, dtype)))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
