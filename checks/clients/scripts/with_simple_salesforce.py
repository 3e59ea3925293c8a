"""What an application does with simple-salesforce: one JSON line for each thing it received.

    python with_simple_salesforce.py SETTINGS.json

Runs in an environment that has simple-salesforce and nothing of this project. The client is told
username, password and security token and nothing else: it goes to login.salesforce.com.
"""

import csv
import io
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from simple_salesforce import (  # type: ignore[import-not-found]  # in its own environment only
    Salesforce,
    SalesforceAuthenticationFailed,
    SalesforceMalformedRequest,
    SalesforceResourceNotFound,
)

IDS = "SELECT Id FROM Showcase__c WHERE Key__c"
SOON = {"wait": 1}
"""Seconds between two looks at a job, where the client lets them be chosen."""

Settings = dict[str, Any]
Action = Callable[[], Any]


def main() -> None:
    """Run every step; a step that fails does not stop those after it."""
    settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    login = {name: settings[name] for name in ("username", "password", "security_token")}
    step("wrong password is refused", lambda: refused_login({**login, "password": "wrong"}))
    sf = step("SOAP login through the proxy", lambda: Salesforce(**login), show=where)
    if sf is None:
        return
    other_logins(settings)
    reading(sf, settings["soql"])
    bulk_reading(sf, settings["soql"])
    single_records(sf, settings)
    bulk2_writing(sf, settings)
    bulk1_writing(sf, settings)


def step(name: str, action: Action, show: Callable[[Any], Any] = lambda value: value) -> Any:
    """Do one thing, print what came of it, return it; None after an exception."""
    started = time.monotonic()
    value, line = None, {}
    try:
        value = action()
        line = {"value": show(value)}
    except Exception as error:  # whatever a client raises is the step's outcome
        line = {"error": f"{type(error).__name__}: {error}"[:2000]}
    seconds = round(time.monotonic() - started, 3)
    print(json.dumps({"step": name, "seconds": seconds, **line}), flush=True)
    return value


def where(sf: Any) -> Any:
    """Return what a login told the client."""
    return {"instance": sf.sf_instance, "session": bool(sf.session_id)}


def refused_login(login: dict[str, str]) -> Any:
    """Return the refusal's code and text."""
    try:
        Salesforce(**login)
    except SalesforceAuthenticationFailed as refused:
        return {"code": refused.code, "message": refused.auth_message}
    return "let in"


def other_logins(settings: Settings) -> None:
    """Log in by OAuth at the org's own domain."""
    domain = {"domain": settings["domain"]}
    keys = {"consumer_key": settings["client_id"], "consumer_secret": settings["client_secret"]}
    step("client credentials", lambda: Salesforce(**keys, **domain), where)
    signed = {
        "username": settings["username"],
        "consumer_key": settings["jwt"]["client_id"],
        "privatekey": settings["jwt"]["private_key_pem"],
    }
    step("JWT bearer", lambda: Salesforce(**signed, **domain), where)


def reading(sf: Any, soql: dict[str, str]) -> None:
    """Read over REST: describes, pages, relationships, counts, a search, limits."""
    step("global describe", sf.describe, lambda all_: [one["name"] for one in all_["sobjects"]])
    step("describe Account", sf.Account.describe, types)
    step("describe Ledger__c", sf.Ledger__c.describe, types)
    step("query: one page", lambda: sf.query(soql["Account"] + " ORDER BY Id LIMIT 200")["records"])
    step("query, query_more", lambda: pages(sf, soql["Account"]))
    step("query_all Opportunity", lambda: sf.query_all(soql["Opportunity"])["records"])
    step("query_all_iter Ledger__c", lambda: list(sf.query_all_iter(soql["Ledger__c"])))
    parents = "SELECT Id, Account.Name FROM Opportunity"
    step("parent fields", lambda: sf.query_all(parents)["records"])
    children = "SELECT Id, (SELECT Id FROM Opportunities) FROM Account ORDER BY Id LIMIT 50"
    step("child query", lambda: sf.query_all(children)["records"])
    grouped = "SELECT StageName s, COUNT(Id) n, SUM(Amount) a FROM Opportunity GROUP BY StageName"
    step("aggregate", lambda: sf.query(grouped)["records"])
    step("COUNT()", lambda: sf.query("SELECT COUNT() FROM Ledger__c")["totalSize"])
    step("malformed query is refused", lambda: refused_query(sf))
    step("search", lambda: sf.search("FIND {Account 00042*} IN NAME FIELDS RETURNING Account(Id)"))
    step("limits", sf.limits, lambda limits: limits["DailyApiRequests"])
    step("API usage", lambda: sf.api_usage["api-usage"]._asdict())
    step("identity", lambda: sf.oauth2("userinfo"))


def types(describe: Any) -> dict[str, str]:
    """Return the type of each field."""
    return {one["name"]: one["type"] for one in describe["fields"]}


def pages(sf: Any, soql: str) -> Any:
    """Return all rows, page by page, and how many each page had."""
    page = sf.query(soql)
    sizes, rows = [len(page["records"])], list(page["records"])
    while not page["done"]:
        page = sf.query_more(page["nextRecordsUrl"], identifier_is_url=True)
        sizes.append(len(page["records"]))
        rows += page["records"]
    return {"sizes": sizes, "total": page["totalSize"], "rows": rows}


def refused_query(sf: Any) -> Any:
    """Return status and code of a query for a field that does not exist."""
    try:
        sf.query("SELECT Nothing__c FROM Account")
    except SalesforceMalformedRequest as refused:
        return {"status": refused.status, "code": refused.content[0]["errorCode"]}
    return "answered"


def bulk_reading(sf: Any, soql: dict[str, str]) -> None:
    """Read with both bulk APIs."""
    bulk2, small = sf.bulk2, {"max_records": 1000, **SOON}
    step("bulk2 query", lambda: from_csv(bulk2.Ledger__c.query(soql["Ledger__c"], **SOON)))
    step("bulk2 query, pages", lambda: from_csv(bulk2.Account.query(soql["Account"], **small)))
    every = soql["Opportunity"]
    step("bulk2 query_all", lambda: from_csv(bulk2.Opportunity.query_all(every, **SOON)))
    step("bulk1 query", lambda: sf.bulk.Opportunity.query(soql["Opportunity"], **SOON))
    step("bulk1 query, custom object", lambda: sf.bulk.Ledger__c.query(soql["Ledger__c"], **SOON))


def from_csv(texts: Any) -> list[dict[str, str]]:
    """Return the rows of all result pages."""
    return [row for text in texts for row in csv.DictReader(io.StringIO(text, newline=""))]


def single_records(sf: Any, settings: Settings) -> None:
    """Create, read, change, find by external id, and delete one record."""
    values = {"Name": "Zoë & Sons", "NumberOfEmployees": 12, "Industry": "Banking"}
    made = step("create", lambda: sf.Account.create(values))
    if made is None:
        return
    record = made["id"]
    step("get", lambda: sf.Account.get(record))
    step("update", lambda: sf.Account.update(record, {"Industry": None, "Website": "https://a.b"}))
    step("get after update", lambda: sf.Account.get(record))
    key = "Key__c/single-1"
    step("upsert creates", lambda: sf.Showcase__c.upsert(key, {"Name": "one", "Seats__c": 3}))
    step("upsert updates", lambda: sf.Showcase__c.upsert(key, {"Name": "two"}))
    step("get_by_custom_id", lambda: sf.Showcase__c.get_by_custom_id("Key__c", "single-1"))
    step("duplicate external id is refused", lambda: refused_create(sf))
    collection = {"allOrNone": False, "records": settings["collection"]}
    step("collection", lambda: sf.restful("composite/sobjects", method="POST", json=collection))
    step("delete", lambda: sf.Account.delete(record))
    step("get after delete", lambda: refused_get(sf, record))
    start, end = settings["window"]
    step("deleted()", lambda: sf.Account.deleted(moment(start), moment(end)))
    step("updated()", lambda: sf.Showcase__c.updated(moment(start), moment(end)), count_ids)


def moment(text: str) -> Any:
    """Return a datetime, which this client takes for its windows."""
    from datetime import datetime

    return datetime.fromisoformat(text)


def count_ids(answer: Any) -> Any:
    """Return how many ids a getUpdated answer has."""
    return {"ids": len(answer["ids"]), "latest": answer["latestDateCovered"]}


def refused_create(sf: Any) -> Any:
    """Return code of a create whose external id is taken."""
    try:
        sf.Showcase__c.create({"Name": "three", "Key__c": "single-1"})
    except SalesforceMalformedRequest as refused:
        return {"status": refused.status, "code": refused.content[0]["errorCode"]}
    return "created"


def refused_get(sf: Any, record: str) -> Any:
    """Return status and code of reading a deleted record."""
    try:
        sf.Account.get(record)
    except SalesforceResourceNotFound as refused:
        return {"status": refused.status, "code": refused.content[0]["errorCode"]}
    return "found"


def bulk2_writing(sf: Any, settings: Settings) -> None:
    """Upsert files with the bulk API 2.0 and read the records back."""
    showcases, soql = sf.bulk2.Showcase__c, settings["soql"]["Showcase__c"]
    files, by_key = settings["files"], {"external_id_field": "Key__c", **SOON}
    step("bulk2 upsert", lambda: showcases.upsert(files["new"], **by_key))
    back = f"{soql} WHERE Key__c LIKE 'ss2-%'"
    step("read back", lambda: from_csv(showcases.query(back, **SOON)))
    step("bulk2 upsert again", lambda: showcases.upsert(files["changed"], **by_key))
    step("read back again", lambda: from_csv(showcases.query(back, **SOON)))
    bad = [{"Name": "good", "Key__c": "bad-1"}, {"Name": "x" * 81, "Key__c": "bad-2"}]
    step("bulk2 insert, one bad row", lambda: partly(showcases, bad))
    mine = f"{IDS} LIKE 'ss2-%'"
    ids = step("ids to delete", lambda: from_csv(showcases.query(mine, **SOON)), len)
    records = [{"Id": row["Id"]} for row in ids or ()]
    step("bulk2 delete", lambda: showcases.delete(records=records, **SOON))
    step("nothing left", lambda: sf.query(mine)["totalSize"])


def partly(showcases: Any, records: list[dict[str, str]]) -> Any:
    """Return the job's counts and its failed and successful rows."""
    job = showcases.insert(records=records, **SOON)[0]
    return {
        "job": {name: job[name] for name in ("numberRecordsFailed", "numberRecordsTotal")},
        "failed": from_csv([showcases.get_failed_records(job["job_id"])]),
        "successful": from_csv([showcases.get_successful_records(job["job_id"])]),
        "unprocessed": from_csv([showcases.get_unprocessed_records(job["job_id"])]),
    }


def bulk1_writing(sf: Any, settings: Settings) -> None:
    """Insert, upsert, update and delete with the first bulk API and read back."""
    showcases, soql = sf.bulk.Showcase__c, settings["soql"]["Showcase__c"]
    records, back = settings["records"], f"{soql} WHERE Key__c LIKE 'ss1-%'"
    step("bulk1 insert", lambda: showcases.insert(records["new"], batch_size=400))
    step("bulk1 read back", lambda: showcases.query(back, **SOON))
    step("bulk1 upsert", lambda: showcases.upsert(records["changed"], "Key__c", batch_size=400))
    step("bulk1 read back again", lambda: showcases.query(back, **SOON))
    ids = step("bulk1 ids", lambda: showcases.query(f"{IDS} LIKE 'ss1-%'", **SOON), len)
    step("bulk1 delete", lambda: showcases.delete([{"Id": row["Id"]} for row in ids or ()]))
    deleted = f"{soql} WHERE Key__c LIKE 'ss1-%' AND IsDeleted = true"
    step("bulk1 query_all shows deleted", lambda: showcases.query_all(deleted, **SOON))


if __name__ == "__main__":
    main()
