"""Drives a stream with tasks of asyncio: one reads the source, one opens calls and reads them, and each call has one that sends."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable
from typing import Any

import grpc
import grpc.aio

from ..aio_connection import AioConnection
from ..connection import closed_during_call
from ..errors import MaxsimRpcError
from ..methods import SEARCH_STREAM
from ..results import Outcome
from ..version_watch import VersionWatch
from .stream_state import Reopening, StreamState

_END: Any = grpc.aio.EOF  # type: ignore[attr-defined] # the stubs lack it


class AioStream:
    """One stream of queries, over as many calls as necessary.

    Args:
        deadline: on the clock of `time.monotonic`; infinite = no deadline.
        pinned: whether the queries pin a version, which the version watch leaves out.
    """

    def __init__(
        self,
        connection: AioConnection,
        queries: AsyncIterable[Any] | Iterable[Any],
        state: StreamState,
        watch: VersionWatch,
        deadline: float,
        pinned: bool,
    ) -> None:
        self._connection = connection
        self._queries = queries
        self._state = state
        self._watch = watch
        self._deadline = deadline
        self._pinned = pinned
        self._waiters: set[asyncio.Future[None]] = set()

    async def outcomes(self) -> AsyncGenerator[Outcome[Any], None]:
        """The outcomes in completion order. The stream starts when the first outcome is requested. Closing the iterator cancels the call."""
        tasks = [asyncio.create_task(self._guarded(work)) for work in (self._read_source, self._run_calls)]
        try:
            while True:
                outcome = self._state.take()
                self._notify()
                if outcome is not None:
                    yield outcome
                elif not self._state.over:
                    await self._change()
                elif self._state.error is not None:
                    raise self._state.error
                else:
                    return
        finally:
            self._state.over = True
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _notify(self) -> None:
        """Wakes everything that waits for a change of the state."""
        waiters, self._waiters = self._waiters, set()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def _change(self, timeout: float = math.inf) -> None:
        """Waits for a change of the state, at most `timeout` seconds."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await asyncio.wait([waiter], timeout=None if timeout == math.inf else timeout)
        finally:
            self._waiters.discard(waiter)

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            await self._change()

    async def _guarded(self, work: Callable[[], Any]) -> None:
        try:
            await work()
        except asyncio.CancelledError:
            # gRPC cancels the calls of a channel that is closed as if their task were cancelled.
            if not self._connection.closed:
                raise
            self._state.fail(closed_during_call())
        except Exception as error:
            self._state.fail(error)
        finally:
            self._notify()

    async def _read_source(self) -> None:
        async for query in self._source():
            self._state.accept(query)
            self._notify()
            await self._until(lambda: self._state.has_room or self._state.over)
            if self._state.over:
                return
        self._state.end_source()

    async def _source(self) -> AsyncGenerator[Any, None]:
        await self._until(lambda: self._state.has_room or self._state.over)
        if isinstance(self._queries, AsyncIterable):
            iterator = self._queries.__aiter__()
            try:
                async for query in iterator:
                    yield query
            finally:
                close = getattr(iterator, "aclose", None)
                if callable(close):
                    await close()
        else:
            for query in self._queries:
                yield query
                # Queries that are there at once are packed into one message; others are sent meanwhile.
                await asyncio.sleep(0)

    async def _run_calls(self) -> None:
        while True:
            await self._until(lambda: self._state.wants_call or self._state.over)
            if self._state.over:
                return
            reopening = await self._run_call()
            self._notify()
            if reopening is not None:
                await self._wait(reopening)

    async def _wait(self, reopening: Reopening) -> None:
        await asyncio.sleep(reopening.wait)
        if reopening.awaits_server and not await self._connection.ready(reopening.until):
            raise reopening.reason

    async def _run_call(self) -> Reopening | None:
        """Opens a call and reads it to its end."""
        metadata = await self._connection.metadata()
        timeout = None if self._deadline == math.inf else self._deadline - time.monotonic()
        self._state.call_opened()
        method = self._connection.channel.stream_stream(SEARCH_STREAM.path, None, SEARCH_STREAM.parse)
        call = method(timeout=timeout, metadata=metadata)
        sender = asyncio.create_task(self._send(call))
        paused = False
        failure: MaxsimRpcError | None = None
        try:
            while (response := await call.read()) is not _END:
                seen = self._state.receive(response)
                self._notify()
                if seen is not None and not self._pinned:
                    self._watch.saw(*seen)
                paused = paused or self._state.crowded
                await self._until(lambda: not self._state.crowded or self._state.over)
        except grpc.RpcError as error:
            failure = await self._connection.error_of_writes(call, error, timeout)
        finally:
            sender.cancel()
            call.cancel()
        return self._state.call_ended(failure, paused)

    async def _send(self, call: Any) -> None:
        """Sends the messages of one call. `write` waits until the connection has taken the message."""
        try:
            while True:
                message = self._state.next_message()
                if message is not None:
                    await call.write(message)
                elif self._state.wants_half_close:
                    await call.done_writing()
                    return
                else:
                    await self._change(self._state.seconds_to_next)
        except (grpc.RpcError, asyncio.InvalidStateError):
            # The call has ended; its reader has the reason.
            return
