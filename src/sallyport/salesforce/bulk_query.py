"""Bulk API 2.0 query jobs: create, wait, and open pages of the result as streams.

What belongs here: the job's life on the wire. What does not: reading CSV (``columns.py``), deciding
windows and pages (``pull/``).

Wire: https://developer.salesforce.com/docs/platform/api-asynch/guide/query-create-job.html and
.../query-get-job-results.html (documented). Needs API version 47.0 or newer, and the same version
for all calls of one job.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from sallyport.errors import InvalidRequest, RemoteRefused, RemoteUnavailable
from sallyport.kernel import Clock
from sallyport.salesforce.client import StreamedReply
from sallyport.salesforce.session import OrgClient

# Salesforce moves a job UploadComplete -> InProgress -> JobComplete | Failed | Aborted
# (documented).
COMPLETE = "JobComplete"
FAILED = frozenset({"Failed", "Aborted"})

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 10.0
PAUSE_GROWTH = 1.5


@dataclass(frozen=True)
class Job:
    """A query job as Salesforce last described it; times in milliseconds."""

    id: str
    state: str
    object: str
    operation: str
    records_processed: int
    retries: int
    total_processing_ms: int
    error_message: str | None
    api_version: str | None

    @classmethod
    def read(cls, raw: dict[str, Any]) -> Job:
        """Read a job document; counters are absent until the job has been looked at."""
        version = raw.get("apiVersion")
        return cls(
            id=raw["id"],
            state=raw["state"],
            object=raw.get("object") or "",
            operation=raw.get("operation") or "",
            records_processed=raw.get("numberRecordsProcessed") or 0,
            retries=raw.get("retries") or 0,
            total_processing_ms=raw.get("totalProcessingTime") or 0,
            error_message=raw.get("errorMessage"),
            api_version=None if version is None else str(version),
        )

    @property
    def complete(self) -> bool:
        """Whether the result can be read."""
        return self.state == COMPLETE

    @property
    def failed(self) -> bool:
        """Whether the job ended without a result."""
        return self.state in FAILED


@dataclass
class ResultPage:
    """One page of a result: CSV with a header line, still on the wire, gzip'd if the stream says
    so.

    ``locator`` asks for the next page, None on the last; it stays valid as long as the job exists.
    """

    locator: str | None
    rows: int
    stream: StreamedReply

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stream.close()


def create(org: OrgClient, soql: str, *, all_rows: bool) -> Job:
    """Start a job for a query; ``all_rows`` includes deleted and archived rows (queryAll).

    Raises RemoteRefused with Salesforce's reason for a query Bulk does not take.
    """
    body = {
        "operation": "queryAll" if all_rows else "query",
        "query": soql,
        "contentType": "CSV",
        "columnDelimiter": "COMMA",
        "lineEnding": "LF",
    }
    return Job.read(org.post_json("jobs/query", body).json())


def status(org: OrgClient, job_id: str) -> Job:
    """Return the job as it stands."""
    return Job.read(org.get(_path(job_id)).json())


def abort(org: OrgClient, job_id: str) -> Job:
    """Stop a job that has not ended; RemoteRefused when it has."""
    return Job.read(org.patch_json(_path(job_id), {"state": "Aborted"}).json())


def delete(org: OrgClient, job_id: str) -> None:
    """Remove an ended job and its result; RemoteRefused while it runs."""
    org.delete(_path(job_id))


def wait(
    org: OrgClient,
    job_id: str,
    *,
    clock: Clock,
    sleep: Callable[[float], None],
    on_progress: Callable[[Job], None] | None = None,
    deadline: float | None = None,
) -> Job:
    """Poll until the job is complete, first after 0.05 s, then ever more slowly, at most every 10
    s.

    ``deadline`` is a moment of ``clock.monotonic()``. Raises RemoteRefused with Salesforce's reason
    when the job fails or is aborted, RemoteUnavailable(stage="timeout") when the deadline passes
    first.
    """
    pause = FIRST_PAUSE
    while True:
        job = status(org, job_id)
        if on_progress is not None:
            on_progress(job)
        if job.complete:
            return job
        if job.failed:
            raise _job_refused(job)
        left = None if deadline is None else deadline - clock.monotonic()
        if left is not None and left <= 0:
            raise RemoteUnavailable(
                f"Bulk job {job.id} on {job.object} is still {job.state} after the time allowed"
                f" ({job.records_processed} records processed).",
                stage="timeout",
            )
        sleep(pause if left is None else min(pause, left))
        pause = min(pause * PAUSE_GROWTH, LONGEST_PAUSE)


def open_page(org: OrgClient, job_id: str, *, locator: str | None, max_records: int) -> ResultPage:
    """Open one page of a complete job's result, at most ``max_records`` rows; close it after use.

    Raises RemoteRefused for a locator or job that is gone, RemoteUnavailable when the job has no
    result yet or the answer does not say how many rows it holds.
    """
    params = {"maxRecords": str(max_records)}
    if locator is not None:
        params["locator"] = locator
    headers = {"Accept": "text/csv", "Accept-Encoding": "gzip"}
    stream = org.stream(f"{_path(job_id)}/results", params, headers)
    rows = stream.headers.get("Sforce-NumberOfRecords", "")
    if stream.status != 200 or not rows.isdecimal():
        stream.close()
        raise RemoteUnavailable(
            f"Bulk job {job_id} has no readable result (HTTP {stream.status}, number of records"
            f" {rows or 'not stated'}).",
            stage="http",
            status=stream.status,
        )
    # The last page says so with the text "null" (documented).
    following = stream.headers.get("Sforce-Locator", "null")
    return ResultPage(None if following in ("null", "") else following, int(rows), stream)


def _job_refused(job: Job) -> RemoteRefused:
    reason = job.error_message or "no reason given"
    verb = "failed" if job.state == "Failed" else "was aborted"
    return RemoteRefused(
        f"Salesforce's Bulk job {job.id} on {job.object} {verb}: {reason}",
        status=200,
        code=job.state,
        text=job.error_message or "",
    )


def _path(job_id: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]{15,18}", job_id):
        raise InvalidRequest("This is not the id of a Bulk job.", received=job_id)
    return f"jobs/query/{job_id}"
