"""A table of any size and known content: made by DuckDB, written as CSV, compared by DuckDB.

40 columns of every kind a CSV can carry: text with quotes, commas, line breaks, accents, emoji and
blanks at the ends, texts that look like nulls, numbers, dates, date-times, booleans, nulls.
"""

from pathlib import Path

import duckdb
from deltalake import DeltaTable

OBJECT = "Ledger__c"
_TEXT = """CASE i % 11
  WHEN 0 THEN NULL WHEN 1 THEN 'plain ' || i WHEN 2 THEN 'say "' || i || '"'
  WHEN 3 THEN 'a,b;c' || i WHEN 4 THEN 'line one' || chr(10) || 'line two ' || i
  WHEN 5 THEN 'Zoë Müller-Łuk ' || i WHEN 6 THEN '한국어 ' || i WHEN 7 THEN '🚀 ' || i
  WHEN 8 THEN '  blanks  ' || i || ' ' WHEN 9 THEN 'NULL' ELSE 'N/A' END"""
_COLUMNS = {
    "Id": ("VARCHAR", "'a00' || lpad(printf('%x', i), 12, '0') || 'AAA'"),
    "Name": ("VARCHAR", "'L-' || lpad(i::VARCHAR, 8, '0')"),
    "CreatedDate": ("TIMESTAMP", "TIMESTAMP '2020-01-01' + to_seconds(i)"),
    "LastModifiedDate": ("TIMESTAMP", "TIMESTAMP '2021-01-01' + to_seconds(i)"),
    "SystemModstamp": ("TIMESTAMP", "TIMESTAMP '2022-01-01' + to_seconds(i % 86400)"),
    "IsDeleted": ("BOOLEAN", "false"),
    **{f"Text{n}__c": ("VARCHAR", _TEXT.replace("i % 11", f"(i + {n}) % 11")) for n in range(12)},
    **{
        f"Amount{n}__c": ("DOUBLE", f"CASE WHEN i % 7 = {n} THEN NULL ELSE i * {n + 1} / 8.0 END")
        for n in range(6)
    },
    **{f"Flag{n}__c": ("BOOLEAN", f"(i + {n}) % 3 = 0") for n in range(4)},
    **{
        f"Day{n}__c": (
            "DATE",
            f"CASE WHEN i % 5 = {n} THEN NULL ELSE DATE '1999-12-31' + (i % 9999)::INT END",
        )
        for n in range(4)
    },
    **{
        f"At{n}__c": ("TIMESTAMP", f"TIMESTAMP '2010-06-01 12:00:00' + to_seconds(i * {n + 7})")
        for n in range(4)
    },
    "Mail__c": ("VARCHAR", "'user' || i || '@example.com'"),
    "Site__c": ("VARCHAR", "'https://example.com/' || i || '?q=a%20b&x=1'"),
    "Code__c": ("VARCHAR", "lpad((i * 7919 % 1000003)::VARCHAR, 10, '0')"),
    "Long__c": ("VARCHAR", "repeat('lorem ipsum ', (i % 9)::INT) || i"),
}
assert len(_COLUMNS) == 40


def write(path: Path, rows: int) -> None:
    """Write ``rows`` rows as CSV with every value quoted; null is an empty value."""
    stamp = "strftime({0}, '%Y-%m-%dT%H:%M:%S.000Z') AS {0}"
    shown = [
        stamp.format(name) if kind == "TIMESTAMP" else name for name, (kind, _) in _COLUMNS.items()
    ]
    made = ", ".join(f"{expression} AS {name}" for name, (_, expression) in _COLUMNS.items())
    with _quiet() as connection:
        connection.execute(
            f"COPY (SELECT {', '.join(shown)} FROM (SELECT {made} FROM range({rows}) t(i))) "
            f"TO '{path}' (HEADER, DELIMITER ',', FORCE_QUOTE *)"
        )


def checksum_of_csv(path: Path) -> tuple[int, int, int]:
    """Return (rows, distinct Ids, sum of row hashes) of the file that was loaded."""
    return _checksum(
        f"read_csv('{path}', all_varchar=true, header=true, nullstr='', quote='\"', escape='\"')"
    )


def checksum_of_dataset(folder: Path) -> tuple[int, int, int]:
    """Return the same of the files that the Delta library says are the table."""
    files = DeltaTable(str(folder)).file_uris()
    return _checksum(f"read_parquet({files!r}, union_by_name=true)")


def _quiet() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false; SET TimeZone = 'UTC'")
    return connection


def _checksum(source: str) -> tuple[int, int, int]:
    with _quiet() as connection:
        values = ", ".join(
            f"CAST(CAST({name} AS TIMESTAMPTZ) AS TIMESTAMP)"
            if kind == "TIMESTAMP"
            else f"CAST({name} AS {kind})"
            for name, (kind, _) in _COLUMNS.items()
        )
        row = connection.execute(
            f"SELECT count(*), count(DISTINCT Id), sum(hash({values})::HUGEINT) FROM {source}"
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1]), int(row[2] or 0)
