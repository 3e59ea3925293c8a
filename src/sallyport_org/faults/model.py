"""A fault, when it strikes, and the list of those an org has.

What belongs here: matching a moment in the org's life to the faults added. What does not: which
kinds there are (``kinds``) and their consequences; whoever asks carries them out.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sallyport_org.faults.journal import JOB, Journal, current

REMEMBERED_STRIKES = 10_000


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong: its kind, what it is limited to, and how often it still will.

    Of the moments that fit (``sobject``, ``path``: a part of it, ``method``, from ``since`` to
    before ``until`` by the org's clock) the first ``after`` are let go, then each ``every``-th is
    struck, ``times`` times in all; None never ends. ``settings`` are what the kind itself takes
    (seconds, bytes, message).
    """

    id: str
    kind: str
    sobject: str | None = None
    path: str | None = None
    every: int = 1
    times: int | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    met: int = 0
    struck: int = 0
    method: str | None = None
    after: int = 0
    since: datetime | None = None
    until: datetime | None = None
    _removed: threading.Event = field(default_factory=threading.Event, repr=False, compare=False)

    def wait(self) -> None:
        """Wait ``settings["seconds"]``, or, if ``settings["held"]``, until the fault is removed.

        A wait of seconds ends early too when the fault is removed.
        """
        seconds = None if self.settings.get("held") else float(self.settings.get("seconds", 0))
        self._removed.wait(seconds)

    def release(self) -> None:
        """Let everything go that waits because of this fault."""
        self._removed.set()


@dataclass(frozen=True, slots=True)
class Strike:
    """One time a fault struck; ``path`` is the request's, or the job's for background work."""

    at: datetime
    fault_id: str
    kind: str
    sobject: str | None
    path: str


class Faults:
    """The faults of one org. Safe to ask from many threads; ``now`` is the org's clock."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._all: dict[str, Fault] = {}
        self._lock = threading.Lock()
        self.now = now
        self._numbers = 0
        self.strikes: deque[Strike] = deque(maxlen=REMEMBERED_STRIKES)
        self.told: Callable[[Journal, str], None] | None = None
        """Hears of faults that strike work in the background: the request log."""

    def __iter__(self) -> Iterator[Fault]:
        return iter(list(self._all.values()))

    def __len__(self) -> int:
        return len(self._all)

    def find(self, fault_id: str) -> Fault | None:
        """Return the fault of that id, or None."""
        return self._all.get(fault_id)

    def next_id(self) -> str:
        """Return an id no fault of this org has had."""
        with self._lock:
            self._numbers += 1
            return f"f{self._numbers}"

    def add(self, fault: Fault) -> None:
        """Add a fault, or replace the one of the same id."""
        with self._lock:
            replaced = self._all.get(fault.id)
            self._all[fault.id] = fault
        if replaced is not None:
            replaced.release()

    def remove(self, fault_id: str) -> bool:
        """Take a fault away, letting go what it held up; says whether there was one."""
        with self._lock:
            fault = self._all.pop(fault_id, None)
        if fault is not None:
            fault.release()
        return fault is not None

    def clear(self) -> int:
        """Take every fault away; returns how many there were."""
        return sum(self.remove(one.id) for one in self)

    def journal_of_job(self, org_id: str, path: str) -> Journal:
        """Return the journal of work in the background; its faults reach the request log too."""
        return Journal(JOB, path, faults=self, org_id=org_id, told=self.told)

    def strike(
        self, kind: str, *, sobject: str | None = None, path: str = "", method: str = ""
    ) -> Fault | None:
        """Return the fault of that kind that strikes now and count it, or None (the usual case).

        ``sobject`` and ``path`` say what is being worked on; a fault limited to another object or
        to a path part that does not occur stays quiet. What is left out is taken from the request
        being answered, if there is one.
        """
        if not self._all:
            return None
        journal = current()
        if journal is not None:
            path, method = path or journal.path, method or journal.method
        now = self.now()
        with self._lock:
            fault = self._struck(kind, sobject, path, method, now)
        if fault is None:
            return None
        self.strikes.append(Strike(now, fault.id, kind, sobject, path))
        if journal is not None:
            journal.strike(fault.id)
        return fault

    def _struck(
        self, kind: str, sobject: str | None, path: str, method: str, now: datetime
    ) -> Fault | None:
        for one in self._all.values():
            if one.kind == kind and _fits(one, sobject, path, method, now):
                one.met += 1
                turn = one.met - one.after
                if turn > 0 and turn % one.every == 0:
                    one.struck += 1
                    return one
        return None


def _fits(fault: Fault, sobject: str | None, path: str, method: str, now: datetime) -> bool:
    if fault.times is not None and fault.struck >= fault.times:
        return False
    if fault.sobject is not None and (sobject or "").lower() != fault.sobject.lower():
        return False
    if fault.method is not None and fault.method.upper() != method.upper():
        return False
    if fault.since is not None and now < fault.since:
        return False
    if fault.until is not None and now >= fault.until:
        return False
    return fault.path is None or fault.path.lower() in path.lower()
