"""Transcripts of the gate: why a data call is turned away although, or because, a token came."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from sallyport_org.faults import Fault
from sallyport_org.identity import administration, app_administration
from sallyport_org.identity.model import API_ENABLED, USE_ANY_API_CLIENT
from sallyport_org.server import OrgServer
from tests.org.newcomers import Newcomer, ask_from, changed, newcomer
from tests.org.wire import Answer, Client

EXPIRED = (401, "INVALID_SESSION_ID", "Session expired or invalid")
NOT_FOR_REST = (
    401,
    "INVALID_SESSION_ID",
    "This session is not valid for use with the REST API",
)


@pytest.fixture(scope="module")
def server() -> Iterator[OrgServer]:
    with OrgServer(rows={"Account": 1}) as running:
        yield running


@pytest.fixture
def somebody(server: OrgServer) -> Newcomer:
    return newcomer(server)


def token_of(answer: Answer) -> str:
    text: str = answer.json["access_token"]
    return text


def at_host(somebody: Newcomer, token: str, host: str, version: str = "60.0") -> Answer:
    headers = {"Authorization": f"Bearer {token}", "Host": host}
    path = f"/services/data/v{version}/limits"
    return ask_from(somebody.server, None, "GET", path, None, headers)


def test_a_session_ends_when_it_is_not_used(somebody: Newcomer) -> None:
    clock, token = somebody.server.org.clock, token_of(somebody.by_credentials())
    try:
        for _ in range(3):
            clock.move(timedelta(minutes=90))
            assert somebody.call(token).status == 200
        clock.move(timedelta(minutes=120))
        assert somebody.call(token).error == EXPIRED
    finally:
        clock.move(timedelta(minutes=-390))


def test_an_apps_policy_may_set_another_time(somebody: Newcomer) -> None:
    org = somebody.server.org
    org.directory.policy(somebody.app).session_minutes = 15
    token = token_of(somebody.by_credentials())
    try:
        org.clock.move(timedelta(minutes=16))
        assert somebody.call(token).error == EXPIRED
    finally:
        org.clock.move(timedelta(minutes=-16))


def test_freezing_ends_sessions(somebody: Newcomer) -> None:
    token = token_of(somebody.by_credentials())
    administration.freeze(somebody.server.org, somebody.user)
    assert somebody.call(token).error == EXPIRED
    administration.unfreeze(somebody.server.org, somebody.user)
    assert somebody.call(token).error == EXPIRED


def test_a_token_without_the_api_scope_is_good_for_nothing_here(somebody: Newcomer) -> None:
    token = token_of(somebody.by_code(somebody.code("id", "refresh_token")))
    assert somebody.call(token).error == NOT_FOR_REST


def test_full_stands_for_api(server: OrgServer) -> None:
    somebody = newcomer(server, scopes={"full", "refresh_token"})
    token = token_of(somebody.by_code(somebody.code("full")))
    assert somebody.call(token).status == 200


def test_an_app_that_enforces_addresses_holds_every_call_to_them(somebody: Newcomer) -> None:
    org = somebody.server.org
    token = token_of(somebody.by_credentials())
    administration.set_login_ip_ranges(org, somebody.profile, [("127.0.0.9", "127.0.0.20")])
    assert somebody.call(token).status == 200
    org.directory.policy(somebody.app).ip_relaxation = "enforce"
    assert somebody.call(token).error == NOT_FOR_REST
    assert somebody.call(token, remote="127.0.0.12").status == 200


def test_api_access_control_admits_installed_apps_only(somebody: Newcomer) -> None:
    org = somebody.server.org
    app_token = token_of(somebody.by_credentials())
    soap_token = somebody.by_soap().body.decode().split("<sessionId>")[1].split("<")[0]
    with changed(org.settings, api_access_control=True):
        assert somebody.call(app_token).error == NOT_FOR_REST
        assert somebody.call(soap_token).error == NOT_FOR_REST
        app_administration.install(org, somebody.app)
        assert somebody.call(app_token).status == 200
        administration.grant(org, somebody.profile.id, [USE_ANY_API_CLIENT])
        assert somebody.call(soap_token).status == 200


def test_high_assurance_can_be_demanded_by_profile_and_app(somebody: Newcomer) -> None:
    token = token_of(somebody.by_credentials())
    somebody.profile.high_assurance = True
    assert somebody.call(token).error == NOT_FOR_REST
    strong = token_of(somebody.by_code(somebody.code("api", high_assurance=True)))
    assert somebody.call(strong).status == 200
    somebody.profile.high_assurance = False
    somebody.server.org.directory.policy(somebody.app).high_assurance = True
    assert somebody.call(token).error == NOT_FOR_REST
    assert somebody.call(strong).status == 200


def test_sessions_nobody_asks_for_any_more_are_forgotten(server: OrgServer) -> None:
    org, somebody = server.org, newcomer(server)
    for _ in range(1_500):
        org.open_session(somebody.user, None)
    org.clock.move(timedelta(hours=3))
    for _ in range(3_000):
        org.open_session(somebody.user, None)
    org.clock.move(timedelta(hours=-3))
    living = [one for one in org.directory.sessions() if one.user is somebody.user]
    assert len(living) == 3_000


def test_an_edition_without_api_refuses_all(somebody: Newcomer) -> None:
    org, token = somebody.server.org, token_of(somebody.by_password())
    without = replace(org.organization, edition="Professional Edition")
    text = "The REST API is not enabled for this Organization."
    with changed(org, organization=without):
        assert somebody.call(token).error == (403, "API_DISABLED_FOR_ORG", text)


def test_a_user_without_api_enabled_is_refused(somebody: Newcomer) -> None:
    token = token_of(somebody.by_password())
    administration.grant(somebody.server.org, somebody.profile.id, [API_ENABLED], on=False)
    refused = (403, "API_CURRENTLY_DISABLED", "API is disabled for this User")
    assert somebody.call(token).error == refused


def test_passwords_expire_by_age_unless_they_never_do(somebody: Newcomer) -> None:
    org, user = somebody.server.org, somebody.user
    administration.set_password(org, user, "Yet-Another-4")
    secret = "Yet-Another-4" + user.security_token
    try:
        org.clock.move(timedelta(days=91))
        token = token_of(somebody.by_password(secret))
        assert somebody.call(token).error == (
            401,
            "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
            "The users password has expired, you must call SetPassword before attempting any "
            "other API operations",
        )
        with changed(org.settings, password_days=None):
            assert somebody.call(token).status == 200
    finally:
        org.clock.move(timedelta(days=-91))


def test_the_host_and_the_version_are_looked_at_first(somebody: Newcomer) -> None:
    org, token = somebody.server.org, token_of(somebody.by_credentials())
    assert at_host(somebody, token, "login.salesforce.com").error[:2] == (400, "URL_NOT_RESET")
    assert at_host(somebody, token, org.host).status == 200
    with changed(org, former_hosts={"na15.salesforce.com"}):
        assert at_host(somebody, token, "na15.salesforce.com").error == EXPIRED
    with changed(org.settings, newest_version=59, oldest_version=41):
        newer = at_host(somebody, token, org.host, "60.0")
        assert newer.error == (404, "NOT_FOUND", "The requested resource does not exist")
        assert at_host(somebody, token, org.host, "40.0").status == 410
        assert at_host(somebody, token, org.host, "59.0").status == 200


def test_a_waking_org_is_not_there_yet(somebody: Newcomer) -> None:
    with changed(somebody.server.org, waking=True):
        answer = somebody.call("any")
    assert answer.status == 420
    assert b"We are setting things up." in answer.body


def test_maintenance_and_faults_answer_503(somebody: Newcomer) -> None:
    org, token = somebody.server.org, token_of(somebody.by_credentials())
    busy = (503, "SERVER_UNAVAILABLE", "Server too busy")
    with changed(org, status="maintenance"):
        assert somebody.call(token).error == busy
    org.faults.add(Fault("busy", "server_busy", times=1))
    assert somebody.call(token).error == busy
    org.faults.add(Fault("ended", "session_expired", times=1))
    assert somebody.call(token).error == EXPIRED
    assert somebody.call(token).error == EXPIRED
    org.faults.add(Fault("used up", "quota", times=1))
    again = token_of(somebody.by_credentials())
    over = (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    assert somebody.call(again).error == over
    assert somebody.call(again).status == 200


def test_too_many_long_calls_keep_further_ones_out(somebody: Newcomer) -> None:
    org, token = somebody.server.org, token_of(somebody.by_credentials())
    with changed(org.settings, long_call_seconds=0.0, concurrent_limit=2):
        assert somebody.call(token).status == 200
        with org.traffic.running(), org.traffic.running():
            assert somebody.call(token).error == (
                403,
                "REQUEST_LIMIT_EXCEEDED",
                "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
            )
    assert somebody.call(token).status == 200


def test_tokens_of_another_org_are_no_tokens_here(server: OrgServer, somebody: Newcomer) -> None:
    token = token_of(somebody.by_credentials())
    with OrgServer(rows={"Account": 1}, seed=2) as other:
        path, headers = "/services/data/v60.0/limits", {"Authorization": f"Bearer {token}"}
        assert ask_from(other, None, "GET", path, None, headers).error == EXPIRED


def test_soql_sees_logins_tokens_and_permissions(server: OrgServer) -> None:
    somebody, client = newcomer(server), Client(server)
    somebody.by_password("wrong")
    somebody.by_code()
    who = f"UserId = '{somebody.user.id}'"
    logins = client.values(f"SELECT Status, LoginType FROM LoginHistory WHERE {who}")
    assert sorted(logins) == [
        ("Invalid Password", "Remote Access 2.0"),
        ("Success", "Remote Access 2.0"),
    ]
    soql = f"SELECT AppName, AppMenuItemId, UseCount FROM OauthToken WHERE {who}"
    ((name, menu_item, uses),) = client.values(soql)
    assert (name, uses) == (somebody.app.name, 1)
    assert menu_item is not None
    app_administration.uninstall(server.org, somebody.app)
    assert client.values(soql) == []
    api = client.values(
        "SELECT Label FROM PermissionSet WHERE PermissionsApiEnabled = true "
        f"AND ProfileId = '{somebody.profile.id}'"
    )
    assert api == [(somebody.profile.label,)]


def test_writing_to_users_reaches_their_logins(server: OrgServer) -> None:
    client, directory = Client(server), server.org.directory
    stan = directory.user("stan@acme.example")
    assert stan is not None
    off = client.call("PATCH", f"/sobjects/User/{stan.id}", {"IsActive": False})
    assert off.status == 204
    assert not stan.is_active
    administration.activate(server.org, stan)
    assert client.values(f"SELECT IsActive FROM User WHERE Id = '{stan.id}'") == [(True,)]
    ((login_id,),) = client.values(f"SELECT Id FROM UserLogin WHERE UserId = '{stan.id}'")
    frozen = client.call("PATCH", f"/sobjects/UserLogin/{login_id}", {"IsFrozen": True})
    assert frozen.status == 204
    assert stan.is_frozen
