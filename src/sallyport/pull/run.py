"""A run, as a durable workflow of coarse steps.

What belongs here: the order of steps, and what each may assume after a crash. What does not: how a
step does its work (``plan``, ``read``, ``flows.runs``).

    plan → submit → await → read (wave after wave) → count → commit → end

Every step may run again. Planning again gives the bound already recorded with the run. Submitting
again makes a second job; the first is left to expire. A wave overwrites its own files. The commit
carries the run's id, so a second one finds itself done. Nothing is visible in the dataset before
the commit, and the dataset is replaced only by a read that is proven complete: rows of one that is
not are appended, latest row wins, so that a short read never takes away what was there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import structlog

from sallyport.connections import Connection, Connections
from sallyport.datasets.base import Lake, StagedFile
from sallyport.datasets.schema import grow
from sallyport.errors import SallyportError
from sallyport.flows import Catalog, Flow, Flows, Run, Runs, Source
from sallyport.flows.model import ENDED
from sallyport.jobs.retry import Retry
from sallyport.kernel import Clock, epoch_ms
from sallyport.pull.plan import Plan, make_plan
from sallyport.pull.read import Reading, read_wave
from sallyport.salesforce import bulk_query
from sallyport.salesforce.clock import org_time
from sallyport.salesforce.columns import arrow_schema
from sallyport.salesforce.rest_query import count_rows
from sallyport.salesforce.session import OrgClient
from sallyport.store import Scope

if TYPE_CHECKING:  # the engine is imported only by processes that launch it
    from sallyport.jobs.engine import Steps

WAVE_PAGES = 8
PATIENT = Retry(attempts=8)
_PROGRESS_SECONDS = 0.5
_JOB_SECONDS = 24 * 3600.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Work:
    """What a step works with."""

    run: Run
    flow: Flow
    source: Source
    connection: Connection
    org: OrgClient
    dataset_id: str


@dataclass(frozen=True)
class Pull:
    """Executes runs; ``workflow`` is what the durable engine calls, again after a crash."""

    connections: Connections
    catalog: Catalog
    flows: Flows
    runs: Runs
    lake: Lake
    clock: Clock
    page_rows: int
    streams: int

    def workflow(self, steps: Steps, argument: dict[str, Any]) -> str:
        """Execute the run named in ``argument`` and return the state it ended in."""
        scope = Scope(argument["org"], argument["sandbox"])
        run_id = str(argument["run_id"])
        if argument.get("not_before"):
            wait = float(argument["not_before"]) - self.clock.now().timestamp()
            steps.sleep(max(0.0, wait))  # recorded: a replay sleeps only what is left
        try:
            return self._execute(steps, scope, run_id)
        except SallyportError as error:
            log.warning("run.failed", run_id=run_id, why=error.message)
            return str(steps.run("fail", self._fail, scope, run_id, error))

    def _execute(self, steps: Steps, scope: Scope, run_id: str) -> str:
        plan = steps.run("plan", self._plan, scope, run_id, retry=PATIENT)
        job_id = str(steps.run("submit", self._submit, scope, run_id, plan, retry=PATIENT))
        steps.run("await", self._await, scope, run_id, job_id, retry=PATIENT)
        files: list[dict[str, Any]] = []
        locator: str | None = None
        figures = {"bytes_read": 0, "rows_read": 0}
        number = 0
        while number == 0 or locator is not None:
            rows = figures["rows_read"]
            place = {"job_id": job_id, "number": number, "start": locator, "rows": rows}
            wave = steps.run(
                f"read {number}", self._read, scope, run_id, plan, place, retry=PATIENT
            )
            files += wave["files"]
            figures["bytes_read"] += wave["bytes_read"]
            figures["rows_read"] += wave["rows"]
            locator = wave["next"]
            number += 1
        copied = steps.run("count", self._count, scope, run_id, plan, retry=PATIENT)
        source_rows = copied["source_rows"]
        figures |= {"copied": copied["at"]}
        figures |= steps.run("commit", self._commit, scope, run_id, plan, files, source_rows)
        state = steps.run("end", self._end, scope, run_id, source_rows, figures)
        steps.run("clean", self._clean, scope, run_id, job_id)
        return str(state)

    def _plan(self, scope: Scope, run_id: str) -> dict[str, Any]:
        """Fix the upper bound and the columns; begin the run."""
        work = self._work(scope, run_id)
        mapping_id = work.flow.mapping_id
        mapping = self.catalog.mapping(scope, mapping_id) if mapping_id else None
        recorded = work.run.body.get("as_of")
        # the org's clock, not ours: stamps are written by it
        upper = datetime.fromisoformat(recorded) if recorded else org_time(work.org)
        plan = make_plan(
            self.connections.describe(work.connection, work.source.object),
            wanted=work.source.columns,
            pairs=mapping.pairs if mapping else None,
            condition=work.run.condition,
            upper=upper,
        )
        if not plan.whole and self.lake.exists(work.dataset_id):
            # a part is added to what is there, so say now, not after reading, if it would not fit
            grow(self.lake.state(work.dataset_id).schema, _landed_schema(plan))
        self.runs.begin(work.run, plan.as_of)
        return plan.to_json()

    def _submit(self, scope: Scope, run_id: str, plan_json: dict[str, Any]) -> str:
        """Hand the query to Salesforce as a Bulk API 2.0 job; return the job's id."""
        plan = Plan.from_json(plan_json)
        org = self._work(scope, run_id).org
        return bulk_query.create(org, plan.soql, all_rows=plan.all_rows).id

    def _await(self, scope: Scope, run_id: str, job_id: str) -> int:
        """Wait until the job's result is ready; return Salesforce's own count of its rows."""
        work = self._work(scope, run_id)
        job = bulk_query.wait(
            work.org,
            job_id,
            clock=self.clock,
            sleep=time.sleep,
            on_progress=lambda job: self.runs.progress(
                work.run, "querying", 0, job.records_processed or None
            ),
            deadline=self.clock.monotonic() + _JOB_SECONDS,
        )
        return job.records_processed

    def _read(
        self, scope: Scope, run_id: str, plan_json: dict[str, Any], place: dict[str, Any]
    ) -> dict[str, Any]:
        """Read one wave of result pages into staged files."""
        plan = Plan.from_json(plan_json)
        work = self._work(scope, run_id)
        reading = Reading(
            org=work.org,
            job_id=place["job_id"],
            columns=plan.columns,
            schema=_landed_schema(plan),
            lake=self.lake,
            dataset_id=work.dataset_id,
            run_id=run_id,
            page_rows=self.page_rows,
            streams=self.streams,
            on_rows=self._reporter(work.run, int(place["rows"])),
        )
        self.lake.create(work.dataset_id, reading.schema, name=plan.object)
        return read_wave(reading, int(place["number"]), place["start"], WAVE_PAGES).to_json()

    def _count(self, scope: Scope, run_id: str, plan_json: dict[str, Any]) -> dict[str, int]:
        """Count at the source what the read should have brought, against the same bound."""
        plan = Plan.from_json(plan_json)
        org = self._work(scope, run_id).org
        at = epoch_ms(self.clock.now())
        return {"source_rows": count_rows(org, plan.count_soql, all_rows=plan.all_rows), "at": at}

    def _commit(
        self,
        scope: Scope,
        run_id: str,
        plan_json: dict[str, Any],
        files_json: list[dict[str, Any]],
        source_rows: int,
    ) -> dict[str, int]:
        """Make the staged files the dataset's, in one commit."""
        plan = Plan.from_json(plan_json)
        files = [StagedFile.from_json(file) for file in files_json]
        proven = sum(file.rows for file in files) == source_rows
        commit = self.lake.commit(
            self._work(scope, run_id).dataset_id,
            run_id=run_id,
            files=files,
            schema=_landed_schema(plan),
            mode="replace" if proven and plan.whole else "append",
        )
        return {"files": commit.files, "bytes_written": commit.bytes, "version": commit.version}

    def _end(self, scope: Scope, run_id: str, source_rows: int, figures: dict[str, Any]) -> str:
        """Compare what is in the dataset with what the source counted, and end the run by it."""
        work = self._work(scope, run_id)
        landed = self.lake.rows_of(work.dataset_id, run_id=run_id) or 0
        ended = self.runs.finish(
            work.run, source_rows=source_rows, landed_rows=landed, figures=figures
        )
        log.info("run.ended", run_id=run_id, state=ended.state, rows=landed, source=source_rows)
        return ended.state

    def _clean(self, scope: Scope, run_id: str, job_id: str) -> bool:
        """Remove what a crash may have left behind: the job, and files of waves read twice.

        The run has ended; the job would expire by itself, so a refusal here changes nothing.
        """
        work = self._work(scope, run_id)
        self.lake.discard(work.dataset_id, run_id=run_id)
        try:
            bulk_query.delete(work.org, job_id)
        except SallyportError as error:
            log.info("run.job_left", run_id=run_id, job_id=job_id, why=error.message)
            return False
        return True

    def _fail(self, scope: Scope, run_id: str, error: SallyportError) -> str:
        """End the run with the reason; what it staged is removed."""
        run = self.runs.get(scope, run_id)
        flow = self.flows.flow(scope, run.flow_id)
        dataset_id = self.flows.target(scope, flow.target_id).dataset_id
        if run.state not in ENDED and self.lake.exists(dataset_id):
            self.lake.discard(dataset_id, run_id=run_id)
        return self.runs.fail(run, error).state

    def _work(self, scope: Scope, run_id: str) -> _Work:
        """Look up, as it stands now, everything a step of this run needs."""
        run = self.runs.get(scope, run_id)
        flow = self.flows.flow(scope, run.flow_id)
        source = self.flows.source(scope, flow.source_id)
        target = self.flows.target(scope, flow.target_id)
        connection = self.connections.get(scope, source.connection_id)
        org = self.connections.client(connection)
        return _Work(run, flow, source, connection, org, target.dataset_id)

    def _reporter(self, run: Run, before: int) -> Callable[[int], None]:
        """Return a counter that says, at most twice a second, how far the run is; thread-safe."""
        lock = threading.Lock()
        done = before
        said = 0.0
        total = (run.body.get("progress") or {}).get("total")

        def on_rows(rows: int) -> None:
            nonlocal done, said
            with lock:
                done += rows
                if time.monotonic() - said < _PROGRESS_SECONDS:
                    return
                said = time.monotonic()
                now = done
            self.runs.progress(run, "reading", now, total)

        return on_rows


def _landed_schema(plan: Plan) -> pa.Schema:
    names = [column.landed for column in plan.columns]
    return pa.schema(
        [
            field.with_name(name)
            for field, name in zip(arrow_schema(plan.columns), names, strict=True)
        ]
    )
