"""Questions as trees: neither SOQL nor SQL yet.

A question is about one table of the :mod:`world <checks.soql_oracle.world>`.
"""

from dataclasses import dataclass

from checks.soql_oracle.world import Cell, Column, Table


@dataclass(frozen=True)
class Ref:
    """A column, reached over some parents."""

    steps: tuple[Column, ...]
    column: Column


@dataclass(frozen=True)
class Part:
    """A part of a date: ``CALENDAR_YEAR(CloseDate)``."""

    function: str
    ref: Ref


@dataclass(frozen=True)
class Compare:
    left: Ref | Part
    operator: str
    value: Cell
    spelling: int


@dataclass(frozen=True)
class Like:
    """``text`` is taken literally; ``before`` and ``after`` are wildcards or empty."""

    ref: Ref
    before: str
    text: str
    after: str


@dataclass(frozen=True)
class Among:
    ref: Ref
    values: tuple[Cell, ...]
    negated: bool


@dataclass(frozen=True)
class Includes:
    """Any of the groups, all values of a group."""

    ref: Ref
    groups: tuple[tuple[str, ...], ...]
    negated: bool


@dataclass(frozen=True)
class Within:
    """A comparison with a date literal."""

    ref: Ref
    operator: str
    period: str
    count: int | None


@dataclass(frozen=True)
class Joined:
    """Rows whose id is (not) named by rows of another table."""

    ref: Ref
    table: Table
    column: Column
    where: "Condition | None"
    negated: bool


@dataclass(frozen=True)
class Every:
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Either:
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class No:
    part: "Condition"


Condition = Compare | Like | Among | Includes | Within | Joined | Every | Either | No


@dataclass(frozen=True)
class Order:
    ref: Ref
    descending: bool
    nulls_last: bool | None


@dataclass(frozen=True)
class Aggregate:
    function: str
    ref: Ref
    alias: str | None


@dataclass(frozen=True)
class Having:
    function: str
    ref: Ref
    operator: str
    value: int


@dataclass(frozen=True)
class Children:
    name: str
    table: Table
    link: Column
    fields: tuple[Ref, ...]
    where: Condition | None
    order: tuple[Order, ...]
    limit: int | None


@dataclass(frozen=True)
class Rows:
    table: Table
    fields: tuple[Ref, ...]
    children: tuple[Children, ...]
    where: Condition | None
    order: tuple[Order, ...]
    limit: int | None
    offset: int | None
    all_rows: bool
    style: int


@dataclass(frozen=True)
class Groups:
    table: Table
    keys: tuple[Ref | Part, ...]
    aggregates: tuple[Aggregate, ...]
    where: Condition | None
    having: Having | None
    rollup: bool
    style: int


@dataclass(frozen=True)
class Count:
    table: Table
    where: Condition | None
    limit: int | None
    style: int


Question = Rows | Groups | Count


def last_name(one: Ref | Part) -> str:
    """Return the name a grouped value goes by, as far as clashes are concerned."""
    return one.column.name if isinstance(one, Ref) else f"{one.function} {one.ref}"


def has_join(where: Condition | None) -> bool:
    """Tell whether a condition holds a semi-join."""
    match where:
        case Joined():
            return True
        case Every(parts) | Either(parts):
            return any(has_join(part) for part in parts)
        case No(part):
            return has_join(part)
    return False
