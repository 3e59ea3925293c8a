"""Conditional requests: If-Modified-Since and If-Unmodified-Since.

What belongs here: reading the headers and comparing. Documented:
https://developer.salesforce.com/docs/platform/api-rest/guide/headers-conditional.html
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from sallyport_org import errors
from sallyport_org.rows.engine import quoted
from sallyport_org.schema.model import SObject
from sallyport_org.web import Context


def header_time(context: Context, name: str) -> datetime | None:
    """Return the moment a header names; None if it is absent or no HTTP date."""
    text = context.call.headers.get(name)
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def modified_at(context: Context, sobject: SObject, record_id: str) -> datetime | None:
    """Return when a row was last modified; None for objects that do not say."""
    if sobject.find("LastModifiedDate") is None:
        return None
    found = context.org.engine.rows(
        f"SELECT LastModifiedDate FROM {quoted(sobject.name)} WHERE Id = ?", [record_id]
    )
    if not found or found[0][0] is None:
        return None
    moment: datetime = found[0][0]
    return moment.replace(tzinfo=UTC, microsecond=0)


def check_unmodified(context: Context, sobject: SObject, record_id: str) -> None:
    """Raise 412 when the row changed after the time of If-Unmodified-Since."""
    since = header_time(context, "If-Unmodified-Since")
    if since is None:
        return
    modified = modified_at(context, sobject, record_id)
    if modified is not None and modified > since:
        raise errors.records.changed_since()


def last_modified(moment: datetime) -> dict[str, str]:
    """Return the header that tells clients what to ask with next time."""
    return {"Last-Modified": format_datetime(moment, usegmt=True)}
