from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Dtype(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DTYPE_UNSPECIFIED: _ClassVar[Dtype]
    DTYPE_F16: _ClassVar[Dtype]
    DTYPE_F32: _ClassVar[Dtype]
DTYPE_UNSPECIFIED: Dtype
DTYPE_F16: Dtype
DTYPE_F32: Dtype

class TokenTensor(_message.Message):
    __slots__ = ("dtype", "dim", "rows", "data")
    DTYPE_FIELD_NUMBER: _ClassVar[int]
    DIM_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    dtype: Dtype
    dim: int
    rows: int
    data: bytes
    def __init__(self, dtype: _Optional[_Union[Dtype, str]] = ..., dim: _Optional[int] = ..., rows: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...

class QueryBatch(_message.Message):
    __slots__ = ("tokens", "row_counts")
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    ROW_COUNTS_FIELD_NUMBER: _ClassVar[int]
    tokens: TokenTensor
    row_counts: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, tokens: _Optional[_Union[TokenTensor, _Mapping]] = ..., row_counts: _Optional[_Iterable[int]] = ...) -> None: ...
