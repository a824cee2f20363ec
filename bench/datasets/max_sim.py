"""Exact MaxSim, the yardstick for indexes."""

import numpy as np

# Query tokens per pass, which bounds the scores in memory, [documents, query tokens]; document tokens per matrix product.
QUERY_ROWS = 1024
BLOCK_TOKENS = 1024


def rank(vectors: np.ndarray, doclens: np.ndarray, queries: np.ndarray, query_lens: np.ndarray, k: int) -> np.ndarray:
    """Returns the k best documents of each query, i64 [queries, k]; ties by smaller index.

    vectors f16 [tokens, dim], queries f16 [query tokens, dim]. A document without tokens ranks last.
    """
    query_ends = np.cumsum(query_lens, dtype=np.int64)
    ranked = []
    first = 0
    while first < len(query_lens):
        begin = query_ends[first] - query_lens[first]
        last = max(first + 1, int(np.searchsorted(query_ends, begin + QUERY_ROWS, side="right")))
        best = best_similarities(vectors, doclens, queries[begin : query_ends[last - 1]].astype(np.float32))
        scores = np.add.reduceat(best, query_ends[first:last] - query_lens[first:last] - begin, axis=1).T
        ranked.append(np.argsort(-scores, axis=1, kind="stable")[:, :k])
        first = last
    return np.concatenate(ranked)


def best_similarities(vectors: np.ndarray, doclens: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Returns the largest dot product of each document with each query token, f32 [documents, rows]; -inf for a document without tokens."""
    ends = np.cumsum(doclens, dtype=np.int64)
    best = np.full((len(doclens), len(rows)), -np.inf, np.float32)
    first = 0
    while first < len(doclens):
        begin = ends[first] - doclens[first]
        last = max(first + 1, int(np.searchsorted(ends, begin + BLOCK_TOKENS, side="right")))
        filled = first + np.flatnonzero(doclens[first:last])
        if len(filled):
            block = vectors[begin : ends[last - 1]].astype(np.float32)
            best[filled] = np.maximum.reduceat(block @ rows.T, ends[filled] - doclens[filled] - begin, axis=0)
        first = last
    return best
