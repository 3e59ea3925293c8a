"""``/sobjects``: describes, and reading single records.

Documented: https://developer.salesforce.com/docs/platform/api-rest/guide/resources-sobject-basic-info.html
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema, texts are quoted

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from sallyport_org import errors
from sallyport_org.rest.conditional import (
    check_unmodified,
    header_time,
    last_modified,
    modified_at,
)
from sallyport_org.rest.targets import field_names, live_id, read_records, sobject_named
from sallyport_org.rows.engine import live, quoted
from sallyport_org.schema.describe import Json, describe_global, describe_sobject, summary
from sallyport_org.web import Context, Reply, json_reply

_RECENT = 5


def list_sobjects(context: Context) -> Reply:
    """Answer ``/sobjects``; 304 when nothing changed since ``If-Modified-Since``."""
    return _unless_known(context, lambda: describe_global(context.schema, context.version))


def basic_info(context: Context, name: str) -> Reply:
    """Answer ``/sobjects/X``: what it is, and a few recent rows."""
    sobject = sobject_named(context, name)
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
    sobject = sobject_named(context, name)
    org = context.org
    return _unless_known(
        context, lambda: describe_sobject(context.schema, sobject, context.version, org.my_domain)
    )


def more_about(context: Context, name: str, *further: str) -> NoReturn:
    """Refuse layouts, list views and quick actions: a real org has them, this one does not."""
    sobject_named(context, name)
    raise errors.rest.not_modelled(context.call.path)


def read(context: Context, name: str, key: str) -> Reply:
    """Answer ``/sobjects/X/{id}`` with the named fields, or with all there are.

    304 when the row was not modified since ``If-Modified-Since``.
    """
    sobject = sobject_named(context, name)
    record_id = live_id(context, sobject, key)
    check_unmodified(context, sobject, record_id)
    headers = {}
    modified = modified_at(context, sobject, record_id)
    if modified is not None:
        headers = last_modified(modified)
        since = header_time(context, "If-Modified-Since")
        if since is not None and modified <= since:
            return Reply(304, headers)
    names = field_names(sobject, context.call.query.get("fields"))
    found = read_records(context, sobject, [record_id], names)
    return json_reply(found[record_id], headers=headers)


def _unless_known(context: Context, make: Callable[[], Json]) -> Reply:
    changed = (context.schema.changed_at or context.org.born).replace(microsecond=0)
    since = header_time(context, "If-Modified-Since")
    if since is not None and since >= changed:
        return Reply(304, last_modified(changed))
    return json_reply(make(), headers=last_modified(changed))
