"""What the connections of both clients have alike: address, credentials, deadlines and metadata."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import grpc

from .address import Endpoint, parse_address
from .errors import ErrorCode, MaxsimRpcError, bad_argument, bad_parameter
from .options import CHANNEL_DEFAULTS, DEFAULT_MAX_ATTEMPTS, TlsOptions

Response = TypeVar("Response")


@dataclass(frozen=True)
class Method(Generic[Response]):
    """A method of the wire contract: its path and how its response is parsed. Requests are given as bytes."""

    path: str
    response: type[Response]

    def parse(self, data: bytes) -> Response:
        """Parses a response."""
        message: Response = self.response.FromString(data)  # type: ignore[attr-defined]
        return message


@dataclass(frozen=True)
class ConnectionSettings:
    """How to reach a server, checked.

    Raises:
        MaxsimRpcError: INVALID_PARAMETER for a bad address, certificate or number.
    """

    endpoint: Endpoint
    credentials: grpc.ChannelCredentials | None
    channel_options: list[tuple[str, Any]]
    token: Any
    timeout_ms: float
    max_attempts: int

    def deadline_of(self, timeout_ms: float | None) -> float:
        """The deadline of a call that starts now, on the clock of `time.monotonic`."""
        limit = self.timeout_ms if timeout_ms is None else timeout_ms
        return time.monotonic() + _milliseconds("timeout_ms", limit) / 1000


def connection_settings(
    address: str,
    default_timeout_ms: float,
    *,
    tls: bool | TlsOptions,
    token: Any,
    allow_plaintext_token: bool,
    timeout_ms: float | None,
    max_attempts: int | None,
    channel_options: Mapping[str, Any] | None,
) -> ConnectionSettings:
    """Checks how to reach a server before anything is sent."""
    endpoint = parse_address(address, bool(tls))
    if token is not None and not tls and not allow_plaintext_token and not endpoint.local:
        fix = "set tls, or allow_plaintext_token if the network is trusted"
        raise bad_parameter("token", "an encrypted or local connection", f"plain text to {address}", fix)
    attempts = DEFAULT_MAX_ATTEMPTS if max_attempts is None else max_attempts
    if isinstance(attempts, bool) or not isinstance(attempts, int) or attempts < 1:
        raise bad_parameter("max_attempts", "an integer of at least 1", repr(attempts))
    options = dict(CHANNEL_DEFAULTS)
    # A proxy that the environment names cannot reach this machine's own sockets.
    if endpoint.local:
        options["grpc.enable_http_proxy"] = 0
    if isinstance(tls, TlsOptions) and tls.server_name is not None:
        options["grpc.ssl_target_name_override"] = tls.server_name
    options.update(channel_options or {})
    limit = _milliseconds("timeout_ms", default_timeout_ms if timeout_ms is None else timeout_ms)
    return ConnectionSettings(endpoint, _credentials(tls), list(options.items()), token, limit, attempts)


def metadata_of(token: str | None) -> tuple[tuple[str, str], ...]:
    """Metadata of one attempt."""
    return () if token is None else (("authorization", f"Bearer {token}"),)


def closed_client() -> MaxsimRpcError:
    """The error of a call after `close`."""
    fix = "create a new client after close()"
    return bad_argument(ErrorCode.FAILED_PRECONDITION, "client", "an open client", "a closed one", fix)


def closed_during_call() -> MaxsimRpcError:
    """The error of a call that was running at `close`."""
    return MaxsimRpcError(ErrorCode.CANCELLED, "the client was closed while the call was running")


def _milliseconds(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise bad_parameter(name, "a positive number of milliseconds", repr(value))
    return float(value)


def _credentials(tls: bool | TlsOptions) -> grpc.ChannelCredentials | None:
    if not tls:
        return None
    given = tls if isinstance(tls, TlsOptions) else TlsOptions()
    if _holds(given.cert, "PRIVATE KEY") and not _holds(given.cert, "CERTIFICATE") and _holds(given.key, "CERTIFICATE"):
        fix = "tls.cert and tls.key are swapped: exchange them"
        raise bad_parameter("tls.cert", "a certificate", "a private key", fix)
    ca = _pem("tls.ca", given.ca, "CERTIFICATE")
    cert = _pem("tls.cert", given.cert, "CERTIFICATE")
    key = _pem("tls.key", given.key, "PRIVATE KEY")
    if (cert is None) != (key is None):
        missing, present = ("tls.cert", "tls.key") if cert is None else ("tls.key", "tls.cert")
        raise bad_parameter(missing, "both or neither", f"{present} alone", f"add {missing}")
    return grpc.ssl_channel_credentials(ca, key, cert)


def _pem(field: str, value: bytes | str | None, kind: str) -> bytes | None:
    if value is None:
        return None
    if _holds(value, kind):
        return value.encode() if isinstance(value, str) else value
    got = "PEM of another kind" if _holds(value, "") else "text that is not PEM"
    raise bad_parameter(field, f"PEM with BEGIN {kind}", got, "pass the file's content, not its path")


def _holds(value: bytes | str | None, kind: str) -> bool:
    if value is None:
        return False
    text = value if isinstance(value, str) else value.decode("latin-1")
    return re.search(f"-----BEGIN [A-Z ]*{kind}", text) is not None
