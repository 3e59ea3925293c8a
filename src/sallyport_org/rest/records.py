"""Rows as JSON records: attributes, nesting of parents, child records.

What belongs here: from result rows to what clients parse. What does not: which rows (``query``,
``sobjects``) and how single values are spelled (``soql.output``).
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema, texts are quoted

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sallyport_org.rows.engine import Engine, text_literal
from sallyport_org.soql import output
from sallyport_org.soql.plan import Children, Plan
from sallyport_org.soql.scope import Source

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Paging:
    """How many children of one parent an answer holds, and where the others are.

    ``more`` takes the plan that gives all children of that parent and how many were given; it
    returns the ``nextRecordsUrl``.
    """

    rows: int
    more: Callable[[Plan, int], str]


def attributes(sobject: str, record_id: str, version: str) -> Record:
    """Return what every record begins with."""
    url = f"/services/data/v{version}/sobjects/{sobject}/{record_id}"
    return {"type": sobject, "url": url}


def records(
    engine: Engine,
    plan: Plan,
    rows: Iterable[Sequence[Any]],
    version: str,
    paging: Paging | None = None,
) -> list[Record]:
    """Return result rows of ``output.json_projection`` as records, children included.

    Without ``paging`` every child is in the answer.
    """
    if not plan.children:
        return [record(plan, row, version) for row in rows]
    kept = list(rows)
    made = [record(plan, row, version) for row in kept]
    _attach(engine, plan, made, [row[-1] for row in kept], version, paging)
    return made


def record(plan: Plan, row: Sequence[Any], version: str) -> Record:
    """Return one record; its fields stand in the order selected, parents nested."""
    if plan.grouped:
        made: Record = {"attributes": {"type": "AggregateResult"}}
        made.update((one.path[0], value) for one, value in zip(plan.outputs, row, strict=False))
        return made
    made = {"attributes": attributes(plan.sobject.name, row[-1], version)}
    if not plan.parents:
        for one, value in zip(plan.outputs, row, strict=False):
            made[one.path[0]] = value
        return made
    parents = _parents(plan, row, version)
    for one, value in zip(plan.outputs, row, strict=False):
        place = _place(made, one.path, parents)
        if place is not None and (
            not (one.kinds or one.others) or one.counts_for(place["attributes"]["type"])
        ):
            place[one.path[-1]] = value
    return made


def _parents(plan: Plan, row: Sequence[Any], version: str) -> dict[tuple[str, ...], Record | None]:
    """Return the attributes of each joined parent, None where there is no parent."""
    at = len(plan.outputs)
    kinds = at + len(plan.parents)
    found: dict[tuple[str, ...], Record | None] = {}
    for number, parent in enumerate(plan.parents):
        key = row[at + number]
        kind = _kind(parent, row, kinds)
        kinds += parent.polymorphic
        found[parent.path] = None if key is None else attributes(kind, key, version)
    return found


def _kind(parent: Source, row: Sequence[Any], at: int) -> str:
    return str(row[at]) if parent.polymorphic else parent.sobject.name


def _place(
    made: Record, path: tuple[str, ...], parents: dict[tuple[str, ...], Record | None]
) -> Record | None:
    """Return the record a value belongs into; a missing parent is null and has no place."""
    for depth in range(1, len(path)):
        step = path[:depth]
        if parents[step] is None:
            made[step[-1]] = None
            return None
        made = made.setdefault(step[-1], {"attributes": parents[step]})
    return made


# -- children


def _attach(
    engine: Engine,
    plan: Plan,
    made: list[Record],
    keys: list[str],
    version: str,
    paging: Paging | None,
) -> None:
    """Give each record its child answers, null where there are none."""
    for children in plan.children:
        found = _children(engine, children, keys, version, paging) if keys else {}
        for key, one in zip(keys, made, strict=True):
            one[children.name] = found.get(key)


def _children(
    engine: Engine, children: Children, keys: list[str], version: str, paging: Paging | None
) -> dict[str, Record]:
    """Return the child answers of the parents with those ids; parents without any are left out.

    A child query's LIMIT and OFFSET hold for each parent, so rows are numbered within their parent.
    """
    plan = children.plan
    rows = engine.rows(_numbered(children, keys, version, paging))
    made = [record(plan, row[:-2], version) for row in rows]
    _attach(engine, plan, made, [row[-3] for row in rows], version, paging)
    found: dict[str, Record] = {}
    for one, (*_, parent_id, total) in zip(made, rows, strict=True):
        answer = found.setdefault(parent_id, {"totalSize": total, "done": True, "records": []})
        answer["records"].append(one)
    if paging is not None:
        for parent_id, answer in found.items():
            given = len(answer["records"])
            if given < answer["totalSize"]:
                alone = f"{plan.condition} AND {children.link} = {text_literal(parent_id)}"
                order = plan.order or f" ORDER BY {plan.source.alias}.Id"
                url = paging.more(replace(plan, condition=alone, order=order), given)
                found[parent_id] = {
                    "totalSize": answer["totalSize"],
                    "done": False,
                    "nextRecordsUrl": url,
                    "records": answer["records"],
                }
    return found


def _numbered(children: Children, keys: list[str], version: str, paging: Paging | None) -> str:
    """Return the SQL of some parents' children: record columns, parent, number of them all."""
    plan = children.plan
    wanted = ", ".join(text_literal(key) for key in keys)
    limit, offset = plan.query.limit, plan.query.offset or 0
    order = plan.order or f" ORDER BY {plan.source.alias}.Id"
    total = f"greatest(count(*) OVER (PARTITION BY {children.link}) - {offset}, 0)"
    if limit is not None:
        total = f"least({total}, {limit})"
    inner = (
        f"SELECT {output.json_projection(plan, version)}, {children.link} AS parent_id, "
        f"{total} AS total, row_number() OVER (PARTITION BY {children.link}{order}) AS place "
        f"FROM {plan.tables} WHERE {plan.condition} AND {children.link} IN ({wanted})"
    )
    bounds = [one for one in (limit, paging.rows if paging else None) if one is not None]
    most = f" AND place <= {offset + min(bounds)}" if bounds else ""
    return (
        f"SELECT * EXCLUDE (place) FROM ({inner}) WHERE place > {offset}{most} "
        "ORDER BY parent_id, place"
    )
