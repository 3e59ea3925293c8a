"""simple-salesforce: what it is told, and what each step must have received.

The steps themselves are ``scripts/with_simple_salesforce.py``.
"""

from datetime import timedelta
from typing import Any

from checks.clients.environments import python_environment
from checks.clients.expectations import (
    WRONG_PASSWORD,
    accounts_found,
    all_created,
    child_ids,
    describes,
    names,
    paged,
    parents,
    record,
    refused,
    stages,
    usage,
    within,
    written,
)
from checks.clients.oracle import Judge, Record, showcases
from checks.clients.stage import SCRIPTS, Stage
from checks.clients.transcript import Report, equals, holds, run

STEPS = 53
ROWS = 900
"""Records written with each bulk API; the second revision has as many, half of them new."""

_NEW, _CHANGED = range(ROWS), range(ROWS // 2, ROWS + ROWS // 2)
_KEPT = range(ROWS // 2)


def perform(report: Report, stage: Stage) -> None:
    """Run the client against the stage's org and judge what it printed."""
    python = python_environment("simple-salesforce") / "bin" / "python"
    settings = stage.settings(_told(stage))
    command = [str(python), str(SCRIPTS / "with_simple_salesforce.py"), str(settings)]
    lines = run(command, stage.folder, stage.environment, stage.folder / "client.log")
    judges = {**_reading(stage), **_writing(), **_bulk2(), **_bulk1()}
    report.judge("simple-salesforce", lines, judges)


def _told(stage: Stage) -> dict[str, Any]:
    """Return what the script is told beside its login."""
    files = {
        "new": showcases("ss2", _NEW).write(stage.folder / "new.csv", null="#N/A"),
        "changed": showcases("ss2", _CHANGED, 1).write(stage.folder / "changed.csv", null="#N/A"),
    }
    kind = {"attributes": {"type": "Showcase__c"}}
    return {
        "domain": stage.host.removesuffix(".salesforce.com"),
        "jwt": stage.credentials["jwt"],
        "soql": {**stage.soql(), "Showcase__c": showcases("ss2", range(0)).soql()},
        "files": {name: str(path) for name, path in files.items()},
        "records": {
            "new": showcases("ss1", _NEW).typed(),
            "changed": showcases("ss1", _CHANGED, 1).typed(),
        },
        "collection": [{**kind, "Name": "a"}, {**kind, "Name": "x" * 81}, {**kind, "Name": "c"}],
        "window": [
            (stage.started - timedelta(hours=1)).isoformat(),
            (stage.started + timedelta(hours=1)).isoformat(),
        ],
    }


def _reading(stage: Stage) -> dict[str, Judge]:
    accounts, opportunities = stage.table("Account"), stage.table("Opportunity")
    ledgers = stage.table("Ledger__c")
    basic = stage.credentials["basic"]
    return {
        "wrong password is refused": refused("INVALID_LOGIN", message=WRONG_PASSWORD),
        "SOAP login through the proxy": equals({"instance": stage.host, "session": True}),
        "client credentials": equals({"instance": stage.host, "session": True}),
        "JWT bearer": equals({"instance": stage.host, "session": True}),
        "global describe": names("Account", "Opportunity", "Ledger__c", "Showcase__c"),
        "describe Account": describes(accounts),
        "describe Ledger__c": describes(ledgers),
        "query: one page": accounts.judge(sorted(accounts.records, key=lambda a: a["Id"])[:200]),
        "query, query_more": paged(accounts),
        "query_all Opportunity": opportunities.judge(),
        "query_all_iter Ledger__c": ledgers.judge(),
        "parent fields": parents(opportunities, accounts),
        "child query": child_ids(accounts, opportunities, 50),
        "aggregate": stages(opportunities),
        "COUNT()": equals(len(ledgers.records)),
        "malformed query is refused": refused("INVALID_FIELD", status=400),
        "search": accounts_found(accounts, "Account 00042"),
        "limits": within,
        "API usage": usage,
        "identity": holds(
            preferred_username=basic["username"], organization_id=stage.credentials["org_id"]
        ),
        "bulk2 query": ledgers.judge(),
        "bulk2 query, pages": accounts.judge(),
        "bulk2 query_all": opportunities.judge(),
        "bulk1 query": opportunities.judge(),
        "bulk1 query, custom object": ledgers.judge(),
    }


def _writing() -> dict[str, Judge]:
    number = {"NumberOfEmployees": "number", "Seats__c": "number"}
    return {
        "create": lambda made: written(True)([made]),
        "get": record(number, Name="Zoë & Sons", NumberOfEmployees="12", Industry="Banking"),
        "update": equals(204),
        "get after update": record(
            number, Name="Zoë & Sons", NumberOfEmployees="12", Industry="", Website="https://a.b"
        ),
        "upsert creates": equals(201),
        "upsert updates": equals(200),
        "get_by_custom_id": record(number, Name="two", Seats__c="3", Key__c="single-1"),
        "duplicate external id is refused": refused("DUPLICATE_VALUE", status=400),
        "collection": written(True, False, True),
        "delete": equals(204),
        "get after delete": refused("ENTITY_IS_DELETED", status=404),
        "deleted()": lambda answer: (
            "" if len(answer["deletedRecords"]) == 1 else f"{answer!r:.300}"
        ),
        "updated()": holds(ids=3),
    }


def _bulk2() -> dict[str, Judge]:
    """Return the judges of what was written with the bulk API 2.0 and read back."""
    new, both = showcases("ss2", _NEW), _both("ss2")
    return {
        "bulk2 upsert": lambda jobs: _job(jobs, ROWS),
        "read back": new.judge(),
        "bulk2 upsert again": lambda jobs: _job(jobs, ROWS),
        "read back again": new.judge(both),
        "bulk2 insert, one bad row": _partial,
        "ids to delete": equals(len(both)),
        "bulk2 delete": lambda jobs: _job(jobs, len(both)),
        "nothing left": equals(0),
    }


def _bulk1() -> dict[str, Judge]:
    """Return the judges of what was written with the first bulk API and read back."""
    new, both = showcases("ss1", _NEW), _both("ss1")
    return {
        "bulk1 insert": all_created(ROWS, [True] * ROWS),
        "bulk1 read back": new.judge(),
        "bulk1 upsert": all_created(ROWS, [n >= ROWS for n in _CHANGED]),
        "bulk1 read back again": new.judge(both),
        "bulk1 ids": equals(len(both)),
        "bulk1 delete": all_created(len(both), [False] * len(both)),
        "bulk1 query_all shows deleted": new.judge(both),
    }


def _both(owner: str) -> list[Record]:
    """Return what is there after both revisions were written."""
    return [*showcases(owner, _KEPT).records, *showcases(owner, _CHANGED, 1).records]


def _job(jobs: Any, rows: int) -> str:
    """Judge the one job of a bulk load that worked."""
    counts = [
        (job["numberRecordsProcessed"], job["numberRecordsFailed"], job["numberRecordsTotal"])
        for job in jobs
    ]
    return "" if counts == [(rows, 0, rows)] else f"processed, failed, total: {counts}"


def _partial(value: Any) -> str:
    """Judge a job of two rows, the second of which is refused."""
    if value["job"] != {"numberRecordsFailed": 1, "numberRecordsTotal": 2}:
        return f"{value['job']}"
    failed, successful = value["failed"], value["successful"]
    if [row["Key__c"] for row in successful] != ["bad-1"] or len(successful[0]["sf__Id"]) != 18:
        return f"successful: {successful}"
    if [row["Key__c"] for row in failed] != ["bad-2"]:
        return f"failed: {failed}"
    said = failed[0]["sf__Error"]
    if not said.startswith("STRING_TOO_LONG:"):
        return f"sf__Error is {said}"
    return f"unprocessed: {value['unprocessed']}" if value["unprocessed"] else ""
