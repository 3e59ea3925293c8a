"""Connections that a person authorized: made, renewed, broken, mended and removed."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep

import pytest

from sallyport.auth.authorization_code import begin, exchange
from sallyport.auth.driver import perform
from sallyport.auth.grants import Grant
from sallyport.connections import Connection, ConnectionState, NewConnection
from sallyport.connections.keep_alive import KeepAlive
from sallyport.connections.reconnecting import check_same_org, check_same_user
from sallyport.errors import (
    AuthorizationRequired,
    Conflict,
    IllegalMove,
    InvalidRequest,
    NotFound,
    SessionRejected,
)
from sallyport.kernel import Secret, SystemClock, epoch_ms, new_id
from sallyport.salesforce.hosts import parse_org_url
from sallyport.settings import Settings
from sallyport.store import Actor, GrantState, Scope
from sallyport.wiring import Sallyport
from sallyport_org.identity import App, approvals, codes
from sallyport_org.server import OrgServer

SCOPE, ANN = Scope("LOCAL@AdobeOrg", "prod"), Actor("ann", "notebook")
SCOPES = ("api", "id", "refresh_token")


@dataclass
class MovedClock:
    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def monotonic(self) -> float:
        return monotonic()


@dataclass
class Place:
    """An org with an app, and an installation that may reach it."""

    server: OrgServer
    house: Sallyport
    clock: MovedClock
    made: list[Connection] = field(default_factory=list)

    @property
    def app(self) -> App:
        return self.server.org.apps[self.server.credentials.web_client_id]

    def grant(self, *scopes: str, username: str = "") -> Grant:
        """Return what a person gives by Allow; the pages are left out."""
        login = parse_org_url(self.server.url, field="url", allowed=self.house.allowed)
        redirect = self.server.credentials.redirect_uris[0]
        pending = begin(login, self.app.client_id, redirect)
        user = self.server.org.directory.user(username or self.server.credentials.username)
        assert user is not None
        code = codes.issue_code(
            self.server.org,
            user,
            self.app,
            redirect_uri=redirect,
            scopes=scopes or SCOPES,
            challenge=pending.challenge,
        )
        flow = exchange(pending, Secret(self.app.client_secret), Secret(code.code))
        return perform(flow, self.house.http)

    def parameters(self) -> dict[str, str | Secret]:
        return {
            "environment_url": self.server.url,
            "client_id": self.app.client_id,
            "client_secret": Secret(self.app.client_secret),
        }

    def connect(self, grant: Grant | None = None) -> Connection:
        new = NewConnection(f"acme {new_id()}", "web-server", self.parameters())
        services = self.house.connections
        return services.create_from_grant(SCOPE, ANN, new, grant or self.grant())

    def now(self, connection: Connection) -> Connection:
        return self.house.connections.get(SCOPE, connection.id)

    def call(self, connection: Connection) -> bool:
        return self.house.connections.client(self.now(connection)).get("limits").ok

    def alive(self) -> int:
        held = self.server.org.directory.approvals.values()
        return sum(one.alive and one.client_id == self.app.client_id for one in held)

    def token_calls(self) -> int:
        return len(self.server.requests("/oauth2/token"))


@pytest.fixture(scope="module")
def server() -> Iterator[OrgServer]:
    with OrgServer(rows={"Account": 3}) as running:
        yield running


@pytest.fixture
def place(server: OrgServer, make_settings: Callable[..., Settings]) -> Iterator[Place]:
    clock = MovedClock()
    settings = make_settings(SALLYPORT_ALLOWED_HOSTS=server.url.removeprefix("http://"))
    approvals.end_all(server.org.directory, lambda one: True, "before the test")
    with Sallyport(settings, clock) as house:
        made = Place(server, house, clock)
        made.app.rotate_refresh_tokens = True
        yield made


def test_a_grant_makes_a_connection_that_outlives_its_session(place: Place) -> None:
    connection = place.connect()
    assert connection.state is ConnectionState.ENABLED
    assert connection.org["id"] == place.server.org.id
    assert connection.secrets == ("client_secret",)
    before = place.token_calls()
    assert place.call(connection)
    assert place.token_calls() == before
    place.server.org.end_all_sessions()
    assert place.call(connection)
    assert place.token_calls() == before + 1


def test_a_grant_that_would_end_with_its_session_is_refused_and_not_kept(place: Place) -> None:
    grant = place.grant("api", "id")
    with pytest.raises(InvalidRequest, match="no refresh token") as refused:
        place.connect(grant)
    assert refused.value.field == "scope"
    assert "refresh_token" in str(refused.value.cure)
    assert place.house.connections.page(SCOPE) == ([], False)


def test_a_grant_for_a_name_that_is_taken_leaves_nothing_behind(place: Place) -> None:
    kept = place.connect()
    new = NewConnection(kept.name, "web-server", place.parameters())
    with pytest.raises(Conflict, match="this name"):
        place.house.connections.create_from_grant(SCOPE, ANN, new, place.grant())
    assert place.call(kept)


def test_a_connection_that_needs_a_person_is_not_made_without_one(place: Place) -> None:
    new = NewConnection("acme", "web-server", place.parameters())
    with pytest.raises(InvalidRequest, match="a person has to authorize") as refused:
        place.house.connections.create(SCOPE, ANN, new, patience=5)
    assert refused.value.field == "auth"


def test_a_dead_grant_moves_its_connection_and_is_not_asked_about_again(place: Place) -> None:
    connection = place.connect()
    client = place.house.connections.client(connection)
    approvals.end_all(place.server.org.directory, lambda one: True, "revoked")
    before = place.token_calls()
    for _ in range(3):
        with pytest.raises(AuthorizationRequired):
            client.get("limits")
    assert place.token_calls() == before + 1
    broken = place.now(connection)
    assert broken.state is ConnectionState.AUTHORIZATION_REQUIRED
    assert broken.last_operation is not None
    assert broken.last_operation["value"] == "failed"
    (reason,) = broken.last_operation["errors"]
    assert reason["code"] == "invalid_grant"
    assert "Connect again" in reason["cure"]
    with pytest.raises(IllegalMove, match="authorization_required"):
        place.house.connections.client(broken)


def test_connecting_again_mends_the_same_connection(place: Place) -> None:
    connection = place.connect()
    approvals.end_all(place.server.org.directory, lambda one: True, "revoked")
    with pytest.raises(AuthorizationRequired):
        place.call(connection)
    services = place.house.connections
    services.reconnect(place.now(connection), ANN, {}, grant=place.grant())
    assert place.now(connection).state is ConnectionState.ENABLED
    assert place.call(connection)


def test_connecting_again_revokes_the_grant_it_replaces(place: Place) -> None:
    connection = place.connect()
    for _ in range(6):
        grant = place.grant()
        place.house.connections.reconnect(place.now(connection), ANN, {}, grant=grant)
        assert place.alive() == 1
    assert place.call(connection)


def test_removing_a_connection_revokes_its_grant(place: Place) -> None:
    connection = place.connect()
    assert place.alive() == 1
    place.house.connections.remove(connection)
    assert place.alive() == 0
    assert place.house.connections.sessions.record(connection.id) is None
    with pytest.raises(NotFound):
        place.now(connection)


def test_another_user_is_taken_only_when_that_is_said(place: Place) -> None:
    connection = place.connect()
    stan = next(
        one.username
        for one in place.server.org.directory.users.values()
        if one.username.startswith("stan")
    )
    services = place.house.connections
    with pytest.raises(Conflict, match="another user"):
        services.reconnect(connection, ANN, {}, grant=place.grant(username=stan))
    taken = services.reconnect(
        connection, ANN, {}, grant=place.grant(username=stan), other_user=True
    )
    assert taken.org["user_id"] != connection.org["user_id"]
    assert place.call(connection)


def test_a_password_gives_way_to_a_grant_once_the_grant_is_proven(place: Place) -> None:
    given = place.server.credentials
    basic: dict[str, str | Secret] = {
        "environment_url": place.server.url,
        "username": given.username,
        "password": Secret(given.password),
        "security_token": Secret(given.security_token),
    }
    services = place.house.connections
    connection = services.create(SCOPE, ANN, NewConnection("acme", "basic", basic), patience=None)
    wrong = replace(place.grant(), access_token=Secret("not a session"))
    with pytest.raises(SessionRejected, match="rejects the session"):
        services.reconnect(connection, ANN, place.parameters(), auth="web-server", grant=wrong)
    assert place.now(connection).auth == "basic"
    assert place.call(connection)
    moved = services.reconnect(
        place.now(connection), ANN, place.parameters(), auth="web-server", grant=place.grant()
    )
    assert (moved.auth, moved.secrets, moved.id) == (
        "web-server",
        ("client_secret",),
        connection.id,
    )
    assert place.call(connection)


def test_a_blocked_app_is_tried_again_later_and_the_connection_comes_back(place: Place) -> None:
    connection = place.connect()
    policy = place.server.org.directory.policy(place.app)
    policy.blocked = True
    with pytest.raises(AuthorizationRequired, match="Nothing more is sent before"):
        place.call(connection)
    assert place.now(connection).state is ConnectionState.AUTHORIZATION_REQUIRED
    policy.blocked = False
    sessions = place.house.connections.sessions
    assert sessions.look_after() == 0
    place.clock.ahead = timedelta(minutes=2)
    assert sessions.look_after() == 1
    assert place.now(connection).state is ConnectionState.ENABLED
    assert place.call(connection)


def test_installations_on_one_database_share_a_login(place: Place, server: OrgServer) -> None:
    given = server.credentials
    parameters: dict[str, str | Secret] = {
        "environment_url": server.url,
        "client_id": given.client_id,
        "client_secret": Secret(given.client_secret),
        "api_version": "60.0",
    }
    new = NewConnection("acme", "client-credentials", parameters)
    before = place.token_calls()
    connection = place.house.connections.create(SCOPE, ANN, new, patience=None)
    with closing(Sallyport(place.house.settings)) as other:
        found = other.connections.get(SCOPE, connection.id)
        assert other.connections.client(found).get("limits").ok
    assert place.call(connection)
    assert place.token_calls() == before + 1


def test_a_key_signs_every_login_anew_and_a_bad_one_is_named(place: Place) -> None:
    given = place.server.credentials
    parameters: dict[str, str | Secret] = {
        "environment_url": place.server.url,
        "client_id": given.jwt_client_id,
        "username": given.username,
        "private_key": Secret(given.private_key_pem),
    }
    services = place.house.connections
    connection = services.create(
        SCOPE, ANN, NewConnection("acme", "jwt-key", parameters), patience=None
    )
    place.server.org.end_all_sessions()
    assert place.call(connection)
    bad = parameters | {"private_key": Secret("hunter2")}
    with pytest.raises(InvalidRequest, match="not a private key") as refused:
        services.create(SCOPE, ANN, NewConnection("other", "jwt-key", bad), patience=None)
    assert refused.value.field == "private_key"
    assert "hunter2" not in refused.value.sentence()


def test_a_ready_made_assertion_is_spoken_of_before_it_ends(place: Place) -> None:
    given = place.server.credentials
    parameters: dict[str, str | Secret] = {
        "instance_url": place.server.url,
        "client_id": given.jwt_client_id,
        "client_secret": Secret(given.jwt_client_secret),
        "jwt_token": Secret(given.jwt_token),
    }
    services = place.house.connections
    new = NewConnection("acme", "jwt", parameters)
    connection = services.create(SCOPE, ANN, new, patience=None)
    assert services.warnings(connection) == []
    place.clock.ahead = timedelta(days=100)
    (warning,) = services.warnings(connection)
    assert "expires in 1" in warning
    place.clock.ahead = timedelta(days=121)
    (warning,) = services.warnings(connection)
    assert "expired on" in warning


def test_a_grant_whose_connection_is_gone_is_forgotten(place: Place) -> None:
    sessions = place.house.connections.sessions
    orphan = new_id()
    sessions.keep(orphan, place.grant())
    place.clock.ahead = timedelta(days=8)
    assert sessions.look_after() == 0
    assert sessions.record(orphan) is None


def test_a_grant_nobody_uses_is_renewed_after_seven_days(place: Place) -> None:
    connection = place.connect()
    sessions = place.house.connections.sessions
    first = sessions.record(connection.id)
    place.clock.ahead = timedelta(days=6, hours=23)
    assert sessions.look_after() == 0
    place.clock.ahead = timedelta(days=7, minutes=1)
    assert sessions.look_after() == 1
    second = sessions.record(connection.id)
    assert first is not None
    assert second is not None
    assert (second.state, second.generation) == (GrantState.USABLE, first.generation + 1)


def test_a_grant_that_cannot_be_reached_has_its_next_turn_later(
    make_settings: Callable[..., Settings], server: OrgServer
) -> None:
    clock = MovedClock()
    netloc = server.url.removeprefix("http://")
    with Sallyport(make_settings(SALLYPORT_ALLOWED_HOSTS=netloc), clock) as house:
        Place(server, house, clock).connect()
    clock.ahead = timedelta(days=8)
    with Sallyport(make_settings(SALLYPORT_ALLOWED_HOSTS=""), clock) as house:
        sessions = house.connections.sessions
        due = [house.store.grants.due(epoch_ms(clock.now()))]
        assert sessions.look_after() == 0
        due.append(house.store.grants.due(epoch_ms(clock.now())))
        clock.ahead += timedelta(minutes=16)
        due.append(house.store.grants.due(epoch_ms(clock.now())))
    assert [len(ids) for ids in due] == [1, 0, 1]


def test_looking_after_grants_goes_on_after_a_failure() -> None:
    looks: list[int] = []

    def look() -> int:
        looks.append(1)
        raise RuntimeError("the database restarts")

    keep_alive = KeepAlive(look, every=0.01)
    keep_alive.start()
    deadline = SystemClock().monotonic() + 5
    while len(looks) < 3 and SystemClock().monotonic() < deadline:
        sleep(0.01)
    keep_alive.stop()
    assert len(looks) >= 3


ACME = {
    "id": "00D000000000001AAA",
    "name": "Acme",
    "sandbox": False,
    "instance_url": "https://acme.my.salesforce.com",
    "user_id": "005000000000001AAA",
}
UAT = ACME | {
    "id": "00D000000000002AAA",
    "name": "Acme UAT",
    "sandbox": True,
    "instance_url": "https://acme--uat.sandbox.my.salesforce.com",
}


@pytest.mark.parametrize(
    ("before", "found", "says"),
    [
        (ACME, ACME | {"id": "00D000000000009AAA", "name": "Other"}, "another org"),
        (ACME, UAT, "a sandbox cannot take the place of production"),
        (UAT, ACME, "a sandbox cannot take the place of production"),
        (UAT, UAT | {"id": "00D000000000003AAA"}, "the sandbox was refreshed"),
    ],
)
def test_another_org_is_refused_with_both_named(
    place: Place, before: dict[str, object], found: dict[str, object], says: str
) -> None:
    connection = replace(place.connect(), org=before)
    with pytest.raises(Conflict, match=says) as refused:
        check_same_org(connection, found)
    assert str(before["id"]) in refused.value.message
    assert str(found["id"]) in refused.value.message


def test_the_same_org_is_known_by_either_length_of_its_id(place: Place) -> None:
    connection = replace(place.connect(), org=ACME)
    check_same_org(connection, ACME | {"id": "00D000000000001"})
    check_same_user(connection, ACME | {"user_id": "005000000000001"}, accepted=False)
