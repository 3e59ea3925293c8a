"""Rows in and out of the tables, a whole chunk with each statement.

What belongs here: the SQL of finding, inserting and updating rows. What does not: what rows should
say. Every function works on the cursor of a transaction.
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema, values are bound

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from sallyport_org.rows.engine import quoted, sql_type
from sallyport_org.schema.model import Field, SObject

_ARROW = {
    "VARCHAR": pa.string(),
    "BOOLEAN": pa.bool_(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
    "TIME": pa.time64("us"),
    "BLOB": pa.binary(),
}

Row = dict[str, Any]
"""A row, or part of one: field names to stored values."""


def fetch(
    cursor: duckdb.DuckDBPyConnection,
    sobject: SObject,
    record_ids: Collection[str],
    columns: Iterable[str] = (),
) -> dict[str, Row]:
    """Return those rows by id, deleted ones too, with the named columns and ``IsDeleted``.

    Reading a column costs the same however few rows are wanted, so only what is needed is named.
    """
    if not record_ids:
        return {}
    names = list(dict.fromkeys(["Id", *columns]))
    gone = "t.IsDeleted" if sobject.find("IsDeleted") else "false"
    chosen = ", ".join(f"t.{quoted(one)}" for one in names)
    found = cursor.execute(
        f"SELECT {chosen}, {gone} FROM {quoted(sobject.name)} AS t "
        "WHERE t.Id IN (SELECT unnest(?::VARCHAR[]))",
        [list(record_ids)],
    ).fetchall()
    names.append("IsDeleted")
    return {values[0]: dict(zip(names, values, strict=True)) for values in found}


def normal(one: Field, value: Any) -> Any:
    """Return a key in the form keys are compared in: text without regard to case, mostly."""
    return value.lower() if isinstance(value, str) and folded(one) else value


def folded(one: Field) -> bool:
    """Say whether a key's values differ by more than letter case only."""
    return one.type != "id" and sql_type(one) == "VARCHAR" and not one.case_sensitive


def find_by_key(
    cursor: duckdb.DuckDBPyConnection, sobject: SObject, key: Field, values: Collection[Any]
) -> dict[Any, list[str]]:
    """Return the ids of live rows by the :func:`normal` form of their key."""
    if not values:
        return {}
    column = f"t.{quoted(key.name)}"
    compared = f"lower({column})" if folded(key) else column
    alive = " AND NOT t.IsDeleted" if sobject.find("IsDeleted") else ""
    found: dict[Any, list[str]] = {}
    for value, record_id in cursor.execute(
        f"SELECT {compared}, t.Id FROM {quoted(sobject.name)} AS t "
        f"WHERE {compared} IN (SELECT unnest(?::{sql_type(key)}[])){alive} ORDER BY t.Id",
        [list(values)],
    ).fetchall():
        found.setdefault(value, []).append(record_id)
    return found


def insert(cursor: duckdb.DuckDBPyConnection, sobject: SObject, rows: Sequence[Row]) -> None:
    """Add rows; fields a row does not name are null."""
    if rows:
        content = staged(sobject, rows, sorted({name for row in rows for name in row}))
        names = ", ".join(quoted(name) for name in content.column_names)
        cursor.register("arriving", content)
        cursor.execute(f"INSERT INTO {quoted(sobject.name)} ({names}) SELECT {names} FROM arriving")
        cursor.unregister("arriving")


def update(
    cursor: duckdb.DuckDBPyConnection,
    sobject: SObject,
    rows: Sequence[Row],
    columns: Collection[str],
) -> None:
    """Set the named columns of rows that each know their ``Id``."""
    if rows and columns:
        content = staged(sobject, rows, ["Id", *columns])
        sets = ", ".join(f"{quoted(name)} = arriving.{quoted(name)}" for name in columns)
        cursor.register("arriving", content)
        cursor.execute(
            f"UPDATE {quoted(sobject.name)} AS t SET {sets} FROM arriving WHERE t.Id = arriving.Id"
        )
        cursor.unregister("arriving")


def staged(sobject: SObject, rows: Sequence[Mapping[str, Any]], columns: Iterable[str]) -> pa.Table:
    """Return rows as Arrow data with the column types of the object's table."""
    return pa.table(
        {
            name: pa.array([row.get(name) for row in rows], _ARROW[sql_type(sobject.field(name))])
            for name in columns
        }
    )
