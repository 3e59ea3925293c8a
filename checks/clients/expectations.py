"""What several clients must receive alike: describes, pages, relationships, refusals, counts.

What belongs here: judges made from the loaded tables. What does not: rows compared value by value
(``oracle``), one client's own answers (its part).
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from checks.clients.oracle import Judge, Table, same

PAGE_ROWS = 2_000
"""Rows on a page of a query, unless asked otherwise (documented)."""

WRONG_PASSWORD = "Invalid username, password, security token; or user locked out."
"""What a SOAP login is told (observed)."""

_TYPES = {
    "text": {
        *("id", "string", "picklist", "multipicklist", "textarea", "phone", "url", "reference"),
        "email",
    },
    "number": {"int", "double", "currency", "percent"},
    "boolean": {"boolean"},
    "date": {"date"},
    "datetime": {"datetime"},
}


def describes(table: Table) -> Judge:
    """Return the judge of a describe (field names to types) that must have the table's columns."""

    def judge(types: Any) -> str:
        for name, kind in table.kinds.items():
            if types.get(name) not in _TYPES[kind]:
                return f"{name} is of type {types.get(name)}, its values are of kind {kind}"
        return ""

    return judge


def names(*wanted: str) -> Judge:
    """Return the judge of a list of names that must hold these."""
    return lambda given: ", ".join(f"{one} is missing" for one in wanted if one not in given)


def paged(table: Table) -> Judge:
    """Return the judge of all rows of a table, read page by page."""

    def judge(value: Any) -> str:
        count = len(table.records)
        full, rest = divmod(count, PAGE_ROWS)
        sizes = [PAGE_ROWS] * full + [rest] * bool(rest)
        if (value["sizes"], value["total"]) != (sizes, count):
            return f"pages of {value['sizes']} rows of {value['total']}, not {sizes} of {count}"
        return table.difference(value["rows"], table.records)

    return judge


def parents(children: Table, fathers: Table) -> Judge:
    """Return the judge of rows with ``Id`` and ``Account.Name``."""
    called = {one["Id"]: one["Name"] for one in fathers.records}
    wanted = {one["Id"]: called[one["AccountId"]] for one in children.records}

    def judge(rows: Any) -> str:
        given = {row["Id"]: row["Account"]["Name"] for row in rows}
        wrong = [one for one in wanted if given.get(one) != wanted[one]]
        return f"{len(wrong)} of {len(wanted)} parents differ, e.g. of {wrong[0]}" if wrong else ""

    return judge


def child_ids(fathers: Table, children: Table, first: int) -> Judge:
    """Return the judge of the first accounts by id with the ids of their opportunities."""
    wanted: dict[str, list[str]] = defaultdict(list)
    for one in children.records:
        wanted[one["AccountId"]].append(one["Id"])
    expected = sorted(one["Id"] for one in fathers.records)[:first]

    def judge(rows: Any) -> str:
        if [row["Id"] for row in rows] != expected:
            return f"{len(rows)} accounts, not the first {first} by id"
        for row in rows:
            below = (row["Opportunities"] or {"records": []})["records"]
            if sorted(one["Id"] for one in below) != sorted(wanted[row["Id"]]):
                return f"{row['Id']} has {len(below)} opportunities, not {len(wanted[row['Id']])}"
        return ""

    return judge


def stages(table: Table) -> Judge:
    """Return the judge of opportunities counted (``n``) and summed up (``a``) by stage (``s``)."""
    counts = Counter(one["StageName"] for one in table.records)
    sums: Counter[str] = Counter()
    for one in table.records:
        sums[one["StageName"]] += round(float(one["Amount"] or 0) * 100)

    def judge(rows: Any) -> str:
        given = {row["s"]: (row["n"], round(row["a"] * 100)) for row in rows}
        wanted = {stage: (counts[stage], sums[stage]) for stage in counts}
        return "" if given == wanted else f"{given} is not {wanted}"

    return judge


def refused(code: str, **more: Any) -> Judge:
    """Return the judge of a refusal with this code."""

    def judge(value: Any) -> str:
        if not isinstance(value, dict):
            return f"was not refused but {value!r:.200}"
        wanted = {"code": code, **more}
        given = {name: value.get(name) for name in wanted}
        return "" if given == wanted else f"{value!r:.300} is not {wanted}"

    return judge


def record(kinds: dict[str, str], **wanted: str) -> Judge:
    """Return the judge of one record's values; kinds that are not named are text."""

    def judge(value: Any) -> str:
        for name, text in wanted.items():
            if not same(kinds.get(name, "text"), value[name], text):
                return f"{name} is {value[name]!r}, not {text!r}"
        return ""

    return judge


def written(*success: bool) -> Judge:
    """Return the judge of results with ``success`` and ``id``, in the order of what was sent."""

    def judge(results: Any) -> str:
        given = [one["success"] for one in results]
        if given != list(success):
            return f"{given} is not {list(success)}: {results!r:.300}"
        lost = [one for one in results if one["success"] and len(one["id"]) != 18]
        return f"{lost[0]} has no id" if lost else ""

    return judge


def all_created(count: int, created: Sequence[bool]) -> Judge:
    """Return the judge of ``count`` results that all worked; ``created`` tells which were new."""

    def judge(results: Any) -> str:
        failed = [one for one in results if not one["success"]]
        if failed or len(results) != count:
            return f"{len(failed)} of {len(results)} failed, {count} were sent: {failed[:1]}"
        wrong = [i for i, one in enumerate(results) if one["created"] != created[i]]
        return f"result {wrong[0]}: created is {not created[wrong[0]]}" if wrong else ""

    return judge


def usage(value: Any) -> str:
    """Judge ``{used, total}`` of an API usage: used counts up, within what is allowed."""
    return "" if 0 < value["used"] <= value["total"] else f"{value} cannot be"


def within(value: Any) -> str:
    """Judge a limit of ``limits``: something is used, something remains."""
    return "" if 0 < value["Remaining"] < value["Max"] else f"{value} cannot be"


def accounts_found(accounts: Table, beginning: str) -> Judge:
    """Return the judge of a search that must find the accounts whose name begins so."""
    wanted = {one["Id"] for one in accounts.records if one["Name"].startswith(beginning)}

    def judge(found: Any) -> str:
        given = {one["Id"] for one in found["searchRecords"]}
        return "" if given == wanted else f"{given} is not {wanted}"

    return judge


def child_of(name: str) -> Judge:
    """Return the judge of a composite whose three parts made a parent, a child, and read both."""

    def judge(value: Any) -> str:
        parts = value["compositeResponse"]
        if [one["httpStatusCode"] for one in parts] != [201, 201, 200]:
            return f"{parts!r:.500}"
        rows = parts[2]["body"]["records"]
        return "" if [row["Account"]["Name"] for row in rows] == [name] else f"{rows!r:.300}"

    return judge
