"""Documents to add, and the versions of an index in a catalog."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import numpy as np
from google.protobuf import struct_pb2

from .errors import ErrorCode, bad_argument, bad_parameter
from .filter_message import rfc3339
from .gen import collection_pb2, tensor_pb2
from .results import IndexVersion
from .tensor import as_float_array, encode_tokens

# Bytes of documents in one message: well below what a server reads, and enough to keep a connection busy.
_MESSAGE_BYTES = 512 * 1024


@dataclass(frozen=True)
class NewDocument:
    """A document to add.

    Attributes:
        id: its id, 1 to 512 bytes. A document with this id is replaced.
        tokens: its token vectors, shape [tokens, dim], in any form that a query may have. Without rows: a document that no search returns.
        token_ids: shape [tokens], the vocabulary id of each token, if the index was built with vocabulary ids. For all documents of a change, or
            for no document.
        fields: its fields: JSON values, and datetimes with a time zone. Those that are attributes of the index must have the attribute's type.
    """

    id: str
    tokens: Any
    token_ids: Any = None
    fields: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Upserted:
    """Result of an upsert: the version that it made, how many documents were added, and how many of them replaced others."""

    index_version: IndexVersion
    added: int
    replaced: int


@dataclass(frozen=True)
class Deleted:
    """Result of a delete: the version that is current now, and how many documents were deleted."""

    index_version: IndexVersion
    deleted: int


@dataclass(frozen=True)
class Compacted:
    """Result of a compaction: the version that is current now, and whether there was something to do."""

    index_version: IndexVersion
    changed: bool


@dataclass(frozen=True)
class RemovedVersions:
    """Result of a removal: labels of the removed versions, number of removed files of codecs and segments, bytes of all removed files."""

    versions: Sequence[str]
    files: int
    bytes: int


@dataclass(frozen=True)
class CatalogVersion:
    """A version in the catalog.

    Attributes:
        version: its label.
        current: whether it is the one that a server serves when it starts.
        documents: number of documents; None for an index file that was built.
        deleted: number of deleted documents that its files still hold.
        segments: number of segments.
        parent: label of the version from which it was made; None for an index file that was built.
        made: when it was made; None for an index file that was built.
        change: what made it, in words.
    """

    version: str
    current: bool
    documents: int | None
    deleted: int
    segments: int
    parent: str | None
    made: datetime | None
    change: str


def catalog_version_of(message: collection_pb2.CatalogVersion) -> CatalogVersion:
    """Decodes a version."""
    return CatalogVersion(
        message.version,
        message.current,
        message.documents if message.HasField("documents") else None,
        message.deleted,
        message.segments,
        message.parent or None,
        message.made.ToDatetime(tzinfo=timezone.utc) if message.HasField("made") else None,
        message.change,
    )


class UpsertMessages:
    """Collects documents into the messages of an upsert, each of about 512 KiB."""

    def __init__(self, index: str, base: str, dtype: str) -> None:
        self._dtype = dtype
        self._message = collection_pb2.UpsertRequest(index=index, base=base)
        self._bytes = 0

    def add(self, document: NewDocument) -> Iterator[bytes]:
        """Adds a document. Yields a message when one is full.

        Raises:
            MaxsimRpcError: INVALID_PARAMETER, SHAPE_MISMATCH, INVALID_DTYPE or NON_FINITE for a document that the wire format cannot hold.
        """
        encoded = _encode_document(document, self._dtype)
        self._message.documents.append(encoded)
        self._bytes += len(encoded.tokens.data) + 5 * len(encoded.token_ids) + 512
        if self._bytes >= _MESSAGE_BYTES:
            yield self.rest()
            self._message = collection_pb2.UpsertRequest()
            self._bytes = 0

    def rest(self) -> bytes:
        """The last message."""
        return self._message.SerializeToString()


def _encode_document(document: NewDocument, dtype: str) -> collection_pb2.Document:
    if not isinstance(document, NewDocument):
        raise bad_parameter("document", "a NewDocument", type(document).__name__)
    if not isinstance(document.id, str):
        raise bad_parameter("id", "the id of the document, text", type(document.id).__name__)
    field = f"tokens of {document.id!r}"
    array = as_float_array(document.tokens, field)
    message = collection_pb2.Document(id=document.id)
    if array.ndim != 2 or array.shape[0] > 0:
        tokens = encode_tokens(array, dtype, field)
        message.tokens.CopyFrom(
            tensor_pb2.TokenTensor(dtype=tokens.dtype, dim=tokens.dim, rows=tokens.rows, data=tokens.data.tobytes())
        )
    if document.token_ids is not None:
        message.token_ids.extend(token_id_array(document.token_ids, f"token_ids of {document.id!r}").tolist())
    if document.fields is not None:
        message.fields.CopyFrom(_struct_of(document.fields, f"fields of {document.id!r}"))
    return message


def token_id_array(token_ids: Any, field: str) -> np.ndarray[Any, np.dtype[np.uint32]]:
    """Vocabulary ids as an array of shape [tokens].

    Raises:
        MaxsimRpcError: INVALID_DOCUMENT for what is not a list of integers from 0 to 2^32 - 1.
    """
    if hasattr(token_ids, "detach") and hasattr(token_ids, "cpu"):
        token_ids = token_ids.detach().cpu().numpy()
    array = np.asarray(token_ids)
    if array.size == 0 and array.ndim == 1:
        array = array.astype(np.uint32)
    expected = "integers from 0 to 2^32 - 1, of shape [tokens]"
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise bad_argument(ErrorCode.INVALID_DOCUMENT, field, expected, f"{array.dtype} of shape {list(array.shape)}")
    if array.size and (int(array.min()) < 0 or int(array.max()) > 0xFFFFFFFF):
        wrong = int(array.min()) if int(array.min()) < 0 else int(array.max())
        raise bad_argument(ErrorCode.INVALID_DOCUMENT, field, expected, str(wrong))
    return array.astype(np.uint32)


def _struct_of(fields: Mapping[str, Any], field: str) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    try:
        struct.update({name: plain_json(value, f"{field}.{name}") for name, value in fields.items()})
    except (TypeError, ValueError, AttributeError) as error:
        raise bad_argument(ErrorCode.INVALID_DOCUMENT, field, "JSON values by name", str(error)) from error
    return struct


def plain_json(value: Any, field: str) -> Any:
    """A value as JSON holds it: numbers of numpy become Python's, a datetime becomes RFC 3339 text.

    Raises:
        MaxsimRpcError: INVALID_DOCUMENT for what JSON cannot hold.
    """
    if hasattr(value, "item") and hasattr(value, "dtype") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if isinstance(value, datetime):
        return rfc3339(value, field)
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        if not np.isfinite(value):
            raise bad_argument(ErrorCode.INVALID_DOCUMENT, field, "a finite number", str(value))
        return value
    if isinstance(value, Mapping):
        return {str(name): plain_json(each, f"{field}.{name}") for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_json(each, f"{field}[{i}]") for i, each in enumerate(value)]
    raise bad_argument(ErrorCode.INVALID_DOCUMENT, field, "a JSON value", type(value).__name__)
