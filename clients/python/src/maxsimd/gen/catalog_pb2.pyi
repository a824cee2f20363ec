from maxsimd.gen import filter_pb2 as _filter_pb2
from maxsimd.gen import search_pb2 as _search_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class VersionState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERSION_STATE_UNSPECIFIED: _ClassVar[VersionState]
    VERSION_STATE_CURRENT: _ClassVar[VersionState]
    VERSION_STATE_LOADED: _ClassVar[VersionState]
    VERSION_STATE_RETIRING: _ClassVar[VersionState]
VERSION_STATE_UNSPECIFIED: VersionState
VERSION_STATE_CURRENT: VersionState
VERSION_STATE_LOADED: VersionState
VERSION_STATE_RETIRING: VersionState

class LoadedVersion(_message.Message):
    __slots__ = ("index_version", "state", "index_bytes", "documents")
    INDEX_VERSION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    INDEX_BYTES_FIELD_NUMBER: _ClassVar[int]
    DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    index_version: _search_pb2.IndexVersion
    state: VersionState
    index_bytes: int
    documents: int
    def __init__(self, index_version: _Optional[_Union[_search_pb2.IndexVersion, _Mapping]] = ..., state: _Optional[_Union[VersionState, str]] = ..., index_bytes: _Optional[int] = ..., documents: _Optional[int] = ...) -> None: ...

class ServedIndex(_message.Message):
    __slots__ = ("index", "versions")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    index: str
    versions: _containers.RepeatedCompositeFieldContainer[LoadedVersion]
    def __init__(self, index: _Optional[str] = ..., versions: _Optional[_Iterable[_Union[LoadedVersion, _Mapping]]] = ...) -> None: ...

class ListIndexesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListIndexesResponse(_message.Message):
    __slots__ = ("indexes",)
    INDEXES_FIELD_NUMBER: _ClassVar[int]
    indexes: _containers.RepeatedCompositeFieldContainer[ServedIndex]
    def __init__(self, indexes: _Optional[_Iterable[_Union[ServedIndex, _Mapping]]] = ...) -> None: ...

class DescribeRequest(_message.Message):
    __slots__ = ("index",)
    INDEX_FIELD_NUMBER: _ClassVar[int]
    index: _search_pb2.IndexSelector
    def __init__(self, index: _Optional[_Union[_search_pb2.IndexSelector, _Mapping]] = ...) -> None: ...

class DescribeResponse(_message.Message):
    __slots__ = ("index_version", "dim", "documents", "tokens", "centroids", "pq_subspaces", "index_bytes", "defaults", "server_version", "attributes", "drift")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _filter_pb2.AttributeType
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_filter_pb2.AttributeType, str]] = ...) -> None: ...
    INDEX_VERSION_FIELD_NUMBER: _ClassVar[int]
    DIM_FIELD_NUMBER: _ClassVar[int]
    DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    CENTROIDS_FIELD_NUMBER: _ClassVar[int]
    PQ_SUBSPACES_FIELD_NUMBER: _ClassVar[int]
    INDEX_BYTES_FIELD_NUMBER: _ClassVar[int]
    DEFAULTS_FIELD_NUMBER: _ClassVar[int]
    SERVER_VERSION_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    DRIFT_FIELD_NUMBER: _ClassVar[int]
    index_version: _search_pb2.IndexVersion
    dim: int
    documents: int
    tokens: int
    centroids: int
    pq_subspaces: int
    index_bytes: int
    defaults: _search_pb2.SearchParams
    server_version: str
    attributes: _containers.ScalarMap[str, _filter_pb2.AttributeType]
    drift: _containers.RepeatedCompositeFieldContainer[TierDrift]
    def __init__(self, index_version: _Optional[_Union[_search_pb2.IndexVersion, _Mapping]] = ..., dim: _Optional[int] = ..., documents: _Optional[int] = ..., tokens: _Optional[int] = ..., centroids: _Optional[int] = ..., pq_subspaces: _Optional[int] = ..., index_bytes: _Optional[int] = ..., defaults: _Optional[_Union[_search_pb2.SearchParams, _Mapping]] = ..., server_version: _Optional[str] = ..., attributes: _Optional[_Mapping[str, _filter_pb2.AttributeType]] = ..., drift: _Optional[_Iterable[_Union[TierDrift, _Mapping]]] = ...) -> None: ...

class TierDrift(_message.Message):
    __slots__ = ("tier", "tokens", "trained_error", "error")
    TIER_FIELD_NUMBER: _ClassVar[int]
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    TRAINED_ERROR_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    tier: str
    tokens: int
    trained_error: float
    error: float
    def __init__(self, tier: _Optional[str] = ..., tokens: _Optional[int] = ..., trained_error: _Optional[float] = ..., error: _Optional[float] = ...) -> None: ...

class LoadIndexRequest(_message.Message):
    __slots__ = ("index", "version")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    index: str
    version: str
    def __init__(self, index: _Optional[str] = ..., version: _Optional[str] = ...) -> None: ...

class LoadIndexResponse(_message.Message):
    __slots__ = ("index_version",)
    INDEX_VERSION_FIELD_NUMBER: _ClassVar[int]
    index_version: _search_pb2.IndexVersion
    def __init__(self, index_version: _Optional[_Union[_search_pb2.IndexVersion, _Mapping]] = ...) -> None: ...

class SwapIndexRequest(_message.Message):
    __slots__ = ("index", "version")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    index: str
    version: str
    def __init__(self, index: _Optional[str] = ..., version: _Optional[str] = ...) -> None: ...

class SwapIndexResponse(_message.Message):
    __slots__ = ("index_version", "previous")
    INDEX_VERSION_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    index_version: _search_pb2.IndexVersion
    previous: _search_pb2.IndexVersion
    def __init__(self, index_version: _Optional[_Union[_search_pb2.IndexVersion, _Mapping]] = ..., previous: _Optional[_Union[_search_pb2.IndexVersion, _Mapping]] = ...) -> None: ...

class UnloadIndexRequest(_message.Message):
    __slots__ = ("index", "version")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    index: str
    version: str
    def __init__(self, index: _Optional[str] = ..., version: _Optional[str] = ...) -> None: ...

class UnloadIndexResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
