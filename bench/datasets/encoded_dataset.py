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


def build(
    name: str, collection: Collection, cache: Path, processes: int, target: Path, about: dict, cap: int | None = None
) -> dict:
    """Encodes a collection into the data set folder `target` and returns its dataset.json.

    `cache` keeps hidden states, so that an interrupted run can resume. Documents keep at most `cap` word pieces.
    """
    word_pieces = WordPieces()
    pieces = word_pieces.split([document.text for document in collection.documents])
    full = np.array([len(one) for one in pieces])
    pieces = [one[:cap] for one in pieces]
    capped = np.array([len(one) for one in pieces])
    windows = [window for one in pieces for window in split_windows(one)]
    documents = HiddenStates(Sequences.of(windows), cache / "hidden-documents")
    asked = word_pieces.split([query.text for query in collection.queries])
    queries = HiddenStates(Sequences.of(asked), cache / "hidden-queries", specials=True)
    check_encoder(word_pieces)
    rate = documents.compute(processes, f"{name} documents")
    queries.compute(processes, f"{name} queries")
    if rate:
        print(f"{name}: {rate:,.0f} word pieces per second on {processes} processes", file=sys.stderr)

    kept = ~word_pieces.is_punctuation[documents.sequences.ids]
    fitted = projection.fit(hidden[kept[rows]] for rows, hidden in documents.shard_rows())
    folder = DatasetFolder(target)
    folder.write_array("projection.npy", fitted.affine(), "<f4")
    vectors = project(folder, "vectors.npy", documents, kept, fitted)
    owners = np.repeat(np.arange(len(pieces)), capped)
    doclens = np.bincount(owners[kept], minlength=len(pieces))
    token_ids = documents.sequences.ids[kept]
    folder.write_array("token_ids.npy", token_ids, "<u4")
    folder.write_array("doclens.npy", doclens, "<i4")
    query_lens = np.array([len(one) + 2 for one in asked])
    query_vectors = project(folder, "query_vectors.npy", queries, np.ones(query_lens.sum(), bool), fitted)
    query_ids = np.concatenate([np.concatenate([[CLS], one, [SEP]]) for one in asked])
    folder.write_array("query_token_ids.npy", query_ids, "<u4")
    folder.write_array("query_lens.npy", query_lens, "<i4")
    folder.write_texts(collection, word_pieces.vocabulary)

    started = time.monotonic()
    ranked = rank(vectors, doclens, query_vectors, query_lens, 10)
    print(f"{name}: exact MaxSim of all questions in {time.monotonic() - started:.0f} s", file=sys.stderr)
    del vectors
    complete = folder.finish(
        {
            "name": name,
            "recipe": RECIPE,
            **about,
            "counts": counts(doclens, token_ids, query_lens, collection),
            "dim": DIM,
            "encoder": {**ENCODER, "windowPieces": WINDOW_PIECES + 2},
            "how": how(cap, full, capped, int((~kept).sum()), fitted),
            "exact": evaluate(ranked, collection.judgements),
            "versions": versions(),
        }
    )
    documents.remove()
    queries.remove()
    return complete


def project(
    folder: DatasetFolder, name: str, states: HiddenStates, kept: np.ndarray, fitted: Projection
) -> np.ndarray:
    """Writes the vectors of the rows for which `kept`, bool [rows], is true as file `name`. Returns them, mapped."""
    place = np.cumsum(kept) - 1
    vectors = folder.create_vectors(name, int(kept.sum()))
    for rows, hidden in states.shard_rows():
        wanted = kept[rows]
        vectors[place[rows[wanted]]] = fitted.apply(hidden[wanted])
    vectors.flush()
    return vectors


def how(cap: int | None, full: np.ndarray, capped: np.ndarray, punctuation: int, fitted: Projection) -> dict:
    """Returns what dataset.json says of the way from texts to vectors."""
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
