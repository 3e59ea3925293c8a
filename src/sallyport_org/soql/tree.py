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
    """``COUNT(Id)``, ``CALENDAR_YEAR(CloseDate)``, or ``COUNT()`` with no argument.

    ``function`` is upper case.
    """

    function: str
    argument: FieldPath | Call | None
    at: int


@dataclass(frozen=True, slots=True)
class Distance:
    """``DISTANCE(field, GEOLOCATION(latitude, longitude), 'mi')``; the unit is mi or km."""

    path: FieldPath
    latitude: float
    longitude: float
    unit: str
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


@dataclass(frozen=True, slots=True)
class Branch:
    """``WHEN Account THEN Phone, Name`` of a TYPEOF; ``sobject`` is None for ELSE."""

    sobject: str | None
    fields: tuple[FieldPath, ...]
    at: int


@dataclass(frozen=True, slots=True)
class TypeOf:
    """``TYPEOF What WHEN … ELSE … END`` in a field list."""

    relationship: FieldPath
    branches: tuple[Branch, ...]
    at: int


Expression = FieldPath | Call | Distance


@dataclass(frozen=True, slots=True)
class Selected:
    """One entry of the field list."""

    what: Expression | FieldGroup | ChildQuery | TypeOf
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Literal:
    """A value: string, number, boolean, null, date, datetime, time, currency or period.

    ``text`` is the value without quotes and escapes, ``pattern`` the same for LIKE, where escaped
    wildcards stay escaped; a period (a date literal) with a number has it in ``count``.
    """

    kind: str
    text: str
    at: int
    count: int | None = None
    pattern: str = ""


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
class ScopeName:
    """``USING SCOPE mine``, as written."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Query:
    """One SELECT.

    ``grouping`` is empty, ``ROLLUP`` or ``CUBE``. ``aliases`` are the further entries of FROM
    (``FROM Contact c, c.Account a``): names that stand for a path of relationships.
    """

    selected: tuple[Selected, ...]
    sobject: str
    at: int
    alias: str | None = None
    aliases: tuple[tuple[str, FieldPath], ...] = ()
    scope: ScopeName | None = None
    where: Condition | None = None
    group_by: tuple[Expression, ...] = ()
    grouping: str = ""
    having: Condition | None = None
    order_by: tuple[Ordering, ...] = ()
    limit: int | None = None
    offset: int | None = None
    text: str = field(default="", compare=False)
