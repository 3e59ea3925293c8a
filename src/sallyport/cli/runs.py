"""``sallyport runs``: what was copied, when, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sallyport.cli import display
from sallyport.cli.installation import Installation, opened
from sallyport.cli.options import AsJson
from sallyport.errors import NotFound

if TYPE_CHECKING:
    from sallyport.flows import Run


def runs(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many runs to list.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List runs, newest first."""
    with opened() as here:
        found, more = here.services.runs.page(here.scope, limit=limit)
        names = {flow_id: _connection_of(here, flow_id) for flow_id in {r.flow_id for r in found}}
        documents = [_document(run, names[run.flow_id]) for run in found]
    if as_json:
        display.emit(documents)
        return
    display.table(
        ("run", "object", "connection", "state", "rows", "of", "as of", "seconds", "error"),
        [
            (
                each["run_id"],
                each["object"],
                each["connection"] or each["flow"],
                each["state"],
                display.count(each["landed_rows"]),
                display.count(each["source_rows"]),
                each["as_of"],
                each["seconds"],
                display.shortened((each["error"] or {}).get("message")),
            )
            for each in documents
        ],
        right=(4, 5, 7),
    )
    if more:
        display.say(f"There are more; --limit {min(limit * 10, 1000)} lists further back.")


def _connection_of(here: Installation, flow_id: str) -> str | None:
    """Return the name of the connection a flow reads through; None once it was removed."""
    services = here.services
    try:
        flow = services.flows.flow(here.scope, flow_id)
        source = services.flows.source(here.scope, flow.source_id)
        return services.connections.get(here.scope, source.connection_id).name
    except NotFound:
        return None


def _document(run: Run, connection: str | None) -> dict[str, Any]:
    figures = run.body["figures"]
    started, completed = figures.get("started"), figures.get("completed")
    seconds = None if started is None or completed is None else (completed - started) / 1000
    return {
        "run_id": run.id,
        "group": run.group,
        "object": run.object,
        "connection": connection,
        "flow": run.name,
        "state": run.state,
        "where": run.condition,
        "source_rows": run.source_rows,
        "landed_rows": run.landed_rows,
        "proven": run.proven,
        "as_of": (run.body.get("as_of") or "").replace("+00:00", "Z") or None,
        "started_at": display.moment(started),
        "seconds": seconds,
        "error": run.error,
    }
