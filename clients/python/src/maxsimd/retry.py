"""Retries of calls that may be repeated: searches and look-ups change nothing.

gRPC's own retry policy (in its service config) is not used. It cannot read `retry_after_ms`, because it knows only its own pushback trailer,
and it starts attempts that cannot end before the deadline.
"""

from __future__ import annotations

import random
import time

import grpc

from .errors import ErrorCode, MaxsimRpcError

_FIRST_BACKOFF_S = 0.05
_MAX_BACKOFF_S = 1.0


def is_transient(error: MaxsimRpcError) -> bool:
    """Whether a repeated call may succeed: the server was unreachable, at its capacity, or shutting down."""
    return error.grpc_status is grpc.StatusCode.UNAVAILABLE or error.code is ErrorCode.UNAVAILABLE


def backoff(attempt: int, error: MaxsimRpcError) -> float:
    """Seconds to wait after attempt number `attempt` (from 1): between half and all of 0.05 * 2^(attempt - 1), at most 1, at random, and
    never less than the server asks for."""
    full = min(_MAX_BACKOFF_S, _FIRST_BACKOFF_S * float(2 ** (attempt - 1)))
    return max(full * (0.5 + random.random() / 2), (error.retry_after_ms or 0) / 1000)


def wait_before_retry(error: MaxsimRpcError, made: int, max_attempts: int, deadline: float) -> float:
    """Seconds to wait before the next attempt, after `made` attempts.

    Args:
        deadline: when the call must have ended, on the clock of `time.monotonic`.

    Raises:
        MaxsimRpcError: the error itself, if it is lasting, or if no attempt is left that could start before the deadline.
    """
    if not is_transient(error) or made >= max_attempts:
        raise error
    wait = backoff(made, error)
    if time.monotonic() + wait >= deadline:
        raise error
    return wait
