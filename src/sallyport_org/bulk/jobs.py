"""Bulk jobs and the states they go through.

What belongs here: the table of states, the jobs an org has, and doing their work in the background.
What does not: reading requests (``query``) and writing results (``pages``).

States documented: https://developer.salesforce.com/docs/platform/api-asynch/guide/query-get-one-job.html
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from sallyport_org import errors
from sallyport_org.rows.snapshot import Snapshot

log = logging.getLogger(__name__)

MOVES = {
    "UploadComplete": ("InProgress", "Aborted"),
    "InProgress": ("JobComplete", "Failed", "Aborted"),
    "JobComplete": (),
    "Failed": (),
    "Aborted": (),
}
"""Which state may follow which; a state nothing follows is terminal."""

RESULT_BYTES = 20 * 1024**3
"""How many bytes of results are kept on disk; beyond, the oldest finished jobs are deleted, as
Salesforce does after seven days (documented)."""

WORKERS = 2
"""How many jobs run at a time; the others wait in UploadComplete."""


@dataclass(slots=True)
class QueryJob:
    """One query job. ``version`` is the API version it belongs to; ``took_ms`` its time at work."""

    id: str
    operation: str
    query: str
    sobject: str
    version: str
    delimiter: str
    line_ending: str
    created_by: str
    created: datetime
    header: tuple[str, ...]
    state: str = "UploadComplete"
    stamped: datetime | None = None
    snapshot: Snapshot | None = None
    error: str | None = None
    took_ms: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def terminal(self) -> bool:
        """True once nothing more can happen to it."""
        return not MOVES[self.state]

    def move(self, state: str, now: datetime) -> bool:
        """Go to a state if the table allows it; says whether it did."""
        with self.lock:
            if state not in MOVES[self.state]:
                return False
            self.state, self.stamped = state, now
            return True


class JobStore:
    """The jobs of an org, newest last, and the workers that do them."""

    def __init__(self) -> None:
        self._jobs: dict[str, QueryJob] = {}
        self._workers: ThreadPoolExecutor | None = None
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self.created = 0

    def all(self) -> list[QueryJob]:
        """Return every job that was not deleted."""
        return list(self._jobs.values())

    def find(self, job_id: str) -> QueryJob:
        """Return a job by its 15- or 18-character id; raises NOT_FOUND."""
        for one in self.all():
            if one.id[:15] == job_id[:15] and len(job_id) in (15, 18):
                return one
        raise errors.bulk.job_unknown()

    def start(
        self,
        job: QueryJob,
        work: Callable[[], Snapshot],
        seconds: float,
        now: Callable[[], datetime],
    ) -> None:
        """Accept a job and do it in the background, taking at least ``seconds``."""
        with self._lock:
            if self._workers is None:
                self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="bulk")
            self._jobs[job.id] = job
            self.created += 1
        self._workers.submit(self._run, job, work, seconds, now)

    def forget(self, job: QueryJob) -> None:
        """Delete a finished job; raises INVALIDJOBSTATE while it may still change."""
        if not job.terminal:
            raise errors.bulk.state(
                f"A job in state {job.state} cannot be deleted; abort it first."
            )
        with self._lock:
            self._jobs.pop(job.id, None)

    def close(self) -> None:
        """Stop working; jobs that have not begun never will."""
        self._stopping.set()
        if self._workers is not None:
            self._workers.shutdown(wait=True, cancel_futures=True)

    def _run(
        self,
        job: QueryJob,
        work: Callable[[], Snapshot],
        seconds: float,
        now: Callable[[], datetime],
    ) -> None:
        if not job.move("InProgress", now()):
            return
        began = time.monotonic()
        try:
            snapshot = work()
        except Exception as broken:  # a worker has no caller: the job carries the reason
            log.exception("bulk job %s failed", job.id)
            job.error = f"InternalServerError : {broken}"
            job.move("Failed", now())
            return
        job.took_ms = int((time.monotonic() - began) * 1000)
        self._stopping.wait(max(seconds - (time.monotonic() - began), 0))
        job.snapshot = snapshot
        job.move("JobComplete", now())
        self._forget_oldest()

    def _forget_oldest(self) -> None:
        """Delete the oldest finished jobs while results take too much room."""
        with self._lock:
            held = {one.snapshot for one in self._jobs.values() if one.snapshot is not None}
            room = RESULT_BYTES - sum(one.bytes for one in held)
            for job in list(self._jobs.values())[:-1]:
                if room >= 0:
                    return
                if job.terminal and job.snapshot is not None:
                    room += job.snapshot.bytes
                    del self._jobs[job.id]
