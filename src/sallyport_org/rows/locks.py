"""Who is changing which row: exclusive locks held until a transaction ends.

What belongs here: taking, waiting for and giving back locks. What does not: which rows a change
locks (``dml``), and DuckDB's own bookkeeping, which refuses instead of waiting.

A lock is a text: a record id, or a key somebody may be about to insert. All locks of one row are
taken together or not at all. A transaction that has waited for long enough gets what is free and is
told what is not.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import datetime


class Locks:
    """The locks of one org. Safe to use from many threads; owners are any distinct objects."""

    def __init__(self) -> None:
        self._owners: dict[str, int] = {}
        self._begun: dict[int, datetime] = {}
        self._changed = threading.Condition()

    def take(self, owner: object, rows: Sequence[frozenset[str]], seconds: float) -> dict[int, str]:
        """Lock for an owner what each row needs; waits until all is free, for ``seconds`` at most.

        Returns the rows that stayed unlocked, by their place in the list, each with a lock somebody
        else holds.
        """
        me = id(owner)
        deadline = time.monotonic() + seconds
        with self._changed:
            while blocked := self._blocked(me, rows):
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            for place, names in enumerate(rows):
                if place not in blocked:
                    self._owners.update((name, me) for name in names)
        return blocked

    def begin(self, owner: object, stamp: datetime) -> None:
        """Note that an owner is about to commit rows with that stamp (its earliest counts)."""
        with self._changed:
            self._begun.setdefault(id(owner), stamp)

    def oldest(self) -> datetime | None:
        """Return the earliest stamp somebody may yet commit; None when nobody writes."""
        with self._changed:
            return min(self._begun.values(), default=None)

    def release(self, owner: object) -> None:
        """Give back all locks of an owner: it is done."""
        me = id(owner)
        with self._changed:
            self._begun.pop(me, None)
            for name in [name for name, holder in self._owners.items() if holder == me]:
                del self._owners[name]
            self._changed.notify_all()

    def _blocked(self, me: int, rows: Sequence[frozenset[str]]) -> dict[int, str]:
        found = {}
        for place, names in enumerate(rows):
            other = next((name for name in names if self._owners.get(name, me) != me), None)
            if other is not None:
                found[place] = other
        return found
