"""Checks the encoder on a known answer before it is used for hours."""

import numpy as np

from minilm import MiniLm
from word_pieces import CLS, SEP, WordPieces

QUESTION = "That is a happy person"
# Cosines of mean-pooled states from the model's card, to three digits.
ANSWERS = {"That is a happy dog": 0.695, "That is a very happy person": 0.943, "Today is a sunny day": 0.257}
TOLERANCE = 0.001


def check_encoder(word_pieces: WordPieces) -> None:
    """Raises RuntimeError if the encoder does not give the known similarities on this machine."""
    encoder = MiniLm()
    pooled = []
    for ids in word_pieces.split([QUESTION, *ANSWERS]):
        states = encoder.encode(np.concatenate([[CLS], ids, [SEP]]).astype(np.int64)[None])
        mean = states[0].mean(axis=0)
        pooled.append(mean / np.linalg.norm(mean))
    for vector, (text, expected) in zip(pooled[1:], ANSWERS.items(), strict=True):
        got = float(vector @ pooled[0])
        if abs(got - expected) > TOLERANCE:
            raise RuntimeError(f"the encoder is wrong on this machine: {text!r}: expected {expected}, got {got:.4f}")
