"""Calls in progress, and how many of them are long.

What belongs here: counting. What does not: refusing (``gate``). Documented: a call counts from
twenty seconds on, and an org may have so many of them at once
(https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_api.htm).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Traffic:
    """The data calls one org is answering right now. Safe to use from many threads."""

    def __init__(self) -> None:
        self._began: dict[int, float] = {}
        self._next = 0
        self._lock = threading.Lock()

    def long_calls(self, seconds: float) -> int:
        """Return how many calls have been running for so many seconds (of real time)."""
        if not self._began:
            return 0
        since = time.monotonic() - seconds
        with self._lock:
            return sum(began <= since for began in self._began.values())

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the block as a call in progress."""
        with self._lock:
            self._next += 1
            mine = self._next
            self._began[mine] = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                del self._began[mine]
