"""Merging records: the losers go to the recycle bin, their children to the master.

What belongs here: carrying a merge out. What does not: who asks for one (``soapdata``; REST has no
merge). Documented:
https://developer.salesforce.com/docs/platform/api/guide/sforce-api-calls-merge.html
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema, values are bound

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb

from sallyport_org import errors
from sallyport_org.dml import store
from sallyport_org.dml.drafts import read_id
from sallyport_org.dml.model import Change, Committed, RowError
from sallyport_org.dml.transaction import as_one, transaction
from sallyport_org.dml.write import write
from sallyport_org.rows.engine import quoted
from sallyport_org.schema.model import SObject

if TYPE_CHECKING:
    from sallyport_org.identity import User
    from sallyport_org.state import Org

MOST_LOSERS = 2
_AMONG = "IN (SELECT unnest(?::VARCHAR[]))"


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of a merge: the master, the losers, the children that changed their parent."""

    id: str | None
    losers: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    errors: tuple[RowError, ...] = ()


def merge(
    org: Org, user: User, name: str, master: Any, losers: Sequence[Any], values: Mapping[str, Any]
) -> Merged:
    """Merge one or two records into a master, which takes the given values (texts).

    All or nothing; what is wrong stands in the result.
    """
    stamp = org.clock.now().astimezone(UTC).replace(microsecond=0, tzinfo=None)
    try:
        sobject = _mergeable(org.schema_for(user).find(name), name)
        master_id = read_id(sobject, master)
        loser_ids = [read_id(sobject, one) for one in losers]
        _check(org, sobject, master_id, loser_ids)

        def act() -> list[str]:
            change = Change("update", sobject.name, values, id=master_id, texts=True)
            outcome = write(org, user, [change])[0]
            if outcome.errors:
                wrong = outcome.errors[0]
                raise errors.Refusal(400, wrong.code, wrong.message, fields=wrong.fields)
            with transaction(org) as one, one.rows() as cursor:
                related, told = _join(cursor, org, sobject, master_id, loser_ids, stamp)
                one.told += told
            return related

        related = as_one(org, act)
    except errors.Refusal as refusal:
        wrong = RowError(refusal.code, refusal.message, refusal.fields or ())
        return Merged(None, errors=(wrong,))
    return Merged(master_id, tuple(loser_ids), tuple(related))


def _mergeable(sobject: SObject | None, name: str) -> SObject:
    if sobject is None:
        raise errors.records.unknown_type(name)
    if "merge" not in sobject.abilities:
        raise errors.rows.not_allowed(sobject.name, "merged")
    return sobject


def _check(org: Org, sobject: SObject, master_id: str, loser_ids: Sequence[str]) -> None:
    if not 1 <= len(loser_ids) <= MOST_LOSERS:
        raise errors.rows.merge_refused("A merge takes one or two records to merge")
    every = {master_id, *loser_ids}
    if len(every) != 1 + len(loser_ids):
        raise errors.rows.merge_refused("A record cannot be merged with itself")
    found = store.fetch(org.engine.reader(), sobject, every)
    if len(found) < len(every):
        raise errors.rows.unknown_row()
    if any(row["IsDeleted"] for row in found.values()):
        raise errors.rows.deleted_row()


def _join(
    cursor: duckdb.DuckDBPyConnection,
    org: Org,
    sobject: SObject,
    master_id: str,
    loser_ids: list[str],
    stamp: datetime,
) -> tuple[list[str], list[Committed]]:
    """Give the losers' children to the master and delete the losers."""
    related: list[str] = []
    told = []
    for child in org.schema.children_of(sobject.name):
        link, table = quoted(child.field.name), quoted(child.sobject.name)
        if not child.field.stored or child.field.name == "MasterRecordId":
            continue
        alive = " AND NOT IsDeleted" if child.sobject.find("IsDeleted") else ""
        moved = ", SystemModstamp = ?" if child.sobject.find("SystemModstamp") else ""
        values: list[Any] = [master_id, *([stamp] if moved else []), loser_ids]
        found = cursor.execute(
            f"UPDATE {table} SET {link} = ?{moved} WHERE {link} {_AMONG}{alive} RETURNING Id",
            values,
        ).fetchall()
        moved_ids = tuple(row[0] for row in found)
        related += moved_ids
        if moved_ids:
            fields = frozenset({child.field.name})
            told.append(Committed(child.sobject.name, "update", moved_ids, fields, stamp))
    cursor.execute(
        f"UPDATE {quoted(sobject.name)} SET IsDeleted = true, MasterRecordId = ?, "
        f"SystemModstamp = ? WHERE Id {_AMONG}",
        [master_id, stamp, loser_ids],
    )
    fields = frozenset({"IsDeleted", "MasterRecordId"})
    told.append(Committed(sobject.name, "delete", tuple(loser_ids), fields, stamp))
    return related, told
