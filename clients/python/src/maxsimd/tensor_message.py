"""Serialises a request that holds a tensor with a single copy of the vectors."""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.message import Message

from .gen import tensor_pb2
from .tensor import EncodedTokens


def tensor_request(message: Message, path: Sequence[int], queries: Sequence[EncodedTokens]) -> bytes:
    """A request whose tensor has the data of `queries`, one after another.

    Setting the bytes field would copy the vectors into the message and serialising copies them again. So:

    1. Serialise the request without the data.
    2. Append the data as a second occurrence of the fields that lead to it (tags and lengths, then the pieces).

    Protobuf defines the result: a parser merges several occurrences of a singular embedded message into one.

    Args:
        message: the request without the tensor's data.
        path: numbers of the fields that lead from the request to the tensor's `data`, including that of `data`.
        queries: the vectors.
    """
    size = sum(query.nbytes for query in queries)
    lead = b""
    # From the inside, because each length counts what follows it.
    for field in reversed(path):
        lead = varint(field << 3 | 2) + varint(len(lead) + size) + lead
    return b"".join([message.SerializeToString(), lead, *(query.data for query in queries)])


def query_batch(queries: Sequence[EncodedTokens]) -> tensor_pb2.QueryBatch:
    """The wire's form of several queries of one dim and dtype, without their data."""
    counts = [query.rows for query in queries]
    first = queries[0]
    tokens = tensor_pb2.TokenTensor(dtype=first.dtype, dim=first.dim, rows=sum(counts))
    return tensor_pb2.QueryBatch(tokens=tokens, row_counts=counts)


def varint(value: int) -> bytes:
    """A number as protobuf writes lengths and tags."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
