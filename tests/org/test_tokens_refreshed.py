"""Transcripts of refresh tokens: rotation, reuse, overlap, five approvals, and policies."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from sallyport_org.identity import approvals
from sallyport_org.server import OrgServer
from tests.org.newcomers import Newcomer, changed, newcomer, refusal

EXPIRED = ("invalid_grant", "expired access/refresh token")


@pytest.fixture(scope="module")
def server() -> Iterator[OrgServer]:
    with OrgServer(rows={"Account": 1}) as running:
        yield running


@pytest.fixture
def somebody(server: OrgServer) -> Newcomer:
    return newcomer(server)


def test_without_rotation_a_refresh_token_serves_again_and_again(somebody: Newcomer) -> None:
    token = somebody.by_code().json["refresh_token"]
    for _ in range(3):
        answer = somebody.by_refresh(token)
        assert "refresh_token" not in answer.json
        assert somebody.call(answer.json["access_token"]).status == 200
    approval = approvals.holding(somebody.server.org.directory, token)
    assert approval is not None
    assert approval.uses == 4


def test_rotation_gives_a_new_token_each_time(server: OrgServer) -> None:
    somebody = newcomer(server, rotate_refresh_tokens=True)
    token = somebody.by_code().json["refresh_token"]
    seen = {token}
    for _ in range(3):
        token = somebody.by_refresh(token).json["refresh_token"]
        seen.add(token)
    assert len(seen) == 4


def test_a_spent_token_used_again_ends_the_whole_family(server: OrgServer) -> None:
    somebody = newcomer(server, rotate_refresh_tokens=True)
    first = somebody.by_code().json
    second = somebody.by_refresh(first["refresh_token"]).json
    assert refusal(somebody.by_refresh(first["refresh_token"])) == EXPIRED
    assert refusal(somebody.by_refresh(second["refresh_token"])) == EXPIRED
    for token in (first["access_token"], second["access_token"]):
        assert somebody.call(token).error[:2] == (401, "INVALID_SESSION_ID")


@pytest.mark.parametrize("rotating", [False, True])
def test_the_same_token_twice_at_once_is_served_once(server: OrgServer, rotating: bool) -> None:
    somebody = newcomer(server, rotate_refresh_tokens=rotating)
    token = somebody.by_code().json["refresh_token"]
    with changed(server.org.settings, token_seconds=0.4), ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: somebody.by_refresh(token), range(4)))
    assert sorted(answer.status for answer in answers) == [200, 400, 400, 400]
    words = ("invalid_grant", "token request is already being processed")
    for answer in answers:
        if answer.status == 200:
            kept = answer.json.get("refresh_token", token)
        else:
            assert refusal(answer) == words
    assert "Failed: Token request is already being processed." in somebody.statuses
    assert somebody.by_refresh(kept).status == 200


def test_a_sixth_approval_pushes_the_oldest_out_without_a_word(somebody: Newcomer) -> None:
    given = [somebody.by_code().json["refresh_token"] for _ in range(6)]
    assert refusal(somebody.by_refresh(given[0])) == EXPIRED
    assert [somebody.by_refresh(token).status for token in given[1:]] == [200] * 5


def test_five_approvals_count_for_each_user_and_app(server: OrgServer) -> None:
    one, other = newcomer(server), newcomer(server)
    token = one.by_code().json["refresh_token"]
    for _ in range(6):
        other.by_code()
    assert one.by_refresh(token).status == 200


@pytest.mark.parametrize(
    ("policy", "hours", "steps"),
    [
        ("immediately", 0.0, [(0, 400)]),
        ("unused", 24.0, [(20, 200), (20, 200), (25, 400)]),
        ("after", 24.0, [(20, 200), (20, 400)]),
        ("until_revoked", 0.0, [(9000, 200)]),
    ],
)
def test_the_refresh_token_policy_decides_how_long_one_lives(
    somebody: Newcomer, policy: str, hours: float, steps: list[tuple[int, int]]
) -> None:
    org = somebody.server.org
    with changed(org.directory.policy(somebody.app), refresh_policy=policy, refresh_hours=hours):
        token = somebody.by_code().json["refresh_token"]
        before = org.clock.ahead
        try:
            for wait, status in steps:
                org.clock.move(timedelta(hours=wait))
                answer = somebody.by_refresh(token)
                assert answer.status == status
                if status == 400:
                    assert refusal(answer) == EXPIRED
        finally:
            org.clock.ahead = before


def test_a_refresh_token_is_for_the_app_it_was_given_to(server: OrgServer) -> None:
    one, other = newcomer(server), newcomer(server)
    token = one.by_code().json["refresh_token"]
    assert refusal(other.by_refresh(token)) == EXPIRED
    assert one.by_refresh(token).status == 200
