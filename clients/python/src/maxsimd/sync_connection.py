"""One channel to a server, for threads."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, TypeVar

import grpc

from .connection import ConnectionSettings, Method, closed_client, closed_during_call, metadata_of
from .decode_status import error_of_rpc
from .errors import ErrorCode, MaxsimRpcError
from .methods import HEALTH_CHECK
from .retry import wait_before_retry

Response = TypeVar("Response")

# How long a call on a channel without a connection may take to report the reason; seconds.
_LAST_REASON_S = 0.1


class SyncConnection:
    """One channel to a server: its deadlines and retries. Connects on first use and reconnects by itself. Threads may share it."""

    def __init__(self, settings: ConnectionSettings) -> None:
        self.settings = settings
        address, options = settings.endpoint.address, settings.channel_options
        credentials = settings.credentials
        self._channel: Any = (
            grpc.insecure_channel(address, options)
            if credentials is None
            else grpc.secure_channel(address, credentials, options)
        )
        self.closed = False

    @property
    def channel(self) -> Any:
        """The channel. Raises FAILED_PRECONDITION after `close`."""
        if self.closed:
            raise closed_client()
        return self._channel

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """Metadata of one attempt. The token is asked for each time, because it may have been renewed."""
        token = self.settings.token
        return metadata_of(token() if callable(token) else token)

    def error_of(self, error: grpc.RpcError, timeout_s: float | None = None) -> MaxsimRpcError:
        """The typed error of a failed call."""
        if self.closed:
            return closed_during_call()
        return error_of_rpc(error, self.settings.endpoint, timeout_s)

    def unary(self, method: Method[Response], request: bytes, timeout_ms: float | None, repeated: bool) -> Response:
        """Makes a unary call. A call that may be `repeated` is retried while the server is unreachable or overloaded."""
        deadline = self.settings.deadline_of(timeout_ms)
        made = 0
        while True:
            made += 1
            timeout = deadline - time.monotonic()
            call = self.channel.unary_unary(method.path, None, method.parse)
            try:
                response: Response = call(request, timeout=timeout, metadata=self.metadata())
                return response
            except grpc.RpcError as error:
                failure = self.error_of(error, timeout)
            attempts = self.settings.max_attempts if repeated else 1
            time.sleep(wait_before_retry(failure, made, attempts, deadline))

    def server_stream(self, method: Method[Response], request: bytes, deadline: float) -> Iterator[Response]:
        """Makes one attempt of a server-streaming call. Leaving the loop early cancels it."""
        timeout = deadline - time.monotonic()
        call = self.channel.unary_stream(method.path, None, method.parse)(
            request, timeout=timeout, metadata=self.metadata()
        )
        try:
            yield from call
        except grpc.RpcError as error:
            raise self.error_of(error, timeout) from error
        finally:
            call.cancel()

    def ready(self, deadline: float) -> bool:
        """Waits until the channel is connected. False when it is not by the deadline, on the clock of `time.monotonic`."""
        future = grpc.channel_ready_future(self.channel)
        try:
            future.result(timeout=max(0.0, deadline - time.monotonic()))
        except grpc.FutureTimeoutError:
            return False
        finally:
            future.cancel()
        return True

    def last_failure(self) -> MaxsimRpcError:
        """The reason why there is no connection. A channel does not report it, but a call on it fails at once with it."""
        try:
            self.unary(HEALTH_CHECK, b"", _LAST_REASON_S * 1000, False)
        except MaxsimRpcError as error:
            if error.code is ErrorCode.UNAVAILABLE:
                return error
        return no_connection(self.settings)

    def close(self) -> None:
        """Closes the channel. Calls that are running fail with CANCELLED."""
        self.closed = True
        self._channel.close()


def no_connection(settings: ConnectionSettings) -> MaxsimRpcError:
    """The error of a connection that was not made by the deadline, for a reason that is not known."""
    address = settings.endpoint.address
    message = f"no connection to {address} by the deadline: check that the server runs and the address is right"
    return MaxsimRpcError(ErrorCode.UNAVAILABLE, message)
