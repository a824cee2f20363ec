from google.protobuf import struct_pb2 as _struct_pb2
from maxsimd.gen import errors_pb2 as _errors_pb2
from maxsimd.gen import filter_pb2 as _filter_pb2
from maxsimd.gen import tensor_pb2 as _tensor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Lost(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LOST_UNSPECIFIED: _ClassVar[Lost]
    LOST_FOUND: _ClassVar[Lost]
    LOST_UNKNOWN: _ClassVar[Lost]
    LOST_DELETED: _ClassVar[Lost]
    LOST_NO_TOKENS: _ClassVar[Lost]
    LOST_FILTERED: _ClassVar[Lost]
    LOST_NOT_GATHERED: _ClassVar[Lost]
    LOST_BELOW_ALPHA: _ClassVar[Lost]
    LOST_BEYOND_CAP: _ClassVar[Lost]
    LOST_STOPPED_EARLY: _ClassVar[Lost]
    LOST_OUT_RANKED: _ClassVar[Lost]
LOST_UNSPECIFIED: Lost
LOST_FOUND: Lost
LOST_UNKNOWN: Lost
LOST_DELETED: Lost
LOST_NO_TOKENS: Lost
LOST_FILTERED: Lost
LOST_NOT_GATHERED: Lost
LOST_BELOW_ALPHA: Lost
LOST_BEYOND_CAP: Lost
LOST_STOPPED_EARLY: Lost
LOST_OUT_RANKED: Lost

class SearchParams(_message.Message):
    __slots__ = ("k", "k_centroids", "k_docs_to_score", "ef_search", "alpha", "beta")
    K_FIELD_NUMBER: _ClassVar[int]
    K_CENTROIDS_FIELD_NUMBER: _ClassVar[int]
    K_DOCS_TO_SCORE_FIELD_NUMBER: _ClassVar[int]
    EF_SEARCH_FIELD_NUMBER: _ClassVar[int]
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    BETA_FIELD_NUMBER: _ClassVar[int]
    LAMBDA_FIELD_NUMBER: _ClassVar[int]
    k: int
    k_centroids: int
    k_docs_to_score: int
    ef_search: int
    alpha: float
    beta: int
    def __init__(self, k: _Optional[int] = ..., k_centroids: _Optional[int] = ..., k_docs_to_score: _Optional[int] = ..., ef_search: _Optional[int] = ..., alpha: _Optional[float] = ..., beta: _Optional[int] = ..., **kwargs) -> None: ...

class IndexSelector(_message.Message):
    __slots__ = ("index", "version")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    index: str
    version: str
    def __init__(self, index: _Optional[str] = ..., version: _Optional[str] = ...) -> None: ...

class IndexVersion(_message.Message):
    __slots__ = ("index", "version", "digest")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    index: str
    version: str
    digest: str
    def __init__(self, index: _Optional[str] = ..., version: _Optional[str] = ..., digest: _Optional[str] = ...) -> None: ...

class FieldSelection(_message.Message):
    __slots__ = ("names", "all")
    NAMES_FIELD_NUMBER: _ClassVar[int]
    ALL_FIELD_NUMBER: _ClassVar[int]
    names: _containers.RepeatedScalarFieldContainer[str]
    all: bool
    def __init__(self, names: _Optional[_Iterable[str]] = ..., all: bool = ...) -> None: ...

class Explanation(_message.Message):
    __slots__ = ("tokens", "similarities")
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    SIMILARITIES_FIELD_NUMBER: _ClassVar[int]
    tokens: _containers.RepeatedScalarFieldContainer[int]
    similarities: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, tokens: _Optional[_Iterable[int]] = ..., similarities: _Optional[_Iterable[float]] = ...) -> None: ...

class Hits(_message.Message):
    __slots__ = ("doc_ids", "scores", "ids", "fields", "exhausted", "explanations")
    DOC_IDS_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    IDS_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    EXHAUSTED_FIELD_NUMBER: _ClassVar[int]
    EXPLANATIONS_FIELD_NUMBER: _ClassVar[int]
    doc_ids: _containers.RepeatedScalarFieldContainer[int]
    scores: _containers.RepeatedScalarFieldContainer[float]
    ids: _containers.RepeatedScalarFieldContainer[str]
    fields: _containers.RepeatedCompositeFieldContainer[_struct_pb2.Struct]
    exhausted: bool
    explanations: _containers.RepeatedCompositeFieldContainer[Explanation]
    def __init__(self, doc_ids: _Optional[_Iterable[int]] = ..., scores: _Optional[_Iterable[float]] = ..., ids: _Optional[_Iterable[str]] = ..., fields: _Optional[_Iterable[_Union[_struct_pb2.Struct, _Mapping]]] = ..., exhausted: bool = ..., explanations: _Optional[_Iterable[_Union[Explanation, _Mapping]]] = ...) -> None: ...

class QueryOutcome(_message.Message):
    __slots__ = ("query_id", "hits", "error")
    QUERY_ID_FIELD_NUMBER: _ClassVar[int]
    HITS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    query_id: int
    hits: Hits
    error: _errors_pb2.ErrorDetail
    def __init__(self, query_id: _Optional[int] = ..., hits: _Optional[_Union[Hits, _Mapping]] = ..., error: _Optional[_Union[_errors_pb2.ErrorDetail, _Mapping]] = ...) -> None: ...

class ServerTiming(_message.Message):
    __slots__ = ("queue_us", "search_us")
    QUEUE_US_FIELD_NUMBER: _ClassVar[int]
    SEARCH_US_FIELD_NUMBER: _ClassVar[int]
    queue_us: int
    search_us: int
    def __init__(self, queue_us: _Optional[int] = ..., search_us: _Optional[int] = ...) -> None: ...

class SearchRequest(_message.Message):
    __slots__ = ("index", "query", "params", "filter", "fields", "explain")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    EXPLAIN_FIELD_NUMBER: _ClassVar[int]
    index: IndexSelector
    query: _tensor_pb2.TokenTensor
    params: SearchParams
    filter: _filter_pb2.Filter
    fields: FieldSelection
    explain: bool
    def __init__(self, index: _Optional[_Union[IndexSelector, _Mapping]] = ..., query: _Optional[_Union[_tensor_pb2.TokenTensor, _Mapping]] = ..., params: _Optional[_Union[SearchParams, _Mapping]] = ..., filter: _Optional[_Union[_filter_pb2.Filter, _Mapping]] = ..., fields: _Optional[_Union[FieldSelection, _Mapping]] = ..., explain: bool = ...) -> None: ...

class SearchResponse(_message.Message):
    __slots__ = ("index_version", "hits", "timing")
    INDEX_VERSION_FIELD_NUMBER: _ClassVar[int]
    HITS_FIELD_NUMBER: _ClassVar[int]
    TIMING_FIELD_NUMBER: _ClassVar[int]
    index_version: IndexVersion
    hits: Hits
    timing: ServerTiming
    def __init__(self, index_version: _Optional[_Union[IndexVersion, _Mapping]] = ..., hits: _Optional[_Union[Hits, _Mapping]] = ..., timing: _Optional[_Union[ServerTiming, _Mapping]] = ...) -> None: ...

class SearchBatchRequest(_message.Message):
    __slots__ = ("index", "queries", "params", "filter", "fields")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    QUERIES_FIELD_NUMBER: _ClassVar[int]
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    index: IndexSelector
    queries: _tensor_pb2.QueryBatch
    params: SearchParams
    filter: _filter_pb2.Filter
    fields: FieldSelection
    def __init__(self, index: _Optional[_Union[IndexSelector, _Mapping]] = ..., queries: _Optional[_Union[_tensor_pb2.QueryBatch, _Mapping]] = ..., params: _Optional[_Union[SearchParams, _Mapping]] = ..., filter: _Optional[_Union[_filter_pb2.Filter, _Mapping]] = ..., fields: _Optional[_Union[FieldSelection, _Mapping]] = ...) -> None: ...

class SearchBatchResponse(_message.Message):
    __slots__ = ("index_version", "outcomes")
    INDEX_VERSION_FIELD_NUMBER: _ClassVar[int]
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    index_version: IndexVersion
    outcomes: _containers.RepeatedCompositeFieldContainer[QueryOutcome]
    def __init__(self, index_version: _Optional[_Union[IndexVersion, _Mapping]] = ..., outcomes: _Optional[_Iterable[_Union[QueryOutcome, _Mapping]]] = ...) -> None: ...

class SearchStreamRequest(_message.Message):
    __slots__ = ("index", "params", "query_ids", "queries", "filter", "fields")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    QUERY_IDS_FIELD_NUMBER: _ClassVar[int]
    QUERIES_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    index: IndexSelector
    params: SearchParams
    query_ids: _containers.RepeatedScalarFieldContainer[int]
    queries: _tensor_pb2.QueryBatch
    filter: _filter_pb2.Filter
    fields: FieldSelection
    def __init__(self, index: _Optional[_Union[IndexSelector, _Mapping]] = ..., params: _Optional[_Union[SearchParams, _Mapping]] = ..., query_ids: _Optional[_Iterable[int]] = ..., queries: _Optional[_Union[_tensor_pb2.QueryBatch, _Mapping]] = ..., filter: _Optional[_Union[_filter_pb2.Filter, _Mapping]] = ..., fields: _Optional[_Union[FieldSelection, _Mapping]] = ...) -> None: ...

class SearchStreamResponse(_message.Message):
    __slots__ = ("index_version", "outcomes")
    INDEX_VERSION_FIELD_NUMBER: _ClassVar[int]
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    index_version: IndexVersion
    outcomes: _containers.RepeatedCompositeFieldContainer[QueryOutcome]
    def __init__(self, index_version: _Optional[_Union[IndexVersion, _Mapping]] = ..., outcomes: _Optional[_Iterable[_Union[QueryOutcome, _Mapping]]] = ...) -> None: ...

class WhyNotRequest(_message.Message):
    __slots__ = ("index", "query", "params", "filter", "id")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    index: IndexSelector
    query: _tensor_pb2.TokenTensor
    params: SearchParams
    filter: _filter_pb2.Filter
    id: str
    def __init__(self, index: _Optional[_Union[IndexSelector, _Mapping]] = ..., query: _Optional[_Union[_tensor_pb2.TokenTensor, _Mapping]] = ..., params: _Optional[_Union[SearchParams, _Mapping]] = ..., filter: _Optional[_Union[_filter_pb2.Filter, _Mapping]] = ..., id: _Optional[str] = ...) -> None: ...

class WhyNotResponse(_message.Message):
    __slots__ = ("index_version", "lost", "rank", "score", "needed", "change", "without_beta")
    INDEX_VERSION_FIELD_NUMBER: _ClassVar[int]
    LOST_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    NEEDED_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    WITHOUT_BETA_FIELD_NUMBER: _ClassVar[int]
    index_version: IndexVersion
    lost: Lost
    rank: int
    score: float
    needed: float
    change: SearchParams
    without_beta: bool
    def __init__(self, index_version: _Optional[_Union[IndexVersion, _Mapping]] = ..., lost: _Optional[_Union[Lost, str]] = ..., rank: _Optional[int] = ..., score: _Optional[float] = ..., needed: _Optional[float] = ..., change: _Optional[_Union[SearchParams, _Mapping]] = ..., without_beta: bool = ...) -> None: ...
