"""Transcripts of Bulk API 2.0 ingest: what is written, and what the result files say."""

import gzip
import http.client
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from sallyport_org.identity.model import BULK_HARD_DELETE
from sallyport_org.server import OrgServer
from sallyport_org.state import Settings
from tests.org.bulk_wire import begun, loaded, new_job, put, results, set_state, waited
from tests.org.wire import Client, ask


@pytest.fixture(scope="module")
def org() -> Iterator[OrgServer]:
    rows = {"Account": 20, "Contact": 20, "Showcase__c": 5}
    with OrgServer(rows=rows, settings=Settings(job_seconds=0.0)) as server:
        yield server


@pytest.fixture(scope="module")
def client(org: OrgServer) -> Client:
    return Client(org)


def test_a_job_is_opened_as_documented(client: Client) -> None:
    answer = new_job(client, "account", "insert")
    body = answer.json
    assert answer.status == 200
    assert body["contentUrl"] == f"services/data/v60.0/jobs/ingest/{body['id']}/batches"
    expected = {
        "operation": "insert",
        "object": "Account",
        "state": "Open",
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": 60.0,
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
    }
    assert expected.items() <= body.items()


def test_uploaded_rows_are_inserted_and_answered_with_their_ids(
    org: OrgServer, client: Client
) -> None:
    csv = 'name,Description,AnnualRevenue\n"Oak, ""Ivy""","two\nlines",12.5\nÉlan,,\n'
    job = loaded(client, "Account", "insert", csv)
    assert (job["state"], job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (
        "JobComplete",
        2,
        0,
    )
    assert job["jobType"] == "V2Ingest"
    header, *rows = results(client, job, "successfulResults")
    assert header == ["sf__Id", "sf__Created", "name", "Description", "AnnualRevenue"]
    assert {tuple(row[1:]) for row in rows} == {
        ("true", 'Oak, "Ivy"', "two\nlines", "12.5"),
        ("true", "Élan", "", ""),
    }
    found = org.sql(
        "SELECT Name, Description, AnnualRevenue FROM Account WHERE Id IN (?, ?) ORDER BY Name",
        [row[0] for row in rows],
    )
    assert found == [('Oak, "Ivy"', "two\nlines", 12.5), ("Élan", None, None)]
    assert results(client, job, "failedResults") == [
        ["sf__Id", "sf__Error", "name", "Description", "AnnualRevenue"]
    ]
    assert results(client, job, "unprocessedrecords") == [["name", "Description", "AnnualRevenue"]]


def test_names_of_result_files_are_quoted_only_where_salesforce_adds_them(client: Client) -> None:
    job = loaded(client, "Account", "insert", "Name,Phone\nBracket Ltd,1\n")
    body = client.get(f"/jobs/ingest/{job['id']}/successfulResults").body.decode()
    assert body.startswith('"sf__Id","sf__Created",Name,Phone\n"001')
    assert body.endswith('","true","Bracket Ltd","1"\n')


def test_a_job_is_complete_even_when_every_row_failed(client: Client) -> None:
    job = loaded(client, "Contact", "insert", "FirstName,LastName\nAda,\nGrace,\n")
    assert (job["state"], job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (
        "JobComplete",
        2,
        2,
    )
    header, *rows = results(client, job, "failedResults")
    assert header == ["sf__Id", "sf__Error", "FirstName", "LastName"]
    error = "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --"
    assert sorted(rows) == [["", error, "Ada", ""], ["", error, "Grace", ""]]


def test_good_rows_are_kept_beside_bad_ones(org: OrgServer, client: Client) -> None:
    ((known,),) = org.sql("SELECT Id FROM Account WHERE NOT IsDeleted ORDER BY Id LIMIT 1")
    absent = "001gL00000zzzzz"
    csv = f"Id,Phone\n{known},555-0100\n{absent},555-0101\n"
    job = loaded(client, "Account", "update", csv)
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (2, 1)
    assert results(client, job, "successfulResults")[1:] == [[known, "false", known, "555-0100"]]
    ((_, error, given, _),) = results(client, job, "failedResults")[1:]
    assert error.startswith("INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:")
    assert given == absent
    assert org.sql("SELECT Phone FROM Account WHERE Id = ?", [known]) == [("555-0100",)]


def test_an_empty_cell_leaves_a_field_and_na_clears_it(org: OrgServer, client: Client) -> None:
    made = loaded(client, "Account", "insert", "Name,Phone,Fax\nKeep,1,2\n")
    ((key, *_),) = results(client, made, "successfulResults")[1:]
    loaded(client, "Account", "update", f"Id,Phone,Fax\n{key},,#N/A\n")
    assert org.sql("SELECT Phone, Fax FROM Account WHERE Id = ?", [key]) == [("1", None)]


def test_an_upsert_says_what_it_created(org: OrgServer, client: Client) -> None:
    first = loaded(
        client, "Showcase__c", "upsert", "KEY__C,Name\nK-1,One\n", externalIdFieldName="key__c"
    )
    assert first["externalIdFieldName"] == "Key__c"
    second = loaded(
        client,
        "Showcase__c",
        "upsert",
        "Key__c,Name\nK-1,One again\nK-2,Two\n",
        externalIdFieldName="Key__c",
    )
    rows = results(client, second, "successfulResults")[1:]
    assert {(row[1], row[2]) for row in rows} == {("false", "K-1"), ("true", "K-2")}
    found = org.sql("SELECT Key__c, Name FROM Showcase__c WHERE Key__c LIKE 'K-%' ORDER BY 1")
    assert found == [("K-1", "One again"), ("K-2", "Two")]


def test_parents_can_be_named_by_their_keys(org: OrgServer, client: Client) -> None:
    ((username, owner),) = org.sql('SELECT Username, Id FROM "User" ORDER BY Id LIMIT 1')
    job = loaded(client, "Account", "insert", f"Name,Owner.Username\nHers,{username}\n")
    ((key, *_),) = results(client, job, "successfulResults")[1:]
    assert org.sql("SELECT OwnerId FROM Account WHERE Id = ?", [key]) == [(owner,)]
    typed = loaded(client, "Account", "insert", f"Name,User:Owner.Username\nHis,{username}\n")
    assert typed["numberRecordsFailed"] == 0
    missing = loaded(client, "Account", "insert", "Name,Owner.Username\nNobody's,no@one.example\n")
    ((_, error, *_),) = results(client, missing, "failedResults")[1:]
    assert error.startswith("INVALID_FIELD:Foreign key external ID: no@one.example not found")


def test_deleted_rows_go_to_the_bin_and_hard_deleted_ones_do_not(
    org: OrgServer, client: Client
) -> None:
    made = loaded(client, "Account", "insert", "Name\nSoft\nHard\n")
    ids = {row[2]: row[0] for row in results(client, made, "successfulResults")[1:]}
    assert loaded(client, "Account", "delete", f"Id\n{ids['Soft']}\n")["numberRecordsFailed"] == 0
    assert org.sql("SELECT IsDeleted FROM Account WHERE Id = ?", [ids["Soft"]]) == [(True,)]

    user = org.org.directory.user(org.credentials.username)
    assert user is not None
    permissions = org.org.directory.profile_of(user).permissions
    had = BULK_HARD_DELETE in permissions
    permissions.discard(BULK_HARD_DELETE)
    assert new_job(client, "Account", "hardDelete").error == (
        400,
        "FEATURENOTENABLED",
        "hardDelete operation requires special user profile permission, please contact your "
        "system administrator",
    )
    permissions.add(BULK_HARD_DELETE)
    assert loaded(client, "Account", "hardDelete", f"Id\n{ids['Hard']}\n")["state"] == "JobComplete"
    assert org.sql("SELECT 1 FROM Account WHERE Id = ?", [ids["Hard"]]) == []
    if not had:
        permissions.discard(BULK_HARD_DELETE)


@pytest.mark.parametrize(
    ("delimiter", "mark"),
    [("TAB", "\t"), ("PIPE", "|"), ("SEMICOLON", ";"), ("CARET", "^"), ("BACKQUOTE", "`")],
)
@pytest.mark.parametrize(("line_ending", "end"), [("LF", "\n"), ("CRLF", "\r\n")])
def test_every_delimiter_and_line_ending_is_read_and_written(
    client: Client, delimiter: str, mark: str, line_ending: str, end: str
) -> None:
    csv = f"Name{mark}Phone{end}Comma, Inc.{mark}1{end}"
    job = loaded(
        client, "Account", "insert", csv, columnDelimiter=delimiter, lineEnding=line_ending
    )
    assert (job["state"], job["numberRecordsFailed"]) == ("JobComplete", 0)
    body = client.get(f"/jobs/ingest/{job['id']}/successfulResults").body.decode()
    assert body.startswith(f'"sf__Id"{mark}"sf__Created"{mark}Name{mark}Phone{end}')
    assert body.endswith(f'"true"{mark}"Comma, Inc."{mark}"1"{end}')


def test_chunked_and_compressed_uploads_arrive_whole(org: OrgServer, client: Client) -> None:
    place = urlsplit(org.url)
    rows = [f"Chunked {number},{number}\n".encode() for number in range(450)]
    for compressed in (False, True):
        job = new_job(client, "Account", "insert").json["id"]
        pieces = [b"Name,Phone\n", *rows]
        headers = {"Authorization": f"Bearer {client.token}", "Content-Type": "text/csv"}
        if compressed:
            pieces = [gzip.compress(b"".join(pieces))]
            headers["Content-Encoding"] = "gzip"
        connection = http.client.HTTPConnection(place.hostname or "", place.port)
        path = f"{client.base}/jobs/ingest/{job}/batches/"
        connection.request("PUT", path, iter(pieces), headers, encode_chunked=True)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (201, b"")
        connection.close()
        set_state(client, job, "UploadComplete")
        assert waited(client, job)["numberRecordsProcessed"] == 450


def test_one_call_can_bring_the_job_and_its_data(org: OrgServer, client: Client) -> None:
    wanted = {"object": "Account", "operation": "insert", "lineEnding": "CRLF"}
    form = (
        "--BOUND\r\nContent-Type: application/json\r\n"
        f'Content-Disposition: form-data; name="job"\r\n\r\n{json.dumps(wanted)}\r\n'
        "--BOUND\r\nContent-Type: text/csv\r\n"
        'Content-Disposition: form-data; name="content"; filename="content"\r\n\r\n'
        "Name,Phone\r\nIn One Göing,7\r\n\r\n--BOUND--\r\n"
    )
    headers = {
        "Authorization": f"Bearer {client.token}",
        "Content-Type": "multipart/form-data; boundary=BOUND",
    }
    answer = ask(org, "POST", f"{client.base}/jobs/ingest", form.encode(), headers)
    assert (answer.status, answer.json["state"]) == (200, "UploadComplete")
    job = waited(client, answer.json["id"])
    assert (job["state"], job["numberRecordsProcessed"]) == ("JobComplete", 1)
    assert results(client, job, "successfulResults")[1][2:] == ["In One Göing", "7"]


def test_aborting_midway_leaves_the_rest_unprocessed() -> None:
    with OrgServer(rows={"Account": 1}, settings=Settings(job_seconds=8.0)) as server:
        client = Client(server)
        csv = "Name\n" + "".join(f"Half {number}\n" for number in range(1000))
        job = begun(client, "Account", "insert", csv)
        while not (body := waited(client, job, ("InProgress",)))["numberRecordsProcessed"]:
            pass
        assert body["numberRecordsFailed"] == 0
        assert client.get(f"/jobs/ingest/{job}/successfulResults").error[1] == "INVALIDJOBSTATE"
        assert set_state(client, job, "Aborted").json["state"] == "Aborted"
        done = [row[2] for row in results(client, job, "successfulResults")[1:]]
        left = [row[0] for row in results(client, job, "unprocessedRecords")[1:]]
        assert len(done) % 200 == 0
        assert 0 < len(done) < 1000
        assert sorted(done + left) == sorted(f"Half {number}" for number in range(1000))
        ((kept,),) = server.sql("SELECT count(*) FROM Account WHERE Name LIKE 'Half %'")
        assert kept == len(done)


def test_an_aborted_upload_shows_all_its_rows_as_unprocessed(client: Client) -> None:
    job = new_job(client, "Account", "insert").json["id"]
    put(client, job, b"Name,Phone\nNever,1\n")
    assert set_state(client, job, "Aborted").status == 200
    assert results(client, job, "unprocessedrecords") == [["Name", "Phone"], ["Never", "1"]]
    assert results(client, job, "failedResults") == [["sf__Id", "sf__Error", "Name", "Phone"]]
    assert client.call("DELETE", f"/jobs/ingest/{job}").status == 204
    assert client.get(f"/jobs/ingest/{job}").error[:2] == (404, "NOT_FOUND")
