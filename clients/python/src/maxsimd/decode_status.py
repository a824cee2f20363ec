"""The error of a call that gRPC ended with a status other than OK."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from google.rpc import status_pb2

from .address import Endpoint
from .errors import ErrorCode, MaxsimRpcError, code_of_status, error_of_detail
from .gen import errors_pb2

# What gRPC and the operating system say when a connection is not made, and what it means. The first that matches counts.
_REASONS = [
    (r"Connection refused", "nothing listens there: start the server or correct the address"),
    (r"No such file or directory", "no socket has this path: start the server or correct the path"),
    (r"Permission denied", "the socket may not be opened: ask its owner for write permission"),
    (
        r"WRONG_VERSION_NUMBER|packet length",
        "the server does not speak TLS: leave tls out, or turn TLS on at the server",
    ),
    (
        r"self.signed certificate|unable to (get|verify)|CERTIFICATE_VERIFY_FAILED",
        "its certificate's authority is not trusted: pass the authority as tls.ca",
    ),
    (
        r"Hostname Verification Check failed|Peer name .* is not in peer certificate",
        "its certificate is for another name: connect to a name in it or set tls.server_name",
    ),
    (
        r"(?i)sslv3.alert|tlsv1.alert|certificate.required",
        "it accepts only clients with a known certificate: pass one as tls.cert and tls.key",
    ),
    (
        r"Domain name not found|DNS (query|resolution) failed|DNS server returned",
        "the host's name does not resolve: correct it",
    ),
]


def error_of_rpc(error: grpc.RpcError, endpoint: Endpoint, timeout_s: float | None = None) -> MaxsimRpcError:
    """The typed error of a failed call.

    The caller has not cancelled. Then CANCELLED without a typed reason means that the server dropped the call, which is the same as a lost
    connection.
    """
    call: Any = error
    status = call.code()
    details = call.details() or ""
    detail = _detail_of(call.trailing_metadata() or ())
    if detail is not None:
        return error_of_detail(detail, status)
    if status is grpc.StatusCode.CANCELLED:
        return MaxsimRpcError(ErrorCode.UNAVAILABLE, "the server dropped the call", grpc_status=status)
    code = code_of_status(status)
    message = _explain(status, details, endpoint, timeout_s) or details or f"the call ended with {code}"
    return MaxsimRpcError(code, message, grpc_status=status)


def _detail_of(metadata: Iterable[tuple[str, str | bytes]]) -> errors_pb2.ErrorDetail | None:
    for key, value in metadata:
        if key != "grpc-status-details-bin" or not isinstance(value, bytes):
            continue
        try:
            for packed in status_pb2.Status.FromString(value).details:
                detail = errors_pb2.ErrorDetail()
                if packed.Unpack(detail):
                    return detail
        except DecodeError:
            # A proxy may have put something else here. The status itself still says what happened.
            continue
    return None


def _explain(status: grpc.StatusCode, details: str, endpoint: Endpoint, timeout_s: float | None) -> str | None:
    """One sentence for a status that gRPC makes itself: no connection, or no answer in time."""
    if status is grpc.StatusCode.DEADLINE_EXCEEDED:
        within = "in time" if timeout_s is None else f"within {max(timeout_s, 0):.3f}s"
        return f"no answer from {endpoint.address} {within}: raise the deadline or make the request smaller"
    if status is not grpc.StatusCode.UNAVAILABLE:
        return None
    if not re.search(r"failed to connect to all addresses|DNS|name resol|Domain name", details, re.IGNORECASE):
        return None
    said = details.rpartition("last error:")[2].strip()
    for pattern, meaning in _REASONS:
        if re.search(pattern, said):
            return f"no connection to {endpoint.address}: {meaning}"
    return f"no connection to {endpoint.address}: {said}"
