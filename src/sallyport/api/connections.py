"""Base connections over HTTP.

What belongs here: their requests and answers. What does not: exploring and testing
(``exploring``), any decision (``connections``).

Wire: https://experienceleague.adobe.com/en/docs/experience-platform/sources/api-tutorials/create/crm/salesforce
(documented).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse

from sallyport.api import listing
from sallyport.api.bodies import BODY, JsonBody, Node
from sallyport.api.gateway import Admitted, Call, checked_id
from sallyport.api.problems import FLOW_SERVICE, FlowProblem, spelled
from sallyport.api.resources import created, stamps, versions, without_none
from sallyport.api.specs import (
    NAMES_OF_KEYS,
    SALESFORCE,
    SPEC_NAMES,
    VERSION,
    camel,
    check_spec,
)
from sallyport.connections import AUTH_SPECS, Connection, NewConnection, auth_spec
from sallyport.errors import Conflict, SallyportError
from sallyport.kernel import MASK

router = APIRouter(prefix=f"{FLOW_SERVICE}/connections", tags=["connections"])
FIELDS: Final = listing.STAMPED | {"connectionSpec", "auth", "lastOperation"}

SPELLING: Final = {
    spelling: f"auth.params.{camel(parameter.name)}"
    for spec in AUTH_SPECS
    for parameter in spec.parameters
    for spelling in (parameter.name, camel(parameter.name))
} | {"auth": "auth.specName"}
"""The services' names of parameters → where they stand in a connection's body."""

_STATES: Final = {"authorization_required": "disabled"}
"""States the Flow Service has no word for → the nearest it has; ``lastOperation`` says why."""


@router.post("", status_code=201, openapi_extra=dict(BODY))
def create_connection(request: Request, call: Admitted, body: JsonBody) -> JSONResponse:
    """Verify credentials and make a base connection.

    201 ``{"id", "etag"}``; 400 FLOW-1100-400 with Salesforce's words when it refuses, and nothing
    is stored.
    """
    listing.allow(request)
    new = _read(body)
    with spelled(SPELLING):
        connection = call.services.connections.create(
            call.scope, call.actor, new, patience=call.services.verify_seconds
        )
    return created("connections", connection)


@router.get("", openapi_extra=dict(listing.QUERY))
def list_connections(request: Request, call: Admitted) -> dict[str, Any]:
    """List base connections, newest first."""
    return listing.page(
        "connections",
        listing.read(request, FIELDS),
        lambda offset: call.services.connections.page(call.scope, offset=offset),
        lambda connection: show(call, connection),
    )


@router.get("/{connection_id}")
def get_connection(request: Request, call: Admitted, connection_id: str) -> dict[str, Any]:
    """Return one base connection in ``items``."""
    listing.allow(request)
    return {"items": [show(call, find(call, connection_id))]}


@router.delete("/{connection_id}", status_code=204)
def delete_connection(request: Request, call: Admitted, connection_id: str) -> Response:
    """Remove a base connection; FLOW-1418-400 while source connections or flows use it."""
    listing.allow(request)
    connection = find(call, connection_id)
    try:
        call.services.connections.remove(connection)
    except Conflict as used:
        raise FlowProblem(
            "1418-400",
            f"the connection {connection.name!r} {used.message}",
            field="id",
            received=connection.id,
            cure="Remove its flows first; at the terminal, `sallyport remove NAME --flows` does.",
        ) from used
    return Response(status_code=204)


def find(call: Call, connection_id: str) -> Connection:
    """Return a connection of the caller's org and sandbox; NotFound."""
    return call.services.connections.get(call.scope, checked_id(connection_id, "connection"))


def show(call: Call, connection: Connection) -> dict[str, Any]:
    """Return a connection as the Flow Service shows it; secrets are masked."""
    return without_none(
        {
            **stamps(call, connection),
            "name": connection.name,
            "description": connection.description,
            "connectionSpec": {"id": SALESFORCE, "version": VERSION},
            "state": _STATES.get(connection.state, connection.state),
            "auth": {"specName": NAMES_OF_KEYS[connection.auth], "params": _params(connection)},
            **versions(connection),
            "lastOperation": _last_operation(connection),
        }
    )


def _read(body: Node) -> NewConnection:
    name = body.text("name", example="ACME Salesforce account")
    description = body.optional_text("description")
    check_spec(body, "connectionSpec", SALESFORCE)
    auth = body.node("auth")
    spec_name = auth.text("specName", example="OAuth2 Client Credential")
    if spec_name not in SPEC_NAMES:
        raise FlowProblem(
            "1415-400",
            "is not a way to authenticate that Salesforce connections have.",
            field="auth.specName",
            received=spec_name,
            cure=f"Use one of: {', '.join(SPEC_NAMES)}.",
        )
    params = auth.node("params")
    key = SPEC_NAMES[spec_name]
    given: dict[str, str] = {}
    for parameter in auth_spec(key).parameters:
        text = _param(params, camel(parameter.name))
        if text is not None:
            given[parameter.name] = text
    return NewConnection(name, key, given, description)


def _param(params: Node, name: str) -> str | None:
    number = params.value.get(name)
    if name == "apiVersion" and isinstance(number, int | float) and not isinstance(number, bool):
        params.wrong(name, "must be a text with a decimal.", f'Send "{number:.1f}" in quotes.')
    return params.optional_text(name)


def _params(connection: Connection) -> dict[str, str]:
    """Return the parameters in the spec's order: public ones as used, secret ones masked."""
    params: dict[str, str] = {}
    for parameter in auth_spec(connection.auth).parameters:
        if parameter.name == "api_version" and connection.api_version is not None:
            params["apiVersion"] = connection.api_version
        elif parameter.name in connection.parameters:
            params[camel(parameter.name)] = connection.parameters[parameter.name]
        elif parameter.name in connection.secrets:
            params[camel(parameter.name)] = MASK
    if connection.auth == "jwt" and connection.org.get("id"):
        params["orgId"] = str(connection.org["id"])
    return params


def _last_operation(connection: Connection) -> dict[str, Any] | None:
    last = connection.last_operation
    if last is None:
        return None
    return {
        "started": last["started"],
        "updated": last["updated"],
        "percentCompleted": 0 if last["value"] == "inProgress" else 100,
        "status": {"value": last["value"], "errors": [reason(one) for one in last["errors"]]},
        "operation": last["operation"],
    }


def reason(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``{"code", "message"}`` of an operation's stored error, fields as the body has them.

    One stored before fields were kept apart has its message shown as it is.
    """
    field = stored.get("field")
    error = SallyportError(
        stored["message"],
        field=SPELLING.get(field, field) if field else None,
        received=stored.get("received"),
        cure=stored.get("cure"),
    )
    return {"code": stored["code"], "message": error.sentence()}
