"""SOQL: text to tokens to a tree to SQL, with Salesforce's own refusals.

Public names: :func:`compile_query`, :class:`Plan`, and ``output`` for writing its values.
"""

from __future__ import annotations

from datetime import date

from sallyport_org.schema.model import Schema
from sallyport_org.soql.parser import parse
from sallyport_org.soql.plan import Plan, plan

__all__ = ["Plan", "compile_query"]


def compile_query(schema: Schema, text: str, *, today: date, all_rows: bool = False) -> Plan:
    """Read and plan a SOQL text; raises :class:`~sallyport_org.errors.Refusal`."""
    return plan(schema, parse(text), today=today, all_rows=all_rows)
