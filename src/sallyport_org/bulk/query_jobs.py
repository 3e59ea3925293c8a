"""Bulk API 2.0 query jobs: the record, and taking their result.

What belongs here: a query job's states and its work. What does not: the wire (``query``), pages
(``pages``) and what may be asked (``query_rules``).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from sallyport_org import errors
from sallyport_org.bulk.jobs import Job
from sallyport_org.bulk.work import WorkFailed
from sallyport_org.rows.snapshot import Snapshot

if TYPE_CHECKING:
    from sallyport_org.state import Org

MOST_RETRIES = 15
"""How often Salesforce tries a query before it gives up (documented)."""


@dataclass(kw_only=True, eq=False)
class QueryJob(Job):
    """One query job; ``sql`` gives its rows as texts, ``header`` their names."""

    kind: ClassVar[Literal["V2Query", "V2Ingest", "Classic"]] = "V2Query"
    collection: ClassVar[str] = "jobs/query"
    moves: ClassVar[dict[str, tuple[str, ...]]] = {
        "UploadComplete": ("InProgress", "Aborted"),
        "InProgress": ("JobComplete", "Failed", "Aborted"),
        "JobComplete": (),
        "Failed": (),
        "Aborted": (),
    }
    done: ClassVar[str] = "JobComplete"

    state: str = "UploadComplete"
    query: str
    sql: str
    delimiter: str
    line_ending: str
    header: tuple[str, ...]
    chunkable: bool
    snapshot: Snapshot | None = None

    @property
    def snapshots(self) -> frozenset[Snapshot]:
        """Its result, once it is there."""
        return frozenset() if self.snapshot is None else frozenset({self.snapshot})

    def described(self, *, full: bool) -> dict[str, Any]:
        """Return the job as JSON; ``full`` adds what only reading it shows."""
        body = self.listed()
        del body["jobType"]
        body |= {"lineEnding": self.line_ending, "columnDelimiter": self.delimiter}
        if full:
            body |= {
                "jobType": self.kind,
                "numberRecordsProcessed": self.processed,
                "retries": self.retries,
                "totalProcessingTime": self.took_ms,
                "isPkChunkingSupported": self.chunkable,
            }
            if self.error is not None:
                body["errorMessage"] = self.error
        return body


def run(org: Org, job: QueryJob) -> None:
    """Take the result of a query job, in at least the org's ``job_seconds``."""
    began = time.monotonic()
    if org.faults.strike("query_timeout", sobject=job.sobject, path=f"/jobs/query/{job.id}"):
        job.retries = MOST_RETRIES
        raise WorkFailed(errors.bulk.QUERY_TIMEOUT)
    snapshot = org.snapshots.take(job.sql)
    job.checkpoint()
    job.pace(began, org.settings.job_seconds)
    job.snapshot = snapshot
    job.count(snapshot.rows, 0)
    job.checkpoint()
