"""Where an org's records are kept: one DuckDB table per object, in memory or in a file.

What belongs here: making tables from definitions, running SQL from many threads, counting, and the
number that says whether rows changed. What does not: what rows say (``generate``, ``loading``) and
how SOQL becomes SQL (``soql``).

A connection of DuckDB serves one thread at a time, so every call works on a cursor of its own:
readers see the last committed state and never wait for a writer; inside a transaction they see what
it did so far.
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema, texts are quoted

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from sallyport_org.rows.locks import Locks
from sallyport_org.rows.numbers import Numbers
from sallyport_org.schema.model import TEXT_TYPES, Field, SObject

BATCH_ROWS = 65_536
_ENGINES = count(1)

PATIENCE_SECONDS = 30.0
_PAUSE_SECONDS = 0.05

Kept = TypeVar("Kept")

Conflict = duckdb.TransactionException
"""Raised when a row was changed by another transaction since this one began."""

_GONE = (
    'CREATE TABLE IF NOT EXISTS "~gone" (sobject VARCHAR, id VARCHAR, deleted TIMESTAMP);'
    'CREATE TABLE IF NOT EXISTS "~cleared" '
    "(parent VARCHAR, sobject VARCHAR, field VARCHAR, id VARCHAR)"
)
"""The delete log: rows that are in no table any more, and look-ups emptied when their target was
deleted (an undelete fills them again)."""

_SQL_TYPES = {
    "boolean": "BOOLEAN",
    "int": "INTEGER",
    "long": "BIGINT",
    "double": "DOUBLE",
    "currency": "DOUBLE",
    "percent": "DOUBLE",
    "date": "DATE",
    "datetime": "TIMESTAMP",
    "time": "TIME",
    "base64": "BLOB",
}


def sql_type(one: Field) -> str:
    """Return the DuckDB column type of a stored field; datetimes are UTC without a zone."""
    return "VARCHAR" if one.type in TEXT_TYPES else _SQL_TYPES[one.type]


def column(one: Field) -> str:
    """Return the definition of a stored field's column; a boolean is never null."""
    default = f" DEFAULT {str(bool(one.default)).lower()}" if one.type == "boolean" else ""
    return f"{quoted(one.name)} {sql_type(one)}{default}"


def columns(sobject: SObject) -> str:
    """Return the definitions of all columns of an object's table."""
    return ", ".join(column(one) for one in sobject.stored_fields)


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


class Engine:
    """The tables of one org.

    ``threads`` bounds DuckDB's own workers; None leaves it to DuckDB (one a core). ``file`` is
    where they are kept, every commit on disk before it is told; None keeps them in memory. Raises
    ``duckdb.Error`` for a file that cannot be opened.
    """

    def __init__(self, threads: int | None = None, file: Path | None = None) -> None:
        # A name of its own makes DuckDB refuse a file another engine of this process has open.
        config: dict[str, str | bool | int | float | list[str]] = {
            "custom_user_agent": f"engine-{next(_ENGINES)}"
        }
        if threads:
            config["threads"] = threads
        self._connection = duckdb.connect(str(file or ":memory:"), config=config)
        self._cursors: list[duckdb.DuckDBPyConnection] = []
        self._threads = threading.local()
        self._lock = threading.Lock()
        self._counting = threading.Lock()
        self._version = 0
        self._uncommitted = 0
        self.locks = Locks()
        self.numbers = Numbers()
        self._connection.execute(_GONE)

    def close(self) -> None:
        """Let go of all rows; those in a file stay there."""
        with self._counting:
            for cursor in self._cursors:
                cursor.close()
        self._connection.close()

    def seal(self) -> None:
        """From now on no SQL reaches files of the machine, but for the engine's own."""
        with self._connection.cursor() as cursor:
            cursor.execute("SET enable_external_access = false")

    @property
    def version(self) -> int:
        """A number that grows with every committed change of rows.

        Inside a transaction every answer is another one (below zero): what is read there is like
        nothing anybody else sees.
        """
        if self._joined() is None:
            return self._version
        with self._counting:
            self._uncommitted -= 1
            return self._uncommitted

    def create_table(self, sobject: SObject) -> None:
        """Make the empty table of an object, replacing one of the same name."""
        with self.writing() as cursor:
            cursor.execute(f"CREATE OR REPLACE TABLE {quoted(sobject.name)} ({columns(sobject)})")

    def keep(self, name: str, content: pa.Table) -> None:
        """Make a table of that name out of Arrow data."""
        with self.writing() as cursor:
            cursor.register("arriving", content)
            cursor.execute(f"CREATE TABLE {quoted(name)} AS SELECT * FROM arriving")
            cursor.unregister("arriving")

    @contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor inside one transaction; all of it is kept, or none if the block raises.

        One such block runs at a time. Inside :meth:`transaction` it joins that transaction.
        """
        if self._joined() is not None:
            with self.transaction() as cursor:
                yield cursor
        else:
            with self._lock, self.transaction() as cursor:
                yield cursor

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor inside a transaction that may run beside others, or join this thread's own.

        Until the outermost block ends, everything this thread reads comes from the transaction. Two
        transactions that change the same row cannot both be kept: the later one meets
        :data:`Conflict`. Whoever locks the rows first (``dml``) never meets it.
        """
        joined = self._joined()
        if joined is not None:
            yield joined
            return
        cursor = self._connection.cursor()
        try:
            cursor.execute("BEGIN TRANSACTION")
            self._threads.transaction = cursor
            try:
                yield cursor
            except BaseException:
                cursor.execute("ROLLBACK")
                raise
            cursor.execute("COMMIT")
            with self._counting:
                self._version += 1
        finally:
            self._threads.transaction = None
            cursor.close()

    def write_patiently(
        self, act: Callable[[duckdb.DuckDBPyConnection], Kept], seconds: float = PATIENCE_SECONDS
    ) -> Kept:
        """Return what a block of writing returns, begun anew while others change the same rows.

        For changes the org makes itself, past the locks of ``dml``. Raises :data:`Conflict` once
        that took ``seconds``.
        """
        gives_up = time.monotonic() + seconds
        while True:
            try:
                with self.writing() as cursor:
                    return act(cursor)
            except Conflict:
                if time.monotonic() > gives_up:
                    raise
            time.sleep(_PAUSE_SECONDS)

    def reader(self) -> duckdb.DuckDBPyConnection:
        """Return this thread's cursor; do not keep it. Inside a transaction it is that one's."""
        return self._cursor()

    def committed(self) -> duckdb.DuckDBPyConnection:
        """Return this thread's cursor that sees what is committed, inside a transaction too."""
        cursor: duckdb.DuckDBPyConnection | None = getattr(self._threads, "mine", None)
        if cursor is None:
            cursor = self._threads.mine = self._connection.cursor()
        return cursor

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return every row of a query as Python values."""
        return self._cursor().execute(sql, list(parameters)).fetchall()

    def scalar(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """Return the first value of the first row."""
        return self.rows(sql, parameters)[0][0]

    def batches(
        self, sql: str, parameters: Sequence[Any] = (), rows: int = BATCH_ROWS
    ) -> pa.RecordBatchReader:
        """Return a query's result as a stream of Arrow batches of at most ``rows`` rows.

        It has a connection of its own and sees the rows committed when it was asked for.
        """
        cursor = self._joined() or self._connection.cursor()
        return cursor.sql(sql, params=list(parameters)).to_arrow_reader(rows)

    def count(self, sobject: SObject) -> int:
        """Return the number of live rows (neither deleted nor archived)."""
        return int(
            self.scalar(f"SELECT count(*) FROM {quoted(sobject.name)} t WHERE {live(sobject)}")
        )

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        return self._joined() or self.committed()

    def _joined(self) -> duckdb.DuckDBPyConnection | None:
        """Return the cursor of the transaction this thread is in, if it is in one."""
        cursor: duckdb.DuckDBPyConnection | None = getattr(self._threads, "transaction", None)
        return cursor


def live(sobject: SObject, alias: str = "t") -> str:
    """Return the SQL condition for rows that ``query`` shows and only ``queryAll`` goes beyond.

    Deleted rows, and archived tasks and events; products keep their archived rows in sight.
    """
    conditions = []
    if sobject.find("IsDeleted"):
        conditions.append(f"NOT {alias}.IsDeleted")
    if sobject.name in ("Task", "Event") and sobject.find("IsArchived"):
        conditions.append(f"NOT {alias}.IsArchived")
    return " AND ".join(conditions) or "true"
