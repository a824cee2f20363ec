"""Decides whether and when a stream that lost its call opens the next one."""

from __future__ import annotations

import math
import time

from ..errors import MaxsimRpcError
from ..retry import backoff


class ResumePolicy:
    """Before its first answer a stream fails as fast as a single call, because the address may be wrong. After an answer the address is known to
    be right, and a restart of some seconds should go unnoticed. Then the limit is a time, not a count.

    Args:
        max_attempts: number of calls that may fail before the first answer.
        resume_for_s: after an answer: how long the stream tries to reach the server again, in seconds from its loss.
        deadline: on the clock of `time.monotonic`; infinite = no deadline.
    """

    def __init__(self, max_attempts: int, resume_for_s: float, deadline: float) -> None:
        self._max_attempts = max_attempts
        self._resume_for_s = resume_for_s
        self._deadline = deadline
        self._losses = 0
        self._lost_at = 0.0
        #: Whether a server has ever answered.
        self.answered = False

    def saw_answer(self) -> None:
        """Records an answer."""
        self._losses = 0
        self.answered = True

    def after_loss(self, reason: MaxsimRpcError) -> tuple[float, float]:
        """Records the loss of a call.

        Returns:
            Seconds to wait before the next call, and when to give up, on the clock of `time.monotonic`.

        Raises:
            MaxsimRpcError: the given reason, if the stream should end.
        """
        now = time.monotonic()
        self._losses += 1
        if self._losses == 1:
            self._lost_at = now
        if not self.answered and self._losses >= self._max_attempts:
            raise reason
        until = min(self._deadline, self._lost_at + self._resume_for_s if self.answered else math.inf)
        wait = backoff(self._losses, reason)
        if now + wait >= until:
            raise reason
        return wait, until
