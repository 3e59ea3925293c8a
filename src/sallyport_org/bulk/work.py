"""Work done in the background: its states, its progress, and how it can be cut short.

What belongs here: one record, :class:`Work`, that jobs and the batches of Bulk API 1.0 are made
from, and the signals that end it early. What does not: what jobs say about themselves (``jobs``,
``classic.model``) and doing the work (``loads``, ``query_jobs``, ``classic.running``).

A piece of work moves by its own table of states. Whoever does it calls :meth:`Work.checkpoint`
between its steps: there an abort, the org's end, or a named fault takes effect.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal


class Stopped(Exception):
    """The work was aborted, or the org ends: nothing more is to be done, nothing to be said."""


class WorkAborted(Exception):
    """Somebody else gave the work up: a fault that plays an administrator's Abort."""


class WorkFailed(Exception):
    """The work cannot be finished; the text is what the job or batch shows as its reason."""


@dataclass(frozen=True, slots=True)
class Ending:
    """An end that a fault has in store: how, after how many rows, and with which words.

    ``seconds`` is how long stuck work rests before it goes on; None means for ever.
    """

    how: Literal["stuck", "failed", "aborted"]
    rows: int = 0
    message: str = ""
    seconds: float | None = None


class LeftStuck(Exception):
    """The work stays as it is, InProgress, and nobody works on it any more."""


@dataclass(kw_only=True, eq=False)
class Work:
    """Something with an id and a state that is done in the background.

    ``processed`` and ``failed`` count rows (failed ones are among the processed), ``took_ms`` the
    time at work. ``stamped`` is when the state last changed.
    """

    moves: ClassVar[Mapping[str, tuple[str, ...]]]
    """Which state may follow which; a state nothing follows is terminal."""
    done: ClassVar[str]
    """The state of work that was finished."""
    dropped: ClassVar[str]
    """The state of work that was given up on request."""

    id: str
    created: datetime
    state: str
    stamped: datetime | None = None
    error: str | None = None
    retries: int = 0
    took_ms: int = 0
    processed: int = 0
    failed: int = 0
    ending: Ending | None = None
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _stop: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def terminal(self) -> bool:
        """True once nothing more can happen to it."""
        return not self.moves[self.state]

    def move(self, state: str, now: datetime) -> bool:
        """Go to a state if the table allows it; says whether it did."""
        with self.lock:
            if state not in self.moves[self.state]:
                return False
            self.state, self.stamped = state, now
        if state == self.dropped:
            self._stop.set()
        return True

    def fail(self, reason: str, now: datetime) -> None:
        """Go to Failed with a reason, unless something else ended it before."""
        self.error = reason
        self.move("Failed", now)

    def stop(self) -> None:
        """Have whoever works on it stop at the next checkpoint."""
        self._stop.set()

    def count(self, rows: int, failed: int) -> None:
        """Add rows to the progress."""
        with self.lock:
            self.processed += rows
            self.failed += failed

    def pause(self, seconds: float) -> None:
        """Wait; raises :class:`Stopped` as soon as the work is to stop."""
        if self._stop.wait(max(seconds, 0.0)):
            raise Stopped

    def pace(self, began: float, seconds: float) -> None:
        """Wait until ``seconds`` have gone by since ``began`` (of the monotonic clock)."""
        self.pause(began + seconds - time.monotonic())

    def checkpoint(self) -> None:
        """Let an abort or a fault take effect.

        Raises :class:`Stopped`, :class:`WorkFailed`, :class:`WorkAborted` or :class:`LeftStuck`.
        """
        self.pause(0.0)
        ending = self.ending
        if ending is None or self.processed < ending.rows:
            return
        if ending.how == "failed":
            raise WorkFailed(ending.message)
        if ending.how == "aborted":
            raise WorkAborted
        if ending.seconds is None:
            raise LeftStuck
        self.ending = None
        self.pause(ending.seconds)
