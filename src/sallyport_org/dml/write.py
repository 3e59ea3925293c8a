"""The one door for writes: changes in, outcomes out.

What belongs here: chunks, all-or-none, locks and faults around them. What does not: judging rows
(``save``, ``remove``).

Rows are worked through in chunks of 200, each a transaction of its own, as Salesforce does
(documented for Apex triggers and bulk batches). A chunk holds rows of one object and operation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

import duckdb

from sallyport_org import errors, faults
from sallyport_org.dml.drafts import Draft, read_draft
from sallyport_org.dml.model import Change, Committed, Outcome, RowError
from sallyport_org.dml.remove import Remove
from sallyport_org.dml.save import Save, save_key
from sallyport_org.dml.transaction import Transaction, is_together, transaction
from sallyport_org.rows.engine import Conflict
from sallyport_org.schema.model import Schema

if TYPE_CHECKING:
    from sallyport_org.identity import User
    from sallyport_org.state import Org

CHUNK_ROWS = 200
_ATTEMPTS = 5


class Step(Protocol):
    """A chunk that can be locked, judged and written."""

    drafts: list[Draft]

    def locks(self, cursor: duckdb.DuckDBPyConnection) -> list[frozenset[str]]:
        """Return what each row locks."""
        ...

    def judge(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Note in the drafts what speaks against their rows."""
        ...

    def late_locks(self) -> list[frozenset[str]]:
        """Return what judging found each row to lock too."""
        ...

    def write(self, cursor: duckdb.DuckDBPyConnection) -> list[Committed]:
        """Write the good rows; returns what to tell the org's listeners."""
        ...


def write(
    org: Org,
    user: User,
    changes: Sequence[Change],
    *,
    schema: Schema | None = None,
    all_or_none: bool = False,
    chunk: int = CHUNK_ROWS,
) -> list[Outcome]:
    """Change rows and return what came of each, at its place in the list.

    Each chunk (at most ``chunk`` neighbours of one object and operation) is one transaction: its
    good rows are kept, its bad ones answered with their errors. With ``all_or_none`` the whole list
    is one transaction and nothing is kept if anything is refused; the good rows are then answered
    ALL_OR_NONE_OPERATION_ROLLED_BACK. Inside :func:`sallyport_org.dml.together` everything joins
    the transaction begun there. ``schema`` is what the caller may see; the user's own unless given.

    What is wrong with a row is never raised but stands in its outcome.
    """
    schema = schema or org.schema_for(user)
    stamp = (org.clock.now() + faults.skew()).astimezone(UTC).replace(microsecond=0, tzinfo=None)
    parts = list(_chunks(changes, chunk))
    done: list[Draft] = []
    for some in [parts] if all_or_none else [[part] for part in parts]:
        done += _carry_out(org, user, schema, stamp, some, all_or_none)
    return [_outcome(draft) for draft in sorted(done, key=lambda draft: draft.place)]


def _chunks(changes: Sequence[Change], size: int) -> Iterator[list[tuple[int, Change]]]:
    def kind(numbered: tuple[int, Change]) -> tuple[str, str, str]:
        change = numbered[1]
        return change.sobject.lower(), change.operation, (change.key_field or "").lower()

    for _, group in groupby(enumerate(changes), kind):
        alike = list(group)
        yield from (alike[at : at + size] for at in range(0, len(alike), size))


def _carry_out(
    org: Org,
    user: User,
    schema: Schema,
    stamp: datetime,
    parts: Sequence[list[tuple[int, Change]]],
    all_or_none: bool,
) -> list[Draft]:
    """Write chunks in one transaction; begin anew when another one was in the way."""
    for _ in range(_ATTEMPTS):
        steps = [_step(org, user, schema, stamp, part) for part in parts]
        drafts = [draft for step in steps for draft in step.drafts]
        try:
            with transaction(org) as one:
                org.engine.locks.begin(one, stamp)
                _write_steps(one, steps, drafts, all_or_none)
        except Conflict:
            if is_together():
                raise
            # A row was changed past the locks, by an automated change: judge it all afresh.
            continue
        return drafts
    for draft in drafts:
        draft.problems = []
        draft.refuse(errors.rows.locked(draft.id or ""))
    return drafts


def _write_steps(
    one: Transaction, steps: Sequence[Step], drafts: Sequence[Draft], all_or_none: bool
) -> None:
    _strike(one, drafts)
    reader = one.org.engine.reader()
    _lock(one, drafts, [names for step in steps for names in step.locks(reader)])
    with one.rows() as cursor:
        for step in steps:
            step.judge(cursor)
        _lock(one, drafts, [names for step in steps for names in step.late_locks()])
        if all_or_none and not all(draft.good for draft in drafts):
            for draft in drafts:
                if draft.good:
                    draft.refuse(errors.rows.rolled_back())
            return
        for step in steps:
            one.told += step.write(cursor)


def _lock(one: Transaction, drafts: Sequence[Draft], wanted: Sequence[frozenset[str]]) -> None:
    for place, name in one.lock(wanted).items():
        drafts[place].refuse(errors.rows.locked("" if "=" in name else name))


def _step(
    org: Org, user: User, schema: Schema, stamp: datetime, part: list[tuple[int, Change]]
) -> Step:
    change = part[0][1]
    sobject = schema.find(change.sobject)
    if sobject is None:
        refusal = errors.records.unknown_type(change.sobject)
        return _Refused([_refused(place, one, refusal) for place, one in part])
    if change.operation in ("delete", "hardDelete", "undelete"):
        return Remove.of(org.engine, org.schema, sobject, change.operation, user.id, stamp, part)
    drafts = [read_draft(schema, sobject, place, one) for place, one in part]
    try:
        key = save_key(sobject, change.key_field) if change.operation == "upsert" else None
    except errors.Refusal as refusal:
        return _Refused([_refused(place, one, refusal) for place, one in part])
    return Save(org.engine, schema, sobject, change.operation, user.id, stamp, drafts, key)


class _Refused:
    """A chunk nothing can be done with."""

    def __init__(self, drafts: list[Draft]) -> None:
        self.drafts = drafts

    def locks(self, cursor: duckdb.DuckDBPyConnection) -> list[frozenset[str]]:
        return [frozenset() for _ in self.drafts]

    def judge(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Everything was said already."""

    def late_locks(self) -> list[frozenset[str]]:
        return [frozenset() for _ in self.drafts]

    def write(self, cursor: duckdb.DuckDBPyConnection) -> list[Committed]:
        return []


def _refused(place: int, change: Change, refusal: errors.Refusal) -> Draft:
    draft = Draft(place, change)
    draft.refuse(refusal)
    return draft


def _strike(one: Transaction, drafts: Sequence[Draft]) -> None:
    """Let the org's faults spoil rows (``lock_row``, ``row_error``) or hold back the commit."""
    org = one.org
    late = org.faults.strike("late_visible", sobject=drafts[0].change.sobject)
    one.late = one.late or late
    for draft in drafts:
        name = draft.change.sobject
        if org.faults.strike("lock_row", sobject=name) is not None:
            draft.refuse(errors.rows.locked(draft.id or ""))
        fault = org.faults.strike("row_error", sobject=name)
        if fault is not None:
            code = str(fault.settings.get("code", "UNKNOWN_EXCEPTION"))
            message = str(fault.settings.get("message", "An unexpected error occurred."))
            draft.problems.append(RowError(code, message, tuple(fault.settings.get("fields", ()))))


def _outcome(draft: Draft) -> Outcome:
    made = Outcome(draft.id, draft.created, tuple(draft.problems))
    return made if draft.good else replace(made, id=draft.id, created=False)
