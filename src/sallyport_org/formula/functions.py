"""The functions of formulas: what each takes, what it gives, and its SQL.

What belongs here: functions that need nothing but their arguments. What does not: those that look
at a field itself, at the row before its change, or at the moment (``compiler``).

Each is documented at https://help.salesforce.com/s/articleView?id=sf.customize_functions.htm; a
value outside a function's range gives null, where Salesforce shows #Error! (documented: the API
sends null for it).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from sallyport_org import ids
from sallyport_org.formula.parser import FormulaError
from sallyport_org.formula.values import Kind, Value, null_as, same_kind, wanted, whole
from sallyport_org.rows.engine import text_literal

BREAK = "_BR_ENCODED_"
"""What BR() leaves in a text read over the API (observed)."""
EARTH_KM, EARTH_MILES = 6371.0088, 3958.7613


@dataclass(frozen=True, slots=True)
class Template:
    """A function as SQL with a place for each argument; ``given`` fills those left out."""

    gives: Kind
    takes: tuple[tuple[Kind, ...], ...]
    sql: str
    given: tuple[str, ...] = ()


def _of(gives: Kind, takes: str, sql: str, *given: str) -> Template:
    """Read ``text number`` or ``date|datetime`` into the kinds a function takes."""
    kinds = tuple(tuple(one.split("|")) for one in takes.split())
    return Template(gives, kinds, sql, given)  # type: ignore[arg-type] # the texts are kinds


def _int(place: int) -> str:
    return whole(f"{{{place}}}")


_LENGTH = f"greatest({_int(1)}, 0)"
_PAD = f"least({_LENGTH}, 3900), coalesce(nullif({{2}}, ''), ' ')"
_DAY = "({0})::TIMESTAMP"
_MONTHS_ON = f"({_DAY} + to_months({_int(1)}))"

TEMPLATES: dict[str, Template] = {
    "ABS": _of("number", "number", "abs({0})"),
    "CEILING": _of("number", "number", "(sign({0}) * ceil(abs({0})))"),
    "FLOOR": _of("number", "number", "trunc({0})"),
    "MCEILING": _of("number", "number", "ceil({0})"),
    "MFLOOR": _of("number", "number", "floor({0})"),
    "ROUND": _of("number", "number number", f"round({{0}}, {_int(1)})"),
    "TRUNC": _of(
        "number", "number number", f"(trunc({{0}} * pow(10, {_int(1)})) / pow(10, {_int(1)}))", "0"
    ),
    "MOD": _of("number", "number number", "({0} % nullif({1}, 0))"),
    "SQRT": _of("number", "number", "pow({0}, 0.5)"),
    "EXP": _of("number", "number", "exp({0})"),
    "LN": _of("number", "number", "ln(nullif(greatest({0}, 0), 0))"),
    "LOG": _of("number", "number", "log10(nullif(greatest({0}, 0), 0))"),
    "PI": _of("number", "", "pi()"),
    "LEN": _of("number", "text", "length({0})::DOUBLE"),
    "LEFT": _of("text", "text number", f"left({{0}}, coalesce({_LENGTH}, 0))"),
    "RIGHT": _of("text", "text number", f"right({{0}}, coalesce({_LENGTH}, 0))"),
    "MID": _of(
        "text",
        "text number number",
        f"coalesce(substr({{0}}, greatest({_int(1)}, 1), greatest({_int(2)}, 0)), '')",
    ),
    "UPPER": _of("text", "text text", "upper({0})", "''"),
    "LOWER": _of("text", "text text", "lower({0})", "''"),
    "TRIM": _of("text", "text", "trim({0})"),
    "REVERSE": _of("text", "text", "reverse({0})"),
    "LPAD": _of("text", "text number text", f"coalesce(lpad({{0}}, {_PAD}), '')", "' '"),
    "RPAD": _of("text", "text number text", f"coalesce(rpad({{0}}, {_PAD}), '')", "' '"),
    "SUBSTITUTE": _of("text", "text text text", "replace({0}, {1}, {2})"),
    "CONTAINS": _of("boolean", "text text", "contains({0}, {1})"),
    "BEGINS": _of("boolean", "text text", "starts_with({0}, {1})"),
    "FIND": _of(
        "number",
        "text text number",
        f"(CASE WHEN strpos(substr({{1}}, greatest({_int(2)}, 1)), {{0}}) > 0 THEN "
        f"strpos(substr({{1}}, greatest({_int(2)}, 1)), {{0}}) + greatest({_int(2)}, 1) - 1 "
        "ELSE 0 END)::DOUBLE",
        "1",
    ),
    "VALUE": _of("number", "text", "TRY_CAST({0} AS DOUBLE)"),
    "ISNUMBER": _of("boolean", "text", "(TRY_CAST({0} AS DOUBLE) IS NOT NULL)"),
    "BR": _of("text", "", text_literal(BREAK)),
    "HYPERLINK": _of(
        "text",
        "text text text",
        "('<a href=\"' || {0} || '\" target=\"' || {2} || '\">' || {1} || '</a>')",
        "'_blank'",
    ),
    "DATE": _of(
        "date",
        "number number number",
        f"TRY_CAST(lpad({_int(0)}::VARCHAR, 4, '0') || '-' || {_int(1)} || '-' || {_int(2)} "
        "AS DATE)",
    ),
    "DATEVALUE": _of("date", "text|date|datetime", "TRY_CAST({0} AS DATE)"),
    "DATETIMEVALUE": _of("datetime", "text|date|datetime", "TRY_CAST({0} AS TIMESTAMP)"),
    "TIMEVALUE": _of("time", "text|time|datetime", "TRY_CAST({0} AS TIME)"),
    "YEAR": _of("number", "date", "year({0})::DOUBLE"),
    "MONTH": _of("number", "date", "month({0})::DOUBLE"),
    "DAY": _of("number", "date", "day({0})::DOUBLE"),
    "WEEKDAY": _of("number", "date", "(dayofweek({0}) + 1)::DOUBLE"),
    "DAYOFYEAR": _of("number", "date", "dayofyear({0})::DOUBLE"),
    "ISOWEEK": _of("number", "date", "weekofyear({0})::DOUBLE"),
    "ISOYEAR": _of("number", "date", "isoyear({0})::DOUBLE"),
    "HOUR": _of("number", "time", "hour({0})::DOUBLE"),
    "MINUTE": _of("number", "time", "minute({0})::DOUBLE"),
    "SECOND": _of("number", "time", "second({0})::DOUBLE"),
    "MILLISECOND": _of("number", "time", "(millisecond({0}) % 1000)::DOUBLE"),
    "UNIXTIMESTAMP": _of("number", "date|datetime", f"epoch({_DAY})"),
    "FROMUNIXTIME": _of(
        "datetime", "number", "make_timestamp(TRY_CAST({0} * 1000000 AS DECIMAL(18,0))::BIGINT)"
    ),
    "PICKLISTCOUNT": _of(
        "number", "multipicklist", "coalesce(len(string_split({0}, ';')), 0)::DOUBLE"
    ),
}


def _arity(function: str, arguments: Sequence[object], least: int, most: int | None = None) -> None:
    """Raise :class:`FormulaError` unless there are so many arguments (observed wording)."""
    most = least if most is None else most
    if not least <= len(arguments) <= most:
        expected = str(least) if least == most else f"{least} to {most}"
        raise FormulaError(
            f"Incorrect number of parameters for function '{function}()'. Expected {expected}, "
            f"received {len(arguments)}"
        )


def _template(function: str, arguments: list[Value]) -> Value:
    made = TEMPLATES[function]
    most = len(made.takes)
    _arity(function, arguments, most - len(made.given), most)
    label = f"function '{function}()'"
    sqls = [
        wanted(value, label, *kinds).sql
        for value, kinds in zip(arguments, made.takes, strict=False)
    ]
    sqls += made.given[len(sqls) - (most - len(made.given)) :]
    return Value(made.sql.format(*sqls), made.gives)


def _logical(word: str) -> Callable[[list[Value]], Value]:
    def joined(arguments: list[Value]) -> Value:
        _arity(word, arguments, 1, 1000)
        parts = [wanted(one, f"function '{word}()'", "boolean").sql for one in arguments]
        return Value(
            "(" + f" {word} ".join(f"coalesce({part}, false)" for part in parts) + ")", "boolean"
        )

    return joined


def _not(arguments: list[Value]) -> Value:
    _arity("NOT", arguments, 1)
    inner = wanted(arguments[0], "function 'NOT()'", "boolean")
    return Value(f"(NOT coalesce({inner.sql}, false))", "boolean")


def _if(arguments: list[Value]) -> Value:
    _arity("IF", arguments, 3)
    condition = wanted(arguments[0], "function 'IF()'", "boolean")
    kind = same_kind(arguments[1:], "function 'IF()'")
    yes, no = (_fitting(one, kind) for one in arguments[1:])
    return Value(f"(CASE WHEN {condition.sql} THEN {yes} ELSE {no} END)", kind)


def _fitting(value: Value, kind: Kind) -> str:
    return null_as(kind).sql if value.kind == "null" else value.sql


def _case(arguments: list[Value]) -> Value:
    """``CASE(x, value, result, …, else)``; a picklist is compared with texts."""
    _arity("CASE", arguments, 4, 10_000)
    if len(arguments) % 2:
        raise FormulaError(
            "Incorrect number of parameters for function 'CASE()'. Expected "
            f"{len(arguments) + 1}, received {len(arguments)}"
        )
    subject, *pairs, otherwise = arguments
    asked: Kind = "text" if subject.kind in ("picklist", "null") else subject.kind
    label = "function 'CASE()'"
    results = pairs[1::2]
    kind = same_kind([*results, otherwise], label)
    arms = " ".join(
        f"WHEN {wanted(value, label, asked).sql} THEN {_fitting(result, kind)}"
        for value, result in zip(pairs[::2], results, strict=True)
    )
    head = f"coalesce({subject.sql}, '')" if asked == "text" else subject.sql
    return Value(f"(CASE {head} {arms} ELSE {_fitting(otherwise, kind)} END)", kind)


def _extreme(function: str, word: str) -> Callable[[list[Value]], Value]:
    def drawn(arguments: list[Value]) -> Value:
        _arity(function, arguments, 1, 1000)
        parts = [wanted(one, f"function '{function}()'", "number").sql for one in arguments]
        return Value(f"{word}({', '.join(parts)})", "number")

    return drawn


def _is_blank(arguments: list[Value]) -> Value:
    _arity("ISBLANK", arguments, 1)
    return Value(blank(arguments[0]), "boolean")


def _is_null(arguments: list[Value]) -> Value:
    """A text is never null (documented)."""
    _arity("ISNULL", arguments, 1)
    one = arguments[0]
    return Value("false" if one.kind == "text" else blank(one), "boolean")


def blank(value: Value) -> str:
    """Return SQL that says whether a value is blank."""
    match value.kind:
        case "text":
            return f"({value.sql} = '')"
        case "null":
            return "true"
        case "place" if value.place is not None:
            return f"({value.place[0]} IS NULL)"
    return f"({value.sql} IS NULL)"


def _blank_value(function: str) -> Callable[[list[Value]], Value]:
    def replaced(arguments: list[Value]) -> Value:
        _arity(function, arguments, 2)
        kind = same_kind(arguments, f"function '{function}()'")
        first, second = (_fitting(one, kind) for one in arguments)
        if kind != "text":
            return Value(f"coalesce({first}, {second})", kind)
        kept = first if function == "NULLVALUE" else f"coalesce(nullif({first}, ''), {second})"
        return Value(kept, kind)

    return replaced


def _is_picklist_value(arguments: list[Value]) -> Value:
    _arity("ISPICKVAL", arguments, 2)
    field = wanted(arguments[0], "function 'ISPICKVAL()'", "picklist")
    text = wanted(arguments[1], "function 'ISPICKVAL()'", "text")
    return Value(f"(coalesce({field.sql}, '') = {text.sql})", "boolean")


def _includes(arguments: list[Value]) -> Value:
    _arity("INCLUDES", arguments, 2)
    field = wanted(arguments[0], "function 'INCLUDES()'", "multipicklist")
    text = wanted(arguments[1], "function 'INCLUDES()'", "text")
    found = f"list_contains(string_split({field.sql}, ';'), {text.sql})"
    return Value(f"coalesce({found}, false)", "boolean")


def _text(arguments: list[Value]) -> Value:
    """Numbers without needless zeros, times in ISO spelling (documented)."""
    _arity("TEXT", arguments, 1)
    one = wanted(
        arguments[0],
        "function 'TEXT()'",
        "number",
        "date",
        "datetime",
        "time",
        "picklist",
        "multipicklist",
    )
    sql = one.sql
    match one.kind:
        case "number":
            sql = f"regexp_replace(({sql})::VARCHAR, '\\.0$', '')"
        case "datetime":
            sql = f"strftime({sql}, '%Y-%m-%d %H:%M:%SZ')"
        case "time":
            sql = f"strftime(DATE '1970-01-01' + {sql}, '%H:%M:%S.%g')"
        case "date":
            sql = f"({sql})::VARCHAR"
    return Value(f"coalesce({sql}, '')", "text")


def _regex(arguments: list[Value]) -> Value:
    """The whole text must match. Patterns are RE2's: no look-ahead, no back references."""
    _arity("REGEX", arguments, 2)
    text = wanted(arguments[0], "function 'REGEX()'", "text")
    pattern = arguments[1].constant
    if pattern is None:
        raise FormulaError("REGEX() is modelled here for patterns written as a text only")
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as wrong:
        raise FormulaError(f"REGEX() cannot use the pattern {pattern!r}: {wrong}") from wrong
    return Value(f"regexp_full_match({text.sql}, {text_literal(pattern)})", "boolean")


def _image(arguments: list[Value]) -> Value:
    """``IMAGE(url, alternate text, height, width)`` as the tag the API sends (observed)."""
    _arity("IMAGE", arguments, 2, 4)
    label = "function 'IMAGE()'"
    url, alt = (wanted(one, label, "text").sql for one in arguments[:2])
    tag = f"'<img src=\"' || {url} || '\" alt=\"' || {alt} || '\"'"
    if len(arguments) == 4:
        high, wide = (whole(wanted(one, label, "number").sql) for one in arguments[2:])
        tag += f" || ' style=\"height:' || {high} || 'px; width:' || {wide} || 'px;\"'"
    return Value(f"coalesce({tag} || ' border=\"0\"/>', '')", "text")


def _add_months(arguments: list[Value]) -> Value:
    """The last day of a month stays the last day (documented)."""
    _arity("ADDMONTHS", arguments, 2)
    label = "function 'ADDMONTHS()'"
    day = wanted(arguments[0], label, "date", "datetime")
    sqls = (day.sql, wanted(arguments[1], label, "number").sql)
    later = _MONTHS_ON.format(*sqls)
    if day.kind == "date":
        last = f"CASE WHEN {sqls[0]} = last_day({sqls[0]}) THEN last_day({later}) ELSE {later} END"
        return Value(f"({last})::DATE", "date")
    return Value(later, "datetime")


def _case_safe_id(arguments: list[Value]) -> Value:
    """Ids have 15 characters in formulas; this gives the 18 that survive changes of case."""
    _arity("CASESAFEID", arguments, 1)
    short = wanted(arguments[0], "function 'CASESAFEID()'", "text").sql
    return Value(f"coalesce({ids.sql_to_18(short)}, {short})", "text")


def _geolocation(arguments: list[Value]) -> Value:
    _arity("GEOLOCATION", arguments, 2)
    north, east = (wanted(one, "function 'GEOLOCATION()'", "number").sql for one in arguments)
    return Value("NULL", "place", place=(north, east))


def _distance(arguments: list[Value]) -> Value:
    """Great-circle distance by the haversine formula (documented), in ``'mi'`` or ``'km'``."""
    _arity("DISTANCE", arguments, 3)
    label = "function 'DISTANCE()'"
    places = [wanted(one, label, "place").place for one in arguments[:2]]
    radius = {"km": EARTH_KM, "mi": EARTH_MILES}.get(arguments[2].constant or "")
    if radius is None:
        raise FormulaError("DISTANCE() needs 'mi' or 'km' as its third parameter")
    (north, east), (other_north, other_east) = (place or ("NULL", "NULL") for place in places)
    half = (
        f"pow(sin(radians({other_north} - {north}) / 2), 2) + cos(radians({north})) * "
        f"cos(radians({other_north})) * pow(sin(radians({other_east} - {east}) / 2), 2)"
    )
    angle = f"atan2(pow({half}, 0.5), pow(abs(1 - ({half})), 0.5))"
    return Value(f"({2 * radius} * {angle})", "number")


SPECIAL: dict[str, Callable[[list[Value]], Value]] = {
    "AND": _logical("AND"),
    "OR": _logical("OR"),
    "NOT": _not,
    "IF": _if,
    "CASE": _case,
    "MIN": _extreme("MIN", "least"),
    "MAX": _extreme("MAX", "greatest"),
    "ISBLANK": _is_blank,
    "ISNULL": _is_null,
    "BLANKVALUE": _blank_value("BLANKVALUE"),
    "NULLVALUE": _blank_value("NULLVALUE"),
    "ISPICKVAL": _is_picklist_value,
    "INCLUDES": _includes,
    "TEXT": _text,
    "REGEX": _regex,
    "IMAGE": _image,
    "ADDMONTHS": _add_months,
    "CASESAFEID": _case_safe_id,
    "GEOLOCATION": _geolocation,
    "DISTANCE": _distance,
}


def apply(function: str, arguments: list[Value]) -> Value:
    """Return a function's value; raises :class:`FormulaError` if it is unknown or does not fit."""
    if function in TEMPLATES:
        return _template(function, arguments)
    if function in SPECIAL:
        return SPECIAL[function](arguments)
    raise FormulaError(f"Unknown function {function}. Check spelling.")
