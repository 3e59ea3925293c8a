"""``/sobjects``: describes and single records, read only.

Documented: https://developer.salesforce.com/docs/platform/api-rest/guide/resources-sobject-basic-info.html
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema, texts are quoted

from __future__ import annotations

from collections.abc import Callable
from email.utils import format_datetime, parsedate_to_datetime

from sallyport_org import errors, ids
from sallyport_org.rest.records import records
from sallyport_org.rows.engine import live, quoted, text_literal
from sallyport_org.schema.describe import Json, describe_global, describe_sobject, summary
from sallyport_org.schema.model import SObject
from sallyport_org.soql import compile_query, output
from sallyport_org.web import Context, Reply, json_reply

_RECENT = 5


def list_sobjects(context: Context) -> Reply:
    """Answer ``/sobjects``; 304 when nothing changed since ``If-Modified-Since``."""
    return _unless_known(context, lambda: describe_global(context.schema, context.version))


def basic_info(context: Context, name: str) -> Reply:
    """Answer ``/sobjects/X``: what it is, and a few recent rows."""
    sobject = _sobject(context, name)
    label = next((one.name for one in sobject.fields if one.name_field), "Id")
    order = "LastModifiedDate" if sobject.find("LastModifiedDate") else "Id"
    rows = context.org.engine.rows(
        f"SELECT Id, {quoted(label)} FROM {quoted(sobject.name)} t WHERE {live(sobject)} "
        f"ORDER BY {order} DESC, Id LIMIT {_RECENT}"
    )
    base = f"/services/data/v{context.version}/sobjects/{sobject.name}"
    recent = [
        {
            "attributes": {"type": sobject.name, "url": f"{base}/{key}"},
            "Id": key,
            label: value,
        }
        for key, value in rows
    ]
    return json_reply({"objectDescribe": summary(sobject, context.version), "recentItems": recent})


def describe(context: Context, name: str) -> Reply:
    """Answer ``/sobjects/X/describe``; 304 when nothing changed since ``If-Modified-Since``."""
    sobject = _sobject(context, name)
    org = context.org
    return _unless_known(
        context, lambda: describe_sobject(context.schema, sobject, context.version, org.my_domain)
    )


def read(context: Context, name: str, key: str) -> Reply:
    """Answer ``/sobjects/X/{id}`` with the named fields, or with all there are."""
    sobject = _sobject(context, name)
    record_id = _record_id(context, sobject, key)
    wanted = context.call.query.get("fields")
    if wanted:
        names = [part.strip() for part in wanted.split(",") if part.strip()]
        for one in names:
            if "." not in one and sobject.find(one) is None:
                raise errors.records.no_such_field_in_list(one, sobject.name)
    else:
        names = [one.name for one in sobject.fields]
    text = f"SELECT {', '.join(names)} FROM {sobject.name} WHERE Id = {text_literal(record_id)}"
    plan = compile_query(context.schema, text, today=context.org.clock.now().date())
    rows = context.org.engine.rows(plan.select(output.json_projection(plan, context.version)))
    return json_reply(records(context.org.engine, plan, rows, context.version)[0])


def write(context: Context, name: str, *key: str) -> Reply:
    """Refuse a write to an existing object plainly: rows cannot be written over REST yet."""
    _sobject(context, name)
    raise errors.rest.not_modelled(f"writing records ({context.call.method} {context.call.path})")


def blob(context: Context, name: str, key: str, field: str) -> Reply:
    """Answer ``/sobjects/X/{id}/{field}`` with the bytes of a blob field."""
    sobject = _sobject(context, name)
    one = sobject.find(field)
    if one is None or one.type != "base64":
        if sobject.parent(field) or any(
            (child.field.children or "").lower() == field.lower()
            for child in context.schema.children_of(sobject.name)
        ):
            raise errors.rest.not_modelled(f"following the relationship {field} of one record")
        if sobject.find(key) is not None:
            raise errors.rest.not_modelled(f"reading a record by its {key}")
        raise errors.rest.not_found()
    record_id = _record_id(context, sobject, key)
    content = context.org.engine.scalar(
        f"SELECT {quoted(one.name)} FROM {quoted(sobject.name)} WHERE Id = ?", [record_id]
    )
    return Reply(200, {"Content-Type": "application/octet-stream"}, bytes(content or b""))


def _sobject(context: Context, name: str) -> SObject:
    sobject = context.schema.find(name)
    if sobject is None:
        raise errors.rest.not_found()
    return sobject


def _record_id(context: Context, sobject: SObject, key: str) -> str:
    """Return the 18-character id of an existing live row.

    Raises MALFORMED_ID for another object's id, ENTITY_IS_DELETED for a deleted row, NOT_FOUND.
    """
    try:
        record_id = ids.to_18(key)
    except ids.MalformedIdError:
        raise errors.records.record_not_found(key) from None
    if sobject.prefix and not record_id.startswith(sobject.prefix):
        raise errors.records.malformed_id(sobject.label, key)
    found = context.org.engine.rows(
        f"SELECT {live(sobject)} FROM {quoted(sobject.name)} t WHERE Id = ?", [record_id]
    )
    if not found:
        raise errors.records.record_not_found(key)
    if not found[0][0]:
        raise errors.records.entity_is_deleted()
    return record_id


def _unless_known(context: Context, make: Callable[[], Json]) -> Reply:
    changed = (context.schema.changed_at or context.org.born).replace(microsecond=0)
    since = context.call.headers.get("If-Modified-Since")
    stamp = {"Last-Modified": format_datetime(changed, usegmt=True)}
    if since:
        try:
            known = parsedate_to_datetime(since)
        except ValueError:
            known = None
        if known is not None and known.tzinfo is not None and known >= changed:
            return Reply(304, stamp)
    return json_reply(make(), headers=stamp)
