"""jsforce: what it is told, and what each step must have received.

The steps themselves are ``scripts/with_jsforce.js``.
"""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from checks.clients.authorization import authorize
from checks.clients.environments import node_environment
from checks.clients.expectations import (
    WRONG_PASSWORD,
    accounts_found,
    child_of,
    describes,
    names,
    paged,
    parents,
    record,
    refused,
    usage,
    within,
    written,
)
from checks.clients.oracle import Judge, showcases
from checks.clients.stage import SCRIPTS, Stage
from checks.clients.transcript import Report, equals, holds, run

STEPS = 47
VERSION = "64.0"
"""The last version with SOAP login()."""
ROWS = 900
"""Records written with each bulk API; the second revision has as many, half of them new."""

_NEW, _CHANGED = range(ROWS), range(ROWS // 2, ROWS + ROWS // 2)
_KEPT = range(ROWS // 2)


def perform(report: Report, stage: Stage) -> None:
    """Run the client against the stage's org and judge what it printed."""
    folder = node_environment("jsforce")
    settings = stage.settings(_told(stage))
    command = ["node", str(SCRIPTS / "with_jsforce.js"), str(settings)]
    lines = run(command, folder, stage.environment, stage.folder / "client.log")
    judges = {**_logins(stage), **_reading(stage), **_writing(), **_bulk(stage)}
    report.judge("jsforce", lines, judges)


def _told(stage: Stage) -> dict[str, Any]:
    """Return what the script is told beside its logins."""
    files = {
        "new": showcases("js2", _NEW).write(stage.folder / "new.csv", null="#N/A"),
        "changed": showcases("js2", _CHANGED, 1).write(stage.folder / "changed.csv", null="#N/A"),
    }
    return {
        "version": VERSION,
        "my_domain": stage.my_domain,
        "granted": asdict(authorize(stage, rotating=False)),
        "soql": {**stage.soql(), "Showcase__c": showcases("js2", range(0)).soql()},
        "fields": {name: list(table.kinds) for name, table in stage.tables.items()},
        "files": {name: str(path) for name, path in files.items()},
        "records": {
            "new": showcases("js1", _NEW).typed(),
            "changed": [
                {name: "#N/A" if value is None else value for name, value in one.items()}
                for one in showcases("js1", _CHANGED, 1).typed()
            ],
        },
        "collection": [
            {"Name": "a", "Key__c": "many-1"},
            {"Name": "b", "Key__c": "many-2"},
            {"Name": "x" * 81, "Key__c": "many-3"},
        ],
        "window": [
            (stage.started - timedelta(hours=1)).isoformat(),
            (stage.started + timedelta(hours=1)).isoformat(),
        ],
        "composite": _composite(),
    }


def _composite() -> dict[str, Any]:
    """Return a request whose second part uses what the first one made."""
    base = f"/services/data/v{VERSION}"
    return {
        "allOrNone": True,
        "compositeRequest": [
            {
                "method": "POST",
                "url": f"{base}/sobjects/Account",
                "referenceId": "parent",
                "body": {"Name": "Composite & Co"},
            },
            {
                "method": "POST",
                "url": f"{base}/sobjects/Contact",
                "referenceId": "child",
                "body": {"LastName": "Łukasz", "AccountId": "@{parent.id}"},
            },
            {
                "method": "GET",
                "url": f"{base}/query?q=SELECT+Account.Name+FROM+Contact+WHERE+Id='@{{child.id}}'",
                "referenceId": "back",
            },
        ],
    }


def _logins(stage: Stage) -> dict[str, Judge]:
    basic = stage.credentials["basic"]
    return {
        "wrong password is refused": refused("Error", message=f"INVALID_LOGIN: {WRONG_PASSWORD}"),
        "SOAP login through the proxy": holds(
            instance=stage.my_domain, org=stage.credentials["org_id"]
        ),
        "wrong client secret is refused": refused("invalid_client"),
        "client credentials": equals({"instance": stage.my_domain, "session": True}),
        "identity": holds(username=basic["username"], organization_id=stage.credentials["org_id"]),
        "dead session is refreshed": equals({"refreshed": 1, "rows": [1, 2, 3]}),
        "SOAP logout": equals(None),
        "revoke": equals(None),
        "revoked token is refused": refused("INVALID_SESSION_ID"),
    }


def _reading(stage: Stage) -> dict[str, Judge]:
    accounts, opportunities = stage.table("Account"), stage.table("Opportunity")
    ledgers = stage.table("Ledger__c")
    flagged = [one for one in ledgers.records if one["Flag__c"] == "true"]
    return {
        "global describe": names("Account", "Opportunity", "Ledger__c", "Showcase__c"),
        "describe Opportunity": describes(opportunities),
        "describe Ledger__c": describes(ledgers),
        "query, nextRecordsUrl": paged(accounts),
        "query, autoFetch": opportunities.judge(),
        "find with conditions": ledgers.judge(flagged),
        "parent fields": parents(opportunities, accounts),
        "count": equals(len(ledgers.records)),
        "malformed query is refused": refused("INVALID_FIELD"),
        "search": accounts_found(accounts, "Account 00042"),
        "limits": within,
        "limitInfo": usage,
    }


def _writing() -> dict[str, Judge]:
    kinds = {"NumberOfEmployees": "number"}
    return {
        "create": lambda made: written(True)([made]),
        "retrieve": record(kinds, Name="Zoë & Sons", NumberOfEmployees="12", Industry="Banking"),
        "update": lambda made: written(True)([made]),
        "retrieve after update": record(
            kinds, Name="Zoë & Sons", NumberOfEmployees="12", Industry="", Website="https://a.b"
        ),
        "upsert creates": holds(success=True, created=True),
        "upsert updates": holds(success=True, created=False),
        "create many": written(True, True, False),
        "upsert many": written(True, True),
        "required field is refused": refused(
            "REQUIRED_FIELD_MISSING", message="Required fields are missing: [Name]"
        ),
        "delete": lambda made: written(True)([made]),
        "retrieve after delete": refused("ENTITY_IS_DELETED"),
        "deleted()": lambda answer: (
            "" if len(answer["deletedRecords"]) == 1 else f"{answer!r:.300}"
        ),
        "composite request": child_of("Composite & Co"),
    }


def _bulk(stage: Stage) -> dict[str, Judge]:
    """Return the judges of what was read and written with the bulk APIs."""
    opportunities, ledgers = stage.table("Opportunity"), stage.table("Ledger__c")
    new = {api: showcases(api, _NEW) for api in ("js1", "js2")}
    both = {
        api: [*showcases(api, _KEPT).records, *showcases(api, _CHANGED, 1).records] for api in new
    }
    return {
        "bulk2 query": ledgers.judge(),
        "bulk2 query, standard object": opportunities.judge(),
        "bulk2 insert": equals(_counts(ROWS)),
        "read back": new["js2"].judge(),
        "bulk2 upsert": equals(_counts(ROWS)),
        "read back again": new["js2"].judge(both["js2"]),
        "bulk2 insert, taken keys": _taken,
        "bulk2 delete": equals(_counts(len(both["js2"]))),
        "bulk1 query": opportunities.judge(),
        "bulk1 insert": equals({"rows": ROWS, "successes": ROWS, "created": ROWS}),
        "bulk1 read back": new["js1"].judge(),
        "bulk1 upsert": equals({"rows": ROWS, "successes": ROWS, "created": ROWS // 2}),
        "bulk1 read back again": new["js1"].judge(both["js1"]),
    }


def _counts(successful: int, failed: int = 0) -> dict[str, int]:
    """Return the sizes of a job's three results."""
    return {"successfulResults": successful, "failedResults": failed, "unprocessedRecords": 0}


def _taken(value: Any) -> str:
    """Judge a job whose every row carries an external id that is taken."""
    said = value.pop("error")
    if not said.startswith("DUPLICATE_VALUE:duplicate value found: Key__c duplicates value on"):
        return f"sf__Error is {said}"
    return equals(_counts(0, ROWS))(value)
