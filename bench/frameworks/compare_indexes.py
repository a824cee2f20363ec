"""Compares maxsimd with PyLate's own Tachiom index, from the same arrays: compare_indexes.py DATASET. Prints one line of JSON.

Both indexes are built from all documents with default parameters. PyLate's retriever asks maxsimd through `MaxsimIndex`. In PyLate 1.6 the
retriever passes `subset` to every index that ranks, which `TachiomIndex` does not take; so Tachiom is called as the retriever would call it, without
that argument. A second maxsimd index is built from half of the documents, and `MaxsimIndex.add_documents` adds the others.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
from server_process import ROOT, run_command, serving

sys.path.insert(0, str(ROOT / "bench/datasets"))
import max_sim  # noqa: E402
from evaluation import evaluate  # noqa: E402
from pylate import indexes, retrieve  # noqa: E402

from maxsimd import AdminClient, MaxsimClient, write_corpus  # noqa: E402
from maxsimd.integrations.pylate import MaxsimIndex  # noqa: E402

K = 10
ROUNDS = 3


class Dataset:
    """Arrays of a data set, as one array for each document and query."""

    def __init__(self, folder: Path) -> None:
        def load(name: str) -> np.ndarray:
            return np.load(folder / f"{name}.npy")

        self.vectors, self.doclens = load("vectors"), load("doclens")
        self.query_vectors, self.query_lens = load("query_vectors"), load("query_lens")
        self.documents = np.split(self.vectors.astype(np.float32), np.cumsum(self.doclens)[:-1])
        self.token_ids = np.split(load("token_ids"), np.cumsum(self.doclens)[:-1])
        self.queries = np.split(self.query_vectors.astype(np.float32), np.cumsum(self.query_lens)[:-1])
        self.ids = [str(position) for position in range(len(self.documents))]
        lines = (folder / "qrels.tsv").read_text().splitlines()
        self.judgements = [tuple(map(int, line.split("\t"))) for line in lines]

    def exact_score(self, query: int, document: int) -> float:
        """MaxSim of the vectors as they are stored, binary16."""
        return float((self.queries[query] @ self.documents[document].T).max(axis=1).sum())


def seconds_of(act: Callable[[], object]) -> float:
    """How long it takes, in seconds."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def quality(dataset: Dataset, exact: np.ndarray, results: list) -> dict[str, float]:
    """Recall, nDCG, and the mean relative error of the scores of what was found."""
    ranked = [[int(result["id"]) for result in found] for found in results]
    errors = [
        abs(result["score"] - true) / true
        for query, found in enumerate(results)
        for result in found
        if (true := dataset.exact_score(query, int(result["id"])))
    ]
    return {
        "recall@10": overlap(ranked, exact),
        "ndcg@10": evaluate(ranked, dataset.judgements)["ndcg10"],
        "score_error": statistics.mean(errors),
    }


def overlap(ones: list, others: list) -> float:
    """Mean share of the documents of one list that are in the other."""
    return statistics.mean(len({*map(int, a)} & {*map(int, b)}) / K for a, b in zip(ones, others, strict=True))


def times(rounds: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Seconds of each, in rounds that alternate between them."""
    taken: dict[str, list[float]] = {name: [] for name in rounds}
    for _ in range(ROUNDS):
        for name, act in rounds.items():
            taken[name].append(seconds_of(act))
    return taken


def build_catalog(dataset: Dataset, folder: Path) -> float:
    """Writes and builds the index of all documents and that of the first half. Returns the seconds of the first."""
    seconds = []
    for name, count in (("all", len(dataset.ids)), ("half", len(dataset.ids) // 2)):
        started = time.perf_counter()
        corpus = write_corpus(
            dataset.documents[:count], dataset.token_ids[:count], dataset.ids[:count], folder=folder / name
        )
        place = ["--catalog", str(folder / "catalog"), "--index", name, "--version", "built"]
        run_command(*corpus.build_arguments, *place)
        seconds.append(time.perf_counter() - started)
    return seconds[0]


def compare(dataset: Dataset, folder: Path) -> dict:
    """All figures, by engine."""
    exact = max_sim.rank(dataset.vectors, dataset.doclens, dataset.query_vectors, dataset.query_lens, K)
    tachiom = indexes.TachiomIndex(index_folder=str(folder), index_name="tachiom")
    built = {
        "tachiom": seconds_of(
            lambda: tachiom.add_documents(dataset.ids, dataset.documents, documents_token_ids=dataset.token_ids)
        ),
        "maxsimd": build_catalog(dataset, folder),
    }
    with serving(folder / "catalog") as (data, admin), MaxsimClient(data) as client, AdminClient(admin) as changes:
        half = len(dataset.ids) // 2
        grown = MaxsimIndex(client, changes.collection("half"), index="half")
        built["maxsimd-grown"] = seconds_of(
            lambda: grown.add_documents(
                dataset.ids[half:], dataset.documents[half:], documents_token_ids=dataset.token_ids[half:]
            )
        )
        ask: dict[str, Callable[[list], list]] = {
            "tachiom": lambda queries: tachiom(queries_embeddings=queries, k=K),
            "maxsimd": lambda queries: retriever.retrieve(queries_embeddings=queries, k=K),
            "maxsimd-grown": lambda queries: retrieve.ColBERT(index=grown).retrieve(queries_embeddings=queries, k=K),
        }
        retriever = retrieve.ColBERT(index=MaxsimIndex(client, index="all"))
        results = {engine: act(dataset.queries) for engine, act in ask.items()}
        together = times({engine: lambda act=act: act(dataset.queries) for engine, act in ask.items()})
        alone = times({engine: lambda act=act: [act([q]) for q in dataset.queries] for engine, act in ask.items()})
    ranked = {engine: [[int(each["id"]) for each in found] for found in result] for engine, result in results.items()}
    engines = {
        engine: {
            **quality(dataset, exact, results[engine]),
            "overlap@10": overlap(ranked[engine], ranked["tachiom"]),
            "build": built[engine],
            "together": [1000 * seconds / len(dataset.queries) for seconds in together[engine]],
            "alone": [1000 * seconds / len(dataset.queries) for seconds in alone[engine]],
        }
        for engine in ask
    }
    engines["exact"] = {"ndcg@10": evaluate(exact, dataset.judgements)["ndcg10"]}
    return engines


def main() -> None:
    dataset = Dataset(Path(sys.argv[1]))
    with tempfile.TemporaryDirectory() as folder:
        engines = compare(dataset, Path(folder))
    packages = {name: version(name) for name in ("pylate", "tachiom", "torch", "sentence-transformers", "numpy")}
    print(json.dumps({"packages": packages, "engines": engines}))


if __name__ == "__main__":
    main()
