"""What a query costs: the rows an index would have to lead it through.

What belongs here: which conditions an index serves, and how many rows are gone through. What does
not: waiting and refusing (``rest.query``).

The simulator has no such indexes; it only knows the fields a real org has them on: ids, references,
names, CreatedDate, SystemModstamp, and external or unique ids (documented:
https://developer.salesforce.com/docs/platform/salesforce-large-data-volumes-bp/guide/ldv-deployments-infrastructure-indexes.html).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sallyport_org.schema.model import Field
from sallyport_org.soql.functions import Value
from sallyport_org.soql.tree import (
    Both,
    Comparison,
    Condition,
    Expression,
    Membership,
    SemiJoin,
)

_INDEXED_NAMES = frozenset({"CreatedDate", "SystemModstamp"})


@dataclass(frozen=True, slots=True)
class Index:
    """The part of a query's conditions an index serves: its SQL, and the fields it is about."""

    condition: str
    fields: tuple[str, ...]


def indexed(one: Field) -> bool:
    """Tell whether a real org has an index on a field."""
    return not one.calculated and (
        one.type in ("id", "reference")
        or one.name in _INDEXED_NAMES
        or one.name_field
        or one.external_id
        or one.unique
    )


def leading(
    condition: Condition, value: Callable[[Expression], Value]
) -> tuple[Condition, tuple[str, ...]] | None:
    """Return the part of a condition an index serves and its fields, or None.

    Of parts joined by AND one is enough; of parts joined by OR all must be served.
    """
    match condition:
        case Both("AND", parts):
            return next((found for part in parts if (found := leading(part, value))), None)
        case Both(_, parts):
            found_parts = [leading(part, value) for part in parts]
            served = [one for one in found_parts if one is not None]
            if len(served) < len(parts):
                return None
            return condition, tuple(dict.fromkeys(name for _, names in served for name in names))
        case Comparison(left, operator, literal):
            serves = operator not in ("!=", "LIKE") and literal.kind != "null"
            prefix = operator == "LIKE" and not literal.pattern.startswith(("%", "_"))
            return _served(condition, value(left)) if serves or prefix else None
        case Membership(left, "IN", values):
            return (
                _served(condition, value(left))
                if all(one.kind != "null" for one in values)
                else None
            )
        case SemiJoin(left, negated, _):
            return None if negated else _served(condition, value(left))
    return None


def _served(condition: Condition, value: Value) -> tuple[Condition, tuple[str, ...]] | None:
    if value.field is None or value.function or not indexed(value.field):
        return None
    return condition, (value.name,)
