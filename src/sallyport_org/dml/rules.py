"""What an administrator's formulas say about rows being written: validation rules, default values.

What belongs here: asking them about candidate rows, all at once. What does not: turning a formula
into SQL (``formula``).
"""
# ruff: noqa: S608 - SQL is this module's trade: conditions are compiled, values are bound

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from sallyport_org import errors, formula
from sallyport_org.dml import store
from sallyport_org.dml.drafts import Draft
from sallyport_org.rows.engine import quoted
from sallyport_org.schema.model import Schema, SObject


def broken_rules(
    cursor: duckdb.DuckDBPyConnection, schema: Schema, sobject: SObject, drafts: Sequence[Draft]
) -> None:
    """Refuse rows a validation rule of their object is true of, in the rule's own words.

    A rule sees the row as it would be (``t``) and, if it is there already, as it was (``p``).
    """
    rules = [rule for rule in sobject.rules if rule.active]
    if not rules or not drafts:
        return
    tests = [formula.rule_sql(schema, sobject, rule, "t", "p") for rule in rules]
    for draft, broken in zip(drafts, _ask(cursor, sobject, drafts, tests), strict=True):
        for rule, struck in zip(rules, broken, strict=True):
            if struck:
                draft.refuse(errors.rows.rule_broken(rule.message, rule.field))


def default_by_formula(
    cursor: duckdb.DuckDBPyConnection, schema: Schema, sobject: SObject, drafts: Sequence[Draft]
) -> None:
    """Fill fields of new rows whose default is a formula, where the caller said nothing."""
    fields = [one for one in sobject.stored_fields if one.default_formula is not None]
    if not fields or not drafts:
        return
    values = [
        formula.value_sql(schema, sobject, one, one.default_formula or "", "t") for one in fields
    ]
    for draft, made in zip(drafts, _ask(cursor, sobject, drafts, values), strict=True):
        for one, value in zip(fields, made, strict=True):
            if one.name not in draft.given:
                draft.row[one.name] = value


def _ask(
    cursor: duckdb.DuckDBPyConnection,
    sobject: SObject,
    drafts: Sequence[Draft],
    expressions: Sequence[str],
) -> list[tuple[Any, ...]]:
    """Return the values of SQL expressions over candidate rows, in the order of the drafts."""
    columns = [one.name for one in sobject.stored_fields]
    content = store.staged(sobject, [draft.row for draft in drafts], columns)
    cursor.register("candidates", content.append_column("~place", [list(range(len(drafts)))]))
    try:
        return cursor.execute(
            f"SELECT {', '.join(expressions)} FROM candidates AS t "
            f'LEFT JOIN {quoted(sobject.name)} AS p ON p.Id = t.Id ORDER BY t."~place"'
        ).fetchall()
    finally:
        cursor.unregister("candidates")
