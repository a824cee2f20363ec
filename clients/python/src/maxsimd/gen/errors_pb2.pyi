from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ErrorCode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ERROR_CODE_UNSPECIFIED: _ClassVar[ErrorCode]
    ERROR_CODE_INVALID_DTYPE: _ClassVar[ErrorCode]
    ERROR_CODE_DIM_MISMATCH: _ClassVar[ErrorCode]
    ERROR_CODE_SHAPE_MISMATCH: _ClassVar[ErrorCode]
    ERROR_CODE_NON_FINITE: _ClassVar[ErrorCode]
    ERROR_CODE_EMPTY_QUERY: _ClassVar[ErrorCode]
    ERROR_CODE_INVALID_PARAMETER: _ClassVar[ErrorCode]
    ERROR_CODE_UNKNOWN_INDEX: _ClassVar[ErrorCode]
    ERROR_CODE_UNKNOWN_VERSION: _ClassVar[ErrorCode]
    ERROR_CODE_LIMIT_EXCEEDED: _ClassVar[ErrorCode]
    ERROR_CODE_OVERLOADED: _ClassVar[ErrorCode]
    ERROR_CODE_DEADLINE_EXPIRED: _ClassVar[ErrorCode]
    ERROR_CODE_CANCELLED: _ClassVar[ErrorCode]
    ERROR_CODE_SHUTTING_DOWN: _ClassVar[ErrorCode]
    ERROR_CODE_INDEX_FORMAT: _ClassVar[ErrorCode]
    ERROR_CODE_INDEX_CORRUPT: _ClassVar[ErrorCode]
    ERROR_CODE_VERSION_IN_USE: _ClassVar[ErrorCode]
    ERROR_CODE_INTERNAL: _ClassVar[ErrorCode]
    ERROR_CODE_INVALID_FILTER: _ClassVar[ErrorCode]
    ERROR_CODE_INVALID_DOCUMENT: _ClassVar[ErrorCode]
    ERROR_CODE_CONFLICT: _ClassVar[ErrorCode]
    ERROR_CODE_UNAUTHENTICATED: _ClassVar[ErrorCode]
    ERROR_CODE_PERMISSION_DENIED: _ClassVar[ErrorCode]
ERROR_CODE_UNSPECIFIED: ErrorCode
ERROR_CODE_INVALID_DTYPE: ErrorCode
ERROR_CODE_DIM_MISMATCH: ErrorCode
ERROR_CODE_SHAPE_MISMATCH: ErrorCode
ERROR_CODE_NON_FINITE: ErrorCode
ERROR_CODE_EMPTY_QUERY: ErrorCode
ERROR_CODE_INVALID_PARAMETER: ErrorCode
ERROR_CODE_UNKNOWN_INDEX: ErrorCode
ERROR_CODE_UNKNOWN_VERSION: ErrorCode
ERROR_CODE_LIMIT_EXCEEDED: ErrorCode
ERROR_CODE_OVERLOADED: ErrorCode
ERROR_CODE_DEADLINE_EXPIRED: ErrorCode
ERROR_CODE_CANCELLED: ErrorCode
ERROR_CODE_SHUTTING_DOWN: ErrorCode
ERROR_CODE_INDEX_FORMAT: ErrorCode
ERROR_CODE_INDEX_CORRUPT: ErrorCode
ERROR_CODE_VERSION_IN_USE: ErrorCode
ERROR_CODE_INTERNAL: ErrorCode
ERROR_CODE_INVALID_FILTER: ErrorCode
ERROR_CODE_INVALID_DOCUMENT: ErrorCode
ERROR_CODE_CONFLICT: ErrorCode
ERROR_CODE_UNAUTHENTICATED: ErrorCode
ERROR_CODE_PERMISSION_DENIED: ErrorCode

class ErrorDetail(_message.Message):
    __slots__ = ("code", "message", "field", "expected", "got", "retry_after_ms")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FIELD_NUMBER: _ClassVar[int]
    GOT_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_MS_FIELD_NUMBER: _ClassVar[int]
    code: ErrorCode
    message: str
    field: str
    expected: str
    got: str
    retry_after_ms: int
    def __init__(self, code: _Optional[_Union[ErrorCode, str]] = ..., message: _Optional[str] = ..., field: _Optional[str] = ..., expected: _Optional[str] = ..., got: _Optional[str] = ..., retry_after_ms: _Optional[int] = ...) -> None: ...
