"""A query as read: what the parser makes and the planner consumes.

What belongs here: plain records, each with the position (``at``) it was read from. What does not:
whether the names exist (``plan``).
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FieldPath:
    """``Name`` or ``Account.Owner.Name``, as written."""

    parts: tuple[str, ...]
    at: int

    def __str__(self) -> str:
        return ".".join(self.parts)


@dataclass(frozen=True, slots=True)
class Call:
    """``COUNT(Id)``, ``CALENDAR_YEAR(CloseDate)``, or ``COUNT()`` with no argument."""

    function: str
    argument: FieldPath | None
    at: int


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """``FIELDS(ALL)``, ``FIELDS(STANDARD)`` or ``FIELDS(CUSTOM)``; ``which`` is upper case."""

    which: str
    at: int


@dataclass(frozen=True, slots=True)
class ChildQuery:
    """``(SELECT … FROM Contacts)`` in a field list."""

    query: Query
    at: int


Expression = FieldPath | Call


@dataclass(frozen=True, slots=True)
class Selected:
    """One entry of the field list."""

    what: Expression | FieldGroup | ChildQuery
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Literal:
    """A value: string, number, boolean, null, date, datetime, time or period (a date literal).

    ``text`` is the value without quotes and escapes; a period with a number has it in ``count``.
    """

    kind: str
    text: str
    at: int
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """``Field <operator> value`` with ``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=`` or ``LIKE``."""

    left: Expression
    operator: str
    value: Literal


@dataclass(frozen=True, slots=True)
class Membership:
    """``IN``, ``NOT IN``, ``INCLUDES`` or ``EXCLUDES`` with a list of values."""

    left: Expression
    operator: str
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class SemiJoin:
    """``Id [NOT] IN (SELECT …)``."""

    left: Expression
    negated: bool
    query: Query


@dataclass(frozen=True, slots=True)
class Both:
    """Conditions joined by AND or OR (``word``)."""

    word: str
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """A negated condition."""

    part: Condition


Condition = Comparison | Membership | SemiJoin | Both | Not


@dataclass(frozen=True, slots=True)
class Ordering:
    """One entry of ORDER BY; nulls come first unless said otherwise (documented)."""

    by: Expression
    descending: bool = False
    nulls_last: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """One SELECT."""

    selected: tuple[Selected, ...]
    sobject: str
    at: int
    alias: str | None = None
    where: Condition | None = None
    group_by: tuple[Expression, ...] = ()
    having: Condition | None = None
    order_by: tuple[Ordering, ...] = ()
    limit: int | None = None
    offset: int | None = None
    text: str = field(default="", compare=False)
