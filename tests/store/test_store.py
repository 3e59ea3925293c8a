"""The promises of store.base, kept by SQLite and by PostgreSQL alike."""

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from sallyport.errors import BrokenInstallation, Conflict, NotFound, StaleVersion
from sallyport.kernel import SystemClock, new_hex, new_id
from sallyport.store import Actor, Kind, Record, Scope, SqlStore
from sallyport.store import migrate as migrations
from sallyport.store.base import ApiClient
from sallyport.store.sql import create_engine
from sallyport.store.tables import metadata

PROD = Scope("ACME@AdobeOrg", "prod")
DEV = Scope("ACME@AdobeOrg", "dev")
ANN = Actor("ann", "notebook")
BEN = Actor("ben", "script")


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    url = database_url.replace("postgresql://", "postgresql+psycopg://")
    opened = SqlStore.open(url, SystemClock())
    yield opened
    opened.close()


def a_connection(name: str = "acme", scope: Scope = PROD) -> Record:
    return Record(Kind.CONNECTION, new_id(), scope, name, "enabled", {"auth": "basic"})


def test_an_inserted_record_comes_back_with_version_stamps_and_actor(store: SqlStore) -> None:
    made = store.insert(replace(a_connection(), sealed="v1.x", parent="p"), ANN)
    read = store.get(Kind.CONNECTION, PROD, made.id)
    assert read == made
    assert (read.created_by, read.updated_client) == ("ann", "notebook")
    assert read.created_at == read.updated_at > 1_700_000_000_000
    assert read.version


def test_a_name_is_taken_within_its_scope_only(store: SqlStore) -> None:
    store.insert(a_connection("acme"), ANN)
    with pytest.raises(Conflict, match="already has this name") as refused:
        store.insert(a_connection("acme"), BEN)
    assert (refused.value.field, refused.value.received) == ("name", "acme")
    store.insert(a_connection("acme", DEV), ANN)
    assert len(store.page(Kind.CONNECTION, PROD).records) == 1


def test_of_many_racing_for_a_name_one_wins(store: SqlStore) -> None:
    outcomes: list[str] = []

    def race() -> None:
        try:
            store.insert(a_connection("raced"), ANN)
            outcomes.append("won")
        except Conflict:
            outcomes.append("taken")

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["taken"] * 7 + ["won"]


def test_an_update_gives_a_new_version_and_ends_the_old_one(store: SqlStore) -> None:
    first = store.insert(a_connection(), ANN)
    second = store.update(replace(first, state="disabled"), BEN)
    assert second.version != first.version
    with pytest.raises(StaleVersion):
        store.update(replace(first, state="enabled"), ANN)
    now = store.get(Kind.CONNECTION, PROD, first.id)
    assert (now.state, now.updated_by, now.created_by) == ("disabled", "ben", "ann")


def test_of_many_updating_the_same_version_one_wins(store: SqlStore) -> None:
    made = store.insert(a_connection(), ANN)
    outcomes: list[str] = []

    def race(number: int) -> None:
        try:
            store.update(replace(made, body={"by": number}), ANN)
            outcomes.append(f"won {number}")
        except StaleVersion:
            outcomes.append("stale")

    threads = [threading.Thread(target=race, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("stale") == 7
    winner = next(outcome for outcome in outcomes if outcome != "stale")
    assert winner == f"won {store.get(Kind.CONNECTION, PROD, made.id).body['by']}"


def test_another_scope_or_kind_or_id_is_not_found(store: SqlStore) -> None:
    made = store.insert(a_connection(), ANN)
    for kind, scope, record_id in (
        (Kind.CONNECTION, DEV, made.id),
        (Kind.CONNECTION, Scope("OTHER@AdobeOrg", "prod"), made.id),
        (Kind.FLOW, PROD, made.id),
        (Kind.CONNECTION, PROD, new_id()),
    ):
        with pytest.raises(NotFound):
            store.get(kind, scope, record_id)
        with pytest.raises(NotFound):
            store.delete(kind, scope, record_id)
    with pytest.raises(NotFound):
        store.update(replace(made, scope=DEV), ANN)
    assert store.get(Kind.CONNECTION, PROD, made.id) == made


def test_delete_obeys_the_version(store: SqlStore) -> None:
    first = store.insert(a_connection(), ANN)
    second = store.update(first, ANN)
    with pytest.raises(StaleVersion):
        store.delete(Kind.CONNECTION, PROD, first.id, first.version)
    store.delete(Kind.CONNECTION, PROD, first.id, second.version)
    with pytest.raises(NotFound):
        store.get(Kind.CONNECTION, PROD, first.id)


def test_progress_leaves_the_version_alone(store: SqlStore) -> None:
    made = store.insert(a_connection(), ANN)
    store.patch_body(Kind.CONNECTION, PROD, made.id, {"progress": {"rows": 5}})
    read = store.get(Kind.CONNECTION, PROD, made.id)
    assert read.version == made.version
    assert read.body == {"auth": "basic", "progress": {"rows": 5}}


def test_a_listing_pages_in_order_and_says_whether_more_follow(store: SqlStore) -> None:
    ids = [store.insert(a_connection(f"c{number}"), ANN).id for number in range(5)]
    store.insert(a_connection("elsewhere", DEV), ANN)
    oldest = store.page(Kind.CONNECTION, PROD, newest_first=False, limit=2)
    rest = store.page(Kind.CONNECTION, PROD, newest_first=False, limit=9, offset=2)
    assert oldest.more
    assert not rest.more
    listed = [record.id for record in [*oldest.records, *rest.records]]
    assert sorted(listed) == sorted(ids)
    newest = [record.id for record in store.page(Kind.CONNECTION, PROD).records]
    assert newest == listed[::-1]


def test_a_listing_narrows_by_parent_and_state(store: SqlStore) -> None:
    for state, parent in (("queued", "f1"), ("success", "f1"), ("queued", "f2")):
        store.insert(Record(Kind.RUN, new_id(), PROD, "r", state, {}, parent=parent), ANN)
    assert len(store.page(Kind.RUN, PROD, parent="f1").records) == 2
    assert len(store.page(Kind.RUN, PROD, parent="f1", states=["queued"]).records) == 1


def test_the_first_sandbox_of_an_org_is_its_default(store: SqlStore) -> None:
    first = store.ensure_org("ACME@AdobeOrg", "prod")
    second = store.ensure_org("ACME@AdobeOrg", "dev")
    assert (first.is_default, second.is_default) == (True, False)
    assert store.ensure_org("ACME@AdobeOrg", "prod") == first
    assert [sandbox.name for sandbox in store.sandboxes("ACME@AdobeOrg")] == ["prod", "dev"]
    assert store.sandboxes("NOBODY@AdobeOrg") == []


def test_credentials_names_are_unique_in_an_org(store: SqlStore) -> None:
    client = ApiClient(new_hex(32), "ACME@AdobeOrg", "ci", "hash", 1)
    store.add_client(client)
    with pytest.raises(Conflict):
        store.add_client(replace(client, client_id=new_hex(32)))
    assert store.client(client.client_id) == client
    assert store.client("nobody") is None


def test_a_constant_is_the_same_for_everyone(store: SqlStore) -> None:
    answers: list[str] = []
    threads = [
        threading.Thread(
            target=lambda n=number: answers.append(store.constant("k", lambda: f"v{n}"))
        )
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert set(answers) == {store.constant("k", lambda: "late")}


def test_migrations_make_exactly_the_tables_the_code_uses(database_url: str) -> None:
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    migrations.upgrade(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_the_newest_migration_is_the_one_the_code_expects() -> None:
    config = Config()
    folder = Path(migrations.__file__).parent / "migrations"
    config.set_main_option("script_location", str(folder))
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.HEAD]


def test_many_processes_may_migrate_at_once(database_url: str) -> None:
    url = database_url.replace("postgresql://", "postgresql+psycopg://")
    failures: list[BaseException] = []

    def migrate() -> None:
        try:
            SqlStore.open(url, SystemClock()).close()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=migrate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_database_of_a_newer_release_is_refused(database_url: str) -> None:
    url = database_url.replace("postgresql://", "postgresql+psycopg://")
    SqlStore.open(url, SystemClock()).close()
    engine = create_engine(url).execution_options(sallyport_writes=True)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(BrokenInstallation, match="newer sallyport"):
        SqlStore.open(url, SystemClock())
    engine.dispose()


def test_an_unusable_database_is_named_without_its_password() -> None:
    with pytest.raises(BrokenInstallation) as refused:
        SqlStore.open("postgresql+psycopg://u:hunter2@127.0.0.1:1/none", SystemClock())
    assert "127.0.0.1" in refused.value.message
    assert "hunter2" not in refused.value.sentence()


def test_a_database_that_is_gone_is_said_in_a_sentence(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    store = SqlStore.open(f"sqlite:///{home / 'x.sqlite'}", SystemClock())
    store.close()
    home.rename(tmp_path / "elsewhere")
    with pytest.raises(BrokenInstallation, match="does not answer") as broken:
        store.sandboxes("ACME@AdobeOrg")
    assert broken.value.field == "SALLYPORT_DATABASE_URL"


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    file = tmp_path / "x.sqlite"
    file.write_bytes(b"not a database" * 500)
    with pytest.raises(BrokenInstallation, match=os.fspath(file)):
        SqlStore.open(f"sqlite:///{file}", SystemClock())


def test_a_folder_that_cannot_hold_the_database_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing" / "x.sqlite"
    with pytest.raises(BrokenInstallation, match=os.fspath(missing)):
        SqlStore.open(f"sqlite:///{missing}", SystemClock())
