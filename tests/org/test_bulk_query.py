"""Transcripts of Bulk API 2.0 query jobs; results compared with SQL and Python's own csv reader."""

import gzip
import http.client
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from sallyport_org.server import OrgServer
from sallyport_org.state import Settings
from tests.org.wire import Client

COLUMNS = (
    "Id, Name, Amount, Probability, CloseDate, CreatedDate, IsWon, FiscalYear, Description, "
    "NextStep"
)


@pytest.fixture
def slow_org() -> Iterator[OrgServer]:
    with OrgServer(rows={"Account": 20}, settings=Settings(job_seconds=0.4)) as server:
        yield server


def spelled(value: Any) -> str:
    """Write a Python value the way the CSV dialect does."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return str(value)


def test_a_job_is_created_as_documented(org: OrgServer, client: Client) -> None:
    answer = client.job("SELECT Id FROM Account")
    body = answer.json
    assert answer.status == 200
    assert body["id"].startswith("750")
    expected = {
        "operation": "query",
        "object": "Account",
        "state": "UploadComplete",
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": 60.0,
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
    }
    assert expected.items() <= body.items()
    done = client.get(f"/jobs/query/{client.wait(body['id'])}").json
    assert (done["state"], done["jobType"], done["numberRecordsProcessed"]) == (
        "JobComplete",
        "V2Query",
        300,
    )


def test_results_hold_every_row_as_it_is(org: OrgServer, client: Client) -> None:
    job = client.finished(f"SELECT {COLUMNS} FROM Opportunity")
    answer = client.get(f"/jobs/query/{job}/results")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.headers["Sforce-Locator"] == "null"
    assert answer.headers["Sforce-NumberOfRecords"] == "400"
    expected = org.sql(f"SELECT {COLUMNS} FROM Opportunity WHERE NOT IsDeleted")
    assert answer.rows[0] == COLUMNS.split(", ")
    assert sorted(answer.rows[1:]) == sorted([spelled(v) for v in row] for row in expected)


def test_every_value_is_quoted_and_null_is_an_empty_quote(org: OrgServer, client: Client) -> None:
    ((key, name),) = org.sql(
        "SELECT Id, Name FROM Account WHERE NOT IsDeleted AND Site IS NULL AND Name LIKE '%\"%' "
        "ORDER BY Id LIMIT 1"
    )
    job = client.finished(f"SELECT Id, Site, IsDeleted, Name FROM Account WHERE Id = '{key}'")
    body = client.get(f"/jobs/query/{job}/results").body.decode()
    doubled = name.replace('"', '""')
    assert body == f'"Id","Site","IsDeleted","Name"\n"{key}","","false","{doubled}"\n'


def test_odd_texts_arrive_unharmed(org: OrgServer, client: Client) -> None:
    job = client.finished("SELECT Id, Name, AccountNumber, BillingStreet FROM Account")
    found = {row[0]: row[1:] for row in client.get(f"/jobs/query/{job}/results").rows[1:]}
    rows = org.sql("SELECT Id, Name, AccountNumber, BillingStreet FROM Account WHERE NOT IsDeleted")
    assert found == {row[0]: [spelled(value) for value in row[1:]] for row in rows}
    texts = {text for row in found.values() for text in row}
    assert any("\n" in text for text in texts)
    assert any(text != text.strip() for text in texts)
    assert any(not text.isascii() for text in texts)


def test_query_all_brings_deleted_rows(org: OrgServer, client: Client) -> None:
    job = client.finished("SELECT Id, IsDeleted FROM Account", "queryAll")
    rows = client.get(f"/jobs/query/{job}/results").rows[1:]
    assert sorted(rows) == sorted(
        [key, spelled(gone)] for key, gone in org.sql("SELECT Id, IsDeleted FROM Account")
    )
    assert ["true" in row for row in rows].count(True) == 5


def test_parents_are_columns_named_by_their_path(org: OrgServer, client: Client) -> None:
    job = client.finished("SELECT Id, account.owner.username FROM Contact WHERE AccountId = null")
    answer = client.get(f"/jobs/query/{job}/results")
    assert answer.rows[0] == ["Id", "Account.Owner.Username"]
    assert {row[1] for row in answer.rows[1:]} == {""}


def test_pages_make_up_the_whole_and_locators_can_be_read_again(client: Client) -> None:
    job = client.finished("SELECT Id FROM Contact")
    whole = client.get(f"/jobs/query/{job}/results").rows[1:]
    found, locator, counts = [], "", []
    while locator != "null":
        path = f"/jobs/query/{job}/results?maxRecords=1999" + (
            f"&locator={locator}" if locator else ""
        )
        page, again = client.get(path), client.get(path)
        assert page.body == again.body
        assert page.rows[0] == ["Id"]
        found += page.rows[1:]
        counts.append(page.headers["Sforce-NumberOfRecords"])
        locator = page.headers["Sforce-Locator"]
    assert found == whole
    assert counts == ["1999", "1999", "1002"]


def test_gzipped_pages_are_the_same_bytes(org: OrgServer, client: Client) -> None:
    job = client.finished("SELECT Id, Name, MailingStreet, Description FROM Contact")
    path = f"/jobs/query/{job}/results?maxRecords=2500"
    plain = client.get(path)
    place = urlsplit(org.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port)
    for _ in range(2):
        connection.request(
            "GET",
            client.base + path,
            headers={"Authorization": f"Bearer {client.token}", "Accept-Encoding": "gzip"},
        )
        reply = connection.getresponse()
        assert reply.headers["Content-Encoding"] == "gzip"
        assert reply.headers["Sforce-Locator"] == plain.headers["Sforce-Locator"]
        assert gzip.decompress(reply.read()) == plain.body
    connection.close()


def test_result_pages_list_up_to_five_addresses(client: Client) -> None:
    job = client.finished("SELECT Id FROM Contact")
    first = client.get(f"/jobs/query/{job}/resultPages?maxRecords=800").json
    assert (len(first["resultPages"]), first["done"]) == (5, False)
    second = client.get(first["nextRecordsUrl"]).json
    assert (len(second["resultPages"]), second["done"], second["nextRecordsUrl"]) == (2, True, None)
    rows = [
        row
        for page in first["resultPages"] + second["resultPages"]
        for row in client.get(page["resultUrl"]).rows[1:]
    ]
    assert rows == client.get(f"/jobs/query/{job}/results").rows[1:]
    assert Client(client.server, "57.0").get(f"/jobs/query/{job}/resultPages").status == 404


def test_no_rows_give_the_header_alone(client: Client) -> None:
    job = client.finished("SELECT Id, Name FROM Account WHERE Name = 'there is no such name'")
    answer = client.get(f"/jobs/query/{job}/results")
    assert answer.body == b'"Id","Name"\n'
    assert answer.headers["Sforce-NumberOfRecords"] == "0"
    assert answer.headers["Sforce-Locator"] == "null"


def test_results_are_a_snapshot_of_the_moment_the_job_ran() -> None:
    with OrgServer(rows={"Account": 5}, settings=Settings(job_seconds=0.0)) as server:
        client = Client(server)
        before = client.finished("SELECT Id, Name FROM Account")
        first = client.get(f"/jobs/query/{before}/results").body
        with server.org.engine.writing() as cursor:
            cursor.execute("UPDATE Account SET Name = 'changed since'")
        assert client.get(f"/jobs/query/{before}/results").body == first
        after = client.finished("SELECT Id, Name FROM Account")
        rows = client.get(f"/jobs/query/{after}/results").rows[1:]
        assert {row[1] for row in rows} == {"changed since"}


def test_other_delimiters_and_line_endings(client: Client) -> None:
    soql = "SELECT Id, Name FROM Account LIMIT 1"
    job = client.finished(soql, columnDelimiter="PIPE", lineEnding="CRLF")
    body = client.get(f"/jobs/query/{job}/results").body.decode()
    assert body.startswith('"Id"|"Name"\r\n"001')
    assert body.endswith('"\r\n')


def test_columns_were_sorted_before_version_50(org: OrgServer) -> None:
    old = Client(org, "49.0")
    job = old.finished("SELECT Name, Id, CreatedDate FROM Account")
    assert old.get(f"/jobs/query/{job}/results").rows[0] == ["CreatedDate", "Id", "Name"]


def test_a_job_belongs_to_its_api_version(org: OrgServer, client: Client) -> None:
    job = client.finished("SELECT Id FROM Account")
    other = Client(org, "61.0").get(f"/jobs/query/{job}/results")
    assert other.error[:2] == (409, "VERSION_MISMATCH")


def test_results_wait_for_the_job(slow_org: OrgServer) -> None:
    client = Client(slow_org)
    job = client.job("SELECT Id FROM Account").json["id"]
    early = client.get(f"/jobs/query/{job}/results")
    assert early.error[:2] == (400, "INVALIDJOBSTATE")
    assert client.get(f"/jobs/query/{job}").json["state"] in ("UploadComplete", "InProgress")
    assert client.get(f"/jobs/query/{client.wait(job)}").json["state"] == "JobComplete"


def test_an_aborted_job_stays_aborted_and_can_be_deleted(slow_org: OrgServer) -> None:
    client = Client(slow_org)
    job = client.job("SELECT Id FROM Account").json["id"]
    assert client.call("DELETE", f"/jobs/query/{job}").error[:2] == (400, "INVALIDJOBSTATE")
    aborted = client.call("PATCH", f"/jobs/query/{job}", {"state": "Aborted"})
    assert (aborted.status, aborted.json["state"]) == (200, "Aborted")
    again = client.call("PATCH", f"/jobs/query/{job}", {"state": "Aborted"})
    assert again.error[:2] == (400, "INVALIDJOBSTATE")
    assert client.get(f"/jobs/query/{job}/results").error[:2] == (400, "INVALIDJOBSTATE")
    assert client.call("DELETE", f"/jobs/query/{job}").status == 204
    assert client.get(f"/jobs/query/{job}").error[:2] == (404, "NOT_FOUND")


def test_a_job_that_breaks_fails_and_says_why(slow_org: OrgServer) -> None:
    client = Client(slow_org)
    with slow_org.org.engine.writing() as cursor:
        cursor.execute("ALTER TABLE Account DROP COLUMN Site")
    job = client.job("SELECT Id, Site FROM Account").json["id"]
    body = client.get(f"/jobs/query/{client.wait(job)}").json
    assert body["state"] == "Failed"
    assert body["errorMessage"].startswith("InternalServerError : ")
    assert "Site" in body["errorMessage"]
    assert client.get(f"/jobs/query/{job}/results").error[:2] == (400, "INVALIDJOBSTATE")


def test_jobs_are_listed(slow_org: OrgServer) -> None:
    client = Client(slow_org)
    made = {client.job("SELECT Id FROM Account").json["id"] for _ in range(3)}
    body = client.get("/jobs/query").json
    assert {one["id"] for one in body["records"]} == made
    assert (body["done"], body["nextRecordsUrl"]) == (True, None)
    assert client.get("/jobs/query?jobType=V2Ingest").json["records"] == []


@pytest.mark.parametrize(
    ("soql", "code", "message"),
    [
        (
            "SELECT Id, BillingAddress FROM Account",
            "INVALID_FIELD",
            "Selecting compound data not supported in Bulk Query",
        ),
        (
            "SELECT Spot__c FROM Showcase__c",
            "INVALID_FIELD",
            "Selecting compound data not supported in Bulk Query",
        ),
        (
            "SELECT Id FROM Attachment",
            "INVALIDENTITY",
            "Entity 'Attachment' is not supported by the Bulk API.",
        ),
        ("SELECT Name FROM Account GROUP BY Name", "API_ERROR", "GROUP BY"),
        ("SELECT COUNT() FROM Account", "API_ERROR", "aggregate"),
        ("SELECT Id FROM Account LIMIT 5 OFFSET 5", "API_ERROR", "OFFSET"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "API_ERROR", "child"),
        ("SELECT Nope FROM Account", "INVALID_FIELD", "No such column 'Nope' on entity 'Account'"),
        ("SELECT Id FROM Nothing", "INVALID_TYPE", "sObject type 'Nothing' is not supported"),
    ],
)
def test_what_bulk_cannot_do_is_refused_at_once(
    client: Client, soql: str, code: str, message: str
) -> None:
    status, found, text = client.job(soql).error
    assert (status, found) == (400, code)
    assert message in text


def test_job_requests_with_wrong_properties_are_refused(client: Client) -> None:
    for wrong in (
        {"operation": "insert", "query": "SELECT Id FROM Account"},
        {"operation": "query"},
        {"operation": "query", "query": "SELECT Id FROM Account", "lineEnding": "CR"},
        {"operation": "query", "query": "SELECT Id FROM Account", "columnDelimiter": ";"},
    ):
        assert client.call("POST", "/jobs/query", wrong).error[:2] == (400, "INVALIDJOB")
    assert client.call("POST", "/jobs/query", [1]).error[:2] == (400, "JSON_PARSER_ERROR")


def test_wrong_locators_and_page_sizes_are_refused(client: Client) -> None:
    job = client.finished("SELECT Id FROM Account")
    huge = f"maxRecords={'9' * 5000}"
    for query in ("locator=%24%24", "locator=OTk5OTk5OQ", "maxRecords=0", "maxRecords=x", huge):
        assert client.get(f"/jobs/query/{job}/results?{query}").status == 400


def test_query_jobs_began_with_version_47(org: OrgServer) -> None:
    assert Client(org, "46.0").job("SELECT Id FROM Account").error[:2] == (404, "NOT_FOUND")
    assert Client(org, "47.0").job("SELECT Id FROM Account").status == 200
