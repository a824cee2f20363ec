"""The state of one stream of queries, without threads and without asyncio: the drivers call it, one call at a time.

In:   queries from the caller's source. Out: one outcome per query, in completion order.
State of a query: `waiting` (read from the source) → `unanswered` (sent) → `ready` (has an outcome) → taken by the caller. A query that the server
asked to send again later is `held` meanwhile.

- Read the source while fewer than `window` queries are in any state before "taken".
- Send waiting queries, packed into messages, while the call accepts them.
- Read the call while the results that wait for the caller are less than READ_AHEAD_BYTES.
- When a call breaks, put the unanswered queries in front of the waiting ones and open the next call (ResumePolicy).
- A query that was unanswered in several broken calls is sent alone, and fails after MAX_LOSSES.
"""

from __future__ import annotations

import heapq
import itertools
import math
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ErrorCode, MaxsimRpcError, bad_parameter, error_of_detail
from ..gen import search_pb2
from ..results import Answered, Failed, IndexVersion, Outcome, index_version_of
from ..retry import backoff, is_transient
from ..search_options import check_names, encode_options, encode_over
from ..tensor import encode_tokens
from ..version_watch import VersionWatch
from .message_packer import MessagePacker
from .query import MAX_LOSSES, PendingQuery, StreamQuery
from .resume_policy import ResumePolicy

#: Bytes of results that may wait for the consumer before the call is no longer read. This holds 256 answers of 1,000 documents with ids of 8
#: characters, so a consumer that pauses does not stop the reading unless the answers are huge. Stopping it matters, because a server ends a
#: stream that takes nothing for 30 s.
READ_AHEAD_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Reopening:
    """When the next call is opened after a loss.

    Attributes:
        reason: why the call was lost.
        wait: seconds to wait.
        until: when to give up waiting for the server, on the clock of `time.monotonic`.
        awaits_server: whether to wait until the server is reachable.
    """

    reason: MaxsimRpcError
    wait: float
    until: float
    awaits_server: bool


class StreamState:
    """See the module. Not safe for threads: the driver holds its lock around each call."""

    def __init__(
        self,
        options: Mapping[str, Any],
        *,
        window: Any,
        max_attempts: int,
        resume_for_ms: Any,
        deadline: float,
        selector: search_pb2.IndexSelector,
        watch: VersionWatch,
    ) -> None:
        if isinstance(window, bool) or not isinstance(window, int) or window < 1:
            raise bad_parameter("window", "an integer of at least 1", repr(window))
        if isinstance(resume_for_ms, bool) or not isinstance(resume_for_ms, (int, float)) or not resume_for_ms >= 0:
            raise bad_parameter("resume_for_ms", "a number of milliseconds, at least 0", repr(resume_for_ms))
        self._options = options
        self._encoded = encode_options(options)
        self._window = window
        self._selector = selector
        self._watch = watch
        self._packer = MessagePacker(selector)
        self.resumption = ResumePolicy(max_attempts, resume_for_ms / 1000, deadline)
        self._waiting: deque[PendingQuery] = deque()
        self._unanswered: dict[int, PendingQuery] = {}
        #: (when to send it again, tie breaker, query)
        self._held: list[tuple[float, int, PendingQuery]] = []
        self._ready: deque[tuple[Outcome[Any], int]] = deque()
        self._ready_bytes = 0
        #: 1 while the caller has an outcome and has not asked for the next.
        self._handed_out = 0
        #: Whether the only unanswered query is one that may break connections.
        self._alone = False
        self._wire_ids = itertools.count()
        #: The SHUTTING_DOWN error of the current call, if its server sent one.
        self._sent_away: MaxsimRpcError | None = None
        self.source_done = False
        #: Whether the stream takes no more part in anything: it is finished, failed or closed.
        self.over = False
        self.error: BaseException | None = None

    # What the caller does.

    def take(self) -> Outcome[Any] | None:
        """The next outcome, or None if none is ready. It counts against the window until the next call."""
        self._handed_out = 0
        if not self._ready:
            return None
        outcome, size = self._ready.popleft()
        self._ready_bytes -= size
        self._handed_out = 1
        return outcome

    def fail(self, error: BaseException) -> None:
        """Ends the stream with an error. The caller gets the outcomes that are ready first."""
        if not self.over:
            self.error = error
            self.over = True

    # What the reader of the source does.

    @property
    def has_room(self) -> bool:
        """Whether the source may be read."""
        queries = len(self._waiting) + len(self._unanswered) + len(self._held) + len(self._ready) + self._handed_out
        return not self.over and queries < self._window

    def accept(self, query: Any) -> None:
        """Adds a query of the source: a StreamQuery, or only its vectors. One that cannot be sent has its outcome at once."""
        if self.over:
            return
        given = query if isinstance(query, StreamQuery) else StreamQuery(query)
        wire_id = next(self._wire_ids)
        id = given.id_or(wire_id)
        try:
            check_names(given.params)
            # A copy, because the caller may use its array again before the query is sent.
            tokens = encode_tokens(given.query, self._options.get("dtype", "f16"), copy=True)
            options = encode_over(self._options, self._encoded, given.params) if given.params else self._encoded
        except MaxsimRpcError as error:
            self._deliver(Failed(id, error), 0)
            return
        self._waiting.append(PendingQuery(id, wire_id, tokens, options))

    def end_source(self) -> None:
        """Records that the source has ended."""
        self.source_done = True
        self._finish_if_done()

    # What the driver of calls does.

    @property
    def wants_call(self) -> bool:
        """Whether a call should be opened. While much waits for the caller no call is opened."""
        return not self.over and not self.crowded and (bool(self._waiting) or bool(self._held))

    @property
    def crowded(self) -> bool:
        """Whether so much waits for the caller that reading should pause."""
        return self._ready_bytes > READ_AHEAD_BYTES

    def call_opened(self) -> None:
        """Records that a call begins."""
        self._packer = MessagePacker(self._selector)
        self._sent_away = None

    def next_message(self) -> bytes | None:
        """The next message to send; None if there is nothing to send now."""
        now = time.monotonic()
        while self._held and self._held[0][0] <= now:
            self._waiting.append(heapq.heappop(self._held)[2])
        if self.over or self._sent_away is not None or not self._waiting:
            return None
        first = self._waiting[0]
        if self._unanswered and (self._alone or first.suspect):
            return None
        self._alone = first.suspect
        message, queries = self._packer.pack(self._waiting)
        for query in queries:
            query.ticket = self._watch.ticket()
            self._unanswered[query.wire_id] = query
        return message

    @property
    def seconds_to_next(self) -> float:
        """Seconds until a held query is due; infinite if no query is held."""
        return max(0.0, self._held[0][0] - time.monotonic()) if self._held else math.inf

    @property
    def wants_half_close(self) -> bool:
        """Whether nothing more will be sent on the current call."""
        if self.over or self._sent_away is not None:
            return True
        return self.source_done and not self._waiting and not self._held

    def receive(self, message: search_pb2.SearchStreamResponse) -> tuple[IndexVersion, int] | None:
        """Handles a message. Returns the version that answered, with the newest ticket of its queries, for the version watch."""
        if self.over:
            return None
        version = index_version_of(message.index_version) if message.HasField("index_version") else None
        newest = 0
        for outcome in message.outcomes:
            query = self._unanswered.pop(outcome.query_id, None)
            # The query was answered before, or never sent.
            if query is None:
                continue
            if outcome.WhichOneof("outcome") == "error":
                self._refused(query, error_of_detail(outcome.error), version)
                continue
            self.resumption.saw_answer()
            newest = max(newest, query.ticket)
            answered = Answered(query.id, outcome.hits, version or IndexVersion("", "", ""))
            self._deliver(answered, outcome.hits.ByteSize())
        self._finish_if_done()
        return None if version is None or newest == 0 else (version, newest)

    def call_ended(self, error: MaxsimRpcError | None, paused: bool) -> Reopening | None:
        """Handles the end of a call.

        Args:
            error: None = ended with OK.
            paused: whether its reading was ever paused.

        Returns:
            When to open the next call after a loss; None if nothing was lost.
        """
        if self.over:
            return None
        # A server ends a call that is not read, with LIMIT_EXCEEDED. The caller may be slow, so unanswered queries are sent again. The status
        # may arrive after messages that were not read, so it counts if the call was ever paused. Another limit would end the next call too,
        # before that is paused.
        stalled = paused and error is not None and error.code is ErrorCode.LIMIT_EXCEEDED
        if error is not None and not stalled and not is_transient(error):
            self.fail(error)
            return None
        lost = list(self._unanswered.values())
        self._unanswered.clear()
        reason = None if stalled else _loss_of(error or self._sent_away, len(lost))
        self._sent_away = None
        self._waiting.extendleft(reversed([query for query in lost if not self._given_up(query, reason)]))
        self._finish_if_done()
        # A call that ends with every query answered is not a loss; the next query opens another.
        if reason is None or not self._waiting or self.over:
            return None
        try:
            wait, until = self.resumption.after_loss(reason)
        except MaxsimRpcError as given_up:
            self.fail(given_up)
            return None
        return Reopening(reason, wait, until, self.resumption.answered)

    def _deliver(self, outcome: Outcome[Any], size: int) -> None:
        self._ready.append((outcome, size))
        self._ready_bytes += size

    def _finish_if_done(self) -> None:
        if self.source_done and not (self._waiting or self._held or self._unanswered):
            self.over = True

    def _refused(self, query: PendingQuery, error: MaxsimRpcError, version: IndexVersion | None) -> None:
        """Handles an error of one query. It is the outcome of the query, unless the server asks to send the query again."""
        if error.code is ErrorCode.SHUTTING_DOWN:
            # This server takes no more queries. It may answer what it has; the next call continues.
            self._sent_away = error
            self._waiting.appendleft(query)
            return
        self.resumption.saw_answer()
        query.losses += 1
        if not is_transient(error) or query.losses >= MAX_LOSSES:
            self._deliver(Failed(query.id, error, version), 0)
            return
        heapq.heappush(self._held, (time.monotonic() + backoff(query.losses, error), query.wire_id, query))

    def _given_up(self, query: PendingQuery, reason: MaxsimRpcError | None) -> bool:
        """Fails a query after connections broke repeatedly while it was unanswered. A server that reports a reason did not break."""
        if reason is None or reason.code is not ErrorCode.UNAVAILABLE or not self.resumption.answered:
            return False
        query.losses += 1
        if query.losses < MAX_LOSSES:
            return False
        self._deliver(Failed(query.id, reason), 0)
        return True


def _loss_of(error: MaxsimRpcError | None, unanswered: int) -> MaxsimRpcError | None:
    """Why a call was lost; None if it was not lost, because it ended with every query answered."""
    if error is not None or unanswered == 0:
        return error
    message = f"the server ended the stream with {unanswered} of its queries unanswered"
    return MaxsimRpcError(ErrorCode.UNAVAILABLE, message)
