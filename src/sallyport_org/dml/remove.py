"""Rows out of sight and back: delete, hard delete, undelete.

What belongs here: recycle bin, cascades, emptied look-ups and the delete log. What does not: which
references cascade (``dependents``) and merges (``merge``).

A delete sets IsDeleted and the stamp, and leaves LastModifiedDate alone (assumed). Objects without
IsDeleted have no recycle bin: their rows are gone at once.
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema, values are bound

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb

from sallyport_org import errors
from sallyport_org.dml import store
from sallyport_org.dml.dependents import details, lookups, obstacles
from sallyport_org.dml.drafts import Draft, read_id
from sallyport_org.dml.model import Change, Committed, Operation
from sallyport_org.dml.references import locked_parents
from sallyport_org.rows.engine import Engine, quoted
from sallyport_org.schema.model import Schema, SObject

_AMONG = "IN (SELECT unnest(?::VARCHAR[]))"


@dataclass(slots=True)
class Remove:
    """Rows of one object to be deleted, deleted for good, or brought back."""

    engine: Engine
    schema: Schema
    sobject: SObject
    operation: Operation
    user_id: str
    stamp: datetime
    drafts: list[Draft]
    told: list[Committed] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        engine: Engine,
        schema: Schema,
        sobject: SObject,
        operation: Operation,
        user_id: str,
        stamp: datetime,
        part: Sequence[tuple[int, Change]],
    ) -> Remove:
        """Return the step of some changes. ``schema`` is the whole org's: cascades know no user."""
        drafts = []
        for place, change in part:
            draft = Draft(place, change)
            if change.undecodable is not None:
                draft.problems.append(change.undecodable)
            elif change.id in (None, ""):
                draft.refuse(errors.rows.id_missing("delete"))
            else:
                try:
                    draft.id = read_id(sobject, change.id)
                except errors.Refusal as refusal:
                    draft.refuse(refusal)
            drafts.append(draft)
        return cls(engine, schema, sobject, operation, user_id, stamp, drafts)

    def locks(self, cursor: duckdb.DuckDBPyConnection) -> list[frozenset[str]]:
        """Return what each row locks: itself and its parents."""
        parents = locked_parents(self.sobject)
        known = store.fetch(cursor, self.sobject, self._ids(), parents) if parents else {}
        wanted = []
        for draft in self.drafts:
            row = known.get(draft.id or "", {})
            names = {draft.id, *(row.get(name) for name in parents)}
            wanted.append(frozenset(name for name in names if name))
        return wanted

    def judge(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Refuse rows that are not there, in the bin (or not), or that others depend on."""
        undoing = self.operation == "undelete"
        done = "undeleted" if undoing else "deleted"
        rows = store.fetch(cursor, self.sobject, self._ids())
        seen = set()
        for draft in self._good():
            row = rows.get(draft.id or "")
            if ("undelete" if undoing else "delete") not in self.sobject.abilities:
                draft.refuse(errors.rows.not_allowed(self.sobject.name, done))
            elif row is None:
                draft.refuse(errors.rows.unknown_row())
            elif undoing and not row["IsDeleted"]:
                draft.refuse(errors.rows.not_deleted())
            elif self.operation == "delete" and (row["IsDeleted"] or draft.id in seen):
                draft.refuse(errors.rows.deleted_row())
            seen.add(draft.id)
        if not undoing:
            self._judge_obstacles(cursor)

    def late_locks(self) -> list[frozenset[str]]:
        """Return nothing more: ids name their rows from the start."""
        return [frozenset() for _ in self.drafts]

    def write(self, cursor: duckdb.DuckDBPyConnection) -> list[Committed]:
        """Delete or bring back the rows nothing speaks against, and what goes with them."""
        wanted = self._ids()
        if self.operation == "undelete":
            self._undelete(cursor, self.sobject, wanted)
        else:
            self.delete(cursor, self.sobject, wanted)
            if self.operation == "hardDelete":
                purge(cursor, self.sobject, wanted, self.stamp)
        return self.told

    def delete(
        self, cursor: duckdb.DuckDBPyConnection, sobject: SObject, record_ids: Collection[str]
    ) -> None:
        """Delete rows of any object, their details first; emptied look-ups are remembered."""
        if not record_ids:
            return
        wanted = [list(record_ids)]
        for child in details(self.schema, sobject):
            link = quoted(child.field.name)
            alive = " AND NOT IsDeleted" if child.sobject.find("IsDeleted") else ""
            found = _ids(
                cursor,
                f"SELECT Id FROM {quoted(child.sobject.name)} WHERE {link} {_AMONG}{alive}",
                wanted,
            )
            self.delete(cursor, child.sobject, set(found) - set(record_ids))
        for child in lookups(self.schema, sobject):
            self._empty(cursor, child.sobject, child.field.name, wanted)
        if sobject.find("IsDeleted"):
            self._mark(cursor, sobject, wanted, deleted=True)
        else:
            purge(cursor, sobject, record_ids, self.stamp)
        self._tell(sobject, "delete", record_ids)

    def _undelete(
        self, cursor: duckdb.DuckDBPyConnection, sobject: SObject, record_ids: Collection[str]
    ) -> None:
        """Bring rows back with the details that went with them, and fill their look-ups again."""
        if not record_ids:
            return
        wanted = [list(record_ids)]
        self._refill(cursor, wanted)
        for child in details(self.schema, sobject):
            if not child.sobject.find("IsDeleted"):
                continue
            stamped = child.sobject.find("SystemModstamp")
            alike = " AND c.SystemModstamp = p.SystemModstamp" if stamped else ""
            joined = (
                f"{quoted(child.sobject.name)} AS c JOIN {quoted(sobject.name)} AS p "
                f"ON p.Id = c.{quoted(child.field.name)}{alike}"
            )
            found = _ids(
                cursor, f"SELECT c.Id FROM {joined} WHERE p.Id {_AMONG} AND c.IsDeleted", wanted
            )
            self._undelete(cursor, child.sobject, found)
        self._mark(cursor, sobject, wanted, deleted=False)
        self._tell(sobject, "undelete", record_ids)

    def _judge_obstacles(self, cursor: duckdb.DuckDBPyConnection) -> None:
        for child, plural, label in obstacles(self.schema, self.sobject):
            link = quoted(child.field.name)
            found: dict[str, list[str]] = {}
            for record_id, number in cursor.execute(
                f"SELECT {link}, {quoted(label)} FROM {quoted(child.sobject.name)} "
                f"WHERE {link} {_AMONG} AND NOT IsDeleted ORDER BY 2",
                [self._ids()],
            ).fetchall():
                found.setdefault(record_id, []).append(number)
            names = self._names(cursor) if found else {}
            for draft in self._good():
                numbers = found.get(draft.id or "")
                if numbers:
                    name = names.get(draft.id or "") or draft.id or ""
                    draft.refuse(errors.rows.delete_failed(name, plural, numbers))

    def _names(self, cursor: duckdb.DuckDBPyConnection) -> dict[str, Any]:
        rows = store.fetch(cursor, self.sobject, self._ids(), ["Name"])
        return {record_id: row["Name"] for record_id, row in rows.items()}

    def _empty(
        self,
        cursor: duckdb.DuckDBPyConnection,
        sobject: SObject,
        name: str,
        wanted: list[list[str]],
    ) -> None:
        """Empty a look-up to deleted rows; only the stamp of the child moves (assumed)."""
        table, link = quoted(sobject.name), quoted(name)
        found = _ids(cursor, f"SELECT Id FROM {table} WHERE {link} {_AMONG}", wanted)
        if not found:
            return
        cursor.execute(
            f'INSERT INTO "~cleared" SELECT {link}, ?, ?, Id FROM {table} WHERE {link} {_AMONG}',
            [sobject.name, name, *wanted],
        )
        stamp = ", SystemModstamp = ?" if sobject.find("SystemModstamp") else ""
        values = [self.stamp, found] if stamp else [found]
        cursor.execute(f"UPDATE {table} SET {link} = NULL{stamp} WHERE Id {_AMONG}", values)
        self._tell(sobject, "update", found, frozenset({name}))

    def _refill(self, cursor: duckdb.DuckDBPyConnection, wanted: list[list[str]]) -> None:
        places = cursor.execute(
            f'SELECT DISTINCT sobject, field FROM "~cleared" WHERE parent {_AMONG}', wanted
        ).fetchall()
        for name, link in places:
            cursor.execute(
                f"UPDATE {quoted(name)} AS t SET {quoted(link)} = c.parent, SystemModstamp = ? "
                f'FROM "~cleared" AS c WHERE c.id = t.Id AND c.sobject = ? AND c.field = ? '
                f"AND c.parent {_AMONG} AND t.{quoted(link)} IS NULL",
                [self.stamp, name, link, *wanted],
            )
        cursor.execute(f'DELETE FROM "~cleared" WHERE parent {_AMONG}', wanted)

    def _mark(
        self,
        cursor: duckdb.DuckDBPyConnection,
        sobject: SObject,
        wanted: list[list[str]],
        *,
        deleted: bool,
    ) -> None:
        stamp = ", SystemModstamp = ?" if sobject.find("SystemModstamp") else ""
        cursor.execute(
            f"UPDATE {quoted(sobject.name)} SET IsDeleted = ?{stamp} WHERE Id {_AMONG}",
            [deleted, *([self.stamp] if stamp else []), *wanted],
        )

    def _tell(
        self,
        sobject: SObject,
        operation: Operation,
        record_ids: Collection[str],
        fields: frozenset[str] = frozenset({"IsDeleted"}),
    ) -> None:
        self.told.append(Committed(sobject.name, operation, tuple(record_ids), fields, self.stamp))

    def _good(self) -> list[Draft]:
        return [draft for draft in self.drafts if draft.good]

    def _ids(self) -> list[str]:
        return list(dict.fromkeys(draft.id for draft in self._good() if draft.id))


def purge(
    cursor: duckdb.DuckDBPyConnection,
    sobject: SObject,
    record_ids: Collection[str],
    stamp: datetime,
) -> None:
    """Take rows out of their table for good; only the delete log remembers them."""
    deleted = "coalesce(SystemModstamp, ?)" if sobject.find("SystemModstamp") else "?"
    cursor.execute(
        f'INSERT INTO "~gone" SELECT ?, Id, {deleted} FROM {quoted(sobject.name)} '
        f"WHERE Id {_AMONG}",
        [sobject.name, stamp, list(record_ids)],
    )
    cursor.execute(f"DELETE FROM {quoted(sobject.name)} WHERE Id {_AMONG}", [list(record_ids)])


def _ids(cursor: duckdb.DuckDBPyConnection, sql: str, values: list[Any]) -> list[str]:
    return [row[0] for row in cursor.execute(sql, values).fetchall()]
