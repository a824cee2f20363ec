"""Servers and indexes that tests share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support import SAMPLE, Server, run_command, start_server

import maxsimd

DIM = 16


def small_documents(seed: int, count: int = 60) -> list[NDArray[np.float32]]:
    """Documents of 8 unit vectors each; shape [8, 16]."""
    vectors = np.random.default_rng(seed).standard_normal((count, 8, DIM), dtype=np.float32)
    return list(vectors / np.linalg.norm(vectors, axis=2, keepdims=True))


def small_queries(count: int, seed: int = 99) -> list[NDArray[np.float32]]:
    """Queries of 4 unit vectors each; shape [4, 16]."""
    return [document[:4] for document in small_documents(seed, count)]


@pytest.fixture(scope="session")
def sample_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of the sample."""
    path = tmp_path_factory.mktemp("sample") / "sample.maxsim"
    run_command("build", str(SAMPLE), "-o", str(path), "--attributes", str(SAMPLE / "attributes.jsonl"))
    return path


@pytest.fixture(scope="session")
def sample_server(sample_index: Path) -> Iterator[Server]:
    """A server of the sample."""
    server = start_server(sample_index)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def built_catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog with the versions one and two of the index papers, from files of `write_corpus`."""
    folder = tmp_path_factory.mktemp("catalog")
    for version, seed in (("one", 1), ("two", 2)):
        corpus = maxsimd.write_corpus(
            small_documents(seed),
            ids=[f"d{i}" for i in range(60)],
            attributes=[{"year": 1990 + i, "section": "net" if i % 2 else "admin", "seed": seed} for i in range(60)],
            folder=folder / f"corpus-{version}",
        )
        catalog = ["--catalog", str(folder / "catalog"), "--index", "papers", "--version", version]
        run_command(*corpus.build_arguments, *catalog)
    return folder / "catalog"


@pytest.fixture
def catalog_server(built_catalog: Path, tmp_path: Path) -> Iterator[Server]:
    """A server of a copy of the catalog, with an admin listener."""
    import shutil

    shutil.copytree(built_catalog, tmp_path / "catalog")
    server = start_server(tmp_path / "catalog", admin=f"unix:{tmp_path}/admin.sock")
    yield server
    server.stop()


class Threads:
    """Runs a stream with the client for threads. `after` is called with the number of outcomes so far."""

    name = "threads"

    def stream(
        self, address: str, queries: Any, after: Callable[[int], bool | None] = lambda _: None, **options: Any
    ) -> list[Any]:
        """The outcomes, until `after` returns True."""
        client_options = options.pop("client", {})
        with maxsimd.MaxsimClient(address, **client_options) as client:
            found = []
            outcomes = client.search_stream(queries, **options)
            for outcome in outcomes:
                found.append(outcome)
                if after(len(found)):
                    break
            outcomes.close()  # type: ignore[attr-defined]
            return found


class Tasks:
    """Runs a stream with the client for asyncio."""

    name = "tasks"

    def stream(
        self, address: str, queries: Any, after: Callable[[int], bool | None] = lambda _: None, **options: Any
    ) -> list[Any]:
        """The outcomes, until `after` returns True."""
        client_options = options.pop("client", {})

        async def collect() -> list[Any]:
            async with AsyncExitStack() as stack:
                client = await stack.enter_async_context(maxsimd.AsyncMaxsimClient(address, **client_options))
                found = []
                stream: Any = client.search_stream(queries, **options)
                outcomes = await stack.enter_async_context(aclosing(stream))
                async for outcome in outcomes:
                    found.append(outcome)
                    if after(len(found)):
                        break
                return found

        return asyncio.run(collect())


@pytest.fixture(params=[Threads, Tasks], ids=["threads", "tasks"])
def driver(request: pytest.FixtureRequest) -> Threads | Tasks:
    """Each of the two clients."""
    made: Threads | Tasks = request.param()
    return made
