"""Divides documents that are longer than the encoder's window into several sequences."""

import numpy as np

# The encoder was trained on at most 256 pieces, [CLS] and [SEP] among them.
WINDOW_PIECES = 254


def split_windows(pieces: np.ndarray) -> list[np.ndarray]:
    """Returns consecutive windows of nearly equal length, at most WINDOW_PIECES each, that concatenate to `pieces`."""
    return np.array_split(pieces, max(1, -(-len(pieces) // WINDOW_PIECES)))
