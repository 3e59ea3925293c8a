"""Four tables of made-up rows: as CSV files for the org, and in SQLite for the oracle."""

import csv
import random
import sqlite3
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

Cell = str | int | float | bool | date | datetime | time | None
Row = dict[str, Cell]

NOW = datetime(2026, 5, 20, 15, 30)
"""What the org's clock says: a Wednesday; every row is older."""


@dataclass(frozen=True)
class Column:
    """A field: ``target`` and ``relationship`` for references, ``listed`` for picklists."""

    name: str
    kind: str
    target: str = ""
    relationship: str = ""
    listed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """An object: ``children`` names its child relationships, with table and field of each."""

    name: str
    prefix: str
    count: int
    columns: tuple[Column, ...]
    children: tuple[tuple[str, str, str], ...] = ()

    def column(self, name: str) -> Column:
        return next(one for one in self.columns if one.name == name)


def _system() -> tuple[Column, ...]:
    stamps = (Column("CreatedDate", "datetime"), Column("SystemModstamp", "datetime"))
    return Column("Id", "id"), Column("IsDeleted", "boolean"), *stamps


ACCOUNT = Table(
    "Account",
    "001",
    60,
    (
        *_system(),
        Column("Name", "text"),
        Column("Site", "text"),
        Column("Phone", "text"),
        Column("Rating", "picklist", listed=("Hot", "Warm", "Cold")),
        Column("Ownership", "picklist", listed=("Public", "Private", "Subsidiary", "Other")),
        Column("AnnualRevenue", "number"),
        Column("NumberOfEmployees", "integer"),
        Column("ParentId", "reference", "Account", "Parent"),
        Column("Description", "long"),
    ),
    (
        ("Contacts", "Contact", "AccountId"),
        ("Opportunities", "Opportunity", "AccountId"),
        ("ChildAccounts", "Account", "ParentId"),
        ("Showcases__r", "Showcase__c", "Account__c"),
    ),
)
CONTACT = Table(
    "Contact",
    "003",
    420,
    (
        *_system(),
        Column("LastName", "text"),
        Column("FirstName", "text"),
        Column("Department", "text"),
        Column("LeadSource", "picklist", listed=("Web", "Phone Inquiry", "Partner Referral")),
        Column("Birthdate", "date"),
        Column("AccountId", "reference", "Account", "Account"),
        Column("ReportsToId", "reference", "Contact", "ReportsTo"),
    ),
)
OPPORTUNITY = Table(
    "Opportunity",
    "006",
    150,
    (
        *_system(),
        Column("Name", "text"),
        Column("NextStep", "text"),
        Column("StageName", "picklist", listed=("Prospecting", "Qualification", "Closed Won")),
        Column("Amount", "number"),
        Column("TotalOpportunityQuantity", "number"),
        Column("CloseDate", "date"),
        Column("IsPrivate", "boolean"),
        Column("AccountId", "reference", "Account", "Account"),
    ),
)
SHOWCASE = Table(
    "Showcase__c",
    "a00",
    90,
    (
        *_system(),
        Column("Name", "text"),
        Column("Remark__c", "text"),
        Column("Site__c", "text"),
        Column("Colours__c", "multipicklist", listed=("Red", "Green", "Blue", "Écru", "남색")),
        Column("Opens__c", "time"),
        Column("Held_On__c", "date"),
        Column("Starts__c", "datetime"),
        Column("Share__c", "number"),
        Column("Weight__c", "number"),
        Column("Public__c", "boolean"),
        Column("Account__c", "reference", "Account", "Account__r"),
        Column("Notes__c", "long"),
    ),
)
TABLES = {one.name: one for one in (ACCOUNT, CONTACT, OPPORTUNITY, SHOWCASE)}

_WORDS = (
    *("Acme", "ACME", "acme west", "Ärger GmbH", "ÄRGER gmbh", "ÉCLAIR", "éclair & Sons", "Ωmega"),
    *(
        "naïve café",
        "O'Neil_Corp",
        "100% Wool",
        'say "hi"',
        "back\\slash",
        "日本 Ltd",
        "Жук",
        "жук",
    ),
    *("comma, inc", "two\nlines", "a_b", "axb", "Zulu", "zulu", "ñandú", "ÑANDÚ", "😀 Co", "x"),
)
_CHECK_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


class World:
    """The rows by table, and the SQLite database that holds them."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        self.rows: dict[str, list[Row]] = {}
        ids = {name: self._ids(table) for name, table in TABLES.items()}
        for name, table in TABLES.items():
            self.rows[name] = [self._row(table, key, at, ids) for at, key in enumerate(ids[name])]
        self.database = _database(self.rows)

    def values(self, table: str, column: str) -> list[Cell]:
        """Return the values of a column that are there, in row order."""
        return [row[column] for row in self.rows[table] if row[column] is not None]

    def write_csv(self, folder: Path) -> list[Path]:
        """Write one file per table and return them."""
        written = []
        for name, rows in self.rows.items():
            path = folder / f"{name}.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(rows[0])
                writer.writerows([_text(cell) for cell in row.values()] for row in rows)
            written.append(path)
        return written

    def _ids(self, table: Table) -> list[str]:
        return [_id(f"{table.prefix}gL{number:010d}") for number in range(1, table.count + 1)]

    def _row(self, table: Table, key: str, at: int, ids: dict[str, list[str]]) -> Row:
        row: Row = {}
        for column in table.columns:
            if column.name == "Id":
                row["Id"] = key
            elif column.name == "IsDeleted":
                row["IsDeleted"] = at % 11 == 10
            elif column.kind == "reference":
                live = [one for n, one in enumerate(ids[column.target]) if n % 11 != 10]
                below = live[: max(1, at // 3)] if column.target == table.name else live[:25]
                row[column.name] = None if self._draw.random() < 0.3 else self._draw.choice(below)
            else:
                required = column.name in ("Name", "LastName", "StageName", "CloseDate")
                row[column.name] = self._cell(column, required or column.kind == "boolean")
        row["CreatedDate"] = min(row["CreatedDate"], row["SystemModstamp"])  # type: ignore[type-var]  # both are datetimes
        return row

    def _cell(self, column: Column, required: bool) -> Cell:
        draw = self._draw
        system = column.name in ("CreatedDate", "SystemModstamp")
        if not (required or system) and draw.random() < 0.25:
            return None
        days = timedelta(days=draw.randrange(0, 900) if draw.random() < 0.5 else draw.randrange(20))
        match column.kind:
            case "text" | "long":
                return draw.choice(_WORDS) + (
                    f" {draw.randrange(9)}" if draw.random() < 0.4 else ""
                )
            case "picklist":
                return draw.choice(column.listed)
            case "multipicklist":
                kept = draw.sample(range(len(column.listed)), draw.randrange(1, 4))
                return ";".join(column.listed[at] for at in sorted(kept))
            case "number":
                return float(draw.choice((0, 1, 2.5, 10, 99.25, -3, 1000, 12345, 50, 75.5)))
            case "integer":
                return draw.choice((0, 1, 2, 10, 250, 1000, 999999))
            case "boolean":
                return draw.random() < 0.5
            case "date":
                return (NOW - days).date()
            case "time":
                return time(draw.randrange(24), draw.choice((0, 15, 30)))
        moment = NOW - days - timedelta(seconds=draw.randrange(1, 86_400))
        return moment.replace(microsecond=0)


def _id(short: str) -> str:
    """Return the 18-character form of an id: one check character for each five characters."""
    sums = (
        sum(1 << bit for bit, letter in enumerate(short[at : at + 5]) if letter.isupper())
        for at in (0, 5, 10)
    )
    return short + "".join(_CHECK_DIGITS[one] for one in sums)


def _text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case datetime():
            return cell.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        case time():
            return cell.strftime("%H:%M:%S.000Z")
    return str(cell)


def stored(cell: Cell) -> str | int | float | None:
    """Return a value as SQLite holds it: moments as ISO text, booleans as 0 and 1."""
    match cell:
        case bool():
            return int(cell)
        case datetime():
            return cell.isoformat(sep=" ")
        case date() | time():
            return cell.isoformat()
    return cell


def _database(rows: dict[str, list[Row]]) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.create_function("folded", 1, lambda text: text and text.lower(), deterministic=True)
    for name, made in rows.items():
        columns = list(made[0])
        database.execute(f'CREATE TABLE "{name}" ({", ".join(columns)})')
        marks = ", ".join("?" for _ in columns)
        values = [[stored(cell) for cell in row.values()] for row in made]
        database.executemany(f'INSERT INTO "{name}" VALUES ({marks})', values)
    return database
