"""Testing a connection, and looking at what it can read.

What belongs here: ``/connections/{id}/test`` and ``/explore``. What does not: the calls to
Salesforce (``connections``).

Wire: https://experienceleague.adobe.com/en/docs/experience-platform/sources/api-tutorials/explore/tabular
(documented); which ``type`` each Salesforce type gets is assumed from its examples.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request

from sallyport.api.connections import SPELLING, find
from sallyport.api.gateway import Admitted, Call
from sallyport.api.listing import allow, flag
from sallyport.api.problems import FLOW_SERVICE, ConnectorProblem, no_such_table, spelled
from sallyport.connections import Connection
from sallyport.errors import NotFound, RemoteRefused, RemoteUnavailable, SallyportError

router = APIRouter(prefix=f"{FLOW_SERVICE}/connections", tags=["connections"])
PREVIEW_ROWS: Final = 10

_PLAIN: Final = {
    "boolean": "boolean",
    "int": "integer",
    "long": "integer",
    "double": "number",
    "currency": "number",
    "percent": "number",
}
_FORMATS: Final = {"date": "date", "datetime": "date-time"}


@router.get("/{connection_id}/test")
def test_connection(request: Request, call: Admitted, connection_id: str) -> dict[str, Any]:
    """Log in afresh and make one call: ``{"result": true}``, or false and the reason."""
    allow(request)
    connection = find(call, connection_id)
    try:
        with spelled(SPELLING):
            call.services.connections.test(connection)
    except SallyportError as error:
        refused = isinstance(error, RemoteRefused | RemoteUnavailable)
        code = getattr(error, "code", None) or type(error).__name__
        return {
            "result": False,
            "errors": [{"code": code, "message": error.sentence()}],
            "errorMessage": error.sentence(),
            "source": "salesforce" if refused else "sallyport",
        }
    return {"result": True}


@router.get("/{connection_id}/explore", response_model=None)
def explore(request: Request, call: Admitted, connection_id: str) -> list[Any] | dict[str, Any]:
    """List objects (``objectType=root``), or one object's columns (``table``) and first rows."""
    allow(request, "objectType", "object", "preview")
    connection = find(call, connection_id)
    query = request.query_params
    kind = query.get("objectType", "root").lower()
    if kind == "root":
        return _root(call, connection)
    if kind != "table":
        raise ConnectorProblem(
            "1358-400",
            "is not a kind of object Salesforce has.",
            field="objectType",
            received=query["objectType"],
            cure="Use root or table.",
        )
    name = query.get("object")
    if name is None:
        raise ConnectorProblem(
            "1359-400",
            "is missing.",
            field="object",
            cure="Name the object: &object=Account (a path of objectType=root).",
        )
    if not name.strip():
        raise ConnectorProblem(
            "1337-400", "is empty.", field="object", cure="Name the object, like Account."
        )
    return _table(call, connection, name.strip(), preview=flag(request, "preview"))


def _root(call: Call, connection: Connection) -> list[dict[str, Any]]:
    return [
        {
            "type": "table",
            "name": entry.label,
            "path": entry.name,
            "canPreview": True,
            "canFetchSchema": True,
        }
        for entry in call.services.connections.objects(connection)
    ]


def _table(call: Call, connection: Connection, name: str, *, preview: bool) -> dict[str, Any]:
    connections = call.services.connections
    try:
        columns = [
            column(field.name, field.type) for field in connections.columns(connection, name)
        ]
    except NotFound as error:
        raise no_such_table(error, "object") from error
    found: dict[str, Any] = {"format": "flat", "schema": {"columns": columns}}
    if preview:
        found["data"] = connections.preview(connection, name, PREVIEW_ROWS)
    return found


def column(name: str, salesforce_type: str) -> dict[str, Any]:
    """Return a column as explore shows it; what is neither number nor boolean is a string."""
    xdm = _PLAIN.get(salesforce_type, "string")
    shown: dict[str, Any] = {"name": name, "type": "double" if xdm == "number" else xdm}
    described = {"type": xdm}
    if salesforce_type in _FORMATS:
        shown["meta:xdmType"] = described["format"] = _FORMATS[salesforce_type]
    return {**shown, "xdm": described}
