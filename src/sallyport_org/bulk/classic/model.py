"""Jobs and batches of Bulk API 1.0, and what their records say.

What belongs here: states, counts, and the keys of jobInfo and batchInfo. What does not: the wire
(``wire``) and the work (``running``).

Keys documented: https://developer.salesforce.com/docs/platform/api-asynch/guide/asynch-api-reference-jobinfo.html
and https://developer.salesforce.com/docs/platform/api-asynch/guide/asynch-api-reference-batchinfo.html
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal

from sallyport_org.bulk.jobs import Job
from sallyport_org.bulk.spool import Spool
from sallyport_org.bulk.work import Work
from sallyport_org.rows.snapshot import Snapshot
from sallyport_org.soql import Plan

ContentType = Literal["CSV", "JSON", "XML"]
QUERIES = ("query", "queryAll")


@dataclass(frozen=True, slots=True)
class Chunking:
    """What ``Sforce-Enable-PKChunking`` asks: rows a chunk, parent object, first id."""

    size: int
    parent: str | None = None
    start_row: str | None = None


@dataclass(frozen=True, slots=True)
class IdRange:
    """The ids of one chunk: from ``first`` on, up to but without ``after``; None leaves it open."""

    field: str
    first: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What a query batch found: the rows, and the plan that says what they are."""

    id: str
    snapshot: Snapshot
    plan: Plan

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns, as CSV writes them."""
        return tuple(".".join(one.path) for one in self.plan.outputs)


@dataclass(kw_only=True, eq=False)
class Batch(Work):
    """One batch: what was sent, and what came of it.

    ``results`` hold the answers of rows written, in order; ``found`` the rows of a query.
    """

    moves: ClassVar[dict[str, tuple[str, ...]]] = {
        "Queued": ("InProgress", "NotProcessed"),
        "InProgress": ("Completed", "Failed", "NotProcessed"),
        "Completed": (),
        "Failed": (),
        "NotProcessed": (),
    }
    done: ClassVar[str] = "Completed"
    dropped: ClassVar[str] = "NotProcessed"

    state: str = "Queued"
    job_id: str
    request: Spool
    results: Spool = field(default_factory=Spool)
    found: QueryResult | None = None
    chunk: IdRange | None = None

    def info(self) -> dict[str, Any]:
        """Return batchInfo; moments as datetimes, null where there is nothing to say."""
        return {
            "id": self.id,
            "jobId": self.job_id,
            "state": self.state,
            "stateMessage": self.error,
            "createdDate": self.created,
            "systemModstamp": self.stamped or self.created,
            "numberRecordsProcessed": self.processed,
            "numberRecordsFailed": self.failed,
            "totalProcessingTime": self.took_ms,
            "apiActiveProcessingTime": self.took_ms,
            "apexProcessingTime": 0,
        }


@dataclass(kw_only=True, eq=False)
class ClassicJob(Job):
    """One job of Bulk API 1.0 and its batches, in the order they were added."""

    kind: ClassVar[Literal["V2Query", "V2Ingest", "Classic"]] = "Classic"
    collection: ClassVar[str] = "services/async/job"
    moves: ClassVar[dict[str, tuple[str, ...]]] = {
        "Open": ("Closed", "Aborted"),
        "Closed": (),
        "Aborted": (),
        "Failed": (),
    }
    done: ClassVar[str] = "Closed"

    state: str = "Open"
    content_type: ContentType
    external_id: str | None = None
    assignment_rule: str | None = None
    chunking: Chunking | None = None
    batches: list[Batch] = field(default_factory=list)
    turn: threading.Lock = field(default_factory=threading.Lock, repr=False)
    """Held by the batch at work, where only one may be."""

    @property
    def terminal(self) -> bool:
        """True once no batch can change any more and none can be added."""
        return not self.moves[self.state] and all(one.terminal for one in self.batches)

    @property
    def is_query(self) -> bool:
        """True for jobs whose batches are SOQL."""
        return self.operation in QUERIES

    @property
    def snapshots(self) -> frozenset[Snapshot]:
        """What its query batches found."""
        return frozenset(one.found.snapshot for one in self.batches if one.found is not None)

    @property
    def spooled(self) -> int:
        """How many bytes requests and results of its batches take on disk."""
        return sum(one.request.size + one.results.size for one in self.batches)

    def move(self, state: str, now: datetime) -> bool:
        """Go to a state; an aborted job takes its unfinished batches with it."""
        moved = super().move(state, now)
        if moved and state == "Aborted":
            self.drop_batches(now)
        return moved

    def drop_batches(self, now: datetime) -> None:
        """Give up every batch that is not finished."""
        for one in list(self.batches):
            one.move(one.dropped, now)

    def stop(self) -> None:
        """Have whoever works on its batches stop."""
        super().stop()
        for one in list(self.batches):
            one.stop()

    def listed(self) -> dict[str, Any]:
        """Return what a list of jobs (of Bulk API 2.0) says about it."""
        return super().listed() | {"contentType": self.content_type}

    def info(self) -> dict[str, Any]:
        """Return jobInfo; moments as datetimes, null where there is nothing to say."""
        states = [one.state for one in self.batches]
        body = {
            "id": self.id,
            "operation": self.operation,
            "object": self.sobject,
            "createdById": self.created_by,
            "createdDate": self.created,
            "systemModstamp": self.stamped or self.created,
            "state": self.state,
            "externalIdFieldName": self.external_id,
            "assignmentRuleId": self.assignment_rule,
            "concurrencyMode": self.concurrency,
            "contentType": self.content_type,
        }
        for state in ("Queued", "InProgress", "Completed", "Failed"):
            body[f"numberBatches{state}"] = states.count(state)
        return body | {
            "numberBatchesTotal": len(states),
            "numberRecordsProcessed": sum(one.processed for one in self.batches),
            "numberRetries": self.retries,
            "apiVersion": float(self.version),
            "numberRecordsFailed": sum(one.failed for one in self.batches),
            "totalProcessingTime": sum(one.took_ms for one in self.batches),
            "apiActiveProcessingTime": sum(one.took_ms for one in self.batches),
            "apexProcessingTime": 0,
            "fastPathEnabled": False,
        }
