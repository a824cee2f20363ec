"""Generates the Python of the proto files into src/maxsimd/gen, or into the folder that is named.

The generator names its imports after the folders of the proto files (`maxsimd.v1`). The generated modules are in `maxsimd.gen`, so
this name is replaced.
"""

import re
import sys
import tempfile
from pathlib import Path

from grpc_tools import protoc  # type: ignore[import-untyped]

HERE = Path(__file__).resolve().parent
PROTO = HERE.parent.parent / "proto"


def generate(output: Path) -> None:
    """Writes a module and its types for each proto file of maxsimd/v1."""
    sources = sorted(path.relative_to(PROTO).as_posix() for path in (PROTO / "maxsimd/v1").glob("*.proto"))
    with tempfile.TemporaryDirectory() as folder:
        standard = Path(protoc.__file__).parent / "_proto"
        arguments = [f"-I{PROTO}", f"-I{standard}", f"--python_out={folder}", f"--pyi_out={folder}", *sources]
        if protoc.main(["protoc", *arguments]) != 0:
            raise SystemExit("protoc failed: see above")
        output.mkdir(parents=True, exist_ok=True)
        for path in sorted(Path(folder, "maxsimd/v1").iterdir()):
            text = re.sub(r"\bfrom maxsimd\.v1 import\b", "from maxsimd.gen import", path.read_text())
            Path(output, path.name).write_text(text)
        Path(output, "__init__.py").write_text("")


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "src/maxsimd/gen")
