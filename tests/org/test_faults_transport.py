"""What clients meet when the way between them and the org is bad."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from sallyport_org.faults import add_fault
from sallyport_org.server import OrgServer
from sallyport_org.state import Settings
from tests.org.wire import Answer, Client, ask, token_request

QUERY = "/query?q=" + quote("SELECT Id, Name FROM Account")


@pytest.fixture(scope="module")
def server() -> Iterator[OrgServer]:
    with OrgServer(rows={"Account": 50}, settings=Settings(job_seconds=0.0)) as running:
        yield running


@pytest.fixture
def user(server: OrgServer) -> Iterator[Client]:
    yield Client(server)
    server.org.faults.clear()


def add(server: OrgServer, kind: str, settings: dict[str, Any] | None = None, **more: Any) -> str:
    """Add a fault that strikes once unless said otherwise."""
    return add_fault(server.org.faults, kind, settings=settings or {}, **{"times": 1, **more}).id


def raw(server: OrgServer, path: str, token: str) -> bytes:
    """Send a request and return every byte that comes before the connection ends."""
    place = urlsplit(server.url)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=20) as line:
        line.sendall(
            f"GET /services/data/v60.0{path} HTTP/1.1\r\nHost: {place.netloc}\r\n"
            f"Authorization: Bearer {token}\r\nConnection: close\r\n\r\n".encode()
        )
        received = b""
        while piece := line.recv(65536):
            received += piece
        return received


def test_the_edge_answers_with_a_page_and_420(server: OrgServer, user: Client) -> None:
    add(server, "edge_420")
    answer = user.get(QUERY)
    assert answer.status == 420
    assert b"We are setting things up." in answer.body
    assert user.get(QUERY).status == 200


def test_a_timeout_closes_the_connection_without_any_answer(
    server: OrgServer, user: Client
) -> None:
    add(server, "timeout", {"seconds": 0.3}, path="/query")
    began = time.monotonic()
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        user.get(QUERY)
    assert time.monotonic() - began >= 0.3
    assert user.get(QUERY).status == 200


def test_removing_a_fault_ends_its_waiting(server: OrgServer, user: Client) -> None:
    fault = add(server, "slow", {"seconds": 60, "bytes_per_second": 1e9}, path="/limits")
    loop = server.org.faults
    began = time.monotonic()
    place = urlsplit(server.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=20)
    headers = {"Authorization": f"Bearer {user.token}"}
    connection.request("GET", "/services/data/v60.0/limits", headers=headers)
    while not any(one.struck for one in loop):
        time.sleep(0.01)
    loop.remove(fault)
    assert connection.getresponse().status == 200
    assert time.monotonic() - began < 10
    connection.close()


def test_a_slow_answer_is_whole_in_the_end(server: OrgServer, user: Client) -> None:
    whole = user.get("/limits").body
    add(server, "slow", {"bytes_per_second": len(whole) * 2})
    began = time.monotonic()
    assert len(user.get("/limits").body) == len(whole)
    assert time.monotonic() - began > 0.4


def test_a_reset_comes_in_the_middle_of_the_body(server: OrgServer, user: Client) -> None:
    add(server, "reset", {"bytes": 100}, path="/query")
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        user.get(QUERY)
    assert len(server.requests("/query")[-1].faults) == 1


def test_less_comes_than_content_length_promised(server: OrgServer, user: Client) -> None:
    add(server, "wrong_length", {"missing": 10}, path="/query")
    with pytest.raises(http.client.IncompleteRead) as cut:
        user.get(QUERY)
    assert cut.value.expected == 10
    assert server.requests("/query")[-1].bytes > len(cut.value.partial)


def test_a_truncated_result_looks_whole_and_misses_rows(server: OrgServer, user: Client) -> None:
    job = user.finished("SELECT Id, Name FROM Account")
    add(server, "truncate", {"rows": 7}, path="/results")
    cut = user.get(f"/jobs/query/{job}/results", Accept_Encoding="gzip")
    assert cut.status == 200
    assert len(cut.rows) == 1 + 7
    assert int(cut.headers["Content-Length"]) == len(cut.body)
    assert len(user.get(f"/jobs/query/{job}/results").rows) == 1 + 50


def test_a_lost_answer_leaves_its_effect(server: OrgServer, user: Client) -> None:
    before = len(server.org.directory.sessions())
    add(server, "answer_lost", path="/oauth2/token")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        Client(server)
    assert len(server.org.directory.sessions()) == before + 1


def test_a_doubled_request_takes_effect_twice(server: OrgServer, user: Client) -> None:
    before = len(server.org.directory.sessions())
    add(server, "duplicate", path="/oauth2/token", method="POST")
    again = Client(server)
    assert len(server.org.directory.sessions()) == before + 2
    assert again.get("/limits").status == 200


def test_a_skewed_clock_shows_in_the_date(server: OrgServer, user: Client) -> None:
    def date(answer: Answer) -> datetime:
        return parsedate_to_datetime(answer.headers["Date"])

    usual = date(user.get("/limits"))
    assert abs(usual - server.org.clock.now()) < timedelta(seconds=5)
    add(server, "clock_skew", {"seconds": -3600})
    assert timedelta(seconds=3590) < usual - date(user.get("/limits")) < timedelta(seconds=3610)


def test_the_request_log_names_what_struck(server: OrgServer, user: Client) -> None:
    fault = add(server, "edge_420", path="/limits")
    user.get("/limits")
    user.get("/limits")
    struck, usual = server.requests("/limits")[-2:]
    assert (struck.status, struck.faults) == (420, (fault,))
    assert (usual.status, usual.faults) == (200, ())
    assert usual.user == server.credentials.username
    assert usual.version == "60.0"
    assert usual.org == server.org.id
    sent = raw(server, "/limits", user.token)
    assert server.requests("/limits")[-1].bytes == len(sent)


def test_a_field_is_gone_between_two_calls(server: OrgServer, user: Client) -> None:
    add(server, "schema_changed", {"object": "Account", "add": "Fresh__c"}, after=1)
    ask_for = "/query?q=" + quote("SELECT Fresh__c FROM Account LIMIT 1")
    assert user.get(ask_for).error[1] == "INVALID_FIELD"
    assert user.get(ask_for).json["records"][0]["Fresh__c"] is None
    add(server, "schema_changed", {"object": "Account", "rename": "Fresh__c", "to": "Stale__c"})
    assert user.get(ask_for).error[1] == "INVALID_FIELD"
    add(server, "schema_changed", {"object": "Account", "remove": "Stale__c"})
    names = [one["name"] for one in user.get("/sobjects/Account/describe").json["fields"]]
    assert "Stale__c" not in names


def test_the_simulator_s_own_pages_are_never_disturbed(server: OrgServer, user: Client) -> None:
    add(server, "answer_lost", times=None)
    assert ask(server, "GET", "/simulator/doors").status == 200


def test_a_login_host_s_answer_is_lost_for_the_org_that_logged_in(server: OrgServer) -> None:
    place = urlsplit(server.url)
    grant = quote("urn:ietf:params:oauth:grant-type:jwt-bearer")
    body = f"grant_type={grant}&assertion={server.credentials.jwt_token}"
    headers = {
        "Host": "login.salesforce.com",
        "Content-Type": "application/x-www-form-urlencoded",
    }

    def log_in() -> dict[str, Any]:
        line = http.client.HTTPConnection(place.hostname or "", place.port, timeout=20)
        try:
            line.request("POST", "/services/oauth2/token", body, headers)
            read: dict[str, Any] = json.loads(line.getresponse().read())
            return read
        finally:
            line.close()

    add(server, "answer_lost", path="/token")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        log_in()
    assert "access_token" in log_in()
    assert token_request(server, grant_type="none").status == 400
