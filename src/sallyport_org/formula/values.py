"""Values of formulas as SQL, each with its kind; and how kinds are asked for.

What belongs here: the record, casts between kinds, and the errors of kinds that do not fit. What
does not: functions (``functions``) and names (``compiler``).

A text is never null in a formula, an empty one is blank (documented:
https://help.salesforce.com/s/articleView?id=sf.customize_functions_a_h.htm, ISNULL); every other
kind may be null. Numbers are doubles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as Choice

from sallyport_org.formula.parser import FormulaError
from sallyport_org.rows.engine import text_literal

Kind = Choice[
    "text",
    "number",
    "boolean",
    "date",
    "datetime",
    "time",
    "picklist",
    "multipicklist",
    "place",
    "null",
]

NAMES: dict[str, str] = {
    "text": "Text",
    "number": "Number",
    "boolean": "Boolean",
    "date": "Date",
    "datetime": "DateTime",
    "time": "Time",
    "picklist": "Picklist",
    "multipicklist": "Multipicklist",
    "place": "Location",
    "null": "Null",
}

_TYPES = {
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "datetime": "TIMESTAMP",
    "time": "TIME",
}


@dataclass(frozen=True, slots=True)
class Value:
    """An expression's SQL and kind.

    ``constant`` is the text of a text literal; ``place`` the SQL of latitude and longitude;
    ``prior`` the SQL of the same field before the change, for rules.
    """

    sql: str
    kind: Kind
    constant: str | None = None
    place: tuple[str, str] | None = None
    prior: str | None = None


def text_value(text: str) -> Value:
    """Return a text as a value."""
    return Value(text_literal(text), "text", constant=text)


def wanted(value: Value, function: str, *kinds: Kind) -> Value:
    """Return the value if it is of one of the kinds (null fits any but text, where it is blank).

    Raises :class:`FormulaError` in Salesforce's words (observed).
    """
    if value.kind in kinds:
        return value
    if value.kind == "null":
        return null_as(kinds[0])
    expected = ", ".join(NAMES[kind] for kind in kinds)
    raise FormulaError(
        f"Incorrect parameter type for {function}. Expected {expected}, "
        f"received {NAMES[value.kind]}"
    )


def null_as(kind: Kind) -> Value:
    """Return the blank of a kind."""
    if kind in _TYPES:
        return Value(f"NULL::{_TYPES[kind]}", kind)
    return Value("''", "text", constant="")


def same_kind(values: list[Value], function: str) -> Kind:
    """Return the kind all values have, nulls aside; raises :class:`FormulaError`."""
    kinds = {value.kind for value in values} - {"null"}
    if len(kinds) > 1:
        first = next(value.kind for value in values if value.kind != "null")
        other = next(value.kind for value in values if value.kind not in ("null", first))
        raise FormulaError(
            f"Incorrect parameter type for {function}. Expected {NAMES[first]}, "
            f"received {NAMES[other]}"
        )
    return next(iter(kinds), "text")


def whole(sql: str) -> str:
    """Return SQL for a number cut to a whole one of at most seven digits; null where it is more."""
    return f"TRY_CAST(trunc({sql}) AS DECIMAL(7,0))::INTEGER"


def finite(sql: str) -> str:
    """Return SQL for a number, null where it left the range of numbers."""
    return f"nullif(nullif(nullif(({sql})::DOUBLE, 'inf'), '-inf'), 'nan')"
