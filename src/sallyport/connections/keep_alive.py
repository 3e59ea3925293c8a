"""Looking after grants nobody uses: a thread of every process that serves.

What belongs here: when to look. What does not: what is due (``auth``) and what is done about it
(``sessions``). Any number of processes may look: a grant is claimed by one of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

LOOK_EVERY = 60.0
"""Seconds between two looks; each is one query of an index while nothing is due."""

log = structlog.get_logger(__name__)


class KeepAlive:
    """Calls ``look_after`` from time to time, from ``start`` to ``stop``."""

    def __init__(self, look_after: Callable[[], int], every: float = LOOK_EVERY) -> None:
        self._look_after = look_after
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sallyport-keep-alive", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Stop; waits for a renewal that is under way."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=60)

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            try:
                self._look_after()
            except Exception:
                # the thread must outlive a database that restarts; the next look tries again
                log.exception("keep_alive.failed")
