"""Describes, counts, records and Bulk results, end to end, against the org simulator."""

import csv
import gzip
import io
import time
from collections.abc import Iterator

import pytest

from sallyport.auth.credentials import ClientCredentials
from sallyport.auth.keeper import SessionKeeper
from sallyport.errors import NotFound, RemoteRefused
from sallyport.kernel import Secret, SystemClock
from sallyport.salesforce import bulk_query, soql
from sallyport.salesforce.client import HttpClient
from sallyport.salesforce.describe import (
    bulk_fields,
    describe_global,
    describe_object,
    window_field,
)
from sallyport.salesforce.hosts import AllowedHosts, parse_org_url
from sallyport.salesforce.rest_query import count_rows, query_rows
from sallyport.salesforce.session import OrgClient
from sallyport.salesforce.versions import list_versions, newest
from sallyport_org.server import OrgServer


@pytest.fixture(scope="module")
def running() -> Iterator[OrgServer]:
    with OrgServer(rows={"Account": 250, "Contact": 2500}) as server:
        yield server


@pytest.fixture(scope="module")
def connected(running: OrgServer) -> Iterator[OrgClient]:
    allowed = AllowedHosts.parse(running.url.removeprefix("http://"))
    login = parse_org_url(running.url, field="environmentUrl", allowed=allowed)
    given = running.credentials
    credentials = ClientCredentials(login, given.client_id, Secret(given.client_secret))
    with HttpClient(allowed) as http:
        version = newest(list_versions(http, login))
        yield OrgClient(http, SessionKeeper(credentials, http, SystemClock()), version)


def test_every_queryable_object_of_the_list_can_be_described(connected: OrgClient) -> None:
    entries = [entry for entry in describe_global(connected) if entry.queryable]
    assert {"Account", "Contact", "Opportunity"} <= {entry.name for entry in entries}
    for entry in entries:
        assert describe_object(connected, entry.name).name == entry.name


def test_an_object_that_is_not_there_is_answered_with_a_close_one(connected: OrgClient) -> None:
    with pytest.raises(NotFound) as caught:
        describe_object(connected, "Acount")
    assert "Account" in str(caught.value.cure)


def test_a_count_and_the_records_agree(connected: OrgClient) -> None:
    condition = soql.check_condition("Name LIKE '%a%'")
    counted = count_rows(connected, soql.count("Contact", [condition]), all_rows=False)
    rows = list(query_rows(connected, soql.select("Contact", ["Id", "Name"], [condition])))
    assert len(rows) == counted > 0
    assert all("a" in row["Name"].lower() for row in rows)


def test_every_field_bulk_is_said_to_read_is_read(connected: OrgClient) -> None:
    account = describe_object(connected, "Account")
    fields, skipped = bulk_fields(account)
    names = [field.name for field in fields]
    assert {"BillingAddress"} <= {one.field for one in skipped}
    assert window_field(account) == "SystemModstamp"
    job = bulk_query.create(connected, soql.select("Account", names, []), all_rows=False)
    done = bulk_query.wait(connected, job.id, clock=SystemClock(), sleep=time.sleep)
    assert done.records_processed == 250
    rows: list[list[str]] = []
    locator: str | None = None
    while True:
        with bulk_query.open_page(connected, job.id, locator=locator, max_records=100) as page:
            raw = b"".join(iter(page.stream.read, b""))
            if page.stream.headers.get("Content-Encoding") == "gzip":
                raw = gzip.decompress(raw)
            header, *records = csv.reader(io.StringIO(raw.decode(), newline=""))
        assert header == names
        assert len(records) == page.rows
        rows += records
        locator = page.locator
        if locator is None:
            break
    assert len({row[names.index("Id")] for row in rows}) == 250
    bulk_query.delete(connected, job.id)
    with pytest.raises(RemoteRefused):
        bulk_query.status(connected, job.id)


def test_a_compound_field_is_refused_by_bulk_as_foreseen(connected: OrgClient) -> None:
    with pytest.raises(RemoteRefused, match="compound"):
        bulk_query.create(connected, "SELECT BillingAddress FROM Account", all_rows=False)


def test_a_query_the_org_cannot_read_is_refused_in_its_words(connected: OrgClient) -> None:
    with pytest.raises(RemoteRefused, match="No such column 'Nope'") as caught:
        list(query_rows(connected, "SELECT Nope FROM Account"))
    assert caught.value.code == "INVALID_FIELD"


def test_the_use_of_calls_is_known_after_a_call(connected: OrgClient) -> None:
    describe_global(connected)
    assert connected.api_usage is not None
    assert 0 < connected.api_usage.used < connected.api_usage.limit
