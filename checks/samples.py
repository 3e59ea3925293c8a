"""``make samples``: public sample records, loaded into the org, landed by `sync`, compared.

    python -m checks.samples ../shared

Every record of the `sf data import tree` files of three sample applications (e-bikes, easy spaces,
dreamhouse) is looked for among the landed rows, value by value, read with the Delta library. A
reference (`@Ref`) is right when it points at the landed row of the record it names.
"""

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from deltalake import DeltaTable

from checks.processes import connect, environment, org, sallyport
from checks.tally import Tally, shared

APPLICATIONS = ("ebikes", "easy-spaces", "dreamhouse")
JOIN = (
    'SELECT p.Name AS product, f.Name AS family FROM "Product__c" p '
    'JOIN "Product_Family__c" f ON p.Product_Family__c = f.Id ORDER BY product'
)
Key = tuple[str, str]
"""An application and a referenceId: references are resolved within their own folder."""


def main() -> int:
    """Run the target."""
    records = Path(shared(sys.argv[1], "samples")) / "data" / "records"
    files = [
        file
        for application in APPLICATIONS
        for file in sorted((records / application).glob("*.json"))
        if "plan" not in file.name.lower()
    ]
    loaded = {key: record for file in files for key, record in _records(file)}
    objects = sorted({record["attributes"]["type"] for record in loaded.values()})
    tally = Tally("samples", len(loaded) + len(objects) + 2, "records, objects and queries")
    with tempfile.TemporaryDirectory(prefix="sallyport-samples-") as folder:
        home = Path(folder) / "home"
        with org("--load", *map(str, files)) as credentials:
            env = environment(home, credentials["url"], SALLYPORT_LOG_LEVEL="warning")
            connect(env, credentials)
            done = sallyport(env, "sync", "acme", *objects, "--json")
        report = json.loads(done.stdout)
        proven = done.returncode == 0 and all(entry["proven"] for entry in report["objects"])
        tally.check("sync", proven, f"{report['state']}, {len(objects)} objects")
        landed = {name: _landed(home, env, name) for name in objects}
        for name in objects:
            count = sum(record["attributes"]["type"] == name for record in loaded.values())
            rows = len(landed[name])
            tally.check(f"{name}: row count", rows == count, f"{rows} of {count}")
        found = _match(loaded, landed)
        for key, record in loaded.items():
            what = f"{key[0]} {record['attributes']['type']} {key[1]}"
            tally.check(what, _same(record, key, found, loaded), _difference(record, key, found))
        asked = sallyport(env, "query", JOIN, "--json")
        tally.check("query joins two objects", json.loads(asked.stdout) == _joined(loaded), JOIN)
    return tally.end()


def _records(file: Path) -> list[tuple[Key, dict[str, Any]]]:
    return [
        ((file.parent.name, record["attributes"]["referenceId"]), record)
        for record in json.loads(file.read_text())["records"]
    ]


def _landed(home: Path, env: dict[str, str], name: str) -> list[dict[str, Any]]:
    """Return an object's rows from the files that the Delta library names."""
    for folder in sorted((home / "lake").glob("[0-9a-f]*")):
        table = DeltaTable(str(folder))
        if table.metadata().name == name:
            rows: list[dict[str, Any]] = table.to_pyarrow_table().to_pylist()
            return rows
    return []


def _values(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record's own values: everything but attributes and references."""
    return {
        field: value
        for field, value in record.items()
        if field != "attributes" and not str(value).startswith("@")
    }


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return repr(float(value)) if isinstance(value, int | float) else str(value)


def _match(
    loaded: dict[Key, dict[str, Any]], landed: dict[str, list[dict[str, Any]]]
) -> dict[Key, dict[str, Any]]:
    """Find the landed row of each record by its own values; no row serves two records."""
    free = {name: list(rows) for name, rows in landed.items()}
    found: dict[Key, dict[str, Any]] = {}
    for key, record in loaded.items():
        wanted = {field: _text(value) for field, value in _values(record).items()}
        for row in free[record["attributes"]["type"]]:
            if all(_text(row.get(field)) == value for field, value in wanted.items()):
                found[key] = row
                free[record["attributes"]["type"]].remove(row)
                break
    return found


def _same(
    record: dict[str, Any],
    key: Key,
    found: dict[Key, dict[str, Any]],
    loaded: dict[Key, dict[str, Any]],
) -> bool:
    """Tell whether the record's row was found and its references point at the right rows."""
    if key not in found:
        return False
    for field, value in record.items():
        if field != "attributes" and str(value).startswith("@"):
            there = found.get((key[0], str(value)[1:]))
            if there is None or found[key].get(field) != there["Id"]:
                return False
    return len(found[key]["Id"]) == 18


def _difference(record: dict[str, Any], key: Key, found: dict[Key, dict[str, Any]]) -> str:
    return f"{len(record) - 1} values" if key in found else f"no such row: {_values(record)}"


def _joined(loaded: dict[Key, dict[str, Any]]) -> list[dict[str, str]]:
    rows = [
        {
            "product": record["Name"],
            "family": loaded[(key[0], record["Product_Family__c"][1:])]["Name"],
        }
        for key, record in loaded.items()
        if record["attributes"]["type"] == "Product__c"
    ]
    assert max(Counter(row["product"] for row in rows).values()) == 1
    return sorted(rows, key=lambda row: row["product"])


if __name__ == "__main__":
    sys.exit(main())
