"""Times the way from nothing to answers: a wheel, a virtual environment with it alone, an index, a server, searches. Prints one line of JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
COMMAND = ["node", str(ROOT / "clients/cli/bin/maxsimd.js")]

SEARCHES = """
import json, sys, time
started = time.perf_counter()
import numpy as np
import maxsimd
client = maxsimd.MaxsimClient.connect(sys.argv[1])
vectors = np.load(sys.argv[2] + "/query_vectors.npy")
starts = np.cumsum(np.load(sys.argv[2] + "/query_lens.npy"))[:-1]
queries = np.split(vectors, starts)
client.search(queries[0])
first = time.perf_counter()
outcomes = list(client.search_stream(query for _ in range(10) for query in queries))
assert len(outcomes) == 10 * len(queries) and not any(outcome.error for outcome in outcomes)
print(json.dumps({"first_search": first - started, "stream": time.perf_counter() - first, "queries": len(outcomes)}))
"""


def main() -> None:
    """Runs each step in a folder of its own and times it."""
    seconds: dict[str, float] = {}

    def timed(name: str, *command: str) -> str:
        started = time.perf_counter()
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if done.returncode != 0:
            raise SystemExit(f"{name}: {done.stderr}")
        seconds[name] = time.perf_counter() - started
        return done.stdout

    with tempfile.TemporaryDirectory() as folder:
        timed("wheel", sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, str(HERE))
        wheel = next(Path(folder).glob("*.whl"))
        timed("environment", sys.executable, "-m", "venv", f"{folder}/venv")
        python = f"{folder}/venv/bin/python"
        timed("install", python, "-m", "pip", "install", "--quiet", str(wheel))
        index = f"{folder}/sample.maxsim"
        timed("build", *COMMAND, "build", str(ROOT / "bench/sample"), "-o", index)
        started = time.perf_counter()
        command = [*COMMAND, "serve", index, "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as server:
            try:
                assert server.stderr is not None
                line = next(line for line in server.stderr if '"msg":"serving"' in line)
                seconds["serve"] = time.perf_counter() - started
                found = json.loads(
                    timed("program", python, "-c", SEARCHES, json.loads(line)["data"], str(ROOT / "bench/sample"))
                )
            finally:
                server.terminate()
        seconds["first search"] = found["first_search"]
        seconds["stream"] = found["stream"]
    size = wheel.name
    print(
        json.dumps(
            {"wheel": size, "queries": found["queries"], "seconds": {k: round(v, 2) for k, v in seconds.items()}}
        )
    )


if __name__ == "__main__":
    main()
