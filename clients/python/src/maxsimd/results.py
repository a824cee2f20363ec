"""Answers and outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar, Union

import numpy as np
from google.protobuf import struct_pb2
from numpy.typing import NDArray

from .errors import MaxsimRpcError
from .gen import search_pb2, text_pb2

Id = TypeVar("Id")

#: Stored fields of a document, by name: what was JSON when the index was built. A whole number is an int. The wire has binary64, so an
#: integer beyond 2^53 is rounded.
StoredFields = Mapping[str, Any]


@dataclass(frozen=True)
class IndexVersion:
    """Identifies the version of an index that an answer comes from.

    Attributes:
        index: name of the index.
        version: label of the version.
        digest: digest of the index file's content, 64 hexadecimal digits.
    """

    index: str
    version: str
    digest: str


def index_version_of(message: search_pb2.IndexVersion) -> IndexVersion:
    """The version that a message names; its texts are empty if the server names no version."""
    return IndexVersion(message.index, message.version, message.digest)


@dataclass(frozen=True)
class Explanation:
    """Why a document has its score: one entry for each query token.

    Attributes:
        tokens: shape [query tokens], uint32: number of the document's token that matches best.
        similarities: shape [query tokens], float32: their inner products, which add up to the score.
    """

    tokens: NDArray[np.uint32]
    similarities: NDArray[np.float32]


@dataclass(frozen=True)
class Hit:
    """One document of an answer.

    Attributes:
        doc_id: position of the document in this version of the index, from 0.
        id: the id that the document was given; its position in digits if the index was built without ids.
        score: MaxSim score, on the scale of the original vectors.
        fields: the fields that were asked for; None if no fields were.
        explanation: None unless the search was asked to explain.
    """

    doc_id: int
    id: str
    score: float
    fields: StoredFields | None = None
    explanation: Explanation | None = None


class Hits:
    """The documents of one answer, best first: by descending score, ties by id (shorter ids first, then by bytes). There are fewer than k
    documents only when there are no more to return: fewer have tokens and match the filter.

    Attributes:
        doc_ids: shape [hits], uint32: positions of the documents.
        scores: shape [hits], float32: MaxSim scores.
        ids: the ids of the documents, one for each entry of `doc_ids`.
        fields: the fields that were asked for, one for each entry of `doc_ids`; empty if no fields were.
        explanations: one for each entry of `doc_ids`; empty if the search was not asked to explain.
        exhausted: whether every document that may be returned was scored: none is missing because the search is approximate.
    """

    def __init__(self, message: search_pb2.Hits) -> None:
        self.doc_ids: NDArray[np.uint32] = np.array(message.doc_ids, np.uint32)
        self.scores: NDArray[np.float32] = np.array(message.scores, np.float32)
        ids = list(message.ids)
        self.ids: Sequence[str] = ids if len(ids) == len(self.doc_ids) else [str(each) for each in self.doc_ids]
        self.fields: Sequence[StoredFields] = [fields_of(each) for each in message.fields]
        self.explanations: Sequence[Explanation] = [
            Explanation(np.array(each.tokens, np.uint32), np.array(each.similarities, np.float32))
            for each in message.explanations
        ]
        self.exhausted = message.exhausted

    @cached_property
    def hits(self) -> Sequence[Hit]:
        """The same documents as objects, created on first use."""
        return [
            Hit(
                int(doc_id),
                self.ids[i],
                float(self.scores[i]),
                self.fields[i] if self.fields else None,
                self.explanations[i] if self.explanations else None,
            )
            for i, doc_id in enumerate(self.doc_ids)
        ]

    def __len__(self) -> int:
        return len(self.doc_ids)


@dataclass(frozen=True)
class ServerTiming:
    """Time that the server spent on a query, in microseconds.

    Attributes:
        queue_micros: from the arrival of the request until a worker began it.
        search_micros: in native code for this query, its validation included.
    """

    queue_micros: int
    search_micros: int


class Answer(Hits):
    """The answer to one query: its hits, the version that answered, and the server's time."""

    def __init__(self, response: search_pb2.SearchResponse | text_pb2.SearchTextResponse) -> None:
        super().__init__(response.hits)
        self.index_version = index_version_of(response.index_version)
        self.timing = ServerTiming(response.timing.queue_us, response.timing.search_us)


class Answered(Hits, Generic[Id]):
    """A query of a batch or stream that was answered.

    Attributes:
        id: the position of the query in a batch; the caller's own id in a stream.
        index_version: the version that answered.
        error: None.
    """

    error: None = None

    def __init__(self, id: Id, message: search_pb2.Hits, index_version: IndexVersion) -> None:
        super().__init__(message)
        self.id = id
        self.index_version = index_version


@dataclass(frozen=True)
class Failed(Generic[Id]):
    """A query of a batch or stream that failed. The other queries are not affected.

    Attributes:
        id: the position of the query in a batch; the caller's own id in a stream.
        error: why it failed.
        index_version: the version that rejected the query; None if the query never reached a server.
        hits: empty, so that a loop over hits needs no test.
    """

    id: Id
    error: MaxsimRpcError
    index_version: IndexVersion | None = None
    hits: Sequence[Hit] = field(default=(), init=False)


#: The outcome of one query of a batch or stream. `isinstance(outcome, Failed)` or `outcome.error` tells which.
Outcome = Union[Answered[Id], Failed[Id]]


def fields_of(struct: struct_pb2.Struct) -> dict[str, Any]:
    """Stored fields as plain Python: numbers without a fraction become int."""
    return {name: _plain(value) for name, value in struct.fields.items()}


def _plain(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "struct_value":
        return fields_of(value.struct_value)
    if kind == "list_value":
        return [_plain(each) for each in value.list_value.values]
    return None if kind in (None, "null_value") else getattr(value, kind)
