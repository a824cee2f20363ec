"""Splits text into word pieces with the tokenizer of the encoder."""

import unicodedata
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from minilm import model_directory

CLS = 101
SEP = 102


class WordPieces:
    """The tokenizer and its vocabulary. Special pieces are never part of what `split` returns."""

    def __init__(self, directory: Path | None = None):
        self.tokenizer = Tokenizer.from_file(str((directory or model_directory()) / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        size = self.tokenizer.get_vocab_size()
        self.vocabulary = [self.tokenizer.id_to_token(piece) for piece in range(size)]
        self.is_punctuation = np.array([is_punctuation(piece) for piece in self.vocabulary])

    def split(self, texts: list[str]) -> list[np.ndarray]:
        """Returns the piece ids, u32 [pieces], of each text."""
        encoded = self.tokenizer.encode_batch(texts, add_special_tokens=False)
        return [np.array(one.ids, np.uint32) for one in encoded]


def is_punctuation(piece: str) -> bool:
    """Says whether a vocabulary entry consists of punctuation and symbols only."""
    text = piece.removeprefix("##") or piece
    return all(unicodedata.category(character)[0] in "PS" for character in text)
