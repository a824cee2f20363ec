from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from maxsimd.gen import filter_pb2 as _filter_pb2
from maxsimd.gen import search_pb2 as _search_pb2
from maxsimd.gen import tensor_pb2 as _tensor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Document(_message.Message):
    __slots__ = ("id", "tokens", "token_ids", "fields")
    ID_FIELD_NUMBER: _ClassVar[int]
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    TOKEN_IDS_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    id: str
    tokens: _tensor_pb2.TokenTensor
    token_ids: _containers.RepeatedScalarFieldContainer[int]
    fields: _struct_pb2.Struct
    def __init__(self, id: _Optional[str] = ..., tokens: _Optional[_Union[_tensor_pb2.TokenTensor, _Mapping]] = ..., token_ids: _Optional[_Iterable[int]] = ..., fields: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class UpsertRequest(_message.Message):
    __slots__ = ("index", "base", "documents")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    BASE_FIELD_NUMBER: _ClassVar[int]
    DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    index: str
    base: str
    documents: _containers.RepeatedCompositeFieldContainer[Document]
    def __init__(self, index: _Optional[str] = ..., base: _Optional[str] = ..., documents: _Optional[_Iterable[_Union[Document, _Mapping]]] = ...) -> None: ...

class UpsertResponse(_message.Message):
    __slots__ = ("index_version", "added", "replaced")
    INDEX_VERSION_FIELD_NUMBER: _ClassVar[int]
    ADDED_FIELD_NUMBER: _ClassVar[int]
    REPLACED_FIELD_NUMBER: _ClassVar[int]
    index_version: _search_pb2.IndexVersion
    added: int
    replaced: int
    def __init__(self, index_version: _Optional[_Union[_search_pb2.IndexVersion, _Mapping]] = ..., added: _Optional[int] = ..., replaced: _Optional[int] = ...) -> None: ...

class DeleteRequest(_message.Message):
    __slots__ = ("index", "base", "ids", "filter")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    BASE_FIELD_NUMBER: _ClassVar[int]
    IDS_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    index: str
    base: str
    ids: _containers.RepeatedScalarFieldContainer[str]
    filter: _filter_pb2.Filter
    def __init__(self, index: _Optional[str] = ..., base: _Optional[str] = ..., ids: _Optional[_Iterable[str]] = ..., filter: _Optional[_Union[_filter_pb2.Filter, _Mapping]] = ...) -> None: ...

class DeleteResponse(_message.Message):
    __slots__ = ("index_version", "deleted")
    INDEX_VERSION_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    index_version: _search_pb2.IndexVersion
    deleted: int
    def __init__(self, index_version: _Optional[_Union[_search_pb2.IndexVersion, _Mapping]] = ..., deleted: _Optional[int] = ...) -> None: ...

class CompactRequest(_message.Message):
    __slots__ = ("index", "all")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    ALL_FIELD_NUMBER: _ClassVar[int]
    index: str
    all: bool
    def __init__(self, index: _Optional[str] = ..., all: bool = ...) -> None: ...

class CompactResponse(_message.Message):
    __slots__ = ("index_version", "changed")
    INDEX_VERSION_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    index_version: _search_pb2.IndexVersion
    changed: bool
    def __init__(self, index_version: _Optional[_Union[_search_pb2.IndexVersion, _Mapping]] = ..., changed: bool = ...) -> None: ...

class ListVersionsRequest(_message.Message):
    __slots__ = ("index",)
    INDEX_FIELD_NUMBER: _ClassVar[int]
    index: str
    def __init__(self, index: _Optional[str] = ...) -> None: ...

class ListVersionsResponse(_message.Message):
    __slots__ = ("versions",)
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    versions: _containers.RepeatedCompositeFieldContainer[CatalogVersion]
    def __init__(self, versions: _Optional[_Iterable[_Union[CatalogVersion, _Mapping]]] = ...) -> None: ...

class CatalogVersion(_message.Message):
    __slots__ = ("version", "current", "documents", "deleted", "segments", "parent", "made", "change")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    CURRENT_FIELD_NUMBER: _ClassVar[int]
    DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    MADE_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    version: str
    current: bool
    documents: int
    deleted: int
    segments: int
    parent: str
    made: _timestamp_pb2.Timestamp
    change: str
    def __init__(self, version: _Optional[str] = ..., current: bool = ..., documents: _Optional[int] = ..., deleted: _Optional[int] = ..., segments: _Optional[int] = ..., parent: _Optional[str] = ..., made: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., change: _Optional[str] = ...) -> None: ...

class RollbackRequest(_message.Message):
    __slots__ = ("index", "version")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    index: str
    version: str
    def __init__(self, index: _Optional[str] = ..., version: _Optional[str] = ...) -> None: ...

class RollbackResponse(_message.Message):
    __slots__ = ("index_version", "previous")
    INDEX_VERSION_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    index_version: _search_pb2.IndexVersion
    previous: _search_pb2.IndexVersion
    def __init__(self, index_version: _Optional[_Union[_search_pb2.IndexVersion, _Mapping]] = ..., previous: _Optional[_Union[_search_pb2.IndexVersion, _Mapping]] = ...) -> None: ...

class RemoveVersionsRequest(_message.Message):
    __slots__ = ("index", "keep", "built")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    KEEP_FIELD_NUMBER: _ClassVar[int]
    BUILT_FIELD_NUMBER: _ClassVar[int]
    index: str
    keep: int
    built: bool
    def __init__(self, index: _Optional[str] = ..., keep: _Optional[int] = ..., built: bool = ...) -> None: ...

class RemoveVersionsResponse(_message.Message):
    __slots__ = ("versions", "files", "bytes")
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    versions: _containers.RepeatedScalarFieldContainer[str]
    files: int
    bytes: int
    def __init__(self, versions: _Optional[_Iterable[str]] = ..., files: _Optional[int] = ..., bytes: _Optional[int] = ...) -> None: ...
