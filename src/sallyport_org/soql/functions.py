"""Functions of SOQL: aggregates, the parts of dates, distances, labels and formats.

What belongs here: each function's SQL and the type it gives. What does not: where a function may
stand (``field_list``, ``conditions``, ``plan``).

Documented: https://developer.salesforce.com/docs/platform/soql-sosl/guide/sforce-api-calls-soql-select-agg-functions.html
and its neighbours …-select-date-functions, …-geolocate, …-select-tolabel, …-select-format.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sallyport_org import errors
from sallyport_org.errors.soql import Place
from sallyport_org.rows.engine import text_literal
from sallyport_org.schema.model import TEXT_TYPES, Field
from sallyport_org.soql.scope import Column


@dataclass(frozen=True, slots=True)
class Value:
    """An expression as SQL: its type, the field behind it if any, and its name in messages.

    ``function`` is the outermost function applied, empty for a plain field; ``owner`` names the
    object the field belongs to.
    """

    sql: str
    kind: str
    name: str
    field: Field | None = None
    aggregate: bool = False
    function: str = ""
    owner: str = ""


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
_TIMED = frozenset({"HOUR_IN_DAY", "DAY_ONLY", "CONVERTTIMEZONE"})
"""Date functions that take datetimes only."""
MEASURES = frozenset({"int", "long", "double", "currency", "percent"})

AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX", "GROUPING"})
RENDERINGS = frozenset({"TOLABEL", "FORMAT", "CONVERTCURRENCY"})
"""Functions that show a field differently and keep its name."""

EARTH_RADIUS = {"mi": 3958.761, "km": 6371.009}
"""Mean radius of the earth by unit; how Salesforce rounds it is not documented (assumed)."""


def is_date_function(function: str) -> bool:
    """Tell whether a function takes a date or datetime apart."""
    return function in _DATE_PARTS or function == "DAY_ONLY"


def apply(function: str, argument: Value | None, place: Place) -> Value:
    """Return a function's value; raises a refusal if it is unknown or the argument does not fit."""
    if function == "COUNT" and argument is None:
        return Value("count(*)", "int", "COUNT()", aggregate=True, function="COUNT")
    known = function in AGGREGATES or function in RENDERINGS or is_date_function(function)
    if not known and function != "CONVERTTIMEZONE":
        raise errors.soql.unknown_function(place, function)
    if argument is None:
        raise errors.soql.unexpected_token(place, ")")
    if function == "GROUPING":
        name = f"GROUPING({argument.name})"
        return Value(f"grouping({argument.sql})", "int", name, aggregate=True, function=function)
    if function in AGGREGATES:
        return _aggregate(function, argument, place)
    if function in RENDERINGS:
        return _rendering(function, argument, place)
    return _date_part(function, argument, place)


def _date_part(function: str, argument: Value, place: Place) -> Value:
    """Days are those of the user's time zone, GMT here, so convertTimezone changes nothing."""
    fits = ("datetime",) if function in _TIMED else ("date", "datetime")
    if argument.kind not in fits or argument.function not in ("", "CONVERTTIMEZONE"):
        raise errors.soql.wrong_argument(place, function, argument.name)
    name = f"{function}({argument.name})"
    if function == "CONVERTTIMEZONE":
        return replace(argument, name=f"convertTimezone({argument.name})", function=function)
    if function == "DAY_ONLY":
        return Value(f"({argument.sql})::DATE", "date", name, function=function)
    sql = f"({_DATE_PARTS[function].format(argument.sql)})::INTEGER"
    return Value(sql, "int", name, function=function)


def _aggregate(function: str, argument: Value, place: Place) -> Value:
    one, sql, kind = argument.field, argument.sql, argument.kind
    name = f"{function}({argument.name})"
    if (
        argument.aggregate
        or one is None
        or not one.aggregatable
        or (function in ("SUM", "AVG") and kind not in MEASURES)
    ):
        raise errors.soql.not_aggregatable(place, argument.name, function)
    if function in ("SUM", "AVG"):
        sql, kind = f"{function.lower()}({sql})::DOUBLE", "double"
    elif function == "COUNT":
        sql, kind = f"count({sql})", "int"
    elif function == "COUNT_DISTINCT":
        counted = sql if kind not in TEXT_TYPES or one.case_sensitive else f"lower({sql})"
        sql, kind = f"count(DISTINCT {counted})", "int"
    else:
        sql = f"arg_{function.lower()}({sql}, {sort_key(argument)})"
    return Value(sql, kind, name, aggregate=True, function=function)


def sort_key(value: Value) -> str:
    """Return the SQL a value sorts by: picklists by their list, texts regardless of letter case.

    Values a picklist no longer lists come last (assumed).
    """
    one = value.field
    if one is not None and one.type == "picklist" and one.picklist and not value.function:
        known = ", ".join(text_literal(entry.value) for entry in one.picklist)
        place = f"list_position([{known}], {value.sql})"
        return (
            f"CASE WHEN {value.sql} IS NOT NULL "
            f"THEN coalesce(nullif({place}, 0), {len(one.picklist) + 1}) END"
        )
    if value.kind in TEXT_TYPES and value.kind not in ("id", "reference"):
        return f"lower({value.sql})"
    return value.sql


def distance(column: Column, latitude: float, longitude: float, unit: str, place: Place) -> Value:
    """Return the distance of a location or address from a point, along a great circle."""
    name = ".".join(column.path)
    if column.field.type not in ("location", "address"):
        raise errors.soql.wrong_argument(place, "DISTANCE", name)
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise errors.soql.number_out_of_range(place, f"{latitude}, {longitude}")
    parts = column.source.parts(column.field)
    north, east = parts["latitude"], parts["longitude"]
    haversine = (
        f"pow(sin(radians({north} - {latitude!r}) / 2), 2) + cos(radians({latitude!r})) * "
        f"cos(radians({north})) * pow(sin(radians({east} - {longitude!r}) / 2), 2)"
    )
    sql = f"(2 * {EARTH_RADIUS[unit]} * asin(least(1.0, sqrt({haversine}))))"
    return Value(sql, "double", f"DISTANCE({name})", column.field, function="DISTANCE")


def _rendering(function: str, argument: Value, place: Place) -> Value:
    """Return a value as a person of the org's locale (en_US) reads it."""
    if function == "CONVERTCURRENCY":
        raise errors.soql.one_currency(place)
    if function == "TOLABEL":
        if argument.field is None or argument.kind not in ("picklist", "multipicklist"):
            raise errors.soql.wrong_argument(place, "toLabel", argument.name)
        return replace(argument, sql=_label(argument), kind="string", function=function)
    return replace(argument, sql=_formatted(argument), kind="string", function=function)


def _label(value: Value) -> str:
    assert value.field is not None  # noqa: S101 - the caller refuses everything else
    entries = [one for one in value.field.picklist if one.value != one.label]
    if not entries:
        return value.sql
    arms = " ".join(
        f"WHEN {text_literal(one.value)} THEN {text_literal(one.label)}" for one in entries
    )
    if value.kind == "picklist":
        return f"CASE {value.sql} {arms} ELSE {value.sql} END"
    each = f"list_transform(string_split({value.sql}, ';'), part -> CASE part {arms} ELSE part END)"
    return f"array_to_string({each}, ';')"


def _formatted(value: Value) -> str:
    """The locale's formats; their exact look is known from documentation only (documented)."""
    sql = value.sql
    scale = value.field.scale if value.field is not None else 2
    match value.kind:
        case "currency":
            return f"(CASE WHEN {sql} < 0 THEN '-' ELSE '' END || format('${{:,.2f}}', abs({sql})))"
        case "percent":
            return f"format('{{:,.{scale}f}}%', {sql})"
        case "double":
            return f"format('{{:,.{scale}f}}', {sql})"
        case "int" | "long":
            return f"format('{{:,}}', {sql})"
        case "date":
            return f"strftime({sql}, '%-m/%-d/%Y')"
        case "datetime":
            return f"strftime({sql}, '%-m/%-d/%Y, %-I:%M %p')"
        case "time":
            return f"strftime(DATE '1970-01-01' + {sql}, '%-I:%M %p')"
        case "boolean":
            return f"({sql})::VARCHAR"
    return sql
