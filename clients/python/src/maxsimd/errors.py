"""The one exception of this package, with a closed set of codes."""

from __future__ import annotations

from enum import Enum

import grpc

from .gen import errors_pb2


class ErrorCode(str, Enum):
    """Why a call, or a query within a call, failed. The closed set.

    The first part is the `ErrorCode` of the wire contract. The second part names the gRPC status of a failure without a typed reason,
    such as a connection that is not made.
    """

    INVALID_DTYPE = "INVALID_DTYPE"
    DIM_MISMATCH = "DIM_MISMATCH"
    SHAPE_MISMATCH = "SHAPE_MISMATCH"
    NON_FINITE = "NON_FINITE"
    EMPTY_QUERY = "EMPTY_QUERY"
    INVALID_PARAMETER = "INVALID_PARAMETER"
    UNKNOWN_INDEX = "UNKNOWN_INDEX"
    UNKNOWN_VERSION = "UNKNOWN_VERSION"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    OVERLOADED = "OVERLOADED"
    DEADLINE_EXPIRED = "DEADLINE_EXPIRED"
    CANCELLED = "CANCELLED"
    SHUTTING_DOWN = "SHUTTING_DOWN"
    INDEX_FORMAT = "INDEX_FORMAT"
    INDEX_CORRUPT = "INDEX_CORRUPT"
    VERSION_IN_USE = "VERSION_IN_USE"
    INTERNAL = "INTERNAL"
    INVALID_FILTER = "INVALID_FILTER"
    INVALID_DOCUMENT = "INVALID_DOCUMENT"
    CONFLICT = "CONFLICT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    PERMISSION_DENIED = "PERMISSION_DENIED"

    UNKNOWN = "UNKNOWN"
    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    FAILED_PRECONDITION = "FAILED_PRECONDITION"
    ABORTED = "ABORTED"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    UNIMPLEMENTED = "UNIMPLEMENTED"
    UNAVAILABLE = "UNAVAILABLE"
    DATA_LOSS = "DATA_LOSS"

    def __str__(self) -> str:
        return self.value


_INVALID = grpc.StatusCode.INVALID_ARGUMENT

# The codes whose gRPC status has another name, as the wire contract documents them.
_STATUS_OF = {
    ErrorCode.INVALID_DTYPE: _INVALID,
    ErrorCode.DIM_MISMATCH: _INVALID,
    ErrorCode.SHAPE_MISMATCH: _INVALID,
    ErrorCode.NON_FINITE: _INVALID,
    ErrorCode.EMPTY_QUERY: _INVALID,
    ErrorCode.INVALID_PARAMETER: _INVALID,
    ErrorCode.UNKNOWN_INDEX: grpc.StatusCode.NOT_FOUND,
    ErrorCode.UNKNOWN_VERSION: grpc.StatusCode.NOT_FOUND,
    ErrorCode.LIMIT_EXCEEDED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ErrorCode.OVERLOADED: grpc.StatusCode.UNAVAILABLE,
    ErrorCode.DEADLINE_EXPIRED: grpc.StatusCode.DEADLINE_EXCEEDED,
    ErrorCode.SHUTTING_DOWN: grpc.StatusCode.UNAVAILABLE,
    ErrorCode.INDEX_FORMAT: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorCode.INDEX_CORRUPT: grpc.StatusCode.DATA_LOSS,
    ErrorCode.VERSION_IN_USE: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorCode.INVALID_FILTER: _INVALID,
    ErrorCode.INVALID_DOCUMENT: _INVALID,
    ErrorCode.CONFLICT: grpc.StatusCode.ABORTED,
}


class MaxsimRpcError(Exception):
    """The error of every call of this package, and of every query that failed in a batch or stream.

    Attributes:
        code: the reason, from a closed set.
        grpc_status: the gRPC status.
        message: one sentence that says what is wrong and how to fix it.
        field: the faulty field or parameter, by its name in the wire contract; empty if the error is not about one.
        expected: what was expected; empty if it does not apply.
        got: what was found; empty if it does not apply.
        retry_after_ms: when the server asks to try again, in milliseconds from now; None if it does not ask.
    """

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        *,
        grpc_status: grpc.StatusCode | None = None,
        field: str = "",
        expected: str = "",
        got: str = "",
        retry_after_ms: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.grpc_status = grpc_status or status_of_code(code)
        self.message = message
        self.field = field
        self.expected = expected
        self.got = got
        self.retry_after_ms = retry_after_ms

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross process boundaries, for example from a worker of multiprocessing."""
        details = (self.grpc_status, self.field, self.expected, self.got, self.retry_after_ms)
        return (_rebuild, (self.code, self.message, *details))

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def _rebuild(
    code: ErrorCode, message: str, status: grpc.StatusCode, field: str, expected: str, got: str, retry: int | None
) -> MaxsimRpcError:
    return MaxsimRpcError(
        code, message, grpc_status=status, field=field, expected=expected, got=got, retry_after_ms=retry
    )


def status_of_code(code: ErrorCode) -> grpc.StatusCode:
    """The gRPC status of a code."""
    return _STATUS_OF.get(code) or grpc.StatusCode[code.value]


def code_of_status(status: grpc.StatusCode) -> ErrorCode:
    """The code of a failure without a typed reason."""
    if status is grpc.StatusCode.DEADLINE_EXCEEDED:
        return ErrorCode.DEADLINE_EXPIRED
    # The status that gRPC itself uses for a message that is too large.
    if status is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return ErrorCode.LIMIT_EXCEEDED
    return ErrorCode.__members__.get(status.name, ErrorCode.UNKNOWN)


def bad_argument(code: ErrorCode, field: str, expected: str, got: str, fix: str = "") -> MaxsimRpcError:
    """The error of an argument that this package rejects itself. `fix` is left out where it follows from what was expected."""
    message = f"{field}: expected {expected}, got {got}{': ' + fix if fix else ''}"
    return MaxsimRpcError(code, message, field=field, expected=expected, got=got)


def bad_parameter(field: str, expected: str, got: str, fix: str = "") -> MaxsimRpcError:
    """The error of a parameter outside its range."""
    return bad_argument(ErrorCode.INVALID_PARAMETER, field, expected, got, fix)


def error_of_detail(detail: errors_pb2.ErrorDetail, status: grpc.StatusCode | None = None) -> MaxsimRpcError:
    """The error that a wire message describes. A code that this client does not know, of a newer server, is UNKNOWN."""
    name = errors_pb2.ErrorCode.Name(detail.code) if detail.code in errors_pb2.ErrorCode.values() else ""
    code = ErrorCode.__members__.get(name.removeprefix("ERROR_CODE_"), ErrorCode.UNKNOWN)
    return MaxsimRpcError(
        code,
        detail.message or f"the server gives no other reason than {code}",
        grpc_status=status,
        field=detail.field,
        expected=detail.expected,
        got=detail.got,
        retry_after_ms=detail.retry_after_ms if detail.HasField("retry_after_ms") else None,
    )
