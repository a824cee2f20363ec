"""The server and the command `maxsimd` of this clone, as processes on loopback."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ["node", str(ROOT / "clients/cli/bin/maxsimd.js")]


def run_command(*arguments: str) -> None:
    """Runs the command, and ends this program with its message if it fails."""
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"maxsimd {arguments[0]}: {done.stderr}")


@contextmanager
def serving(catalog: Path) -> Iterator[tuple[str, str]]:
    """A server of a catalog, until the block ends. Yields the addresses of its data listener and its admin listener."""
    listeners = ["--port", "0", "--admin", f"unix:{catalog.parent / 'admin.sock'}"]
    command = [*COMMAND, "serve", str(catalog), *listeners, "--workers", "2"]
    # On a machine that other work shares, a search may wait long for the processor.
    command += ["--limit", "searchMs=10000"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as server:
        try:
            lines = []
            for line in server.stderr:
                lines.append(line)
                if '"msg":"serving"' in line:
                    break
            else:
                raise SystemExit(f"maxsimd serve: {''.join(lines)}")
            started = json.loads(lines[-1])
            yield started["data"], started["admin"]
        finally:
            server.terminate()
