"""Validation rules: an administrator's conditions that refuse a row.

What belongs here: asking each rule of an object about candidate rows, all at once. What does not:
turning a rule's formula into SQL; the schema does that.
"""
# ruff: noqa: S608 - SQL is this module's trade: conditions come from the schema

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from sallyport_org import errors
from sallyport_org.dml import store
from sallyport_org.dml.drafts import Draft
from sallyport_org.schema.model import SObject


def broken_rules(
    cursor: duckdb.DuckDBPyConnection, sobject: SObject, drafts: Sequence[Draft]
) -> None:
    """Refuse rows a rule of their object is true of, in the rule's own words.

    A rule has ``sql`` (a condition over the candidate row as ``t``), ``message`` and ``field``.
    """
    rules = getattr(sobject, "rules", ())
    if not rules or not drafts:
        return
    columns = [one.name for one in sobject.stored_fields]
    content = store.staged(sobject, [draft.row for draft in drafts], columns)
    cursor.register("candidates", content)
    tests = ", ".join(f"coalesce(({rule.sql}), false)" for rule in rules)
    found = cursor.execute(f"SELECT {tests} FROM candidates AS t").fetchall()
    cursor.unregister("candidates")
    for draft, broken in zip(drafts, found, strict=True):
        for rule, struck in zip(rules, broken, strict=True):
            if struck:
                draft.refuse(errors.rows.rule_broken(rule.message, rule.field))
