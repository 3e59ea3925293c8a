"""The admin API: what an administrator of the simulator asks, and what comes of it."""

import http.client
import io
import json
import socket
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from sallyport_org.admin.routes import ENTRIES, ROOT
from sallyport_org.server import OrgServer
from sallyport_org.state import Settings
from tests.org.admin import Admin
from tests.org.wire import Client, ask, token_request

FIELD = """<?xml version="1.0" encoding="UTF-8"?>
<CustomField xmlns="http://soap.sforce.com/2006/04/metadata">
    <fullName>Berth__c</fullName><label>Berth</label><type>Text</type><length>40</length>
</CustomField>
"""


@pytest.fixture(scope="module")
def server() -> Iterator[OrgServer]:
    with OrgServer(rows={"Account": 20}, settings=Settings(job_seconds=0.0)) as running:
        yield running


@pytest.fixture
def admin(server: OrgServer) -> Admin:
    return Admin(server)


# -- who may ask


def test_the_index_names_every_path(admin: Admin) -> None:
    paths = admin.get("/")["paths"]
    assert len(paths) == len(ENTRIES)
    assert all(one["path"].startswith(ROOT) and one["does"] for one in paths)


def test_pages_of_other_places_are_turned_away(server: OrgServer, admin: Admin) -> None:
    answer = admin.call("GET", "/orgs", Origin="https://evil.example")
    assert answer.status == 403
    assert "may not use the admin API" in answer.json["message"]
    rebound = ask(server, "GET", "/simulator/api/orgs", headers={"Host": "evil.example"})
    assert rebound.status == 403


def test_salesforce_hosts_have_no_admin_api(server: OrgServer, admin: Admin) -> None:
    for host in ("login.salesforce.com", server.org.host):
        assert admin.call("GET", "/orgs", Host=host).status == 403


def test_with_an_admin_token_nobody_gets_in_without_it(server: OrgServer, admin: Admin) -> None:
    server.cloud.admin_token = "harbor-light"
    try:
        assert admin.call("GET", "/orgs").status == 403
        assert admin.call("GET", "/orgs", Authorization="Bearer wrong").status == 403
        assert admin.call("GET", "/orgs", Authorization="Bearer harbor-light").status == 200
    finally:
        server.cloud.admin_token = None


def test_an_unknown_org_is_refused_with_those_there_are(server: OrgServer, admin: Admin) -> None:
    status, message = Admin(server, "nowhere").refused("GET", "settings")
    assert status == 404
    assert server.org.id in message
    assert Admin(server, server.org.host).get("")["id"] == server.org.id
    assert Admin(server, server.org.id[:15]).get("")["id"] == server.org.id


@pytest.mark.parametrize(
    ("path", "body", "part"),
    [
        ("settings", {"api_limit": -1}, "api_limit: -1 cannot be used; give a number from 0 up"),
        ("settings", {"api_limit": "many"}, "api_limit: 'many' cannot be used"),
        ("settings", {"soap": True}, "soap: True cannot be used; settings takes any_api_auth"),
        ("settings", {"newest_version": 12}, "from 31 to 67"),
        ("settings", {"trusted_ip_ranges": [["10.0.0.9", "10.0.0.1"]]}, "not in order"),
        ("", {"status": "asleep"}, "give one of active, suspended"),
        ("users/admin@acme.example", {"is_frozen": "yes"}, "give true or false"),
        ("users/admin@acme.example", {"profile": "Pirate"}, "no profile is called 'Pirate'"),
        ("users/admin@acme.example", {"password": "short"}, "at least 8"),
        ("apps/Nightly Sync", {"callback_urls": ["http://acme.example"]}, "acme.example"),
        ("apps/Nightly Sync/policy", {"run_as": "nobody"}, "the username of one of"),
        ("apps/Nightly Sync/policy", {"ip_relaxation": "sometimes"}, "give one of enforce"),
    ],
)
def test_bad_changes_are_refused_and_nothing_is_changed(
    admin: Admin, path: str, body: dict[str, object], part: str
) -> None:
    before = admin.get(path.removesuffix("/policy"))
    status, message = admin.refused("PATCH", path, **body)
    assert (status, part in message) == (400, True), message
    after = admin.get(path.removesuffix("/policy"))
    before.pop("now", None), after.pop("now", None)
    assert after == before


# -- settings, clock, status


def test_settings_change_one_by_one(server: OrgServer, admin: Admin) -> None:
    changed = admin.patch(
        "settings", soap_login=False, trusted_ip_ranges=[["10.0.0.1", "10.0.0.9"]]
    )
    assert changed["soap_login"] is False
    assert server.org.settings.trusted_ip_ranges == (("10.0.0.1", "10.0.0.9"),)
    admin.patch("settings", soap_login=True, trusted_ip_ranges=[])
    assert admin.get("settings")["trusted_ip_ranges"] == []


def test_the_clock_can_be_set_moved_and_put_back(server: OrgServer, admin: Admin) -> None:
    admin.put("clock", now="2031-05-06T07:08:09Z")
    moment = server.org.clock.now()
    assert timedelta() <= moment - datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC) < timedelta(seconds=5)
    assert admin.post("clock/advance", hours=2, days=-1)["now"].startswith("2031-05-05T09:08")
    assert admin.put("clock", now=None)["ahead_seconds"] == 0
    assert admin.refused("PUT", "clock", now="tomorrow")[1].endswith("like 2026-01-31T08:00:00Z")


# -- several orgs


def test_a_sandbox_is_made_used_refreshed_moved_and_deleted(
    server: OrgServer, admin: Admin
) -> None:
    made = admin.post(
        "/orgs", kind="sandbox", domain="harbor", sandbox="uat", rows={"Account": 3}, seed=7
    )
    assert made["my_domain"] == "https://harbor--uat.sandbox.my.salesforce.com"
    assert made["rows"]["Account"] == 3
    sandbox = Admin(server, made["id"])
    keys = made["credentials"]["client_credentials"]
    form = {"grant_type": "client_credentials", **keys}
    assert made["url"] != server.url
    sandbox_org = server.cloud.org(made["id"])
    assert sandbox_org is not None
    assert token_request(server, **form).status == 400  # the first org does not know the app

    refreshed = sandbox.post("refresh")
    assert refreshed["id"] != made["id"]
    assert keys["client_id"] not in server.cloud.apps
    again = Admin(server, refreshed["id"])
    select = again.post("sql", sql="SELECT Id FROM Organization")
    assert select["rows"] == [[refreshed["id"]]]

    moved = again.post("move", instance="CS42", domain="quay")
    assert moved["my_domain"] == "https://quay--uat.sandbox.my.salesforce.com"
    assert "harbor--uat.sandbox.my.salesforce.com" in moved["former_hosts"]
    assert server.cloud.place("harbor--uat.sandbox.my.salesforce.com").kind == "former"

    assert again.delete("") == {"deleted": refreshed["id"]}
    assert again.call("GET", "").status == 404


def test_the_first_org_cannot_be_deleted_nor_refreshed(admin: Admin) -> None:
    assert admin.refused("DELETE", "")[0] == 409
    assert admin.refused("POST", "refresh")[0] == 409


def test_the_door_of_a_deleted_org_is_shut(server: OrgServer, admin: Admin) -> None:
    made = admin.call("POST", "/orgs", {"domain": "brief", "rows": {}}).json
    place = urlsplit(made["url"])
    kept = http.client.HTTPConnection(place.hostname or "", place.port, timeout=10)
    kept.request("GET", "/services/data")
    assert kept.getresponse().read()
    Admin(server, made["id"]).delete("")
    kept.request("GET", "/services/data")
    assert kept.getresponse().status == 503
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((place.hostname or "", place.port or 0), timeout=10)


def test_no_two_orgs_get_the_same_domain(server: OrgServer, admin: Admin) -> None:
    with ThreadPoolExecutor(4) as several:
        twin = {"domain": "twin", "rows": {}}
        answers = list(several.map(lambda _: admin.call("POST", "/orgs", twin), range(4)))
    assert sorted(one.status for one in answers) == [201, 400, 400, 400]
    (made,) = (one.json["id"] for one in answers if one.status == 201)
    Admin(server, made).delete("")


def test_an_instance_is_a_part_of_a_host_name(server: OrgServer, admin: Admin) -> None:
    status, message = admin.refused("POST", "move", instance="x y", domain="other")
    assert (status, message) == (
        400,
        "instance: 'x y' cannot be used; give letters and digits, like EU42",
    )
    assert admin.get("")["my_domain"] == server.org.my_domain
    assert not server.org.former_hosts


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"domain": "Ä"}, "domain"),
        ({"domain": "a", "kind": "moon"}, "production, sandbox"),
        ({"domain": "a", "rows": {"Ship": 1}}, "no object is called 'Ship'"),
        ({"domain": "a", "kind": "sandbox"}, "sandbox"),
        ({"domain": "a", "settings": {"nope": 1}}, "nope"),
        ({"domain": "a", "colour": "red"}, "colour"),
        ({"domain": "a" * 35}, "34 at most"),
        ({"domain": "typo", "edition": "Profesional Edition"}, "give one of Developer Edition"),
    ],
)
def test_orgs_that_cannot_be_are_refused(admin: Admin, body: dict[str, object], part: str) -> None:
    before = len(admin.get("/orgs")["orgs"])
    status, message = admin.refused("POST", "/orgs", **body)
    assert (status, part in message) == (400, True), message
    assert len(admin.get("/orgs")["orgs"]) == before


# -- people and apps


def test_a_new_user_logs_in_and_a_frozen_one_does_not(server: OrgServer, admin: Admin) -> None:
    made = admin.post(
        "users", username="mate@acme.example", name="Mary Mate", profile="Standard User"
    )
    assert made["profile"] == "Standard User"
    rows = server.sql(
        'SELECT Id, LastName, IsActive FROM "User" WHERE Username = ?', [made["username"]]
    )
    assert rows == [(made["id"], "Mate", True)]
    frozen = admin.post(f"users/{made['username']}/freeze")["user"]
    assert frozen["is_frozen"] is True
    assert admin.patch(f"users/{made['username']}", is_frozen=False)["is_frozen"] is False
    assert admin.refused("POST", "users", username=made["username"], profile="x")[0] == 400
    assert admin.refused("POST", f"users/{made['username']}/promote")[0] == 404


def test_a_reset_password_arrives_by_mail(admin: Admin) -> None:
    admin.post("users", username="cook@acme.example", profile="Standard User")
    given = admin.post("users/cook@acme.example/reset-password")["result"]
    mails = admin.get("/mails?to=cook@acme.example")["mails"]
    assert any(given in one["text"] for one in mails)
    assert admin.delete("/mails")["forgotten"] >= len(mails)


def test_profiles_and_permission_sets_give_and_take(server: OrgServer, admin: Admin) -> None:
    profile = admin.post("profiles", name="Deckhand", like="Standard User")
    changed = admin.patch(
        "profiles/Deckhand",
        permissions=["PermissionsApiEnabled"],
        login_hours={"0": [480, 1020]},
        objects={"Account": {"read": True}},
    )
    assert changed["login_hours"] == {"0": [480, 1020]}
    assert changed["objects"]["Account"]["edit"] is False
    assert server.org.directory.profiles[profile["id"]].login_hours == {0: (480, 1020)}
    made = admin.post("permission-sets", name="Signals", permissions=["PermissionsMarketingUser"])
    admin.post(
        "users", username="hand@acme.example", profile="Deckhand", permission_sets=[made["id"]]
    )
    assert admin.refused("DELETE", "permission-sets/Signals")[0] == 409
    admin.patch("users/hand@acme.example", permission_sets=[])
    assert admin.delete("permission-sets/Signals") == {"deleted": made["id"]}


def test_a_permission_there_is_none_of_is_refused_with_those_there_are(
    server: OrgServer, admin: Admin
) -> None:
    profile = admin.post("profiles", name="Purser", like="Standard User")
    status, message = admin.refused(
        "PATCH", "profiles/Purser", label="Bursar", permissions=["ApiEnabled"]
    )
    assert status == 400
    assert message.startswith("permissions: 'ApiEnabled' cannot be used; give some of ")
    assert "PermissionsApiEnabled, " in message
    assert server.org.directory.profiles[profile["id"]].label == "Purser"
    wrong = {"permissions": ["PermissionsFly"]}
    assert admin.refused("POST", "permission-sets", name="Wings", **wrong)[0] == 400
    assert "Wings" not in [one["name"] for one in admin.get("permission-sets")["permission_sets"]]
    assert admin.patch("profiles/Purser", permissions=["PermissionsViewEncryptedData"])


def test_an_app_is_made_blocked_and_given_new_keys(server: OrgServer, admin: Admin) -> None:
    app = admin.post("apps", name="Logbook", callback_urls=["https://acme.example/back"])
    key = app["client_id"]
    assert app["policy"]["installed"] is True
    assert admin.post(f"apps/{key}/block")["app"]["policy"]["blocked"] is True
    new_key = admin.post(f"apps/{key}/stage-consumer-details")["result"][0]
    admin.post(f"apps/{key}/apply-consumer-details")
    assert admin.get("apps/Logbook")["client_id"] == new_key
    admin.delete("apps/Logbook")
    assert admin.call("GET", f"apps/{new_key}").status == 404


def test_the_name_of_an_app_means_the_orgs_own_first(server: OrgServer, admin: Admin) -> None:
    made = admin.call("POST", "/orgs", {"domain": "namesake", "rows": {}}).json
    there = Admin(server, made["id"])
    key = made["credentials"]["web_server"]["client_id"]
    assert there.get("apps/Connect")["client_id"] == key
    assert admin.get("apps/Connect")["client_id"] != key
    there.delete("")


def test_approvals_and_sessions_are_listed_and_ended(server: OrgServer, admin: Admin) -> None:
    user = server.credentials.username
    admin.post("approvals", user=user, app="Nightly Sync", scopes=["api", "refresh_token"])
    query = f"?user={user}&app=Nightly Sync"
    assert len(admin.get(f"approvals{query}")["approvals"]) == 1
    assert admin.delete(f"approvals{query}") == {"ended": 1}
    client = Client(server)
    assert client.get("/limits").status == 200
    shown = admin.get(f"sessions?token={client.token}")["sessions"]
    assert [one["user"] for one in shown] == [user]
    assert admin.delete(f"sessions?token={client.token}") == {"ended": 1}
    assert client.get("/limits").error[1] == "INVALID_SESSION_ID"


# -- objects and rows


def test_metadata_comes_as_a_folder_and_as_a_zip(
    server: OrgServer, admin: Admin, tmp_path: Path
) -> None:
    member = "objects/Account/fields/Berth__c.field-meta.xml"
    (tmp_path / member).parent.mkdir(parents=True)
    (tmp_path / member).write_text(FIELD)
    assert admin.post("metadata", folder=str(tmp_path))["changed"] == ["Account"]
    assert Client(server).values("SELECT Berth__c FROM Account LIMIT 1") == [(None,)]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(member, FIELD.replace("Berth", "Quay"))
    sent = ask(server, "POST", f"{ROOT}/orgs/default/metadata", packed.getvalue())
    assert sent.json["changed"] == ["Account"]
    assert admin.post("fields", object="Account", rename="Quay__c", to="Pier__c")
    assert admin.post("fields", object="Account", remove="Pier__c")["changed"] == ["Account"]
    status, message = admin.refused("POST", "metadata", folder="/nowhere")
    assert (status, "is no folder" in message) == (400, True)


def test_tables_answer_select_and_nothing_else(admin: Admin) -> None:
    found = admin.post(
        "sql", sql="SELECT count(*) AS n FROM Account WHERE Name <> ?", parameters=[""]
    )
    assert found == {"columns": ["n"], "rows": [[25]], "cut": False}
    files = "SELECT * FROM read_text('/etc/hostname')"
    assert "disabled" in admin.refused("POST", "sql", sql=files)[1]
    for text in ("DELETE FROM Account", "SELECT 1; SELECT 2", "SELEC 1", "SELECT x FROM nowhere"):
        assert admin.refused("POST", "sql", sql=text)[0] == 400


# -- faults and requests


def test_every_kind_says_what_it_does_and_takes(admin: Admin) -> None:
    kinds = {one["kind"]: one for one in admin.get("/fault-kinds")["kinds"]}
    assert "QUERY_TIMEOUT" in kinds["query_timeout"]["does"]
    seconds = kinds["timeout"]["settings"][0]
    assert (seconds["name"], seconds["unit"], seconds["least"]) == ("seconds", "seconds", 0)


def test_a_fault_strikes_its_org_only_and_is_found_in_the_log(
    server: OrgServer, admin: Admin
) -> None:
    other = Admin(server, admin.post("/orgs", domain="lighthouse", rows={"Account": 1})["id"])
    fault = admin.post("faults", kind="edge_420", path="/limits", every=2)
    assert other.get("faults") == {"faults": []}
    client = Client(server)
    assert [client.get("/limits").status for _ in range(4)] == [200, 420, 200, 420]
    shown = admin.get(f"faults/{fault['id']}")
    assert (shown["met"], shown["struck"], len(shown["strikes"])) == (4, 2, 2)
    logged = admin.get(f"/requests?fault={fault['id']}&org=default")["requests"]
    assert [one["status"] for one in logged] == [420, 420]
    assert admin.delete(f"faults/{fault['id']}") == {"removed": 1}
    assert admin.call("GET", f"faults/{fault['id']}").status == 404
    other.delete("")


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({}, "kind: None cannot be used; give one of server_busy"),
        ({"kind": "meteor"}, "give one of server_busy"),
        ({"kind": "timeout", "settings": {"minutes": 1}}, "timeout takes applied, seconds"),
        ({"kind": "timeout", "settings": {"seconds": -1}}, "number of seconds from 0 to 86400"),
        ({"kind": "quota", "settings": {"seconds": 1}}, "takes none"),
        ({"kind": "quota", "every": 0}, "every: 0 cannot be used; give a whole number from 1"),
        ({"kind": "lock_row", "sobject": "Ship"}, "one of the org's objects"),
        ({"kind": "quota", "sobject": "Account"}, "limit it by path, like /sobjects/Account"),
        ({"kind": "quota", "until": "2001-01-01T00:00:00"}, "with its zone"),
        ({"kind": "quota", "for_seconds": 5, "until": "2031-01-01T00:00:00Z"}, "either"),
        ({"kind": "schema_changed", "settings": {"object": "Account"}}, "exactly one of"),
        (
            {"kind": "schema_changed", "settings": {"object": "Account", "remove": "Name"}},
            "is no custom field",
        ),
    ],
)
def test_faults_that_cannot_be_are_refused(
    admin: Admin, body: dict[str, object], part: str
) -> None:
    status, message = admin.refused("POST", "faults", **body)
    assert (status, part in message) == (400, True), message
    assert admin.get("faults") == {"faults": []}


def test_a_window_goes_by_the_org_s_clock(server: OrgServer, admin: Admin) -> None:
    admin.post("faults", kind="edge_420", in_seconds=3600, for_seconds=60)
    client = Client(server)
    assert client.get("/limits").status == 200
    admin.post("clock/advance", seconds=3610)
    assert client.get("/limits").status == 420
    admin.post("clock/advance", seconds=60)
    assert client.get("/limits").status == 200
    admin.put("clock", now=None)
    admin.delete("faults")


def test_the_request_log_is_narrowed_and_forgotten(server: OrgServer, admin: Admin) -> None:
    Client(server).get("/query?q=" + quote("SELECT Id FROM Account"))
    shown = admin.get("/requests?path=/query&last=1")["requests"]
    assert [(one["method"], one["status"]) for one in shown] == [("GET", 200)]
    assert admin.refused("GET", "/requests?last=none")[0] == 400
    admin.delete("/requests")
    assert [one["method"] for one in admin.get("/requests")["requests"]] == ["DELETE"]


def test_the_request_log_can_be_a_file(tmp_path: Path) -> None:
    file = tmp_path / "requests.jsonl"
    server = OrgServer(rows={"Account": 1})
    server.cloud.requests.write_to(file)
    with server:
        Client(server).get("/limits")
    server.cloud.requests.close()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [one["path"] for one in lines][-1].endswith("/limits")
    assert lines[-1]["status"] == 200
