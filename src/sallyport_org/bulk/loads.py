"""Bulk API 2.0 ingest jobs: the record, and writing the uploaded rows.

What belongs here: an ingest job's states, its work, and what became of every row. What does not:
the wire (``ingest``), reading headers and cells (``table``, ``columns``), and writing (``dml``).

Rows go in chunks of 200, each a transaction of its own, two at a time; 10,000 rows count as one
batch (documented: https://developer.salesforce.com/docs/platform/api-asynch/guide/bulk-api-2-0-ingest.html).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from sallyport_org import dml, errors
from sallyport_org.bulk.columns import Columns
from sallyport_org.bulk.jobs import Job
from sallyport_org.bulk.spool import Spool
from sallyport_org.bulk.table import Shape, Table, read_table
from sallyport_org.bulk.work import WorkFailed
from sallyport_org.dml.model import Operation, Outcome
from sallyport_org.faults import Journal
from sallyport_org.faults.journal import current

if TYPE_CHECKING:
    from sallyport_org.identity import User
    from sallyport_org.state import Org

CHUNK_ROWS = 200
BATCH_ROWS = 10_000
CHUNKS_AT_ONCE = 2

Chunk = list[list[str]]


@dataclass(kw_only=True, eq=False)
class IngestJob(Job):
    """One ingest job; ``upload`` is what was PUT, the other spools are result files as they grow.

    ``finished`` are the numbers of the chunks that were written.
    """

    kind: ClassVar[Literal["V2Query", "V2Ingest", "Classic"]] = "V2Ingest"
    collection: ClassVar[str] = "jobs/ingest"
    moves: ClassVar[dict[str, tuple[str, ...]]] = {
        "Open": ("UploadComplete", "Aborted"),
        "UploadComplete": ("InProgress", "Aborted"),
        "InProgress": ("JobComplete", "Failed", "Aborted"),
        "JobComplete": (),
        "Failed": (),
        "Aborted": (),
    }
    done: ClassVar[str] = "JobComplete"

    state: str = "Open"
    operation: Operation
    shape: Shape
    external_id: str | None = None
    assignment_rule: str | None = None
    upload: Spool | None = None
    header_line: str = ""
    successful: Spool = field(default_factory=Spool)
    unsuccessful: Spool = field(default_factory=Spool)
    finished: set[int] = field(default_factory=set)

    @property
    def spooled(self) -> int:
        """How many bytes upload and results take on disk."""
        upload = self.upload.size if self.upload is not None else 0
        return upload + self.successful.size + self.unsuccessful.size

    def listed(self) -> dict[str, Any]:
        """Return what a list of jobs says about it."""
        return super().listed() | {
            "contentUrl": f"services/data/v{self.version}/jobs/ingest/{self.id}/batches",
            "lineEnding": self.shape.line_ending,
            "columnDelimiter": self.shape.delimiter,
        }

    def described(self, *, full: bool) -> dict[str, Any]:
        """Return the job as JSON; ``full`` adds what only reading it shows."""
        body = self.listed()
        kind = body.pop("jobType")
        if self.external_id is not None:
            body["externalIdFieldName"] = self.external_id
        if self.assignment_rule is not None:
            body["assignmentRuleId"] = self.assignment_rule
        if full:
            body |= {
                "jobType": kind,
                "numberRecordsProcessed": self.processed,
                "numberRecordsFailed": self.failed,
                "retries": self.retries,
                "totalProcessingTime": self.took_ms,
                "apiActiveProcessingTime": self.took_ms,
                "apexProcessingTime": 0,
            }
            if self.error is not None:
                body["errorMessage"] = self.error
        return body

    def unprocessed(self) -> Iterator[bytes]:
        """Yield the header and the rows that were never written, as CSV.

        Where none was, that is the upload as it came, readable or not. Where reading met its end
        in the middle, so does this.
        """
        if self.upload is None:
            return
        if not self.finished:
            yield from self.upload.pieces()
            return
        table = read_table(self.upload.text(), self.shape)
        yield (table.header_line + self.shape.end).encode()
        with suppress(WorkFailed):
            for number, rows in _chunks(table):
                if number not in self.finished:
                    yield self.shape.lines(rows)


def run(org: Org, job: IngestJob, user: User) -> None:
    """Write the rows of an ingest job, in at least the org's ``job_seconds``.

    Raises :class:`~sallyport_org.bulk.work.WorkFailed` with the reason the job shows.
    """
    if job.upload is None:
        raise WorkFailed(errors.bulk.NO_DATA)
    _Load(org, job, user, job.upload).run()


class _Load:
    """The state of writing one job's rows."""

    def __init__(self, org: Org, job: IngestJob, user: User, upload: Spool) -> None:
        self._org, self._job, self._user = org, job, user
        self._schema = org.schema_for(user)
        self._journal = current() or Journal()
        self._began = time.monotonic()
        self._about = max(upload.lines // CHUNK_ROWS, 1)
        table = read_table(upload.text(), job.shape)
        job.header_line = table.header_line
        sobject = self._schema.sobject(job.sobject)
        self._columns = Columns(self._schema, sobject, job.operation, table.header, job.external_id)
        self._chunks = _chunks(table)
        self._taking = threading.Lock()
        self._keeping = threading.Lock()
        self._broken = False

    def run(self) -> None:
        job = self._job
        width = 1 if job.concurrency == "Serial" else CHUNKS_AT_ONCE
        with ThreadPoolExecutor(width, thread_name_prefix="load") as pool:
            workers = [pool.submit(self._work) for _ in range(width)]
        for worker in workers:
            worker.result()
        job.checkpoint()
        job.pace(self._began, self._org.settings.job_seconds)
        job.checkpoint()

    def _work(self) -> None:
        """Write chunk after chunk until there are no more, or another worker met the end."""
        try:
            with self._journal.open():
                self._write_all()
        except BaseException:
            self._broken = True
            raise

    def _write_all(self) -> None:
        while not self._broken and (taken := self._next()) is not None:
            self._write(*taken)

    def _next(self) -> tuple[int, Chunk] | None:
        """Take the next chunk, at its time, if nothing ends the job before."""
        with self._taking:
            self._job.checkpoint()
            taken = next(self._chunks, None)
            if taken is None:
                return None
            number, rows = taken
            share = min(number / self._about, 1.0)
            self._job.pace(self._began, self._org.settings.job_seconds * share)
            self._allow(number, len(rows))
            return taken

    def _allow(self, number: int, rows: int) -> None:
        allowances, now = self._org.jobs.allowances, self._org.clock.now()
        new_batch = number * CHUNK_ROWS % BATCH_ROWS == 0
        if new_batch and not allowances.batches.take(1, now):
            raise WorkFailed(errors.bulk.EXCEEDED_QUOTA)
        if not allowances.rows.take(rows, now):
            raise WorkFailed(errors.bulk.EXCEEDED_QUOTA)

    def _write(self, number: int, rows: Chunk) -> None:
        job = self._job
        changes = [self._columns.change(row) for row in rows]
        outcomes = dml.write(self._org, self._user, changes, schema=self._schema)
        good = [
            (one.id or "", spelled(one.created), *row)
            for one, row in zip(outcomes, rows, strict=True)
            if one.success
        ]
        bad = [
            (_failed_id(one, job.version), errors.bulk.row_error(one.errors), *row)
            for one, row in zip(outcomes, rows, strict=True)
            if not one.success
        ]
        with self._keeping:
            job.successful.append(job.shape.lines(good))
            job.unsuccessful.append(job.shape.lines(bad))
            job.finished.add(number)
        job.count(len(rows), len(bad))


def spelled(flag: bool) -> str:
    """Return a flag as CSV writes it."""
    return "true" if flag else "false"


def _failed_id(outcome: Outcome, version: str) -> str:
    """Return the id of a row that failed; before 53.0 there is none (documented)."""
    return outcome.id or "" if float(version) >= 53 else ""


def _chunks(table: Table) -> Iterator[tuple[int, Chunk]]:
    """Yield the rows in chunks, numbered from 0."""
    number = 0
    while rows := list(islice(table.rows, CHUNK_ROWS)):
        yield number, rows
        number += 1
