"""Reading records by other paths than their id: external ids, relationships, blobs.

Documented: https://developer.salesforce.com/docs/platform/api-rest/guide/dome-relationship-traversal.html
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema

from __future__ import annotations

from typing import Any

from sallyport_org import errors
from sallyport_org.rest.targets import (
    field_names,
    ids_with_key,
    live_id,
    not_one,
    query_records,
    read_records,
    sobject_named,
)
from sallyport_org.rows.engine import quoted, text_literal
from sallyport_org.schema.model import Child, Field, SObject
from sallyport_org.web import Context, Reply, json_reply


def read_further(context: Context, name: str, key: str, last: str) -> Reply:
    """Answer ``/sobjects/X/{field}/{value}``, ``…/{id}/{relationship}`` and ``…/{id}/{blob}``."""
    sobject = sobject_named(context, name)
    field = sobject.find(key)
    if field is not None and (field.external_id or field.id_lookup):
        return _by_key(context, sobject, field, last)
    blob = sobject.find(last)
    if blob is not None and blob.type == "base64":
        return _blob(context, sobject, key, blob)
    parent = sobject.parent(last)
    if parent is not None:
        return _parent(context, sobject, key, parent)
    for child in context.schema.children_of(sobject.name):
        if (child.field.children or "").lower() == last.lower():
            return _children(context, sobject, key, child)
    raise errors.rest.not_found()


def _by_key(context: Context, sobject: SObject, field: Field, value: str) -> Reply:
    found = ids_with_key(context, sobject, field, value)
    if len(found) != 1:
        return not_one(context, sobject, found)
    names = field_names(sobject, context.call.query.get("fields"))
    return json_reply(read_records(context, sobject, found, names)[found[0]])


def _blob(context: Context, sobject: SObject, key: str, field: Field) -> Reply:
    record_id = live_id(context, sobject, key)
    content = context.org.engine.scalar(
        f"SELECT {quoted(field.name)} FROM {quoted(sobject.name)} WHERE Id = ?", [record_id]
    )
    return Reply(200, {"Content-Type": "application/octet-stream"}, bytes(content or b""))


def _parent(context: Context, sobject: SObject, key: str, field: Field) -> Reply:
    """Answer with the row a reference leads to; 404 when it is empty (observed)."""
    record_id = live_id(context, sobject, key)
    parent_id = context.org.engine.scalar(
        f"SELECT {quoted(field.name)} FROM {quoted(sobject.name)} WHERE Id = ?", [record_id]
    )
    target = context.schema.by_prefix(parent_id[:3]) if parent_id else None
    if target is None:
        raise errors.rest.not_found()
    names = field_names(target, context.call.query.get("fields"))
    found = read_records(context, target, [parent_id], names)
    if not found:
        raise errors.rest.not_found()
    return json_reply(found[parent_id])


def _children(context: Context, sobject: SObject, key: str, child: Child) -> Reply:
    """Answer with the rows that refer to this one, as a query would."""
    record_id = live_id(context, sobject, key)
    names = field_names(child.sobject, context.call.query.get("fields"))
    made: list[dict[str, Any]] = query_records(
        context,
        f"SELECT {', '.join(names)} FROM {child.sobject.name} "
        f"WHERE {child.field.name} = {text_literal(record_id)} ORDER BY Id",
    )
    return json_reply({"totalSize": len(made), "done": True, "records": made})
