"""Schemas, datasets and mapping sets: the neighbours of the Flow Service, as far as flows need.

What belongs here: their requests and answers. What does not: any decision (``flows.catalog``).

Wire: https://developer.adobe.com/experience-platform-apis/references/schema-registry/,
https://developer.adobe.com/experience-platform-apis/references/catalog/ and
https://developer.adobe.com/experience-platform-apis/references/data-prep/ (documented, reduced).
"""

from __future__ import annotations

import re
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from sallyport.api.bodies import BODY, JsonBody, Node
from sallyport.api.gateway import Admitted, checked_id
from sallyport.api.listing import allow
from sallyport.api.problems import FlowProblem, spelled
from sallyport.api.resources import without_none
from sallyport.flows import Dataset, MappingSet, Schema

router = APIRouter(prefix="/data/foundation", tags=["catalog"])
SCHEMAS: Final = "/schemaregistry/tenant/schemas"
DATASETS: Final = "/catalog/dataSets"
MAPPINGS: Final = "/conversion/mappingSets"
CONTENT_TYPE: Final = "application/vnd.adobe.xed+json;version=1"
"""The ``schemaRef.contentType`` shown where none was sent."""
RECORD: Final = "https://ns.adobe.com/xdm/data/record"
_DEFAULT_LIMIT = 100
_MOST = 1000


@router.post(SCHEMAS, status_code=201, openapi_extra=dict(BODY))
def create_schema(request: Request, call: Admitted, body: JsonBody) -> JSONResponse:
    """Make a schema; 201 with the whole of it."""
    allow(request)
    title = body.text("title")
    for part in body.nodes("allOf") if "allOf" in body else []:
        part.text("$ref", example=RECORD)
    schema = call.services.catalog.create_schema(call.scope, call.actor, title, body.value)
    return JSONResponse(_schema(schema), 201, {"Location": schema.uri})


@router.get(SCHEMAS)
def list_schemas(request: Request, call: Admitted) -> dict[str, Any]:
    """List schemas, newest first; ``start`` is the ``_page.next`` of the page before."""
    allow(request, "start", "limit")
    limit, start = _number(request, "limit", _DEFAULT_LIMIT), _number(request, "start", 0)
    schemas, more = call.services.catalog.schemas(call.scope, limit=limit, offset=start)
    following = str(start + len(schemas)) if more else None
    links = {}
    if following is not None:
        links["next"] = {"href": f"{SCHEMAS}?start={following}&limit={limit}"}
    brief = ("$id", "meta:altId", "title", "version")
    return {
        "results": [{name: _schema(schema)[name] for name in brief} for schema in schemas],
        "_page": {"next": following, "count": len(schemas)},
        "_links": links,
    }


@router.get(SCHEMAS + "/{schema_id:path}")
def get_schema(request: Request, call: Admitted, schema_id: str) -> dict[str, Any]:
    """Return a schema by its percent-encoded ``$id`` or its ``meta:altId``."""
    allow(request)
    checked_id(re.split(r"[/.]", schema_id)[-1], "schema")
    return _schema(call.services.catalog.schema(call.scope, schema_id))


@router.post(DATASETS, status_code=201, openapi_extra=dict(BODY))
def create_dataset(request: Request, call: Admitted, body: JsonBody) -> JSONResponse:
    """Make a dataset for rows of a schema; 201 ``["@/dataSets/<id>"]``."""
    allow(request, "requestDataSource")  # every dataset of ours can be a target
    reference = body.node("schemaRef")
    uri = reference.text("id")
    wire = without_none(
        {"contentType": reference.optional_text("contentType", example=CONTENT_TYPE)}
    )
    dataset = call.services.catalog.create_dataset(
        call.scope, call.actor, body.text("name"), uri, wire=wire
    )
    return JSONResponse([f"@/dataSets/{dataset.id}"], 201)


@router.get(DATASETS)
def list_datasets(request: Request, call: Admitted) -> dict[str, Any]:
    """Return datasets by id, newest first; the next page starts at 1 + limit (observed)."""
    allow(request, "start", "limit")
    limit, start = _number(request, "limit", _DEFAULT_LIMIT), _number(request, "start", 0)
    offset = max(0, start - 1)
    datasets, _ = call.services.catalog.datasets(call.scope, limit=limit, offset=offset)
    return {dataset.id: _dataset(dataset) for dataset in datasets}


@router.get(DATASETS + "/{dataset_id}")
def get_dataset(request: Request, call: Admitted, dataset_id: str) -> dict[str, Any]:
    """Return ``{id: dataset}``."""
    allow(request)
    dataset = call.services.catalog.dataset(call.scope, checked_id(dataset_id, "dataset"))
    return {dataset.id: _dataset(dataset)}


@router.post(MAPPINGS, openapi_extra=dict(BODY))
def create_mapping(request: Request, call: Admitted, body: JsonBody) -> dict[str, Any]:
    """Make a mapping set from either of the two bodies Adobe documents; 200 with its id."""
    allow(request, "validate")  # always checked here
    with spelled({"schemaRef.id": _schema_field(body)}):
        mapping = call.services.catalog.create_mapping(
            call.scope, call.actor, _schema_of(body), [_pair(one) for one in body.nodes("mappings")]
        )
    return _mapping_stamps(mapping)


@router.get(MAPPINGS)
def list_mappings(request: Request, call: Admitted) -> dict[str, Any]:
    """List mapping sets, newest first."""
    allow(request, "start", "limit")
    limit, start = _number(request, "limit", _DEFAULT_LIMIT), _number(request, "start", 0)
    mappings, more = call.services.catalog.mappings(call.scope, limit=limit, offset=start)
    following = start + len(mappings)
    links = {"next": {"href": f"{MAPPINGS}?start={following}&limit={limit}"}} if more else {}
    return {
        "data": [_mapping(mapping) for mapping in mappings],
        "_page": {"count": len(mappings), "limit": limit},
        "_links": links,
    }


@router.get(MAPPINGS + "/{mapping_id}")
def get_mapping(request: Request, call: Admitted, mapping_id: str) -> dict[str, Any]:
    """Return a mapping set with its pairs."""
    allow(request)
    checked = checked_id(mapping_id, "mapping set")
    return _mapping(call.services.catalog.mapping(call.scope, checked))


def _schema(schema: Schema) -> dict[str, Any]:
    document = dict(schema.body["document"])
    parts = document.get("allOf") or []
    extends = [part["$ref"] for part in parts]
    tenant, _, hexes = schema.uri.removeprefix("https://ns.adobe.com/").partition("/schemas/")
    return {
        "type": "object",
        **document,
        "$id": schema.uri,
        "meta:altId": f"_{tenant}.schemas.{hexes}",
        "meta:resourceType": "schemas",
        "version": "1.0",
        "title": schema.name,
        "allOf": parts,
        "meta:class": document.get("meta:class") or (extends[0] if extends else RECORD),
        "meta:extends": extends,
        "meta:containerId": "tenant",
        "imsOrg": schema.scope.org,
    }


def _dataset(dataset: Dataset) -> dict[str, Any]:
    record = dataset.record
    content_type = dataset.body.get("wire", {}).get("contentType", CONTENT_TYPE)
    return {
        "name": dataset.name,
        "schemaRef": {"id": dataset.schema_uri, "contentType": content_type},
        "tags": {"adobe/pqs/table": [dataset.body.get("object", dataset.name)]},
        "classification": {"dataBehavior": "record", "managedBy": "CUSTOMER"},
        "imsOrg": record.scope.org,
        "state": "ACTIVE",
        "created": record.created_at,
        "updated": record.updated_at,
        "createdUser": record.created_by,
        "updatedUser": record.updated_by,
        "createdClient": record.created_client,
        "version": record.version,
    }


def _mapping_stamps(mapping: MappingSet) -> dict[str, Any]:
    record = mapping.record
    return {
        "id": mapping.id,
        "version": mapping.body["version"],
        "createdDate": record.created_at,
        "modifiedDate": record.updated_at,
        "createdBy": record.created_by,
        "modifiedBy": record.updated_by,
    }


def _mapping(mapping: MappingSet) -> dict[str, Any]:
    schema = mapping.body.get("schema")
    described = {"schemaRef": {"id": schema, "contentType": CONTENT_TYPE}} if schema else {}
    pairs = [
        {"sourceType": "ATTRIBUTE", "source": source, "destination": destination}
        for source, destination in mapping.pairs
    ]
    return {**_mapping_stamps(mapping), "outputSchema": described, "mappings": pairs}


def _schema_of(body: Node) -> str | None:
    """Return the schema a mapping set is made for, from the new body or the old one."""
    output = body.optional_node("outputSchema")
    if output is not None:
        return output.node("schemaRef").text("id")
    return body.optional_text("xdmSchema")


def _schema_field(body: Node) -> str:
    return "outputSchema.schemaRef.id" if "outputSchema" in body else "xdmSchema"


def _pair(one: Node) -> tuple[str, str]:
    """Return (source column, destination column) of one entry, new spelling or old."""
    if "source" in one or "destination" in one:
        return one.text("source", example="Id"), one.text("destination", example="Id")
    if "sourceAttribute" in one:
        return one.text("sourceAttribute"), one.text("destinationXdmPath")
    return one.text("source", example="Id"), one.text("destination", example="Id")


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    most = _MOST if name == "limit" else 10**9
    least = 1 if name == "limit" else 0
    if not re.fullmatch(r"[0-9]{1,10}", text) or not least <= int(text) <= most:
        raise FlowProblem(
            "1451-400",
            f"must be a whole number from {least} to {most}.",
            field=name,
            received=text,
            cure=f"Send one, or leave it out for {default}.",
        )
    return int(text)
