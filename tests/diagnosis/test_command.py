"""``sallyport diagnose``: evidence without an installation, and a connection tried for real."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sallyport_org.server import OrgServer
from tests.cli.terminal import SALLYPORT, Terminal

KEYS = {
    "code", "title", "cause", "probability", "needs", "retryable", "steps", "setup_path",
    "evidence", "next_question",
}  # fmt: skip


@pytest.fixture(scope="module")
def org() -> Iterator[OrgServer]:
    with OrgServer(rows={"Account": 5}) as server:
        yield server


@pytest.fixture
def terminal(org: OrgServer, environment: dict[str, str], tmp_path: Path) -> Terminal:
    hosts = {"SALLYPORT_ALLOWED_HOSTS": org.url.removeprefix("http://")}
    return Terminal({**environment, **hosts}, tmp_path)


def test_evidence_needs_no_home_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = subprocess.run(
        [SALLYPORT, "diagnose", "--evidence", "-", "--json"],
        env={"SALLYPORT_HOME": "/nowhere/at/all", "SALLYPORT_LOG_LEVEL": "no such level"},
        cwd=tmp_path,
        input=b'{"error":"invalid_grant","error_description":"ip restricted"} \xff',
        capture_output=True,
        check=False,
    )

    found = json.loads(done.stdout)["findings"]
    assert (done.returncode, found[0]["code"]) == (0, "ip-restricted")
    assert set(found[0]) == KEYS
    assert list(tmp_path.iterdir()) == []


def test_a_person_reads_cause_who_acts_and_steps(terminal: Terminal) -> None:
    file = terminal.file("log", "INVALID_LOGIN: Invalid username, password, security token")

    done = terminal.run("diagnose", "--evidence", file)

    assert done.code == 0
    assert "1. Username or password is wrong (wrong-credentials, " in done.out
    assert "Who acts: config-change" in done.out
    assert "What decides: What does the column Status of Setup > Login History say" in done.out


def test_a_file_that_is_not_there_is_named(terminal: Terminal) -> None:
    refused = terminal.run("diagnose", "--evidence", "gone.log", "--json")

    assert (refused.code, refused.error["received"]) == (2, "gone.log")


def test_a_living_connection_shows_its_prerequisites(terminal: Terminal, org: OrgServer) -> None:
    assert terminal.connect(org).code == 0

    told = terminal.run("diagnose", "acme", "--json").json

    assert told["findings"][0]["code"] == "nothing-refused"
    states = {line["name"]: line["state"] for line in told["preflight"]}
    assert (states["credentials"], states["api_enabled"], states["popups"]) == (
        "yes", "yes", "unknown",
    )  # fmt: skip
    assert {probe["name"] for probe in told["probes"] if probe["known"]} >= {
        "versions", "identity", "organization", "limits",
    }  # fmt: skip


def test_an_org_that_went_away_is_a_finding_not_a_failure(
    terminal: Terminal, environment: dict[str, str], tmp_path: Path
) -> None:
    with OrgServer(rows={"Account": 5}) as gone:
        here = Terminal(
            {**environment, "SALLYPORT_ALLOWED_HOSTS": gone.url.removeprefix("http://")}, tmp_path
        )
        assert here.connect(gone, "gone").code == 0

    done = here.run("diagnose", "gone", "--json")

    assert done.code == 0
    assert done.json["findings"][0]["code"] == "host-not-reachable"
