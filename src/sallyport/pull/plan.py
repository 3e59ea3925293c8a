"""What a run will read, decided before anything is read. Pure.

What belongs here: the window, the columns, the queries. What does not: asking Salesforce
(``run``), reading (``read``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sallyport.errors import InvalidRequest
from sallyport.flows.mapping import chosen
from sallyport.salesforce.describe import (
    READ_BY_QUERY_ALL,
    ObjectDescribe,
    bulk_fields,
    window_field,
)
from sallyport.salesforce.soql import check_condition, count, datetime_literal, select


@dataclass(frozen=True, slots=True)
class Column:
    """A column to be read: its name and type in Salesforce, and the name it lands under.

    The type is kept with the plan, so that a field retyped while the run goes on changes nothing.
    """

    name: str
    type: str
    landed: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A run's reading list; JSON-able, because it is recorded as the result of a durable step.

    ``columns`` are in reading order; ``skipped`` are (field, why it is not read). ``as_of`` is the
    window's upper bound as ISO 8601, fixed before reading; None for an object without a stamp to
    bound it by. ``whole``: the run reads every row, so a proven result may replace what was there.
    """

    object: str
    columns: tuple[Column, ...]
    skipped: tuple[tuple[str, str], ...]
    soql: str
    count_soql: str
    all_rows: bool
    as_of: str | None
    whole: bool

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Plan:
        """Return the plan that was written by ``to_json``."""
        return cls(
            **{
                **values,
                "columns": tuple(Column(**column) for column in values["columns"]),
                "skipped": tuple((name, reason) for name, reason in values["skipped"]),
            }
        )


def make_plan(
    described: ObjectDescribe,
    *,
    wanted: Sequence[str] | None,
    pairs: Sequence[tuple[str, str]] | None,
    condition: str | None,
    upper: datetime,
) -> Plan:
    """Plan one full read of an object up to (not including) ``upper``, by the org's own clock.

    Tasks and events are read and counted by queryAll: their archived rows exist nowhere else, and
    a count by ``query`` would agree with a read that missed them. Deleted rows are left out by
    name there, since queryAll would bring them too.

    Raises InvalidRequest when a wanted or mapped column cannot be read, or none is left.
    """
    fields, skipped = bulk_fields(described)
    types = {field.name: field.type for field in fields}
    columns = tuple(
        Column(name, types[name], landed) for name, landed in chosen(list(types), wanted, pairs)
    )
    if not columns:
        raise InvalidRequest(
            "has no field that can be read in bulk.", field="object", received=described.name
        )
    all_rows = described.name in READ_BY_QUERY_ALL
    stamp = window_field(described)
    conditions = []
    if stamp is not None:
        conditions.append(f"{stamp} < {datetime_literal(upper)}")
    if all_rows:
        conditions.append("IsDeleted = false")
    if condition is not None:
        conditions.append(check_condition(condition))
    return Plan(
        object=described.name,
        columns=columns,
        skipped=tuple((gone.field, gone.reason) for gone in skipped),
        soql=select(described.name, [column.name for column in columns], conditions),
        count_soql=count(described.name, conditions),
        all_rows=all_rows,
        as_of=upper.isoformat() if stamp is not None else None,
        whole=condition is None,
    )
