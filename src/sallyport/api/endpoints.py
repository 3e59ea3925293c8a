"""Source and target connections over HTTP: the two ends a flow joins.

What belongs here: their requests and answers. What does not: any decision (``flows``).

Wire: https://experienceleague.adobe.com/en/docs/experience-platform/sources/api-tutorials/collect/crm
(documented).
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from sallyport.api import listing
from sallyport.api.bodies import BODY, JsonBody, Node
from sallyport.api.gateway import Admitted, Call, checked_id
from sallyport.api.problems import FLOW_SERVICE, ConnectorProblem, no_such_table, spelled
from sallyport.api.resources import created, stamps, versions, without_none
from sallyport.api.specs import DATA_LAKE, SALESFORCE, VERSION, check_spec
from sallyport.errors import NotFound
from sallyport.flows import Source, Target

router = APIRouter(prefix=FLOW_SERVICE)
SOURCE_FIELDS: Final = listing.STAMPED | {
    "baseConnectionId",
    "connectionSpec",
    "data",
    "params",
    "inheritedAttributes",
}
TARGET_FIELDS: Final = listing.STAMPED | {"connectionSpec", "data", "params"}


@router.post(
    "/sourceConnections", status_code=201, openapi_extra=dict(BODY), tags=["sourceConnections"]
)
def create_source(request: Request, call: Admitted, body: JsonBody) -> JSONResponse:
    """Name an object of a base connection as a flow's source; Salesforce is asked if it exists."""
    listing.allow(request)
    name = body.text("name")
    base_id = body.text("baseConnectionId")
    check_spec(body, "connectionSpec", SALESFORCE)
    wire = _wire(body)
    table, columns = _read_table(body.node("params"))
    with spelled({"id": "baseConnectionId"}):
        base = call.services.connections.get(call.scope, base_id)
    try:
        with spelled({"columns": "params.columns", "connection": "baseConnectionId"}):
            source = call.services.flows.create_source(
                call.scope,
                call.actor,
                name=name,
                connection_id=base.id,
                object_name=table,
                columns=columns,
                wire=wire,
            )
    except NotFound as error:
        raise no_such_table(error, "params.tableName") from error
    return created("sourceConnections", source)


@router.get("/sourceConnections", openapi_extra=dict(listing.QUERY), tags=["sourceConnections"])
def list_sources(request: Request, call: Admitted) -> dict[str, Any]:
    """List source connections, newest first."""
    return listing.page(
        "sourceConnections",
        listing.read(request, SOURCE_FIELDS),
        lambda offset: call.services.flows.sources(call.scope, offset=offset),
        lambda source: show_source(call, source),
    )


@router.get("/sourceConnections/{source_id}", tags=["sourceConnections"])
def get_source(request: Request, call: Admitted, source_id: str) -> dict[str, Any]:
    """Return one source connection in ``items``."""
    listing.allow(request)
    source = call.services.flows.source(call.scope, checked_id(source_id, "source connection"))
    return {"items": [show_source(call, source)]}


@router.post(
    "/targetConnections", status_code=201, openapi_extra=dict(BODY), tags=["targetConnections"]
)
def create_target(request: Request, call: Admitted, body: JsonBody) -> JSONResponse:
    """Name a dataset as a flow's target."""
    listing.allow(request)
    name = body.text("name")
    check_spec(body, "connectionSpec", DATA_LAKE)
    wire = _wire(body)
    dataset_id = body.node("params").text("dataSetId")
    with spelled({"dataSetId": "params.dataSetId"}):
        dataset = call.services.catalog.dataset(call.scope, dataset_id)
    _check_schema(body.node("data"), dataset.schema_uri)
    target = call.services.flows.create_target(
        call.scope, call.actor, name=name, dataset_id=dataset.id, wire=wire
    )
    return created("targetConnections", target)


@router.get("/targetConnections", openapi_extra=dict(listing.QUERY), tags=["targetConnections"])
def list_targets(request: Request, call: Admitted) -> dict[str, Any]:
    """List target connections, newest first."""
    return listing.page(
        "targetConnections",
        listing.read(request, TARGET_FIELDS),
        lambda offset: call.services.flows.targets(call.scope, offset=offset),
        lambda target: show_target(call, target),
    )


@router.get("/targetConnections/{target_id}", tags=["targetConnections"])
def get_target(request: Request, call: Admitted, target_id: str) -> dict[str, Any]:
    """Return one target connection in ``items``."""
    listing.allow(request)
    target = call.services.flows.target(call.scope, checked_id(target_id, "target connection"))
    return {"items": [show_target(call, target)]}


def show_source(call: Call, source: Source) -> dict[str, Any]:
    """Return a source connection as the Flow Service shows it."""
    wire = source.body["wire"]
    base = {"id": source.connection_id, "connectionSpec": _spec(SALESFORCE)}
    params: dict[str, Any] = {"tableName": source.object}
    if source.columns is not None:
        params["columns"] = [{"name": name} for name in source.columns]
    return without_none(
        {
            **stamps(call, source),
            "name": source.name,
            "description": wire.get("description"),
            "baseConnectionId": source.connection_id,
            "state": source.record.state,
            "data": wire.get("data", {"format": "tabular"}),
            "params": {**params, **wire.get("params", {}), "tableName": source.object},
            "connectionSpec": _spec(SALESFORCE),
            **versions(source),
            "inheritedAttributes": {"baseConnection": base},
        }
    )


def show_target(call: Call, target: Target) -> dict[str, Any]:
    """Return a target connection as the Flow Service shows it."""
    wire = target.body["wire"]
    return without_none(
        {
            **stamps(call, target),
            "name": target.name,
            "description": wire.get("description"),
            "state": target.record.state,
            "data": wire.get("data", {}),
            "params": {**wire.get("params", {}), "dataSetId": target.dataset_id},
            "connectionSpec": _spec(DATA_LAKE),
            **versions(target),
        }
    )


def _read_table(params: Node) -> tuple[str, list[str] | None]:
    """Return the object's name and the columns asked for (None: all)."""
    table = params.text("tableName", example="Account")
    if "filters" in params:
        # ignoring it would read rows that were meant to stay where they are
        raise ConnectorProblem(
            "1349-400",
            "row filters are not available in this release.",
            field="params.filters",
            cure="Leave them out; the whole object is read.",
        )
    if "columns" not in params:
        return table, None
    return table, [column.text("name") for column in params.nodes("columns")]


def _check_schema(data: Node, expected: str) -> None:
    schema = data.optional_node("schema")
    given = schema.optional_text("id") if schema else None
    if schema and given is not None and given != expected:
        raise ConnectorProblem(
            "1307-400",
            "is not the schema of the dataset.",
            field=schema.place("id"),
            received=given,
            cure=f"Use {expected}, or leave the schema out.",
        )


def _wire(body: Node) -> dict[str, Any]:
    """Return what was posted and is shown again as it is."""
    data, params = body.node("data"), body.node("params")
    description = body.optional_text("description")
    return without_none(
        {"description": description, "data": dict(data.value), "params": dict(params.value)}
    )


def _spec(spec_id: str) -> dict[str, str]:
    return {"id": spec_id, "version": VERSION}
