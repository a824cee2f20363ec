"""The committed sample: questions of Cranfield with all their relevant documents, and short documents to fill it."""

import json
from pathlib import Path

import numpy as np

import cranfield_attributes
from collection import Collection, Document, Query
from dataset_folder import RECIPE, DatasetFolder
from encoded_dataset import counts
from evaluation import evaluate
from max_sim import rank

QUERIES = 60
# With fewer relevant documents their order hardly matters for a metric.
LEAST_RELEVANT = 3
# 256 bytes each, so that the folder stays below MOST_BYTES with texts and vocabulary.
TOKENS = 41_500
MOST_BYTES = 12_000_000
# dataset.json is written after the size is checked.
ROOM_FOR_DESCRIPTION = 10_000

RULE = (
    f"From the questions with at least {LEAST_RELEVANT} relevant documents, {QUERIES} are taken one by one, each time the "
    "one whose relevant documents add the fewest tokens, ties by position. All their relevant documents are in. The "
    f"shortest documents of the rest, the empty ones first, fill up to {TOKENS} tokens. Order as in the collection; no "
    "document is cut."
)


def read_collection(directory: Path) -> Collection:
    """Returns the texts and judgements of a data set folder."""

    def lines(name: str) -> list[str]:
        return (directory / name).read_text(encoding="utf-8").split("\n")[:-1]

    return Collection(
        [Document(**json.loads(line)) for line in lines("documents.jsonl")],
        [Query(**json.loads(line)) for line in lines("queries.jsonl")],
        [tuple(int(part) for part in line.split("\t")) for line in lines("qrels.tsv")],
    )


def choose(doclens: np.ndarray, judgements: list[tuple[int, int, int]], queries: int) -> tuple[list[int], list[int]]:
    """Returns the chosen queries and documents, ascending, by RULE."""
    relevant: list[set[int]] = [set() for _ in range(queries)]
    for query, document, _ in judgements:
        relevant[query].add(document)
    open_queries = [query for query in range(queries) if len(relevant[query]) >= LEAST_RELEVANT]
    documents: set[int] = set()
    chosen = []
    for _ in range(QUERIES):
        best = min(open_queries, key=lambda query: (sum(doclens[d] for d in relevant[query] - documents), query))
        open_queries.remove(best)
        chosen.append(best)
        documents |= relevant[best]
    tokens = sum(int(doclens[document]) for document in documents)
    for document in np.argsort(doclens, kind="stable"):
        if int(document) in documents:
            continue
        if tokens + doclens[document] > TOKENS:
            break
        documents.add(int(document))
        tokens += int(doclens[document])
    return sorted(chosen), sorted(documents)


def select_rows(lengths: np.ndarray, chosen: list[int]) -> np.ndarray:
    """Returns the token rows of the chosen texts, in order."""
    ends = np.cumsum(lengths, dtype=np.int64)
    return np.concatenate([np.arange(ends[one] - lengths[one], ends[one]) for one in chosen])


def build(cranfield: Path, target: Path) -> dict:
    """Writes the sample of the full Cranfield data set in `cranfield` into `target`. Returns its dataset.json."""
    source = json.loads((cranfield / "dataset.json").read_text(encoding="utf-8"))
    collection = read_collection(cranfield)
    doclens = np.load(cranfield / "doclens.npy")
    query_lens = np.load(cranfield / "query_lens.npy")
    queries, documents = choose(doclens, collection.judgements, len(collection.queries))
    rows, query_rows = select_rows(doclens, documents), select_rows(query_lens, queries)

    folder = DatasetFolder(target)
    vectors = np.load(cranfield / "vectors.npy", mmap_mode="r")[rows]
    query_vectors = np.load(cranfield / "query_vectors.npy")[query_rows]
    token_ids = np.load(cranfield / "token_ids.npy")[rows]
    folder.write_array("vectors.npy", vectors, "<f2")
    folder.write_array("query_vectors.npy", query_vectors, "<f2")
    folder.write_array("token_ids.npy", token_ids, "<u4")
    folder.write_array("doclens.npy", doclens[documents], "<i4")
    folder.write_array("query_token_ids.npy", np.load(cranfield / "query_token_ids.npy")[query_rows], "<u4")
    folder.write_array("query_lens.npy", query_lens[queries], "<i4")
    query_place = {query: place for place, query in enumerate(queries)}
    document_place = {document: place for place, document in enumerate(documents)}
    part = Collection(
        [collection.documents[document] for document in documents],
        [collection.queries[query] for query in queries],
        [(query_place[q], document_place[d], grade) for q, d, grade in collection.judgements if q in query_place],
    )
    folder.write_texts(part, (cranfield / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1])
    folder.write_lines("attributes.jsonl", cranfield_attributes.lines([document.id for document in part.documents]))
    size = sum(path.stat().st_size for path in folder.partial.iterdir()) + ROOM_FOR_DESCRIPTION
    if size > MOST_BYTES:
        raise ValueError(f"the sample is too large: expected at most {MOST_BYTES} bytes, got {size}")
    ranked = rank(vectors, doclens[documents], query_vectors, query_lens[queries], 10)
    return folder.finish(
        {
            "name": "cranfield-sample",
            "recipe": RECIPE,
            "title": "Cranfield, a subset",
            "provenance": source["provenance"],
            "license": source["license"],
            "counts": counts(doclens[documents], token_ids, query_lens[queries], part),
            "dim": source["dim"],
            "encoder": source["encoder"],
            "how": {
                "subset": RULE,
                "attributes": cranfield_attributes.RULE,
                "documentTokens": source["how"]["documentTokens"],
                "queryTokens": source["how"]["queryTokens"],
                "projection": f"{source['how']['projection']}; fitted on the full collection",
                "pieceCapPerDocument": None,
            },
            "exact": evaluate(ranked, part.judgements),
            "versions": source["versions"],
        }
    )
