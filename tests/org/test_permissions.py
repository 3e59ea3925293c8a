"""What object and field permissions hide and forbid, asked over HTTP by a clerk with few."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from sallyport_org.identity.model import (
    API_ENABLED,
    FieldPermission,
    ObjectPermission,
    PermissionSet,
    Profile,
    User,
)
from sallyport_org.server import OrgServer
from tests.org.wire import Client, ask

READ = ObjectPermission(read=True)
WRITE = ObjectPermission(read=True, create=True, edit=True)
FIELDS = {
    "Account.Industry": FieldPermission(True, True),
    "Account.Phone": FieldPermission(True, False),
    "Account.BillingAddress": FieldPermission(True, True),
    "Contact.AccountId": FieldPermission(True, False),
}


class Desk:
    """An org, its administrator's client, and a clerk's whose profile gives little."""

    def __init__(self, server: OrgServer) -> None:
        self.server, self.org = server, server.org
        self.profile = Profile(
            "00egL0000000009QAA",
            "Clerk",
            "Clerk",
            permissions={API_ENABLED},
            objects={"Account": WRITE, "Contact": READ},
            fields=dict(FIELDS),
        )
        self.extra = PermissionSet(
            "0PSgL0000000009QAA",
            "Leads",
            "Leads",
            objects={"Lead": READ, "Opportunity": READ},
            fields={"Lead.Email": FieldPermission(True, False)},
        )
        clerk = User(
            "005gL0000000003QAA", "clerk@acme.example", "x", "", "c@example.com", "Cleo Clerk"
        )
        clerk.profile_id = self.profile.id
        directory = self.org.directory
        directory.profiles[self.profile.id] = self.profile
        directory.permission_sets[self.extra.id] = self.extra
        directory.admit([clerk])
        self.user = clerk
        self.admin = Client(server)
        self.clerk = Client(server)
        self.clerk.token = self.org.open_session(clerk, None).token

    def fields(self, sobject: str) -> dict[str, Any]:
        answer = self.clerk.get(f"/sobjects/{sobject}/describe")
        assert answer.status == 200, answer.body
        return {one["name"]: one for one in answer.json["fields"]}


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    rows = {"Account": 10, "Contact": 10, "Opportunity": 10, "Lead": 5, "AccountHistory": 5}
    with OrgServer(rows=rows) as server:
        yield Desk(server)


def test_objects_without_permission_do_not_exist_for_a_user(desk: Desk) -> None:
    names = {one["name"] for one in desk.clerk.get("/sobjects").json["sobjects"]}
    assert {"Account", "Contact", "User", "Task", "AccountHistory"} <= names
    assert not {"Opportunity", "Lead", "Case", "Showcase__c", "OpportunityLineItem"} & names
    assert desk.clerk.get("/sobjects/Opportunity/describe").error[:2] == (404, "NOT_FOUND")
    refused = desk.clerk.query("SELECT Id FROM Opportunity").error
    assert refused[:2] == (400, "INVALID_TYPE")
    assert "sObject type 'Opportunity' is not supported" in refused[2]
    assert desk.admin.query("SELECT Id FROM Opportunity").status == 200


def test_fields_without_permission_do_not_exist_for_a_user(desk: Desk) -> None:
    fields = desk.fields("Account")
    assert {"Id", "Name", "OwnerId", "SystemModstamp", "Industry", "Phone"} <= fields.keys()
    assert not {"Website", "AnnualRevenue", "ShippingCity"} & fields.keys()
    refused = desk.clerk.query("SELECT Website FROM Account").error
    assert refused[:2] == (400, "INVALID_FIELD")
    assert "No such column 'Website' on entity 'Account'" in refused[2]
    assert desk.clerk.query("SELECT Id FROM Account WHERE Website != null").status == 400
    assert desk.clerk.query("SELECT Industry, Phone FROM Account").status == 200


def test_an_address_and_its_parts_are_one_permission(desk: Desk) -> None:
    assert {"BillingAddress", "BillingCity", "BillingLatitude"} <= desk.fields("Account").keys()
    assert desk.clerk.query("SELECT BillingCity, BillingAddress FROM Account").status == 200


def test_a_field_for_reading_only_is_described_and_kept_so(desk: Desk) -> None:
    fields = desk.fields("Account")
    assert (fields["Phone"]["createable"], fields["Phone"]["updateable"]) == (False, False)
    assert (fields["Industry"]["createable"], fields["Industry"]["updateable"]) == (True, True)
    key = desk.admin.values("SELECT Id FROM Account LIMIT 1")[0][0]
    path = f"/sobjects/Account/{key}"
    refused = desk.clerk.call("PATCH", path, {"Phone": "1"})
    assert refused.error[:2] == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")
    assert desk.clerk.call("PATCH", path, {"Industry": "Banking"}).status == 204
    assert desk.admin.values(f"SELECT Industry FROM Account WHERE Id = '{key}'") == [("Banking",)]


def test_an_object_for_reading_only_is_described_and_kept_so(desk: Desk) -> None:
    body = desk.clerk.get("/sobjects/Contact/describe").json
    able = {key: body[key] for key in ("queryable", "createable", "updateable", "deletable")}
    assert able == {
        "queryable": True,
        "createable": False,
        "updateable": False,
        "deletable": False,
    }
    assert not any(one["createable"] for one in body["fields"])
    assert desk.clerk.call("POST", "/sobjects/Contact", {"LastName": "X"}).status >= 400
    assert desk.admin.values("SELECT Id FROM Contact WHERE LastName = 'X'") == []


def test_a_permission_set_adds_and_counts_from_the_next_call_on(desk: Desk) -> None:
    assert desk.clerk.query("SELECT Email FROM Lead").error[1] == "INVALID_TYPE"
    desk.user.permission_sets.add(desk.extra.id)
    desk.org.directory.changed()
    assert desk.clerk.query("SELECT Email FROM Lead").status == 200
    assert desk.clerk.query("SELECT Company FROM Lead").status == 200
    assert desk.clerk.query("SELECT Phone FROM Lead").error[1] == "INVALID_FIELD"
    desk.user.permission_sets.clear()
    desk.org.directory.changed()
    assert desk.clerk.query("SELECT Email FROM Lead").error[1] == "INVALID_TYPE"


def test_a_parent_a_user_may_not_see_cannot_be_asked_through_its_children(desk: Desk) -> None:
    asked = "SELECT Id, Account.Name FROM Contact"
    assert desk.clerk.query(asked).status == 200
    kept = desk.profile.objects.pop("Account")
    desk.org.directory.changed()
    try:
        refused = desk.clerk.query(asked).error
        assert refused[:2] == (400, "INVALID_FIELD")
        assert "Didn't understand relationship 'Account' in field path" in refused[2]
    finally:
        desk.profile.objects["Account"] = kept
        desk.org.directory.changed()


def test_view_all_data_shows_objects_and_leaves_fields_hidden(desk: Desk) -> None:
    desk.profile.permissions.add("PermissionsViewAllData")
    desk.org.directory.changed()
    try:
        assert desk.clerk.query("SELECT Id, Name FROM Opportunity").status == 200
        assert desk.clerk.query("SELECT Amount FROM Opportunity").error[1] == "INVALID_FIELD"
    finally:
        desk.profile.permissions.discard("PermissionsViewAllData")
        desk.org.directory.changed()


def test_a_describe_known_before_permissions_changed_is_sent_anew(desk: Desk) -> None:
    path = "/sobjects/Account/describe"
    stamp = desk.clerk.get(path).headers["Last-Modified"]
    assert desk.clerk.get(path, If_Modified_Since=stamp).status == 304
    desk.org.clock.ahead += timedelta(hours=1)
    desk.profile.fields["Account.Website"] = FieldPermission(True, True)
    desk.org.directory.changed()
    again = desk.clerk.get(path, If_Modified_Since=stamp)
    assert (again.status, "Website" in again.body.decode()) == (200, True)
    stamp = again.headers["Last-Modified"]
    assert desk.clerk.get(path, If_Modified_Since=stamp).status == 304


def test_the_administrator_is_shown_everything_at_no_cost(desk: Desk) -> None:
    org = desk.org
    admin = org.directory.users["admin@acme.example"]
    seen = org.schema_for(admin)
    assert seen is org.schema_for(admin)
    assert [one.name for one in seen] == [one.name for one in org.schema]
    assert seen.sobject("Account") is org.schema.sobject("Account")


def test_a_bulk_job_is_its_creator_s_and_for_those_who_view_all_data(desk: Desk) -> None:
    job = desk.admin.finished("SELECT Id, Website FROM Account")
    unknown = (404, "NOT_FOUND", "The requested resource does not exist")
    path = f"/jobs/query/{job}"
    assert desk.clerk.get(path).error == unknown
    assert desk.clerk.get(f"{path}/results").error == unknown
    assert desk.clerk.call("DELETE", path).error == unknown
    assert job not in [one["id"] for one in desk.clerk.get("/jobs/query").json["records"]]
    load = {"object": "Account", "operation": "insert"}
    ingest = desk.admin.call("POST", "/jobs/ingest", load).json["id"]
    assert desk.clerk.get(f"/jobs/ingest/{ingest}").error == unknown
    own = desk.clerk.finished("SELECT Id, Industry FROM Account")
    assert desk.clerk.get(f"/jobs/query/{own}/results").status == 200
    assert desk.admin.get(f"/jobs/query/{own}/results").status == 200


def test_a_bulk_api_1_job_is_its_creator_s_too(desk: Desk) -> None:
    made = ask(
        desk.server,
        "POST",
        "/services/async/60.0/job",
        json.dumps({"object": "Account", "operation": "query", "contentType": "CSV"}),
        {"X-SFDC-Session": desk.admin.token, "Content-Type": "application/json"},
    )
    path = f"/services/async/60.0/job/{made.json['id']}"
    header = {"X-SFDC-Session": desk.clerk.token, "Content-Type": "application/json"}
    refused = ask(desk.server, "GET", path, None, header)
    assert (refused.status, refused.json["exceptionCode"]) == (400, "InvalidJob")
