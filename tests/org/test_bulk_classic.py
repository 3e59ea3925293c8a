"""Transcripts of Bulk API 1.0, in the formats its clients use."""

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest

from sallyport_org.faults import Fault
from sallyport_org.identity.model import API_ENABLED, BULK_HARD_DELETE
from sallyport_org.server import OrgServer
from sallyport_org.state import Settings
from tests.org.bulk_wire import AsyncClient
from tests.org.wire import Answer, Client, ask

DATALOAD = "{http://www.force.com/2009/06/asyncapi/dataload}"
XML, CSV, JSON = "application/xml; charset=utf-8", "text/csv", "application/json"


@pytest.fixture(scope="module")
def org() -> Iterator[OrgServer]:
    rows = {"Account": 40, "Contact": 90, "AccountHistory": 20, "Showcase__c": 3}
    with OrgServer(rows=rows, settings=Settings(job_seconds=0.0)) as server:
        yield server


@pytest.fixture(scope="module")
def client(org: OrgServer) -> AsyncClient:
    return AsyncClient(Client(org))


def job_xml(**properties: str) -> str:
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in properties.items())
    space = DATALOAD.strip("{}")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<jobInfo xmlns="{space}">{inner}</jobInfo>'


def fields(answer: Answer) -> dict[str, str]:
    """Return the children of an XML answer's root, which must be in the namespace."""
    root = ElementTree.fromstring(answer.body)
    return {one.tag.removeprefix(DATALOAD): one.text or "" for one in root}


def listed(client: AsyncClient, job: str) -> list[dict[str, str]]:
    """Return a job's batches as XML tells of them, once all are finished."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        root = ElementTree.fromstring(client.call("GET", f"/job/{job}/batch").body)
        assert root.tag == f"{DATALOAD}batchInfoList"
        found = [{part.tag.removeprefix(DATALOAD): part.text or "" for part in one} for one in root]
        if not {one["state"] for one in found} & {"Queued", "InProgress"}:
            return found
        time.sleep(0.02)
    raise AssertionError(f"job {job} is still at work")


def finished(client: AsyncClient, job: str, content: str, kind: str) -> dict[str, Any]:
    """Add a batch to a JSON job and return its record once it is finished."""
    batch = client.call("POST", f"/job/{job}/batch", content, kind).json
    deadline = time.monotonic() + 20
    while batch["state"] in ("Queued", "InProgress") and time.monotonic() < deadline:
        time.sleep(0.02)
        batch = client.json("GET", f"/job/{job}/batch/{batch['id']}")
    return dict(batch)


def done_in_xml(client: AsyncClient, job: str, content: str, kind: str) -> str:
    """Add a batch to a CSV or XML job, wait until it is completed, and return its id."""
    batch = fields(client.call("POST", f"/job/{job}/batch", content, kind))["id"]
    (found,) = [one for one in listed(client, job) if one["id"] == batch]
    assert found["state"] == "Completed", found
    return batch


def test_a_json_query_is_asked_polled_and_read_as_simple_clients_do(
    org: OrgServer, client: AsyncClient
) -> None:
    job = client.job("Contact", "query", "JSON", concurrencyMode="Parallel")
    soql = "SELECT Id, LastName, CreatedDate, IsEmailBounced, Account.Name FROM Contact"
    batch = finished(client, job, soql, JSON)
    assert (batch["state"], batch["numberRecordsProcessed"]) == ("Completed", 90)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+0000", batch["createdDate"])
    assert client.json("GET", f"/job/{job}/batch")["batchInfo"][0]["id"] == batch["id"]
    (result,) = client.json("GET", f"/job/{job}/batch/{batch['id']}/result")
    records = client.json("GET", f"/job/{job}/batch/{batch['id']}/result/{result}")
    expected = org.sql(
        "SELECT c.Id, c.LastName, c.CreatedDate, c.IsEmailBounced, a.Name FROM Contact c "
        "LEFT JOIN Account a ON a.Id = c.AccountId WHERE NOT c.IsDeleted"
    )
    found = {
        (
            one["Id"],
            one["LastName"],
            datetime.fromtimestamp(one["CreatedDate"] / 1000, UTC).replace(tzinfo=None),
            one["IsEmailBounced"],
            (one["Account"] or {}).get("Name"),
        )
        for one in records
    }
    assert found == set(expected)
    assert records[0]["attributes"]["type"] == "Contact"
    closed = client.json("POST", f"/job/{job}", {"state": "Closed"})
    assert (closed["state"], closed["numberBatchesCompleted"]) == ("Closed", 1)


def test_an_xml_client_queries_as_csv(org: OrgServer, client: AsyncClient) -> None:
    wanted = job_xml(operation="query", object="Account", contentType="CSV")
    created = client.call("POST", "/job", wanted, XML)
    assert (created.status, created.headers["Content-Type"]) == (201, "application/xml")
    job = fields(created)
    assert (job["state"], job["apiVersion"], job["concurrencyMode"]) == ("Open", "60.0", "Parallel")
    assert job["createdDate"].endswith(".000Z")
    batch = done_in_xml(client, job["id"], "SELECT Id, Name FROM Account", CSV)
    ids = fields(client.call("GET", f"/job/{job['id']}/batch/{batch}/result"))
    answer = client.call("GET", f"/job/{job['id']}/batch/{batch}/result/{ids['result']}")
    assert (
        answer.headers["Content-Type"] == "text/csv; charset=UTF-8"
    )  # the only one with a charset
    header, *rows = answer.rows
    assert header == ["Id", "Name"]
    assert sorted(map(tuple, rows)) == sorted(
        org.sql("SELECT Id, Name FROM Account WHERE NOT IsDeleted")
    )
    closed = client.call("POST", f"/job/{job['id']}", job_xml(state="Closed"), XML)
    assert fields(closed)["state"] == "Closed"


def test_jobs_answer_as_asked_and_their_batches_by_content(client: AsyncClient) -> None:
    job = client.job("Account", "query", "CSV")
    batch = client.call("POST", f"/job/{job}/batch", "SELECT Id FROM Account", JSON)
    assert fields(batch)["jobId"] == job
    listed(client, job)
    path = f"/job/{job}/batch/{fields(batch)['id']}"
    assert fields(client.call("GET", path, kind=JSON))["state"] == "Completed"
    assert client.json("GET", f"/job/{job}")["numberBatchesTotal"] == 1
    assert fields(client.call("GET", f"/job/{job}"))["numberBatchesTotal"] == "1"


def test_xml_results_nest_parents_and_mark_nulls(org: OrgServer, client: AsyncClient) -> None:
    job = client.job("Contact", "query", "XML")
    soql = "SELECT Id, Account.Name, AssistantName FROM Contact WHERE AccountId != null LIMIT 1"
    batch = done_in_xml(client, job, soql, XML)
    (result,) = re.findall(rb"752\w+", client.call("GET", f"/job/{job}/batch/{batch}/result").body)
    body = client.call("GET", f"/job/{job}/batch/{batch}/result/{result.decode()}").body
    record = ElementTree.fromstring(body)[0]
    assert record.findtext(f"{DATALOAD}type") == "Contact"
    key = record.findtext(f"{DATALOAD}Id")
    ((name, assistant),) = org.sql(
        "SELECT a.Name, c.AssistantName FROM Contact c JOIN Account a ON a.Id = c.AccountId "
        "WHERE c.Id = ?",
        [key],
    )
    assert record.findtext(f"{DATALOAD}Account/{DATALOAD}Name") == name
    assert (record.findtext(f"{DATALOAD}AssistantName") or None) == assistant


def test_no_rows_are_a_sentence_in_csv_and_an_empty_list_in_json(client: AsyncClient) -> None:
    soql = "SELECT Id FROM Account WHERE Name = 'there is no such name'"
    job = client.job("Account", "query", "CSV")
    batch = done_in_xml(client, job, soql, CSV)
    result = fields(client.call("GET", f"/job/{job}/batch/{batch}/result"))["result"]
    answer = client.call("GET", f"/job/{job}/batch/{batch}/result/{result}")
    assert answer.body == b"Records not found for this query"
    job = client.job("Account", "query", "JSON")
    record = finished(client, job, soql, JSON)
    (result,) = client.json("GET", f"/job/{job}/batch/{record['id']}/result")
    assert client.json("GET", f"/job/{job}/batch/{record['id']}/result/{result}") == []


def test_csv_rows_are_answered_in_the_order_sent(org: OrgServer, client: AsyncClient) -> None:
    job = client.job("Account", "insert", "CSV")
    content = "Name,Phone\n" + "".join(f"Sent {at},{at}\n" for at in range(300)) + ",1\nLast,2\n"
    batch = done_in_xml(client, job, content, CSV)
    answer = client.call("GET", f"/job/{job}/batch/{batch}/result")
    header, *rows = answer.rows
    assert header == ["Id", "Success", "Created", "Error"]
    error = "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --"
    assert rows[300] == ["", "false", "false", error]
    names = dict(org.sql("SELECT Id, Name FROM Account WHERE Name LIKE 'Sent %' OR Name = 'Last'"))
    assert [names[row[0]] for row in rows[:300]] == [f"Sent {at}" for at in range(300)]
    assert rows[301][1:] == ["true", "true", ""]
    assert client.call("GET", f"/job/{job}/batch/{batch}/request").body.decode() == content
    counts = fields(client.call("GET", f"/job/{job}"))
    assert (counts["numberRecordsProcessed"], counts["numberRecordsFailed"]) == ("302", "1")


def test_json_rows_are_upserted_with_parents_and_nulls(org: OrgServer, client: AsyncClient) -> None:
    ((username, owner),) = org.sql('SELECT Username, Id FROM "User" ORDER BY Id LIMIT 1')
    job = client.job("Showcase__c", "upsert", "JSON", externalIdFieldName="Key__c")
    rows: list[dict[str, Any]] = [
        {"Key__c": "C-1", "Name": "One", "Seats__c": 7, "Public__c": True},
        {"Key__c": "C-2", "Name": "Two", "Owner": {"Username": username}},
    ]
    batch = finished(client, job, json.dumps(rows), JSON)
    results = client.json("GET", f"/job/{job}/batch/{batch['id']}/result")
    assert [(one["success"], one["created"], one["errors"]) for one in results] == [
        (True, True, []),
        (True, True, []),
    ]
    again = [{"Key__c": "C-1", "Seats__c": None}, {"Key__c": "C-3", "Seats__c": "many"}]
    batch = finished(client, job, json.dumps(again), JSON)
    kept, refused = client.json("GET", f"/job/{job}/batch/{batch['id']}/result")
    assert (kept["success"], kept["created"], kept["id"]) == (True, False, results[0]["id"])
    assert (refused["success"], refused["id"]) == (False, None)
    (misfit,) = refused["errors"]
    assert (misfit["statusCode"], misfit["fields"]) == ("INVALID_FIELD", ["Seats__c"])
    assert misfit["message"] == (
        "Failed to deserialize field at col 1. Due to, 'many' is not a valid value for the type "
        "xsd:double"
    )
    found = org.sql(
        "SELECT Key__c, Name, Seats__c, Public__c FROM Showcase__c WHERE Key__c LIKE 'C-%' "
        "ORDER BY 1"
    )
    assert found == [("C-1", "One", None, True), ("C-2", "Two", None, False)]
    assert org.sql("SELECT OwnerId FROM Showcase__c WHERE Key__c = 'C-2'") == [(owner,)]


def test_xml_rows_are_updated_and_deleted(org: OrgServer, client: AsyncClient) -> None:
    keys = [row[0] for row in org.sql("SELECT Id FROM Contact WHERE NOT IsDeleted LIMIT 2")]
    xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    space = f'xmlns="{DATALOAD.strip("{}")}"'
    job = client.job("Contact", "update", "XML")
    content = (
        f"<sObjects {space} {xsi}><sObject><Id>{keys[0]}</Id><Title>R&amp;D</Title>"
        '<Department xsi:nil="true"/></sObject></sObjects>'
    )
    batch = done_in_xml(client, job, content, XML)
    root = ElementTree.fromstring(client.call("GET", f"/job/{job}/batch/{batch}/result").body)
    assert root.tag == f"{DATALOAD}results"
    assert root[0].findtext(f"{DATALOAD}id") == keys[0]
    assert root[0].findtext(f"{DATALOAD}success") == "true"
    found = org.sql("SELECT Title, Department FROM Contact WHERE Id = ?", [keys[0]])
    assert found == [("R&D", None)]
    job = client.job("Contact", "delete", "CSV")
    done_in_xml(client, job, f"Id\n{keys[1]}\n", CSV)
    assert org.sql("SELECT IsDeleted FROM Contact WHERE Id = ?", [keys[1]]) == [(True,)]


def test_pk_chunking_makes_a_batch_for_each_range_of_ids(
    org: OrgServer, client: AsyncClient
) -> None:
    """Deleted rows count towards a chunk's width and are not among its rows."""
    job = client.job("Account", "query", "CSV", **{"Sforce-Enable-PKChunking": "chunkSize=10"})
    soql = "SELECT Id FROM Account WHERE Name != 'a' OR Phone = null"
    client.call("POST", f"/job/{job}/batch", soql, CSV)
    first, *chunks = listed(client, job)
    assert (first["state"], {one["state"] for one in chunks}) == ("NotProcessed", {"Completed"})
    ((every,),) = org.sql("SELECT count(*) FROM Account")
    assert len(chunks) == -(-every // 10)
    assert {one["state"] for one in listed(client, job)[1:]} == {"Completed"}
    found: list[str] = []
    for one in chunks:
        path = f"/job/{job}/batch/{one['id']}/result"
        result = fields(client.call("GET", path))["result"]
        answer = client.call("GET", f"{path}/{result}")
        if one["numberRecordsProcessed"] != "0":
            found += [row[0] for row in answer.rows[1:]]
    live = [row[0] for row in org.sql("SELECT Id FROM Account WHERE NOT IsDeleted ORDER BY Id")]
    assert sorted(found) == live
    request = client.call("GET", f"/job/{job}/batch/{chunks[0]['id']}/request").body.decode()
    assert request.startswith(
        "SELECT Id FROM Account WHERE (Name != 'a' OR Phone = null) AND Id >="
    )
    refused = client.call("GET", f"/job/{job}/batch/{first['id']}/result", kind=JSON)
    assert refused.json == {
        "exceptionCode": "InvalidBatch",
        "exceptionMessage": "Records not processed",
    }


def test_history_is_chunked_by_its_parent(org: OrgServer, client: AsyncClient) -> None:
    soql = "SELECT Id, AccountId FROM AccountHistory"
    header = {"Sforce-Enable-PKChunking": "true; chunkSize=15; parent=Account"}
    job = client.job("AccountHistory", "query", "CSV", **header)
    client.call("POST", f"/job/{job}/batch", soql, CSV)
    chunks = listed(client, job)[1:]
    assert len(chunks) > 1
    ((rows,),) = org.sql("SELECT count(*) FROM AccountHistory WHERE NOT IsDeleted")
    assert sum(int(one["numberRecordsProcessed"]) for one in chunks) == rows
    alone = client.job("AccountHistory", "query", "CSV", **{"Sforce-Enable-PKChunking": "true"})
    client.call("POST", f"/job/{alone}/batch", soql, CSV)
    (failed,) = listed(client, alone)
    assert "needs the parent object" in failed["stateMessage"]


def test_what_cannot_be_chunked_is_refused(client: AsyncClient) -> None:
    for header in ("chunkSize=250001", "chunkSize=x", "startRow=1", "often"):
        wanted = json.dumps({"object": "Account", "operation": "query", "contentType": "CSV"})
        more = {"Sforce-Enable-PKChunking": header}
        answer = client.call("POST", "/job", wanted, JSON, **more)
        assert (answer.status, answer.json["exceptionCode"]) == (400, "InvalidJob")
    job = client.job("Account", "query", "CSV", **{"Sforce-Enable-PKChunking": "true"})
    client.call("POST", f"/job/{job}/batch", "SELECT Id FROM Account ORDER BY Name", CSV)
    (failed,) = listed(client, job)
    assert failed["state"] == "Failed"


def test_a_dead_session_is_a_bad_request(org: OrgServer, client: AsyncClient) -> None:
    path = "/services/async/60.0/job"
    for kind, read in ((JSON, lambda answer: answer.json), (XML, fields)):
        answer = ask(org, "POST", path, "{}", {"X-SFDC-SESSION": "none", "Content-Type": kind})
        assert answer.status == 400
        assert read(answer) == {
            "exceptionCode": "InvalidSessionId",
            "exceptionMessage": "Invalid session id",
        }
    assert ask(org, "GET", f"{path}/750", None, {}).status == 400
    headers = {"Authorization": f"Bearer {client.token}", "Accept": JSON}
    answer = ask(org, "GET", f"{path}/750gL00000zzzzz", None, headers)
    assert answer.json["exceptionCode"] == "InvalidJob"
    for version in ("20.0", "99.0", "x"):
        answer = ask(org, "GET", f"/services/async/{version}/job/750", None, headers)
        assert (answer.status, answer.json["exceptionCode"]) == (400, "InvalidVersion")


def test_faults_of_a_request_are_told_in_the_words_of_this_api(
    org: OrgServer, client: AsyncClient
) -> None:
    own = AsyncClient(Client(org))
    job = own.job("Account", "query", "JSON")
    for kind, status, code in (
        ("server_busy", 503, "Unknown"),
        ("quota", 400, "ExceededQuota"),
        ("session_expired", 400, "InvalidSessionId"),
    ):
        org.org.faults.add(Fault(kind, kind, times=1, path="/services/async"))
        answer = own.call("GET", f"/job/{job}", kind=JSON)
        assert (answer.status, answer.json["exceptionCode"]) == (status, code)
        org.org.faults.remove(kind)
    assert own.call("GET", f"/job/{job}").status == 400
    assert client.call("GET", f"/job/{job}").status == 200


def test_a_user_without_the_api_meets_a_switched_off_feature(
    org: OrgServer, client: AsyncClient
) -> None:
    user = org.org.directory.user(org.credentials.username)
    assert user is not None
    permissions = org.org.directory.profile_of(user).permissions
    permissions.discard(API_ENABLED)
    answer = client.call("GET", "/job/750gL00000zzzzz", kind=JSON)
    permissions.add(API_ENABLED)
    assert answer.json == {
        "exceptionCode": "FeatureNotEnabled",
        "exceptionMessage": "Async API not enabled",
    }


@pytest.mark.parametrize(
    ("wanted", "code", "message"),
    [
        ({"object": "Account"}, "InvalidJob", "operation: one of insert"),
        ({"operation": "query", "object": "Nope"}, "InvalidJob", "Unable to find object: Nope"),
        ({"operation": "query", "object": "Attachment"}, "InvalidEntity", "'Attachment' is not"),
        ({"operation": "query", "object": "Account", "contentType": "TXT"}, "InvalidJob", "CSV"),
        (
            {"operation": "query", "object": "Account", "concurrencyMode": "Fast"},
            "InvalidJob",
            "Parallel or Serial",
        ),
        (
            {"operation": "upsert", "object": "Account", "contentType": "CSV"},
            "InvalidJob",
            "External ID was blank for Account. An External ID must be specified for upsert.",
        ),
    ],
)
def test_job_requests_with_wrong_properties_are_refused(
    client: AsyncClient, wanted: dict[str, str], code: str, message: str
) -> None:
    answer = client.call("POST", "/job", json.dumps(wanted), JSON)
    assert (answer.status, answer.json["exceptionCode"]) == (400, code)
    assert message in answer.json["exceptionMessage"]


def test_zipped_content_is_not_modelled(client: AsyncClient) -> None:
    wanted = {"operation": "insert", "object": "Account", "contentType": "ZIP_CSV"}
    answer = client.call("POST", "/job", json.dumps(wanted), JSON)
    assert (answer.status, answer.json["exceptionCode"]) == (501, "NotModelled")


def test_hard_deletion_needs_its_permission(org: OrgServer, client: AsyncClient) -> None:
    user = org.org.directory.user(org.credentials.username)
    assert user is not None
    org.org.directory.profile_of(user).permissions.discard(BULK_HARD_DELETE)
    wanted = {"operation": "hardDelete", "object": "Account", "contentType": "CSV"}
    answer = client.call("POST", "/job", json.dumps(wanted), JSON)
    assert answer.json["exceptionCode"] == "FeatureNotEnabled"


def test_batches_that_cannot_be_done_fail_and_say_why(client: AsyncClient) -> None:
    query = client.job("Account", "query", "JSON")
    for soql, reason in (
        ("SELECT Nope FROM Account", "InvalidBatch : Failed to process query: INVALID_FIELD:"),
        ("SELECT COUNT() FROM Account", "InvalidBatch : Failed to process query: API_ERROR:"),
        ("SELECT Id FROM Contact", "The query is on Contact, its job on Account"),
    ):
        batch = finished(client, query, soql, JSON)
        assert batch["state"] == "Failed"
        assert reason in batch["stateMessage"]
    insert = client.job("Account", "insert", "JSON")
    for content, reason in (
        ('[{"Foo": 1}]', "InvalidBatch : Field name not found : Foo"),
        ('{"Name": 1}', "a list of objects is expected"),
        (
            "[",
            "InvalidBatch : Failed to parse JSON: Unexpected end-of-input at [line:1, column:2]",
        ),
        (json.dumps([{"Name": "x"}] * 10_001), "Maximum number of records exceeded 10000"),
    ):
        batch = finished(client, insert, content, JSON)
        assert (batch["state"], batch["numberRecordsProcessed"]) == ("Failed", 0)
        assert reason in batch["stateMessage"]


def test_job_requests_nobody_can_read_are_refused_without_words_of_this_program(
    client: AsyncClient,
) -> None:
    json_said = client.call("POST", "/job", '{"operation": x}', JSON).json
    assert json_said["exceptionMessage"] == (
        "The request cannot be read as JSON: Unexpected character ('x' (code 120)) at "
        "[line:1, column:15]"
    )
    for body, said in (
        ("<jobInfo>", "XML document structures must start and end within the same entity."),
        ("<jobInfo><a></jobInfo>", "The element type must be terminated by the matching end-tag."),
        ("hello", "The markup in the document must be well-formed. at [line:1, column:1]"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "DOCTYPE is disallowed."),
    ):
        answer = client.call("POST", "/job", body, "application/xml")
        assert fields(answer)["exceptionMessage"].startswith(
            f"The request cannot be read as XML: {said}"
        )


def test_xml_answers_leave_out_what_xml_cannot_hold(client: AsyncClient) -> None:
    job = client.job("Account", "insert", "CSV")
    client.call("POST", f"/job/{job}/batch", "F\x00o\x1bo&,Name\n1,2\n", CSV)
    (batch,) = listed(client, job)
    assert batch["stateMessage"] == "InvalidBatch : Field name not found : Foo&"


def test_batches_are_refused_when_empty_large_of_another_kind_or_late(
    org: OrgServer, client: AsyncClient
) -> None:
    job = client.job("Account", "insert", "JSON")
    path = f"/job/{job}/batch"

    def code(content: str, kind: str = JSON) -> str:
        answer = client.call("POST", path, content, kind, Accept=JSON)
        assert answer.status == 400
        return str(answer.json["exceptionCode"])

    assert code("  ") == "ClientInputError"
    assert code("[" + " " * 10_000_000 + "]") == "ClientInputError"
    assert code("Name\nA\n", CSV) == "InvalidBatch"
    assert client.json("POST", f"/job/{job}", {"state": "Aborted"})["state"] == "Aborted"
    assert code("[]") == "InvalidJobState"
    answer = client.call("POST", f"/job/{job}", '{"state": "Closed"}', JSON)
    assert answer.json == {
        "exceptionCode": "InvalidJobState",
        "exceptionMessage": "Closing already Aborted Job not allowed",
    }


def test_an_aborted_job_takes_its_batches_with_it() -> None:
    with OrgServer(rows={"Account": 1}, settings=Settings(job_seconds=20.0)) as server:
        client = AsyncClient(Client(server))
        job = client.job("Account", "insert", "JSON")
        content = json.dumps([{"Name": f"Part {at}"} for at in range(400)])
        for _ in range(3):
            client.call("POST", f"/job/{job}/batch", content, JSON)
        path = f"/job/{job}/batch"
        (first, *_) = client.json("GET", path)["batchInfo"]
        refused = client.call("GET", f"{path}/{first['id']}/result", kind=JSON)
        assert refused.json["exceptionMessage"] == "Batch not completed"
        client.json("POST", f"/job/{job}", {"state": "Aborted"})
        batches = client.json("GET", path)["batchInfo"]
        assert {one["state"] for one in batches} == {"NotProcessed"}


def test_batches_of_a_serial_job_wait_for_each_other(org: OrgServer, client: AsyncClient) -> None:
    org.org.faults.add(Fault("rest", "job_stuck", times=1, settings={"rows": 1, "seconds": 0.5}))
    job = client.job("Account", "insert", "JSON", concurrencyMode="Serial")
    path = f"/job/{job}/batch"
    for rows in (201, 1):
        client.call("POST", path, json.dumps([{"Name": "Serial"}] * rows), JSON)
    seen: list[list[str]] = []
    while not seen or seen[-1] != ["Completed", "Completed"]:
        seen.append([one["state"] for one in client.json("GET", path)["batchInfo"]])
        time.sleep(0.02)
    org.org.faults.remove("rest")
    assert ["InProgress", "Completed"] not in seen
    assert any(first == "InProgress" for first, _ in seen)
