from maxsimd.gen import filter_pb2 as _filter_pb2
from maxsimd.gen import search_pb2 as _search_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SearchTextRequest(_message.Message):
    __slots__ = ("index", "text", "params", "filter", "fields", "explain")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    EXPLAIN_FIELD_NUMBER: _ClassVar[int]
    index: _search_pb2.IndexSelector
    text: str
    params: _search_pb2.SearchParams
    filter: _filter_pb2.Filter
    fields: _search_pb2.FieldSelection
    explain: bool
    def __init__(self, index: _Optional[_Union[_search_pb2.IndexSelector, _Mapping]] = ..., text: _Optional[str] = ..., params: _Optional[_Union[_search_pb2.SearchParams, _Mapping]] = ..., filter: _Optional[_Union[_filter_pb2.Filter, _Mapping]] = ..., fields: _Optional[_Union[_search_pb2.FieldSelection, _Mapping]] = ..., explain: bool = ...) -> None: ...

class SearchTextResponse(_message.Message):
    __slots__ = ("index_version", "hits", "timing", "encode_us")
    INDEX_VERSION_FIELD_NUMBER: _ClassVar[int]
    HITS_FIELD_NUMBER: _ClassVar[int]
    TIMING_FIELD_NUMBER: _ClassVar[int]
    ENCODE_US_FIELD_NUMBER: _ClassVar[int]
    index_version: _search_pb2.IndexVersion
    hits: _search_pb2.Hits
    timing: _search_pb2.ServerTiming
    encode_us: int
    def __init__(self, index_version: _Optional[_Union[_search_pb2.IndexVersion, _Mapping]] = ..., hits: _Optional[_Union[_search_pb2.Hits, _Mapping]] = ..., timing: _Optional[_Union[_search_pb2.ServerTiming, _Mapping]] = ..., encode_us: _Optional[int] = ...) -> None: ...
