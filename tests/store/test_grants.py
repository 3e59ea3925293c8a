"""The promises of store.grants, kept by SQLite and by PostgreSQL alike."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from sallyport.kernel import SystemClock, new_id
from sallyport.store import GrantRecord, GrantState, NewTokens, SqlStore

ME, OTHER = "machine:1:a", "machine:2:b"
SEND = {"sends": 1}


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    url = database_url.replace("postgresql://", "postgresql+psycopg://")
    opened = SqlStore.open(url, SystemClock())
    yield opened
    opened.close()


@pytest.fixture
def connection_id() -> str:
    return new_id()


def tokens(sealed: str = "v1.first", *, rotated: bool = False) -> NewTokens:
    return NewTokens(sealed, {"scope": ["api"]}, 1_000, 2_000, rotated)


def claimed(
    store: SqlStore, at: GrantRecord | str, *, owner: str = ME, seconds: float = 30.0
) -> GrantRecord | None:
    """Claim a grant as it was read, or the first of a connection."""
    which = (at, None) if isinstance(at, str) else (at.connection_id, at.version)
    return store.grants.claim(*which, owner=owner, seconds=seconds, intent=SEND, due_at=3_000)


def surely(record: GrantRecord | None) -> GrantRecord:
    assert record is not None
    return record


def test_a_grant_comes_back_as_it_was_stored(store: SqlStore, connection_id: str) -> None:
    assert store.grants.read(connection_id) is None
    made = store.grants.replace(connection_id, tokens())
    assert made == store.grants.read(connection_id)
    assert made == GrantRecord(
        connection_id, 1, 1, GrantState.USABLE, "v1.first", {"scope": ["api"]}, 1_000, 2_000
    )


def test_a_claim_is_written_together_with_its_intent(store: SqlStore, connection_id: str) -> None:
    made = store.grants.replace(connection_id, tokens())
    claim = surely(claimed(store, made))
    assert (claim.owner, claim.intent, claim.version) == (ME, SEND, made.version + 1)
    assert 25 < claim.lease_left <= 30


def test_a_claimed_grant_cannot_be_claimed_by_anybody(store: SqlStore, connection_id: str) -> None:
    claim = surely(claimed(store, store.grants.replace(connection_id, tokens())))
    assert claimed(store, claim, owner=OTHER) is None
    assert claimed(store, claim) is None


def test_of_many_claiming_at_once_one_wins(store: SqlStore, connection_id: str) -> None:
    made = store.grants.replace(connection_id, tokens())
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda n: claimed(store, made, owner=f"m:{n}"), range(8)))
    assert sum(claim is not None for claim in claims) == 1


def test_of_many_claiming_the_first_one_wins(store: SqlStore, connection_id: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda n: claimed(store, connection_id, owner=f"m:{n}"), range(8)))
    (winner,) = [claim for claim in claims if claim is not None]
    assert (winner.sealed, winner.generation, winner.state) == (None, 0, GrantState.USABLE)


def test_a_claim_that_ran_out_leaves_its_intent_to_the_next(
    store: SqlStore, connection_id: str
) -> None:
    made = store.grants.replace(connection_id, tokens())
    dead = surely(claimed(store, made, seconds=0.05))
    time.sleep(0.2)
    found = surely(store.grants.read(connection_id))
    assert (found.lease_left, found.intent) == (0.0, SEND)
    next_one = surely(claimed(store, found, owner=OTHER))
    assert next_one.owner == OTHER
    assert store.grants.note(dead, {"sends": 2}, seconds=9) is None
    assert not store.grants.settle(dead, state=GrantState.REFUSED, facts={}, due_at=None)
    assert not store.grants.commit(dead, tokens("v1.late"))
    assert surely(store.grants.read(connection_id)).sealed == "v1.first"


def test_a_token_of_the_next_generation_is_never_turned_away(
    store: SqlStore, connection_id: str
) -> None:
    slow = surely(claimed(store, store.grants.replace(connection_id, tokens()), seconds=0.05))
    time.sleep(0.2)
    other = surely(claimed(store, surely(store.grants.read(connection_id)), owner=OTHER))
    assert store.grants.settle(other, state=GrantState.REFUSED, facts={}, due_at=None)
    assert store.grants.commit(slow, tokens("v1.second", rotated=True))
    found = surely(store.grants.read(connection_id))
    assert (found.sealed, found.state, found.generation) == ("v1.second", GrantState.USABLE, 2)
    assert (found.owner, found.intent) == (None, None)


def test_a_token_that_replaces_one_of_before_is_turned_away(
    store: SqlStore, connection_id: str
) -> None:
    slow = surely(claimed(store, store.grants.replace(connection_id, tokens())))
    store.grants.replace(connection_id, tokens("v1.authorized-anew"))
    assert not store.grants.commit(slow, tokens("v1.late", rotated=True))
    assert surely(store.grants.read(connection_id)).sealed == "v1.authorized-anew"


def test_a_commit_ends_claim_and_intent(store: SqlStore, connection_id: str) -> None:
    claim = surely(claimed(store, store.grants.replace(connection_id, tokens())))
    assert store.grants.commit(claim, tokens("v1.second"))
    found = surely(store.grants.read(connection_id))
    assert (found.generation, found.owner, found.intent, found.lease_left) == (1, None, None, 0.0)
    assert not store.grants.commit(claim, tokens("v1.third"))


def test_a_grant_can_be_held_back_for_a_while(store: SqlStore, connection_id: str) -> None:
    claim = surely(claimed(store, store.grants.replace(connection_id, tokens())))
    assert store.grants.settle(
        claim, state=GrantState.USABLE, facts={"a": 1}, due_at=None, intent=SEND, hold=20.0
    )
    found = surely(store.grants.read(connection_id))
    assert (found.facts, found.intent, found.due_at) == ({"a": 1}, SEND, None)
    assert 15 < found.lease_left <= 20
    assert claimed(store, found) is None


def test_an_intent_may_change_under_a_claim(store: SqlStore, connection_id: str) -> None:
    claim = surely(claimed(store, store.grants.replace(connection_id, tokens())))
    noted = surely(store.grants.note(claim, {"sends": 2}, seconds=99))
    assert (noted.intent, noted.owner) == ({"sends": 2}, ME)
    assert 90 < noted.lease_left <= 99
    assert store.grants.note(claim, {"sends": 3}, seconds=9) is None
    assert store.grants.commit(noted, tokens("v1.second"))


def test_what_is_due_is_listed_longest_overdue_first(store: SqlStore) -> None:
    first, second, later, never = (new_id() for _ in range(4))
    for connection_id, due_at in ((second, 20), (first, 10), (later, 99), (never, None)):
        store.grants.replace(connection_id, replace(tokens(), due_at=due_at))
    assert store.grants.due(50) == [first, second]
    assert store.grants.due(50, limit=1) == [first]


def test_what_failed_lets_others_have_their_turn(store: SqlStore) -> None:
    failed, waiting, never = new_id(), new_id(), new_id()
    for connection_id, due_at in ((failed, 10), (waiting, 20), (never, None)):
        store.grants.replace(connection_id, replace(tokens(), due_at=due_at))
    before = surely(store.grants.read(failed))
    for connection_id in (failed, never):
        store.grants.postpone(connection_id, 30)
    store.grants.postpone(failed, 25)
    assert store.grants.due(30) == [waiting, failed]
    assert surely(store.grants.read(failed)).version == before.version


def test_a_deleted_grant_is_gone(store: SqlStore, connection_id: str) -> None:
    claim = surely(claimed(store, store.grants.replace(connection_id, tokens())))
    store.grants.delete(connection_id)
    store.grants.delete(connection_id)
    assert store.grants.read(connection_id) is None
    assert not store.grants.commit(claim, tokens("v1.late", rotated=True))
