"""Read-only SQL over datasets, by DuckDB inside this process.

What belongs here: one statement, its tables as views, the guard rails. What does not: who may ask
(``api``, ``cli``), storing results.

A dataset that was appended to holds several generations of a row; its view shows each Id once: the
row with the newest ``SystemModstamp``, among equals the one committed last (formula fields change
without moving the stamp). A dataset with one generation is scanned as it is. The view first finds
the winners by Id alone, so wide rows are never sorted and the memory limit holds.

The statement can reach the datasets it was given and nothing else: no files, no network, no
extensions (they would be downloaded), no setting, no variable of this program.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from typing import cast

import duckdb
import pyarrow as pa

from sallyport.datasets.base import Lake
from sallyport.errors import InvalidRequest, NotFound

_BATCH_ROWS = 64 * 1024
_KEY = "Id"
_STAMP = "SystemModstamp"
_SQL_TYPES = {
    pa.string(): "VARCHAR",
    pa.bool_(): "BOOLEAN",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.date32(): "DATE",
    pa.timestamp("us", "UTC"): "TIMESTAMPTZ",
}


def query(
    lake: Lake,
    tables: Mapping[str, str],
    sql: str,
    *,
    memory_limit: str = "256MB",
    limit_rows: int | None = None,
) -> pa.Table:
    """Return the rows of one SELECT, WITH, DESCRIBE or SHOW statement, at most ``limit_rows``.

    ``tables`` maps the names the statement may use, in any letter case, to dataset ids; a dataset
    that nothing has landed in yet is no table.
    ``memory_limit`` is DuckDB's own (``256MB``), beyond which it spills to a temporary folder. The
    result itself is held in memory. Timestamps are in UTC.

    Raises NotFound for an unknown table, InvalidRequest for any other mistake, with DuckDB's words.
    """
    named = _by_lower_name(tables)
    datasets = {key: found for key, found in named.items() if lake.exists(found[1])}
    with tempfile.TemporaryDirectory(prefix="sallyport-sql-") as spill:
        try:
            used = _names_in(sql, datasets)
            with duckdb.connect(config=_config(memory_limit, spill)) as connection:
                _make_views(connection, lake, {name: datasets[name] for name in used})
                return _fetched(_bound(connection, sql), limit_rows)
        except duckdb.Error as error:
            raise _explained(error, sql, datasets, set(named) - set(datasets)) from error


def _by_lower_name(tables: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return lower-case name → (name, dataset id)."""
    datasets: dict[str, tuple[str, str]] = {}
    for name, dataset_id in tables.items():
        if name.lower() in datasets:
            raise InvalidRequest(
                f"Two tables are called {name}; SQL does not tell letter case apart.",
                field="tables",
                received=name,
                cure="Give one of them another name.",
            )
        datasets[name.lower()] = (name, dataset_id)
    return datasets


def _names_in(sql: str, datasets: Mapping[str, object]) -> list[str]:
    """Return which tables the statement uses (all, when it names none: SHOW TABLES).

    Raises InvalidRequest unless it is one statement that only reads.
    """
    with duckdb.connect(config=_config("64MB", "")) as parser:
        # Looking up names binds table functions, which would open their files.
        parser.execute("SET enable_external_access = false")
        statements = parser.extract_statements(sql)
        kinds = [statement.type.name for statement in statements]
        if kinds != ["SELECT"]:
            raise InvalidRequest(
                "Only one statement that reads is allowed: SELECT, WITH, DESCRIBE or SHOW.",
                field="sql",
                received=", ".join(kinds) or "no statement",
                cure="Datasets are changed by flows only.",
            )
        named = {name.strip('"').lower() for name in parser.get_table_names(sql)}
    return [name for name in datasets if name in named or not named]


def _config(memory_limit: str, spill: str) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "memory_limit": memory_limit,
        "temp_directory": spill,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }


def _make_views(
    connection: duckdb.DuckDBPyConnection, lake: Lake, tables: Mapping[str, tuple[str, str]]
) -> None:
    """Create one view a table, then close every way out of them, for good."""
    generations = {key: lake.generations(dataset_id) for key, (_, dataset_id) in tables.items()}
    allowed = [
        file for of_table in generations.values() for held in of_table for file in held.files
    ]
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET python_enable_replacements = false")
    connection.execute(f"SET allowed_paths = {_list(allowed)}")
    connection.execute("SET enable_external_access = false")
    for key, (name, dataset_id) in tables.items():
        files = [file for held in generations[key] for file in held.files]
        body = _rows_of(connection, lake.state(dataset_id).schema, files, len(generations[key]))
        connection.execute(f"CREATE VIEW {_name(name)} AS {body}")
    connection.execute("SET lock_configuration = true")


def _rows_of(
    connection: duckdb.DuckDBPyConnection, schema: pa.Schema, files: list[str], generations: int
) -> str:
    """Return the SELECT of a dataset's rows; ``files`` in the order of their generations."""
    if not files:
        nulls = ", ".join(f"NULL::{_SQL_TYPES[f.type]} AS {_name(f.name)}" for f in schema)
        return f"SELECT {nulls} WHERE false"
    # A lake below a folder like "env=prod" must not gain a column "env".
    options = "union_by_name = true, hive_partitioning = false"
    source = f"read_parquet({_list(files)}, {options})"
    present = {row[0] for row in connection.execute(f"DESCRIBE FROM {source}").fetchall()}
    # A column is in the schema and in no file when every row that had it was replaced.
    columns = ", ".join(
        _name(f.name) if f.name in present else f"NULL::{_SQL_TYPES[f.type]} AS {_name(f.name)}"
        for f in schema
    )
    body = f"SELECT {columns} FROM {source} AS stored"  # noqa: S608 - names and files are quoted
    if generations > 1 and _KEY in present:
        body += f" WHERE {_name(_KEY)} IS NULL OR {_PLACE} IN ({_winners(source, present)})"
    return body


# DuckDB numbers files in the order they are listed, and rows in their file's order.
_PLACE = "(file_index::BIGINT << 40) + file_row_number"


def _winners(source: str, present: set[str]) -> str:
    """Return the SELECT of the places where the newest row of each Id stands."""
    stamp = f"epoch_us({_name(_STAMP)})" if _STAMP in present else "0"
    rank = f"{{'stamp': coalesce({stamp}, -9223372036854775808), 'place': {_PLACE}}}"
    return (
        f"SELECT max({rank}).place FROM {source} "  # noqa: S608 - as above
        f"WHERE {_name(_KEY)} IS NOT NULL GROUP BY {_name(_KEY)}"
    )


def _bound(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.DuckDBPyRelation:
    """Return the statement ready to stream its rows."""
    try:
        return connection.sql(sql)
    except (duckdb.BinderException, duckdb.CatalogException):
        # Fails the same way, and this time DuckDB's text shows the line and place.
        connection.execute(sql)
        raise


def _fetched(result: duckdb.DuckDBPyRelation, limit_rows: int | None) -> pa.Table:
    """Read the result until its end or its limit, and no further."""
    reader = cast("pa.RecordBatchReader", result.to_arrow_reader(_BATCH_ROWS))
    batches: list[pa.RecordBatch] = []
    left = limit_rows
    for batch in reader:
        batches.append(batch if left is None else batch.slice(0, left))
        left = None if left is None else left - batches[-1].num_rows
        if left == 0:
            break
    return pa.Table.from_batches(batches, reader.schema)


def _explained(
    error: duckdb.Error, sql: str, datasets: Mapping[str, tuple[str, str]], empty: set[str]
) -> InvalidRequest:
    """Turn DuckDB's error into ours; its text shows the line and, with ``^``, the place."""
    text = str(error)
    names = ", ".join(sorted(name for name, _ in datasets.values())) or "none yet"
    if missing := re.search(r"Table with name (.+?) does not exist", text):
        nothing_yet = missing.group(1).lower() in empty
        return NotFound(
            f"Nothing has landed in {missing.group(1)} yet: no run of its flow has succeeded."
            if nothing_yet
            else f"There is no table {missing.group(1)}.",
            field="sql",
            received=missing.group(1),
            cure=f"Tables: {names}.",
        )
    near = re.search(r'syntax error at or near "(.+?)"', text)
    if near and near.group(1).lower() in datasets:
        cure = f'{near.group(1)} is a word of SQL: write "{near.group(1)}" in double quotes.'
    elif isinstance(error, duckdb.OutOfMemoryException):
        cure = "Select fewer columns or rows, or allow the query more memory."
    else:
        cure = f"Tables: {names}."
    return InvalidRequest(text, field="sql", received=sql[:500], cure=cure)


def _name(identifier: str) -> str:
    """Quote an identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def _list(texts: list[str]) -> str:
    """Write a list of text literals."""
    return "[" + ", ".join("'" + text.replace("'", "''") + "'" for text in texts) + "]"
