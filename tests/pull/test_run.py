"""Runs against the simulated org, over real HTTP, landing in real Delta tables.

What landed is read with the Delta library and DuckDB; what should have landed is asked of the org's
own tables, which know nothing of SOQL, CSV or us.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from sallyport.connections import Connection, NewConnection
from sallyport.errors import Conflict, IllegalMove, InvalidRequest, NotFound
from sallyport.flows import Flow, NewFlow, Run
from sallyport.store import Actor, Scope
from sallyport.wiring import Sallyport
from sallyport_org.server import OrgServer
from sallyport_org.state import Settings

ANN = Actor("ann", "test")


@pytest.fixture
def org() -> Iterator[OrgServer]:
    settings = Settings(job_seconds=0.05)
    with OrgServer(rows={"Account": 2500, "Task": 120, "Contact": 50}, settings=settings) as server:
        yield server


class Installation:
    """An installation connected to the org, as the tests use it."""

    def __init__(self, sallyport: Sallyport, org: OrgServer) -> None:
        self.sallyport = sallyport
        self.scope = Scope(sallyport.settings.org, sallyport.settings.sandbox)
        app = org.credentials.as_json()["client_credentials"]
        parameters = {**app, "environment_url": org.url, "api_version": "60.0"}
        self.connection: Connection = sallyport.connections.create(
            self.scope, ANN, NewConnection("acme", "client-credentials", parameters), patience=None
        )
        sallyport.launch()

    def flow(self, name: str) -> Flow:
        return self.sallyport.flows.ensure(ANN, self.connection, [name])[0]

    def start(self, name: str, condition: str | None = None) -> Run:
        return self.sallyport.flows.start_run(ANN, self.flow(name), condition=condition)

    def end(self, run: Run, most: float = 60) -> Run:
        assert self.sallyport.engine.wait(run.id, each=lambda: None, every=0.02, most=most)
        return self.sallyport.runs.get(self.scope, run.id)

    def sync(self, name: str, condition: str | None = None) -> Run:
        return self.end(self.start(name, condition))

    def landed(self, name: str, sql: str) -> list[tuple[Any, ...]]:
        dataset = self.sallyport.catalog.tables(self.scope)[name]
        table = DeltaTable(f"{self.sallyport.settings.lake_url}/{dataset}")
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            files = table.file_uris()
            return connection.execute(sql.format(f"read_parquet({files!r})")).fetchall()


@pytest.fixture
def installed(make_installation: Callable[..., Sallyport], org: OrgServer) -> Installation:
    host = org.url.partition("://")[2]
    made = make_installation(SALLYPORT_ALLOWED_HOSTS=host, SALLYPORT_PAGE_ROWS="1000")
    return Installation(made, org)


def change(org: OrgServer, sql: str) -> None:
    with org.org.engine.writing() as cursor:
        cursor.execute(sql)


def until(true: Callable[[], bool], most: float = 30) -> None:
    deadline = time.monotonic() + most
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


TEXTS = "SELECT Id, Name, BillingStreet, BillingCity, Description, Website FROM {} ORDER BY Id"
NUMBERS = "SELECT Id, AnnualRevenue, NumberOfEmployees, BillingLatitude FROM {} ORDER BY Id"
STAMPS = (
    "SELECT Id, SystemModstamp::TIMESTAMP, CreatedDate::TIMESTAMP, IsDeleted FROM {} ORDER BY Id"
)


@pytest.mark.parametrize("sql", [TEXTS, NUMBERS, STAMPS])
def test_every_live_row_lands_with_its_values(
    installed: Installation, org: OrgServer, sql: str
) -> None:
    run = installed.sync("Account")
    assert (run.state, run.source_rows, run.landed_rows, run.proven) == (
        "success",
        2500,
        2500,
        True,
    )
    source = org.sql(sql.format('(SELECT * FROM "Account" WHERE NOT IsDeleted)'))
    assert len(source) == 2500
    assert installed.landed("Account", sql) == source


def test_archived_tasks_land_and_deleted_ones_do_not(
    installed: Installation, org: OrgServer
) -> None:
    archived = org.sql('SELECT Id FROM "Task" WHERE IsArchived AND NOT IsDeleted ORDER BY Id')
    deleted = org.sql('SELECT Id FROM "Task" WHERE IsDeleted ORDER BY Id')
    assert archived
    assert deleted
    run = installed.sync("Task")
    assert run.proven
    assert installed.landed("Task", "SELECT Id FROM {} WHERE IsArchived ORDER BY Id") == archived
    landed = installed.landed("Task", "SELECT Id FROM {}")
    assert len(landed) == run.source_rows == 120 + len(archived)
    assert not set(deleted) & set(landed)


def test_the_next_full_run_replaces_what_was_there(installed: Installation, org: OrgServer) -> None:
    installed.sync("Contact")
    gone = org.sql('SELECT min(Id) FROM "Contact" WHERE NOT IsDeleted')[0][0]
    change(org, f"DELETE FROM \"Contact\" WHERE Id = '{gone}'")
    change(org, 'UPDATE "Contact" SET LastName = \'Ünlü "the 2nd"\' WHERE NOT IsDeleted')
    run = installed.sync("Contact")
    assert run.proven
    names = installed.landed("Contact", "SELECT LastName, count(*) FROM {} GROUP BY 1")
    assert names == [('Ünlü "the 2nd"', 49)]


def test_a_run_that_is_short_says_by_how_much_and_takes_nothing_away(
    installed: Installation, org: OrgServer
) -> None:
    installed.sync("Contact")
    org.org.settings.job_seconds = 2.0
    run = installed.start("Contact")
    until(lambda: any(one.method == "POST" for one in org.requests("/jobs/query")[1:]))
    until(lambda: installed.sallyport.runs.get(installed.scope, run.id).state == "running")
    time.sleep(0.3)  # the job has its snapshot now; three rows appear behind its back
    change(
        org,
        "INSERT INTO \"Contact\" SELECT * REPLACE ('003gL00000000' || substr(Id, 14) AS Id) "
        'FROM (SELECT * FROM "Contact" WHERE NOT IsDeleted ORDER BY Id LIMIT 3)',
    )
    ended = installed.end(run)
    assert (ended.state, ended.proven) == ("incomplete", False)
    assert (ended.source_rows, ended.landed_rows) == (53, 50)
    assert ended.error is not None
    assert "3 short" in ended.error["message"]
    assert len(set(installed.landed("Contact", "SELECT Id FROM {}"))) == 50


def test_a_part_is_added_to_what_was_there(installed: Installation, org: OrgServer) -> None:
    first = installed.sync("Account", "Name LIKE 'A%'")
    some = org.sql("SELECT count(*) FROM \"Account\" WHERE NOT IsDeleted AND Name ILIKE 'A%'")[0][0]
    assert some > 0
    assert (first.proven, first.landed_rows) == (True, some)
    second = installed.sync("Account", "NOT Name LIKE 'A%'")
    assert second.landed_rows == 2500 - some
    assert len(set(installed.landed("Account", "SELECT Id FROM {}"))) == 2500


def test_a_session_that_ends_in_the_middle_is_renewed(
    installed: Installation, org: OrgServer
) -> None:
    org.org.settings.job_seconds = 1.0
    run = installed.start("Account")
    until(lambda: bool(org.requests("/jobs/query")))
    logins = len(org.requests("/oauth2/token"))
    assert org.org.end_all_sessions() > 0
    assert installed.end(run).proven
    assert len(org.requests("/oauth2/token")) == logins + 1
    assert any(one.status == 401 for one in org.requests("/jobs/query"))


def test_a_condition_that_does_not_fit_is_refused_before_there_is_a_run(
    installed: Installation,
) -> None:
    flow = installed.flow("Contact")
    with pytest.raises(InvalidRequest, match="No such column 'NoSuchField__c'") as refused:
        installed.sallyport.flows.start_run(ANN, flow, condition="NoSuchField__c = 1")
    assert (refused.value.field, refused.value.received) == ("where", "NoSuchField__c = 1")
    assert installed.sallyport.runs.page(installed.scope) == ([], False)


def test_a_run_salesforce_refuses_fails_with_its_words_and_lands_nothing(
    installed: Installation, org: OrgServer
) -> None:
    org.org.settings.job_seconds = 1.0
    run = installed.start("Contact")
    until(lambda: bool(org.requests("/jobs/query")))
    client_id = installed.connection.parameters["client_id"]
    org.org.apps[client_id] = replace(org.org.apps[client_id], client_secret="rotated")
    org.org.end_all_sessions()
    ended = installed.end(run)
    assert (ended.state, ended.proven, ended.landed_rows) == ("failed", False, None)
    assert ended.error is not None
    assert "invalid client credentials" in ended.error["message"]


def test_what_a_dead_process_stored_but_did_not_hand_over_is_taken_up(
    make_installation: Callable[..., Sallyport], org: OrgServer
) -> None:
    made = make_installation(SALLYPORT_ALLOWED_HOSTS=org.url.partition("://")[2])
    app = org.credentials.as_json()["client_credentials"]
    scope = Scope(made.settings.org, made.settings.sandbox)
    parameters = {**app, "environment_url": org.url, "api_version": "60.0"}
    new = NewConnection("acme", "client-credentials", parameters)
    connection = made.connections.create(scope, ANN, new, patience=None)
    [flow] = made.flows.ensure(ANN, connection, ["Contact"])
    run = made.runs.create(ANN, flow, "Contact", condition=None, group=None)
    made.launch()
    until(lambda: made.runs.get(scope, run.id).state == "success")


def test_one_run_of_a_flow_at_a_time(installed: Installation, org: OrgServer) -> None:
    org.org.settings.job_seconds = 1.0
    flow = installed.flow("Contact")
    first = installed.sallyport.flows.start_run(ANN, flow)
    with pytest.raises(Conflict, match=first.id):
        installed.sallyport.flows.start_run(ANN, flow)
    assert installed.end(first).proven


def test_nothing_is_made_when_one_of_the_objects_cannot_be_read(installed: Installation) -> None:
    flows = installed.sallyport.flows
    with pytest.raises(NotFound, match="Nope__c"):
        flows.ensure(ANN, installed.connection, ["Contact", "Nope__c"])
    with pytest.raises(InvalidRequest, match="LastName"):
        flows.ensure(ANN, installed.connection, ["Contact", "Account"], condition="LastName = 'x'")
    assert flows.flows_of(installed.connection) == []
    assert installed.sallyport.catalog.datasets(installed.scope, limit=9, offset=0) == ([], False)
    assert installed.sallyport.catalog.schemas(installed.scope, limit=9, offset=0) == ([], False)


def test_a_run_leaves_neither_a_job_nor_stray_files_behind(
    installed: Installation, org: OrgServer
) -> None:
    org.org.settings.job_seconds = 1.0
    run = installed.start("Contact")
    lake = installed.sallyport.lake
    dataset = installed.sallyport.catalog.tables(installed.scope)["Contact"]
    schema = pa.schema([("Id", pa.string())])
    lake.create(dataset, schema, name="Contact")
    with lake.open_part(dataset, run_id=run.id, part="stray", schema=schema) as writer:
        writer.write(pa.record_batch([pa.array(["003"])], schema=schema))
        stray = Path(installed.sallyport.settings.lake_url) / dataset / writer.close().path
    assert stray.exists()
    assert installed.end(run).proven
    assert not stray.exists()
    deleted = [one for one in org.requests("/jobs/query/") if one.method == "DELETE"]
    assert [one.status for one in deleted] == [204]


def test_two_flows_never_share_a_dataset(installed: Installation) -> None:
    flows = installed.sallyport.flows
    target = flows.target(installed.scope, installed.flow("Contact").target_id)
    source = flows.create_source(
        installed.scope,
        ANN,
        name="other",
        connection_id=installed.connection.id,
        object_name="Account",
    )
    with pytest.raises(Conflict) as refused:
        flows.create_flow(installed.scope, ANN, NewFlow("other", source.id, target.id))
    assert refused.value.field == "dataSetId"
    assert [flow.name for flow in flows.flows_of(installed.connection)] == ["acme Contact"]


def test_runs_of_several_objects_go_on_side_by_side(installed: Installation) -> None:
    runs = [installed.start(name) for name in ("Account", "Task", "Contact")]
    assert all(installed.end(run).proven for run in runs)


def test_progress_is_seen_while_it_runs(installed: Installation, org: OrgServer) -> None:
    org.org.settings.job_seconds = 1.0
    run = installed.start("Account")
    seen: list[str] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            stage = installed.sallyport.runs.get(installed.scope, run.id).body["progress"]["stage"]
            if not seen or seen[-1] != stage:
                seen.append(stage)
            time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    installed.end(run)
    stop.set()
    watcher.join()
    assert seen[0] in ("queued", "querying")
    assert "querying" in seen
    assert installed.sallyport.runs.get(installed.scope, run.id).body["progress"] == {
        "stage": "done",
        "rows": 2500,
        "total": 2500,
    }


def test_unknown_objects_and_connections_that_are_not_enabled_are_refused(
    installed: Installation,
) -> None:
    with pytest.raises(NotFound, match="Acount"):
        installed.flow("Acount")
    sallyport = installed.sallyport
    unreachable = NewConnection(
        "later",
        "client-credentials",
        {
            **installed.connection.parameters,
            "client_secret": "wrong",
        },
    )
    waiting = sallyport.connections.create(installed.scope, ANN, unreachable, patience=0.0)
    with pytest.raises(IllegalMove, match="initializing, not enabled"):
        sallyport.connections.client(waiting)
    until(lambda: sallyport.connections.get(installed.scope, waiting.id).state == "disabled")
    refused = sallyport.connections.get(installed.scope, waiting.id)
    assert refused.last_operation is not None
    assert "invalid" in refused.last_operation["errors"][0]["message"].lower()
