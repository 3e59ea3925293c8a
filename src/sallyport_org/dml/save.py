"""A chunk of inserts, updates or upserts of one object: judged as a whole, then written.

What belongs here: the order of judging and the two ways of writing. What does not: single values
(``values``), single rows (``drafts``), SQL (``store``), transactions (``write``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb

from sallyport_org import errors
from sallyport_org.dml import store
from sallyport_org.dml.defaults import fill_new_rows, stamps
from sallyport_org.dml.derive import DERIVATIONS, Derivation
from sallyport_org.dml.drafts import Draft, key_field
from sallyport_org.dml.model import Committed, Operation
from sallyport_org.dml.references import (
    check_references,
    fill_lookups,
    lock_names,
    locked_parents,
)
from sallyport_org.dml.rules import broken_rules, default_by_formula
from sallyport_org.dml.transaction import is_together
from sallyport_org.rows.engine import Conflict, Engine
from sallyport_org.schema.model import Field, Schema, SObject


@dataclass(slots=True)
class Save:
    """Rows of one object on their way in. ``key`` is the external id of an upsert by key."""

    engine: Engine
    schema: Schema
    sobject: SObject
    operation: Operation
    user_id: str
    stamp: datetime
    drafts: list[Draft]
    key: Field | None = None
    old: dict[str, store.Row] = field(default_factory=dict)

    def locks(self, cursor: duckdb.DuckDBPyConnection) -> list[frozenset[str]]:
        """Return what each row is known to lock; an upsert locks its key, there or not."""
        parents = locked_parents(self.sobject)
        known = self._fetch(cursor, parents) if parents else {}
        wanted = []
        for draft in self.drafts:
            names = lock_names(self.sobject, draft, parents, known.get(draft.id or "", {}))
            if self.key is not None and draft.key is not None:
                key = store.normal(self.key, draft.key)
                names |= {f"{self.sobject.name}.{self.key.name}={key}"}
            wanted.append(names)
        return wanted

    def late_locks(self) -> list[frozenset[str]]:
        """Return what each row was found to lock too: rows and parents named by a key."""
        parents = locked_parents(self.sobject)
        return [
            lock_names(self.sobject, draft, parents, self.old.get(draft.id or "", {}))
            if draft.good and (self.key is not None or draft.lookups)
            else frozenset()
            for draft in self.drafts
        ]

    def judge(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Find out everything that speaks against a row, in the order Salesforce does."""
        self._resolve_keys(cursor)
        fill_lookups(cursor, self.sobject, self._good())
        self._judge_rows_there(cursor)
        self._judge_given()
        check_references(cursor, self.schema, self.sobject, self._good())
        self._complete(cursor)
        self._judge_required()
        self._judge_unique(cursor)
        broken_rules(cursor, self.schema, self.sobject, self._good())

    def write(self, cursor: duckdb.DuckDBPyConnection) -> list[Committed]:
        """Write the rows nothing speaks against."""
        good = self._good()
        new = [draft for draft in good if draft.created]
        old = [draft for draft in good if not draft.created]
        rows = [draft.row for draft in new]
        store.insert(cursor, self.sobject, rows)
        for draft in new:
            draft.id = draft.row["Id"]
        changed = self._changed_columns(old)
        latest = {draft.id: draft.row for draft in old}
        store.update(cursor, self.sobject, list(latest.values()), changed)
        told = [self._news("insert", new)] if new else []
        return told + ([self._news("update", old)] if old else [])

    def _news(self, operation: Operation, drafts: Sequence[Draft]) -> Committed:
        record_ids = tuple(dict.fromkeys(draft.id for draft in drafts if draft.id))
        named = frozenset(name for draft in drafts for name in draft.given)
        return Committed(self.sobject.name, operation, record_ids, named, self.stamp)

    def _good(self) -> list[Draft]:
        return [draft for draft in self.drafts if draft.good]

    def _resolve_keys(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Find the rows an upsert means; a key used twice in the call is nobody's."""
        if self.operation != "upsert" or self.key is None:
            return
        key = self.key
        waiting = [draft for draft in self._good() if draft.key is not None and draft.id is None]
        by_key: dict[object, list[Draft]] = {}
        for draft in self._good():
            by_key.setdefault(store.normal(key, draft.key), []).append(draft)
        for some in by_key.values():
            for draft in some if len(some) > 1 else []:
                draft.refuse(errors.rows.repeated_key(key.name, draft.key))
        wanted = {store.normal(key, draft.key) for draft in waiting if draft.good}
        found = self._find(cursor, key, wanted)
        for draft in waiting:
            hits = found.get(store.normal(key, draft.key), [])
            if len(hits) == 1:
                draft.id = hits[0]
            elif hits:
                draft.refuse(errors.rows.several_found(key.name, hits))

    def _judge_rows_there(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Tell inserts from updates; rows to be updated must be there and alive."""
        needed = self._needed()
        if self.key is not None and not needed:
            # Whoever is found by a key is alive; nothing else is asked of the row.
            found = [draft.id for draft in self._good() if draft.id is not None]
            self.old = {record_id: {"Id": record_id, "IsDeleted": False} for record_id in found}
        else:
            self.old = self._fetch(cursor, needed)
        for draft in self._good():
            draft.created = draft.id is None
            if draft.id is None:
                continue
            row = self.old.get(draft.id)
            if row is None:
                draft.refuse(errors.rows.unknown_row())
            elif row["IsDeleted"]:
                draft.refuse(errors.rows.deleted_row())

    def _judge_given(self) -> None:
        """An upsert's fields are judged by what it turned out to be."""
        able = self.sobject.abilities
        for draft in self._good():
            ability, done = ("create", "inserted") if draft.created else ("update", "updated")
            if ability not in able:
                draft.refuse(errors.rows.not_allowed(self.sobject.name, done))
            barred = [
                name
                for name, one in draft.given.items()
                if not (one.createable if draft.created else one.updateable)
            ]
            if barred and draft.good:
                draft.refuse(errors.rows.not_writable(barred))

    def _complete(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Merge each row with what was there, and compute what follows from it.

        A row named twice in one call is changed twice: the later change sees the earlier.
        """
        new = []
        for draft in self._good():
            if draft.created:
                if self.key is not None:
                    draft.row[self.key.name] = draft.key
                new.append(draft)
                continue
            before = self.old[draft.id or ""]
            draft.row = {**before, **draft.row, **stamps(self.sobject, self.user_id, self.stamp)}
            self._restore_never_null(draft, before)
            self._derive(draft, before)
            self.old[draft.id or ""] = draft.row
        rows = [draft.row for draft in new]
        fill_new_rows(self.engine, self.schema, self.sobject, rows, self.user_id, self.stamp)
        default_by_formula(cursor, self.schema, self.sobject, new)
        for draft in new:
            self._derive(draft, {})

    def _restore_never_null(self, draft: Draft, before: store.Row) -> None:
        """A switch set to null is off (assumed); other defaulted fields keep what they had."""
        for name, one in draft.given.items():
            if draft.row[name] is None and one.type == "boolean":
                draft.row[name] = False

    def _derive(self, draft: Draft, before: store.Row) -> None:
        for one in self._derivations():
            if draft.created or one.concerns(set(draft.given)):
                one.rule(draft.row, before, self.stamp)

    def _judge_required(self) -> None:
        fields = [one for one in self.sobject.stored_fields if _required(one)]
        for draft in self._good():
            missing = [
                one.name
                for one in fields
                if (draft.created or one.name in draft.given) and draft.row.get(one.name) is None
            ]
            if missing:
                draft.refuse(errors.rows.required_missing(missing))

    def _judge_unique(self, cursor: duckdb.DuckDBPyConnection) -> None:
        for one in self.sobject.stored_fields:
            using = [
                draft
                for draft in self._good()
                if one.unique
                and draft.row.get(one.name) is not None
                and (one.name in draft.given or (draft.created and one is not self.key))
            ]
            wanted = {store.normal(one, draft.row[one.name]) for draft in using}
            found = self._find(cursor, one, wanted)
            seen: dict[object, str | None] = {}
            for draft in using:
                value = store.normal(one, draft.row[one.name])
                others = [hit for hit in found.get(value, []) if hit != draft.id]
                if others:
                    draft.refuse(errors.rows.duplicate_value(one.name, others[0]))
                elif value in seen and (draft.id is None or seen[value] != draft.id):
                    draft.refuse(errors.rows.duplicate_value(one.name, None))
                seen[value] = draft.id

    def _find(
        self, cursor: duckdb.DuckDBPyConnection, key: Field, wanted: set[Any]
    ) -> dict[Any, list[str]]:
        """Return the rows that have those keys.

        A transaction of several calls sees the rows as they were when it began. If a key was taken
        since then it has to begin anew: raises :data:`Conflict`.
        """
        found = store.find_by_key(cursor, self.sobject, key, wanted)
        if wanted and is_together():
            now = store.find_by_key(self.engine.committed(), self.sobject, key, wanted)
            new = {hit for value, hits in now.items() if value not in found for hit in hits}
            if len(store.fetch(cursor, self.sobject, new)) < len(new):
                raise Conflict(f"{self.sobject.name}.{key.name} was taken since the call began")
        return found

    def _derivations(self) -> Sequence[Derivation]:
        return DERIVATIONS.get(self.sobject.name, ())

    def _needed(self) -> list[str]:
        """Return the stored fields of existing rows that judging and writing must know."""
        if self.sobject.rules:
            return [one.name for one in self.sobject.stored_fields]
        given = [set(draft.given) for draft in self._good() if draft.id is not None]
        union = set().union(*given)
        needed = union - set(given[0]).intersection(*given) if given else set()
        if self.key is not None and given:
            needed |= set(locked_parents(self.sobject))
        for one in self._derivations():
            if one.concerns(union):
                needed |= {*one.reads, *one.writes}
        return sorted(name for name in needed if self.sobject.find(name))

    def _changed_columns(self, drafts: Sequence[Draft]) -> list[str]:
        changed = {name for draft in drafts for name in draft.given}
        for one in self._derivations():
            if one.concerns(changed):
                changed |= {name for name in one.writes if self.sobject.find(name)}
        return sorted(changed | set(stamps(self.sobject, self.user_id, self.stamp)))

    def _fetch(
        self, cursor: duckdb.DuckDBPyConnection, columns: Sequence[str]
    ) -> dict[str, store.Row]:
        wanted = {draft.id for draft in self._good() if draft.id is not None}
        return store.fetch(cursor, self.sobject, wanted, columns)


def save_key(sobject: SObject, name: str | None) -> Field | None:
    """Return the external id an upsert goes by; None when it goes by Id. Raises INVALID_FIELD."""
    if name is None or name.lower() == "id":
        return None
    return key_field(sobject, name)


def _required(one: Field) -> bool:
    return not one.nillable and one.createable and not one.defaulted and one.type != "boolean"
