"""Detects from the answers when an index changes its version."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from .results import IndexVersion


@dataclass(frozen=True)
class VersionChange:
    """An index answers from another version than before."""

    previous: IndexVersion
    current: IndexVersion


class VersionWatch:
    """Calls `notify` when an index answers from another version.

    Answers can overtake each other: an answer from before a swap may arrive after one from the new version. So each request takes a ticket (a
    rising number) when it is sent. An answer counts only if its ticket is newer than the last change. This is correct because the server switches
    in one step: a request that is sent after an answer from the new version arrived cannot be answered by the old one.

    An exception of `notify` is logged, so that it does not end a stream.
    """

    def __init__(self, notify: Callable[[VersionChange], None] | None) -> None:
        self._notify = notify
        self._lock = threading.Lock()
        self._tickets = 0
        self._current: dict[str, tuple[IndexVersion, int]] = {}

    def ticket(self) -> int:
        """A ticket for a request that pins no version, to be taken when it is sent."""
        with self._lock:
            self._tickets += 1
            return self._tickets

    def saw(self, version: IndexVersion, ticket: int) -> None:
        """Records the version that an answer names, with the ticket of its request."""
        if self._notify is None or version.digest == "":
            return
        with self._lock:
            known = self._current.get(version.index)
            if known is not None and (known[0] == version or ticket <= known[1]):
                return
            self._current[version.index] = (version, self._tickets)
        if known is not None:
            try:
                self._notify(VersionChange(known[0], version))
            except Exception:
                logging.getLogger("maxsimd").exception("on_version_change raised")
