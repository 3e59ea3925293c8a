"""What a new row says where its caller said nothing; and the stamps every write leaves.

What belongs here: picklist defaults, switches, owner, authors, times, auto-numbers, names of custom
records. What does not: fields computed from others (``derive``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sallyport_org.dml.store import Row
from sallyport_org.dml.values import judge
from sallyport_org.rows.engine import Engine
from sallyport_org.schema.model import Schema, SObject


def fill_new_rows(
    engine: Engine,
    schema: Schema,
    sobject: SObject,
    rows: Sequence[Row],
    user_id: str,
    stamp: datetime,
) -> None:
    """Complete new rows in place: ids, defaults, authors and stamps.

    A field given as null stays null, except where null cannot be: switches and owners.
    """
    if not rows:
        return
    constant = _constants(schema, sobject, user_id, stamp)
    never_null = [name for name in constant if not sobject.field(name).nillable]
    for row, record_id in zip(
        rows, engine.numbers.record_ids(engine, sobject, len(rows)), strict=True
    ):
        for name, value in constant.items():
            row.setdefault(name, value)
        for name in never_null:
            if row[name] is None:
                row[name] = constant[name]
        row["Id"] = record_id
        if sobject.custom and "Name" in constant and row["Name"] is None:
            row["Name"] = record_id[:15]
    for one in sobject.stored_fields:
        if one.auto_number:
            numbers = engine.numbers.auto_numbers(engine, sobject, one.name, len(rows), stamp)
            for row, number in zip(rows, numbers, strict=True):
                row[one.name] = number


def stamps(sobject: SObject, user_id: str, stamp: datetime) -> Row:
    """Return the fields every update by a user sets."""
    known = {
        "LastModifiedDate": stamp,
        "LastModifiedById": user_id,
        "SystemModstamp": stamp,
    }
    return {name: value for name, value in known.items() if sobject.find(name)}


def _constants(schema: Schema, sobject: SObject, user_id: str, stamp: datetime) -> Row:
    made: Row = {}
    for one in sobject.stored_fields:
        if one.type == "boolean":
            made[one.name] = bool(one.default)
        elif one.summary is not None:
            # A row nobody belongs to yet has a count and a sum of nothing (assumed).
            counts = one.summary.field is None or one.summary.function == "sum"
            made[one.name] = 0.0 if counts else None
        elif one.default is not None and not one.formula:
            made[one.name] = judge(schema, one, one.default, texts=True)
    for name, value in {
        "OwnerId": user_id,
        "RecordTypeId": next((one.id for one in sobject.record_types if one.default), None),
        "CreatedById": user_id,
        "CreatedDate": stamp,
        **stamps(sobject, user_id, stamp),
    }.items():
        if sobject.find(name):
            made[name] = value
    if sobject.custom and sobject.find("Name"):
        made["Name"] = None
    return made
