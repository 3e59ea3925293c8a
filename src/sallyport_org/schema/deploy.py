"""Changing an org's objects and fields while it runs: all of a change, or none of it.

What belongs here: trying a change on a copy, checking every formula against it, making tables and
columns, and only then showing it. What does not: reading metadata (``schema.metadata``) and the
sums of roll-ups (``rows.rollups``), which are asked for once their columns are there.

Readers may be in the middle of a query: new columns come before the schema names them, and those of
removed fields stay behind unseen, as Salesforce keeps deleted fields for 15 days (documented:
https://help.salesforce.com/s/articleView?id=sf.customize_deletingfields.htm).
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema, texts are quoted

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb

from sallyport_org import formula
from sallyport_org.rows.engine import Engine, column, columns, quoted, sql_type, text_literal
from sallyport_org.rows.rollups import recalculate
from sallyport_org.schema.metadata import MetadataError
from sallyport_org.schema.model import Field, Schema, SObject


@dataclass(frozen=True, slots=True)
class AddFields:
    """Fields added to an object, or put in the place of those of the same names."""

    sobject: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class RemoveField:
    """A custom field taken away."""

    sobject: str
    field: str


@dataclass(frozen=True, slots=True)
class RenameField:
    """A custom field under a new API name; its values go with it."""

    sobject: str
    field: str
    name: str


Change = SObject | AddFields | RemoveField | RenameField
"""What can be deployed; an :class:`SObject` is added, or replaces the one of its name."""


def apply(schema: Schema, changes: Iterable[Change], at: datetime | None = None) -> Schema:
    """Change a schema whose tables are not made yet; returns it.

    ``at`` becomes the time of the last change. Raises :class:`MetadataError` and changes nothing.
    """
    tried = _tried(schema, list(changes))
    _show(schema, tried, at)
    return schema


def deploy(
    schema: Schema, engine: Engine, changes: Iterable[Change], at: datetime
) -> tuple[str, ...]:
    """Change a schema and the tables behind it; returns the names of the objects changed.

    ``at`` is when: the ``Last-Modified`` of describes from now on. Raises :class:`MetadataError`
    for what cannot be: unknown names, formulas that no longer work, fields whose values would have
    to become something else. Then nothing is changed.
    """
    with schema.changing:
        return _deploy(schema, engine, list(changes), at)


def _deploy(schema: Schema, engine: Engine, listed: list[Change], at: datetime) -> tuple[str, ...]:
    tried = _tried(schema, listed)
    touched = [one for one in tried if one is not schema.find(one.name)]
    renamed = {
        (change.sobject.lower(), change.name.lower()): change.field
        for change in listed
        if isinstance(change, RenameField)
    }
    with engine.writing() as cursor:
        for one in touched:
            before = schema.find(one.name)
            if before is None:
                cursor.execute(f"CREATE OR REPLACE TABLE {quoted(one.name)} ({columns(one)})")
            else:
                _add_columns(cursor, before, one, renamed)
            write_record_types(cursor, one, at)
    _show(schema, tried, at)
    if any(field.summary for one in touched for field in one.fields):
        recalculate(schema, engine, None, None)
    return tuple(one.name for one in touched)


def write_record_types(cursor: duckdb.DuckDBPyConnection, sobject: SObject, at: datetime) -> None:
    """Write a RecordType row for each record type of an object that has none yet."""
    moment = at.replace(tzinfo=None, microsecond=0)
    for one in sobject.record_types:
        row = {
            "Id": one.id,
            "Name": one.label,
            "DeveloperName": one.developer_name,
            "Description": one.description,
            "SobjectType": sobject.name,
            "IsActive": one.active,
            "CreatedDate": moment,
            "LastModifiedDate": moment,
            "SystemModstamp": moment,
        }
        names = ", ".join(quoted(name) for name in row)
        marks = ", ".join("?" for _ in row)
        cursor.execute(
            f"INSERT INTO RecordType ({names}, CreatedById, LastModifiedById) "
            f'SELECT {marks}, (SELECT min(Id) FROM "User"), (SELECT min(Id) FROM "User") '
            f"WHERE NOT EXISTS (FROM RecordType WHERE Id = {text_literal(one.id)})",
            list(row.values()),
        )


# -- trying


def _tried(schema: Schema, changes: list[Change]) -> Schema:
    tried = schema.copy()
    for change in changes:
        tried.put(_changed(tried, change))
    for one in tried:
        try:
            formula.check_object(tried, one)
        except formula.FormulaError as wrong:
            raise MetadataError(f"{wrong}") from wrong
        _check_rollups(tried, one)
    return tried


def _changed(schema: Schema, change: Change) -> SObject:
    if isinstance(change, SObject):
        return change
    sobject = schema.find(change.sobject)
    if sobject is None:
        known = ", ".join(one.name for one in schema if one.custom)
        raise MetadataError(f"no object is called {change.sobject!r}; custom objects: {known}")
    match change:
        case AddFields(_, added):
            names = {one.name.lower() for one in added}
            kept = [one for one in sobject.fields if one.name.lower() not in names]
            return replace(sobject, fields=(*kept, *added))
        case RemoveField(_, name):
            gone = _custom(sobject, name)
            kept = [one for one in sobject.fields if one is not gone and one.compound != gone.name]
            return replace(sobject, fields=tuple(kept))
        case RenameField(_, name, new_name):
            old = _custom(sobject, name)
            if sobject.find(new_name) is not None or not new_name.endswith("__c"):
                raise MetadataError(
                    f"{sobject.name}.{new_name}: cannot be the new name of {old.name}; write a "
                    "name that ends in __c and that no other field has"
                )
            relationship = old.relationship and f"{new_name.removesuffix('__c')}__r"
            new = replace(old, name=new_name, relationship=relationship)
            fields = tuple(new if one is old else one for one in sobject.fields)
            return replace(sobject, fields=fields)


def _custom(sobject: SObject, name: str) -> Field:
    one = sobject.find(name)
    if one is None or not one.name.endswith("__c"):
        known = ", ".join(one.name for one in sobject.fields if one.name.endswith("__c"))
        raise MetadataError(
            f"{sobject.name}.{name}: is no custom field; custom fields: {known or 'none'}"
        )
    return one


def _check_rollups(schema: Schema, sobject: SObject) -> None:
    for one in sobject.fields:
        if one.summary is None:
            continue
        child = schema.find(one.summary.child)
        names = [one.summary.link, one.summary.field, *(two.field for two in one.summary.filters)]
        for name in names:
            if name is not None and (child is None or child.find(name) is None):
                raise MetadataError(
                    f"{sobject.name}.{one.name}: adds up {one.summary.child}.{name}, which would "
                    "be gone; remove the roll-up first"
                )


def _show(schema: Schema, tried: Schema, at: datetime | None) -> None:
    schema.put(*(one for one in tried if one is not schema.find(one.name)))
    schema.changed_at = at


# -- tables


def _add_columns(
    cursor: duckdb.DuckDBPyConnection,
    before: SObject,
    after: SObject,
    renamed: dict[tuple[str, str], str],
) -> None:
    """Make the columns of new fields; checkboxes get their default in old rows (documented)."""
    table = quoted(after.name)
    leftovers = _columns(cursor, after.name) - {one.name.lower() for one in before.stored_fields}
    for one in after.stored_fields:
        known = before.find(one.name)
        if known is not None and known.stored:
            if sql_type(known) != sql_type(one):
                raise MetadataError(
                    f"{after.name}.{one.name}: cannot become {one.type} from {known.type} with its "
                    "values; remove the field and add it anew"
                )
            continue
        if one.name.lower() in leftovers:
            cursor.execute(f"ALTER TABLE {table} DROP COLUMN {quoted(one.name)}")
        cursor.execute(f"ALTER TABLE {table} ADD COLUMN {column(one)}")
        source = renamed.get((after.name.lower(), one.name.lower()))
        if source is not None:
            cursor.execute(f"UPDATE {table} SET {quoted(one.name)} = {quoted(source)}")


def _columns(cursor: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    rows = cursor.execute(
        "SELECT lower(column_name) FROM information_schema.columns WHERE table_name = ?", [table]
    ).fetchall()
    return {str(name) for (name,) in rows}
