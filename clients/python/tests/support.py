"""A real server, built from this repository, and data for it."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "bench/sample"


def run_command(*arguments: str, cwd: Path | None = None) -> str:
    """Runs the command `maxsimd` of this repository. Returns what it printed."""
    command = ["node", str(ROOT / "clients/cli/bin/maxsimd.js"), *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass
class Server:
    """A server as a process of its own, on loopback."""

    process: subprocess.Popen[str]
    data: str
    admin: str
    arguments: list[str]
    lines: list[str] = field(default_factory=list)

    def kill(self) -> None:
        """Ends the process at once, as a crash does."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Ends the process as an operator does: it drains."""
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()


def start_server(path: Path, *arguments: str, port: int = 0, admin: str = "", cwd: Path | None = None) -> Server:
    """Starts a server and waits until it serves."""
    extra = ["--admin", admin] if admin else []
    command = [
        "node",
        str(ROOT / "clients/cli/bin/maxsimd.js"),
        "serve",
        str(path),
        "--port",
        str(port),
        *extra,
        *arguments,
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=cwd)
    lines: list[str] = []
    assert process.stderr is not None
    for line in process.stderr:
        lines.append(line)
        message = _parse(line)
        if message.get("msg") == "serving":
            threading.Thread(target=lines.extend, args=(process.stderr,), daemon=True).start()
            return Server(process, message["data"], message.get("admin") or "", [*arguments], lines)
    raise AssertionError(f"the server did not start: {''.join(lines)}")


def _parse(line: str) -> dict[str, Any]:
    try:
        message: dict[str, Any] = json.loads(line)
    except ValueError:
        return {}
    return message


def sample_queries(count: int, seed: int = 7) -> list[NDArray[np.float32]]:
    """Queries of the sample with noise, so that each is another one; shapes [rows, dim]."""
    vectors = np.load(SAMPLE / "query_vectors.npy").astype(np.float32)
    lens = np.load(SAMPLE / "query_lens.npy")
    starts = np.concatenate([[0], np.cumsum(lens)])
    random = np.random.default_rng(seed)
    queries = []
    for i in range(count):
        at = i % len(lens)
        rows = vectors[starts[at] : starts[at + 1]]
        noisy = rows + 0.05 * random.standard_normal(rows.shape, dtype=np.float32)
        queries.append((noisy / np.linalg.norm(noisy, axis=1, keepdims=True)).astype(np.float32))
    return queries


def python_environment() -> dict[str, str]:
    """The environment of programs that a test starts."""
    return dict(os.environ)
