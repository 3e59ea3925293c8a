"""Administering a running simulator from the command line."""

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from sallyport_org.cli import app, spread
from sallyport_org.server import OrgServer
from tests.org.wire import Client


@pytest.fixture(scope="module")
def server() -> Iterator[OrgServer]:
    with OrgServer(rows={"Account": 2}) as running:
        yield running


def run(server: OrgServer, *arguments: str, url: str = "") -> Result:
    return CliRunner().invoke(app, spread([*arguments, "--url", url or server.url]))


def test_a_fault_is_added_listed_and_removed(server: OrgServer) -> None:
    added = run(server, "fault", "add", "edge_420", "--path", "/limits", "--times", "1")
    fault = json.loads(added.stdout)
    assert Client(server).get("/limits").status == 420
    listed = run(server, "fault", "list").stdout
    assert listed == f"{fault['id']}\tedge_420\tstruck 1 of 1\tpath=/limits times=1\n"
    assert run(server, "fault", "remove", fault["id"]).stdout == f"removed {fault['id']}\n"


def test_refusals_are_one_sentence(server: OrgServer) -> None:
    refused = run(server, "fault", "add", "timeout", "--set", "seconds=-1")
    assert refused.exit_code == 1
    assert refused.stderr == (
        "sallyport-org: seconds: -1 cannot be used; give a number of seconds from 0 to 86400\n"
    )
    wrong = run(server, "fault", "add", "timeout", "--set", "seconds")
    assert (wrong.exit_code, "--set: 'seconds' is not" in wrong.stderr) == (2, True)
    nobody = run(server, "org", "list", url="http://127.0.0.1:9")
    assert nobody.exit_code == 1
    assert nobody.stderr.startswith("sallyport-org: nothing answers as sallyport-org at")


def test_an_org_is_made_changed_and_deleted(server: OrgServer) -> None:
    made = json.loads(run(server, "org", "add", "quay", "--rows", "Account=2", "Contact=3").stdout)
    assert (made["rows"]["Account"], made["rows"]["Contact"]) == (2, 3)
    org = ("--org", made["id"])
    assert (
        json.loads(run(server, "org", "set", "soap_login=false", *org).stdout)["soap_login"]
        is False
    )
    assert run(server, "org", "status", "maintenance", *org).stdout == "maintenance\n"
    moved = run(server, "clock", "set", "2031-01-02T03:04:05Z", *org).stdout
    assert moved.startswith("2031-01-02T03:04:0")
    assert len(run(server, "org", "list").stdout.splitlines()) == 2
    assert run(server, "org", "delete", *org).stdout == f"deleted {made['id']}\n"


def test_the_request_log_is_lines_of_json(server: OrgServer) -> None:
    Client(server).get("/limits")
    lines = run(server, "log", "list", "--path", "/limits", "--last", "1").stdout.splitlines()
    assert [json.loads(line)["status"] for line in lines] == [200]
