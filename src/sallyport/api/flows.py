"""Flows over HTTP.

What belongs here: their requests and answers. What does not: source and target connections
(``endpoints``), runs (``runs``), any decision (``flows``).

Wire: https://experienceleague.adobe.com/en/docs/experience-platform/sources/api-tutorials/collect/crm
(documented). In this release a flow runs once, or on demand: repeating schedules are refused.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from sallyport.api import listing
from sallyport.api.bodies import BODY, JsonBody, Node, shown
from sallyport.api.endpoints import show_source
from sallyport.api.gateway import Admitted, Call, checked_id
from sallyport.api.problems import FLOW_SERVICE, ConnectorProblem, FlowProblem, spelled
from sallyport.api.resources import created, stamps, versions, without_none
from sallyport.api.runs import status_word
from sallyport.api.specs import CRM_TO_LAKE, DATA_LAKE, VERSION, check_spec
from sallyport.errors import NotFound
from sallyport.flows import Flow, NewFlow

router = APIRouter(prefix=f"{FLOW_SERVICE}/flows", tags=["flows"])
FIELDS: Final = listing.STAMPED | {
    "flowSpec",
    "sourceConnectionIds",
    "targetConnectionIds",
    "transformations",
    "scheduleParams",
    "inheritedAttributes",
    "runs",
    "lastOperation",
    "lastRunDetails",
}
_SPELLING: Final = {"connection": "sourceConnectionIds", "flowId": "sourceConnectionIds"}


@router.post("", status_code=201, openapi_extra=dict(BODY))
def create_flow(request: Request, call: Admitted, body: JsonBody) -> JSONResponse:
    """Join a source and a target; with ``scheduleParams`` its one run is started."""
    listing.allow(request)
    mapping = _mapping(body)
    new = _read(call, body, mapping)
    place = mapping.place("mappingId") if mapping else "transformations"
    with spelled(_SPELLING | {"columns": place, "transformations.mappingId": place}):
        flow = call.services.flows.create_flow(call.scope, call.actor, new)
    return created("flows", flow)


@router.get("", openapi_extra=dict(listing.QUERY))
def list_flows(request: Request, call: Admitted) -> dict[str, Any]:
    """List flows, newest first."""
    return listing.page(
        "flows",
        listing.read(request, FIELDS),
        lambda offset: call.services.flows.flows(call.scope, offset=offset),
        lambda flow: show(call, flow),
    )


@router.get("/{flow_id}")
def get_flow(request: Request, call: Admitted, flow_id: str) -> dict[str, Any]:
    """Return one flow in ``items``."""
    listing.allow(request)
    flow = call.services.flows.flow(call.scope, checked_id(flow_id, "flow"))
    return {"items": [show(call, flow)]}


def show(call: Call, flow: Flow) -> dict[str, Any]:
    """Return a flow as the Flow Service shows it."""
    wire = flow.body["wire"]
    record = flow.record
    return without_none(
        {
            **stamps(call, flow),
            "name": flow.name,
            "description": flow.body.get("description"),
            "flowSpec": {"id": CRM_TO_LAKE, "version": VERSION},
            "state": record.state,
            "sourceConnectionIds": [flow.source_id],
            "targetConnectionIds": [flow.target_id],
            "inheritedAttributes": _inherited(call, flow),
            "transformations": wire.get("transformations", _transformations(flow)),
            "scheduleParams": wire.get("scheduleParams"),
            "runs": f"/runs?property=flowId=={flow.id}",
            "lastOperation": {
                "started": record.created_at,
                "updated": record.created_at,
                "percentCompleted": 100,
                "status": {"value": "success", "errors": []},
                "operation": "create",
            },
            "lastRunDetails": _last_run(call, flow),
            **versions(flow),
        }
    )


def _inherited(call: Call, flow: Flow) -> dict[str, Any]:
    source = show_source(call, call.services.flows.source(call.scope, flow.source_id))
    return {
        "sourceConnections": [
            {
                "id": source["id"],
                "connectionSpec": source["connectionSpec"],
                "baseConnection": source["inheritedAttributes"]["baseConnection"],
            }
        ],
        "targetConnections": [
            {"id": flow.target_id, "connectionSpec": {"id": DATA_LAKE, "version": VERSION}}
        ],
        "properties": {"isSourceFlow": True},
    }


def _transformations(flow: Flow) -> list[dict[str, Any]]:
    """Return the transformations of a flow that was made at the terminal."""
    if flow.mapping_id is None:
        return []
    return [{"name": "Mapping", "params": {"mappingId": flow.mapping_id}}]


def _last_run(call: Call, flow: Flow) -> dict[str, Any] | None:
    runs, _ = call.services.runs.page(call.scope, flow_id=flow.id, limit=1)
    if not runs:
        return None
    figures = runs[0].body["figures"]
    return without_none(
        {
            "id": runs[0].id,
            "state": status_word(runs[0]),
            "startedAtUTC": figures.get("started"),
            "completedAtUTC": figures.get("completed"),
        }
    )


def _read(call: Call, body: Node, mapping: Node | None) -> NewFlow:
    name = body.text("name")
    if "state" in body:
        raise FlowProblem(
            "1410-400",
            "cannot be set when a flow is made.",
            field="state",
            cure="Leave it out; a flow is made enabled.",
        )
    check_spec(body, "flowSpec", CRM_TO_LAKE)
    source_id, target_id = (
        _one(body, field) for field in ("sourceConnectionIds", "targetConnectionIds")
    )
    with spelled({"id": "sourceConnectionIds"}):
        call.services.flows.source(call.scope, source_id)
    with spelled({"id": "targetConnectionIds"}):
        call.services.flows.target(call.scope, target_id)
    shown_again = ("transformations", "scheduleParams")
    return NewFlow(
        name,
        source_id,
        target_id,
        mapping_id=_checked_mapping(call, mapping) if mapping else None,
        description=body.optional_text("description"),
        start_at=_start(body.optional_node("scheduleParams")),
        wire={field: body.value[field] for field in shown_again if field in body},
    )


def _one(body: Node, field: str) -> str:
    ids = body.texts(field)
    if len(ids) != 1:
        raise ConnectorProblem(
            "1321-400",
            "must name exactly one.",
            field=field,
            received=shown(ids),
            cure="A flow has one source and one target; make one flow for each object.",
        )
    return ids[0]


def _mapping(body: Node) -> Node | None:
    """Return the parameters of the mapping, if there is one; refuse what we do not do."""
    found: Node | None = None
    for step in body.nodes("transformations") if "transformations" in body else []:
        name = step.text("name", example="Mapping")
        if name == "Mapping":
            found = step.node("params")
        elif name != "Copy":
            raise ConnectorProblem(
                "1370-400",
                "is not a transformation of this release.",
                field=step.place("name"),
                received=name,
                cure='Use {"name": "Mapping", "params": {"mappingId": "…"}}.',
            )
        elif (params := step.optional_node("params")) is not None and "deltaColumn" in params:
            raise ConnectorProblem(
                "1369-400",
                "a delta column is for repeating schedules, which this release does not have.",
                field=params.place("deltaColumn"),
                cure="Leave it out; every run reads the whole object.",
            )
    return found


def _checked_mapping(call: Call, params: Node) -> str:
    """Return the mapping set's id; refuse a version that it does not have."""
    mapping_id = params.text("mappingId")
    wanted = params.whole_number("mappingVersion")
    if wanted is None:
        return mapping_id
    try:
        version = call.services.catalog.mapping(call.scope, mapping_id).body["version"]
    except NotFound:
        return mapping_id  # making the flow refuses it with the cure
    if wanted != version:
        raise FlowProblem(
            "1412-400",
            "is not the mapping set's version.",
            field=params.place("mappingVersion"),
            received=str(wanted),
            cure=f"Send {version}, or leave it out.",
        )
    return mapping_id


def _start(schedule: Node | None) -> int | None:
    """Return when the flow's one run starts, in seconds since 1970; None without a schedule."""
    if schedule is None:
        return None
    frequency = schedule.text("frequency", example="once").lower()
    if frequency != "once":
        raise ConnectorProblem(
            "1397-400",
            "repeating schedules are not available in this release."
            if frequency in ("minute", "hour", "day", "week")
            else "is not a frequency.",
            field="scheduleParams.frequency",
            received=frequency,
            cure="Use once; or leave scheduleParams out and start runs with POST /runs.",
        )
    for name, code in (("interval", "1361-400"), ("backfill", "1364-400")):
        if name in schedule:
            raise ConnectorProblem(
                code,
                "cannot be combined with the frequency once.",
                field=schedule.place(name),
                cure="Leave it out.",
            )
    start = schedule.moment("startTime")
    if start is None:
        schedule.missing("startTime", "Send seconds since 1970, like 1567411548.")
    return start
