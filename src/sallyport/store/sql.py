"""The store on SQLite and PostgreSQL, by the same code (SQLAlchemy Core).

What belongs here: statements and the translation of database errors. What does not: which columns
there are (``tables.py``), how they came to be (``migrations``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from sallyport.errors import BrokenInstallation, Conflict, NotFound, StaleVersion
from sallyport.kernel import Clock, epoch_ms, new_id
from sallyport.settings import mask_url
from sallyport.store import migrate
from sallyport.store.base import Actor, ApiClient, Kind, Page, Record, Sandbox, Scope
from sallyport.store.sql_grants import SqlGrants
from sallyport.store.tables import CLIENTS, CONSTANTS, RECORDS, SANDBOXES

_PAGE_MOST = 1000
_WRITES = {"sallyport_writes": True}  # tells SQLite's BEGIN to take the write lock at once


class SqlStore:
    """Implements ``store.base.Store``; ``open`` brings the database to the newest version first."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._writer = engine.execution_options(**_WRITES)
        self._clock = clock
        self.grants = SqlGrants(engine, self._writer)
        """The tokens of connections; a port of its own."""

    @classmethod
    def open(cls, url: str, clock: Clock) -> SqlStore:
        """Connect to ``url`` and migrate; BrokenInstallation when it cannot be reached or used."""
        engine = create_engine(url)
        try:
            migrate.upgrade(engine)
        except DatabaseError as error:
            raise BrokenInstallation(
                f"the metadata database {mask_url(url)} cannot be used: {error.orig}.",
                field="SALLYPORT_DATABASE_URL",
                cure="Check that the address is right, the server runs, the folder is writable and"
                " the file is a database.",
            ) from error
        # not before: migrating has to tell "no such table" from "no such server"
        sa.event.listen(engine, "handle_error", _say_unusable)
        return cls(engine, clock)

    def close(self) -> None:
        """Give back every pooled connection."""
        self._engine.dispose()

    def insert(self, record: Record, actor: Actor) -> Record:
        """Store a new record; Conflict if its name is taken."""
        now = epoch_ms(self._clock.now())
        stored = replace(
            record,
            version=new_id(),
            created_at=now,
            updated_at=now,
            created_by=actor.user,
            updated_by=actor.user,
            created_client=actor.client,
            updated_client=actor.client,
        )
        try:
            with self._write() as connection:
                connection.execute(RECORDS[record.kind].insert().values(_row(stored)))
        except IntegrityError as error:
            raise Conflict(
                f"another of the {record.kind.value.replace('_', ' ')} already has this name.",
                field="name",
                received=record.name,
                cure="Choose another name, or remove the existing one first.",
            ) from error
        return stored

    def get(self, kind: Kind, scope: Scope, record_id: str) -> Record:
        """Return a record; NotFound."""
        table = RECORDS[kind]
        with self._engine.connect() as connection:
            row = connection.execute(
                sa.select(table).where(_in_scope(table, scope), table.c.id == record_id)
            ).one_or_none()
        if row is None:
            raise _absent(kind, record_id)
        return _record(kind, row)

    def locate(self, kind: Kind, record_id: str) -> Record | None:
        """Return a record whatever its scope."""
        table = RECORDS[kind]
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(table).where(table.c.id == record_id)).one_or_none()
        return None if row is None else _record(kind, row)

    def everywhere(self, kind: Kind, states: Sequence[str]) -> Sequence[Record]:
        """Return the records in these states of all scopes, oldest first."""
        table = RECORDS[kind]
        query = sa.select(table).where(table.c.state.in_(states))
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(table.c.created_at, table.c.id)).all()
        return [_record(kind, row) for row in rows]

    def find(self, kind: Kind, scope: Scope, name: str) -> Record | None:
        """Return the newest record of that name."""
        table = RECORDS[kind]
        with self._engine.connect() as connection:
            row = connection.execute(
                sa.select(table)
                .where(_in_scope(table, scope), table.c.name == name)
                .order_by(table.c.created_at.desc(), table.c.id)
                .limit(1)
            ).one_or_none()
        return None if row is None else _record(kind, row)

    def update(self, record: Record, actor: Actor) -> Record:
        """Compare-and-set on the version; StaleVersion, NotFound."""
        table = RECORDS[record.kind]
        stored = replace(
            record,
            version=new_id(),
            updated_at=epoch_ms(self._clock.now()),
            updated_by=actor.user,
            updated_client=actor.client,
        )
        same = sa.and_(_in_scope(table, record.scope), table.c.id == record.id)
        with self._write() as connection:
            done = connection.execute(
                table.update().where(same, table.c.version == record.version).values(_row(stored))
            )
            if done.rowcount == 0:
                exists = connection.execute(sa.select(table.c.id).where(same)).one_or_none()
                raise _absent(record.kind, record.id) if exists is None else _stale(record)
        return stored

    def delete(self, kind: Kind, scope: Scope, record_id: str, version: str | None = None) -> None:
        """Remove a record; NotFound, StaleVersion."""
        table = RECORDS[kind]
        same = sa.and_(_in_scope(table, scope), table.c.id == record_id)
        with self._write() as connection:
            row = connection.execute(sa.select(table).where(same)).one_or_none()
            if row is None:
                raise _absent(kind, record_id)
            if version is not None and row.version != version:
                raise _stale(_record(kind, row))
            connection.execute(table.delete().where(same))

    def page(
        self,
        kind: Kind,
        scope: Scope,
        *,
        parent: str | None = None,
        states: Sequence[str] = (),
        limit: int = _PAGE_MOST,
        offset: int = 0,
        newest_first: bool = True,
    ) -> Page:
        """List by creation time, then id."""
        table = RECORDS[kind]
        limit = min(limit, _PAGE_MOST)
        query = sa.select(table).where(_in_scope(table, scope))
        if parent is not None:
            query = query.where(table.c.parent == parent)
        if states:
            query = query.where(table.c.state.in_(states))
        columns = (table.c.created_at, table.c.id)
        order = [column.desc() for column in columns] if newest_first else list(columns)
        query = query.order_by(*order).limit(limit + 1).offset(offset)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return Page(tuple(_record(kind, row) for row in rows[:limit]), len(rows) > limit)

    def patch_body(self, kind: Kind, scope: Scope, record_id: str, part: Mapping[str, Any]) -> None:
        """Merge top-level keys into the body, keeping the version."""
        table = RECORDS[kind]
        same = sa.and_(_in_scope(table, scope), table.c.id == record_id)
        with self._write() as connection:
            row = connection.execute(sa.select(table.c.body).where(same).with_for_update()).first()
            if row is None:
                raise _absent(kind, record_id)
            now = epoch_ms(self._clock.now())
            connection.execute(
                table.update().where(same).values(body={**row.body, **part}, updated_at=now)
            )

    def ensure_org(self, org: str, sandbox: str) -> Sandbox:
        """Return the sandbox, making it on first use."""
        for known in self.sandboxes(org):
            if known.name == sandbox:
                return known
        made = Sandbox(new_id(), org, sandbox, sandbox, is_default=not self.sandboxes(org))
        try:
            with self._write() as connection:
                connection.execute(
                    SANDBOXES.insert().values(
                        id=made.id,
                        org=org,
                        name=sandbox,
                        title=made.title,
                        is_default=made.is_default,
                    )
                )
        except IntegrityError:  # another process made it a moment ago: theirs is the one
            return next(known for known in self.sandboxes(org) if known.name == sandbox)
        return made

    def sandboxes(self, org: str) -> Sequence[Sandbox]:
        """List an org's sandboxes, the default one first."""
        query = (
            sa.select(SANDBOXES)
            .where(SANDBOXES.c.org == org)
            .order_by(SANDBOXES.c.is_default.desc(), SANDBOXES.c.name)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [Sandbox(row.id, row.org, row.name, row.title, row.is_default) for row in rows]

    def constant(self, name: str, make: Callable[[], str]) -> str:
        """Return the text of that name, made and stored if there is none."""
        known = sa.select(CONSTANTS.c.value).where(CONSTANTS.c.name == name)
        with self._engine.connect() as connection:
            found = connection.execute(known).scalar_one_or_none()
        if found is not None:
            return str(found)
        value = make()
        try:
            with self._write() as connection:
                connection.execute(CONSTANTS.insert().values(name=name, value=value))
        except IntegrityError:  # another process was first: theirs is the one
            with self._engine.connect() as connection:
                return str(connection.execute(known).scalar_one())
        return value

    def add_client(self, client: ApiClient) -> None:
        """Store API credentials; Conflict when the name is taken."""
        try:
            with self._write() as connection:
                connection.execute(
                    CLIENTS.insert().values(
                        client_id=client.client_id,
                        org=client.org,
                        name=client.name,
                        secret_hash=client.secret_hash,
                        created_at=client.created_at,
                    )
                )
        except IntegrityError as error:
            raise Conflict(
                f"{client.org} already has API credentials of this name.",
                field="name",
                received=client.name,
                cure="Choose another name.",
            ) from error

    def client(self, client_id: str) -> ApiClient | None:
        """Return API credentials by id."""
        with self._engine.connect() as connection:
            row = connection.execute(
                sa.select(CLIENTS).where(CLIENTS.c.client_id == client_id)
            ).one_or_none()
        if row is None:
            return None
        return ApiClient(row.client_id, row.org, row.name, row.secret_hash, row.created_at)

    @contextmanager
    def _write(self) -> Iterator[sa.Connection]:
        with self._writer.begin() as connection:
            yield connection


def _say_unusable(context: sa.engine.ExceptionContext) -> BrokenInstallation | None:
    """Return what is raised instead when the database went away, is full or locked for long."""
    if not isinstance(context.sqlalchemy_exception, OperationalError):
        return None
    return BrokenInstallation(
        f"the metadata database does not answer: {context.original_exception}.",
        field="SALLYPORT_DATABASE_URL",
        cure="Check that it runs, is reachable and has room; what was going on continues then.",
    )


def create_engine(url: str) -> sa.Engine:
    """Return an engine with the habits each database needs (SQLite: WAL, early write locks)."""
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True, pool_size=5, max_overflow=20)
    engine = sa.create_engine(url, connect_args={"timeout": 30})
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # isolation_level None hands BEGIN to us: Python's own deferred BEGIN makes two writers that
    # both read first fail with "database is locked" instead of queueing
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("sallyport_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _in_scope(table: sa.Table, scope: Scope) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.org == scope.org, table.c.sandbox == scope.sandbox)


def _row(record: Record) -> dict[str, Any]:
    return {
        "id": record.id,
        "org": record.scope.org,
        "sandbox": record.scope.sandbox,
        "name": record.name,
        "state": record.state,
        "version": record.version,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "created_by": record.created_by,
        "updated_by": record.updated_by,
        "created_client": record.created_client,
        "updated_client": record.updated_client,
        "parent": record.parent,
        "sealed": record.sealed,
        "body": dict(record.body),
    }


def _record(kind: Kind, row: sa.Row[Any]) -> Record:
    values = dict(row._mapping)
    scope = Scope(values.pop("org"), values.pop("sandbox"))
    return Record(kind=kind, scope=scope, **values)


def _absent(kind: Kind, record_id: str) -> NotFound:
    one = kind.value.replace("_", " ").removesuffix("s")
    return NotFound(
        f"there is no {one} with this id in this org and sandbox.",
        field="id",
        received=record_id,
        cure="Check the id, and that x-gw-ims-org-id and x-sandbox-name are those it was made in.",
    )


def _stale(record: Record) -> StaleVersion:
    return StaleVersion(
        "it has changed since you read it.",
        field="If-Match",
        received=record.version,
        cure="Read it again and repeat the change with the new etag.",
    )
