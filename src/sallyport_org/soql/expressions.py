"""Reading field paths, function calls and values.

What belongs here: the grammar of one expression and one literal. What does not: conditions
(``criteria``), clauses (``parser``) and whether the names exist.
"""

from __future__ import annotations

from sallyport_org import errors
from sallyport_org.soql.lexer import Token, unquoted
from sallyport_org.soql.reader import Reader
from sallyport_org.soql.tree import Call, Distance, Expression, FieldPath, Literal

_UNITS = ("mi", "km")


def path(reader: Reader) -> FieldPath:
    """Read ``Name`` or ``Account.Owner.Name``."""
    return _path_from(reader, reader.name())


def expression(reader: Reader) -> Expression:
    """Read a field path, a function call or a DISTANCE."""
    token = reader.name()
    if not reader.accept("("):
        return _path_from(reader, token)
    if token.word == "DISTANCE":
        return _distance(reader, token)
    return _call(reader, token)


def _path_from(reader: Reader, first: Token) -> FieldPath:
    parts = [first.text]
    while reader.accept("."):
        parts.append(reader.name().text)
    return FieldPath(tuple(parts), first.at)


def _call(reader: Reader, name: Token) -> Call:
    """Read the argument and the closing bracket of a call whose opening one is taken."""
    if reader.accept(")"):
        return Call(name.word, None, name.at)
    first = reader.name()
    argument: FieldPath | Call
    if reader.accept("("):
        with reader.nested():
            argument = _call(reader, first)
    else:
        argument = _path_from(reader, first)
    reader.expect(")")
    return Call(name.word, argument, name.at)


def _distance(reader: Reader, name: Token) -> Distance:
    where = path(reader)
    reader.expect(",")
    reader.expect("GEOLOCATION")
    reader.expect("(")
    latitude = _number(reader)
    reader.expect(",")
    longitude = _number(reader)
    reader.expect(")")
    reader.expect(",")
    unit = reader.take()
    if unit.kind != "string" or unit.text[1:-1].lower() not in _UNITS:
        raise reader.unexpected(unit)
    reader.expect(")")
    return Distance(where, latitude, longitude, unit.text[1:-1].lower(), name.at)


def _number(reader: Reader) -> float:
    token = reader.take()
    if token.kind != "number":
        raise reader.unexpected(token)
    return float(token.text)


def literal(reader: Reader) -> Literal:
    """Read a value to compare with; bind variables are refused, as outside Apex."""
    token = reader.take()
    match token.kind:
        case "string":
            said = unquoted(token, reader.text)
            pattern = unquoted(token, reader.text, like=True)
            return Literal("string", said, token.at, pattern=pattern)
        case "number" | "date" | "datetime" | "time" | "currency":
            return Literal(token.kind, token.text, token.at)
        case "name":
            return _named(reader, token)
        case "sign" if token.text == ":":
            raise errors.soql.bind_variable(reader.place(token))
    raise reader.unexpected(token)


def _named(reader: Reader, token: Token) -> Literal:
    if token.word in ("TRUE", "FALSE"):
        return Literal("boolean", token.word.lower(), token.at)
    if token.word == "NULL":
        return Literal("null", "", token.at)
    if reader.accept(":"):
        return Literal("period", token.word, token.at, reader.whole_number())
    return Literal("period", token.word, token.at)
