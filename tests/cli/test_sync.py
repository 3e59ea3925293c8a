"""Copying objects from the terminal, and asking the datasets."""

import csv
import io
import json
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest

from sallyport_org.server import OrgServer
from sallyport_org.state import Settings
from tests.cli.terminal import Terminal


@pytest.fixture
def connected(org: OrgServer, terminal: Terminal) -> Terminal:
    assert terminal.connect(org).code == 0
    return terminal


def test_objects_are_copied_proven_listed_and_queried(org: OrgServer, connected: Terminal) -> None:
    synced = connected.run("sync", "acme", "Account", "contact", "ACCOUNT", "--full", "--json")

    assert synced.code == 0, synced.err
    assert synced.json["state"] == "success"
    objects = synced.json["objects"]
    assert [each["object"] for each in objects] == ["Account", "Contact"]
    for each, rows in zip(objects, (3000, 7000), strict=True):
        assert (each["source_rows"], each["landed_rows"]) == (rows, rows)
        assert (each["proven"], each["state"], each["error"]) == (True, "success", None)

    runs = connected.run("runs", "--json").json
    assert {run["run_id"] for run in runs} == {each["run_id"] for each in objects}
    assert {run["group"] for run in runs} == {synced.json["run_id"]}
    assert {(run["connection"], run["state"]) for run in runs} == {("acme", "success")}

    sql = (
        "SELECT c.Id, c.LastName, a.Name AS Company, c.CreatedDate "
        "FROM Contact c JOIN Account a ON c.AccountId = a.Id ORDER BY c.Id LIMIT 50"
    )
    asked = connected.run("query", sql, "--json").json
    known = org.sql(
        "SELECT c.Id, c.LastName, a.Name, strftime(c.CreatedDate, '%Y-%m-%dT%H:%M:%S') "
        "FROM Contact c JOIN Account a ON c.AccountId = a.Id "
        "WHERE NOT c.IsDeleted AND NOT a.IsDeleted ORDER BY c.Id LIMIT 50"
    )
    shown = [(row["Id"], row["LastName"], row["Company"], row["CreatedDate"][:19]) for row in asked]
    assert shown == known
    assert all(row["CreatedDate"].endswith("Z") for row in asked)


def test_csv_tells_an_empty_text_from_an_unknown_value(connected: Terminal) -> None:
    told = connected.run("query", "SELECT 'a,\"b' AS text, '' AS empty, NULL AS unknown", "--csv")

    assert told.code == 0
    assert told.out.splitlines()[1].endswith(',"",')
    assert next(csv.DictReader(io.StringIO(told.out)))["text"] == 'a,"b'


def test_columns_of_one_name_are_all_kept(connected: Terminal) -> None:
    told = connected.run("query", "SELECT 1 AS a, 2 AS b, 3 AS a", "--json")

    assert told.json == [{"a": 1, "b": 2, "a_2": 3}]


def test_a_table_shows_the_first_rows_and_says_that_there_are_more(connected: Terminal) -> None:
    told = connected.run("query", "SELECT range AS n FROM range(150)")

    assert [line.strip() for line in told.out.splitlines()] == ["n", *map(str, range(100))]
    assert "Only the first 100 rows" in told.err


def test_a_mistake_in_sql_is_a_usage_error_that_shows_the_place(connected: Terminal) -> None:
    refused = connected.run("query", "SELECT 1 +", "--json")
    absent = connected.run("query", "SELECT * FROM Nothing", "--json")

    assert (refused.code, refused.error["field"]) == (2, "SQL")
    assert (absent.code, absent.error["type"]) == (1, "NotFound")


def test_a_condition_reads_a_part_and_leaves_the_rest_as_it_is(
    org: OrgServer, connected: Terminal
) -> None:
    whole = connected.run("sync", "acme", "Contact", "--json").json["objects"][0]
    condition = "LastName LIKE 'S%'"
    part = connected.run("sync", "acme", "Contact", "--where", condition, "--json").json

    expected = org.sql("SELECT count(*) FROM Contact WHERE LastName ILIKE 'S%' AND NOT IsDeleted")
    assert part["state"] == "success"
    assert part["objects"][0]["source_rows"] == expected[0][0] < whole["source_rows"]
    counted = connected.run("query", "SELECT count(*) AS rows FROM Contact", "--json").json
    assert counted == [{"rows": 7000}]


def test_a_condition_that_cannot_be_read_starts_nothing(connected: Terminal) -> None:
    refused = connected.run("sync", "acme", "Contact", "--where", "Name = 'x", "--json")

    assert (refused.code, refused.error["field"]) == (2, "--where")
    assert connected.run("runs", "--json").json == []


def test_a_condition_salesforce_refuses_starts_nothing_for_any_object(connected: Terminal) -> None:
    refused = connected.run(
        *("sync", "acme", "Contact", "Account", "--where", "LastName = 'x'", "--json")
    )

    assert (refused.code, refused.error["field"]) == (2, "--where")
    assert "No such column 'LastName' on entity 'Account'" in refused.error["message"]
    assert connected.run("runs", "--json").json == []


def test_an_object_that_does_not_exist_starts_nothing(connected: Terminal) -> None:
    refused = connected.run("sync", "acme", "Account", "Nothing", "--json")

    assert (refused.code, refused.error["type"]) == (1, "NotFound")
    assert connected.run("runs", "--json").json == []


@pytest.fixture
def slow_org() -> Iterator[OrgServer]:
    """An org whose jobs take six seconds: long enough for a busy machine to be in the middle."""
    with OrgServer(rows={"Account": 500}, settings=Settings(job_seconds=6.0)) as server:
        yield server


@pytest.fixture
def slow(slow_org: OrgServer, terminal: Terminal) -> Terminal:
    """A terminal connected to that org."""
    hosts = {"SALLYPORT_ALLOWED_HOSTS": slow_org.url.removeprefix("http://")}
    own = Terminal({**terminal.environment, **hosts}, terminal.folder)
    assert own.connect(slow_org).code == 0
    return own


def begin(terminal: Terminal) -> subprocess.Popen[str]:
    """Start a sync and return it at the moment its job begins to wait at Salesforce."""
    process = terminal.start("sync", "acme", "Account", "--json")
    assert process.stderr is not None
    assert "Account: querying\n" in iter(process.stderr.readline, "")
    return process


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_a_sync_that_was_stopped_or_killed_is_taken_up_by_the_next(
    slow: Terminal, number: signal.Signals, code: int
) -> None:
    process = begin(slow)
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == code
    if number == signal.SIGINT:
        assert "goes on at the next `sallyport sync` or `serve`" in said
    left = slow.run("runs", "--json").json[0]
    assert left["state"] == "running"

    again = slow.run("sync", "acme", "Account", "--json")
    assert again.code == 0, again.err
    assert f"an unfinished run goes on ({left['run_id']})" in again.err
    only = again.json["objects"][0]
    assert (only["run_id"], only["landed_rows"], only["proven"]) == (
        left["run_id"],
        500,
        True,
    )
    assert len(slow.run("runs", "--json").json) == 1


@pytest.mark.slow
def test_a_run_salesforce_refuses_in_the_middle_fails_with_its_words(
    slow: Terminal, slow_org: OrgServer
) -> None:
    process = begin(slow)
    known = slow_org.credentials
    app = slow_org.org.apps[known.client_id]
    slow_org.org.apps[known.client_id] = replace(app, client_secret="rotated")
    slow_org.org.end_all_sessions()
    out, said = process.communicate(timeout=60)

    assert process.returncode == 1
    told = json.loads(out)
    assert told["state"] == "failed"
    only = told["objects"][0]
    assert (only["state"], only["proven"]) == ("failed", False)
    assert "invalid client credentials" in only["error"]["message"]
    listed = slow.run("runs", "--json").json[0]
    assert (listed["run_id"], listed["state"]) == (only["run_id"], "failed")
    assert listed["error"] == only["error"]
    assert "Traceback" not in said
