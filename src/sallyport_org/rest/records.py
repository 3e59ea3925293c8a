"""Rows as JSON records: attributes, nesting of parents, child records.

What belongs here: from result rows to what clients parse. What does not: which rows (``query``,
``sobjects``) and how single values are spelled (``soql.output``).
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema, texts are quoted

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sallyport_org.rows.engine import Engine, text_literal
from sallyport_org.soql import output
from sallyport_org.soql.plan import Children, Plan
from sallyport_org.soql.scope import Source

Record = dict[str, Any]


def attributes(sobject: str, record_id: str, version: str) -> Record:
    """Return what every record begins with."""
    url = f"/services/data/v{version}/sobjects/{sobject}/{record_id}"
    return {"type": sobject, "url": url}


def records(
    engine: Engine, plan: Plan, rows: Iterable[Sequence[Any]], version: str
) -> list[Record]:
    """Return result rows of ``output.json_projection`` as records, children included."""
    made = [record(plan, row, version) for row in rows]
    if plan.children and made:
        keys = [str(one["attributes"]["url"]).rsplit("/", 1)[-1] for one in made]
        for children in plan.children:
            found = _children(engine, children, keys, version)
            for key, one in zip(keys, made, strict=True):
                one[children.name] = found.get(key)
    return made


def record(plan: Plan, row: Sequence[Any], version: str) -> Record:
    """Return one record; its fields stand in the order selected, parents nested."""
    if plan.grouped:
        made: Record = {"attributes": {"type": "AggregateResult"}}
        made.update((one.path[0], value) for one, value in zip(plan.outputs, row, strict=False))
        return made
    made = {"attributes": attributes(plan.sobject.name, row[-1], version)}
    parents = _parents(plan, row, version)
    for one, value in zip(plan.outputs, row, strict=False):
        _place(made, one.path, value, parents)
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
    made: Record,
    path: tuple[str, ...],
    value: Any,
    parents: dict[tuple[str, ...], Record | None],
) -> None:
    """Put a value where its path says; a missing parent is null and takes its fields with it."""
    for depth in range(1, len(path)):
        step = path[:depth]
        if parents[step] is None:
            made[step[-1]] = None
            return
        made = made.setdefault(step[-1], {"attributes": parents[step]})
    made[path[-1]] = value


def _children(
    engine: Engine, children: Children, keys: list[str], version: str
) -> dict[str, Record]:
    """Return the child answers of the parents with those ids; parents without any are left out.

    A child query's LIMIT and OFFSET hold for each parent, so rows are numbered within their parent.
    """
    plan = children.plan
    wanted = ", ".join(text_literal(key) for key in keys)
    limit, offset = plan.query.limit, plan.query.offset or 0
    ordered = (
        plan.tail.split(" LIMIT ")[0].split(" OFFSET ")[0] or f" ORDER BY {plan.source.alias}.Id"
    )
    inner = (
        f"SELECT {output.json_projection(plan, version)}, {children.link} AS parent_id, "
        f"row_number() OVER (PARTITION BY {children.link}{ordered}) AS place "
        f"FROM {plan.tables} WHERE {plan.condition} AND {children.link} IN ({wanted})"
    )
    most = "" if limit is None else f" AND place <= {offset + limit}"
    sql = f"SELECT * FROM ({inner}) WHERE place > {offset}{most} ORDER BY parent_id, place"
    found: dict[str, Record] = {}
    for *row, parent_id, _ in engine.rows(sql):
        answer = found.setdefault(parent_id, {"totalSize": 0, "done": True, "records": []})
        answer["records"].append(record(plan, row, version))
        answer["totalSize"] += 1
    return found
