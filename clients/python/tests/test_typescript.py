"""The promise: the clients for Python and TypeScript give identical ids and scores for the same tensors, by unary, batch and stream."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from support import ROOT, Server, sample_queries

from maxsimd import AsyncMaxsimClient, MaxsimClient

QUERIES = 1_000
K = 10


def _plain(answer: Any) -> dict[str, Any]:
    return {"ids": list(answer.ids), "scores": answer.scores.tolist()}


def test_1000_queries_have_identical_ids_and_scores(sample_server: Server, tmp_path: Path) -> None:
    queries = sample_queries(QUERIES)
    np.concatenate(queries).astype("<f4").tofile(tmp_path / "vectors.f32")
    script = subprocess.Popen(
        ["node", str(Path(__file__).with_name("typescript-client.mjs"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    job = {
        "address": sample_server.data,
        "vectors": str(tmp_path / "vectors.f32"),
        "lens": [len(query) for query in queries],
        "dim": 128,
        "k": K,
        "client": str(ROOT / "clients/typescript/dist/index.js"),
    }
    output, _ = script.communicate(json.dumps(job))
    assert script.returncode == 0
    theirs = json.loads(output)

    with MaxsimClient(sample_server.data) as client:
        ours: dict[str, list[Any]] = {"unary": [_plain(client.search(query, k=K)) for query in queries]}
        ours["batch"] = [
            _plain(outcome)
            for first in range(0, QUERIES, 200)
            for outcome in client.search_batch_all(queries[first : first + 200], k=K)
        ]
        streamed = {outcome.id: _plain(outcome) for outcome in client.search_stream(queries, k=K)}
        ours["stream"] = [streamed[i] for i in range(QUERIES)]

    async def stream() -> dict[int, Any]:
        async with AsyncMaxsimClient(sample_server.data) as client:
            return {outcome.id: _plain(outcome) async for outcome in client.search_stream(queries, k=K)}

    tasks = asyncio.run(stream())
    for way in ("unary", "batch", "stream"):
        assert len(theirs[way]) == QUERIES
        assert ours[way] == theirs[way]
    assert [tasks[i] for i in range(QUERIES)] == theirs["stream"]
