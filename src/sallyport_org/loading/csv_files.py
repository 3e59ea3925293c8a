"""Reading CSV files: the object is the file's name, fields are the header's names.

What belongs here: getting the file into a table, and saying where in the file something is. What
does not: types.
"""
# ruff: noqa: S608 - column names are made here, the path is a parameter

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path

import duckdb

from sallyport_org.loading.staging import LoadError, Staged
from sallyport_org.rows.engine import Engine

_RECORD = re.compile(r"CSV Error on Line: (\d+)")
_REASONS = (
    ("unterminated quote", "a quoted value is never closed"),
    ("not utf-8", "the text is not UTF-8; save the file as UTF-8"),
    ("Expected Number of Columns", "the number of values differs from the header's"),
)


def read_csv(engine: Engine, path: Path, table: str) -> Staged:
    """Read a file into a table of text columns; an empty value is null.

    Raises :class:`LoadError` naming the line of whatever cannot be read.
    """
    names = _header(path)
    columns = {name: f"c{number}" for number, name in enumerate(names)}
    types = ", ".join(f"'{column}': 'VARCHAR'" for column in columns.values())
    try:
        with engine.writing() as cursor:
            cursor.execute(
                f"CREATE TABLE {table} AS SELECT * FROM read_csv(?, header = true, "
                f"auto_detect = false, columns = {{{types}}}, delim = ',', quote = '\"', "
                "escape = '\"', nullstr = '', strict_mode = true)",
                [str(path)],
            )
    except duckdb.Error as broken:
        raise LoadError(path, _problem(path, str(broken))) from broken
    return Staged(path, path.stem, table, columns, lambda record: f"line {line_of(path, record)}")


def line_of(path: Path, record: int) -> int:
    """Return the line on which a record (numbered from 0, header not counted) begins."""
    usual = csv.field_size_limit(sys.maxsize)
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            reader = csv.reader(lines)
            for _ in range(record + 1):
                if next(reader, None) is None:
                    break
            return reader.line_num + 1
    finally:
        csv.field_size_limit(usual)


def _header(path: Path) -> list[str]:
    """Return the names of the first line; refuses empty, blank and repeated names."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            names = [name.strip() for name in next(csv.reader(lines), [])]
    except OSError as missing:
        raise LoadError(path, f"cannot be read: {missing.strerror}") from missing
    if not names:
        raise LoadError(path, "line 1: the file is empty; the first line must name the fields")
    seen: set[str] = set()
    for number, name in enumerate(names, 1):
        if not re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII):
            raise LoadError(
                path, f"line 1, column {number}: {name!r} is no field API name (letters, digits, _)"
            )
        if name.lower() in seen:
            raise LoadError(path, f"line 1, column {number}: {name} stands there twice")
        seen.add(name.lower())
    return names


def _problem(path: Path, message: str) -> str:
    """Return DuckDB's complaint in the words of this file: its line, not its record number."""
    reason = next((text for mark, text in _REASONS if mark in message), message.split("\n")[0])
    found = _RECORD.search(message)
    if found is None:
        return reason
    return f"line {line_of(path, int(found[1]) - 2)}: {reason}"
