"""An index for PyLate 1.6: `pylate.retrieve.ColBERT(index=MaxsimIndex(...))` searches a maxsimd server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..admin_client import CollectionClient
from ..client import MaxsimClient
from ..documents import NewDocument
from ..results import Failed
from ..stream.query import StreamQuery
from .encoding import DocumentEncoder, QueryEncoder, in_batches


class MaxsimIndex:
    """Has the interface of `pylate.indexes.base.Base`.

    Args:
        client: searches. A client with `index`, if the server has several.
        collection: changes documents, `AdminClient(...).collection(name)`; None for an index that is only searched.
        options: search parameters of every query: keyword arguments of `MaxsimClient.search_stream`.
    """

    #: The server ranks: PyLate scores nothing again.
    is_end_to_end_index = True

    def __init__(self, client: MaxsimClient, collection: CollectionClient | None = None, **options: Any) -> None:
        self._client = client
        self._collection = collection
        self._options = options

    def add_documents(
        self,
        documents_ids: str | Sequence[str],
        documents_embeddings: Iterable[Any] | Mapping[str, Any],
        batch_size: int = 0,
        documents_token_ids: Iterable[Any] | None = None,
    ) -> MaxsimIndex:
        """Adds documents, or replaces those whose ids exist, as one change.

        Args:
            documents_embeddings: for each document its token vectors, shape [tokens, dim]; or the dictionary of
                `model.encode(..., output_value=None)`, of which the vectors and vocabulary ids that its masks keep are added.
            batch_size: of no effect, because documents are streamed; PyLate's other indexes have it.
            documents_token_ids: for each document the vocabulary ids of its tokens, if the index was built with such ids. Not used with a
                dictionary, which has them.
        """
        ids = [documents_ids] if isinstance(documents_ids, str) else list(documents_ids)
        if isinstance(documents_embeddings, Mapping):
            masks = documents_embeddings["masks"]
            documents_token_ids = _kept(documents_embeddings["input_ids"], masks)
            documents_embeddings = _kept(documents_embeddings["token_embeddings"], masks)
        token_ids = [None] * len(ids) if documents_token_ids is None else documents_token_ids
        self._changes().upsert(map(NewDocument, ids, map(_rows, documents_embeddings), token_ids))
        return self

    def update_documents(self, documents_ids: str | Sequence[str], documents_embeddings: Iterable[Any]) -> MaxsimIndex:
        """The same as `add_documents`, which replaces documents."""
        return self.add_documents(documents_ids, documents_embeddings)

    def remove_documents(self, documents_ids: Sequence[str]) -> MaxsimIndex:
        """Deletes documents. Ids that no document has are left out."""
        self._changes().delete(list(documents_ids))
        return self

    def __call__(
        self, queries_embeddings: Any, k: int = 10, subset: Sequence[Any] | None = None
    ) -> list[list[dict[str, Any]]]:
        """Searches.

        Args:
            queries_embeddings: a list of arrays or tensors of shape [tokens, dim], or one of shape [queries, tokens, dim] or [tokens, dim].
            k: number of documents for each query.
            subset: ids to which all queries are restricted, or a list of such lists, one for each query.

        Returns:
            For each query a list of `{"id", "score"}`, best first.

        Raises:
            MaxsimRpcError: of the first query that failed.
        """
        queries = _queries(queries_embeddings)
        subsets = _subsets(subset, len(queries))
        stream = (
            StreamQuery(query, params={} if ids is None else {"filter": {"ids": ids}})
            for query, ids in zip(queries, subsets, strict=True)
        )
        results: list[list[dict[str, Any]]] = [[] for _ in queries]
        for outcome in self._client.search_stream(stream, k=k, **self._options):
            if isinstance(outcome, Failed):
                raise outcome.error
            scores = outcome.scores.tolist()
            results[outcome.id] = [{"id": id, "score": score} for id, score in zip(outcome.ids, scores, strict=True)]
        return results

    def get_documents_embeddings(self, documents_ids: Any) -> Any:
        """The index holds codes of the vectors, and not the vectors.

        Raises:
            NotImplementedError: always. PyLate asks only indexes that do not rank.
        """
        raise NotImplementedError("a maxsimd index ranks by itself and does not return vectors")

    def _changes(self) -> CollectionClient:
        if self._collection is None:
            raise ValueError(
                "expected a collection to change documents, got None: pass AdminClient(...).collection(name)"
            )
        return self._collection


def _queries(embeddings: Any) -> list[Any]:
    if hasattr(embeddings, "ndim"):
        return [embeddings] if embeddings.ndim == 2 else list(embeddings)
    return [_rows(each) for each in embeddings]


def _rows(embedding: Any) -> Any:
    """Shape [tokens, dim]. PyLate's `encode(..., padding=True)` gives each text an array of shape [1, tokens, dim]."""
    return embedding[0] if getattr(embedding, "ndim", 2) == 3 and embedding.shape[0] == 1 else embedding


def _kept(arrays: Iterable[Any], masks: Iterable[Any]) -> list[Any]:
    return [array[mask] for array, mask in zip(arrays, masks, strict=True)]


def _subsets(subset: Sequence[Any] | None, queries: int) -> list[list[str] | None]:
    if subset is None:
        return [None] * queries
    if len(subset) > 0 and not isinstance(subset[0], str):
        if len(subset) != queries:
            raise ValueError(f"expected a subset for each of the {queries} queries, got {len(subset)}")
        return [list(ids) for ids in subset]
    return [list(subset)] * queries


def query_encoder(model: Any) -> QueryEncoder:
    """A function that encodes one question with a `pylate.models.ColBERT`; shape [tokens, dim]."""

    def encode(text: str) -> Any:
        return model.encode([text], is_query=True, show_progress_bar=False)[0]

    return encode


def document_encoder(model: Any, batch_size: int = 32) -> DocumentEncoder:
    """A function that encodes texts with a `pylate.models.ColBERT`, `batch_size` at a time."""

    def encode(texts: Iterable[str]) -> Iterator[Any]:
        for batch in in_batches(texts, batch_size):
            yield from model.encode(list(batch), batch_size=batch_size, is_query=False, show_progress_bar=False)

    return encode
