"""Bulk jobs: what all kinds have in common, the jobs an org has, and working on them.

What belongs here: the tables of states, finding and forgetting jobs, and the background workers.
What does not: reading requests (``query``, ``ingest``, ``classic``) and what the work is
(``query_jobs``, ``loads``, ``classic.running``).

States documented: https://developer.salesforce.com/docs/platform/api-asynch/guide/query-get-one-job.html
and https://developer.salesforce.com/docs/platform/api-asynch/guide/get-job-info.html
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from sallyport_org import errors
from sallyport_org.bulk.allowances import Allowances
from sallyport_org.bulk.work import Ending, LeftStuck, Stopped, Work, WorkAborted, WorkFailed
from sallyport_org.rows.snapshot import Snapshot

if TYPE_CHECKING:
    from sallyport_org.state import Org

log = logging.getLogger(__name__)

RESULT_BYTES = 20 * 1024**3
"""How many bytes of uploads and results are kept on disk; beyond, the oldest finished jobs go."""

KEPT = timedelta(days=7)
"""How long jobs and their results are kept (documented)."""

WORKERS = 2
"""How many jobs or batches run at a time; the others wait in their first state."""

_STRIKES: tuple[tuple[str, Literal["stuck", "failed", "aborted"]], ...] = (
    ("job_stuck", "stuck"),
    ("job_failed", "failed"),
    ("job_aborted", "aborted"),
)


@dataclass(kw_only=True, eq=False)
class Job(Work):
    """One job of either bulk interface.

    ``version`` is the API version it belongs to (``60.0``), ``sobject`` the object's name.
    """

    kind: ClassVar[Literal["V2Query", "V2Ingest", "Classic"]]
    """What ``jobType`` says."""
    collection: ClassVar[str]
    """The path of such jobs, for faults that are limited to one."""
    dropped: ClassVar[str] = "Aborted"

    operation: str
    sobject: str
    version: str
    created_by: str
    concurrency: str = "Parallel"
    pk_chunking: bool = False

    @property
    def snapshots(self) -> frozenset[Snapshot]:
        """The results of queries it keeps; jobs may share them."""
        return frozenset()

    @property
    def spooled(self) -> int:
        """How many bytes of uploads and answers it keeps of its own."""
        return 0

    def listed(self) -> dict[str, Any]:
        """Return what a list of jobs says about it: the keys all kinds have."""
        return {
            "id": self.id,
            "operation": self.operation,
            "object": self.sobject,
            "createdById": self.created_by,
            "createdDate": spelled(self.created),
            "systemModstamp": spelled(self.stamped or self.created),
            "state": self.state,
            "concurrencyMode": self.concurrency,
            "contentType": "CSV",
            "apiVersion": float(self.version),
            "jobType": self.kind,
        }


@dataclass
class JobStore:
    """The jobs of an org, oldest first, the workers that do them, and what a day allows."""

    allowances: Allowances = field(default_factory=Allowances)
    most_bytes: int = RESULT_BYTES
    _jobs: dict[str, Job] = field(default_factory=dict)
    _workers: ThreadPoolExecutor | None = None
    _closing: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def all(self, now: datetime) -> list[Job]:
        """Return every job that was not deleted and is not older than seven days."""
        with self._lock:
            old = [key for key, one in self._jobs.items() if one.created + KEPT <= now]
            for key in old:
                self._jobs.pop(key).stop()
            return list(self._jobs.values())

    def find(self, job_id: str, now: datetime) -> Job | None:
        """Return a job by its 15- or 18-character id, or None."""
        if len(job_id) not in (15, 18):
            return None
        return next((one for one in self.all(now) if one.id[:15] == job_id[:15]), None)

    def add(self, job: Job) -> None:
        """Keep a job."""
        with self._lock:
            self._jobs[job.id] = job

    def forget(self, job: Job) -> None:
        """Delete a finished job; raises INVALIDJOBSTATE while it may still change."""
        if not job.terminal:
            raise errors.bulk.state(
                f"A job in state {job.state} cannot be deleted; abort it first."
            )
        with self._lock:
            self._jobs.pop(job.id, None)

    def start(self, org: Org, job: Job, unit: Work, work: Callable[[], None]) -> None:
        """Do the work of a job, or of one unit of it (a batch), as soon as a worker is free.

        ``work`` returns when all is done; it raises :class:`~sallyport_org.bulk.work.WorkFailed`
        with the reason shown when that cannot be.
        """
        with self._lock:
            if self._closing:
                return
            if self._workers is None:
                self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="bulk")
            self._workers.submit(self._run, org, job, unit, work)

    def close(self) -> None:
        """Stop working; jobs that have not begun never will."""
        with self._lock:
            self._closing = True
            jobs = list(self._jobs.values())
        for job in jobs:
            job.stop()
        if self._workers is not None:
            self._workers.shutdown(wait=True, cancel_futures=True)

    def _run(self, org: Org, job: Job, unit: Work, work: Callable[[], None]) -> None:
        if not unit.move("InProgress", org.clock.now()):
            return
        began = time.monotonic()
        try:
            with org.faults.journal_of_job(org.id, _path(job)).open():
                unit.ending = _ending(org, job)
                unit.checkpoint()
                work()
        except (Stopped, LeftStuck):
            return
        except WorkAborted:
            job.move(job.dropped, org.clock.now())
            return
        except WorkFailed as failed:
            unit.fail(str(failed), org.clock.now())
            return
        except Exception as broken:  # a worker has no caller: the job carries the reason
            log.exception("bulk job %s failed", job.id)
            unit.fail(f"InternalServerError : {broken}", org.clock.now())
            return
        finally:
            unit.took_ms = int((time.monotonic() - began) * 1000)
        self._make_room()
        unit.move(unit.done, org.clock.now())

    def _make_room(self) -> None:
        """Delete the oldest finished jobs while files take too much room."""
        with self._lock:
            while _bytes(self._jobs.values()) > self.most_bytes:
                oldest = [
                    one
                    for one in list(self._jobs.values())[:-1]
                    if one.terminal and (one.snapshots or one.spooled)
                ]
                if not oldest:
                    return
                del self._jobs[oldest[0].id]


def _bytes(jobs: Collection[Job]) -> int:
    """Return how many bytes the files of jobs take, shared ones once."""
    shared = {snapshot for one in jobs for snapshot in one.snapshots}
    return sum(one.bytes for one in shared) + sum(one.spooled for one in jobs)


def _path(job: Job) -> str:
    return f"/{job.collection}/{job.id}"


def _ending(org: Org, job: Job) -> Ending | None:
    """Return the end that a fault has in store for a job, or None (the usual case).

    Settings of these faults: ``message``, ``rows`` (how many are done before) and, for
    ``job_stuck``, ``seconds``.
    """
    for name, how in _STRIKES:
        fault = org.faults.strike(name, sobject=job.sobject, path=_path(job))
        if fault is not None:
            given = fault.settings
            message = str(given.get("message", "InternalServerError : Unknown error"))
            seconds = given.get("seconds")
            return Ending(how, int(given.get("rows", 0)), message, seconds)
    return None


def spelled(moment: datetime) -> str:
    """Return a moment as job records write it: ``2026-01-02T17:38:59.000+0000``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
