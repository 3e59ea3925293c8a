"""Looking at connections and removing them."""

import json
import time

import pytest

from sallyport.demo.client import FLOW_SERVICE, ApiClient
from sallyport.demo.flow import SALESFORCE
from sallyport_org.server import OrgServer
from tests.cli.terminal import Terminal


@pytest.fixture
def connected(org: OrgServer, terminal: Terminal) -> Terminal:
    assert terminal.connect(org).code == 0
    return terminal


def test_a_connection_is_listed_and_shown_without_its_secrets(
    org: OrgServer, connected: Terminal
) -> None:
    listed = connected.run("connections")
    shown = connected.run("show", "acme")

    header, line = listed.out.splitlines()
    assert header.split() == ["name", "auth", "state", "org", "API", "version", "environment"]
    assert line.split() == ["acme", "client-credentials", "enabled", "Acme", "67.0", org.url]
    assert f"client_id        {org.credentials.client_id}" in shown.out
    assert (
        org.credentials.client_secret not in shown.out + connected.run("show", "acme", "--json").out
    )


def test_a_name_nobody_has_fails_and_the_names_there_are_are_listed(connected: Terminal) -> None:
    for command in (["show"], ["test"], ["explore"], ["remove", "--yes"], ["sync"]):
        objects = ["Account"] if command == ["sync"] else []
        refused = connected.run(*command, "nobody", *objects, "--json")
        assert refused.code == 1
        assert (refused.error["type"], refused.error["received"]) == ("NotFound", "nobody")
        assert refused.error["cure"] == "There are: acme."


def test_exploring_lists_objects_then_fields_then_rows(org: OrgServer, connected: Terminal) -> None:
    objects = connected.run("explore", "acme", "--json").json
    fields = connected.run("explore", "acme", "Account", "--json").json
    rows = connected.run("explore", "acme", "Account", "--preview", "--json").json

    assert {"name": "Account", "label": "Account"} in objects
    assert fields["object"] == "Account"
    types = {field["name"]: field["type"] for field in fields["fields"]}
    assert (types["Id"], types["AnnualRevenue"]) == ("id", "currency")
    assert len(rows["rows"]) == 10
    names = dict(org.sql("SELECT Id, Name FROM Account"))
    assert {row["Id"]: row["Name"] for row in rows["rows"]}.items() <= names.items()


def test_an_object_nobody_sees_fails_and_close_names_are_offered(connected: Terminal) -> None:
    refused = connected.run("explore", "acme", "Acount", "--json")

    assert refused.code == 1
    assert refused.error["type"] == "NotFound"
    assert "Account" in refused.error["cure"]


def test_a_preview_needs_an_object(connected: Terminal) -> None:
    refused = connected.run("explore", "acme", "--preview", "--json")

    assert (refused.code, refused.error["field"]) == (2, "OBJECT")


def test_removing_asks_first_and_without_a_terminal_wants_yes(connected: Terminal) -> None:
    refused = connected.run("remove", "acme", "--json")
    assert (refused.code, refused.error["field"]) == (2, "--yes")

    removed = connected.run("remove", "acme", "--yes", "--json")
    assert (removed.code, removed.json) == (0, {"removed": "acme", "flows": 0})
    assert connected.run("connections", "--json").json == []


def test_a_connection_with_flows_goes_only_with_them_and_the_dataset_stays(
    org: OrgServer, connected: Terminal
) -> None:
    assert connected.run("sync", "acme", "Account").code == 0

    refused = connected.run("remove", "acme", "--yes", "--json")
    assert (refused.code, refused.error["type"]) == (1, "Conflict")
    assert "--flows" in refused.error["cure"]

    removed = connected.run("remove", "acme", "--yes", "--flows", "--json")
    assert removed.json == {"removed": "acme", "flows": 1}
    rows = connected.run("query", "SELECT count(*) AS rows FROM Account", "--json").json
    assert rows == [{"rows": 3000}]


def test_what_the_api_was_refused_in_the_background_is_told_in_the_terminals_spelling(
    org: OrgServer, terminal: Terminal
) -> None:
    server = terminal.start("serve", "--port", "0", "--json", SALLYPORT_VERIFY_SECONDS="0")
    try:
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["url"]
        made = terminal.run("client", "create", "etl", "--json").json
        api = ApiClient(url, made["client_id"], made["client_secret"], made["org"])
        api.log_in()
        params = {
            "environmentUrl": org.url,
            "clientId": org.credentials.client_id,
            "clientSecret": "wr0ng-secret",
            "apiVersion": "60.0",
        }
        auth = {"specName": "OAuth2 Client Credential", "params": params}
        body = {"name": "acme", "auth": auth, "connectionSpec": SALESFORCE}
        connection = api.post(f"{FLOW_SERVICE}/connections", body)["id"]
        deadline = time.monotonic() + 60
        where = f"{FLOW_SERVICE}/connections/{connection}"
        while api.get(where)["items"][0]["state"] == "initializing":
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        server.terminate()
        server.communicate(timeout=30)
    shown = terminal.run("show", "acme")
    told = terminal.run("show", "acme", "--json")

    refusal = next(line for line in shown.out.splitlines() if line.startswith("refused"))
    assert refusal.split(maxsplit=2)[1] == "--client-secret-file:"
    [error] = told.json["last_operation"]["errors"]
    assert (error["code"], error["field"]) == ("invalid_client", "--client-secret-file")
    assert "client_secret" not in error["message"]
    assert "wr0ng-secret" not in shown.out + told.out


def test_an_org_that_went_away_fails_the_test(org: OrgServer, terminal: Terminal) -> None:
    with OrgServer(rows={"Account": 1}) as gone:
        own = Terminal(
            {**terminal.environment, "SALLYPORT_ALLOWED_HOSTS": gone.url.removeprefix("http://")},
            terminal.folder,
        )
        assert own.connect(gone, "other").code == 0
    refused = own.run("test", "other", "--json")

    assert refused.code == 1
    assert refused.error["type"] == "RemoteUnavailable"
