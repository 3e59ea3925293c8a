"""Faults whose consequences Salesforce words itself: quotas, jobs, locks, rows, late commits."""

import re
import threading
import time
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any
from urllib.parse import quote

import pytest

from sallyport_org.faults import KINDS
from sallyport_org.faults.kinds import TRANSPORT
from sallyport_org.server import OrgServer
from sallyport_org.state import Settings
from tests.org.admin import Admin
from tests.org.bulk_wire import loaded
from tests.org.wire import Client, token_request

QUERY = "/query?q=" + quote("SELECT Id FROM Account")


@pytest.fixture(scope="module")
def server() -> Iterator[OrgServer]:
    with OrgServer(rows={"Account": 30}, settings=Settings(job_seconds=0.0)) as running:
        yield running


@pytest.fixture
def admin(server: OrgServer) -> Iterator[Admin]:
    one = Admin(server)
    yield one
    one.delete("faults")


@pytest.fixture
def client(server: OrgServer) -> Client:
    return Client(server)


def sources(folder: Traversable) -> Iterator[str]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from sources(entry)
        elif entry.name.endswith(".py"):
            yield entry.read_text(encoding="utf-8")


def test_every_kind_is_struck_somewhere_and_nothing_else_is() -> None:
    text = "\n".join(sources(files("sallyport_org")))
    asked = set(re.findall(r'faults\.strike\(\s*"(\w+)"', text))
    table = re.search(r"_STRIKES[^=]*= \(\n(.*?)\n\)", text, re.DOTALL)
    assert table is not None
    asked |= set(re.findall(r'"(job_\w+)"', table[1]))
    assert asked | set(TRANSPORT) == set(KINDS)


def test_the_quota_is_used_up(admin: Admin, client: Client) -> None:
    admin.post("faults", kind="quota", times=1)
    assert client.get(QUERY).error[:2] == (403, "REQUEST_LIMIT_EXCEEDED")
    assert client.get(QUERY).status == 200


def test_the_server_is_busy(admin: Admin, client: Client) -> None:
    admin.post("faults", kind="server_busy", path="/query")
    assert client.get(QUERY).error[:2] == (503, "SERVER_UNAVAILABLE")
    assert client.get("/limits").status == 200


def test_a_session_expires_on_the_third_call(admin: Admin, client: Client) -> None:
    admin.post("faults", kind="session_expired", after=2, times=1)
    assert [client.get(QUERY).status for _ in range(4)] == [200, 200, 401, 401]


def test_a_query_times_out_for_one_object(admin: Admin, client: Client) -> None:
    fault = admin.post("faults", kind="query_timeout", sobject="account")
    assert client.get(QUERY).error[1] == "QUERY_TIMEOUT"
    assert client.query("SELECT Id FROM User").status == 200
    logged = admin.get(f"/requests?fault={fault['id']}")["requests"]
    assert [one["status"] for one in logged] == [400]


@pytest.mark.parametrize(("kind", "state"), [("job_failed", "Failed"), ("job_aborted", "Aborted")])
def test_a_bulk_job_ends_badly(admin: Admin, client: Client, kind: str, state: str) -> None:
    admin.post("faults", kind=kind, sobject="Account", times=1)
    job = client.finished("SELECT Id FROM Account")
    assert client.get(f"/jobs/query/{job}").json["state"] == state


def test_a_bulk_job_is_stuck(admin: Admin, client: Client) -> None:
    admin.post("faults", kind="job_stuck", times=1)
    job = client.job("SELECT Id FROM Account").json["id"]
    time.sleep(0.3)
    assert client.get(f"/jobs/query/{job}").json["state"] == "InProgress"
    assert client.call("PATCH", f"/jobs/query/{job}", {"state": "Aborted"}).status == 200


def test_faults_of_jobs_show_in_the_request_log(admin: Admin, client: Client) -> None:
    fault = admin.post("faults", kind="job_failed", times=1)["id"]
    job = client.finished("SELECT Id FROM Account")
    (noted,) = admin.get(f"/requests?fault={fault}")["requests"]
    assert (noted["method"], noted["path"]) == ("JOB", f"/jobs/query/{job}")


def test_rows_that_a_job_writes_go_by_the_path_of_the_job(admin: Admin, client: Client) -> None:
    fault = admin.post("faults", kind="row_error", path="/jobs/ingest")["id"]
    assert client.call("POST", "/sobjects/Account", {"Name": "By REST"}).status == 201
    table = "Name\n" + "".join(f"By bulk {number}\n" for number in range(500))
    job = loaded(client, "Account", "insert", table)
    assert job["numberRecordsFailed"] == 500
    (noted,) = admin.get(f"/requests?fault={fault}")["requests"]
    assert (noted["method"], noted["path"]) == ("JOB", f"/jobs/ingest/{job['id']}")


def test_rows_are_locked_or_refused(admin: Admin, client: Client) -> None:
    record = client.values("SELECT Id FROM Account LIMIT 1")[0][0]
    admin.post("faults", kind="lock_row", sobject="Account", times=1)
    locked = client.call("PATCH", f"/sobjects/Account/{record}", {"Name": "Held"})
    assert locked.error[:2] == (400, "UNABLE_TO_LOCK_ROW")
    settings = {"code": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "No.", "fields": ["Name"]}
    admin.post("faults", kind="row_error", sobject="Account", times=1, settings=settings)
    refused = client.call("PATCH", f"/sobjects/Account/{record}", {"Name": "Held"})
    assert refused.error == (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "No.")
    assert refused.json[0]["fields"] == ["Name"]
    assert client.call("PATCH", f"/sobjects/Account/{record}", {"Name": "Free"}).status == 204


def test_a_held_commit_is_seen_once_it_is_released(admin: Admin, client: Client) -> None:
    fault = admin.post("faults", kind="late_visible", times=1, settings={"held": True})
    made: list[Any] = []
    writer = threading.Thread(
        target=lambda: made.append(client.call("POST", "/sobjects/Account", {"Name": "Late"}))
    )
    writer.start()
    while admin.get(f"faults/{fault['id']}")["struck"] == 0:
        time.sleep(0.01)
    seen = "SELECT Name FROM Account WHERE Name = 'Late'"
    assert client.values(seen) == []
    early = client.call("POST", "/sobjects/Account", {"Name": "Early"})
    assert early.status == 201
    admin.delete(f"faults/{fault['id']}")
    writer.join()
    assert made[0].status == 201
    assert client.values(seen) == [("Late",)]


def test_stamps_of_a_server_whose_clock_is_wrong(
    server: OrgServer, admin: Admin, client: Client
) -> None:
    admin.post("faults", kind="clock_skew", settings={"seconds": 600}, method="POST", times=1)
    made = client.call("POST", "/sobjects/Account", {"Name": "From the future"}).json["id"]
    sql = "SELECT SystemModstamp FROM Account WHERE Id = ?"
    (stamp,) = server.sql(sql, [made])[0]
    ahead = stamp - server.org.clock.now().replace(tzinfo=None)
    assert 590 < ahead.total_seconds() < 601


def test_an_acknowledged_write_is_delivered_twice(admin: Admin, client: Client) -> None:
    admin.post("faults", kind="duplicate", path="/sobjects/Account", method="POST", times=1)
    assert client.call("POST", "/sobjects/Account", {"Name": "Twin"}).status == 201
    assert client.values("SELECT COUNT() FROM Account WHERE Name = 'Twin'") == []
    assert client.query("SELECT COUNT() FROM Account WHERE Name = 'Twin'").json["totalSize"] == 2


def test_the_token_endpoint_fails_without_a_reason(server: OrgServer, admin: Admin) -> None:
    admin.post("faults", kind="unknown_error", times=1)
    assert token_request(server, grant_type="client_credentials").json["error"] == "unknown_error"
