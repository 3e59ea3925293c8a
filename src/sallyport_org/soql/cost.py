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
    """The part of a query's conditions an index serves: its SQL, and the fields it is about.

    ``single`` says that no more than one row can meet it.
    """

    condition: str
    fields: tuple[str, ...]
    single: bool


@dataclass(frozen=True, slots=True)
class Leading:
    """The same before it is SQL."""

    condition: Condition
    fields: tuple[str, ...]
    single: bool = False


def indexed(one: Field) -> bool:
    """Tell whether a real org has an index on a field."""
    return not one.calculated and (
        one.type in ("id", "reference")
        or one.name in _INDEXED_NAMES
        or one.name_field
        or one.external_id
        or one.unique
    )


def leading(condition: Condition, value: Callable[[Expression], Value]) -> Leading | None:
    """Return the part of a condition an index serves, or None.

    Of parts joined by AND one is enough; of parts joined by OR all must be served.
    """
    match condition:
        case Both("AND", parts):
            served = [found for part in parts if (found := leading(part, value))]
            return next((one for one in served if one.single), served[0] if served else None)
        case Both(_, parts):
            served = [found for part in parts if (found := leading(part, value))]
            if len(served) < len(parts):
                return None
            return Leading(condition, tuple(dict.fromkeys(n for one in served for n in one.fields)))
        case Comparison(left, operator, literal):
            prefix = operator == "LIKE" and not literal.pattern.startswith(("%", "_"))
            if prefix or (operator not in ("!=", "LIKE") and literal.kind != "null"):
                named = operator == "=" and literal.text != ""
                return _served(condition, value(left), single=named)
        case Membership(left, "IN", values):
            if all(one.kind != "null" for one in values):
                return _served(condition, value(left))
        case SemiJoin(left, False, _):
            return _served(condition, value(left))
    return None


def _served(condition: Condition, value: Value, *, single: bool = False) -> Leading | None:
    one = value.field
    if one is None or value.function or not indexed(one):
        return None
    unique = (one.type == "id" or one.unique) and "." not in value.name
    return Leading(condition, (value.name,), single and unique)
