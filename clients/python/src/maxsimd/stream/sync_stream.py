"""Drives a stream with threads: one reads the source, one opens calls and reads them, and gRPC has one that sends.

The caller's thread only waits for outcomes, so that a source that waits for its next query does not hold up outcomes that are there.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

import grpc

from ..errors import MaxsimRpcError
from ..methods import SEARCH_STREAM
from ..results import Outcome
from ..sync_connection import SyncConnection
from ..version_watch import VersionWatch
from .stream_state import Reopening, StreamState


class SyncStream:
    """One stream of queries, over as many calls as necessary.

    Args:
        deadline: on the clock of `time.monotonic`; infinite = no deadline.
        pinned: whether the queries pin a version, which the version watch leaves out.
    """

    def __init__(
        self,
        connection: SyncConnection,
        queries: Iterable[Any],
        state: StreamState,
        watch: VersionWatch,
        deadline: float,
        pinned: bool,
    ) -> None:
        self._connection = connection
        self._source = iter(queries)
        self._state = state
        self._watch = watch
        self._deadline = deadline
        self._pinned = pinned
        self._changed = threading.Condition()
        self._call: Any = None

    def outcomes(self) -> Iterator[Outcome[Any]]:
        """The outcomes in completion order. The stream starts when the first outcome is requested. Closing the iterator cancels the call."""
        for target, name in ((self._read_source, "maxsimd-source"), (self._run_calls, "maxsimd-calls")):
            threading.Thread(target=target, name=name, daemon=True).start()
        try:
            while True:
                with self._changed:
                    outcome = self._state.take()
                    self._changed.notify_all()
                    while outcome is None and not self._state.over:
                        self._changed.wait()
                        outcome = self._state.take()
                if outcome is not None:
                    yield outcome
                elif self._state.error is not None:
                    raise self._state.error
                else:
                    return
        finally:
            self._close()

    def _close(self) -> None:
        with self._changed:
            cancelled = not self._state.over or self._state.error is not None
            self._state.over = True
            call = self._call
            self._changed.notify_all()
        if cancelled and call is not None:
            call.cancel()

    def _fail(self, error: BaseException) -> None:
        with self._changed:
            self._state.fail(error)
            call = self._call
            self._changed.notify_all()
        if call is not None:
            call.cancel()

    def _read_source(self) -> None:
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._state.has_room or self._state.over)
                    if self._state.over:
                        return
                try:
                    query = next(self._source)
                except StopIteration:
                    with self._changed:
                        self._state.end_source()
                        self._changed.notify_all()
                    return
                with self._changed:
                    self._state.accept(query)
                    self._changed.notify_all()
        except BaseException as error:
            self._fail(error)
        finally:
            close = getattr(self._source, "close", None)
            if callable(close):
                close()

    def _run_calls(self) -> None:
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._state.wants_call or self._state.over)
                    if self._state.over:
                        return
                reopening = self._run_call()
                if reopening is not None:
                    self._wait(reopening)
        except BaseException as error:
            self._fail(error)

    def _wait(self, reopening: Reopening) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._state.over, reopening.wait)
            if self._state.over:
                return
        # In steps, so that a caller who leaves is not waited for.
        while reopening.awaits_server and not self._state.over:
            now = time.monotonic()
            if now >= reopening.until:
                raise reopening.reason
            if self._connection.ready(min(reopening.until, now + 0.5)):
                return

    def _run_call(self) -> Reopening | None:
        """Opens a call and reads it to its end."""
        timeout = None if self._deadline == math.inf else self._deadline - time.monotonic()
        metadata = self._connection.metadata()
        ended = threading.Event()
        with self._changed:
            self._state.call_opened()
            method = self._connection.channel.stream_stream(SEARCH_STREAM.path, None, SEARCH_STREAM.parse)
            call = method(self._messages(ended), timeout=timeout, metadata=metadata)
            self._call = call
        paused = False
        failure: MaxsimRpcError | None = None
        try:
            for response in call:
                with self._changed:
                    seen = self._state.receive(response)
                    self._changed.notify_all()
                if seen is not None and not self._pinned:
                    self._watch.saw(*seen)
                with self._changed:
                    paused = paused or self._state.crowded
                    self._changed.wait_for(lambda: not self._state.crowded or self._state.over)
        except grpc.RpcError as error:
            failure = self._connection.error_of(error, timeout)
        finally:
            ended.set()
        with self._changed:
            self._call = None
            reopening = self._state.call_ended(failure, paused)
            self._changed.notify_all()
            return reopening

    def _messages(self, ended: threading.Event) -> Iterator[bytes]:
        """The messages of one call. gRPC asks for the next when the connection has taken the last."""
        while True:
            with self._changed:
                while True:
                    if ended.is_set():
                        return
                    message = self._state.next_message()
                    if message is not None:
                        break
                    if self._state.wants_half_close:
                        return
                    wait = self._state.seconds_to_next
                    self._changed.wait(None if wait == math.inf else wait)
            yield message
