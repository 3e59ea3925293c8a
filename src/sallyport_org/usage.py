"""How many API calls an org's clients made in the last 24 hours, in all and by app.

What belongs here: counting by the org's own clock, to the minute. What does not: refusing calls
(``gate``) and the allowances of the bulk interfaces (``bulk.allowances``).

Documented: https://developer.salesforce.com/docs/platform/salesforce-app-limits-cheatsheet/guide/salesforce-app-limits-platform-api.html
"""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime, timedelta

DAY = timedelta(hours=24)


class Rolling:
    """A number of things that happened in the last 24 hours; not safe to share by itself."""

    def __init__(self) -> None:
        self._minutes: deque[tuple[datetime, int]] = deque()
        self._sum = 0

    def add(self, now: datetime, amount: int = 1) -> None:
        """Count one more, or several."""
        minute = now.replace(second=0, microsecond=0)
        before = self._minutes.pop()[1] if self._minutes and self._minutes[-1][0] == minute else 0
        self._minutes.append((minute, before + amount))
        self._sum += amount

    def count(self, now: datetime) -> int:
        """Return how many there were."""
        while self._minutes and self._minutes[0][0] + DAY <= now:
            self._sum -= self._minutes.popleft()[1]
        return self._sum


class ApiUsage:
    """The API calls of one org. Safe to use from many threads."""

    def __init__(self) -> None:
        self._all = Rolling()
        self._by_app: dict[str, Rolling] = {}
        self._lock = threading.Lock()

    def count(self, now: datetime, most: int, app: str | None = None) -> int:
        """Count a call and return how many that makes; one above ``most`` is not counted.

        ``app`` is the consumer key of the caller's app.
        """
        with self._lock:
            used = self._all.count(now) + 1
            if used <= most:
                self._all.add(now)
                if app is not None:
                    self._by_app.setdefault(app, Rolling()).add(now)
            return used

    def add(self, now: datetime, amount: int) -> None:
        """Count calls that were made already."""
        with self._lock:
            self._all.add(now, amount)

    def used(self, now: datetime, app: str | None = None) -> int:
        """Return the calls of the last 24 hours: all, or those of one app."""
        with self._lock:
            rolling = self._all if app is None else self._by_app.get(app)
            return rolling.count(now) if rolling is not None else 0
