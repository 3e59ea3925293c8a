from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest

from sallyport.auth.credentials import ClientCredentials
from sallyport.auth.keeper import SessionKeeper
from sallyport.errors import InvalidRequest, RemoteRefused
from sallyport.kernel import Secret, SystemClock
from sallyport.salesforce.client import HttpClient
from tests.salesforce.wire_server import Answer, WireServer, as_json

TOKEN = "/services/oauth2/token"


@pytest.fixture
def server() -> Iterator[WireServer]:
    with WireServer() as running:
        yield running


@pytest.fixture
def keeper(server: WireServer) -> Iterator[SessionKeeper]:
    with HttpClient(server.allowed) as http:
        credentials = ClientCredentials(server.org_url, "key", Secret("secret"))
        yield SessionKeeper(credentials, http, SystemClock())


def token(server: WireServer, name: str, delay: float = 0.0) -> Answer:
    body = as_json({"access_token": name, "instance_url": server.url, "issued_at": "1767225600000"})
    return Answer(body.status, body.body, body.headers, delay=delay)


def test_nothing_is_sent_before_somebody_asks(server: WireServer, keeper: SessionKeeper) -> None:
    assert server.seen == []


def test_the_session_is_kept(server: WireServer, keeper: SessionKeeper) -> None:
    server.on(TOKEN, token(server, "one"), token(server, "two"))
    first = keeper.current()
    assert (first.token.reveal(), first.instance_url) == ("one", server.org_url)
    assert first.issued_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert keeper.current() is first
    assert len(server.seen) == 1


def test_concurrent_callers_share_one_login(server: WireServer, keeper: SessionKeeper) -> None:
    server.on(TOKEN, token(server, "one", delay=0.3), token(server, "two"))
    with ThreadPoolExecutor(12) as pool:
        sessions = list(pool.map(lambda _: keeper.current(), range(12)))
    assert {session.token.reveal() for session in sessions} == {"one"}
    assert len(server.seen) == 1


def test_concurrent_callers_share_one_renewal(server: WireServer, keeper: SessionKeeper) -> None:
    server.on(TOKEN, token(server, "one"), token(server, "two", delay=0.3), token(server, "three"))
    rejected = keeper.current()
    with ThreadPoolExecutor(12) as pool:
        sessions = list(pool.map(lambda _: keeper.renew(rejected), range(12)))
    assert {session.token.reveal() for session in sessions} == {"two"}
    assert len(server.seen) == 2


def test_a_late_complaint_about_an_old_session_gets_the_present_one(
    server: WireServer, keeper: SessionKeeper
) -> None:
    server.on(TOKEN, token(server, "one"), token(server, "two"), token(server, "three"))
    old = keeper.current()
    new = keeper.renew(old)
    assert keeper.renew(old) is new
    assert len(server.seen) == 2


def test_a_failed_login_reaches_every_caller_and_is_not_remembered(
    server: WireServer, keeper: SessionKeeper
) -> None:
    no = as_json(
        {"error": "invalid_client", "error_description": "invalid client credentials"}, 400
    )
    server.on(TOKEN, Answer(no.status, no.body, no.headers, delay=1.0), token(server, "one"))
    together = Barrier(6)

    def attempt(_: int) -> str:
        together.wait()
        try:
            return keeper.current().token.reveal()
        except RemoteRefused as error:
            return error.code

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(attempt, range(6))) == ["invalid_client"] * 6
    assert len(server.seen) == 1
    assert keeper.current().token.reveal() == "one"


def test_one_connections_slow_login_does_not_hold_up_another(
    server: WireServer, keeper: SessionKeeper
) -> None:
    server.on(TOKEN, token(server, "slow", delay=1.0))
    with WireServer() as other, HttpClient(other.allowed) as http, ThreadPoolExecutor(1) as pool:
        other.on(TOKEN, token(other, "fast"))
        slow = pool.submit(keeper.current)
        credentials = ClientCredentials(other.org_url, "key", Secret("secret"))
        assert SessionKeeper(credentials, http, SystemClock()).current().token.reveal() == "fast"
        assert not slow.done()
        assert slow.result().token.reveal() == "slow"


def test_a_login_that_points_to_a_foreign_host_opens_no_session(
    server: WireServer, keeper: SessionKeeper
) -> None:
    server.on(TOKEN, as_json({"access_token": "x", "instance_url": "https://evil.example"}))
    with pytest.raises(InvalidRequest, match=r"evil\.example"):
        keeper.current()
