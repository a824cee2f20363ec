"""Options of clients and calls, with their defaults."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Union

from typing_extensions import TypedDict

from .filter import Filter

#: Element type on the wire: IEEE 754 binary16 or binary32.
WireDtype = Literal["f16", "f32"]

#: A bearer token, or a function that returns one and is called before each attempt.
Token = Union[str, Callable[[], str]]
#: As `Token`; the function may be a coroutine function.
AsyncToken = Union[str, Callable[[], str | Awaitable[str]]]

#: A search takes milliseconds; an answer after ten seconds is of no use to an interactive caller.
DEFAULT_TIMEOUT_MS = 10_000

#: Loading verifies and warms a file of any size, at about 5 s per GB.
DEFAULT_ADMIN_TIMEOUT_MS = 300_000

#: With waits of 25 to 50, 50 to 100 and 100 to 200 ms between them: survives a moment of overload and does not hide an outage.
DEFAULT_MAX_ATTEMPTS = 4

#: 32 messages of 8 queries of 32 x 128 binary16 keep a server's workers busy during a round trip and take 2 MiB at most.
DEFAULT_WINDOW = 256

DEFAULT_RESUME_FOR_MS = 30_000

#: A ping after 30 s without traffic detects a machine that vanished. Reconnection is tried after 0.1 to 2 s (gRPC: 1 to 120 s),
#: because a server that restarts is soon available again. Each client has connections of its own.
CHANNEL_DEFAULTS: dict[str, Any] = {
    "grpc.keepalive_time_ms": 30_000,
    "grpc.keepalive_timeout_ms": 10_000,
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 2_000,
    "grpc.use_local_subchannel_pool": 1,
}


@dataclass(frozen=True)
class TlsOptions:
    """Certificates for a connection over TLS, in PEM.

    Attributes:
        ca: roots to trust instead of the well-known ones.
        cert: this client's own certificate, if the server asks for one; needs `key`.
        key: the private key of `cert`.
        server_name: name to expect in the server's certificate. Default: the host of the address.
    """

    ca: bytes | str | None = None
    cert: bytes | str | None = None
    key: bytes | str | None = None
    server_name: str | None = None


class CallOptions(TypedDict, total=False):
    """Options of every call."""

    #: Deadline of the whole call, retries included; milliseconds.
    timeout_ms: float


class SearchCallOptions(CallOptions, total=False):
    """Options of searches: the index that answers, and the encoding of the query."""

    #: Name of a served index. Default: that of the client.
    index: str
    #: Label of the version to pin. Default: the current version.
    version: str
    #: Element type in which wider vectors are sent. Default: that of the client.
    dtype: WireDtype


class SearchParams(TypedDict, total=False):
    """Search parameters. One that is absent takes its default, which `describe` returns. The server checks the ranges."""

    #: Number of documents to return; 1 to 10,000. Default 10.
    k: int
    #: Gather: number of coarse centroids per query token; at least 1. Default 20.
    k_centroids: int
    #: Refine: maximum number of candidates to score on the codes; at least 1. Default 500.
    k_docs_to_score: int
    #: Gather: beam width of the graph search; at least 1. Default round(1.5 * k_centroids).
    ef_search: int
    #: Select: keep candidates whose coarse score is at least s_k - |s_k| * alpha, where s_k is the k-th best coarse score; at
    #: least 0; None keeps all. Default 0.45.
    alpha: float | None
    #: Refine: stop after this many consecutive candidates that do not enter the best k; at least 1; None = never. Default None.
    beta: int | None
    #: Gather: relax the stopping rule of the graph search; at least 0; None = the plain rule. Default None. `lambda` is a word of Python.
    lambda_: float | None


class FilteredSearchParams(SearchParams, total=False):
    """Search parameters, and which documents may be returned."""

    #: Only documents that match are returned. None = all documents. Default: all; for a query of a stream, the filter of the stream.
    filter: Filter | None


class SearchOptions(FilteredSearchParams, total=False):
    """How to search: parameters, which documents may be returned, and what is returned of them."""

    #: Stored fields to return with each hit: their names, or "all". None = no fields. Default: no fields; for a query of a
    #: stream, those of the stream.
    fields: Sequence[str] | Literal["all"] | None


class SearchArguments(SearchOptions, SearchCallOptions, total=False):
    """Keyword arguments of a search."""


class SingleSearchArguments(SearchArguments, total=False):
    """Keyword arguments of a search with one query."""

    #: Whether each hit has an `explanation`. The server limits `k` then, by default to 1,000. Default False.
    explain: bool


class WhyNotArguments(FilteredSearchParams, SearchCallOptions, total=False):
    """Keyword arguments of `why_not`: those of the search, and of the call."""


class StreamArguments(SearchArguments, total=False):
    """Keyword arguments of a stream."""

    #: Maximum number of queries that were read from the source and whose outcome the caller has not taken. Default 256.
    window: int
    #: How long a stream that had answers tries to continue after it lost the server; milliseconds from the loss. Default 30,000;
    #: 0 = never.
    resume_for_ms: float
