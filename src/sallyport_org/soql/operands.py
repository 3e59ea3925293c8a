"""Values in conditions: a field and what it is compared with, as SQL of one type.

What belongs here: which literals fit which type, their SQL, and the refusals of those that do not.
What does not: operators (``conditions``) and calendar arithmetic (``periods``).

Texts compare without regard to case unless the field is case-sensitive (documented:
https://developer.salesforce.com/docs/platform/soql-sosl/guide/sforce-api-calls-soql-select-comparisonoperators.html).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from math import isfinite

from sallyport_org import errors, ids
from sallyport_org.errors.soql import Place
from sallyport_org.rows.engine import text_literal
from sallyport_org.schema.model import TEXT_TYPES
from sallyport_org.soql.functions import MEASURES, Value
from sallyport_org.soql.periods import Range, period
from sallyport_org.soql.tree import Literal

_KIND_NAMES = {
    "datetime": "dateTime",
    "currency": "double",
    "percent": "double",
    "id": "ID",
    "reference": "ID",
}
_EXACT_INTEGERS = 18
"""Integers of up to that many digits are written as they are; longer ones as doubles."""


@dataclass(frozen=True, slots=True)
class Operands:
    """The literals of one query, on one day."""

    text: str
    today: date

    def place(self, at: int) -> Place:
        """Return a position in the query."""
        return Place(self.text, at)

    def is_null(self, value: Value, literal: Literal) -> bool:
        """Tell whether a literal means null: the word, or the empty text for a text field."""
        empty = literal.kind == "string" and literal.text == "" and value.kind in TEXT_TYPES
        return literal.kind == "null" or empty

    def sides(self, value: Value, literal: Literal) -> tuple[str, str]:
        """Return both sides of a comparison as SQL; raises a refusal of what does not fit."""
        kind = value.kind
        if kind in ("id", "reference"):
            return value.sql, text_literal(self._id(value, literal))
        if kind in MEASURES:
            return value.sql, self._number(value, literal)
        if kind == "boolean":
            return value.sql, self._of_kind(value, literal, "boolean").text
        if kind in ("date", "datetime", "time"):
            return value.sql, self._moment(value, literal)
        text = text_literal(self._of_kind(value, literal, "string").text)
        if value.field is not None and value.field.case_sensitive:
            return value.sql, text
        return f"lower({value.sql})", f"lower({text})"

    def days(self, literal: Literal) -> Range:
        """Return the days of a date literal; raises "unexpected token" for unknown ones."""
        try:
            found = period(literal.text, literal.count, self.today)
        except (OverflowError, ValueError):
            place = self.place(literal.at)
            raise errors.soql.number_out_of_range(place, str(literal.count)) from None
        if found is None:
            raise errors.soql.unexpected_token(self.place(literal.at), literal.text)
        return found

    def _id(self, value: Value, literal: Literal) -> str:
        text = self._of_kind(value, literal, "string").text
        try:
            return ids.to_18(text)
        except ids.MalformedIdError:
            raise errors.soql.malformed_id(self.place(literal.at), text) from None

    def _number(self, value: Value, literal: Literal) -> str:
        text = self._of_kind(value, literal, "number").text
        if not isfinite(float(text)):
            raise errors.soql.number_out_of_range(self.place(literal.at), text)
        digits = text.lstrip("+-")
        if digits.isdigit() and len(digits) <= _EXACT_INTEGERS:
            return text
        return f"CAST('{float(text)!r}' AS DOUBLE)"

    def _moment(self, value: Value, literal: Literal) -> str:
        text = self._of_kind(value, literal, value.kind).text
        try:
            if value.kind == "date":
                return f"DATE '{date.fromisoformat(text)}'"
            if value.kind == "time":
                return f"TIME '{time.fromisoformat(text.rstrip('Zz'))}'"
            moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            place = self.place(literal.at)
            raise errors.soql.no_such_day(place, value.kind, text) from None
        return f"TIMESTAMP '{moment.replace(tzinfo=None).isoformat(sep=' ')}'"

    def _of_kind(self, value: Value, literal: Literal, kind: str) -> Literal:
        if literal.kind == kind:
            return literal
        if literal.kind == "currency" and value.kind in ("currency", "double"):
            raise errors.soql.one_currency(self.place(literal.at))
        if literal.kind == "period":
            self.days(literal)
        raise self.misfit(value, literal)

    def misfit(self, value: Value, literal: Literal) -> errors.Refusal:
        """Return the refusal of a literal of the wrong kind; texts are told to use quotes."""
        text = value.kind in TEXT_TYPES
        name = _KIND_NAMES.get(value.kind, "string" if text else value.kind)
        place = self.place(literal.at)
        return errors.soql.wrong_kind(place, value.name, name, quoted=text)
