"""A run's life in the store.

What belongs here: making runs and moving them along their state table. What does not: doing the
work (``pull``), deciding when (``service``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sallyport.errors import SallyportError
from sallyport.flows.model import ENDED, LIFE, Flow, Run, RunState
from sallyport.kernel import Clock, epoch_ms, new_id
from sallyport.store import Actor, Kind, Record, Scope, Store

SYSTEM = Actor("sallyport", "sallyport")


class Runs:
    """Runs of flows."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def create(
        self,
        actor: Actor,
        flow: Flow,
        object_name: str,
        *,
        condition: str | None,
        group: str | None,
        not_before: int | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Run:
        """Store a queued run of a flow."""
        body = {
            "flow_id": flow.id,
            "object": object_name,
            "request": {
                "condition": condition,
                "group": group,
                "not_before": not_before,
                "params": dict(params or {}),
            },
            "progress": {"stage": "queued", "rows": 0, "total": None},
            "figures": {},
            "proof": None,
            "error": None,
        }
        record = Record(
            Kind.RUN, new_id(), flow.scope, flow.name, RunState.QUEUED, body, parent=flow.id
        )
        return Run(self._store.insert(record, actor))

    def get(self, scope: Scope, run_id: str) -> Run:
        """Return a run; NotFound."""
        return Run(self._store.get(Kind.RUN, scope, run_id))

    def page(
        self, scope: Scope, *, flow_id: str | None = None, limit: int = 100, offset: int = 0
    ) -> tuple[list[Run], bool]:
        """List runs (of one flow, if given), newest first, and whether more follow."""
        page = self._store.page(Kind.RUN, scope, parent=flow_id, limit=limit, offset=offset)
        return [Run(record) for record in page.records], page.more

    def unfinished(self, scope: Scope, flow_id: str) -> Run | None:
        """Return the flow's newest run that has not ended, if any."""
        states = [state for state in RunState if state not in ENDED]
        page = self._store.page(Kind.RUN, scope, parent=flow_id, states=states, limit=1)
        return Run(page.records[0]) if page.records else None

    def begin(self, run: Run, as_of: str | None) -> Run:
        """Move a queued run to running (again after a crash: it stays running) with its bound."""
        started = run.body["figures"].get("started") or epoch_ms(self._clock.now())
        part = {"as_of": as_of, "figures": {**run.body["figures"], "started": started}}
        if run.state is not RunState.RUNNING:
            LIFE.check(run.state, RunState.RUNNING)
        return self._save(run, RunState.RUNNING, part)

    def progress(self, run: Run, stage: str, rows: int, total: int | None) -> None:
        """Say how far a run is; never a decision, so it leaves the version alone."""
        part = {"progress": {"stage": stage, "rows": rows, "total": total}}
        self._store.patch_body(Kind.RUN, run.scope, run.id, part)

    def finish(
        self, run: Run, *, source_rows: int, landed_rows: int, figures: Mapping[str, Any]
    ) -> Run:
        """End a run by its proof: success only if what landed is what the source counts."""
        proven = source_rows == landed_rows
        state = RunState.SUCCESS if proven else RunState.INCOMPLETE
        error = None
        if not proven:
            difference = source_rows - landed_rows
            what = f"{difference} short" if difference > 0 else f"{-difference} too many"
            error = {
                "code": "INCOMPLETE",
                "message": f"The source counts {source_rows} rows as of the run's upper bound, "
                f"{landed_rows} were read: {what}. Run it again.",
            }
        part = {
            "proof": {"source_rows": source_rows, "landed_rows": landed_rows, "proven": proven},
            "progress": {"stage": "done", "rows": landed_rows, "total": source_rows},
            "figures": {**run.body["figures"], **figures, "completed": epoch_ms(self._clock.now())},
            "error": error,
        }
        return self._end(run, state, part)

    def fail(self, run: Run, error: SallyportError) -> Run:
        """End a run early, with the reason."""
        code = getattr(error, "code", None) or type(error).__name__
        part = {
            "error": {"code": code, "message": error.sentence()},
            "figures": {**run.body["figures"], "completed": epoch_ms(self._clock.now())},
        }
        return self._end(run, RunState.FAILED, part)

    def _end(self, run: Run, state: RunState, part: Mapping[str, Any]) -> Run:
        if run.state in ENDED:  # the step that ended it runs again after a crash
            return run
        LIFE.check(run.state, state)
        return self._save(run, state, part)

    def _save(self, run: Run, state: RunState, part: Mapping[str, Any]) -> Run:
        record = replace(run.record, state=state, body={**run.body, **part})
        return Run(self._store.update(record, SYSTEM))
