"""Writers side by side: locks, late rows, faults; and what replication makes of them."""

import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest

from sallyport_org import dml
from sallyport_org.faults import Fault
from sallyport_org.server import OrgServer
from sallyport_org.state import Settings
from tests.org.wire import Client


@pytest.fixture(scope="module")
def server() -> Iterator[OrgServer]:
    with OrgServer(rows={"Account": 20, "Contact": 20, "Showcase__c": 20}) as started:
        yield started


@pytest.fixture(scope="module")
def client(server: OrgServer) -> Client:
    return Client(server)


def write(server: OrgServer, *changes: dml.Change, all_or_none: bool = False) -> list[dml.Outcome]:
    user = server.org.directory.user("admin@acme.example")
    assert user is not None
    return dml.write(server.org, user, changes, all_or_none=all_or_none)


def window(server: OrgServer, minutes: int = 5) -> str:
    now = server.org.clock.now()
    start, end = now - timedelta(minutes=minutes), now + timedelta(minutes=2)
    return f"start={quote(start.isoformat())}&end={quote(end.isoformat())}"


def test_writers_of_one_row_wait_for_each_other(server: OrgServer) -> None:
    key = "001gL0000000001QAA"
    outcomes: list[dml.Outcome] = []

    def visit(number: int) -> None:
        outcomes.extend(
            write(server, dml.Change("update", "Account", {"Site": str(number)}, id=key))
        )

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.errors for one in outcomes] == [()] * 12


def test_racing_upserts_of_one_key_make_one_row(server: OrgServer) -> None:
    outcomes: list[dml.Outcome] = []

    def visit() -> None:
        change = dml.Change("upsert", "Showcase__c", {}, key_field="Key__c", key="raced")
        outcomes.extend(write(server, change))

    threads = [threading.Thread(target=visit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one.created for one in outcomes) == 1
    assert len({one.id for one in outcomes}) == 1


def test_a_key_taken_while_a_composite_runs_is_not_taken_twice(
    client: Client, server: OrgServer
) -> None:
    def part(reference: str) -> dict[str, object]:
        path = f"{client.base}/sobjects/Showcase__c/Key__c/both"
        return {"referenceId": reference, "method": "PATCH", "url": path, "body": {"Name": "b"}}

    body = {"allOrNone": True, "compositeRequest": [part("a")]}
    statuses: list[int] = []

    def visit() -> None:
        answer = client.call("POST", "/composite", body).json
        statuses.append(answer["compositeResponse"][0]["httpStatusCode"])

    threads = [threading.Thread(target=visit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 200, 200, 201]
    assert client.values("SELECT Name FROM Showcase__c WHERE Key__c = 'both'") == [("b",)]


def test_a_parent_locked_for_too_long_is_named() -> None:
    rows = {"Account": 3}
    with OrgServer(rows=rows, settings=Settings(lock_wait_seconds=0.2)) as server:
        account = "001gL0000000001QAA"
        late = Fault("late", "late_visible", sobject="Account", settings={"seconds": 0.8})
        server.org.faults.add(late)
        change = dml.Change("update", "Account", {"Site": "held"}, id=account)
        holder = threading.Thread(target=lambda: write(server, change))
        holder.start()
        time.sleep(0.3)
        refused = Client(server).call(
            "POST", "/sobjects/Contact", {"LastName": "x", "AccountId": account}
        )
        holder.join()
        assert refused.error == (
            400,
            "UNABLE_TO_LOCK_ROW",
            f"unable to obtain exclusive access to this record or 1 records: {account}",
        )


def test_changes_of_the_orgs_own_wait_for_rows_somebody_holds(server: OrgServer) -> None:
    engine, key = server.org.engine, "001gL0000000002QAA"
    holds = threading.Event()

    def hold() -> None:
        with engine.transaction() as cursor:
            cursor.execute("UPDATE Account SET Site = 'first' WHERE Id = ?", [key])
            holds.set()
            time.sleep(0.4)

    holder = threading.Thread(target=hold)
    holder.start()
    holds.wait()
    update = "UPDATE Account SET Site = Site || ' second' WHERE Id = ? RETURNING Site"
    kept = engine.write_patiently(lambda cursor: cursor.execute(update, [key]).fetchall())
    holder.join()
    assert kept == [("first second",)]


def test_a_late_row_appears_below_the_stamps_of_others() -> None:
    with OrgServer(rows={"Account": 3}) as server:
        client = Client(server)
        late = Fault("late", "late_visible", times=1, settings={"seconds": 0.8})
        server.org.faults.add(late)
        slow = threading.Thread(
            target=lambda: client.call("POST", "/sobjects/Account", {"Name": "Slow"})
        )
        slow.start()
        time.sleep(0.2)
        server.org.clock.move(timedelta(seconds=2))
        client.call("POST", "/sobjects/Account", {"Name": "Quick"})
        names = "SELECT Name FROM Account WHERE Name IN ('Slow', 'Quick') ORDER BY SystemModstamp"
        meanwhile = client.values(names)
        slow.join()
        assert meanwhile == [("Quick",)]
        assert client.values(names) == [("Slow",), ("Quick",)]


def test_replication_covers_no_moment_somebody_still_writes_in() -> None:
    with OrgServer(rows={"Account": 3}) as server:
        client = Client(server)
        server.org.clock.move(timedelta(minutes=-10))
        server.org.faults.add(Fault("late", "late_visible", times=1, settings={"seconds": 0.8}))
        slow = threading.Thread(
            target=lambda: client.call("POST", "/sobjects/Account", {"Name": "Slow"})
        )
        slow.start()
        time.sleep(0.2)
        began = server.org.clock.now()
        server.org.clock.move(timedelta(minutes=10))
        answer = client.get(f"/sobjects/Account/updated?{window(server, 20)}").json
        slow.join()
        covered = datetime.strptime(answer["latestDateCovered"], "%Y-%m-%dT%H:%M:%S.%f%z")
        assert covered <= began
        later = client.get(f"/sobjects/Account/updated?{window(server, 20)}").json
        assert len(set(later["ids"]) - set(answer["ids"])) == 1


def test_faults_spoil_rows_of_their_object_only(client: Client, server: OrgServer) -> None:
    settings = {"code": "CANNOT_EXECUTE_FLOW_TRIGGER", "message": "The flow failed."}
    server.org.faults.add(Fault("f", "row_error", sobject="Account", every=2, settings=settings))
    records = [{"attributes": {"type": "Account"}, "Name": f"F{number}"} for number in range(4)]
    results = client.call("POST", "/composite/sobjects", {"records": records}).json
    other = client.call("POST", "/sobjects/Contact", {"LastName": "fine"})
    server.org.faults.remove("f")
    assert [one["success"] for one in results] == [True, False, True, False]
    assert results[1]["errors"][0]["message"] == "The flow failed."
    assert other.status == 201


def test_listeners_hear_of_rows_once_they_are_kept(server: OrgServer) -> None:
    heard: list[dml.Committed] = []
    server.org.listeners.append(heard.append)
    write(
        server, dml.Change("insert", "Account", {"Name": "x"}), dml.Change("insert", "Account", {})
    )
    write(
        server,
        dml.Change("insert", "Account", {"Name": "y"}),
        dml.Change("insert", "Account", {}),
        all_or_none=True,
    )
    server.org.listeners.remove(heard.append)
    assert [(one.sobject, one.operation, len(one.ids)) for one in heard] == [
        ("Account", "insert", 1)
    ]
    assert heard[0].fields == {"Name"}


def test_updated_and_deleted_tell_of_each_row(client: Client) -> None:
    kept, binned = (
        client.call("POST", "/sobjects/Account", {"Name": name}).json["id"] for name in "kb"
    )
    client.call("DELETE", f"/sobjects/Account/{binned}")
    changed = client.get(f"/sobjects/Account/updated?{window(client.server)}").json
    assert kept in changed["ids"]
    assert binned not in changed["ids"]
    gone = client.get(f"/sobjects/Account/deleted?{window(client.server)}").json
    dates = {one["id"]: one["deletedDate"] for one in gone["deletedRecords"]}
    assert dates[binned].endswith(".000+0000")
    assert gone["earliestDateAvailable"] < gone["latestDateCovered"]


def test_a_row_deleted_for_good_stays_in_the_delete_log(client: Client, server: OrgServer) -> None:
    key = write(server, dml.Change("insert", "Account", {"Name": "z"}))[0].id
    assert write(server, dml.Change("hardDelete", "Account", {}, id=key))[0].success
    assert client.values(f"SELECT Id FROM Account WHERE Id = '{key}'", "/queryAll") == []
    gone = client.get(f"/sobjects/Account/deleted?{window(server)}").json
    assert key in [one["id"] for one in gone["deletedRecords"]]


def test_an_undelete_brings_back_details_and_look_ups(server: OrgServer, client: Client) -> None:
    account = write(server, dml.Change("insert", "Account", {"Name": "back"}))[0].id
    contact, showcase = (
        write(server, dml.Change("insert", name, values))[0].id
        for name, values in (
            ("Contact", {"LastName": "x", "AccountId": account}),
            ("Showcase__c", {"Account__c": account}),
        )
    )
    write(server, dml.Change("delete", "Account", {}, id=account))
    assert write(server, dml.Change("undelete", "Account", {}, id=account))[0].success
    assert client.get(f"/sobjects/Contact/{contact}").status == 200
    again = client.get(f"/sobjects/Showcase__c/{showcase}?fields=Account__c").json
    assert again["Account__c"] == account


def test_a_merge_gives_the_losers_children_to_the_master(server: OrgServer, client: Client) -> None:
    master, loser = (
        write(server, dml.Change("insert", "Account", {"Name": name}))[0].id for name in "ml"
    )
    contact = write(server, dml.Change("insert", "Contact", {"LastName": "x", "AccountId": loser}))[
        0
    ]
    user = server.org.directory.user("admin@acme.example")
    assert user is not None
    made = dml.merge(server.org, user, "Account", master, [loser], {"Site": "merged"})
    assert (made.id, made.losers, made.related) == (master, (loser,), (contact.id,))
    rows = client.values(
        f"SELECT Id, IsDeleted, MasterRecordId FROM Account WHERE Id = '{loser}'", "/queryAll"
    )
    assert rows == [(loser, True, master)]
    assert client.get(f"/sobjects/Account/{master}?fields=Site").json["Site"] == "merged"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("start=2020-01-01T00:00:00Z&end=2020-01-02T00:00:00Z", "startDate cannot be more than"),
        ("start=2026-01-02T00:00:00Z&end=2026-01-02T00:00:40Z", "startDate must precede endDate"),
        ("start=yesterday&end=2026-01-02T00:00:40Z", "start is not a valid date: 'yesterday'"),
        ("end=2026-01-02T00:00:40Z", "start is not a valid date: ''"),
    ],
)
def test_windows_that_are_none_are_refused(client: Client, query: str, message: str) -> None:
    status, code, text = client.get(f"/sobjects/Account/updated?{query}").error
    assert (status, code, text[: len(message)]) == (400, "INVALID_REPLICATION_DATE", message)


def test_a_search_finds_words_in_any_field(client: Client) -> None:
    client.call("POST", "/sobjects/Account", {"Name": "Zephyr Works", "Site": "Quayside"})
    returned = "Account(Id, Name WHERE Site != null LIMIT 5), Contact"
    sosl = f"FIND {{zephyr AND quay*}} IN ALL FIELDS RETURNING {returned}"
    found = client.get(f"/search?q={quote(sosl)}").json["searchRecords"]
    assert [(one["attributes"]["type"], one["Name"]) for one in found] == [
        ("Account", "Zephyr Works")
    ]
    body = {"q": "Zephyr", "sobjects": [{"name": "Account", "fields": ["Name"]}]}
    again = client.call("POST", "/parameterizedSearch", body).json["searchRecords"]
    by_get = client.get("/parameterizedSearch?q=Zephyr&sobject=Account&Account.fields=Name").json
    assert again == by_get["searchRecords"]
    assert [one["Name"] for one in again] == ["Zephyr Works"]


@pytest.mark.parametrize("sosl", ["FIND Zephyr", "FIND {z}", "", "FIND {zephyr} RETURNING Nope"])
def test_searches_that_are_none_are_refused(client: Client, sosl: str) -> None:
    status, code, _ = client.get(f"/search?q={quote(sosl)}").error
    assert (status, code) in ((400, "MALFORMED_SEARCH"), (400, "INVALID_TYPE"))
