"""The promise: what a stream decides about calls that end, servers that refuse, and callers that are slow, without a server."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pytest

from maxsimd import ErrorCode, MaxsimRpcError
from maxsimd.gen import errors_pb2, search_pb2
from maxsimd.stream.stream_state import READ_AHEAD_BYTES, StreamState
from maxsimd.version_watch import VersionWatch

QUERY = np.ones((2, 4), np.float16)
GONE = MaxsimRpcError(ErrorCode.UNAVAILABLE, "gone")


def state(queries: int, **options: Any) -> StreamState:
    """A stream with queries that were read, and an open call."""
    made = StreamState(
        {},
        **{"window": 100, "max_attempts": 4, "resume_for_ms": 30_000, "deadline": math.inf, **options},
        selector=search_pb2.IndexSelector(),
        watch=VersionWatch(None),
    )
    for _ in range(queries):
        made.accept(QUERY)
    made.call_opened()
    return made


def sent(stream: StreamState) -> list[int]:
    """The ids of the queries in the next message."""
    message = stream.next_message()
    return [] if message is None else list(search_pb2.SearchStreamRequest.FromString(message).query_ids)


def answer(stream: StreamState, *ids: int, text: str = "d") -> None:
    """Receives answers."""
    outcomes = [search_pb2.QueryOutcome(query_id=id, hits=search_pb2.Hits(doc_ids=[1], ids=[text])) for id in ids]
    stream.receive(search_pb2.SearchStreamResponse(outcomes=outcomes))


def refuse(stream: StreamState, id: int, code: Any, retry_after_ms: int | None = None) -> None:
    """Receives an error of a query."""
    detail = errors_pb2.ErrorDetail(code=code, message="no", retry_after_ms=retry_after_ms)
    stream.receive(search_pb2.SearchStreamResponse(outcomes=[search_pb2.QueryOutcome(query_id=id, error=detail)]))


def taken(stream: StreamState) -> list[tuple[int, ErrorCode | None]]:
    """Everything that is ready, with the codes of errors."""
    found = []
    while (outcome := stream.take()) is not None:
        found.append((outcome.id, outcome.error.code if outcome.error else None))
    return found


def test_a_query_that_a_draining_server_refuses_goes_to_the_next_call() -> None:
    stream = state(3)
    assert sent(stream) == [0, 1, 2]
    answer(stream, 1)
    refuse(stream, 0, errors_pb2.ERROR_CODE_SHUTTING_DOWN, 5)
    stream.accept(QUERY)
    assert stream.wants_half_close
    assert sent(stream) == []
    answer(stream, 2)
    reopening = stream.call_ended(None, False)
    assert reopening is not None
    assert reopening.reason.code is ErrorCode.SHUTTING_DOWN
    stream.call_opened()
    assert sent(stream) == [0, 3]
    assert taken(stream) == [(1, None), (2, None)]


def test_an_overloaded_server_gets_the_query_again_when_it_asked_for_it() -> None:
    stream = state(1)
    sent(stream)
    refuse(stream, 0, errors_pb2.ERROR_CODE_OVERLOADED, 60)
    stream.end_source()
    assert sent(stream) == []
    assert not stream.wants_half_close
    assert 0.04 < stream.seconds_to_next <= 0.06
    time.sleep(stream.seconds_to_next)
    assert sent(stream) == [0]
    for _ in range(3):
        refuse(stream, 0, errors_pb2.ERROR_CODE_OVERLOADED)
        time.sleep(stream.seconds_to_next)
        sent(stream)
    refuse(stream, 0, errors_pb2.ERROR_CODE_OVERLOADED)
    assert taken(stream) == [(0, ErrorCode.OVERLOADED)]
    assert stream.over


def test_a_query_that_breaks_connections_is_sent_alone_and_fails_at_the_fifth() -> None:
    stream = state(3)
    sent(stream)
    answer(stream, 1)
    groups = []
    for _ in range(4):
        assert stream.call_ended(GONE, False) is not None
        stream.call_opened()
        groups.append(sent(stream))
    assert groups == [[0, 2], [0], [0], [0]]
    assert sent(stream) == []
    assert stream.call_ended(GONE, False) is not None
    stream.call_opened()
    assert taken(stream) == [(1, None), (0, ErrorCode.UNAVAILABLE)]
    assert sent(stream) == [2]
    answer(stream, 2)
    assert taken(stream) == [(2, None)]


def test_a_call_that_ended_because_it_was_not_read_is_no_failure() -> None:
    limit = MaxsimRpcError(ErrorCode.LIMIT_EXCEEDED, "not read")
    stream = state(2)
    sent(stream)
    answer(stream, 0, text="d" * (READ_AHEAD_BYTES + 1))
    assert stream.crowded
    assert stream.call_ended(limit, True) is None
    assert not stream.wants_call
    assert taken(stream) == [(0, None)]
    assert stream.wants_call
    stream.call_opened()
    assert sent(stream) == [1]
    assert stream.call_ended(limit, False) is None
    assert stream.error is limit


def test_a_lasting_error_ends_the_stream_after_what_is_ready() -> None:
    stream = state(2)
    sent(stream)
    answer(stream, 0)
    error = MaxsimRpcError(ErrorCode.UNAUTHENTICATED, "no token")
    assert stream.call_ended(error, False) is None
    assert taken(stream) == [(0, None)]
    assert stream.error is error


def test_a_server_that_ends_a_stream_with_queries_unanswered_is_asked_again() -> None:
    stream = state(2)
    sent(stream)
    answer(stream, 0)
    reopening = stream.call_ended(None, False)
    assert reopening is not None
    assert "1 of its queries unanswered" in reopening.reason.message
    assert reopening.awaits_server


@pytest.mark.parametrize("attempts", [1, 3])
def test_calls_before_the_first_answer_are_counted(attempts: int) -> None:
    stream = state(1, max_attempts=attempts)
    for _ in range(attempts - 1):
        sent(stream)
        assert stream.call_ended(GONE, False) is not None
    sent(stream)
    assert stream.call_ended(GONE, False) is None
    assert stream.error is GONE
