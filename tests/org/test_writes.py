"""Single records over REST: what a write leaves behind, and how it is refused."""

import json
from collections.abc import Iterator
from datetime import datetime

import pytest

from sallyport_org.server import OrgServer
from tests.org.wire import Answer, Client, ask

MISSING = "001gL0000000999QAA"


@pytest.fixture(scope="module")
def server() -> Iterator[OrgServer]:
    rows = {"Account": 20, "Contact": 20, "Case": 10, "Showcase__c": 20, "Opportunity": 10}
    with OrgServer(rows=rows) as started:
        yield started


@pytest.fixture(scope="module")
def client(server: OrgServer) -> Client:
    return Client(server)


def created(client: Client, name: str, **values: object) -> str:
    answer = client.call("POST", f"/sobjects/{name}", values)
    assert answer.status == 201, answer.body
    return str(answer.json["id"])


def read(client: Client, name: str, key: str, fields: str) -> tuple[object, ...]:
    answer = client.get(f"/sobjects/{name}/{key}?fields={fields}")
    assert answer.status == 200, answer.body
    return tuple(value for field, value in answer.json.items() if field != "attributes")


def test_a_created_record_is_where_its_location_says(client: Client) -> None:
    answer = client.call("POST", "/sobjects/Account", {"name": "Vale & Sons", "Phone": ""})
    assert answer.status == 201
    assert answer.json["success"] is True
    assert answer.json["errors"] == []
    record = client.get(str(answer.headers["Location"])).json
    assert (record["Id"], record["Name"], record["Phone"]) == (
        answer.json["id"],
        "Vale & Sons",
        None,
    )
    assert record["IsDeleted"] is False
    assert record["OwnerId"] == record["CreatedById"] == record["LastModifiedById"]
    assert record["CreatedDate"] == record["LastModifiedDate"] == record["SystemModstamp"]


def test_an_update_changes_what_it_names_and_the_stamps(client: Client, server: OrgServer) -> None:
    key = "001gL0000000003QAA"
    before = server.sql(
        'SELECT Name, CreatedDate, SystemModstamp FROM "Account" WHERE Id = ?', [key]
    )
    assert client.call("PATCH", f"/sobjects/Account/{key[:15]}", {"Phone": "+1 555"}).status == 204
    after = server.sql(
        'SELECT Name, CreatedDate, SystemModstamp FROM "Account" WHERE Id = ?', [key]
    )
    assert after[0][:2] == before[0][:2]
    assert after[0][2] > before[0][2]
    assert after[0][2].microsecond == 0
    assert read(client, "Account", key, "Phone") == ("+1 555",)


def test_null_clears_a_field(client: Client) -> None:
    key = created(client, "Account", Name="A", Site="here")
    assert client.call("PATCH", f"/sobjects/Account/{key}", {"Site": None}).status == 204
    assert read(client, "Account", key, "Site") == (None,)


def test_every_type_comes_back_as_it_went_in(client: Client) -> None:
    values = {
        "Colours__c": "Red;남색",
        "Opens__c": "10:30:00.000Z",
        "Held_On__c": "2026-02-28",
        "Starts__c": "2026-02-28T01:02:03.000+0000",
        "Share__c": 12.5,
        "Weight__c": -0.0001,
        "Public__c": True,
        "Notes__c": "line one\nline “two” \U0001f33f",
        "Spot__Latitude__s": 52.5,
        "Spot__Longitude__s": 13.4,
    }
    key = created(client, "Showcase__c", **values)
    assert read(client, "Showcase__c", key, ",".join(values)) == tuple(values.values())


def test_a_record_without_a_name_is_called_by_its_id(client: Client) -> None:
    key = created(client, "Showcase__c")
    assert read(client, "Showcase__c", key, "Name,Public__c") == (key[:15], False)


def test_a_new_case_gets_the_next_number_and_the_defaults(client: Client) -> None:
    first, second = created(client, "Case"), created(client, "Case", Subject="x")
    numbers = [read(client, "Case", key, "CaseNumber")[0] for key in (first, second)]
    assert int(str(numbers[1])) == int(str(numbers[0])) + 1
    assert read(client, "Case", first, "Status,Priority,IsClosed") == ("New", "Medium", False)


def test_a_stage_brings_its_probability_and_forecast(client: Client) -> None:
    key = created(
        client,
        "Opportunity",
        Name="Big",
        StageName="Perception Analysis",
        CloseDate="2026-05-03",
        Amount=1000,
    )
    fields = "Probability,IsClosed,IsWon,ForecastCategory,ExpectedRevenue,Fiscal"
    assert read(client, "Opportunity", key, fields) == (
        70.0,
        False,
        False,
        "Pipeline",
        700.0,
        "2026 2",
    )
    client.call("PATCH", f"/sobjects/Opportunity/{key}", {"StageName": "Closed Won"})
    assert read(client, "Opportunity", key, fields) == (
        100.0,
        True,
        True,
        "Closed",
        1000.0,
        "2026 2",
    )


def test_a_parent_is_found_by_a_key_of_its_own(client: Client) -> None:
    key = created(client, "Contact", LastName="Okafor", Owner={"Username": "admin@acme.example"})
    assert read(client, "Contact", key, "Name,Owner.Username")[0] == "Okafor"


@pytest.mark.parametrize(
    ("name", "values", "status", "code", "message"),
    [
        ("Account", {}, 400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]"),
        (
            "Lead",
            {"Company": None},
            400,
            "REQUIRED_FIELD_MISSING",
            "Required fields are missing: [LastName, Company]",
        ),
        (
            "Account",
            {"Name": "a", "Nmae": "b"},
            400,
            "INVALID_FIELD",
            "No such column 'Nmae' on sobject of type Account",
        ),
        (
            "Account",
            {"Name": "a", "CreatedDate": "2020-01-01T00:00:00Z", "IsDeleted": True},
            400,
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "Unable to create/update fields: CreatedDate, IsDeleted. Please check the security "
            "settings of this field and verify that it is read/write for your profile or "
            "permission set.",
        ),
        (
            "Contact",
            {"LastName": "x", "FirstName": "y" * 41},
            400,
            "STRING_TOO_LONG",
            f"First Name: data value too large: {'y' * 41} (max length=40)",
        ),
        (
            "Contact",
            {"LastName": "x", "Email": "nobody@"},
            400,
            "INVALID_EMAIL_ADDRESS",
            "Email: invalid email address: nobody@",
        ),
        (
            "Account",
            {"Name": "x", "CleanStatus": "Dusty"},
            400,
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "Clean Status: bad value for restricted picklist field: Dusty",
        ),
        (
            "Showcase__c",
            {"Share__c": 1000},
            400,
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Share: value outside of valid range on numeric field: 1000",
        ),
        (
            "Showcase__c",
            {"Held_On__c": "2026-02-30"},
            400,
            "JSON_PARSER_ERROR",
            "Cannot deserialize instance of date from VALUE_STRING value 2026-02-30 or request "
            "may be missing a required field at [line:1, column:28]",
        ),
        (
            "Contact",
            {"LastName": "x", "AccountId": "003gL0000000001QAA"},
            400,
            "MALFORMED_ID",
            "Account ID: id value of incorrect type: 003gL0000000001QAA",
        ),
        (
            "Contact",
            {"LastName": "x", "AccountId": MISSING},
            400,
            "INVALID_CROSS_REFERENCE_KEY",
            "invalid cross reference id",
        ),
        (
            "Showcase__c",
            {"Key__c": "KEY-3"},
            400,
            "DUPLICATE_VALUE",
            "duplicate value found: Key__c duplicates value on record with id: a00gL0000000003",
        ),
        (
            "Contact",
            {"LastName": "x", "Owner": {"Username": "nobody@acme.example"}},
            400,
            "INVALID_FIELD",
            "Foreign key external ID: nobody@acme.example not found for field Username in entity "
            "User",
        ),
        (
            "AccountHistory",
            {},
            400,
            "INVALID_TYPE_FOR_OPERATION",
            "entity type cannot be inserted: AccountHistory",
        ),
    ],
)
def test_bad_records_are_refused_in_salesforces_words(
    client: Client, name: str, values: dict[str, object], status: int, code: str, message: str
) -> None:
    assert client.call("POST", f"/sobjects/{name}", values).error == (status, code, message)


def test_a_row_that_is_not_there_is_404(client: Client) -> None:
    answer = client.call("PATCH", f"/sobjects/Account/{MISSING}", {"Phone": "1"})
    assert answer.error == (404, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    assert client.call("DELETE", "/sobjects/Account/zero").status == 404


def test_the_id_does_not_belong_into_the_body(client: Client) -> None:
    key = created(client, "Account", Name="A")
    answer = client.call("PATCH", f"/sobjects/Account/{key}", {"Id": key})
    assert answer.error == (
        400,
        "INVALID_FIELD",
        "The Id field should not be specified in the sobject data.",
    )


def test_an_upsert_creates_once_and_updates_from_then_on(client: Client) -> None:
    path = "/sobjects/Showcase__c/Key__c/up-1"
    first = client.call("PATCH", path, {"Name": "one"})
    second = client.call("PATCH", path, {"Name": "two"})
    assert (first.status, first.json["created"]) == (201, True)
    assert (second.status, second.json) == (200, {**first.json, "created": False})
    assert client.get(f"{path}?fields=Name,Key__c").json["Name"] == "two"
    assert Client(client.server, "45.0").call("PATCH", path, {"Name": "three"}).status == 204


def test_an_upsert_may_be_told_not_to_create(client: Client) -> None:
    answer = client.call(
        "PATCH", "/sobjects/Showcase__c/Key__c/up-2?updateOnly=true", {"Name": "x"}
    )
    assert answer.error == (404, "NOT_FOUND", "The requested resource does not exist")


def test_a_key_of_several_rows_names_them_all(client: Client) -> None:
    keys = [created(client, "Contact", LastName="Twin", Email="t@example.com") for _ in range(2)]
    answer = client.get("/sobjects/Contact/Email/t%40example.com")
    base = "/services/data/v60.0/sobjects/Contact/"
    assert (answer.status, answer.json) == (300, [base + key for key in keys])


def test_a_record_leads_to_its_parents_and_children(client: Client) -> None:
    account = created(client, "Account", Name="Parent")
    contact = created(client, "Contact", LastName="Child", AccountId=account)
    children = client.get(f"/sobjects/Account/{account}/Contacts?fields=LastName").json
    assert (children["totalSize"], children["records"][0]["LastName"]) == (1, "Child")
    assert client.get(f"/sobjects/Contact/{contact}/Account?fields=Name").json["Name"] == "Parent"
    assert client.get(f"/sobjects/Contact/{contact}/ReportsTo").status == 404


def test_a_deleted_account_takes_its_contacts_along_and_brings_them_back(
    client: Client, server: OrgServer
) -> None:
    account = created(client, "Account", Name="Gone")
    contact = created(client, "Contact", LastName="Along", AccountId=account)
    assert client.call("DELETE", f"/sobjects/Account/{account}").status == 204
    gone = (404, "ENTITY_IS_DELETED", "entity is deleted")
    assert client.call("DELETE", f"/sobjects/Account/{account}").error == gone
    assert client.get(f"/sobjects/Contact/{contact}").error == gone
    rows = client.values(f"SELECT Id FROM Contact WHERE Id = '{contact}'", "/queryAll")
    assert rows == [(contact,)]


def test_an_account_with_cases_cannot_be_deleted(client: Client) -> None:
    account = created(client, "Account", Name="Busy")
    case = created(client, "Case", AccountId=account)
    number = read(client, "Case", case, "CaseNumber")[0]
    assert client.call("DELETE", f"/sobjects/Account/{account}").error == (
        400,
        "DELETE_FAILED",
        "Your attempt to delete Busy could not be completed because it is associated with the "
        f"following cases.: {number}\n",
    )


def test_a_look_up_is_emptied_when_its_target_goes(client: Client) -> None:
    account = created(client, "Account", Name="Target")
    row = created(client, "Showcase__c", Account__c=account)
    client.call("DELETE", f"/sobjects/Account/{account}")
    assert read(client, "Showcase__c", row, "Account__c") == (None,)


def test_conditions_of_a_request_are_kept(client: Client) -> None:
    key = created(client, "Account", Name="Conditional")
    seen = client.get(f"/sobjects/Account/{key}")
    stamp = str(seen.headers["Last-Modified"])
    assert client.get(f"/sobjects/Account/{key}", If_Modified_Since=stamp).status == 304
    early = "Mon, 01 Jan 2024 00:00:00 GMT"
    refused = client.call(
        "PATCH", f"/sobjects/Account/{key}", {"Site": "x"}, If_Unmodified_Since=early
    )
    assert refused.error[:2] == (412, "PRECONDITION_FAILED")
    kept = client.call(
        "PATCH", f"/sobjects/Account/{key}", {"Site": "x"}, If_Unmodified_Since=stamp
    )
    assert kept.status == 204


def test_a_blob_arrives_as_multipart(client: Client) -> None:
    account = created(client, "Account", Name="Files")
    boundary, content = "cut-here", b"\x00\xff not text\r\n--almost"
    head = json.dumps({"Name": "a.bin", "ParentId": account}).encode()
    body = (
        b'--cut-here\r\nContent-Disposition: form-data; name="entity_document"\r\n'
        b"Content-Type: application/json\r\n\r\n" + head + b"\r\n--cut-here\r\n"
        b'Content-Disposition: form-data; name="Body"; filename="a.bin"\r\n'
        b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        + content
        + b"\r\n--cut-here--\r\n"
    )
    answer: Answer = ask(
        client.server,
        "POST",
        f"{client.base}/sobjects/Attachment",
        body,
        {
            "Authorization": f"Bearer {client.token}",
            "Content-Type": f'multipart/form-data; boundary="{boundary}"',
        },
    )
    assert answer.status == 201, answer.body
    key = answer.json["id"]
    assert client.get(f"/sobjects/Attachment/{key}/Body").body == content
    assert read(client, "Attachment", key, "BodyLength") == (len(content),)


def test_stamps_are_the_orgs_own_time(client: Client, server: OrgServer) -> None:
    key = created(client, "Account", Name="Now")
    stamp = datetime.strptime(
        str(read(client, "Account", key, "CreatedDate")[0]), "%Y-%m-%dT%H:%M:%S.%f%z"
    )
    assert abs((server.org.clock.now() - stamp).total_seconds()) < 10


def test_a_password_is_set_and_reset_by_an_administrator(client: Client, server: OrgServer) -> None:
    user = next(one for one in server.org.directory.users.values() if "admin" not in one.username)
    path = f"/sobjects/User/{user.id}/password"
    assert client.call("POST", path, {"NewPassword": "Brook-4711-x"}).status == 204
    assert user.password == "Brook-4711-x"
    assert client.get(path).json == {"isExpired": False}
    assert client.call("POST", path, {"NewPassword": "weak"}).error[:2] == (
        400,
        "INVALID_NEW_PASSWORD",
    )
    assert client.call("DELETE", path).json == {"NewPassword": user.password}
    assert client.get(path).json == {"isExpired": True}


def test_a_form_is_no_record(client: Client) -> None:
    kind = "application/x-www-form-urlencoded"
    answer = client.call("POST", "/sobjects/Account", {"Name": "x"}, Content_Type=kind)
    assert answer.error[:2] == (415, "UNSUPPORTED_MEDIA_TYPE")
