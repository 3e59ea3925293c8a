"""Records with their children in one call: ``/composite/tree/X``.

Documented: https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobject-tree.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sallyport_org import dml, errors
from sallyport_org.rest import outcomes
from sallyport_org.rest.targets import check_type, sobject_named
from sallyport_org.rest.wording import located
from sallyport_org.schema.model import Child, SObject
from sallyport_org.web import Context, Reply, json_reply

MAX_RECORDS = 200
MAX_LEVELS = 5
MAX_KINDS = 5
_STEPS = 3
"""Parts of a path for each level below the first: relationship, ``records``, place."""


Path = tuple[str | int, ...]
"""Keys and places that lead to a record in the body."""


class _Undo(Exception):
    """Leaves the transaction so that nothing of the tree is kept."""


@dataclass(slots=True)
class _Node:
    """One record of a tree and the children below it."""

    reference: str
    sobject: SObject
    values: dict[str, Any]
    path: Path
    children: list[tuple[Child, _Node]] = field(default_factory=list)
    outcome: dml.Outcome | None = None


def create(context: Context, name: str) -> Reply:
    """Answer ``POST /composite/tree/X``: 201 and the new ids; or 400, and nothing is kept."""
    sobject = sobject_named(context, name)
    body = context.call.json_object()
    level = list(_nodes(context, sobject, body, ()))
    every = [node for one in level for node in _walk(one)]
    if len(every) > MAX_RECORDS:
        raise errors.composite.too_many_records(MAX_RECORDS)
    if len({node.sobject.name for node in every}) > MAX_KINDS:
        raise errors.composite.too_many_subrequests(MAX_KINDS, "different objects in a tree")
    if len({node.reference for node in every}) < len(every):
        raise errors.composite.unusable("Each referenceId may be used once only")
    if any(node.outcome for node in every):
        return _refused(every)

    def plant() -> None:
        layer = level
        while layer:
            _write(context, layer)
            layer = [node for parent in layer for node in _adopted(parent)]

    try:
        dml.as_one(context.org, plant)
    except _Undo:
        return _refused(every)
    results = [
        {"referenceId": node.reference, "id": node.outcome.id} for node in every if node.outcome
    ]
    return json_reply({"hasErrors": False, "results": results}, 201)


def _write(context: Context, level: list[_Node]) -> None:
    changes = [
        dml.Change(
            "insert",
            node.sobject.name,
            node.values,
            wording=located(context.call, *node.path),
        )
        for node in level
    ]
    made = dml.write(
        context.org, context.session.user, changes, schema=context.schema, all_or_none=True
    )
    for node, outcome in zip(level, made, strict=True):
        node.outcome = outcome
    if not all(outcome.success for outcome in made):
        raise _Undo


def _adopted(parent: _Node) -> Iterator[_Node]:
    """Yield a record's children, each now knowing its parent's id."""
    for child, node in parent.children:
        node.values[child.field.name] = parent.outcome.id if parent.outcome else None
        yield node


def _refused(every: list[_Node]) -> Reply:
    return json_reply({"hasErrors": True, "results": _errors(every)}, 400)


def _errors(every: list[_Node]) -> list[dict[str, Any]]:
    """Return what was wrong, without the records that were only rolled back."""
    found = []
    for node in every:
        listed = [
            outcomes.listed(one)
            for one in (node.outcome.errors if node.outcome else ())
            if one.code != "ALL_OR_NONE_OPERATION_ROLLED_BACK"
        ]
        if listed:
            found.append({"referenceId": node.reference, "errors": listed})
    return found


def _nodes(context: Context, sobject: SObject, body: dict[str, Any], path: Path) -> Iterator[_Node]:
    """Yield the records an object's ``records`` list, each with what is below it."""
    for at, record in enumerate(_listed(body)):
        yield _node(context, sobject, record, (*path, "records", at))


def _node(context: Context, sobject: SObject, record: Any, path: Path) -> _Node:
    if len(path) // _STEPS >= MAX_LEVELS:
        raise errors.composite.too_many_subrequests(MAX_LEVELS, "levels of a tree")
    attributes = record.get("attributes") if isinstance(record, dict) else None
    reference = attributes.get("referenceId") if isinstance(attributes, dict) else None
    if not isinstance(reference, str) or not isinstance(record, dict):
        raise errors.composite.unusable("Each record needs attributes with type and referenceId")
    node = _Node(reference, sobject, {}, path)
    try:
        check_type(sobject, record)
    except errors.Refusal as refusal:
        node.outcome = dml.Outcome(None, errors=(dml.RowError(refusal.code, refusal.message),))
    relations = {
        child.field.children.lower(): child
        for child in context.schema.children_of(sobject.name)
        if child.field.children
    }
    for name, value in record.items():
        child = relations.get(name.lower())
        if child is not None and isinstance(value, dict):
            for one in _nodes(context, child.sobject, value, (*path, name)):
                node.children.append((child, one))
        elif name != "attributes":
            node.values[name] = value
    return node


def _walk(node: _Node) -> Iterator[_Node]:
    yield node
    for _, child in node.children:
        yield from _walk(child)


def _listed(body: dict[str, Any]) -> list[Any]:
    records = body.get("records")
    if not isinstance(records, list) or not records:
        raise errors.composite.required_parameter("records")
    return records
