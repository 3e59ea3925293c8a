"""Transcripts of the data API's frame: versions, headers, describes, single records."""

import gzip
import http.client
import json
import socket
from urllib.parse import urlsplit

import pytest

from sallyport_org.server import OrgServer
from sallyport_org.state import Settings
from tests.org.wire import Client, ask

FIELD_KEYS = 57


def test_versions_are_listed_without_a_token(org: OrgServer) -> None:
    answer = ask(org, "GET", "/services/data/")
    assert answer.json[0] == {
        "label": "Summer '14",
        "url": "/services/data/v31.0",
        "version": "31.0",
    }
    assert [one["version"] for one in answer.json] == [f"{n}.0" for n in range(31, 68)]
    assert {one["version"]: one["label"] for one in answer.json}["62.0"] == "Winter '25"
    assert answer.json[-1]["label"] == "Summer '26"


def test_retired_versions_are_gone_and_unborn_ones_not_found(client: Client) -> None:
    assert client.get("/services/data/v30.0/limits").error[:2] == (410, "GONE")
    expected = (404, "NOT_FOUND", "The requested resource does not exist")
    assert client.get("/services/data/v68.0/limits").error == expected
    assert client.get("/services/data/nonsense/limits").error == expected


def test_a_missing_or_dead_token_is_refused(org: OrgServer) -> None:
    expected = (401, "INVALID_SESSION_ID", "Session expired or invalid")
    assert ask(org, "GET", "/services/data/v60.0/limits").error == expected
    for header in ("Bearer 00Dxx!nothing", "OAuth 00Dxx!nothing"):
        answer = ask(org, "GET", "/services/data/v60.0/limits", headers={"Authorization": header})
        assert answer.error == expected
    basic = ask(org, "GET", "/services/data/v60.0/limits", headers={"Authorization": "Basic eA=="})
    assert basic.error[:2] == (401, "INVALID_AUTH_HEADER")


def test_slashes_and_letter_case_of_paths_do_not_matter(client: Client) -> None:
    for path in ("//limits//", "/LIMITS", "/limits/?x=1"):
        assert client.get(path).status == 200
    assert client.get("/sobjects/account/DESCRIBE/").json["name"] == "Account"


def test_every_call_is_counted_and_says_so(client: Client) -> None:
    first = client.get("/limits")
    used, most = first.headers["Sforce-Limit-Info"].removeprefix("api-usage=").split("/")
    assert first.json["DailyApiRequests"] == {"Max": int(most), "Remaining": int(most) - int(used)}
    again = client.get("/limits").headers["Sforce-Limit-Info"]
    assert again == f"api-usage={int(used) + 1}/{most}"
    assert first.json["DailyBulkApiBatches"] == {"Max": 15000, "Remaining": 15000}
    assert first.headers["Date"].endswith("GMT")


def test_calls_beyond_the_days_allowance_are_refused() -> None:
    with OrgServer(rows={"Account": 1}, settings=Settings(api_limit=2)) as server:
        client = Client(server)
        assert [client.get("/limits").status for _ in range(2)] == [200, 200]
        refused = client.get("/limits")
        assert refused.error == (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        assert refused.headers["Sforce-Limit-Info"] == "api-usage=2/2"


def test_a_client_that_leaves_early_does_no_harm(org: OrgServer, client: Client) -> None:
    job = client.finished("SELECT Id, Name, MailingStreet, Description, Email FROM Contact")
    place = urlsplit(org.url)
    for _ in range(3):
        with socket.create_connection((place.hostname or "", place.port or 0)) as early:
            path = f"{client.base}/jobs/query/{job}/results"
            head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {client.token}"
            early.sendall(f"{head}\r\n\r\n".encode())
            assert early.recv(100).startswith(b"HTTP/1.1 200")
    assert len(client.get(f"/jobs/query/{job}/results").rows) == 5001


def test_a_wrong_method_names_the_right_ones(client: Client) -> None:
    answer = client.call("PUT", "/limits")
    assert answer.error == (
        405,
        "METHOD_NOT_ALLOWED",
        "HTTP Method 'PUT' not allowed. Allowed are GET,HEAD",
    )
    assert answer.headers["Allow"] == "GET,HEAD"


def test_what_is_not_modelled_says_so(client: Client) -> None:
    answer = client.get("/tooling/query?q=SELECT+Id+FROM+ApexClass")
    assert answer.error == (
        501,
        "NOT_MODELLED",
        "The org simulator does not model /tooling/query.",
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/tabs"),
        ("GET", "/theme"),
        ("POST", "/process/rules"),
    ],
)
def test_other_interfaces_are_not_imitated(client: Client, method: str, path: str) -> None:
    assert client.call(method, path, {}).error[:2] == (501, "NOT_MODELLED")


def test_addresses_above_16_kilobytes_are_refused(client: Client) -> None:
    assert client.get("/query?q=" + "x" * 17_000).status == 414
    assert client.get("/limits", X_Filler="x" * 16_400).status == 431


def test_large_answers_are_gzipped_for_those_who_ask(org: OrgServer, client: Client) -> None:
    place = urlsplit(org.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port)
    headers = {"Authorization": f"Bearer {client.token}", "Accept-Encoding": "gzip"}
    connection.request("GET", "/services/data/v60.0/sobjects", headers=headers)
    reply = connection.getresponse()
    assert reply.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(reply.read()))["encoding"] == "UTF-8"
    connection.close()


def test_a_gzipped_request_body_is_read(client: Client) -> None:
    body = gzip.compress(b'{"operation":"query","query":"SELECT Id FROM Account"}')
    headers = {"Authorization": f"Bearer {client.token}", "Content-Encoding": "gzip"}
    answer = ask(client.server, "POST", client.base + "/jobs/query", body, headers)
    assert answer.json["object"] == "Account"


def test_twenty_connections_at_once_are_served(org: OrgServer, client: Client) -> None:
    place = urlsplit(org.url)
    headers = {"Authorization": f"Bearer {client.token}"}
    open_ones = [http.client.HTTPConnection(place.hostname or "", place.port) for _ in range(20)]
    for one in open_ones:
        one.request("GET", "/services/data/v60.0/sobjects/Contact/describe", headers=headers)
    answers = [one.getresponse() for one in open_ones]
    assert {json.loads(one.read())["name"] for one in answers} == {"Contact"}
    for one in open_ones:
        one.close()


def test_every_object_describes_every_field_with_57_keys(org: OrgServer, client: Client) -> None:
    listed = client.get("/sobjects").json["sobjects"]
    assert len(listed) >= 20
    for one in listed:
        body = client.get(f"/sobjects/{one['name']}/describe").json
        assert {key: body[key] for key in one if key != "urls"} == {
            key: value for key, value in one.items() if key != "urls"
        }
        columns = {
            name
            for (name,) in org.sql(
                "SELECT column_name FROM information_schema.columns WHERE table_name = ?",
                [one["name"]],
            )
        }
        described = set()
        for field in body["fields"]:
            assert len(field) == FIELD_KEYS, field["name"]
            assert list(field) == sorted(field)
            if field["type"] not in ("address", "location"):
                described.add(field["name"])
        assert described == columns


def test_all_field_types_readers_must_know_are_there(client: Client) -> None:
    types = {
        field["type"]
        for one in client.get("/sobjects").json["sobjects"]
        for field in client.get(f"/sobjects/{one['name']}/describe").json["fields"]
    }
    assert types >= {
        *("id", "reference", "string", "textarea", "boolean", "int", "double", "currency"),
        *("percent", "date", "datetime", "time", "email", "phone", "url", "picklist"),
        *("multipicklist", "combobox", "encryptedstring", "base64", "address", "location"),
        "anyType",
    }


def test_compounds_name_their_parts(client: Client) -> None:
    fields = {
        field["name"]: field for field in client.get("/sobjects/Account/describe").json["fields"]
    }
    assert fields["BillingCity"]["compoundFieldName"] == "BillingAddress"
    assert fields["BillingAddress"]["soapType"] == "urn:address"
    assert fields["BillingAddress"]["createable"] is False
    assert fields["Name"]["compoundFieldName"] == "Name"
    assert fields["Name"]["byteLength"] == 3 * fields["Name"]["length"]
    assert fields["ParentId"]["referenceTo"] == ["Account"]


def test_children_are_listed_from_the_parents_side(client: Client) -> None:
    children = client.get("/sobjects/Account/describe").json["childRelationships"]
    found = {(one["childSObject"], one["field"]): one["relationshipName"] for one in children}
    assert found["Contact", "AccountId"] == "Contacts"
    assert found["Account", "ParentId"] == "ChildAccounts"
    assert ("Account", "MasterRecordId") not in found  # what remembers a merge is no child


def test_a_describe_that_did_not_change_is_304(client: Client) -> None:
    stamp = client.get("/sobjects/Account/describe").headers["Last-Modified"]
    again = client.get("/sobjects/Account/describe", If_Modified_Since=stamp)
    assert (again.status, again.body) == (304, b"")
    old = client.get(
        "/sobjects/Account/describe", If_Modified_Since="Mon, 01 Jan 2001 00:00:00 GMT"
    )
    assert old.status == 200


def test_record_counts_are_live_rows(org: OrgServer, client: Client) -> None:
    answer = client.get("/limits/recordCount?sObjects=Account,Contact,Nothing")
    assert answer.json == {
        "sObjects": [{"count": 300, "name": "Account"}, {"count": 5000, "name": "Contact"}]
    }


@pytest.mark.parametrize("length", [15, 18])
def test_a_record_is_read_by_either_length_of_its_id(
    org: OrgServer, client: Client, length: int
) -> None:
    (row,) = org.sql("SELECT Id, Name, BillingCity FROM Account WHERE NOT IsDeleted LIMIT 1")
    body = client.get(f"/sobjects/Account/{row[0][:length]}").json
    assert body["attributes"]["url"].endswith(f"/sobjects/Account/{row[0]}")
    assert (body["Id"], body["Name"]) == row[:2]
    assert body["BillingAddress"] is None or body["BillingAddress"]["city"] == row[2]
    some = client.get(f"/sobjects/Account/{row[0]}?fields=Name,BillingCity").json
    assert list(some) == ["attributes", "Name", "BillingCity"]


def test_missing_records_fields_and_objects_are_refused(org: OrgServer, client: Client) -> None:
    ((gone,),) = org.sql("SELECT Id FROM Account WHERE IsDeleted LIMIT 1")
    assert client.get(f"/sobjects/Account/{gone}").error == (
        404,
        "ENTITY_IS_DELETED",
        "entity is deleted",
    )
    assert client.get("/sobjects/Account/001gL00000zzzzz").error[:2] == (404, "NOT_FOUND")
    assert client.get("/sobjects/Account/003gL0000000000").error[:2] == (400, "MALFORMED_ID")
    ((key,),) = org.sql("SELECT Id FROM Account WHERE NOT IsDeleted LIMIT 1")
    assert client.get(f"/sobjects/Account/{key}?fields=Nope").error == (
        400,
        "INVALID_FIELD",
        "No such column 'Nope' on sobject of type Account",
    )
    assert client.get("/sobjects/Nothing/describe").error[:2] == (404, "NOT_FOUND")


def test_blob_fields_are_paths_and_the_paths_give_the_bytes(org: OrgServer, client: Client) -> None:
    key, content = org.sql("SELECT Id, Body FROM Attachment WHERE NOT IsDeleted LIMIT 1")[0]
    path = client.get(f"/sobjects/Attachment/{key}").json["Body"]
    assert path == f"/services/data/v60.0/sobjects/Attachment/{key}/Body"
    answer = client.get(path)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.body == content
    assert b"\0" in content
