"""What Salesforce allows of semi-joins and anti-joins: ``Id IN (SELECT AccountId FROM Contact)``.

What belongs here: the rules. What does not: their SQL (``conditions``, ``plan``).

Documented at
https://developer.salesforce.com/docs/platform/soql-sosl/guide/sforce-api-calls-soql-select-comparisonoperators.html
(Semi-Joins with IN and Anti-Joins with NOT IN).
"""

from __future__ import annotations

from collections.abc import Iterator

from sallyport_org import errors
from sallyport_org.errors.soql import Place
from sallyport_org.schema.model import Field
from sallyport_org.soql.functions import Value
from sallyport_org.soql.tree import Both, Condition, FieldPath, Not, Query, SemiJoin

MOST = 2
"""Most semi-joins and anti-joins in one WHERE (documented)."""

NOT_SERVED = frozenset(
    {"activityhistory", "attachment", "event", "eventattendee", "note", "openactivity", "task"}
)
"""Objects no semi-join selects from (documented), in lower case."""


def check_shape(where: Condition) -> None:
    """Refuse semi-joins beside OR, behind NOT, in brackets, or too many of them."""
    if sum(1 for _ in semi_joins(where)) > MOST:
        raise errors.soql.too_many_semi_joins(MOST)
    if isinstance(where, Both):
        if where.word == "OR" and any(isinstance(part, SemiJoin) for part in where.parts):
            raise errors.soql.semi_join_with_or()
        if any(_hidden(part) for part in where.parts):
            raise errors.soql.semi_join_nested()
    elif _hidden(where):
        raise errors.soql.semi_join_nested()


def semi_joins(condition: Condition) -> Iterator[SemiJoin]:
    """Yield every semi-join of a condition."""
    match condition:
        case SemiJoin():
            yield condition
        case Both(_, parts):
            for part in parts:
                yield from semi_joins(part)
        case Not(part):
            yield from semi_joins(part)


def check_inner(query: Query, place: Place) -> None:
    """Refuse clauses and objects a semi-join's query cannot have."""
    if query.where is not None and any(True for _ in semi_joins(query.where)):
        raise errors.soql.semi_join_in_semi_join()
    clauses = {
        "ORDER BY": query.order_by,
        "GROUP BY": query.group_by,
        "LIMIT": query.limit is not None,
        "OFFSET": query.offset is not None,
    }
    for clause, used in clauses.items():
        if used:
            raise errors.soql.semi_join_clause(place, clause)
    if len(query.selected) != 1 or not isinstance(query.selected[0].what, FieldPath):
        raise errors.soql.semi_join_selects(place)
    if query.sobject.lower() in NOT_SERVED:
        raise errors.soql.semi_join_entity(place, query.sobject)


def check_sides(left: Value, inner: Value, place: Place, objects: tuple[str, str]) -> None:
    """Refuse sides that are no ids, or ids of different objects.

    ``objects`` are the ones the outer and the inner query ask.
    """
    if left.field is None or left.kind not in ("id", "reference"):
        raise errors.soql.semi_join_left(place, left.name)
    if inner.field is None or inner.kind not in ("id", "reference"):
        raise errors.soql.semi_join_selects(place)
    if objects[0] == objects[1]:
        raise errors.soql.semi_join_same_object(place)
    if not _kinds(left.field, left.owner) & _kinds(inner.field, inner.owner):
        raise errors.soql.semi_join_kinds(place, inner.name, left.name)


def _hidden(condition: Condition) -> bool:
    return not isinstance(condition, SemiJoin) and any(True for _ in semi_joins(condition))


def _kinds(one: Field, owner: str) -> set[str]:
    """Return the objects an id or reference field may name, in lower case."""
    names = one.refers_to if one.type == "reference" else (owner,)
    return {name.lower() for name in names}
