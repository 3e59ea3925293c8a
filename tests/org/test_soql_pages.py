"""Pages, locators and what a query costs, on an org whose clock and settings the test moves."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from sallyport_org.faults import Fault
from sallyport_org.server import OrgServer
from sallyport_org.state import Settings
from tests.org.wire import Client

ROWS = {"Account": 3, "Contact": 1200, "Lead": 2500}


@pytest.fixture(scope="module")
def server() -> Iterator[OrgServer]:
    with OrgServer(rows=ROWS, settings=Settings(job_seconds=0.0)) as running:
        yield running


@pytest.fixture(scope="module")
def caller(server: OrgServer) -> Client:
    return Client(server)


@pytest.fixture
def settings(server: OrgServer) -> Iterator[Settings]:
    """The org's settings, put back afterwards."""
    before = server.org.settings.rows_per_second, server.org.settings.query_timeout_seconds
    yield server.org.settings
    server.org.settings.rows_per_second, server.org.settings.query_timeout_seconds = before


def read_on(client: Client, page: dict[str, Any]) -> list[str]:
    """Return the ids of a page and of all that follow it."""
    ids = [record["Id"] for record in page["records"]]
    while not page["done"]:
        page = client.get(page["nextRecordsUrl"]).json
        ids += [record["Id"] for record in page["records"]]
    return ids


def test_child_rows_count_towards_a_page_and_have_pages_of_their_own(
    server: OrgServer, caller: Client
) -> None:
    soql = "SELECT Id, (SELECT Id FROM Contacts ORDER BY Id DESC) FROM Account ORDER BY Id"
    page = caller.query(soql, Sforce_Query_Options="batchSize=200").json
    assert page["totalSize"] == server.sql("SELECT count(*) FROM Account WHERE NOT IsDeleted")[0][0]
    assert not page["done"]
    seen = 0
    while True:
        rows = sum(
            1 + len((one["Contacts"] or {"records": []})["records"]) for one in page["records"]
        )
        assert rows <= 201 or len(page["records"]) == 1
        for one in page["records"]:
            wanted = server.sql(
                "SELECT Id FROM Contact WHERE NOT IsDeleted AND AccountId = ? ORDER BY Id DESC",
                [one["Id"]],
            )
            children = one["Contacts"]
            if children is None:
                assert wanted == []
                continue
            assert children["totalSize"] == len(wanted)
            assert read_on(caller, children) == [key for (key,) in wanted]
            seen += children["done"] is False
        if page["done"]:
            break
        page = caller.get(page["nextRecordsUrl"], Sforce_Query_Options="batchSize=200").json
    assert seen


def test_a_locator_lives_two_days(server: OrgServer, caller: Client) -> None:
    first = caller.query("SELECT Id FROM Lead").json
    clock = server.org.clock
    clock.move(timedelta(hours=47))
    try:
        later = Client(server)
        assert later.get(first["nextRecordsUrl"]).status == 200
        clock.move(timedelta(hours=2))
        spent = Client(server).get(first["nextRecordsUrl"]).error
    finally:
        clock.move(-timedelta(hours=49))
    assert spent == (400, "INVALID_QUERY_LOCATOR", "invalid query locator")


def test_groups_cannot_be_read_on(caller: Client) -> None:
    refused = caller.query("SELECT Id, COUNT(Email) FROM Lead GROUP BY Id").error
    assert refused[:2] == (400, "EXCEEDED_ID_LIMIT")
    assert "does not support queryMore()" in refused[2]
    limited = caller.query("SELECT Id, COUNT(Email) FROM Lead GROUP BY Id LIMIT 1500").json
    assert (limited["totalSize"], limited["done"]) == (1500, True)


def test_scans_take_time_and_indexes_save_it(
    server: OrgServer, caller: Client, settings: Settings
) -> None:
    settings.rows_per_second, settings.query_timeout_seconds = 10_000.0, 0.2
    key = server.sql("SELECT Id FROM Lead LIMIT 1")[0][0]
    for soql in (
        "SELECT COUNT() FROM Lead",
        "SELECT Id FROM Lead WHERE Company = 'x'",
        "SELECT Id FROM Lead ORDER BY Company LIMIT 5",
    ):
        began = time.monotonic()
        refused = caller.query(soql).error
        assert time.monotonic() - began >= 0.2
        assert refused == (
            400,
            "QUERY_TIMEOUT",
            "Your query request was running for too long.",
        )
    for soql in (
        f"SELECT Id FROM Lead WHERE Id = '{key}'",
        f"SELECT COUNT() FROM Lead WHERE Id IN ('{key}') AND Company != 'x'",
        "SELECT Id FROM Lead LIMIT 200",
        "SELECT Id FROM Lead WHERE SystemModstamp > TODAY",
    ):
        assert caller.query(soql).status == 200


def test_a_slow_query_is_answered_when_it_is_within_the_bound(
    caller: Client, settings: Settings
) -> None:
    settings.rows_per_second = 10_000.0
    began = time.monotonic()
    assert caller.query("SELECT COUNT() FROM Lead").json["totalSize"] == 2500
    assert time.monotonic() - began >= 0.25


def test_a_fault_times_queries_of_an_object_out(server: OrgServer, caller: Client) -> None:
    server.org.faults.add(Fault("slow leads", "query_timeout", sobject="Lead", times=1))
    assert caller.query("SELECT Id FROM Account").status == 200
    assert caller.query("SELECT Id FROM Lead").error[1] == "QUERY_TIMEOUT"
    assert caller.query("SELECT Id FROM Lead").status == 200


def test_explain_names_the_index_first(caller: Client) -> None:
    soql = "SELECT Id FROM Lead WHERE Company = 'x' AND Id > '00Q'"
    assert caller.get(f"/query?explain={quote(soql)}").error[1] == "INVALID_QUERY_FILTER_OPERATOR"
    soql = "SELECT Id FROM Lead WHERE Company = 'x' AND CreatedDate > TOMORROW"
    plans = caller.get(f"/query?explain={quote(soql)}").json["plans"]
    assert [one["leadingOperationType"] for one in plans] == ["Index", "TableScan"]
    assert plans[0]["fields"] == ["CreatedDate"]
    assert plans[0]["cardinality"] == 0
