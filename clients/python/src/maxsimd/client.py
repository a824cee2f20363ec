"""The client for threads."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal

import numpy as np
from typing_extensions import Self, Unpack

from .batch import Batch, in_input_order
from .catalog import IndexDescription, ServedIndex, StoredDocument, index_description_of, served_indexes_of
from .connection import Method, connection_settings
from .errors import MaxsimRpcError
from .gen import catalog_pb2
from .methods import (
    DESCRIBE,
    HEALTH_CHECK,
    LIST_INDEXES,
    SEARCH,
    SEARCH_BATCH,
    SEARCH_TEXT,
    WHY_NOT,
    health_request,
)
from .options import (
    DEFAULT_RESUME_FOR_MS,
    DEFAULT_TIMEOUT_MS,
    DEFAULT_WINDOW,
    CallOptions,
    SearchArguments,
    SearchCallOptions,
    SingleSearchArguments,
    StreamArguments,
    TlsOptions,
    Token,
    WhyNotArguments,
    WireDtype,
)
from .requests import lookups, merged, search_request, selector_of, text_request, why_not_request
from .results import Answer, Outcome
from .retry import wait_before_retry
from .search_options import check_names
from .stream.stream_state import StreamState
from .stream.sync_stream import SyncStream
from .sync_connection import SyncConnection
from .version_watch import VersionChange, VersionWatch
from .why_not import WhyNot, why_not_of


class MaxsimClient:
    """Searches the indexes of one maxsimd server.

    Every failure is a `MaxsimRpcError`. The calls change nothing on the server. So they are retried, within their deadline, while the server is
    unreachable or at its capacity. The client stores nothing per version, so a swap on the server needs no action. Threads may share a client.

    A query is an array of shape [tokens, dim]: numpy (float16, float32, float64, or bfloat16 of ml_dtypes), a torch tensor, or a list of rows.
    float16 is sent as it is; other types are rounded to binary16, or sent as binary32 with dtype="f32". See `encode_tokens` for the errors.
    """

    def __init__(
        self,
        address: str,
        *,
        index: str | None = None,
        dtype: WireDtype = "f16",
        timeout_ms: float | None = None,
        max_attempts: int | None = None,
        tls: bool | TlsOptions = False,
        token: Token | None = None,
        allow_plaintext_token: bool = False,
        on_version_change: Callable[[VersionChange], None] | None = None,
        channel_options: Mapping[str, Any] | None = None,
    ) -> None:
        """Creates a client, which connects on first use.

        Args:
            address: `host:port`, `[v6]:port` or `unix:path`.
            index: default index of a call. Default: the server's only index.
            dtype: element type in which wider vectors are sent.
            timeout_ms: default deadline of a call, retries included; milliseconds. Default 10,000.
            max_attempts: number of attempts of a call that may be repeated, the first included; 1 = no retry. Default 4.
            tls: True or certificates turn TLS on.
            token: bearer token, or a function that returns one and is called before each attempt.
            allow_plaintext_token: whether a token may be sent in plain text to another machine.
            on_version_change: called when an index answers from another version. Keep it short: it runs in the thread that reads answers.
            channel_options: options of gRPC by name; they override those of this package.

        Raises:
            MaxsimRpcError: INVALID_PARAMETER for a bad address, certificate or option.
        """
        self._index = index
        self._dtype = dtype
        self._watch = VersionWatch(on_version_change)
        self._connection = SyncConnection(
            connection_settings(
                address,
                DEFAULT_TIMEOUT_MS,
                tls=tls,
                token=token,
                allow_plaintext_token=allow_plaintext_token,
                timeout_ms=timeout_ms,
                max_attempts=max_attempts,
                channel_options=channel_options,
            )
        )

    @classmethod
    def connect(cls, address: str, **options: Any) -> Self:
        """Creates a client and waits until it is connected. The arguments are those of the class.

        Raises:
            MaxsimRpcError: UNAVAILABLE with the reason, at the deadline.
        """
        client = cls(address, **options)
        try:
            if not client._connection.ready(client._connection.settings.deadline_of(None)):
                raise client._connection.last_failure()
        except BaseException:
            client.close()
            raise
        return client

    def search(self, query: Any, **options: Unpack[SingleSearchArguments]) -> Answer:
        """Answers one query of shape [tokens, dim].

        Raises:
            MaxsimRpcError: see `ErrorCode`.
        """
        arguments = merged(options, self._index, self._dtype)
        return self._answer(SEARCH, search_request(query, arguments), arguments)

    def search_text(self, text: str, **options: Unpack[SingleSearchArguments]) -> Answer:
        """Answers a question in words, as `search` answers token vectors. The server encodes it.

        Raises:
            MaxsimRpcError: UNIMPLEMENTED by a server without an encoder, DIM_MISMATCH for an index whose dim differs from the encoder's, and others,
                see `ErrorCode`.
        """
        arguments = merged(options, self._index, self._dtype)
        return self._answer(SEARCH_TEXT, text_request(text, arguments), arguments)

    def _answer(self, method: Method[Any], request: bytes, arguments: Mapping[str, Any]) -> Answer:
        """Asks one question, and takes note of the version that answers it."""
        ticket = self._watch.ticket()
        answer = Answer(self._connection.unary(method, request, arguments.get("timeout_ms"), True))
        if not arguments.get("version"):
            self._watch.saw(answer.index_version, ticket)
        return answer

    def search_batch(self, queries: Iterable[Any], **options: Unpack[SearchArguments]) -> Iterator[Outcome[int]]:
        """Answers many queries with one call, all from one version. Outcomes arrive in completion order; `id` is the position in `queries`.

        The server limits a batch (by default to 1,024 queries and 4 MiB); for more use `search_stream`. The call is repeated only before its first
        outcome, because a second call may get another version. Closing the iterator cancels the call.

        Raises:
            MaxsimRpcError: see `ErrorCode`. The failure of one query is an outcome with an error.
        """
        arguments = merged(options, self._index, self._dtype)
        check_names(arguments)
        batch = Batch(queries, arguments, selector_of(arguments))
        deadline = self._connection.settings.deadline_of(arguments.get("timeout_ms"))
        return self._batch_outcomes(batch, deadline, bool(arguments.get("version")))

    def search_batch_all(self, queries: Iterable[Any], **options: Unpack[SearchArguments]) -> list[Outcome[int]]:
        """As `search_batch`, with the outcomes in the order of the queries."""
        return in_input_order(list(self.search_batch(queries, **options)))

    def search_stream(self, queries: Iterable[Any], **options: Unpack[StreamArguments]) -> Iterator[Outcome[Any]]:
        """Answers any number of queries over one stream. Outcomes arrive in completion order, each exactly once.

        `queries` yields arrays of shape [tokens, dim], or a `StreamQuery` with an id and options of its own. It is read in another thread, and only
        while fewer than `window` queries are in flight; the stream is read only as the caller takes outcomes. Waiting queries are packed into
        messages of up to 64 KiB of vectors. A query that fails has an outcome with `error`. When the connection is lost, unanswered queries are
        sent again once the server is back. Leaving the loop cancels the call.

        Raises:
            MaxsimRpcError: see `ErrorCode`; and whatever `queries` raises.
        """
        arguments = merged(options, self._index, self._dtype)
        check_names(arguments, ("window", "resume_for_ms"))
        settings = self._connection.settings
        deadline = settings.deadline_of(arguments["timeout_ms"]) if "timeout_ms" in arguments else math.inf
        state = StreamState(
            arguments,
            window=arguments.get("window", DEFAULT_WINDOW),
            max_attempts=settings.max_attempts,
            resume_for_ms=arguments.get("resume_for_ms", DEFAULT_RESUME_FOR_MS),
            deadline=deadline,
            selector=selector_of(arguments),
            watch=self._watch,
        )
        pinned = bool(arguments.get("version"))
        return SyncStream(self._connection, queries, state, self._watch, deadline, pinned).outcomes()

    def why_not(self, query: Any, id: str, **options: Unpack[WhyNotArguments]) -> WhyNot:
        """Says why a search does not return the document with an id: where it was lost, by how much, and which parameters bring it. `options` are
        those of the search, and of the call. It takes as long as several searches.

        Raises:
            MaxsimRpcError: see `ErrorCode`.
        """
        arguments = merged(options, self._index, self._dtype)
        request = why_not_request(query, id, arguments)
        return why_not_of(self._connection.unary(WHY_NOT, request, arguments.get("timeout_ms"), True))

    def get_documents(
        self,
        ids: Sequence[str],
        fields: Sequence[str] | Literal["all"] = "all",
        **options: Unpack[SearchCallOptions],
    ) -> dict[str, StoredDocument]:
        """Looks documents up by their ids, with their stored fields. Ids that no document has are left out, and so are documents without tokens.

        It is a search that only documents with these ids match, for each 100 ids. Vectors are not returned: the index holds codes of them.

        Raises:
            MaxsimRpcError: see `ErrorCode`; LIMIT_EXCEEDED if the fields of 100 documents are larger than the server's limit of a message.
        """
        groups = lookups(ids)
        if not groups:
            return {}
        query = np.zeros((1, self.describe(**options).dim), np.float16)
        found: dict[str, StoredDocument] = {}
        for group in groups:
            answer = self.search(query, k=len(group), filter={"ids": group}, fields=fields, **options)
            found.update({hit.id: StoredDocument(hit.doc_id, hit.id, hit.fields or {}) for hit in answer.hits})
        return {id: found[id] for group in groups for id in group if id in found}

    def describe(self, **options: Unpack[SearchCallOptions]) -> IndexDescription:
        """Describes an index version: shape, size, attributes and default parameters."""
        arguments = merged(options, self._index, self._dtype)
        request = catalog_pb2.DescribeRequest(index=selector_of(arguments)).SerializeToString()
        return index_description_of(self._connection.unary(DESCRIBE, request, arguments.get("timeout_ms"), True))

    def list_indexes(self, **options: Unpack[CallOptions]) -> list[ServedIndex]:
        """Lists the served indexes with their loaded versions."""
        return served_indexes_of(self._connection.unary(LIST_INDEXES, b"", options.get("timeout_ms"), True))

    def health(self, service: str = "", **options: Unpack[CallOptions]) -> str:
        """State of the server, of one of its services, or of an index ("maxsimd.v1.SearchService/<index>").

        One of UNKNOWN, SERVING, NOT_SERVING and SERVICE_UNKNOWN. It needs no token, except for an index.

        Raises:
            MaxsimRpcError: NOT_FOUND for a service or index that is unknown.
        """
        return self._connection.unary(HEALTH_CHECK, health_request(service), options.get("timeout_ms"), True).state

    def close(self) -> None:
        """Closes the connection. Calls that are running fail with CANCELLED, later ones with FAILED_PRECONDITION."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _batch_outcomes(self, batch: Batch, deadline: float, pinned: bool) -> Iterator[Outcome[int]]:
        yield from batch.refused
        if batch.request is None:
            return
        ticket = self._watch.ticket()
        made = 0
        while True:
            made += 1
            responses = self._connection.server_stream(SEARCH_BATCH, batch.request, deadline)
            try:
                response = next(responses, None)
                break
            except MaxsimRpcError as error:
                time.sleep(wait_before_retry(error, made, self._connection.settings.max_attempts, deadline))
        while response is not None:
            outcomes = list(batch.outcomes_of(response))
            if not pinned and outcomes and outcomes[0].index_version is not None:
                self._watch.saw(outcomes[0].index_version, ticket)
            yield from outcomes
            response = next(responses, None)
        batch.finish()
