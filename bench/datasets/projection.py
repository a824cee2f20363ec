"""From hidden states to token vectors: the mean is removed, a PCA reduces 384 dimensions, each vector has length 1."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

DIM = 128


@dataclass
class Projection:
    """Mean f32 [384] and principal directions f32 [384, 128] of a collection's document tokens."""

    mean: np.ndarray
    directions: np.ndarray
    explained: float

    def affine(self) -> np.ndarray:
        """Returns the map without its normalisation as one matrix, f32 [385, 128]: the directions, and last what is added."""
        return np.concatenate([self.directions, -(self.mean @ self.directions)[None]])

    def apply(self, hidden: np.ndarray) -> np.ndarray:
        """Returns unit vectors, f16 [n, 128], of hidden states, f32 [n, 384]."""
        vectors = (hidden - self.mean) @ self.directions
        norms = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
        vectors /= np.maximum(norms, np.float32(1e-12))[:, None]
        return vectors.astype(np.float16)


def fit(blocks: Iterable[np.ndarray]) -> Projection:
    """Returns the projection fitted on blocks of hidden states, f32 [n, 384]. One pass; sums in f64, in a fixed order."""
    count = 0
    total: np.ndarray | float = 0.0
    products: np.ndarray | float = 0.0
    for block in blocks:
        count += len(block)
        total = total + block.sum(axis=0, dtype=np.float64)
        products = products + (block.T @ block).astype(np.float64)
    mean = total / count
    values, vectors = np.linalg.eigh(products / count - np.outer(mean, mean))
    order = np.argsort(-values, kind="stable")[:DIM]
    directions = vectors[:, order]
    # The sign of an eigenvector is arbitrary: its largest component is made positive.
    largest = np.abs(directions).argmax(axis=0)
    directions = directions * np.sign(directions[largest, np.arange(DIM)])
    explained = float(values[order].sum() / values.sum())
    return Projection(mean.astype(np.float32), directions.astype(np.float32), explained)
