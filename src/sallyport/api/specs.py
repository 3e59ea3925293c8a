"""Connection and flow specifications: Adobe's ids, names and spellings, as data.

What belongs here: what ``/connectionSpecs`` and ``/flowSpecs`` answer, and the translation of our
parameter names into Adobe's. What does not: which parameters there are (``connections.specs``).

Ids, names and rules: Adobe's Salesforce source tutorials (documented),
https://experienceleague.adobe.com/en/docs/experience-platform/sources/api-tutorials/create/crm/salesforce.
The long module is one table of data with little code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request

from sallyport.api import listing
from sallyport.api.bodies import Node
from sallyport.api.gateway import Admitted
from sallyport.api.problems import FLOW_SERVICE, FlowProblem
from sallyport.connections import AUTH_SPECS, AuthSpec
from sallyport.errors import NotFound

router = APIRouter(prefix=FLOW_SERVICE, tags=["specs"])

SALESFORCE: Final = "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5"
DATA_LAKE: Final = "c604ff05-7f1a-43c0-8e18-33bf874cb11c"
CRM_TO_LAKE: Final = "14518937-270c-4525-bdec-c2ba7cce3860"
VERSION: Final = "1.0"
_PROVIDER: Final = "0ed90a81-07f4-4586-8190-b40eccef1c5a"
_PERMISSIONS: Final = {
    what: [{"@type": "lowLevel", "name": "EnterpriseSource", "permissions": [permission]}]
    for what, permission in (("view", "read"), ("manage", "write"))
}
SPEC_NAMES: Final[Mapping[str, str]] = {
    "Basic Authentication": "basic",
    "OAuth2 Client Credential": "client-credentials",
    "OAuth2 JWT Token Credential": "jwt",
}
"""``auth.specName`` → the key of ``connections.AUTH_SPECS``."""

NAMES_OF_KEYS: Final = {
    **{key: name for name, key in SPEC_NAMES.items()},
    # ways Experience Platform does not have: shown, and made elsewhere than by its API
    "web-server": "OAuth2 Web Server",
    "jwt-key": "OAuth2 JWT Private Key",
    "password": "OAuth2 Username Password",
}


def camel(name: str) -> str:
    """Return a parameter's name as the Flow Service spells it (``client_id`` → ``clientId``)."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _auth_spec(spec: AuthSpec) -> dict[str, Any]:
    properties = {}
    for parameter in spec.parameters:
        secret = {"format": "password"} if parameter.secret else {}
        description = f"{parameter.meaning}."
        properties[camel(parameter.name)] = {
            "type": "string",
            "description": description,
            **secret,
        }
    name = NAMES_OF_KEYS[spec.key]
    return {
        "name": name,
        "type": name.replace(" ", "_"),
        "spec": {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "description": spec.title,
            "properties": properties,
            "required": [camel(one.name) for one in spec.parameters if one.required],
        },
    }


_COLUMN: Final = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "type": {"type": "string"},
        "xdm": {"type": "object", "properties": {"type": {"type": "string"}}},
    },
    "required": ["name"],
}
CONNECTION_SPECS: Final[tuple[dict[str, Any], ...]] = (
    {
        "id": SALESFORCE,
        "name": "salesforce",
        "providerId": _PROVIDER,
        "version": VERSION,
        "authSpec": [_auth_spec(spec) for spec in AUTH_SPECS],
        "sourceSpec": {
            "name": "salesforce",
            "type": "Tabular",
            "spec": {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "type": "object",
                "properties": {
                    "tableName": {"type": "string", "description": "API name of the object"},
                    "columns": {"type": "array", "items": _COLUMN},
                },
                "required": ["tableName"],
            },
            "attributes": {"uiAttributes": {"isSource": True, "category": {"key": "crm"}}},
        },
        "exploreSpec": {
            "name": "Tabular",
            "type": "Tabular",
            "requestSpec": {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "type": "object",
                "properties": {
                    "objectType": {"type": "string", "enum": ["root", "table"]},
                    "object": {"type": "string"},
                    "preview": {"type": "boolean", "default": False},
                },
            },
        },
        "attributes": {"category": "CRM", "isSource": True},
        "permissionsInfo": _PERMISSIONS,
    },
    {
        "id": DATA_LAKE,
        "name": "datalake",
        "providerId": _PROVIDER,
        "version": VERSION,
        "targetSpec": {
            "name": "datalake",
            "spec": {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "type": "object",
                "properties": {"dataSetId": {"type": "string"}},
                "required": ["dataSetId"],
            },
        },
        "attributes": {"category": "dataLake", "isSource": False},
        "permissionsInfo": _PERMISSIONS,
    },
)
FLOW_SPECS: Final[tuple[dict[str, Any], ...]] = (
    {
        "id": CRM_TO_LAKE,
        "name": "CRMToAEP",
        "providerId": _PROVIDER,
        "version": VERSION,
        "sourceConnectionSpecIds": [SALESFORCE],
        "targetConnectionSpecIds": [DATA_LAKE],
        # true only for what this release does: no drafts yet, unlike Adobe's own
        "attributes": {
            "isSourceFlow": True,
            "isDraftModeSupported": False,
            "frequency": "batch",
            "notification": {"category": "sources", "flowRun": {"enabled": True}},
        },
        "permissionsInfo": _PERMISSIONS,
        "transformationSpecs": [
            {
                "name": "Mapping",
                "spec": {
                    "$schema": "http://json-schema.org/draft-07/schema#",
                    "type": "object",
                    "properties": {
                        "mappingId": {"type": "string"},
                        "mappingVersion": {"type": "string"},
                    },
                    "required": ["mappingId"],
                },
            }
        ],
        "scheduleSpec": {
            "name": "PeriodicSchedule",
            "type": "Periodic",
            "spec": {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "type": "object",
                "properties": {
                    "startTime": {"type": "integer", "description": "seconds since 1970"},
                    "frequency": {"type": "string", "enum": ["once"]},
                },
                "required": ["startTime", "frequency"],
            },
        },
        "runSpec": {
            "name": "ProviderParams",
            "type": "ProviderParams",
            "spec": {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "type": "object",
                "properties": {
                    "startTime": {"type": "integer", "description": "seconds since 1970"}
                },
            },
        },
    },
)


@router.get("/connectionSpecs", openapi_extra=dict(listing.QUERY))
def list_connection_specs(request: Request, call: Admitted) -> dict[str, Any]:
    """List the connection specifications; ``property=name=="salesforce"`` filters."""
    return _list(request, CONNECTION_SPECS)


@router.get("/connectionSpecs/{spec_id}")
def get_connection_spec(request: Request, call: Admitted, spec_id: str) -> dict[str, Any]:
    """Return one connection specification in ``items``."""
    return _one(request, CONNECTION_SPECS, spec_id)


@router.get("/flowSpecs", openapi_extra=dict(listing.QUERY))
def list_flow_specs(request: Request, call: Admitted) -> dict[str, Any]:
    """List the flow specifications; ``property=name=="CRMToAEP"`` filters."""
    return _list(request, FLOW_SPECS)


@router.get("/flowSpecs/{spec_id}")
def get_flow_spec(request: Request, call: Admitted, spec_id: str) -> dict[str, Any]:
    """Return one flow specification in ``items``."""
    return _one(request, FLOW_SPECS, spec_id)


def check_spec(body: Node, name: str, expected: str) -> None:
    """Refuse unless ``body[name]`` is the specification ``expected``: 1413-400."""
    spec = body.node(name)
    found = spec.text("id", example=expected)
    version = spec.optional_text("version", example=VERSION) or VERSION
    if found != expected:
        raise FlowProblem(
            "1413-400",
            "is not a specification that can be used here.",
            field=spec.place("id"),
            received=found,
            cure=f"Use {expected}.",
        )
    if version != VERSION:
        raise FlowProblem(
            "1413-400",
            "the specification has no such version.",
            field=spec.place("version"),
            received=version,
            cure=f'Send "{VERSION}", or leave it out.',
        )


def _list(request: Request, specs: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    fields = frozenset(name for spec in specs for name in spec)
    asked = listing.read(request, fields)
    found = [spec for spec in specs if all(one.holds(spec) for one in asked.filters)]
    if asked.count:
        return {"count": len(found)}
    return {"items": [asked.shown(spec) for spec in found[: asked.limit]], "_links": {}}


def _one(request: Request, specs: tuple[dict[str, Any], ...], spec_id: str) -> dict[str, Any]:
    listing.allow(request)
    for spec in specs:
        if spec["id"] == spec_id:
            return {"items": [spec]}
    raise NotFound(
        "there is no such specification.",
        field="id",
        received=spec_id,
        cure=f"There are: {', '.join(spec['id'] for spec in specs)}.",
    )
