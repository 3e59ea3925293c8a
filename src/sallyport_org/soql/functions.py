"""Functions of SOQL: aggregates and the parts of dates.

What belongs here: each function's SQL and the type it gives. What does not: where a function may
stand (``plan``).

Documented: https://developer.salesforce.com/docs/platform/soql-sosl/guide/sforce-api-calls-soql-select-agg-functions.html
and …/sforce-api-calls-soql-select-date-functions.html
"""

from __future__ import annotations

from dataclasses import dataclass

from sallyport_org import errors
from sallyport_org.schema.model import Field


@dataclass(frozen=True, slots=True)
class Value:
    """An expression as SQL: its type, the field behind it if any, and its name in messages."""

    sql: str
    kind: str
    name: str
    field: Field | None = None
    aggregate: bool = False


_DATE_PARTS = {
    "CALENDAR_YEAR": "year({})",
    "CALENDAR_QUARTER": "quarter({})",
    "CALENDAR_MONTH": "month({})",
    "FISCAL_YEAR": "year({})",
    "FISCAL_QUARTER": "quarter({})",
    "FISCAL_MONTH": "month({})",
    "DAY_IN_MONTH": "day({})",
    "DAY_IN_WEEK": "dayofweek({}) + 1",
    "DAY_IN_YEAR": "dayofyear({})",
    "WEEK_IN_MONTH": "(day({}) - 1) // 7 + 1",
    "WEEK_IN_YEAR": "(dayofyear({}) - 1) // 7 + 1",
    "HOUR_IN_DAY": "hour({})",
}
_MEASURES = frozenset({"int", "long", "double", "currency", "percent"})

AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})


def apply(function: str, argument: Value | None, text: str, at: int) -> Value:
    """Return a function's value; raises a refusal if it is unknown or the argument does not fit."""
    if function == "COUNT" and argument is None:
        return Value("count(*)", "int", "COUNT()", aggregate=True)
    if argument is None:
        raise errors.soql.at_position("MALFORMED_QUERY", "unexpected token: ')'", text, at)
    if function in AGGREGATES:
        return _aggregate(function, argument, text, at)
    name = f"{function}({argument.name})"
    if function in _DATE_PARTS and argument.kind in ("date", "datetime"):
        return Value(f"({_DATE_PARTS[function].format(argument.sql)})::INTEGER", "int", name)
    if function == "DAY_ONLY" and argument.kind == "datetime":
        return Value(f"({argument.sql})::DATE", "date", name)
    if function in _DATE_PARTS or function == "DAY_ONLY":
        message = f"Invalid date function argument: {argument.name}"
        raise errors.soql.at_position("INVALID_FIELD", message, text, at)
    if function == "TOLABEL":
        return argument
    raise errors.rest.not_modelled(f"the SOQL function {function}()")


def _aggregate(function: str, argument: Value, text: str, at: int) -> Value:
    name = f"{function}({argument.name})"
    sql, kind = argument.sql, argument.kind
    if function in ("SUM", "AVG"):
        if kind not in _MEASURES:
            raise errors.soql.at_position(
                "MALFORMED_QUERY",
                f"field {argument.name} does not support aggregate operator {function}",
                text,
                at,
            )
        return Value(f"{function.lower()}({sql})::DOUBLE", "double", name, aggregate=True)
    if argument.field is not None and not argument.field.aggregatable and function != "COUNT":
        message = f"field {argument.name} does not support aggregate operator {function}"
        raise errors.soql.at_position("MALFORMED_QUERY", message, text, at)
    if function == "COUNT":
        return Value(f"count({sql})", "int", name, aggregate=True)
    if function == "COUNT_DISTINCT":
        return Value(f"count(DISTINCT {sql})", "int", name, aggregate=True)
    return Value(f"{function.lower()}({sql})", kind, name, aggregate=True)
