"""The admin client for asyncio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any

import grpc
from typing_extensions import Self, Unpack

from .aio_connection import AioConnection
from .catalog import Swap
from .connection import connection_settings
from .documents import (
    CatalogVersion,
    Compacted,
    Deleted,
    NewDocument,
    RemovedVersions,
    Upserted,
    UpsertMessages,
    catalog_version_of,
)
from .filter import Filter
from .gen import catalog_pb2, collection_pb2
from .methods import (
    COMPACT,
    DELETE,
    LIST_VERSIONS,
    LOAD_INDEX,
    REMOVE_VERSIONS,
    ROLLBACK,
    SWAP_INDEX,
    UNLOAD_INDEX,
    UPSERT,
)
from .options import DEFAULT_ADMIN_TIMEOUT_MS, AsyncToken, CallOptions, TlsOptions, WireDtype
from .requests import delete_request
from .results import IndexVersion, index_version_of


class AsyncAdminClient:
    """Changes what a server serves, through its admin listener.

    Indexes and versions are given by name, never by path. No call is repeated. If a connection broke during a call, `AsyncMaxsimClient.list_indexes`
    shows whether the call had its effect. The arguments are those of `AsyncMaxsimClient`; the default deadline is five minutes.
    """

    def __init__(
        self,
        address: str,
        *,
        timeout_ms: float | None = None,
        tls: bool | TlsOptions = False,
        token: AsyncToken | None = None,
        allow_plaintext_token: bool = False,
        channel_options: Mapping[str, Any] | None = None,
    ) -> None:
        """Creates a client, which connects on first use.

        Args:
            address: of the admin listener, `host:port` or `unix:path`.
            timeout_ms: default deadline of a call; milliseconds. Default 300,000.

        Raises:
            MaxsimRpcError: INVALID_PARAMETER for a bad address, certificate or option.
        """
        self._connection = AioConnection(
            connection_settings(
                address,
                DEFAULT_ADMIN_TIMEOUT_MS,
                tls=tls,
                token=token,
                allow_plaintext_token=allow_plaintext_token,
                timeout_ms=timeout_ms,
                max_attempts=1,
                channel_options=channel_options,
            )
        )

    async def load_index(self, index: str, version: str, **options: Unpack[CallOptions]) -> IndexVersion:
        """Opens, verifies and warms a version without making it current. Searches can then pin it."""
        request = catalog_pb2.LoadIndexRequest(index=index, version=version).SerializeToString()
        response = await self._connection.unary(LOAD_INDEX, request, options.get("timeout_ms"), False)
        return index_version_of(response.index_version)

    async def swap_index(self, index: str, version: str, **options: Unpack[CallOptions]) -> Swap:
        """Loads the version if it is not loaded, then makes it current in one step."""
        request = catalog_pb2.SwapIndexRequest(index=index, version=version).SerializeToString()
        response = await self._connection.unary(SWAP_INDEX, request, options.get("timeout_ms"), False)
        previous = index_version_of(response.previous) if response.HasField("previous") else None
        return Swap(index_version_of(response.index_version), previous)

    async def unload_index(self, index: str, version: str = "", **options: Unpack[CallOptions]) -> None:
        """Unloads one version, which must not be the current one. Without a version it unloads the whole index."""
        request = catalog_pb2.UnloadIndexRequest(index=index, version=version).SerializeToString()
        await self._connection.unary(UNLOAD_INDEX, request, options.get("timeout_ms"), False)

    def collection(self, index: str) -> AsyncCollectionClient:
        """Changes the documents of an index."""
        return AsyncCollectionClient(self._connection, index)

    async def close(self) -> None:
        """Closes the connection. Calls that are running fail with CANCELLED, later ones with FAILED_PRECONDITION."""
        await self._connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()


class AsyncCollectionClient:
    """Changes the documents of one index, through a server's admin listener.

    A change is durable and answers searches when its call returns; one that fails changes nothing. No call is repeated. If a connection broke
    during a call, `versions` shows whether it had its effect. `base` is the label of the version that a change is made against: if another one is
    current, the change fails with CONFLICT.
    """

    def __init__(self, connection: AioConnection, index: str) -> None:
        """Made by `AsyncAdminClient.collection`."""
        self._connection = connection
        self._index = index

    async def upsert(
        self,
        documents: AsyncIterable[NewDocument] | Iterable[NewDocument],
        *,
        base: str = "",
        dtype: WireDtype = "f16",
        **options: Unpack[CallOptions],
    ) -> Upserted:
        """Adds documents, or replaces those whose ids exist, as one change: all of them, or nothing.

        `documents` is read while they are sent. The index keeps binary16 whatever `dtype` is sent.

        Raises:
            MaxsimRpcError: see `ErrorCode`; and whatever `documents` raises, after the change was cancelled.
        """
        timeout = self._connection.settings.deadline_of(options.get("timeout_ms")) - time.monotonic()
        call = self._connection.channel.stream_unary(UPSERT.path, None, UPSERT.parse)(
            timeout=timeout, metadata=await self._connection.metadata()
        )
        try:
            await _send(call, UpsertMessages(self._index, base, dtype), documents)
            response = await call
        except grpc.RpcError as error:
            raise await self._connection.error_of_writes(call, error, timeout) from None
        except BaseException:
            # A source that fails cancels the call, so that it is not taken for complete.
            call.cancel()
            raise
        return Upserted(index_version_of(response.index_version), response.added, response.replaced)

    async def delete(self, what: Sequence[str] | Filter, *, base: str = "", **options: Unpack[CallOptions]) -> Deleted:
        """Deletes the documents with these ids, or that match this filter, as one change. An id that no document has is left out."""
        request = delete_request(self._index, what, base)
        response = await self._connection.unary(DELETE, request, options.get("timeout_ms"), False)
        return Deleted(index_version_of(response.index_version), response.deleted)

    async def compact(self, *, all: bool = False, **options: Unpack[CallOptions]) -> Compacted:
        """Merges segments; with `all` every segment into one. No answer changes."""
        request = collection_pb2.CompactRequest(index=self._index, all=all).SerializeToString()
        response = await self._connection.unary(COMPACT, request, options.get("timeout_ms"), False)
        return Compacted(index_version_of(response.index_version), response.changed)

    async def versions(self, **options: Unpack[CallOptions]) -> list[CatalogVersion]:
        """The versions in the catalog, oldest first."""
        request = collection_pb2.ListVersionsRequest(index=self._index).SerializeToString()
        response = await self._connection.unary(LIST_VERSIONS, request, options.get("timeout_ms"), True)
        return [catalog_version_of(version) for version in response.versions]

    async def rollback(self, version: str = "", **options: Unpack[CallOptions]) -> Swap:
        """Makes an earlier version current; without a label the one from which the current version was made."""
        request = collection_pb2.RollbackRequest(index=self._index, version=version).SerializeToString()
        response = await self._connection.unary(ROLLBACK, request, options.get("timeout_ms"), False)
        return Swap(index_version_of(response.index_version), index_version_of(response.previous))

    async def remove_versions(
        self, *, keep: int, built: bool = False, **options: Unpack[CallOptions]
    ) -> RemovedVersions:
        """Removes versions that changes made, but the current one, those that are loaded and the `keep` newest, and the files that no other version
        needs. With `built` also index files that were built."""
        request = collection_pb2.RemoveVersionsRequest(index=self._index, keep=keep, built=built).SerializeToString()
        response = await self._connection.unary(REMOVE_VERSIONS, request, options.get("timeout_ms"), False)
        return RemovedVersions(list(response.versions), response.files, response.bytes)


async def _send(
    call: Any, messages: UpsertMessages, documents: AsyncIterable[NewDocument] | Iterable[NewDocument]
) -> None:
    """Sends documents. `write` waits until the connection has taken a message."""
    try:
        async for document in _each(documents):
            for message in messages.add(document):
                await call.write(message)
        await call.write(messages.rest())
        await call.done_writing()
    except asyncio.InvalidStateError:
        # The call has ended: the server may answer with an error before it has read all. The call has the reason.
        return


async def _each(documents: AsyncIterable[NewDocument] | Iterable[NewDocument]) -> AsyncIterator[NewDocument]:
    if isinstance(documents, AsyncIterable):
        async for document in documents:
            yield document
    else:
        for document in documents:
            yield document
