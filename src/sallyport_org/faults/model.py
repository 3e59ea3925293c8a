"""A fault, when it strikes, and the list of those an org has.

What belongs here: matching a moment in the org's life to the faults added. What does not: the
consequences; whoever asks carries them out.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong: its kind, what it is limited to, and how often it still will.

    ``times`` counts down with every strike; None never ends. ``every`` strikes each n-th matching
    moment only. ``settings`` are what the kind itself takes (seconds, bytes, message).
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


class Faults:
    """The faults of one org. Safe to ask from many threads."""

    def __init__(self) -> None:
        self._all: dict[str, Fault] = {}
        self._lock = threading.Lock()

    def __iter__(self) -> Any:
        return iter(list(self._all.values()))

    def add(self, fault: Fault) -> None:
        """Add a fault, or replace the one of the same id."""
        with self._lock:
            self._all[fault.id] = fault

    def remove(self, fault_id: str) -> bool:
        """Take a fault away; says whether there was one."""
        with self._lock:
            return self._all.pop(fault_id, None) is not None

    def strike(self, kind: str, *, sobject: str | None = None, path: str = "") -> Fault | None:
        """Return the fault of that kind that strikes now and count it, or None (the usual case).

        ``sobject`` and ``path`` say what is being worked on; a fault limited to another object or
        to a path part that does not occur stays quiet.
        """
        if not self._all:
            return None
        with self._lock:
            for one in self._all.values():
                if one.kind == kind and _meets(one, sobject, path):
                    one.met += 1
                    if one.met % one.every == 0:
                        one.struck += 1
                        return one
        return None


def _meets(fault: Fault, sobject: str | None, path: str) -> bool:
    if fault.times is not None and fault.struck >= fault.times:
        return False
    if fault.sobject is not None and (sobject or "").lower() != fault.sobject.lower():
        return False
    return fault.path is None or fault.path.lower() in path.lower()
