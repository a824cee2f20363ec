"""Packs waiting queries into the messages of one call."""

from __future__ import annotations

from collections import deque

from ..gen import filter_pb2, search_pb2
from ..search_options import WireOptions
from ..tensor_message import query_batch, tensor_request
from .query import PendingQuery

#: Maximum bytes of token vectors in a message with more than one query: 8 queries of 32 x 128 binary16.
PACKED_BYTES = 64 * 1024

#: The server's limit of queries in one message; only queries under 64 bytes reach it before the limit of bytes.
_PACKED_QUERIES = 1_024


class MessagePacker:
    """Packs the messages of one call.

    In a stream, index, parameters, filter and fields apply until they are set again. So they are sent only when they change, and each call has its
    own packer, because a new call starts with the defaults.
    """

    def __init__(self, selector: search_pb2.IndexSelector) -> None:
        self._selector: search_pb2.IndexSelector | None = selector
        self._sent = WireOptions(None, None, None)

    def pack(self, queue: deque[PendingQuery]) -> tuple[bytes, list[PendingQuery]]:
        """Removes from the queue as many queries as fit into one message, and makes it. The queue must not be empty."""
        first = queue.popleft()
        queries = [first]
        size = first.tokens.nbytes
        while queue and len(queries) < _PACKED_QUERIES and _fit_together(first, queue[0]):
            size += queue[0].tokens.nbytes
            if size > PACKED_BYTES:
                break
            queries.append(queue.popleft())
        return self._message(first.options, queries), queries

    def _message(self, options: WireOptions, queries: list[PendingQuery]) -> bytes:
        encoded = [query.tokens for query in queries]
        message = search_pb2.SearchStreamRequest(
            query_ids=[query.wire_id for query in queries], queries=query_batch(encoded), index=self._selector
        )
        self._selector = None
        # An empty message restores the defaults, all documents, and no fields.
        if options.params != self._sent.params:
            message.params.CopyFrom(options.params or search_pb2.SearchParams())
        if options.filter != self._sent.filter:
            message.filter.CopyFrom(options.filter or filter_pb2.Filter())
        if options.fields != self._sent.fields:
            message.fields.CopyFrom(options.fields or search_pb2.FieldSelection())
        self._sent = options
        return tensor_request(message, (4, 1, 4), encoded)  # queries.tokens.data


def _fit_together(a: PendingQuery, b: PendingQuery) -> bool:
    """Whether two queries can share a message, which has one tensor and one set of options."""
    if a.suspect or b.suspect or a.tokens.dim != b.tokens.dim or a.tokens.dtype != b.tokens.dtype:
        return False
    return a.options is b.options or a.options == b.options
