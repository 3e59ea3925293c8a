"""WHERE and HAVING as SQL.

What belongs here: what each operator means for each type, and the refusals of operators that do not
fit. What does not: values (``operands``), semi-joins' rules (``semi_joins``), and finding names
(``scope``).

SOQL knows no third truth value: ``!=`` and ``NOT`` find rows whose field is null (observed), and an
empty text is null (documented:
https://developer.salesforce.com/docs/platform/soql-sosl/guide/sforce-api-calls-soql-select-comparisonoperators.html).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sallyport_org import errors
from sallyport_org.rows.engine import text_literal
from sallyport_org.schema.model import TEXT_TYPES
from sallyport_org.soql.functions import Value
from sallyport_org.soql.operands import Operands
from sallyport_org.soql.periods import Range
from sallyport_org.soql.tree import (
    Both,
    Comparison,
    Condition,
    Expression,
    Literal,
    Membership,
    Not,
    Query,
    SemiJoin,
)

_EQUALITY = frozenset({"=", "!="})
_EQUALITY_ONLY = frozenset({"boolean", "multipicklist"})
_NOT_LIKE = frozenset({"id", "reference", "multipicklist"})


@dataclass(frozen=True, slots=True)
class Conditions:
    """What turning conditions into SQL needs: the query's values, and the SQL of inner queries.

    ``inner`` returns the SQL of a semi-join's query, given the value on its left.
    """

    operands: Operands
    value: Callable[[Expression], Value]
    inner: Callable[[Query, Value], str]

    def sql(self, condition: Condition) -> str:
        """Return the condition as SQL; raises a refusal for values that do not fit."""
        match condition:
            case Both(word, parts):
                return "(" + f" {word} ".join(self.sql(part) for part in parts) + ")"
            case Not(part):
                return f"(NOT coalesce({self.sql(part)}, false))"
            case Comparison():
                return self._comparison(condition)
            case Membership():
                return self._membership(condition)
            case SemiJoin(left, negated, query):
                value = self._filterable(left)
                found = f"{value.sql} IN ({self.inner(query, value)})"
                return f"(NOT coalesce({found}, false))" if negated else found

    def _filterable(self, left: Expression) -> Value:
        value = self.value(left)
        if value.function == "DISTANCE" or value.aggregate:
            return value
        one = value.field
        if one is not None and (not one.filterable or value.kind in ("address", "location")):
            raise errors.soql.not_filterable(self.operands.place(left.at), value.name)
        return value

    def _comparison(self, comparison: Comparison) -> str:
        value = self._filterable(comparison.left)
        operator, literal = comparison.operator, comparison.value
        place = self.operands.place(comparison.left.at)
        if value.kind in _EQUALITY_ONLY and operator not in _EQUALITY:
            raise errors.soql.wrong_operator(place, value.kind)
        if value.function == "DISTANCE" and operator in _EQUALITY:
            raise errors.soql.wrong_operator(place, "location")
        if operator == "LIKE":
            return self._like(value, literal, place)
        if self.operands.is_null(value, literal):
            if operator not in _EQUALITY:
                return "false"  # nothing is above or below null (assumed)
            return f"({value.sql} IS {'NOT ' if operator == '!=' else ''}NULL)"
        if literal.kind == "period" and value.kind in ("date", "datetime"):
            return _compare_period(value, operator, self.operands.days(literal))
        left, right = self.operands.sides(value, literal)
        if operator == "!=":
            return f"({left} IS DISTINCT FROM {right})"
        return f"({left} {operator} {right})"

    def _like(self, value: Value, literal: Literal, place: errors.soql.Place) -> str:
        if value.kind not in TEXT_TYPES or value.kind in _NOT_LIKE:
            raise errors.soql.wrong_operator(place, value.kind)
        if literal.kind == "null":
            return "false"
        if literal.kind != "string":
            raise self.operands.misfit(value, literal)
        pattern = f"lower({text_literal(literal.pattern)})"
        return f"(lower({value.sql}) LIKE {pattern} ESCAPE '\\')"

    def _membership(self, membership: Membership) -> str:
        value = self._filterable(membership.left)
        place = self.operands.place(membership.left.at)
        if membership.operator in ("INCLUDES", "EXCLUDES"):
            found = self._includes(value, membership, place)
            return found if membership.operator == "INCLUDES" else f"(NOT coalesce({found}, false))"
        if value.function == "DISTANCE":
            raise errors.soql.wrong_operator(place, "location")
        tests: list[str] = []
        plain: list[str] = []
        left = value.sql
        for literal in membership.values:
            if self.operands.is_null(value, literal):
                tests.append(f"{value.sql} IS NULL")
            elif literal.kind == "period" and value.kind in ("date", "datetime"):
                tests.append(_compare_period(value, "=", self.operands.days(literal)))
            else:
                left, right = self.operands.sides(value, literal)
                plain.append(right)
        if plain:
            tests.append(f"{left} IN ({', '.join(plain)})")
        found = "(" + " OR ".join(tests) + ")"
        return found if membership.operator == "IN" else f"(NOT coalesce({found}, false))"

    def _includes(self, value: Value, membership: Membership, place: errors.soql.Place) -> str:
        """``'a;b'`` asks for both, several texts for one of them (documented)."""
        if value.kind != "multipicklist":
            raise errors.soql.wrong_operator(place, value.kind)
        tests = []
        for literal in membership.values:
            if self.operands.is_null(value, literal):
                tests.append(f"{value.sql} IS NULL")
                continue
            if literal.kind != "string":
                raise self.operands.misfit(value, literal)
            wanted = ", ".join(f"lower({text_literal(part)})" for part in literal.text.split(";"))
            tests.append(f"list_has_all(string_split(lower({value.sql}), ';'), [{wanted}])")
        return "(" + " OR ".join(tests) + ")"


def _compare_period(value: Value, operator: str, days: Range) -> str:
    """Compare with a span of days: equal means inside it, greater means after it (documented)."""
    word = "TIMESTAMP" if value.kind == "datetime" else "DATE"
    start, end = (f"{word} '{day}'" for day in days)
    inside = f"({value.sql} >= {start} AND {value.sql} < {end})"
    return {
        "=": inside,
        "!=": f"(NOT coalesce({inside}, false))",
        "<": f"({value.sql} < {start})",
        "<=": f"({value.sql} < {end})",
        ">": f"({value.sql} >= {end})",
        ">=": f"({value.sql} >= {start})",
    }[operator]
