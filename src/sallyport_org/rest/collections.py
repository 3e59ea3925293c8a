"""Several records in one call: ``/composite/sobjects``.

What belongs here: the calls for up to 200 records written, or 2,000 read. What does not: requests
inside requests (``composite``, ``batch``) and what makes a row good (``dml``). Documented:
https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections.html
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from sallyport_org import dml, errors, ids
from sallyport_org.dml.model import Wording
from sallyport_org.rest import outcomes
from sallyport_org.rest.targets import (
    check_type,
    external_key,
    field_names,
    read_records,
    sobject_named,
)
from sallyport_org.rest.wording import located
from sallyport_org.web import Context, Reply, json_reply

MAX_WRITTEN = 200
MAX_READ = 2000
MAX_CHUNKS = 10
"""Runs of records of the same object in one call (documented)."""


def create(context: Context) -> Reply:
    """Answer ``POST /composite/sobjects``."""
    body = context.call.json_object()
    changes = [
        dml.Change("insert", _kind(one), _values(one), wording=_wording(context, at))
        for at, one in enumerate(_records(context, body))
    ]
    return _write(context, changes, all_or_none=_all_or_none(body))


def update(context: Context) -> Reply:
    """Answer ``PATCH /composite/sobjects``; each record brings its id."""
    body = context.call.json_object()
    changes = []
    for at, record in enumerate(_records(context, body)):
        record_id = next((record[name] for name in record if name.lower() == "id"), None)
        values, wording = _values(record, "id"), _wording(context, at)
        changes.append(dml.Change("update", _kind(record), values, id=record_id, wording=wording))
    return _write(context, changes, all_or_none=_all_or_none(body))


def upsert(context: Context, name: str, field: str) -> Reply:
    """Answer ``PATCH /composite/sobjects/X/{field}``; each record brings its key."""
    sobject = sobject_named(context, name)
    key = external_key(sobject, field).name
    body = context.call.json_object()
    changes = []
    for at, record in enumerate(_records(context, body)):
        check_type(sobject, record)
        value = next((record[one] for one in record if one.lower() == key.lower()), None)
        values, wording = _values(record, key.lower()), _wording(context, at)
        changes.append(
            dml.Change("upsert", sobject.name, values, key_field=key, key=value, wording=wording)
        )
    return _write(context, changes, all_or_none=_all_or_none(body), upserted=True)


def delete(context: Context) -> Reply:
    """Answer ``DELETE /composite/sobjects?ids=…``; the ids say which objects are meant."""
    query = context.call.query
    wanted = [one.strip() for one in query.get("ids", "").split(",") if one.strip()]
    if not wanted:
        raise errors.composite.required_parameter("ids")
    _at_most(len(wanted), MAX_WRITTEN)
    changes = [_delete_change(context, one) for one in wanted]
    return _write(context, changes, all_or_none=query.get("allOrNone", "").lower() == "true")


def read(context: Context, name: str) -> Reply:
    """Answer GET or POST ``/composite/sobjects/X``: records at their ids' places, or null."""
    sobject = sobject_named(context, name)
    if context.call.method == "POST":
        body = context.call.json_object()
        wanted, fields = body.get("ids"), body.get("fields")
    else:
        query = context.call.query
        wanted = [one.strip() for one in query.get("ids", "").split(",") if one.strip()]
        fields = query.get("fields", "").split(",")
    if not isinstance(wanted, list) or not wanted:
        raise errors.composite.required_parameter("ids")
    if not isinstance(fields, list) or not any(fields):
        raise errors.composite.required_parameter("fields")
    _at_most(len(wanted), MAX_READ)
    record_ids = []
    for one in wanted:
        try:
            record_ids.append(ids.to_18(str(one)))
        except ids.MalformedIdError:
            raise errors.records.malformed_id(sobject.label, str(one)) from None
    found = read_records(context, sobject, record_ids, field_names(sobject, fields))
    return json_reply([found.get(one) for one in record_ids])


def _delete_change(context: Context, record_id: str) -> dml.Change:
    sobject = context.schema.by_prefix(record_id[:3])
    if sobject is None:
        wrong = dml.RowError("MALFORMED_ID", f"malformed id {record_id}", ("Id",))
        name = next(iter(context.schema)).name
        return dml.Change("delete", name, {}, id=record_id, undecodable=wrong)
    return dml.Change("delete", sobject.name, {}, id=record_id)


def _records(context: Context, body: dict[str, Any]) -> Sequence[dict[str, Any]]:
    """Return the records of a body; raises for too many, none, or other things than objects."""
    records = body.get("records")
    if not isinstance(records, list):
        raise errors.composite.required_parameter("records")
    for one in records:
        if not isinstance(one, dict):
            raise errors.rest.json_parser("Cannot deserialize the records: an object is expected")
    _at_most(len(records), MAX_WRITTEN)
    return records


def _at_most(given: int, most: int) -> None:
    if given > most:
        raise errors.composite.too_many_records(most)


def _kind(record: dict[str, Any]) -> str:
    attributes = record.get("attributes")
    kind = attributes.get("type") if isinstance(attributes, dict) else None
    if not isinstance(kind, str):
        raise errors.composite.type_missing()
    return kind


def _values(record: dict[str, Any], key: str = "") -> dict[str, Any]:
    return {
        name: value
        for name, value in record.items()
        if name != "attributes" and name.lower() != key
    }


def _wording(context: Context, at: int) -> Wording | None:
    return located(context.call, "records", at)


def _all_or_none(body: dict[str, Any]) -> bool:
    return body.get("allOrNone") is True


def _write(
    context: Context,
    changes: Sequence[dml.Change],
    *,
    all_or_none: bool,
    upserted: bool = False,
) -> Reply:
    runs = 1 + sum(a.sobject.lower() != b.sobject.lower() for a, b in pairwise(changes))
    if runs > MAX_CHUNKS:
        raise errors.composite.too_many_chunks(MAX_CHUNKS)
    made = dml.write(
        context.org,
        context.session.user,
        changes,
        schema=context.schema,
        all_or_none=all_or_none,
    )
    return json_reply([outcomes.result(one, upsert=upserted) for one in made])
