"""References of rows being written: found by key, and checked to lead somewhere.

What belongs here: look-ups by external id, and the tables' word on whether targets exist, are
deleted, or are users who may own nothing any more. What does not: ids of the wrong object
(``values``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import duckdb

from sallyport_org import errors
from sallyport_org.dml import store
from sallyport_org.dml.drafts import Draft, Lookup
from sallyport_org.dml.values import MASTER_RECORD_TYPE
from sallyport_org.schema.model import Field, Schema, SObject


def fill_lookups(cursor: duckdb.DuckDBPyConnection, sobject: SObject, drafts: list[Draft]) -> None:
    """Put the ids of targets named by key into the rows; refuse keys of none or several."""
    waiting: dict[tuple[str, str], list[tuple[Draft, Lookup]]] = {}
    for draft in drafts:
        for lookup in draft.lookups:
            place = (lookup.target.name, lookup.key.name)
            waiting.setdefault(place, []).append((draft, lookup))
    for asked in waiting.values():
        target, key = asked[0][1].target, asked[0][1].key
        wanted = {store.normal(key, lookup.value) for _, lookup in asked}
        found = store.find_by_key(cursor, target, key, wanted)
        for draft, lookup in asked:
            hits = found.get(store.normal(key, lookup.value), [])
            if len(hits) == 1:
                draft.row[lookup.field.name] = hits[0]
            elif hits:
                draft.refuse(errors.rows.several_found(key.name, hits))
            else:
                draft.refuse(errors.rows.foreign_key_not_found(key.name, target.name, lookup.value))


@dataclass(slots=True)
class _Targets:
    """Ids rows refer to, in one table; and what was found of them."""

    wanted: set[str] = field(default_factory=set)
    found: dict[str, store.Row] = field(default_factory=dict)


def check_references(
    cursor: duckdb.DuckDBPyConnection, schema: Schema, sobject: SObject, drafts: Iterable[Draft]
) -> None:
    """Refuse references to rows that are not there or deleted, and owners who are inactive."""
    used = [
        (draft, one, draft.row[name])
        for draft in drafts
        for name, one in draft.given.items()
        if one.type == "reference" and draft.row.get(name) is not None
    ]
    targets: dict[str, _Targets] = {}
    for _, _, record_id in used:
        targets.setdefault(record_id[:3], _Targets()).wanted.add(record_id)
    for prefix, some in targets.items():
        target = schema.by_prefix(prefix)
        if target is not None:
            columns = ["IsActive"] if target.name == "User" else []
            some.found = store.fetch(cursor, target, some.wanted, columns)
    for draft, one, record_id in used:
        row = targets[record_id[:3]].found.get(record_id)
        refusal = _judge(sobject, one, record_id, row)
        if refusal is not None:
            draft.refuse(refusal)


def _judge(
    sobject: SObject, one: Field, record_id: str, row: store.Row | None
) -> errors.Refusal | None:
    if row is None:
        kinds = {MASTER_RECORD_TYPE, *(kind.id for kind in sobject.record_types)}
        known = one.name == "RecordTypeId" and record_id in kinds
        return None if known else errors.rows.unknown_reference(one.name)
    if row["IsDeleted"]:
        return errors.rows.deleted_reference(one.name)
    if one.name == "OwnerId" and row.get("IsActive") is False:
        return errors.rows.inactive_owner(record_id, sobject.name)
    return None


def locked_parents(sobject: SObject) -> list[str]:
    """Return the reference fields whose targets a change of the row locks too.

    Masters of details, and the account of standard objects that hang on one (documented as "parent
    record locking"; which look-ups beyond these lock their target is not modelled).
    """
    return [
        one.name
        for one in sobject.stored_fields
        if one.type == "reference"
        and (one.cascade or (one.refers_to == ("Account",) and not one.custom))
    ]


def lock_names(
    sobject: SObject, draft: Draft, parents: Sequence[str], known: store.Row
) -> frozenset[str]:
    """Return what a row locks: itself, its parents, and the unique values it brings.

    ``parents`` is the result of :func:`locked_parents`; ``known`` is what is known of the row as it
    is: the parents it has are locked too.
    """
    names: set[str] = {draft.id} if draft.id else set()
    for name in parents:
        names |= {row[name] for row in (draft.row, known) if row.get(name)}
    for name, one in draft.given.items():
        if one.unique and draft.row.get(name) is not None:
            names.add(f"{sobject.name}.{name}={store.normal(one, draft.row[name])}")
    return frozenset(names)
