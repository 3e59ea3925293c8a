"""Runs over HTTP.

What belongs here: their requests and answers, and the words for their states. What does not: any
decision (``flows``), moving rows (``pull``).

Wire: https://experienceleague.adobe.com/en/docs/experience-platform/dataflows/api/monitor (shape of
metrics, documented). ``sallyport`` is a key of our own: the proof, and how far a run is.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from sallyport.api import listing
from sallyport.api.bodies import BODY, JsonBody, Node
from sallyport.api.gateway import Admitted, Call, checked_id
from sallyport.api.problems import FLOW_SERVICE, ConnectorProblem, FlowProblem, spelled
from sallyport.api.resources import created, reference, stamps, versions, without_none
from sallyport.api.specs import CRM_TO_LAKE, VERSION
from sallyport.errors import NotFound
from sallyport.flows import Flow, Run, RunState

router = APIRouter(prefix=f"{FLOW_SERVICE}/runs", tags=["runs"])
FIELDS: Final = listing.STAMPED | {
    "flowId",
    "flowSpec",
    "params",
    "metrics",
    "activities",
    "sallyport",
}
WORDS: Final = {
    RunState.QUEUED: "scheduled",
    RunState.RUNNING: "inProgress",
    RunState.SUCCESS: "success",
    # a short run is never green: its error says how many rows are missing
    RunState.INCOMPLETE: "failed",
    RunState.FAILED: "failed",
}
_ACTIVITIES: Final = ["copyActivity", "promotionActivity"]
_WINDOW: Final = ("windowStartTime", "windowEndTime", "deltaColumn")


@router.post("", status_code=201, openapi_extra=dict(BODY))
def create_run(request: Request, call: Admitted, body: JsonBody) -> JSONResponse:
    """Start a run of a flow on demand; it reads the whole object."""
    listing.allow(request)
    flow = _flow(call, body)
    params = body.optional_node("params")
    not_before = _check_params(params)
    with spelled({"connection": "flowId"}):
        run = call.services.flows.start_run(
            call.actor,
            flow,
            not_before=not_before,
            params=dict(params.value) if params else None,
        )
    # the specification and the newer documents differ in shape: both are sent
    return created("runs", run, items=[reference(run)])


@router.get("", openapi_extra=dict(listing.QUERY))
def list_runs(request: Request, call: Admitted) -> dict[str, Any]:
    """List runs, newest first; ``property=flowId==…`` for those of one flow."""
    asked = listing.read(request, FIELDS)
    flow_id = asked.only("flowId")
    return listing.page(
        "runs",
        asked,
        lambda offset: call.services.runs.page(
            call.scope, flow_id=flow_id, limit=listing.MOST, offset=offset
        ),
        lambda run: show(call, run),
    )


@router.get("/{run_id}")
def get_run(request: Request, call: Admitted, run_id: str) -> dict[str, Any]:
    """Return one run in ``items``."""
    listing.allow(request)
    return {"items": [show(call, call.services.runs.get(call.scope, checked_id(run_id, "run")))]}


def status_word(run: Run) -> str:
    """Return a run's state in the Flow Service's words."""
    return WORDS[run.state]


def show(call: Call, run: Run) -> dict[str, Any]:
    """Return a run as the Flow Service shows it, with its proof under ``sallyport``."""
    progress = run.body["progress"]
    return without_none(
        {
            **stamps(call, run),
            "name": run.name,
            "flowId": run.flow_id,
            "flowSpec": {"id": CRM_TO_LAKE, "version": VERSION},
            "state": status_word(run),
            "params": run.body["request"].get("params") or None,
            "metrics": _metrics(run),
            "activities": [_copy(run), _promotion(run)],
            **versions(run),
            "sallyport": {
                "object": run.object,
                "state": run.state,
                "asOf": run.body.get("as_of"),
                "sourceRows": run.source_rows,
                "landedRows": run.landed_rows,
                "proven": run.proven,
                "progress": {name: progress.get(name) for name in ("stage", "rows", "total")},
            },
        }
    )


def _metrics(run: Run) -> dict[str, Any]:
    figures = run.body["figures"]
    return {
        "durationSummary": _duration(figures.get("started"), figures.get("completed")),
        "sizeSummary": {
            "inputBytes": figures.get("bytes_read", 0),
            "outputBytes": figures.get("bytes_written", 0),
        },
        "recordSummary": _records(run),
        "fileSummary": {
            "inputFileCount": 0,  # rows come from a query, not from files
            "outputFileCount": figures.get("files", 0),
            "activityRefs": ["promotionActivity"],
        },
        "statusSummary": {
            "status": status_word(run),
            "errors": _errors(run),
            "activityRefs": _ACTIVITIES,
        },
    }


def _records(run: Run) -> dict[str, int]:
    read = run.body["figures"].get("rows_read", run.body["progress"]["rows"])
    landed = run.landed_rows or 0
    missing = 0 if run.source_rows is None else max(0, run.source_rows - landed)
    return {
        "inputRecordCount": read,
        "outputRecordCount": landed,
        "failedRecordCount": missing,
    }


def _copy(run: Run) -> dict[str, Any]:
    """Return the first activity: out of Salesforce into staged files."""
    figures = run.body["figures"]
    done = "copied" in figures
    read = figures.get("rows_read", run.body["progress"]["rows"])
    return {
        "id": "copyActivity",
        "name": "Copy Activity",
        "updatedAtUTC": run.record.updated_at,
        "durationSummary": _duration(figures.get("started"), figures.get("copied")),
        "sizeSummary": {"inputBytes": figures.get("bytes_read", 0)},
        "recordSummary": {"inputRecordCount": read, "outputRecordCount": read},
        "fileSummary": {"outputFileCount": figures.get("files", 0)},
        "statusSummary": {
            "status": "success" if done else status_word(run),
            "errors": [] if done else _errors(run),
            "extensions": {"type": "one-time"},
        },
    }


def _promotion(run: Run) -> dict[str, Any]:
    """Return the second activity: the staged files become the dataset's, and are counted."""
    figures = run.body["figures"]
    copied = "copied" in figures
    landed = run.landed_rows or 0
    return {
        "id": "promotionActivity",
        "name": "Promotion Activity",
        "updatedAtUTC": run.record.updated_at,
        "durationSummary": _duration(figures.get("copied"), figures.get("completed")),
        "sizeSummary": {"outputBytes": figures.get("bytes_written", 0)},
        "recordSummary": {"inputRecordCount": _records(run)["inputRecordCount"]}
        | {"outputRecordCount": landed},
        "fileSummary": {"outputFileCount": figures.get("files", 0)},
        "statusSummary": {
            "status": status_word(run) if copied or run.error else "scheduled",
            "errors": _errors(run) if copied else [],
            "extensions": {"type": "one-time"},
        },
    }


def _duration(started: int | None, completed: int | None) -> dict[str, int]:
    return without_none({"startedAtUTC": started, "completedAtUTC": completed})


def _errors(run: Run) -> list[dict[str, Any]]:
    return [dict(run.error)] if run.error else []


def _flow(call: Call, body: Node) -> Flow:
    flow_id = body.optional_text("flowId")
    if not flow_id:
        raise FlowProblem(
            "1446-400", "is missing or empty.", field="flowId", cure="Send the id of a flow."
        )
    try:
        return call.services.flows.flow(call.scope, flow_id)
    except NotFound as error:
        raise FlowProblem(
            "1430-400",
            "there is no such flow in this org and sandbox.",
            field="flowId",
            received=flow_id,
            cure="GET /flows lists them.",
        ) from error


def _check_params(params: Node | None) -> int | None:
    """Return when the run is to start (seconds since 1970); refuse a window, which would narrow."""
    if params is None:
        return None
    for name in _WINDOW:
        if name in params:
            raise ConnectorProblem(
                "1384-400",
                "windows are not available in this release: a run reads the whole object.",
                field=params.place(name),
                cure=f"Leave {', '.join(_WINDOW)} out.",
            )
    return params.moment("startTime")
