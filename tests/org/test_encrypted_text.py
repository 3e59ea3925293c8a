"""Encrypted texts over every wire: masked, but for users with View Encrypted Data."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from sallyport_org.server import OrgServer
from sallyport_org.soql.masks import masked
from sallyport_org.state import Settings
from tests.org.bulk_wire import AsyncClient
from tests.org.test_bulk_classic import done_in_xml, finished
from tests.org.test_writes_soap import Soap, texts
from tests.org.wire import Client

QUERY = "SELECT Key__c, Card__c FROM Showcase__c WHERE Key__c = 'locked'"
CARD, SHOWN = "4111-2222-3333-9876", "***************9876"


@pytest.fixture(scope="module")
def server() -> Iterator[OrgServer]:
    settings = Settings(job_seconds=0.0)
    with OrgServer(rows={"Account": 3, "Showcase__c": 3}, settings=settings) as running:
        made = Client(running).call(
            "POST", "/sobjects/Showcase__c", {"Name": "S", "Key__c": "locked", "Card__c": CARD}
        )
        assert made.status == 201, made.body
        yield running


@pytest.fixture
def client(server: OrgServer) -> Client:
    return Client(server)


@pytest.fixture
def permitted(server: OrgServer) -> Iterator[Client]:
    """The administrator, who was given the permission for a while."""
    directory = server.org.directory
    profile = next(one for one in directory.profiles.values() if one.all_objects)
    profile.permissions.add("PermissionsViewEncryptedData")
    directory.changed()
    yield Client(server)
    profile.permissions.discard("PermissionsViewEncryptedData")
    directory.changed()


def every_wire(client: Client) -> dict[str, Any]:
    """Read the card over each interface."""
    read: dict[str, Any] = {"query": client.query(QUERY).json["records"][0]["Card__c"]}
    read["record"] = client.get("/sobjects/Showcase__c/Key__c/locked").json["Card__c"]
    job = client.call("POST", "/jobs/query", {"operation": "query", "query": QUERY}).json["id"]
    while client.get(f"/jobs/query/{job}").json["state"] != "JobComplete":
        time.sleep(0.02)
    read["bulk 2.0"] = client.get(f"/jobs/query/{job}/results").rows[1][1]
    for kind in ("CSV", "JSON"):
        read[f"bulk 1.0 {kind}"] = classic(client, kind)
    answer = Soap(client).call(f"<query><queryString>{QUERY}</queryString></query>")
    read["soap"] = texts(answer, "Card__c")[0]
    return read


def classic(client: Client, kind: str) -> str:
    """Ask a batch of Bulk API 1.0 and return the card in its only row."""
    caller = AsyncClient(client)
    job = caller.job("Showcase__c", "query", kind)
    if kind == "JSON":
        batch = finished(caller, job, QUERY, "application/json")["id"]
    else:
        batch = done_in_xml(caller, job, QUERY, "text/csv")
    path = f"/job/{job}/batch/{batch}/result"
    listed = caller.call("GET", path).body.decode()
    found = re.findall("752[A-Za-z0-9]+", listed)
    answer = caller.call("GET", f"{path}/{found[0]}")
    return str(answer.json[0]["Card__c"] if kind == "JSON" else answer.rows[1][1])


def test_even_an_administrator_meets_the_mask_on_every_wire(client: Client) -> None:
    assert set(every_wire(client).values()) == {SHOWN}


def test_view_encrypted_data_shows_the_value_on_every_wire(permitted: Client) -> None:
    assert set(every_wire(permitted).values()) == {CARD}


def test_encrypted_texts_are_neither_filtered_nor_sorted_nor_grouped_by(permitted: Client) -> None:
    for clause in ("WHERE Card__c != null", "ORDER BY Card__c", "GROUP BY Card__c"):
        selected = "Card__c" if "GROUP" in clause else "Id"
        status, code, _ = permitted.query(f"SELECT {selected} FROM Showcase__c {clause}").error
        assert (status, code) in ((400, "INVALID_FIELD"), (400, "MALFORMED_QUERY"))


@pytest.mark.parametrize(
    ("kind", "kept", "shown"),
    [
        (None, "secret", "******"),
        ("all", "secret", "******"),
        ("lastFour", "secret", "**cret"),
        ("lastFour", "abc", "abc"),
        ("creditCard", "4111222233339876", "****-****-****-9876"),
        ("creditCard", "4111-2222-3333-9876", "****-****-****-9876"),
        ("ssn", "123456789", "***-**-6789"),
        ("sin", "123456789", "***-**6-789"),
        ("nino", "QQ123456C", "** ** ** ** *"),
        ("nino", "QQ1", "***"),
    ],
)
def test_each_kind_of_mask_hides_its_characters(
    server: OrgServer, kind: str | None, kept: str, shown: str
) -> None:
    assert server.sql(f"SELECT {masked('?', kind).replace('?', repr(kept))}") == [(shown,)]
