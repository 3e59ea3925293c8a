"""Reading conditions: WHERE and HAVING.

What belongs here: the grammar of conditions. What does not: what they mean (``conditions``).

AND and OR do not mix without brackets, as in SOQL itself (observed).
"""

from __future__ import annotations

from collections.abc import Callable

from sallyport_org import errors
from sallyport_org.soql.expressions import expression, literal
from sallyport_org.soql.reader import Reader
from sallyport_org.soql.tree import (
    Both,
    Comparison,
    Condition,
    Expression,
    Membership,
    Not,
    Query,
    SemiJoin,
)

_COMPARISONS = frozenset({"=", "!=", "<>", "<", "<=", ">", ">="})

ReadQuery = Callable[[], Query]
"""Reads a SELECT at the reader's position: the query of a semi-join."""


def condition(reader: Reader, query: ReadQuery) -> Condition:
    """Read conditions joined by AND or by OR; raises "unexpected token"."""
    parts = [_negation(reader, query)]
    word = reader.next.word if reader.next.word in ("AND", "OR") else None
    while word is not None and reader.accept(word):
        parts.append(_negation(reader, query))
    if word is not None and reader.next.word in ("AND", "OR"):
        raise reader.unexpected(reader.next)
    return parts[0] if word is None else Both(word, tuple(parts))


def _negation(reader: Reader, query: ReadQuery) -> Condition:
    with reader.nested():
        if reader.next.word == "NOT" and reader.accept("NOT"):
            return Not(_negation(reader, query))
        if reader.accept("("):
            inside = condition(reader, query)
            reader.expect(")")
            return inside
        return _comparison(reader, query)


def _comparison(reader: Reader, query: ReadQuery) -> Condition:
    left = expression(reader)
    token = reader.take()
    if token.kind == "sign" and token.text in _COMPARISONS:
        operator = "!=" if token.text == "<>" else token.text
        return Comparison(left, operator, literal(reader))
    if token.kind == "name":
        word = token.word
        if word == "LIKE":
            return Comparison(left, "LIKE", literal(reader))
        if word == "NOT" and reader.accept("IN"):
            return _membership(reader, query, left, "NOT IN")
        if word in ("IN", "INCLUDES", "EXCLUDES"):
            return _membership(reader, query, left, word)
    raise reader.unexpected(token)


def _membership(reader: Reader, query: ReadQuery, left: Expression, operator: str) -> Condition:
    if reader.next.text == ":":
        raise errors.soql.bind_variable(reader.place(reader.next))
    reader.expect("(")
    if reader.next.word == "SELECT" and operator in ("IN", "NOT IN"):
        with reader.nested():
            inner = query()
        reader.expect(")")
        return SemiJoin(left, operator == "NOT IN", inner)
    values = [literal(reader)]
    while reader.accept(","):
        values.append(literal(reader))
    reader.expect(")")
    return Membership(left, operator, tuple(values))
