"""Transcripts of what all bulk jobs have in common: lists, age, allowances, and named faults."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sallyport_org.bulk.loads import IngestJob
from sallyport_org.faults import Fault
from sallyport_org.server import OrgServer
from sallyport_org.state import Settings
from tests.org.bulk_wire import AsyncClient, begun, loaded, new_job, results, waited
from tests.org.wire import Client

JSON = "application/json"
ROWS = "Name\n" + "".join(f"Row {number}\n" for number in range(600))


@pytest.fixture(scope="module")
def shared() -> Iterator[OrgServer]:
    with OrgServer(rows={"Account": 30}, settings=Settings(job_seconds=0.0)) as server:
        yield server


@pytest.fixture
def org(shared: OrgServer) -> Iterator[OrgServer]:
    """An org whose faults end with the test."""
    yield shared
    for fault in shared.org.faults:
        shared.org.faults.remove(fault.id)


@pytest.fixture
def client(org: OrgServer) -> Client:
    return Client(org)


@pytest.fixture
def fresh() -> Iterator[OrgServer]:
    """An org without any job, whose clock and allowances may be changed."""
    with OrgServer(rows={"Account": 5}, settings=Settings(job_seconds=0.0)) as server:
        yield server


def add(org: OrgServer, kind: str, **settings: Any) -> None:
    limits = {name: settings.pop(name) for name in ("times", "sobject") if name in settings}
    org.org.faults.add(Fault(f"{kind}-1", kind, settings=settings, **limits))


def test_both_addresses_list_the_jobs_of_all_three_kinds(fresh: OrgServer) -> None:
    client = Client(fresh)
    query = client.finished("SELECT Id FROM Account")
    ingest = new_job(client, "Account", "insert").json["id"]
    classic = AsyncClient(client)
    chunked = classic.job("Account", "query", "CSV", Sforce_Enable_PKChunking="true")
    kinds = {"V2Query": query, "V2Ingest": ingest, "Classic": chunked}
    for path in ("/jobs/query", "/jobs/ingest"):
        records = client.get(path).json["records"]
        assert {one["jobType"]: one["id"] for one in records} == kinds
        for kind, job in kinds.items():
            records = client.get(f"{path}?jobType={kind}").json["records"]
            assert [one["id"] for one in records] == [job]
        records = client.get(f"{path}?isPkChunkingEnabled=true").json["records"]
        assert [one["id"] for one in records] == [chunked]
        assert len(client.get(f"{path}?concurrencyMode=parallel").json["records"]) == 3
        for wrong in ("jobType=All", "concurrencyMode=Fast", "isPkChunkingEnabled=1"):
            assert client.get(f"{path}?{wrong}").error[:2] == (400, "INVALIDJOB")


def test_long_lists_come_in_pages(fresh: OrgServer) -> None:
    client = Client(fresh)
    made = [new_job(client, "Account", "insert").json["id"] for _ in range(5)]
    like = fresh.org.jobs.find(made[0], fresh.org.clock.now())
    assert isinstance(like, IngestJob)
    for _ in range(1000):
        made.append(fresh.org.next_id("750"))
        fresh.org.jobs.add(replace(like, id=made[-1]))
    first = client.get("/jobs/ingest?jobType=V2Ingest").json
    assert (first["done"], len(first["records"])) == (False, 1000)
    client.call("PATCH", f"/jobs/ingest/{made[3]}", {"state": "Aborted"})
    client.call("DELETE", f"/jobs/ingest/{made[3]}")
    second = client.get(first["nextRecordsUrl"]).json
    assert (second["done"], second["nextRecordsUrl"]) == (True, None)
    assert [one["id"] for one in first["records"] + second["records"]] == made
    assert client.get("/jobs/ingest?queryLocator=x").error[:2] == (400, "INVALID_QUERY_LOCATOR")


def test_jobs_are_kept_for_seven_days_of_the_orgs_time(fresh: OrgServer) -> None:
    org, client = fresh, Client(fresh)
    job = client.finished("SELECT Id FROM Account")
    org.org.clock.move(timedelta(days=6, hours=23))
    assert Client(org).get(f"/jobs/query/{job}/results").status == 200
    org.org.clock.move(timedelta(hours=2))
    later = Client(org)
    assert later.get(f"/jobs/query/{job}").error[:2] == (404, "NOT_FOUND")
    assert later.get("/jobs/query").json["records"] == []


def test_the_oldest_finished_jobs_go_when_their_files_take_too_much_room(
    fresh: OrgServer,
) -> None:
    client = Client(fresh)
    unfinished = new_job(client, "Account", "insert").json["id"]
    first = loaded(client, "Account", "insert", ROWS)["id"]
    fresh.org.jobs.most_bytes = 40_000
    second = loaded(client, "Account", "insert", ROWS)["id"]
    assert client.get(f"/jobs/ingest/{first}").error[:2] == (404, "NOT_FOUND")
    assert client.get(f"/jobs/ingest/{unfinished}").json["state"] == "Open"
    assert len(results(client, second, "successfulResults")) == 601


def test_the_allowances_of_a_day_run_out_and_come_back(fresh: OrgServer) -> None:
    org, client = fresh, Client(fresh)
    allowances = org.org.jobs.allowances
    allowances.query_jobs.most = allowances.batches.most = 2
    for _ in range(2):
        client.finished("SELECT Id FROM Account")
        loaded(client, "Account", "insert", "Name\nA\n")
    limits = client.get("/limits").json
    assert limits["DailyBulkV2QueryJobs"] == {"Max": 2, "Remaining": 0}
    assert limits["DailyBulkApiBatches"] == {"Max": 2, "Remaining": 0}
    assert client.job("SELECT Id FROM Account").error[:2] == (400, "LIMIT_EXCEEDED")
    assert new_job(client, "Account", "insert").error[:2] == (400, "LIMIT_EXCEEDED")
    org.org.clock.move(timedelta(hours=24, minutes=1))
    later = Client(org)
    assert later.job("SELECT Id FROM Account").status == 200
    assert new_job(later, "Account", "insert").status == 200


def test_rows_beyond_the_days_allowance_are_left_unprocessed(fresh: OrgServer) -> None:
    client = Client(fresh)
    fresh.org.jobs.allowances.rows.most = 400
    job = loaded(client, "Account", "insert", ROWS)
    assert (job["state"], job["numberRecordsProcessed"]) == ("Failed", 400)
    assert job["errorMessage"] == "ExceededQuota : ApiBatchItems Limit exceeded."
    assert len(results(client, job, "unprocessedrecords")) == 201


def test_a_job_can_be_made_to_fail_after_some_rows(org: OrgServer, client: Client) -> None:
    add(org, "job_failed", message="InternalServerError : Try again later", rows=200)
    job = loaded(client, "Account", "insert", ROWS)
    assert job["state"] == "Failed"
    assert job["errorMessage"] == "InternalServerError : Try again later"
    done = len(results(client, job, "successfulResults")) - 1
    assert 200 <= done < 600
    assert len(results(client, job, "unprocessedrecords")) - 1 == 600 - done
    query = client.finished("SELECT Id FROM Account")
    assert client.get(f"/jobs/query/{query}").json["state"] == "Failed"


def test_a_job_can_be_aborted_by_somebody_else(org: OrgServer, client: Client) -> None:
    add(org, "job_aborted", times=1)
    job = loaded(client, "Account", "insert", ROWS)
    assert (job["state"], job["numberRecordsProcessed"]) == ("Aborted", 0)
    assert loaded(client, "Account", "insert", ROWS)["state"] == "JobComplete"


def test_a_stuck_job_stays_in_progress_and_holds_nobody_up(org: OrgServer, client: Client) -> None:
    add(org, "job_stuck", times=3)
    stuck = [begun(client, "Account", "insert", ROWS) for _ in range(3)]
    for job in stuck:
        waited(client, job, ("InProgress",))
    assert loaded(client, "Account", "insert", "Name\nA\n")["state"] == "JobComplete"
    assert {client.get(f"/jobs/ingest/{job}").json["state"] for job in stuck} == {"InProgress"}
    assert client.call("PATCH", f"/jobs/ingest/{stuck[0]}", {"state": "Aborted"}).status == 200


def test_a_job_stuck_for_a_while_goes_on(org: OrgServer, client: Client) -> None:
    add(org, "job_stuck", times=1, seconds=0.2)
    assert loaded(client, "Account", "insert", ROWS)["numberRecordsProcessed"] == 600


def test_a_query_job_can_run_into_its_time_limit(org: OrgServer, client: Client) -> None:
    add(org, "query_timeout", times=1, sobject="Account")
    job = client.finished("SELECT Id FROM Account")
    body = client.get(f"/jobs/query/{job}").json
    assert (body["state"], body["retries"]) == ("Failed", 15)
    assert "QUERY_TIMEOUT: Your query request was running for too long." in body["errorMessage"]


def test_quotas_can_be_used_up_by_a_fault(org: OrgServer, client: Client) -> None:
    add(org, "bulk_quota")
    assert client.job("SELECT Id FROM Account").error[:2] == (400, "LIMIT_EXCEEDED")
    assert new_job(client, "Account", "insert").error[:2] == (400, "LIMIT_EXCEEDED")
    classic = AsyncClient(client)
    job = classic.job("Account", "query", "JSON")
    answer = classic.call("POST", f"/job/{job}/batch", "SELECT Id FROM Account", JSON)
    assert answer.json["exceptionCode"] == "ExceededQuota"


def test_rows_can_be_made_to_fail_one_by_one(org: OrgServer, client: Client) -> None:
    add(org, "row_error", code="CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message="Trigger", times=2)
    job = loaded(client, "Account", "insert", ROWS)
    assert job["numberRecordsFailed"] == 2
    errors = {row[1] for row in results(client, job, "failedResults")[1:]}
    assert errors == {"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY:Trigger:--"}


def test_children_of_one_parent_in_many_chunks_wait_for_its_lock(
    org: OrgServer, client: Client
) -> None:
    ((parent,),) = org.sql("SELECT Id FROM Account WHERE NOT IsDeleted ORDER BY Id LIMIT 1")
    csv = "LastName,AccountId\n" + "".join(f"C{number},{parent}\n" for number in range(800))
    org.org.settings.lock_wait_seconds = 10.0
    assert loaded(client, "Contact", "insert", csv)["numberRecordsFailed"] == 0
    add(org, "lock_row", times=1)
    job = loaded(client, "Contact", "insert", csv)
    ((_, error, *_),) = results(client, job, "failedResults")[1:]
    assert error.startswith("UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record")


def test_chunks_that_do_not_wait_meet_each_others_locks(org: OrgServer, client: Client) -> None:
    ((parent,),) = org.sql("SELECT Id FROM Account WHERE NOT IsDeleted ORDER BY Id LIMIT 1")
    csv = "LastName,AccountId\n" + "".join(f"D{number},{parent}\n" for number in range(2400))
    org.org.settings.lock_wait_seconds = 0.0
    job = loaded(client, "Contact", "insert", csv)
    org.org.settings.lock_wait_seconds = 10.0
    errors = {row[1] for row in results(client, job, "failedResults")[1:]}
    assert len(errors) == 1
    assert errors.pop() == (
        "UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record or 1 records: "
        f"{parent}:--"
    )
    assert len(results(client, job, "successfulResults")) - 1 == 2400 - job["numberRecordsFailed"]


def test_bulk_2_queries_say_whether_chunking_could_split_them(client: Client) -> None:
    for soql, possible in (
        ("SELECT Id FROM Account", True),
        ("SELECT Id FROM Account ORDER BY Id", False),
        ("SELECT Id FROM Account LIMIT 5", False),
    ):
        job = client.finished(soql)
        assert client.get(f"/jobs/query/{job}").json["isPkChunkingSupported"] is possible


@pytest.mark.parametrize(
    ("soql", "word"),
    [
        ("SELECT FIELDS(STANDARD) FROM Account", "FIELDS()"),
        ("SELECT TYPEOF Owner WHEN User THEN Name END FROM Lead", "TYPEOF"),
    ],
)
def test_clauses_of_queries_only_are_refused(client: Client, soql: str, word: str) -> None:
    assert client.job(soql).error == (
        400,
        "API_ERROR",
        f"Implementation restriction: {word} not supported in Bulk Query",
    )
