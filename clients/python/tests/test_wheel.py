"""The promise: the wheel holds the package with its types and generated code and nothing else, and works without this folder."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from support import SAMPLE, Server

HERE = Path(__file__).parents[1]

PROGRAM = """
import numpy as np
import sys
import maxsimd
assert maxsimd.__file__.startswith(sys.argv[1]), maxsimd.__file__
client = maxsimd.MaxsimClient.connect(sys.argv[2])
query = np.load(sys.argv[3])[:9]
print(client.search(query, k=1).ids[0], len(list(client.search_stream([query] * 20))))
"""


def test_the_wheel_works_by_itself(sample_server: Server, tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip"]
    wheel = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(tmp_path), str(HERE)]
    subprocess.run([*pip, *wheel], check=True)
    (path,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(path).namelist()
    assert {"maxsimd/py.typed", "maxsimd/gen/search_pb2.py", "maxsimd/gen/search_pb2.pyi"} <= set(names)
    assert {name.split("/")[0] for name in names} == {"maxsimd", path.name.rsplit("-", 3)[0] + ".dist-info"}
    target = tmp_path / "installed"
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--target", str(target), str(path)], check=True)
    # The packages that it needs are those of this environment.
    others = [
        each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each and Path(each) != HERE / "src"
    ]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(target), *others])}
    command = [sys.executable, "-c", PROGRAM, str(target), sample_server.data, str(SAMPLE / "query_vectors.npy")]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split()[1] == "20"
