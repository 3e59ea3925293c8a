"""Grants on SQLite and PostgreSQL, by the same code (SQLAlchemy Core).

What belongs here: statements. What does not: the promises (``grants.py``), the columns
(``tables.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sallyport.store.grants import GrantRecord, GrantState, NewTokens
from sallyport.store.tables import GRANTS

_FREE: dict[str, Any] = {"owner": None, "leased_until": None, "intent": None}
_NEXT = {"version": GRANTS.c.version + 1}


class SqlGrants:
    """Implements ``store.grants.GrantStore``; ``writer`` begins transactions that write."""

    def __init__(self, engine: sa.Engine, writer: sa.Engine) -> None:
        self._engine = engine
        self._writer = writer
        clock = (
            "(julianday('now') - 2440587.5) * 86400.0"
            if engine.dialect.name == "sqlite"
            else "extract(epoch from clock_timestamp())"
        )
        self._now: sa.ColumnElement[float] = sa.literal_column(clock, sa.Double)

    def read(self, connection_id: str) -> GrantRecord | None:
        """Return a connection's grant, None when it never had one."""
        with self._engine.connect() as connection:
            return self._read(connection, connection_id)

    def replace(self, connection_id: str, tokens: NewTokens) -> GrantRecord:
        """Store a grant in place of whatever there is."""
        values = {**_FREE, **_tokens(tokens)}
        while True:
            try:
                with self._writer.begin() as connection:
                    done = connection.execute(
                        GRANTS.update()
                        .where(GRANTS.c.connection_id == connection_id)
                        .values(**_NEXT, generation=GRANTS.c.generation + 1, **values)
                    )
                    if not done.rowcount:
                        connection.execute(
                            GRANTS.insert().values(
                                connection_id=connection_id, version=1, generation=1, **values
                            )
                        )
                    return self._written(connection, connection_id)
            except IntegrityError:  # somebody's first claim came between: there is a row now
                continue

    def claim(
        self,
        connection_id: str,
        version: int | None,
        *,
        owner: str,
        seconds: float,
        intent: Mapping[str, Any],
        due_at: int | None,
    ) -> GrantRecord | None:
        """Claim the grant at ``version`` and record what for; None when that cannot be."""
        held = {
            "owner": owner,
            "leased_until": self._now + seconds,
            "intent": dict(intent),
            "due_at": due_at,
        }
        free = sa.or_(GRANTS.c.leased_until.is_(None), GRANTS.c.leased_until < self._now)
        try:
            with self._writer.begin() as connection:
                if version is None:
                    first = {"version": 1, "generation": 0, "state": GrantState.USABLE, "facts": {}}
                    connection.execute(
                        GRANTS.insert().values(connection_id=connection_id, **first, **held)
                    )
                else:
                    same = sa.and_(
                        GRANTS.c.connection_id == connection_id, GRANTS.c.version == version
                    )
                    taken = connection.execute(
                        GRANTS.update().where(same, free).values(**_NEXT, **held)
                    )
                    if not taken.rowcount:
                        return None
                return self._written(connection, connection_id)
        except IntegrityError:  # another one's first claim
            return None

    def note(
        self, claim: GrantRecord, intent: Mapping[str, Any], *, seconds: float
    ) -> GrantRecord | None:
        """Record another intent under a claim; None when the claim is lost."""
        values = {"intent": dict(intent), "leased_until": self._now + seconds}
        with self._writer.begin() as connection:
            done = connection.execute(
                GRANTS.update().where(_under(claim)).values(**_NEXT, **values)
            )
            return self._written(connection, claim.connection_id) if done.rowcount else None

    def commit(self, claim: GrantRecord, tokens: NewTokens) -> bool:
        """Store new tokens and end claim and intent; False when the claim is lost."""
        mine = _under(claim)
        if tokens.rotated:
            replaces = sa.and_(
                GRANTS.c.connection_id == claim.connection_id,
                GRANTS.c.generation == claim.generation,
            )
            mine = sa.or_(mine, replaces)
        step = 1 if tokens.rotated else 0
        with self._writer.begin() as connection:
            done = connection.execute(
                GRANTS.update()
                .where(mine)
                .values(**_NEXT, generation=GRANTS.c.generation + step, **_FREE, **_tokens(tokens))
            )
            return bool(done.rowcount)

    def settle(
        self,
        claim: GrantRecord,
        *,
        state: GrantState,
        facts: Mapping[str, Any],
        due_at: int | None,
        intent: Mapping[str, Any] | None = None,
        hold: float = 0.0,
    ) -> bool:
        """End a claim without new tokens; False when the claim is lost."""
        values: dict[str, Any] = {
            "state": state,
            "facts": dict(facts),
            "due_at": due_at,
            "intent": None if intent is None else dict(intent),
            "owner": claim.owner if hold else None,
            "leased_until": self._now + hold if hold else None,
        }
        with self._writer.begin() as connection:
            done = connection.execute(
                GRANTS.update().where(_under(claim)).values(**_NEXT, **values)
            )
            return bool(done.rowcount)

    def delete(self, connection_id: str) -> None:
        """Forget a connection's grant, if it has one."""
        with self._writer.begin() as connection:
            connection.execute(GRANTS.delete().where(GRANTS.c.connection_id == connection_id))

    def postpone(self, connection_id: str, moment: int) -> None:
        """Let a grant be due only at a moment; no new version: it decides nothing."""
        mine = sa.and_(GRANTS.c.connection_id == connection_id, GRANTS.c.due_at < moment)
        with self._writer.begin() as connection:
            connection.execute(GRANTS.update().where(mine).values(due_at=moment))

    def due(self, moment: int, limit: int = 100) -> Sequence[str]:
        """Return connections whose grant is due, longest overdue first."""
        query = (
            sa.select(GRANTS.c.connection_id)
            .where(GRANTS.c.due_at <= moment)
            .order_by(GRANTS.c.due_at, GRANTS.c.connection_id)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def _written(self, connection: sa.Connection, connection_id: str) -> GrantRecord:
        record = self._read(connection, connection_id)
        assert record is not None  # noqa: S101 - written in this very transaction
        return record

    def _read(self, connection: sa.Connection, connection_id: str) -> GrantRecord | None:
        left = (GRANTS.c.leased_until - self._now).label("lease_left")
        row = connection.execute(
            sa.select(GRANTS, left).where(GRANTS.c.connection_id == connection_id)
        ).one_or_none()
        if row is None:
            return None
        values = dict(row._mapping)
        del values["leased_until"]
        values["state"] = GrantState(values["state"])
        values["lease_left"] = max(0.0, values["lease_left"] or 0.0)
        return GrantRecord(**values)


def _under(claim: GrantRecord) -> sa.ColumnElement[bool]:
    """Return the condition that nobody has written since the claim."""
    return sa.and_(GRANTS.c.connection_id == claim.connection_id, GRANTS.c.version == claim.version)


def _tokens(tokens: NewTokens) -> dict[str, Any]:
    return {
        "state": GrantState.USABLE,
        "sealed": tokens.sealed,
        "facts": dict(tokens.facts),
        "renewed_at": tokens.renewed_at,
        "due_at": tokens.due_at,
    }
