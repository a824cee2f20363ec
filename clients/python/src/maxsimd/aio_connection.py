"""One channel to a server, for asyncio."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import AsyncIterator
from typing import Any, TypeVar

import grpc
import grpc.aio

from .connection import ConnectionSettings, Method, closed_client, closed_during_call, metadata_of
from .decode_status import error_of_rpc
from .errors import ErrorCode, MaxsimRpcError
from .methods import HEALTH_CHECK
from .retry import wait_before_retry
from .sync_connection import no_connection

Response = TypeVar("Response")

# How long a call on a channel without a connection may take to report the reason; seconds.
_LAST_REASON_S = 0.1


_WRITE_FAILED = (grpc.StatusCode.INTERNAL, "Internal error from Core")


class _Ended(grpc.RpcError):
    """The status of a call that has ended."""

    def __init__(self, code: grpc.StatusCode, details: str | None, metadata: Any) -> None:
        super().__init__(details)
        self.said = (code, details)
        self._metadata = metadata

    def code(self) -> grpc.StatusCode:
        """The status."""
        return self.said[0]

    def details(self) -> str | None:
        """What gRPC or the server says."""
        return self.said[1]

    def trailing_metadata(self) -> Any:
        """Metadata at the end of the call."""
        return self._metadata


def _parts(error: Any) -> tuple[grpc.StatusCode, str | None, Any]:
    return error.code(), error.details(), error.trailing_metadata()


class AioConnection:
    """One channel to a server: its deadlines and retries. It belongs to the event loop of its first use."""

    def __init__(self, settings: ConnectionSettings) -> None:
        self.settings = settings
        self._opened: Any = None
        self.closed = False

    @property
    def channel(self) -> Any:
        """The channel, which is made on first use. Raises FAILED_PRECONDITION after `close`."""
        if self.closed:
            raise closed_client()
        if self._opened is None:
            address, options = self.settings.endpoint.address, self.settings.channel_options
            credentials = self.settings.credentials
            self._opened = (
                grpc.aio.insecure_channel(address, options)
                if credentials is None
                else grpc.aio.secure_channel(address, credentials, options)
            )
        return self._opened

    async def metadata(self) -> tuple[tuple[str, str], ...]:
        """Metadata of one attempt. The token is asked for each time, because it may have been renewed."""
        token = self.settings.token
        given = token() if callable(token) else token
        return metadata_of(await given if inspect.isawaitable(given) else given)

    def error_of(self, error: grpc.RpcError, timeout_s: float | None = None) -> MaxsimRpcError:
        """The typed error of a failed call."""
        if self.closed:
            return closed_during_call()
        return error_of_rpc(error, self.settings.endpoint, timeout_s)

    async def error_of_writes(self, call: Any, error: grpc.RpcError, timeout_s: float | None = None) -> MaxsimRpcError:
        """The typed error of a failed call on which messages were written.

        When a write fails because the call has ended, gRPC reports an error of its own, and the status of the call only after it has arrived.
        """
        given = _Ended(*_parts(error))
        waited = 0.0
        while given.said == _WRITE_FAILED and waited < _LAST_REASON_S:
            await asyncio.sleep(0.005)
            waited += 0.005
            given = _Ended(await call.code(), await call.details(), await call.trailing_metadata())
        if given.said == _WRITE_FAILED:
            return MaxsimRpcError(ErrorCode.UNAVAILABLE, "the connection was lost while messages were sent")
        return self.error_of(given, timeout_s)

    async def unary(
        self, method: Method[Response], request: bytes, timeout_ms: float | None, repeated: bool
    ) -> Response:
        """Makes a unary call. A call that may be `repeated` is retried while the server is unreachable or overloaded."""
        deadline = self.settings.deadline_of(timeout_ms)
        made = 0
        while True:
            made += 1
            metadata = await self.metadata()
            timeout = deadline - time.monotonic()
            try:
                call = self.channel.unary_unary(method.path, None, method.parse)
                response: Response = await call(request, timeout=timeout, metadata=metadata)
                return response
            except grpc.RpcError as error:
                failure = self.error_of(error, timeout)
            except asyncio.CancelledError:
                # gRPC cancels the calls of a channel that is closed as if their task were cancelled.
                task: Any = asyncio.current_task()
                if not self.closed or (hasattr(task, "cancelling") and task.cancelling()):
                    raise
                raise closed_during_call() from None
            attempts = self.settings.max_attempts if repeated else 1
            await asyncio.sleep(wait_before_retry(failure, made, attempts, deadline))

    async def server_stream(self, method: Method[Response], request: bytes, deadline: float) -> AsyncIterator[Response]:
        """Makes one attempt of a server-streaming call. Closing the iterator cancels it."""
        metadata = await self.metadata()
        timeout = deadline - time.monotonic()
        call = self.channel.unary_stream(method.path, None, method.parse)(request, timeout=timeout, metadata=metadata)
        try:
            async for response in call:
                yield response
        except grpc.RpcError as error:
            raise self.error_of(error, timeout) from error
        finally:
            call.cancel()

    async def ready(self, deadline: float) -> bool:
        """Waits until the channel is connected. False when it is not by the deadline, on the clock of `time.monotonic`."""
        try:
            await asyncio.wait_for(self.channel.channel_ready(), max(0.0, deadline - time.monotonic()))
        except asyncio.TimeoutError:
            return False
        return True

    async def last_failure(self) -> MaxsimRpcError:
        """The reason why there is no connection. A channel does not report it, but a call on it fails at once with it."""
        try:
            await self.unary(HEALTH_CHECK, b"", _LAST_REASON_S * 1000, False)
        except MaxsimRpcError as error:
            if error.code is ErrorCode.UNAVAILABLE:
                return error
        return no_connection(self.settings)

    async def close(self) -> None:
        """Closes the channel. Calls that are running fail with CANCELLED."""
        self.closed = True
        if self._opened is not None:
            await self._opened.close()
