"""Transcripts of keepers of one stored connection: two processes, one store, one token endpoint.

A "process" here is a keeper with an HTTP client of its own; ``checks/keeper_storm.py`` kills real
ones.
"""

import base64
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest

from sallyport.auth.attempt import Keeping, Patience
from sallyport.auth.credentials import ClientCredentials, Credentials, WebServerCredentials
from sallyport.auth.grant_keeper import MOST_CALLS_AN_HOUR, GrantKeeper
from sallyport.auth.grants import Grant
from sallyport.auth.tokens import first_tokens
from sallyport.auth.vault import EnvKey, Vault
from sallyport.errors import (
    AuthorizationRequired,
    InvalidRequest,
    RemoteRefused,
    RemoteUnavailable,
)
from sallyport.kernel import Secret, SystemClock
from sallyport.salesforce.client import HttpClient
from sallyport.salesforce.hosts import AllowedHosts
from sallyport.salesforce.replies import TemporarilyRefused
from sallyport.store import GrantState, SqlStore

# claims are short here: none may pass while the HTTP library is being imported
import sallyport.salesforce.transport  # noqa: F401  # isort: skip
from tests.auth.test_assertions import part
from tests.salesforce.wire_server import Answer, WireServer, as_json

ID = "6a1d7a0e-0000-4000-8000-000000000001"
TOKEN, INTROSPECT = "/services/oauth2/token", "/services/oauth2/introspect"
EXPIRED = as_json(
    {"error": "invalid_grant", "error_description": "expired access/refresh token"}, 400
)
LOST = Answer(200, b"{" + b" " * 50, cut_after=1)
"""An answer that was sent and never arrived."""
BUSY = as_json(
    {"error": "invalid_grant", "error_description": "token request is already being processed"},
    400,
)
YES, NO = as_json({"active": True}), as_json({"active": False})
MAY_NOT = as_json({"error": "invalid_request", "error_description": "not allowed"}, 401)
QUICK = Patience(call=0.9, lease=1.5, busy=0.1, wait=9.0)


@dataclass
class MovedClock:
    """The machine's clock, moved on by a test."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def monotonic(self) -> float:
        return monotonic()


@dataclass
class World:
    """A store, a token endpoint, and the processes that share them."""

    server: WireServer
    store: SqlStore
    clients: list[HttpClient] = field(default_factory=list)
    clock: MovedClock = field(default_factory=MovedClock)
    told: list[AuthorizationRequired | None] = field(default_factory=list)
    vault: Vault = field(
        default_factory=lambda: Vault(EnvKey(Secret(base64.b64encode(b"k" * 32).decode())))
    )

    def process(
        self, credentials: Credentials | None = None, patience: Patience = QUICK, also: str = ""
    ) -> GrantKeeper:
        http = HttpClient(AllowedHosts.parse(f"{self.server.netloc} {also}"))
        self.clients.append(http)
        keeping = Keeping(
            self.store.grants,
            self.vault,
            http,
            self.server.allowed,
            self.clock,
            f"process {len(self.clients)}",
            patience,
        )
        return GrantKeeper(ID, credentials or self.app(), keeping, self.told.append)

    def app(self) -> WebServerCredentials:
        return WebServerCredentials(self.server.org_url, "key", Secret("s3cret"))

    def grant(self, access: str = "first", refresh: str | None = "refresh-1") -> None:
        """Store what a person granted."""
        held = Grant(
            Secret(access), self.server.url, refresh_token=Secret(refresh) if refresh else None
        )
        keep_alive = QUICK.keep_alive
        tokens = first_tokens(ID, held, self.vault, self.clock, keep_alive)
        self.store.grants.replace(ID, tokens)

    def sent(self) -> list[str]:
        """The refresh tokens that were sent, in order."""
        return [seen.form()["refresh_token"] for seen in self.server.seen_at(TOKEN)]

    def state(self) -> GrantState:
        record = self.store.grants.read(ID)
        assert record is not None
        return record.state


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    url = database_url.replace("postgresql://", "postgresql+psycopg://")
    store = SqlStore.open(url, SystemClock())
    with WireServer() as server:
        made = World(server, store)
        yield made
        for client in made.clients:
            client.close()
    store.close()


def gives(world: World, access: str, refresh: str | None = None, delay: float = 0.0) -> Answer:
    body = {"access_token": access, "instance_url": world.server.url}
    answer = as_json(body | ({"refresh_token": refresh} if refresh else {}))
    return replace(answer, delay=delay)


def from_all(ask: Callable[[GrantKeeper], str], keepers: list[GrantKeeper]) -> list[str]:
    with ThreadPoolExecutor(len(keepers)) as pool:
        return list(pool.map(ask, keepers))


def token(keeper: GrantKeeper) -> str:
    return keeper.current().token.reveal()


def test_processes_share_one_login(world: World) -> None:
    app = ClientCredentials(world.server.org_url, "key", Secret("s3cret"))
    world.server.on(TOKEN, gives(world, "one", delay=0.3), gives(world, "two"))
    keepers = [world.process(app), world.process(app), world.process(app)]
    assert from_all(token, keepers * 4) == ["one"] * 12
    assert len(world.server.seen_at(TOKEN)) == 1


def test_processes_share_one_refresh(world: World) -> None:
    world.grant()
    world.server.on(TOKEN, gives(world, "second", "refresh-2", delay=0.2), EXPIRED)
    keepers = [world.process() for _ in range(3)]
    rejected = keepers[0].current()
    assert rejected.token.reveal() == "first"
    renewed = from_all(lambda keeper: keeper.renew(rejected).token.reveal(), keepers * 4)
    assert renewed == ["second"] * 12
    assert world.sent() == ["refresh-1"]


def test_a_rotated_token_is_used_once_and_its_successor_next(world: World) -> None:
    world.grant()
    answers = [gives(world, f"session-{n}", f"refresh-{n}") for n in (2, 3, 4)]
    world.server.on(TOKEN, *answers)
    one, other = world.process(), world.process()
    second = one.renew(one.current())
    assert other.current().token == second.token
    third = other.renew(second)
    assert one.renew(second).token == third.token
    assert one.renew(third).token.reveal() == "session-4"
    assert world.sent() == ["refresh-1", "refresh-2", "refresh-3"]


def test_without_rotation_the_token_serves_again(world: World) -> None:
    world.grant()
    world.server.on(TOKEN, gives(world, "second"), gives(world, "third"))
    keeper = world.process()
    assert keeper.renew(keeper.renew(keeper.current())).token.reveal() == "third"
    assert world.sent() == ["refresh-1", "refresh-1"]


def test_the_same_session_again_is_not_asked_for_for_ever(world: World) -> None:
    world.grant()
    world.server.on(TOKEN, gives(world, "first"))
    keeper = world.process()
    assert keeper.renew(keeper.current()).token.reveal() == "first"
    assert len(world.sent()) == 1


def test_a_token_that_says_when_it_ends_is_replaced_before(world: World) -> None:
    world.grant()
    now = int(world.clock.now().timestamp())
    lives = f"{part({})}.{part({'iat': now - 9999, 'exp': now - 9999 + 1800})}.sig"
    world.server.on(TOKEN, gives(world, lives), gives(world, "third"))
    keeper = world.process()
    assert keeper.renew(keeper.current()).token.reveal() == lives
    world.clock.ahead = timedelta(minutes=28)
    assert token(keeper) == lives
    world.clock.ahead = timedelta(minutes=29, seconds=1)
    assert token(keeper) == "third"


def test_a_dead_grant_stops_at_once_in_every_process(world: World) -> None:
    world.grant()
    world.server.on(TOKEN, EXPIRED)
    one, other = world.process(), world.process()
    rejected = one.current()
    for keeper in (one, other, one, other):
        with pytest.raises(AuthorizationRequired, match="expired access/refresh token") as dead:
            keeper.renew(rejected)
        assert dead.value.finding is None
        assert "Connect again" in str(dead.value.cure)
    assert len(world.sent()) == 1
    assert world.state() is GrantState.REFUSED
    assert all(isinstance(error, AuthorizationRequired) for error in world.told)


def test_what_an_administrator_can_undo_is_tried_again_ever_more_rarely(world: World) -> None:
    world.grant()
    barred = as_json({"error": "invalid_grant", "error_description": "ip restricted"}, 400)
    world.server.on(TOKEN, barred, barred, gives(world, "second"))
    keeper = world.process()
    rejected = keeper.current()
    for minutes, calls in ((0, 1), (0.9, 1), (1.1, 2), (4.9, 2)):
        world.clock.ahead = timedelta(minutes=minutes)
        with pytest.raises(AuthorizationRequired, match="Nothing more is sent before"):
            keeper.renew(rejected)
        assert len(world.sent()) == calls
    world.clock.ahead = timedelta(minutes=5.3)
    assert keeper.look_after()
    assert token(keeper) == "second" or keeper.renew(rejected).token.reveal() == "second"
    assert world.state() is GrantState.USABLE
    assert world.told[-1] is None


def test_a_refused_login_is_not_repeated_at_once(world: World) -> None:
    wrong = as_json({"error": "invalid_client", "error_description": "bad"}, 400)
    app = ClientCredentials(world.server.org_url, "key", Secret("wrong"))
    world.server.on(TOKEN, wrong, gives(world, "one"))
    for keeper in (world.process(app), world.process(app)):
        with pytest.raises(RemoteRefused, match="Nothing more is sent before") as refused:
            keeper.current()
        assert (refused.value.code, refused.value.field) == ("invalid_client", "client_secret")
    assert len(world.server.seen_at(TOKEN)) == 1
    world.clock.ahead = timedelta(minutes=2)
    assert token(world.process(app)) == "one"
    assert world.told == []


def test_too_many_logins_are_waited_out(world: World) -> None:
    often = as_json({"error": "invalid_grant", "error_description": "login rate exceeded"}, 400)
    app = ClientCredentials(world.server.org_url, "key", Secret("s3cret"))
    world.server.on(TOKEN, often, gives(world, "one"))
    for minutes in (0, 9):
        world.clock.ahead = timedelta(minutes=minutes)
        with pytest.raises(TemporarilyRefused, match="login rate exceeded"):
            world.process(app).current()
    assert len(world.server.seen_at(TOKEN)) == 1
    world.clock.ahead = timedelta(minutes=11)
    assert token(world.process(app)) == "one"


def test_after_a_lost_answer_a_living_token_is_sent_again(world: World) -> None:
    world.grant()
    world.server.on(TOKEN, LOST, gives(world, "second", "refresh-2"))
    world.server.on(INTROSPECT, YES)
    one, other = world.process(), world.process()
    rejected = one.current()
    with pytest.raises(RemoteUnavailable):
        one.renew(rejected)
    assert other.renew(rejected).token.reveal() == "second"
    assert world.sent() == ["refresh-1", "refresh-1"]
    (asked,) = world.server.seen_at(INTROSPECT)
    assert asked.form()["token"] == "refresh-1"
    assert asked.form()["token_type_hint"] == "refresh_token"


def test_after_a_lost_answer_a_spent_token_is_never_sent_again(world: World) -> None:
    world.grant()
    world.server.on(TOKEN, LOST)
    world.server.on(INTROSPECT, NO)
    keeper = world.process()
    rejected = keeper.current()
    with pytest.raises(RemoteUnavailable):
        keeper.renew(rejected)
    for _ in range(2):
        with pytest.raises(AuthorizationRequired, match="lost in rotation") as lost:
            keeper.renew(rejected)
        assert lost.value.finding == "lost-in-rotation"
    assert world.sent() == ["refresh-1"]
    assert len(world.server.seen_at(INTROSPECT)) == 1


def test_a_lost_answer_is_not_looked_into_while_its_call_may_be_under_way(world: World) -> None:
    world.grant()
    world.server.on(TOKEN, LOST, gives(world, "second"))
    world.server.on(INTROSPECT, YES)
    keeper = world.process()
    rejected = keeper.current()
    began = monotonic()
    with pytest.raises(RemoteUnavailable):
        keeper.renew(rejected)
    assert keeper.renew(rejected).token.reveal() == "second"
    assert monotonic() - began >= QUICK.lease


@pytest.mark.parametrize("public", [False, True])
def test_where_the_app_may_not_introspect_the_token_is_tried_exactly_once(
    world: World, public: bool
) -> None:
    app = replace(world.app(), client_secret=None) if public else world.app()
    world.grant()
    world.server.on(TOKEN, LOST, EXPIRED)
    world.server.on(INTROSPECT, MAY_NOT)
    keeper = world.process(app)
    rejected = keeper.current()
    with pytest.raises(RemoteUnavailable):
        keeper.renew(rejected)
    with pytest.raises(AuthorizationRequired) as lost:
        keeper.renew(rejected)
    assert lost.value.finding == "lost-in-rotation"
    assert world.sent() == ["refresh-1", "refresh-1"]


def test_a_second_lost_answer_ends_the_trying_where_nobody_can_ask(world: World) -> None:
    world.grant()
    world.server.on(TOKEN, LOST, LOST, gives(world, "late"))
    world.server.on(INTROSPECT, MAY_NOT)
    keeper = world.process()
    rejected = keeper.current()
    for _ in range(2):
        with pytest.raises(RemoteUnavailable):
            keeper.renew(rejected)
    with pytest.raises(AuthorizationRequired) as lost:
        keeper.renew(rejected)
    assert lost.value.finding == "lost-in-rotation"
    assert len(world.sent()) == 2


def test_a_grant_that_never_rotated_is_not_called_lost_in_rotation(world: World) -> None:
    world.grant()
    world.server.on(TOKEN, gives(world, "second"), LOST)
    world.server.on(INTROSPECT, NO)
    keeper = world.process()
    session = keeper.renew(keeper.current())
    with pytest.raises(RemoteUnavailable):
        keeper.renew(session)
    with pytest.raises(AuthorizationRequired, match="no longer alive") as ended:
        keeper.renew(session)
    assert ended.value.finding is None


def test_a_claimer_that_died_is_recognised_by_its_intent(world: World) -> None:
    world.grant()
    world.server.on(TOKEN, gives(world, "second", "refresh-2"))
    world.server.on(INTROSPECT, YES)
    record = world.store.grants.read(ID)
    assert record is not None
    died = world.store.grants.claim(
        ID, record.version, owner="dead", seconds=0.3, intent={"sends": 1, "at": 0}, due_at=None
    )
    assert died is not None
    keeper = world.process()
    assert keeper.renew(keeper.current()).token.reveal() == "second"
    assert len(world.server.seen_at(INTROSPECT)) == 1


def test_a_request_that_never_left_leaves_nothing_to_look_into(world: World) -> None:
    world.grant()
    with WireServer() as gone:
        nobody_there = gone.org_url
    keeper = world.process(replace(world.app(), login=nobody_there), also=nobody_there.netloc)
    rejected = keeper.current()
    with pytest.raises(RemoteUnavailable, match="Cannot connect"):
        keeper.renew(rejected)
    record = world.store.grants.read(ID)
    assert record is not None
    assert (record.intent, record.lease_left) == (None, 0.0)


def test_a_host_that_may_not_be_asked_leaves_nothing_to_look_into(world: World) -> None:
    world.grant()
    with WireServer() as elsewhere:
        keeper = world.process(replace(world.app(), login=elsewhere.org_url))
        with pytest.raises(InvalidRequest):
            keeper.renew(keeper.current())
    record = world.store.grants.read(ID)
    assert record is not None
    assert (record.intent, record.lease_left) == (None, 0.0)


def test_a_token_being_processed_is_waited_for_and_looked_into(world: World) -> None:
    world.grant()
    world.server.on(TOKEN, BUSY, gives(world, "second"))
    world.server.on(INTROSPECT, YES)
    keeper = world.process()
    assert keeper.renew(keeper.current()).token.reveal() == "second"
    assert world.sent() == ["refresh-1", "refresh-1"]
    assert len(world.server.seen_at(INTROSPECT)) == 1


def test_a_token_somebody_else_processed_is_not_sent_again(world: World) -> None:
    world.grant()
    world.server.on(TOKEN, BUSY)
    world.server.on(INTROSPECT, NO)
    keeper = world.process()
    with pytest.raises(AuthorizationRequired, match="lost in rotation"):
        keeper.renew(keeper.current())
    assert len(world.sent()) == 1


def test_a_failing_server_may_have_spent_the_token(world: World) -> None:
    world.grant()
    world.server.on(TOKEN, Answer(503), gives(world, "second"))
    world.server.on(INTROSPECT, YES)
    keeper = world.process()
    rejected = keeper.current()
    with pytest.raises(RemoteUnavailable):
        keeper.renew(rejected)
    assert keeper.renew(rejected).token.reveal() == "second"
    assert len(world.server.seen_at(INTROSPECT)) == 1


def test_a_grant_without_a_refresh_token_says_what_is_missing(world: World) -> None:
    world.grant(refresh=None)
    keeper = world.process()
    with pytest.raises(AuthorizationRequired, match="no refresh token") as ended:
        keeper.renew(keeper.current())
    assert "scope refresh_token" in str(ended.value.cure)
    assert world.server.seen == []


def test_an_idle_grant_is_kept_alive_every_seven_days(world: World) -> None:
    world.grant()
    world.server.on(TOKEN, *[gives(world, f"s{n}", f"refresh-{n}") for n in range(2, 20)])
    one, other = world.process(), world.process()
    for day in range(91):
        world.clock.ahead = timedelta(days=day, minutes=day)
        for keeper in (one, other):
            keeper.look_after()
    assert len(world.sent()) == len(set(world.sent())) == 12
    assert world.state() is GrantState.USABLE


def test_a_renewal_that_died_is_looked_after_although_nobody_calls(world: World) -> None:
    world.grant()
    world.server.on(TOKEN, LOST)
    world.server.on(INTROSPECT, NO)
    keeper = world.process()
    with pytest.raises(RemoteUnavailable):
        keeper.renew(keeper.current())
    assert not keeper.look_after()
    world.clock.ahead = timedelta(minutes=1)
    with pytest.raises(AuthorizationRequired, match="lost in rotation"):
        keeper.look_after()


def test_sessions_that_end_at_once_do_not_use_up_the_logins_of_an_hour(world: World) -> None:
    world.grant()
    world.server.on(TOKEN, gives(world, "second"))
    record = world.store.grants.read(ID)
    assert record is not None
    hour = int(world.clock.now().timestamp()) // 3600
    facts = {**record.facts, "calls": [hour, MOST_CALLS_AN_HOUR]}
    claim = world.store.grants.claim(
        ID, record.version, owner="me", seconds=9, intent={"sends": 1}, due_at=None
    )
    assert claim is not None
    world.store.grants.settle(claim, state=GrantState.USABLE, facts=facts, due_at=None)
    keeper = world.process()
    rejected = keeper.current()
    with pytest.raises(RemoteUnavailable, match="asked for 1800 sessions"):
        keeper.renew(rejected)
    world.clock.ahead = timedelta(hours=1)
    assert keeper.renew(rejected).token.reveal() == "second"


def test_a_process_that_was_held_up_sends_nothing(world: World) -> None:
    @dataclass
    class Jumping(MovedClock):
        """A machine that sleeps for a minute between any two looks at its clock."""

        passed: float = 0.0

        def monotonic(self) -> float:
            self.passed += 60.0
            return self.passed

    world.grant()
    world.clock = Jumping()
    keeper = world.process(patience=replace(QUICK, wait=500.0))
    with pytest.raises(RemoteUnavailable, match="held up"):
        keeper.renew(keeper.current())
    assert world.server.seen == []


def test_a_patience_shorter_than_its_call_is_refused() -> None:
    with pytest.raises(ValueError, match="longer"):
        Patience(call=5.0, lease=5.0)


def test_no_token_stands_readable_in_the_database(world: World, tmp_path: Path) -> None:
    world.grant("access-s3cret", "refresh-s3cret")
    world.server.on(TOKEN, gives(world, "second-s3cret", "rotated-s3cret"), EXPIRED)
    keeper = world.process()
    session = keeper.renew(keeper.current())
    with pytest.raises(AuthorizationRequired):
        keeper.renew(session)
    record = world.store.grants.read(ID)
    assert record is not None
    assert "s3cret" not in repr(record)
    for file in tmp_path.glob("metadata.sqlite*"):
        assert b"s3cret" not in file.read_bytes()
