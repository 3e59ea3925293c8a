"""WHERE and HAVING as SQL.

What belongs here: what each operator means for each type, and the refusals of values that do not
fit. What does not: finding names (``scope``) and calendar arithmetic (``periods``).

SOQL knows no third truth value: ``!=`` and ``NOT`` find rows whose field is null (observed), texts
compare without regard to case, and an empty text is null (documented:
https://developer.salesforce.com/docs/platform/soql-sosl/guide/sforce-api-calls-soql-select-comparisonoperators.html).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sallyport_org import errors, ids
from sallyport_org.rows.engine import text_literal
from sallyport_org.schema.model import TEXT_TYPES
from sallyport_org.soql.functions import Value
from sallyport_org.soql.periods import Range, period
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

_NUMBERS = frozenset({"int", "long", "double", "currency", "percent"})
_SOAP_NAMES = {"datetime": "dateTime", "currency": "double", "percent": "double", "id": "ID"}
_EQUALITY = frozenset({"=", "!="})


@dataclass(frozen=True, slots=True)
class Conditions:
    """What turning conditions into SQL needs: values of expressions, inner queries, the day."""

    text: str
    value: Callable[[Expression], Value]
    inner: Callable[[Query], str]
    today: date

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
                found = f"{value.sql} IN ({self.inner(query)})"
                return f"(NOT coalesce({found}, false))" if negated else found

    def _filterable(self, left: Expression) -> Value:
        value = self.value(left)
        if value.field is not None and not value.field.filterable:
            message = f"field '{value.field.name}' can not be filtered in a query call"
            raise errors.soql.at_position("INVALID_FIELD", message, self.text, left.at)
        if value.kind in ("address", "location"):
            raise errors.rest.not_modelled("filtering by an address or location as a whole")
        return value

    def _comparison(self, comparison: Comparison) -> str:
        value, operator, literal = (
            self._filterable(comparison.left),
            comparison.operator,
            comparison.value,
        )
        if literal.kind == "null" or (literal.kind == "string" and literal.text == ""):
            return self._null(value, operator, literal)
        if operator == "LIKE":
            return self._like(value, literal)
        if literal.kind == "period" and value.kind in ("date", "datetime"):
            return _compare_period(value, operator, self._period(literal))
        left, right = self._sides(value, literal)
        if operator == "!=":
            return f"({left} IS DISTINCT FROM {right})"
        return f"({left} {operator} {right})"

    def _null(self, value: Value, operator: str, literal: Literal) -> str:
        if operator == "LIKE":
            return "false"
        if operator not in _EQUALITY:
            raise self._misfit("invalid operator", literal)
        return f"({value.sql} IS {'NOT ' if operator == '!=' else ''}NULL)"

    def _like(self, value: Value, literal: Literal) -> str:
        if value.kind not in TEXT_TYPES or value.kind in ("id", "reference", "multipicklist"):
            raise self._misfit(f"invalid operator on {value.kind} field", literal, "INVALID_FIELD")
        if literal.kind != "string":
            raise self._wrong_kind(value, literal)
        pattern = text_literal(literal.text.lower().replace("\\\\", "\\"))
        return f"(lower({value.sql}) LIKE {pattern} ESCAPE '\\')"

    def _membership(self, membership: Membership) -> str:
        value = self._filterable(membership.left)
        if membership.operator in ("INCLUDES", "EXCLUDES"):
            found = self._includes(value, membership)
            return found if membership.operator == "INCLUDES" else f"(NOT coalesce({found}, false))"
        tests = []
        plain: list[str] = []
        left = value.sql
        for literal in membership.values:
            if literal.kind == "null" or (literal.kind == "string" and literal.text == ""):
                tests.append(f"{value.sql} IS NULL")
            elif literal.kind == "period" and value.kind in ("date", "datetime"):
                tests.append(_compare_period(value, "=", self._period(literal)))
            else:
                left, right = self._sides(value, literal)
                plain.append(right)
        if plain:
            tests.append(f"{left} IN ({', '.join(plain)})")
        found = "(" + " OR ".join(tests) + ")"
        return found if membership.operator == "IN" else f"(NOT coalesce({found}, false))"

    def _includes(self, value: Value, membership: Membership) -> str:
        if value.kind != "multipicklist":
            raise self._misfit(
                f"invalid operator on {value.kind} field", membership.values[0], "INVALID_FIELD"
            )
        tests = []
        for literal in membership.values:
            wanted = ", ".join(text_literal(part.lower()) for part in literal.text.split(";"))
            tests.append(f"list_has_all(string_split(lower({value.sql}), ';'), [{wanted}])")
        return "(" + " OR ".join(tests) + ")"

    # -- values

    def _sides(self, value: Value, literal: Literal) -> tuple[str, str]:
        """Return both sides of a comparison as SQL of the same type."""
        kind = value.kind
        if kind in ("id", "reference"):
            return value.sql, text_literal(self._id(value, literal))
        if kind in _NUMBERS:
            return value.sql, self._of_kind(value, literal, "number").text
        if kind == "boolean":
            return value.sql, self._of_kind(value, literal, "boolean").text
        if kind == "date":
            return value.sql, self._date(value, literal)
        if kind == "datetime":
            return value.sql, self._datetime(value, literal)
        if kind == "time":
            text = self._of_kind(value, literal, "time").text
            return value.sql, f"TIME {text_literal(text.rstrip('Zz'))}"
        text = self._of_kind(value, literal, "string").text
        text = text.replace("\\%", "%").replace("\\_", "_")
        if value.field is not None and value.field.case_sensitive:
            return value.sql, text_literal(text)
        return f"lower({value.sql})", text_literal(text.lower())

    def _id(self, value: Value, literal: Literal) -> str:
        text = self._of_kind(value, literal, "string").text
        try:
            return ids.to_18(text)
        except ids.MalformedIdError:
            raise self._misfit(
                f"invalid ID field: {text}", literal, "INVALID_QUERY_FILTER_OPERATOR"
            ) from None

    def _date(self, value: Value, literal: Literal) -> str:
        text = self._of_kind(value, literal, "date").text
        try:
            return f"DATE '{date.fromisoformat(text)}'"
        except ValueError:
            raise self._misfit(f"Invalid date: {text}", literal, "INVALID_FIELD") from None

    def _datetime(self, value: Value, literal: Literal) -> str:
        text = self._of_kind(value, literal, "datetime").text
        try:
            moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
        except ValueError:
            raise self._misfit(f"Invalid datetime: {text}", literal, "INVALID_FIELD") from None
        return f"TIMESTAMP '{moment.replace(tzinfo=None).isoformat(sep=' ')}'"

    def _period(self, literal: Literal) -> Range:
        found = period(literal.text, literal.count, self.today)
        if found is None:
            raise self._misfit(f"unexpected token: '{literal.text}'", literal)
        return found

    def _of_kind(self, value: Value, literal: Literal, kind: str) -> Literal:
        if literal.kind == "period" and period(literal.text, literal.count, self.today) is None:
            raise self._misfit(f"unexpected token: '{literal.text}'", literal)
        if literal.kind != kind:
            raise self._wrong_kind(value, literal)
        return literal

    def _wrong_kind(self, value: Value, literal: Literal) -> errors.Refusal:
        """Observed wording; the quotes clause differs for texts."""
        name = value.name
        kind = _SOAP_NAMES.get(value.kind, value.kind)
        kind = "string" if kind in TEXT_TYPES and kind != "ID" else kind
        should = "should be" if value.kind in TEXT_TYPES else "should not be"
        message = (
            f"value of filter criterion for field '{name}' must be of type {kind} and {should} "
            "enclosed in quotes"
        )
        return self._misfit(message, literal, "INVALID_FIELD")

    def _misfit(
        self, message: str, literal: Literal, code: str = "MALFORMED_QUERY"
    ) -> errors.Refusal:
        return errors.soql.at_position(code, message, self.text, literal.at)


def _compare_period(value: Value, operator: str, days: Range) -> str:
    """Compare with a span of days: equal means inside it, greater means after it."""
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
