"""What the bulk interfaces allow in any 24 hours, and how much of it was used.

What belongs here: counting against a limit. What does not: refusing (whoever asks does that in the
words of its own interface).

Documented: https://developer.salesforce.com/docs/platform/salesforce-app-limits-cheatsheet/guide/salesforce-app-limits-platform-bulkapi.html
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

QUERY_JOBS = 10_000
BATCHES = 15_000
ROWS = 150_000_000
_DAY = timedelta(hours=24)


@dataclass
class Allowance:
    """A number that may be used up to ``most`` in any 24 hours of the org's time."""

    most: int
    _taken: deque[tuple[datetime, int]] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def take(self, amount: int, now: datetime) -> bool:
        """Use up an amount, all of it or nothing; says whether it was still allowed."""
        with self._lock:
            if self._used(now) + amount > self.most:
                return False
            minute = now.replace(second=0, microsecond=0)
            if self._taken and self._taken[-1][0] == minute:
                amount += self._taken.pop()[1]
            self._taken.append((minute, amount))
            return True

    def remaining(self, now: datetime) -> int:
        """Return how much is left."""
        with self._lock:
            return max(self.most - self._used(now), 0)

    def _used(self, now: datetime) -> int:
        while self._taken and self._taken[0][0] + _DAY <= now:
            self._taken.popleft()
        return sum(amount for _, amount in self._taken)


@dataclass
class Allowances:
    """The three allowances of an org; batches and rows are shared by both versions (documented)."""

    query_jobs: Allowance = field(default_factory=lambda: Allowance(QUERY_JOBS))
    batches: Allowance = field(default_factory=lambda: Allowance(BATCHES))
    rows: Allowance = field(default_factory=lambda: Allowance(ROWS))
