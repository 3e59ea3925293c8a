"""The fields every resource of the Flow Service has, and the answer to making one.

What belongs here: what connections, sources, targets, flows and runs share. What does not: the rest
of each (its own route module).
"""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse

from sallyport.api.gateway import Call
from sallyport.api.problems import FLOW_SERVICE
from sallyport.connections import Connection
from sallyport.flows import View

Resource = View | Connection


def stamps(call: Call, resource: Resource) -> dict[str, Any]:
    """Return id, times (ms since 1970), who and where."""
    record = resource.record
    return {
        "id": record.id,
        "createdAt": record.created_at,
        "updatedAt": record.updated_at,
        "createdBy": record.created_by,
        "updatedBy": record.updated_by,
        "createdClient": record.created_client,
        "updatedClient": record.updated_client,
        "sandboxId": call.sandbox_id,
        "sandboxName": record.scope.sandbox,
        "imsOrgId": record.scope.org,
    }


def versions(resource: Resource) -> dict[str, str]:
    """Return version and etag: the same text, double quotes included (documented)."""
    etag = f'"{resource.record.version}"'
    return {"version": etag, "etag": etag}


def created(collection: str, resource: Resource, **more: Any) -> JSONResponse:
    """Return the 201 answer ``{"id", "etag"}`` (and ``more``) with ``Location``."""
    where = f"{FLOW_SERVICE}/{collection}/{resource.id}"
    return JSONResponse({**reference(resource), **more}, 201, {"Location": where})


def reference(resource: Resource) -> dict[str, Any]:
    """Return ``{"id", "etag"}``."""
    return {"id": resource.id, "etag": versions(resource)["etag"]}


def without_none(fields: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is absent: the Flow Service omits, it never says null."""
    return {name: value for name, value in fields.items() if value is not None}
