"""SOQL: text to tokens to a tree to SQL, with Salesforce's own refusals.

Public names: :func:`compile_query`, :class:`Plan`, and ``output`` for writing its values.
"""

from __future__ import annotations

from datetime import date

from sallyport_org.schema.model import Schema
from sallyport_org.soql.parser import parse
from sallyport_org.soql.plan import Asker, Plan, plan

__all__ = ["Plan", "compile_query"]


def compile_query(
    schema: Schema,
    text: str,
    *,
    today: date,
    all_rows: bool = False,
    user_id: str | None = None,
    version: str = "60.0",
) -> Plan:
    """Read and plan a SOQL text; raises :class:`~sallyport_org.errors.Refusal`.

    ``schema`` is what the asker may see; the other arguments are those of
    :class:`~sallyport_org.soql.plan.Asker`.
    """
    asker = Asker(today, all_rows, user_id, float(version))
    return plan(schema, parse(text), asker)
