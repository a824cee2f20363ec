"""A collection encoded into a data set folder."""

import sys
import time
from pathlib import Path

import numpy as np

import projection
from collection import Collection
from dataset_folder import ENCODER, RECIPE, DatasetFolder, versions
from encoder_check import check_encoder
from evaluation import evaluate
from hidden_states import HiddenStates, Sequences
from max_sim import rank
from projection import DIM, Projection
from windows import WINDOW_PIECES, split_windows
from word_pieces import CLS, SEP, WordPieces


class EncodedDataset:
    """The steps from texts to files. `cache` keeps hidden states, so that an interrupted run can resume."""

    def __init__(self, name: str, collection: Collection, cache: Path, processes: int):
        self.name = name
        self.collection = collection
        self.cache = cache
        self.processes = processes
        self.word_pieces = WordPieces()

    def build(self, target: Path, about: dict, cap: int | None = None) -> dict:
        """Writes the data set into `target` and returns its dataset.json. Documents keep at most `cap` word pieces."""
        pieces = self.word_pieces.split([document.text for document in self.collection.documents])
        full = np.array([len(one) for one in pieces])
        pieces = [one[:cap] for one in pieces]
        capped = np.array([len(one) for one in pieces])
        windows = [window for one in pieces for window in split_windows(one)]
        documents = HiddenStates(Sequences.of(windows), self.cache / "hidden-documents")
        asked = self.word_pieces.split([query.text for query in self.collection.queries])
        queries = HiddenStates(Sequences.of(asked), self.cache / "hidden-queries", specials=True)
        check_encoder(self.word_pieces)
        rate = documents.compute(self.processes, f"{self.name} documents")
        queries.compute(self.processes, f"{self.name} queries")
        if rate:
            print(f"{self.name}: {rate:,.0f} word pieces per second on {self.processes} processes", file=sys.stderr)

        kept = ~self.word_pieces.is_punctuation[documents.sequences.ids]
        fitted = projection.fit(hidden[kept[rows]] for rows, hidden in documents.shard_rows())
        folder = DatasetFolder(target)
        vectors = self._project(folder, documents, kept, fitted)
        owners = np.repeat(np.arange(len(pieces)), capped)
        doclens = np.bincount(owners[kept], minlength=len(pieces))
        token_ids = documents.sequences.ids[kept]
        folder.write_array("token_ids.npy", token_ids, "<u4")
        folder.write_array("doclens.npy", doclens, "<i4")
        query_lens = np.array([len(one) + 2 for one in asked])
        query_vectors = self._project_queries(folder, queries, fitted)
        query_ids = np.concatenate([np.concatenate([[CLS], one, [SEP]]) for one in asked])
        folder.write_array("query_token_ids.npy", query_ids, "<u4")
        folder.write_array("query_lens.npy", query_lens, "<i4")
        folder.write_texts(self.collection, self.word_pieces.vocabulary)

        started = time.monotonic()
        ranked = rank(vectors, doclens, query_vectors, query_lens, 10)
        print(f"{self.name}: exact MaxSim of all questions in {time.monotonic() - started:.0f} s", file=sys.stderr)
        del vectors
        complete = folder.finish(
            {
                "name": self.name,
                "recipe": RECIPE,
                **about,
                "counts": counts(doclens, token_ids, query_lens, self.collection),
                "dim": DIM,
                "encoder": {**ENCODER, "windowPieces": WINDOW_PIECES + 2},
                "how": self._how(cap, full, capped, int((~kept).sum()), fitted),
                "exact": evaluate(ranked, self.collection.judgements),
                "versions": versions(),
            }
        )
        documents.remove()
        queries.remove()
        return complete

    @staticmethod
    def _project(folder: DatasetFolder, states: HiddenStates, kept: np.ndarray, fitted: Projection) -> np.ndarray:
        place = np.cumsum(kept) - 1
        vectors = folder.create_vectors("vectors.npy", int(kept.sum()))
        for rows, hidden in states.shard_rows():
            wanted = kept[rows]
            vectors[place[rows[wanted]]] = fitted.apply(hidden[wanted])
        vectors.flush()
        return vectors

    @staticmethod
    def _project_queries(folder: DatasetFolder, states: HiddenStates, fitted: Projection) -> np.ndarray:
        vectors = folder.create_vectors("query_vectors.npy", states.total + 2 * len(states.sequences.offsets) - 2)
        for rows, hidden in states.shard_rows():
            vectors[rows] = fitted.apply(hidden)
        vectors.flush()
        return vectors

    @staticmethod
    def _how(cap: int | None, full: np.ndarray, capped: np.ndarray, punctuation: int, fitted: Projection) -> dict:
        return {
            "documentTokens": "word pieces without [CLS], [SEP] and punctuation",
            "queryTokens": "all word pieces, [CLS] and [SEP] among them",
            "projection": "mean of the document tokens removed, PCA of the document tokens to 128 dimensions, length 1",
            "explainedVariance": round(fitted.explained, 4),
            "punctuationPiecesLeftOut": punctuation,
            "pieceCapPerDocument": cap,
            "documentsCapped": int((full > capped).sum()),
            "piecesCutByCap": int((full - capped).sum()),
            "documentsInSeveralWindows": int((capped > WINDOW_PIECES).sum()),
        }


def counts(doclens: np.ndarray, token_ids: np.ndarray, query_lens: np.ndarray, collection: Collection) -> dict:
    """Returns the counts for dataset.json."""
    return {
        "documents": len(doclens),
        "emptyDocuments": int((doclens == 0).sum()),
        "tokens": int(doclens.sum()),
        "tokenTypes": len(np.unique(token_ids)),
        "longestDocument": int(doclens.max()),
        "queries": len(query_lens),
        "queryTokens": int(query_lens.sum()),
        "judgements": len(collection.judgements),
    }
