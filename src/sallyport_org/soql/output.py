"""How values are written: the SQL that turns columns into JSON-ready or CSV-ready values.

What belongs here: the spelling of dates, times, numbers and compounds on each wire. What does not:
which columns (``plan``), pages, and HTTP.

JSON datetimes end in ``+0000`` and CSV ones in ``Z``; a null is ``null`` or the empty text
(observed in recorded answers; see docs/org.md).
"""

from __future__ import annotations

from sallyport_org.rows.engine import quoted, text_literal
from sallyport_org.soql.functions import Value
from sallyport_org.soql.masks import masked
from sallyport_org.soql.plan import Output, Plan
from sallyport_org.soql.scope import Source


def json_projection(plan: Plan, version: str) -> str:
    """Return the field list whose values need no more than nesting to be a record.

    After the outputs come the ids that nesting needs: of each joined parent, then of the row.
    Groups have neither.
    """
    columns = [json_value(one, version) for one in plan.outputs]
    if not plan.grouped:
        columns += [f"{parent.alias}.Id" for parent in plan.parents]
        columns += [f"{parent.alias}.Type" for parent in plan.parents if parent.polymorphic]
        columns.append(f"{plan.source.alias}.Id")
    return ", ".join(f"{sql} AS {quoted(f'c{number}')}" for number, sql in enumerate(columns))


def csv_projection(plan: Plan) -> str:
    """Return the field list with every value as text and the empty text for null."""
    return ", ".join(
        f"{csv_value(one.value)} AS {quoted(f'c{number}')}"
        for number, one in enumerate(plan.outputs)
    )


def json_value(output: Output, version: str) -> str:
    """Return the SQL of one JSON value."""
    value = output.value
    match value.kind:
        case "address" | "location" if output.source is not None:
            return _compound(output.source, value)
        case "base64" if output.source is not None and value.field is not None:
            return blob_path(output.source, value.field.name, version)
        case "datetime":
            return f"strftime({value.sql}, '%Y-%m-%dT%H:%M:%S.%g+0000')"
        case "date":
            return f"({value.sql})::VARCHAR"
        case "time":
            return _time(value.sql)
    return _shown(value)


def csv_value(value: Value) -> str:
    """Return the SQL of one CSV value: text, never null."""
    match value.kind:
        case "datetime":
            text = f"strftime({value.sql}, '%Y-%m-%dT%H:%M:%S.%gZ')"
        case "time":
            text = _time(value.sql)
        case "boolean" | "int" | "long" | "double" | "currency" | "percent" | "date":
            text = f"({value.sql})::VARCHAR"
        case _:
            text = _shown(value)
    return f"coalesce({text}, '')"


def blob_path(source: Source, name: str, version: str) -> str:
    """Return the SQL of the path a blob field's bytes are read from."""
    base = text_literal(f"/services/data/v{version}/sobjects/{source.sobject.name}/")
    return f"{base} || {source.alias}.Id || {text_literal('/' + name)}"


def _shown(value: Value) -> str:
    """Return the SQL of a value without a spelling of its own, masked if the user meets it so."""
    one = value.field
    if one is None or not one.masked or value.aggregate:
        return value.sql
    return masked(value.sql, one.mask)


def _time(sql: str) -> str:
    return f"strftime(DATE '1970-01-01' + {sql}, '%H:%M:%S.%gZ')"


def _compound(source: Source, value: Value) -> str:
    """A compound is null when all its parts are."""
    assert value.field is not None  # noqa: S101 - json_value asks for compounds of fields only
    columns = source.parts(value.field)
    filled = " OR ".join(f"{column} IS NOT NULL" for column in columns.values())
    struct = ", ".join(f"'{key}': {column}" for key, column in columns.items())
    return f"CASE WHEN {filled} THEN {{{struct}}} END"
