"""The admin client for threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any

import grpc
from typing_extensions import Self, Unpack

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
from .options import DEFAULT_ADMIN_TIMEOUT_MS, CallOptions, TlsOptions, Token, WireDtype
from .requests import delete_request
from .results import IndexVersion, index_version_of
from .sync_connection import SyncConnection


class AdminClient:
    """Changes what a server serves, through its admin listener.

    Indexes and versions are given by name, never by path. No call is repeated. If a connection broke during a call, `MaxsimClient.list_indexes`
    shows whether the call had its effect. The arguments are those of `MaxsimClient`; the default deadline is five minutes.
    """

    def __init__(
        self,
        address: str,
        *,
        timeout_ms: float | None = None,
        tls: bool | TlsOptions = False,
        token: Token | None = None,
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
        self._connection = SyncConnection(
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

    def load_index(self, index: str, version: str, **options: Unpack[CallOptions]) -> IndexVersion:
        """Opens, verifies and warms a version without making it current. Searches can then pin it."""
        request = catalog_pb2.LoadIndexRequest(index=index, version=version).SerializeToString()
        return index_version_of(
            self._connection.unary(LOAD_INDEX, request, options.get("timeout_ms"), False).index_version
        )

    def swap_index(self, index: str, version: str, **options: Unpack[CallOptions]) -> Swap:
        """Loads the version if it is not loaded, then makes it current in one step."""
        request = catalog_pb2.SwapIndexRequest(index=index, version=version).SerializeToString()
        response = self._connection.unary(SWAP_INDEX, request, options.get("timeout_ms"), False)
        previous = index_version_of(response.previous) if response.HasField("previous") else None
        return Swap(index_version_of(response.index_version), previous)

    def unload_index(self, index: str, version: str = "", **options: Unpack[CallOptions]) -> None:
        """Unloads one version, which must not be the current one. Without a version it unloads the whole index."""
        request = catalog_pb2.UnloadIndexRequest(index=index, version=version).SerializeToString()
        self._connection.unary(UNLOAD_INDEX, request, options.get("timeout_ms"), False)

    def collection(self, index: str) -> CollectionClient:
        """Changes the documents of an index."""
        return CollectionClient(self._connection, index)

    def close(self) -> None:
        """Closes the connection. Calls that are running fail with CANCELLED, later ones with FAILED_PRECONDITION."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class CollectionClient:
    """Changes the documents of one index, through a server's admin listener.

    A change is durable and answers searches when its call returns; one that fails changes nothing. No call is repeated. If a connection broke
    during a call, `versions` shows whether it had its effect. `base` is the label of the version that a change is made against: if another one is
    current, the change fails with CONFLICT.
    """

    def __init__(self, connection: SyncConnection, index: str) -> None:
        """Made by `AdminClient.collection`."""
        self._connection = connection
        self._index = index

    def upsert(
        self,
        documents: Iterable[NewDocument],
        *,
        base: str = "",
        dtype: WireDtype = "f16",
        **options: Unpack[CallOptions],
    ) -> Upserted:
        """Adds documents, or replaces those whose ids exist, as one change: all of them, or nothing.

        `documents` is read while they are sent, in another thread. The index keeps binary16 whatever `dtype` is sent.

        Raises:
            MaxsimRpcError: see `ErrorCode`; and whatever `documents` raises, after the change was cancelled.
        """
        timeout = self._connection.settings.deadline_of(options.get("timeout_ms")) - time.monotonic()
        sending = _Sending(UpsertMessages(self._index, base, dtype), documents)
        call = self._connection.channel.stream_unary(UPSERT.path, None, UPSERT.parse)
        future = call.future(sending.messages(), timeout=timeout, metadata=self._connection.metadata())
        sending.started(future.cancel)
        try:
            response = future.result()
        except grpc.FutureCancelledError:
            raise sending.failure or self._connection.error_of(future, timeout) from None
        except grpc.RpcError as error:
            raise sending.failure or self._connection.error_of(error, timeout) from None
        except BaseException:
            future.cancel()
            raise
        return Upserted(index_version_of(response.index_version), response.added, response.replaced)

    def delete(self, what: Sequence[str] | Filter, *, base: str = "", **options: Unpack[CallOptions]) -> Deleted:
        """Deletes the documents with these ids, or that match this filter, as one change. An id that no document has is left out."""
        request = delete_request(self._index, what, base)
        response = self._connection.unary(DELETE, request, options.get("timeout_ms"), False)
        return Deleted(index_version_of(response.index_version), response.deleted)

    def compact(self, *, all: bool = False, **options: Unpack[CallOptions]) -> Compacted:
        """Merges segments; with `all` every segment into one. No answer changes."""
        request = collection_pb2.CompactRequest(index=self._index, all=all).SerializeToString()
        response = self._connection.unary(COMPACT, request, options.get("timeout_ms"), False)
        return Compacted(index_version_of(response.index_version), response.changed)

    def versions(self, **options: Unpack[CallOptions]) -> list[CatalogVersion]:
        """The versions in the catalog, oldest first."""
        request = collection_pb2.ListVersionsRequest(index=self._index).SerializeToString()
        response = self._connection.unary(LIST_VERSIONS, request, options.get("timeout_ms"), True)
        return [catalog_version_of(version) for version in response.versions]

    def rollback(self, version: str = "", **options: Unpack[CallOptions]) -> Swap:
        """Makes an earlier version current; without a label the one from which the current version was made."""
        request = collection_pb2.RollbackRequest(index=self._index, version=version).SerializeToString()
        response = self._connection.unary(ROLLBACK, request, options.get("timeout_ms"), False)
        return Swap(index_version_of(response.index_version), index_version_of(response.previous))

    def remove_versions(self, *, keep: int, built: bool = False, **options: Unpack[CallOptions]) -> RemovedVersions:
        """Removes versions that changes made, but the current one, those that are loaded and the `keep` newest, and the files that no other version
        needs. With `built` also index files that were built."""
        request = collection_pb2.RemoveVersionsRequest(index=self._index, keep=keep, built=built).SerializeToString()
        response = self._connection.unary(REMOVE_VERSIONS, request, options.get("timeout_ms"), False)
        return RemovedVersions(list(response.versions), response.files, response.bytes)


class _Sending:
    """The messages of an upsert, which gRPC takes in a thread of its own.

    A source that fails cancels the call, so that it is not taken for complete.
    """

    def __init__(self, messages: UpsertMessages, documents: Iterable[NewDocument]) -> None:
        self._messages = messages
        self._documents = documents
        self._known = threading.Event()
        self._cancel: Callable[[], object] = lambda: None
        self.failure: BaseException | None = None

    def started(self, cancel: Callable[[], object]) -> None:
        """Says how the call is cancelled."""
        self._cancel = cancel
        self._known.set()

    def messages(self) -> Iterator[bytes]:
        """The messages of the call."""
        try:
            for document in self._documents:
                yield from self._messages.add(document)
            last = self._messages.rest()
        except Exception as error:
            self.failure = error
            self._known.wait()
            self._cancel()
            return
        yield last
