"""What the path of a record call means: which object, which row, and the row as a record.

What belongs here: finding and reading. What does not: HTTP (``sobjects``, ``writes`` and their
neighbours) and SQL of queries (``soql``).
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema, texts are quoted

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sallyport_org import errors, ids
from sallyport_org.dml import store
from sallyport_org.dml.drafts import judge_key
from sallyport_org.rest.records import Record, records
from sallyport_org.rows.engine import live, quoted, text_literal
from sallyport_org.schema.model import Field, SObject
from sallyport_org.soql import compile_query, output
from sallyport_org.web import Context, Reply, json_reply

RECORDS_AT_ONCE = 500
"""Rows read with one statement: their ids stand in its text."""


def sobject_named(context: Context, name: str) -> SObject:
    """Return the object of a path; raises NOT_FOUND."""
    sobject = context.schema.find(name)
    if sobject is None:
        raise errors.rest.not_found()
    return sobject


def id_of(sobject: SObject, key: str) -> str:
    """Return the 18-character form of an id; raises NOT_FOUND and MALFORMED_ID."""
    try:
        record_id = ids.to_18(key)
    except ids.MalformedIdError:
        raise errors.records.record_not_found(key) from None
    if sobject.prefix and not record_id.startswith(sobject.prefix):
        raise errors.records.malformed_id(sobject.label, key)
    return record_id


def live_id(context: Context, sobject: SObject, key: str) -> str:
    """Return the 18-character id of an existing live row.

    Raises MALFORMED_ID for another object's id, ENTITY_IS_DELETED for a deleted row, NOT_FOUND.
    """
    record_id = id_of(sobject, key)
    found = context.org.engine.rows(
        f"SELECT {live(sobject)} FROM {quoted(sobject.name)} t WHERE Id = ?", [record_id]
    )
    if not found:
        raise errors.records.record_not_found(key)
    if not found[0][0]:
        raise errors.records.entity_is_deleted()
    return record_id


def external_key(sobject: SObject, name: str) -> Field:
    """Return the field of a path like ``/sobjects/X/Ext__c/value``; raises NOT_FOUND."""
    one = sobject.find(name)
    if one is None or not (one.external_id or one.id_lookup):
        raise errors.records.record_not_found(name)
    return one


def ids_with_key(context: Context, sobject: SObject, key: Field, value: str) -> list[str]:
    """Return the ids of the live rows a key names, none or several too."""
    wanted = judge_key(context.schema, key, value, texts=True)
    if wanted is None:
        return []
    normal = store.normal(key, wanted)
    cursor = context.org.engine.reader()
    return store.find_by_key(cursor, sobject, key, [normal]).get(normal, [])


def check_type(sobject: SObject, record: Mapping[str, Any]) -> None:
    """Refuse a record that says it is of another object than the one asked for."""
    attributes = record.get("attributes")
    kind = attributes.get("type") if isinstance(attributes, dict) else None
    if isinstance(kind, str) and kind.lower() != sobject.name.lower():
        raise errors.composite.type_misfit(kind, sobject.name)


def not_one(context: Context, sobject: SObject, found: Sequence[str]) -> Reply:
    """Return the answer to a key several rows have: 300 and their addresses (documented).

    Raises NOT_FOUND when it names none.
    """
    if not found:
        raise errors.rest.not_found()
    base = f"/services/data/v{context.version}/sobjects/{sobject.name}"
    return json_reply([f"{base}/{one}" for one in found], 300)


def field_names(sobject: SObject, wanted: str | Sequence[str] | None) -> list[str]:
    """Return the fields a ``fields`` list names, or all there are; raises INVALID_FIELD."""
    parts = wanted.split(",") if isinstance(wanted, str) else wanted or []
    names = [part.strip() for part in parts if part.strip()]
    for one in names:
        if "." not in one and sobject.find(one) is None:
            raise errors.records.no_such_field_in_list(one, sobject.name)
    return names or [one.name for one in sobject.fields]


def read_records(
    context: Context, sobject: SObject, record_ids: Sequence[str], names: Sequence[str]
) -> dict[str, Record]:
    """Return live rows by id, each with the named fields."""
    found: dict[str, Record] = {}
    for at in range(0, len(record_ids), RECORDS_AT_ONCE):
        wanted = ", ".join(text_literal(one) for one in record_ids[at : at + RECORDS_AT_ONCE])
        text = f"SELECT {', '.join(names)} FROM {sobject.name} WHERE Id IN ({wanted})"
        for one in query_records(context, text):
            found[str(one["attributes"]["url"]).rsplit("/", 1)[-1]] = one
    return found


def query_records(context: Context, text: str) -> list[Record]:
    """Return every record of a SOQL text; raises what the query is refused with."""
    org = context.org
    org.setup_rows.refresh(org, text)
    plan = compile_query(context.schema, text, today=org.clock.now().date())
    rows: list[tuple[Any, ...]] = org.engine.rows(
        plan.select(output.json_projection(plan, context.version))
    )
    return records(org.engine, plan, rows, context.version)
