"""The records the clients must receive: written as CSV before any org is started, compared after.

What belongs here: the tables, their files, and comparing a client's rows with them value by value.
What does not: clients. Values hold what breaks readers: quotes, commas, line breaks, accents,
Korean, emoji, blanks at the ends, words that look like null, numbers with leading zeros, nulls.
"""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Judge = Callable[[Any], str]
"""Takes what a client received; returns what is wrong with it, nothing when it is right."""

Record = dict[str, str]
"""Field names to texts as they stand in the CSV; an empty text is null."""

_CHECKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_TEXTS = (
    "",
    "plain {}",
    'say "{}"',
    "a,b;c {}",
    "line one\nline two {}",
    "Zoë Müller-Łuk {}",
    "한국어 {}",
    "🚀 {}",
    "NULL",
    "N/A",
    "0012",
)
_STAGES = ("Prospecting", "Id. Decision Makers", "Proposal/Price Quote", "Closed Won")
_INDUSTRIES = ("", "Banking", "Food & Beverage", "Not For Profit")
_COLOURS = ("Red", "Red;Blue", "Green;Écru;남색")
_STAMPS = dict.fromkeys(("CreatedDate", "LastModifiedDate", "SystemModstamp"), "datetime")
_DAYS_BACK = 41
"""How far back stamps reach: past one window of the clients that read in windows of 30 days."""


@dataclass(frozen=True)
class Table:
    """An object's records; ``kinds`` are its columns' kinds, ``key`` the column that tells rows
    apart."""

    name: str
    key: str
    kinds: Mapping[str, str]
    records: Sequence[Record]

    def write(self, path: Path, null: str = "") -> Path:
        """Write the records as CSV, with ``null`` for what has no value; returns the path."""
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(self.kinds)
            writer.writerows([one[name] or null for name in self.kinds] for one in self.records)
        return path

    def typed(self) -> list[dict[str, Any]]:
        """Return the records as JSON values."""
        return [
            {name: typed(kind, one[name]) for name, kind in self.kinds.items()}
            for one in self.records
        ]

    def soql(self, rest: str = "") -> str:
        """Return the query for every column."""
        return f"SELECT {', '.join(self.kinds)} FROM {self.name} {rest}".strip()

    def judge(self, wanted: Iterable[Record] | None = None) -> Judge:
        """Return the judge of rows that must be exactly these records, each once."""
        expected = list(self.records if wanted is None else wanted)
        return lambda rows: self.difference(rows, expected)

    def difference(self, rows: Any, wanted: Sequence[Record]) -> str:
        """Return the first difference between a client's rows and the wanted records, if any."""
        if not isinstance(rows, list):
            return f"a list of rows was expected, received {rows!r:.200}"
        if len(rows) != len(wanted):
            return f"{len(rows)} rows, not {len(wanted)}"
        left = {record[self.key]: record for record in wanted}
        for row in rows:
            record = left.pop(str(row.get(self.key)), None)
            if record is None:
                return f"{self.key} {row.get(self.key)!r} is unknown or there twice"
            for name, kind in self.kinds.items():
                if name not in row:
                    return f"{record[self.key]}: {name} is missing"
                if not same(kind, row[name], record[name]):
                    return f"{record[self.key]}: {name} is {row[name]!r}, not {record[name]!r}"
        return ""


def same(kind: str, received: Any, text: str) -> bool:
    """Tell whether a received value, typed or text, is the one the CSV holds."""
    if received is None or received == "":
        return text == ""
    if text == "":
        return False
    match kind:
        case "number":
            return not isinstance(received, bool) and float(received) == float(text)
        case "boolean":
            return str(received).lower() == text
        case "datetime":
            return _moment(received) == _moment(text)
        case "time":
            return str(received).rstrip("Z")[:8] == text.rstrip("Z")[:8]
    return bool(received == text)


def typed(kind: str, text: str) -> Any:
    """Return a text of the CSV as JSON has it."""
    if text == "":
        return None
    if kind == "boolean":
        return text == "true"
    return float(text) if kind == "number" else text


def _moment(value: Any) -> datetime:
    """Return a stamp; numbers are milliseconds since 1970, as in JSON of the first bulk API."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value / 1000, UTC)
    return datetime.fromisoformat(str(value))


def identifier(prefix: str, number: int) -> str:
    """Return the 18-character id of a record: 15 characters and three that tell their case."""
    short = f"{prefix}5g{number:010d}"
    checks = ""
    for start in (0, 5, 10):
        bits = (1 << bit for bit, one in enumerate(short[start : start + 5]) if one.isupper())
        checks += _CHECKS[sum(bits)]
    return short + checks


def accounts(count: int, today: datetime) -> Table:
    """Return accounts: a standard object with an address, for which clients use the REST API."""
    kinds = {
        **dict.fromkeys(("Id", "Name", "Industry", "Description", "Phone", "Website"), "text"),
        **dict.fromkeys(("BillingStreet", "BillingCity", "BillingCountry"), "text"),
        **dict.fromkeys(("NumberOfEmployees", "AnnualRevenue"), "number"),
        **_STAMPS,
    }
    records = [
        {
            "Id": identifier("001", n),
            "Name": f"Account {n:05d} {_text(n + 1)}".strip().replace("\n", " "),
            "Industry": _INDUSTRIES[n % 4],
            "Description": _text(n),
            "Phone": "" if n % 5 == 0 else f"+49 30 {n:07d}",
            "Website": "" if n % 6 == 0 else f"https://example.com/{n}?q=a%20b&x=1",
            "BillingStreet": "" if n % 3 == 0 else f"{n} Harbour Road\nQuay 2",
            "BillingCity": "" if n % 3 == 0 else "Łódź",
            "BillingCountry": "" if n % 3 == 0 else "Poland",
            "NumberOfEmployees": "" if n % 7 == 0 else str(n * 3),
            "AnnualRevenue": "" if n % 4 == 0 else str(n * 1000),
            **_stamps(n, count, today),
        }
        for n in range(count)
    ]
    return Table("Account", "Id", kinds, records)


def opportunities(count: int, parents: Table, today: datetime) -> Table:
    """Return opportunities of the accounts: no address, so clients use the bulk API."""
    kinds = {
        **dict.fromkeys(("Id", "Name", "AccountId", "StageName", "NextStep", "Type"), "text"),
        **dict.fromkeys(("Amount", "Probability"), "number"),
        "CloseDate": "date",
        "Description": "text",
        **_STAMPS,
    }
    records = [
        {
            "Id": identifier("006", n),
            "Name": f"Opportunity {n:05d}",
            "AccountId": parents.records[n * 7 % len(parents.records)]["Id"],
            "StageName": _STAGES[n % 4],
            "NextStep": _text(n + 2).replace("\n", " "),
            "Type": "" if n % 2 else "New Customer",
            "Amount": "" if n % 5 == 0 else f"{n * 12.25:.2f}",
            "Probability": str(n % 101),
            "CloseDate": str((today - timedelta(days=n % 900)).date()),
            "Description": _text(n + 3),
            **_stamps(n, count, today),
        }
        for n in range(count)
    ]
    return Table("Opportunity", "Id", kinds, records)


def ledgers(count: int, today: datetime) -> Table:
    """Return records of a custom object that only its CSV file defines."""
    kinds = {
        **dict.fromkeys(("Name", "Text__c", "Code__c"), "text"),
        **dict.fromkeys(("Amount__c", "Share__c"), "number"),
        "Flag__c": "boolean",
        "Day__c": "date",
        "At__c": "datetime",
        **_STAMPS,
    }
    records = [
        {
            "Name": f"L-{n:06d}",
            "Text__c": f"  blanks {n} " if n % 13 == 0 else _text(n),
            "Code__c": f"{n * 7919 % 1_000_003:010d}",
            "Amount__c": "" if n % 9 == 0 else str(n * 3 / 8),
            "Share__c": str(-n / 4),
            "Flag__c": str(n % 3 == 0).lower(),
            "Day__c": "" if n % 5 == 0 else str((today - timedelta(days=n)).date()),
            "At__c": "" if n % 8 == 0 else _stamp(today - timedelta(minutes=n * 7)),
            **_stamps(n, count, today),
        }
        for n in range(count)
    ]
    return Table("Ledger__c", "Name", kinds, records)


def showcases(owner: str, numbers: range, revision: int = 0) -> Table:
    """Return records for clients to write; ``Key__c`` is an external id, ``owner`` its beginning.

    Another ``revision`` has the same keys and other values, one of them null.
    """
    kinds = {
        **dict.fromkeys(("Key__c", "Name", "Colours__c", "Site__c", "Contact_Email__c"), "text"),
        **dict.fromkeys(("Hotline__c", "Notes__c", "Remark__c"), "text"),
        **dict.fromkeys(("Share__c", "Weight__c", "Seats__c", "Fee__c"), "number"),
        "Public__c": "boolean",
        "Held_On__c": "date",
        "Starts__c": "datetime",
        "Opens__c": "time",
    }
    records = [
        {
            "Key__c": f"{owner}-{n:05d}",
            "Name": f"Showcase {owner} {n} rev {revision}",
            "Colours__c": _COLOURS[(n + revision) % 3],
            "Remark__c": "" if revision else _TEXTS[1 + n % 10].format(n).replace("\n", " "),
            "Site__c": f"https://example.com/{owner}/{n}?a=1&b=%20",
            "Contact_Email__c": f"{owner}.{n}@example.com",
            "Hotline__c": f"+1 555 {n:07d}",
            "Notes__c": _TEXTS[1 + (n + revision) % 10].format(n),
            "Share__c": f"{n % 100}.25",
            "Weight__c": f"{n * 3}.0625",
            "Seats__c": str(n + revision),
            "Fee__c": f"{n * 2}.5",
            "Public__c": str((n + revision) % 2 == 0).lower(),
            "Held_On__c": f"20{n % 90 + 10}-02-28",
            "Starts__c": f"2024-05-{n % 28 + 1:02d}T09:15:30.000Z",
            "Opens__c": f"{n % 24:02d}:30:00.000Z",
        }
        for n in numbers
    ]
    return Table("Showcase__c", "Key__c", kinds, records)


def _text(number: int) -> str:
    return _TEXTS[number % len(_TEXTS)].format(number)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _stamps(number: int, count: int, today: datetime) -> Record:
    """Return a record's stamps: spread over the days before, several records to a second."""
    first = today - timedelta(days=_DAYS_BACK)
    changed = first + timedelta(seconds=(number // 3) * (_DAYS_BACK - 1) * 86_400 * 3 // count)
    made = changed - timedelta(days=number % 30)
    values = (made, changed, changed + timedelta(seconds=number % 2))
    return dict(zip(_STAMPS, map(_stamp, values), strict=True))
