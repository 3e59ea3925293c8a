"""Rows as JSON records: attributes, nesting of parents, child records.

What belongs here: from result rows to what clients parse. What does not: which rows (``query``,
``sobjects``) and how single values are spelled (``soql.output``).
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema, texts are quoted

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sallyport_org.rows.engine import Engine, text_literal
from sallyport_org.soql import output
from sallyport_org.soql.plan import Children, Output, Plan

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
    record = recorder(plan, version)
    if not plan.children:
        return [record(row) for row in rows]
    kept = list(rows)
    made = [record(row) for row in kept]
    _attach(engine, plan, made, [row[-1] for row in kept], version, paging)
    return made


def recorder(plan: Plan, version: str) -> Callable[[Sequence[Any]], Record]:
    """Return what makes a record of a result row; child queries are not its business."""
    return partial(_group, plan) if plan.grouped else _Shape(plan, version).record


class _Shape:
    """How the rows of one plan become records; worked out once for all of them.

    ``_fills`` are the outputs in the order selected: the place they go into, their name there, and
    the parents to open first, so that a parent stands where it is first mentioned.
    """

    def __init__(self, plan: Plan, version: str) -> None:
        self._plan = plan
        self._base = f"/services/data/v{version}/sobjects"
        self._parents = {one.path: number for number, one in enumerate(plan.parents)}
        self._fills: list[tuple[list[_Opening], int, str, Output | None]] = []
        self._opened: set[tuple[str, ...]] = set()
        for one in plan.outputs:
            choosy = one if one.kinds or one.others else None
            openings = self._openings(one.path[:-1])
            place = self._parents[one.path[:-1]] if len(one.path) > 1 else _ROOT
            self._fills.append((openings, place, one.path[-1], choosy))

    def _openings(self, path: tuple[str, ...]) -> list[_Opening]:
        """Return the parents of a path no earlier output has opened, the nearest first."""
        found = []
        for depth in range(1, len(path) + 1):
            step = path[:depth]
            if step not in self._opened:
                self._opened.add(step)
                number = self._parents[step]
                above = self._parents[step[:-1]] if depth > 1 else _ROOT
                parent = self._plan.parents[number]
                key = len(self._plan.outputs) + number
                kinds = [one.path for one in self._plan.parents if one.polymorphic]
                kind = len(self._plan.outputs) + len(self._plan.parents)
                kind = kind + kinds.index(step) if parent.polymorphic else -1
                found.append(_Opening(number, above, step[-1], key, kind, parent.sobject.name))
        return found

    def record(self, row: Sequence[Any]) -> Record:
        """Return one record; its fields stand in the order selected, parents nested."""
        sobject, base = self._plan.sobject.name, self._base
        made: Record = {
            "attributes": {"type": sobject, "url": f"{base}/{sobject}/{row[-1]}"},
        }
        places: dict[int, Record | None] = {_ROOT: made}
        for (openings, place, name, choosy), value in zip(self._fills, row, strict=False):
            for opening in openings:
                places[opening.number] = self._open(opening, places[opening.above], row)
            target = places[place]
            if target is not None and (
                choosy is None or choosy.counts_for(target["attributes"]["type"])
            ):
                target[name] = value
        return made

    def _open(self, opening: _Opening, above: Record | None, row: Sequence[Any]) -> Record | None:
        """Return a parent's record, begun; a missing one is null and takes its fields with it."""
        if above is None:
            return None
        key = row[opening.key]
        kind = opening.sobject if opening.kind < 0 else row[opening.kind]
        begun: Record | None = None
        if key is not None:
            begun = {"attributes": {"type": kind, "url": f"{self._base}/{kind}/{key}"}}
        above[opening.name] = begun
        return begun


_ROOT = -1


@dataclass(frozen=True, slots=True)
class _Opening:
    """Where a parent's record goes, and the columns with its id and (of several kinds) its kind."""

    number: int
    above: int
    name: str
    key: int
    kind: int
    sobject: str


def _group(plan: Plan, row: Sequence[Any]) -> Record:
    made: Record = {"attributes": {"type": "AggregateResult"}}
    made.update((one.path[0], value) for one, value in zip(plan.outputs, row, strict=False))
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
    record = recorder(plan, version)
    made = [record(row[:-2]) for row in rows]
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
