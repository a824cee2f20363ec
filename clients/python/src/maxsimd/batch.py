"""Many queries in one call, all answered by one version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import ErrorCode, MaxsimRpcError, bad_argument, error_of_detail
from .gen import search_pb2, tensor_pb2
from .results import Answered, Failed, Outcome, index_version_of
from .search_options import encode_options
from .tensor import EncodedTokens, encode_tokens
from .tensor_message import query_batch, tensor_request


@dataclass(frozen=True)
class _BatchQuery:
    position: int
    tokens: EncodedTokens


class Batch:
    """The request of a batch, and which of its queries are unanswered.

    Attributes:
        refused: outcomes of the queries that cannot be sent.
        request: the request; None if no query can be sent.
    """

    def __init__(self, queries: Iterable[Any], options: Mapping[str, Any], selector: search_pb2.IndexSelector) -> None:
        self.refused: list[Failed[int]] = []
        self._accepted: list[_BatchQuery] = []
        for position, query in enumerate(queries):
            try:
                tokens = encode_tokens(query, options.get("dtype", "f16"))
                if self._accepted:
                    _check_alike(self._accepted[0], tokens)
                self._accepted.append(_BatchQuery(position, tokens))
            except MaxsimRpcError as error:
                self.refused.append(Failed(position, error))
        wire = encode_options(options)
        self._missing = set(range(len(self._accepted)))
        self.request: bytes | None = None
        if self._accepted:
            encoded = [query.tokens for query in self._accepted]
            message = search_pb2.SearchBatchRequest(
                index=selector,
                queries=query_batch(encoded),
                params=wire.params,
                filter=wire.filter,
                fields=wire.fields,
            )
            self.request = tensor_request(message, (2, 1, 4), encoded)  # queries.tokens.data

    def outcomes_of(self, response: search_pb2.SearchBatchResponse) -> Iterator[Outcome[int]]:
        """The outcomes in a message, each with the position of its query among the caller's."""
        version = index_version_of(response.index_version)
        for outcome in response.outcomes:
            if outcome.query_id not in self._missing:
                continue
            self._missing.remove(outcome.query_id)
            position = self._accepted[outcome.query_id].position
            if outcome.WhichOneof("outcome") == "error":
                yield Failed(position, error_of_detail(outcome.error), version)
            else:
                yield Answered(position, outcome.hits, version)

    def finish(self) -> None:
        """Raises INTERNAL if the server ended the batch with queries unanswered."""
        if self._missing:
            counts = f"{len(self._missing)} of {len(self._accepted)}"
            raise MaxsimRpcError(ErrorCode.INTERNAL, f"the server ended the batch with {counts} queries unanswered")


def in_input_order(outcomes: Sequence[Outcome[int]]) -> list[Outcome[int]]:
    """The outcomes of a batch in the order of its queries."""
    return sorted(outcomes, key=lambda outcome: outcome.id)


def _check_alike(first: _BatchQuery, tokens: EncodedTokens) -> None:
    """A batch is one tensor, so all must have the dim and dtype of the first query that can be sent."""
    fix = f"use the same for all queries of a batch; this is that of query {first.position}"
    if tokens.dim != first.tokens.dim:
        raise bad_argument(ErrorCode.DIM_MISMATCH, "dim", str(first.tokens.dim), str(tokens.dim), fix)
    if tokens.dtype != first.tokens.dtype:
        expected, got = (
            tensor_pb2.Dtype.Name(each).removeprefix("DTYPE_") for each in (first.tokens.dtype, tokens.dtype)
        )
        raise bad_argument(ErrorCode.INVALID_DTYPE, "dtype", expected, got, fix)
