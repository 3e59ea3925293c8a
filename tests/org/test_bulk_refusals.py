"""What Bulk API 2.0 ingest refuses, at once or as the reason a job failed."""

import gzip
import json
from collections.abc import Iterator

import pytest

from sallyport_org.server import OrgServer
from sallyport_org.state import Settings
from tests.org.bulk_wire import AsyncClient, begun, loaded, new_job, put, results, set_state, waited
from tests.org.wire import Client, ask


@pytest.fixture(scope="module")
def org() -> Iterator[OrgServer]:
    with OrgServer(rows={"Account": 5}, settings=Settings(job_seconds=0.0)) as server:
        yield server


@pytest.fixture(scope="module")
def client(org: OrgServer) -> Client:
    return Client(org)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"object": "Account"}, "operation: one of insert, update"),
        ({"object": "Account", "operation": "query"}, "operation: one of insert, update"),
        ({"operation": "insert"}, "object: the name of an object is required"),
        ({"object": "Nope", "operation": "insert"}, "Unable to find object: Nope"),
        (
            {"object": "Account", "operation": "insert", "lineEnding": "CR"},
            "lineEnding: one of LF, CRLF is expected, not CR",
        ),
        (
            {"object": "Account", "operation": "insert", "columnDelimiter": ","},
            "columnDelimiter: one of COMMA",
        ),
        (
            {"object": "Account", "operation": "insert", "contentType": "JSON"},
            "contentType: one of CSV is expected, not JSON",
        ),
        (
            {"object": "Account", "operation": "upsert"},
            "InvalidJob : External ID was blank for Account. An External ID must be specified for "
            "upsert.",
        ),
        (
            {"object": "Account", "operation": "upsert", "externalIdFieldName": "Phone"},
            "Field name provided, Phone does not match an External ID, Salesforce Id, or indexed "
            "field for Account",
        ),
    ],
)
def test_job_requests_with_wrong_properties_are_refused(
    client: Client, wanted: dict[str, str], message: str
) -> None:
    status, code, text = client.call("POST", "/jobs/ingest", wanted).error
    assert (status, code) == (400, "INVALIDJOB")
    assert message in text


@pytest.mark.parametrize(
    ("sobject", "operation"),
    [
        ("AccountHistory", "insert"),
        ("AccountHistory", "update"),
        ("Profile", "insert"),
        ("User", "delete"),
        ("User", "hardDelete"),
    ],
)
def test_jobs_on_objects_that_take_no_such_operation_are_refused(
    org: OrgServer, client: Client, sobject: str, operation: str
) -> None:
    said = f"Entity '{sobject}' is not supported by the Bulk API."
    refused = new_job(client, sobject, operation)
    assert refused.error == (400, "INVALIDENTITY", said)
    wanted = json.dumps({"object": sobject, "operation": operation, "contentType": "CSV"})
    classic = AsyncClient(client).call("POST", "/job", wanted, "application/json")
    assert classic.status == 400
    assert classic.json == {"exceptionCode": "InvalidEntity", "exceptionMessage": said}


@pytest.mark.parametrize(
    ("operation", "csv", "reason"),
    [
        ("insert", "Name,Foo\nA,1\n", "InvalidBatch : Field name not found : Foo"),
        ("insert", "Name,Owner.Foo\nA,1\n", "InvalidBatch : Field name not found : Owner.Foo"),
        ("insert", "Name,Lead:Owner.Email\nA,1\n", "Field name not found : Lead:Owner.Email"),
        ("insert", "\ufeffName\nA\n", "InvalidBatch : Field name not found : \ufeffName"),
        (
            "insert",
            "Name\r\nA\r\n",
            "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is "
            "LF",
        ),
        ("insert", 'Name\n"A"B\n', "InvalidBatch : Failed to parse CSV. Found unescaped quote."),
        ("insert", "Name\nA,B\n", "InvalidBatch : Row 1 has more columns than the header"),
        ("insert", "\n\n", "ClientInputError : Unable to find any data to create batch"),
        ("insert", f"Name\n{'x' * 131_073}\n", "Maximum character size of field exceeded 131072"),
        ("delete", "Id,Name\n001,A\n", "InvalidBatch : The 'delete' batch must contain only ids"),
    ],
)
def test_uploads_that_cannot_be_read_fail_the_job(
    client: Client, operation: str, csv: str, reason: str
) -> None:
    job = loaded(client, "Account", operation, csv)
    assert job["state"] == "Failed"
    assert reason in job["errorMessage"]
    assert job["numberRecordsProcessed"] == 0


@pytest.mark.parametrize(
    ("header", "row", "column", "value", "kind", "field"),
    [
        ("Name,Starts__c", "A,NotADate", 1, "NotADate", "xsd:dateTime", "Starts__c"),
        ("Held_On__c,Name", "31/12/2026,A", 0, "31/12/2026", "xsd:date", "Held_On__c"),
        ("Name,Key__c,public__C", "A,k,maybe", 2, "maybe", "xsd:boolean", "Public__c"),
        ("Name,Fee__c", "A,$5", 1, "$5", "xsd:double", "Fee__c"),
    ],
)
def test_a_cell_of_the_wrong_type_is_refused_with_its_column(
    client: Client, header: str, row: str, column: int, value: str, kind: str, field: str
) -> None:
    job = loaded(client, "Showcase__c", "insert", f"{header}\n{row}\n")
    assert (job["state"], job["numberRecordsFailed"]) == ("JobComplete", 1)
    assert results(client, job, "failedResults")[1][1] == (
        f"INVALID_FIELD:Failed to deserialize field at col {column}. Due to, '{value}' is not a "
        f"valid value for the type {kind}:{field} --"
    )


def test_a_file_with_line_feeds_is_refused_by_a_job_of_windows_lines(client: Client) -> None:
    job = loaded(client, "Account", "insert", "Name\nA\n", lineEnding="CRLF")
    assert job["errorMessage"].endswith("Current LineEnding setting is CRLF")


def test_rows_of_a_failed_job_are_unprocessed(client: Client) -> None:
    job = loaded(client, "Account", "insert", "Name,Foo\nA,1\nB,2\n")
    assert results(client, job, "unprocessedrecords") == [["Name", "Foo"], ["A", "1"], ["B", "2"]]
    assert results(client, job, "successfulResults") == [["sf__Id", "sf__Created", "Name", "Foo"]]


def test_data_that_is_not_utf8_fails_the_job(client: Client) -> None:
    job = new_job(client, "Account", "insert").json["id"]
    put(client, job, "Name\nÉlan\n".encode("latin-1"))
    set_state(client, job, "UploadComplete")
    assert waited(client, job)["errorMessage"] == "ClientInputError : The data is not valid UTF-8"
    assert client.get(f"/jobs/ingest/{job}/unprocessedrecords").status == 200


def test_data_is_uploaded_once_as_csv_while_the_job_is_open(client: Client) -> None:
    job = new_job(client, "Account", "insert").json["id"]
    assert put(client, job, b"{}", Content_Type="application/json").error[:2] == (
        415,
        "UNSUPPORTED_MEDIA_TYPE",
    )
    assert put(client, job, b"Name\nOnce\n").status == 201
    status, code, text = put(client, job, b"Name\nTwice\n").error
    assert (status, code) == (400, "BULK_API_ERROR")
    assert text.startswith(f"Found multiple contents for job: <{job}>")
    set_state(client, job, "UploadComplete")
    assert waited(client, job)["numberRecordsProcessed"] == 1
    assert put(client, job, b"Name\nLate\n").error[:2] == (400, "INVALIDJOBSTATE")
    assert set_state(client, job, "UploadComplete").error[:2] == (400, "INVALIDJOBSTATE")
    assert set_state(client, job, "Aborted").error == (
        400,
        "INVALIDJOBSTATE",
        "Aborting already Completed Job not allowed",
    )


def test_a_job_closed_without_data_fails(client: Client) -> None:
    job = new_job(client, "Account", "insert").json["id"]
    set_state(client, job, "UploadComplete")
    body = waited(client, job)
    assert body["errorMessage"] == "ClientInputError : Unable to find any data to create batch"


def test_an_upload_above_the_bound_is_refused(client: Client) -> None:
    job = new_job(client, "Account", "insert").json["id"]
    above = put(client, job, bytes(118_000_000))
    assert above.error[:2] == (413, "REQUEST_ENTITY_TOO_LARGE")
    far_above = put(client, job, gzip.compress(bytes(168_000_000), 1), Content_Encoding="gzip")
    assert far_above.error[:2] == (413, "REQUEST_ENTITY_TOO_LARGE")
    assert client.get(f"/jobs/ingest/{job}").json["state"] == "Open"


def test_other_states_and_unknown_jobs_are_refused(client: Client) -> None:
    job = new_job(client, "Account", "insert").json["id"]
    assert set_state(client, job, "JobComplete").error[:2] == (400, "INVALIDJOB")
    assert client.call("DELETE", f"/jobs/ingest/{job}").error[:2] == (400, "INVALIDJOBSTATE")
    query = client.finished("SELECT Id FROM Account")
    for unknown in ("750gL00000zzzzz", "750", query):
        assert client.get(f"/jobs/ingest/{unknown}").error[:2] == (404, "NOT_FOUND")


def test_a_form_without_its_parts_is_refused(client: Client) -> None:
    for body in ("", "--B\r\nContent-Disposition: form-data; name=job\r\n\r\n{}\r\n--B--\r\n"):
        kind = "multipart/form-data; boundary=B"
        answer = client.call("POST", "/jobs/ingest", body, Content_Type=kind)
        assert answer.error[:2] == (400, "INVALIDJOB")


def test_the_failed_id_of_an_update_is_shown_from_version_53_on(org: OrgServer) -> None:
    shown = {}
    for version in ("52.0", "53.0"):
        client = Client(org, version)
        ((key,),) = org.sql("SELECT Id FROM Account WHERE NOT IsDeleted ORDER BY Id LIMIT 1")
        job = begun(client, "Account", "update", f"Id,Name\n{key},#N/A\n")
        assert waited(client, job)["numberRecordsFailed"] == 1
        shown[version] = results(client, job, "failedResults")[1][0] == key
    assert shown == {"52.0": False, "53.0": True}


def test_a_form_whose_job_is_no_json_is_refused_with_its_place(client: Client) -> None:
    heads = "--b\r\nContent-Disposition: form-data; name={}\r\n\r\n{}\r\n"
    body = heads.format("job", '{"object": x}') + heads.format("content", "Name\nA") + "--b--\r\n"
    headers = {
        "Authorization": f"Bearer {client.token}",
        "Content-Type": "multipart/form-data; boundary=b",
    }
    said = "Unexpected character ('x' (code 120)) at [line:1, column:12]"
    for path in ("/jobs/ingest", "/sobjects/Account"):
        answer = ask(client.server, "POST", client.base + path, body, headers)
        assert answer.error == (400, "JSON_PARSER_ERROR", said)
