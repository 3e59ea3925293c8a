from typing import Any

import pytest

from sallyport.errors import NotFound, RemoteRefused
from sallyport.salesforce.describe import (
    ObjectDescribe,
    Skipped,
    bulk_fields,
    describe_global,
    describe_object,
    window_field,
)
from sallyport.salesforce.session import OrgClient
from tests.salesforce.wire_server import WireServer, as_json

SOBJECTS = "/services/data/v60.0/sobjects"


def field(name: str, type_: str, compound: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "label": name,
        "type": type_,
        "soapType": "xsd:string",
        "filterable": True,
        "compoundFieldName": compound,
        **more,
    }


ACCOUNT = {
    "name": "Account",
    "label": "Account",
    "queryable": True,
    "fields": [
        field("Id", "id", length=18),
        field("Name", "string", "Name", length=255, nillable=False),
        field("BillingStreet", "textarea", "BillingAddress"),
        field("BillingLatitude", "double", "BillingAddress", precision=18, scale=15),
        field("BillingAddress", "address"),
        field("Place__c", "location", custom=True),
        field("Place__Latitude__s", "double", "Place__c", custom=True),
        field("OwnerId", "reference", referenceTo=["User", "Group"], relationshipName="Owner"),
        field("SystemModstamp", "datetime"),
    ],
}
CONTACT = {
    "name": "Contact",
    "fields": [field("FirstName", "string", "Name"), field("Name", "string")],
}


def test_a_describe_is_read_into_fields(server: WireServer, org: OrgClient) -> None:
    server.on(f"{SOBJECTS}/Account/describe", as_json(ACCOUNT))
    account = describe_object(org, "Account")
    assert (account.name, account.label, account.queryable) == ("Account", "Account", True)
    owner = account.field("ownerid")
    assert (owner.name, owner.type, owner.relationship_name) == ("OwnerId", "reference", "Owner")
    assert owner.reference_to == ("User", "Group")
    latitude = account.field("BillingLatitude")
    assert (latitude.precision, latitude.scale, latitude.custom) == (18, 15, False)
    assert account.has("NAME")
    assert not account.has("Nope")


def test_an_unknown_field_is_answered_with_close_ones() -> None:
    with pytest.raises(NotFound, match="no field BilingStreet on Account") as caught:
        ObjectDescribe.read(ACCOUNT).field("BilingStreet")
    assert "BillingStreet" in str(caught.value.cure)


def test_an_unknown_object_is_answered_with_close_ones(server: WireServer, org: OrgClient) -> None:
    gone = as_json(
        [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}], 404
    )
    server.on(f"{SOBJECTS}/Acount/describe", gone)
    server.on(SOBJECTS, as_json({"sobjects": [{"name": "Account"}, {"name": "Case"}]}))
    with pytest.raises(NotFound, match="no object Acount") as caught:
        describe_object(org, "Acount")
    assert caught.value.cure == "Did you mean Account?"


@pytest.mark.parametrize("name", ["", "../limits", "Account/describe?", "Ac count", "1Account"])
def test_a_name_that_is_none_is_never_sent(server: WireServer, org: OrgClient, name: str) -> None:
    with pytest.raises(NotFound, match="not an object's API name"):
        describe_object(org, name)
    assert server.seen == []


def test_another_refusal_of_a_describe_passes_through(server: WireServer, org: OrgClient) -> None:
    body = [{"errorCode": "API_DISABLED_FOR_ORG", "message": "not enabled"}]
    server.on(f"{SOBJECTS}/Account/describe", as_json(body, 403))
    with pytest.raises(RemoteRefused, match="API_DISABLED_FOR_ORG"):
        describe_object(org, "Account")


def test_the_list_of_objects_is_read(server: WireServer, org: OrgClient) -> None:
    entries = [
        {"name": "Account", "label": "Account", "queryable": True, "keyPrefix": "001"},
        {"name": "A__c", "label": "A", "queryable": False, "custom": True, "keyPrefix": None},
    ]
    server.on(SOBJECTS, as_json({"encoding": "UTF-8", "sobjects": entries}))
    account, custom = describe_global(org)
    assert (account.name, account.queryable, account.key_prefix) == ("Account", True, "001")
    assert (custom.custom, custom.queryable, custom.key_prefix) == (True, False, None)


def test_bulk_reads_the_parts_of_a_compound_and_not_the_compound() -> None:
    readable, skipped = bulk_fields(ObjectDescribe.read(ACCOUNT))
    assert [one.name for one in readable] == [
        "Id",
        "Name",
        "BillingStreet",
        "BillingLatitude",
        "Place__Latitude__s",
        "OwnerId",
        "SystemModstamp",
    ]
    assert [one.field for one in skipped] == ["BillingAddress", "Place__c"]


def test_a_name_made_of_parts_is_read_with_its_parts() -> None:
    readable, skipped = bulk_fields(ObjectDescribe.read(CONTACT))
    assert [one.name for one in readable] == ["FirstName", "Name"]
    assert skipped == []


def test_bulk_leaves_binary_content_out_and_says_so() -> None:
    attachment = {"name": "Attachment", "fields": [field("Id", "id"), field("Body", "base64")]}
    _, skipped = bulk_fields(ObjectDescribe.read(attachment))
    assert skipped == [Skipped("Body", "binary content: Bulk queries do not carry it")]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["CreatedDate", "LastModifiedDate", "SystemModstamp"], "SystemModstamp"),
        (["CreatedDate", "LastModifiedDate"], "LastModifiedDate"),
        (["CreatedDate"], "CreatedDate"),
        (["LoginTime"], "LoginTime"),
        (["CloseDate"], None),
    ],
)
def test_the_best_date_to_follow_is_taken(names: list[str], expected: str | None) -> None:
    fields = [field(name, "datetime") for name in names]
    assert window_field(ObjectDescribe.read({"name": "X", "fields": fields})) == expected


def test_a_date_that_cannot_be_filtered_is_not_followed() -> None:
    fields = [
        field("SystemModstamp", "datetime", filterable=False),
        field("LastModifiedDate", "date"),
        field("CreatedDate", "datetime"),
    ]
    assert window_field(ObjectDescribe.read({"name": "X", "fields": fields})) == "CreatedDate"
