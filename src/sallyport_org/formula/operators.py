"""The operators of formulas: arithmetic, joining texts, moments and days, comparing.

What belongs here: what each operator means for each kind of operand. What does not: precedence
(``parser``) and names (``compiler``).

Documented: https://help.salesforce.com/s/articleView?id=sf.formula_operators_and_functions.htm
"""

from __future__ import annotations

from sallyport_org.formula import functions
from sallyport_org.formula.functions import blank
from sallyport_org.formula.parser import FormulaError
from sallyport_org.formula.values import NAMES, Value, null_as, same_kind, wanted, whole

_ARITHMETIC = {"+", "-", "*", "/", "^"}
_DAY_US = 86_400_000_000


def operate(operator: str, operands: list[Value]) -> Value:
    """Return the value of an operator; raises FormulaError if the operands do not fit."""
    if len(operands) == 1:
        if operator == "!":
            return functions.apply("NOT", operands)
        return Value(f"(-{wanted(operands[0], 'operator -', 'number').sql})", "number")
    left, right = operands
    if operator in ("&&", "||"):
        return functions.apply("AND" if operator == "&&" else "OR", operands)
    if operator == "&":
        parts = [wanted(one, "operator '&'", "text").sql for one in operands]
        return Value(f"({parts[0]} || {parts[1]})", "text")
    if operator in _ARITHMETIC:
        return _calculate(operator, left, right)
    return _compare(operator, left, right)


def _calculate(operator: str, left: Value, right: Value) -> Value:
    label = f"operator '{operator}'"
    kinds = (left.kind, right.kind)
    if operator == "+" and "text" in kinds:
        parts = [wanted(one, label, "text").sql for one in (left, right)]
        return Value(f"({parts[0]} || {parts[1]})", "text")
    if operator in "+-" and kinds[0] in ("date", "datetime", "time"):
        return _shift(operator, left, right)
    if operator == "+" and kinds[1] in ("date", "datetime", "time"):
        return _shift(operator, right, left)
    first, second = (wanted(one, label, "number").sql for one in (left, right))
    if operator == "/":
        return Value(f"({first} / nullif({second}, 0))", "number")
    if operator == "^":
        return Value(f"pow({first}, {second})", "number")
    return Value(f"({first} {operator} {second})", "number")


def _shift(operator: str, left: Value, right: Value) -> Value:
    """Moments and days: the difference of two is in days, of two times in milliseconds."""
    if operator == "-" and right.kind == left.kind:
        unit = 1000.0 if left.kind == "time" else float(_DAY_US)
        cast = "" if left.kind == "time" else "::TIMESTAMP"
        sides = [f"epoch_us(({one.sql}){cast})" for one in (left, right)]
        return Value(f"(({sides[0]} - {sides[1]}) / {unit})", "number")
    label = f"operator '{operator}'"
    number = wanted(right, label, "number").sql
    if left.kind == "date":
        return Value(f"({left.sql} {operator} {whole(number)})", "date")
    unit_us = 1000 if left.kind == "time" else _DAY_US
    step = f"to_microseconds(TRY_CAST(round(({number}) * {unit_us}) AS DECIMAL(18,0))::BIGINT)"
    return Value(f"({left.sql} {operator} {step})", left.kind)


def _compare(operator: str, left: Value, right: Value) -> Value:
    label = f"operator '{operator}'"
    for one in (left, right):
        if one.kind in ("picklist", "multipicklist", "place"):
            raise FormulaError(
                f"Incorrect parameter type for {label}. {NAMES[one.kind]} fields are only "
                "supported in certain functions; use ISPICKVAL(), CASE(), TEXT() or INCLUDES()"
            )
    if "null" in (left.kind, right.kind):
        known = left if right.kind == "null" else right
        test = blank(known)
        return Value(test if operator == "=" else f"(NOT {test})", "boolean")
    kind = same_kind([left, right], label)
    sides = [null_as(kind).sql if one.kind == "null" else one.sql for one in (left, right)]
    if operator in ("=", "<>"):
        word = "IS NOT DISTINCT FROM" if operator == "=" else "IS DISTINCT FROM"
        return Value(f"({sides[0]} {word} {sides[1]})", "boolean")
    return Value(f"coalesce({sides[0]} {operator} {sides[1]}, false)", "boolean")
