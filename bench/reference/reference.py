"""Runs one step of the reference (tachiom from PyPI): `reference.py STEP SPEC.json`.

A step writes the .npy files that its specification names, and prints its figures as JSON. ours.ts runs the same steps.
"""

import json
import os
import sys
import time

import tachiom


def files(spec):
    return spec["vectors"], spec["tokenIds"], spec["doclens"]


def train_tac(spec):
    import numpy as np

    tac = tachiom.Tac(
        spec["nCentroids"], micro_threshold=spec["microThreshold"], small_threshold=spec["smallThreshold"]
    )
    started = time.perf_counter()
    tac.train(spec["vectors"], spec["tokenIds"])
    seconds = time.perf_counter() - started
    np.save(spec["centroids"], tac.centroids)
    np.save(spec["assignments"], tac.assignments)
    return {"seconds": seconds, "centroids": tac.n_centroids}


def build(spec):
    # No numpy here: the memory of this process is measured.
    seed = spec["pqSeed"]
    started = time.perf_counter()
    if "centroids" in spec:
        index = tachiom.Tachiom.build_from_tac(*files(spec), spec["centroids"], spec["assignments"], pq_seed=seed)
    else:
        index = tachiom.Tachiom.build(*files(spec), pq_seed=seed)
    index.save(spec["index"])
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "bytes": os.path.getsize(spec["index"])}


def parameters(point):
    return {
        "k_centroids": point["kCentroids"],
        "k_docs_to_score": point["kDocsToScore"],
        "ef_search": point["efSearch"],
        "alpha": point["alpha"],
    }


def load_queries(spec):
    import numpy as np

    rows = np.load(spec["queries"]).astype(np.float32)
    return rows, np.concatenate([[0], np.cumsum(np.load(spec["queryLens"]))]).astype(np.uint64)


def search(spec):
    import numpy as np

    index = tachiom.Tachiom.load(spec["index"])
    queries, offsets = load_queries(spec)
    for number, point in enumerate(spec["points"]):
        scores, ids = index.batch_search(
            queries, len(offsets) - 1, point["k"], offsets=offsets, num_threads=1, **parameters(point)
        )
        np.save(f"{spec['out']}-{number}-scores.npy", np.ascontiguousarray(scores, dtype=np.float32))
        np.save(f"{spec['out']}-{number}-ids.npy", np.ascontiguousarray(ids, dtype=np.uint32))


def embeddings(spec):
    import numpy as np

    index = tachiom.Tachiom.load(spec["index"])
    rows = np.concatenate([index.get_document_embeddings(document) for document in spec["documents"]])
    np.save(spec["out"], np.ascontiguousarray(rows, dtype=np.float32))


def time_searches(spec):
    """For each line of standard input, which is the number of a point: searches all queries, and prints the median time."""
    import numpy as np

    index = tachiom.Tachiom.load(spec["index"])
    queries, offsets = load_queries(spec)
    each = [np.ascontiguousarray(queries[a:b]) for a, b in zip(offsets[:-1], offsets[1:])][: spec["most"]]
    points = [parameters(point) for point in spec["points"]]
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        known = points[int(line)]
        taken = []
        for query in each:
            started = time.perf_counter()
            index.search(query, 10, **known)
            taken.append(1000 * (time.perf_counter() - started))
        print(json.dumps({"milliseconds": sorted(taken)[len(taken) // 2]}), flush=True)


STEPS = {"tac": train_tac, "build": build, "search": search, "embeddings": embeddings, "timing": time_searches}

if __name__ == "__main__":
    step, path = sys.argv[1:]
    with open(path, encoding="utf-8") as source:
        result = STEPS[step](json.load(source))
    print(json.dumps(result or {}))
