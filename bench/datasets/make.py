"""Makes a data set: cranfield, debian or sample; or an encoder. run.mjs calls it in an environment with the needed packages."""

import os

# Set before numpy is loaded: one thread of the matrix library per process, so that sums have a fixed order.
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ[variable] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import argparse  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

import cranfield_collection  # noqa: E402
import debian_descriptions  # noqa: E402
import encoded_dataset  # noqa: E402
import encoder_export  # noqa: E402
import sample  # noqa: E402
import tiny_encoder  # noqa: E402
from dataset_folder import read_complete  # noqa: E402
from windows import WINDOW_PIECES  # noqa: E402

BENCH = Path(__file__).resolve().parent.parent
CACHE = BENCH / ".cache" / "datasets"
PLACES = {
    "cranfield": BENCH / "data" / "cranfield",
    "debian": BENCH / "data" / "debian",
    "sample": BENCH / "sample",
    "encoder": BENCH / "data" / "encoder",
    "tiny-encoder": BENCH.parent / "clients" / "encoder" / "testing" / "tiny",
}
ENCODERS = {"encoder": encoder_export.build, "tiny-encoder": tiny_encoder.build}


def make_cranfield(target: Path, options: argparse.Namespace) -> dict:
    """Writes the full Cranfield collection."""
    about = {
        "title": "Cranfield 1400",
        "provenance": "The Cranfield collection of the Cranfield tests (C. Cleverdon, 1967), a public test collection.",
        "license": "public; distributed freely for research",
    }
    collection = cranfield_collection.load()
    return encoded_dataset.build("cranfield", collection, CACHE / "cranfield", options.processes, target, about)


def make_debian(target: Path, options: argparse.Namespace) -> dict:
    """Writes the descriptions of Debian packages."""
    cache = CACHE / "debian"
    collection, digest = debian_descriptions.load(cache / "apt", options.translations)
    about = {
        "title": "Descriptions of Debian packages",
        "provenance": f"Translation-en of Debian {debian_descriptions.RELEASE} main, sha256 {digest} uncompressed.",
        "license": "written by the maintainers of the packages; made here, not distributed with this project",
    }
    return encoded_dataset.build("debian", collection, cache, options.processes, target, about, cap=WINDOW_PIECES)


def make_sample(target: Path, options: argparse.Namespace) -> dict:
    """Writes the sample, and before it the full Cranfield collection if it is missing."""
    if read_complete(PLACES["cranfield"], "cranfield") is None:
        make_cranfield(PLACES["cranfield"], options)
    return sample.build(PLACES["cranfield"], target)


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="npm run datasets --", description=__doc__.splitlines()[0])
    parser.add_argument("dataset", choices=sorted(PLACES), help="a data set; encoder: the one that made them, for maxsimd encode")
    parser.add_argument("--out", type=Path, help="folder to write, instead of the usual one")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="number of encoder processes (default: all cores)")
    parser.add_argument("--translations", type=Path, help="debian: a Translation-en file instead of fetching it with apt")
    options = parser.parse_args()
    if options.processes < 1:
        parser.error(f"--processes: expected at least 1, got {options.processes}")
    if hasattr(os, "nice"):
        os.nice(10)
    target = options.out or PLACES[options.dataset]
    make = {"cranfield": make_cranfield, "debian": make_debian, "sample": make_sample}
    try:
        if options.dataset in ENCODERS:
            print(f"{target}: an encoder for maxsimd encode, {ENCODERS[options.dataset](target) / 1e6:.3g} MB")
            return 0
        made = make[options.dataset](target, options)
    except (RuntimeError, ValueError, OSError) as error:
        print(f"{options.dataset}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\n{options.dataset}: stopped; the same command resumes", file=sys.stderr)
        return 130
    size = sum(entry["bytes"] for entry in made["files"].values())
    numbers, exact = made["counts"], made["exact"]
    print(
        f"{target}: {numbers['documents']:,} documents, {numbers['tokens']:,} tokens, {numbers['queries']:,} queries, "
        f"{size / 1e6:.1f} MB; exact MaxSim nDCG@10 {exact['ndcg10']}, Success@5 {exact['success5']} over the "
        f"{exact['judgedQueries']} queries with a relevant document"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
