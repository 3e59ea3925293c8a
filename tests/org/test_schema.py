"""What describes say beyond fields, and a schema that is changed while others read it."""

import threading
from typing import Any

import pytest

from sallyport_org.schema import Schema, standard_schema
from sallyport_org.schema.notation import NotationError, read_field, read_object
from sallyport_org.server import OrgServer
from tests.org.wire import Client

SETUP = (
    "ConnectedApplication",
    "ExternalClientApplication",
    "FieldPermissions",
    "LoginHistory",
    "OauthToken",
    "ObjectPermissions",
    "PermissionSet",
    "PermissionSetAssignment",
    "SetupEntityAccess",
)


def _described(client: Client, name: str) -> dict[str, Any]:
    answer = client.get(f"/sobjects/{name}/describe")
    assert answer.status == 200, answer.body
    body: dict[str, Any] = answer.json
    return body


def test_a_parents_describe_says_which_children_go_with_it_and_which_hold_it(
    client: Client,
) -> None:
    listed = _described(client, "Account")["childRelationships"]
    children = {f"{one['childSObject']}.{one['field']}": one for one in listed}
    goes, holds = children["Contact.AccountId"], children["Case.AccountId"]
    assert (goes["cascadeDelete"], goes["restrictedDelete"]) == (True, False)
    assert (holds["cascadeDelete"], holds["restrictedDelete"]) == (False, True)
    assert "Account.MasterRecordId" not in children


def test_objects_have_the_addresses_salesforce_gives_them(client: Client) -> None:
    event, case = (_described(client, name)["urls"] for name in ("Event", "Case"))
    assert "listviews" not in event
    assert event["eventSeriesUpdates"].endswith("/sobjects/Event/{ID}/fromThisEventOnwards")
    assert case["caseArticleSuggestions"].endswith("/sobjects/Case/suggestedArticles")
    assert "listviews" in case


@pytest.mark.parametrize("name", SETUP)
def test_what_setup_keeps_is_read_and_not_written(client: Client, name: str) -> None:
    body = _described(client, name)
    able = (body["queryable"], body["createable"], body["updateable"], body["deletable"])
    assert able == (True, False, False, False)
    assert client.query(f"SELECT COUNT() FROM {name}").status == 200


def test_no_boolean_of_any_row_is_null(org: OrgServer, client: Client) -> None:
    for sobject in org.org.schema:
        switches = [one.name for one in sobject.fields if one.type == "boolean"]
        if switches:
            empty = " OR ".join(f'"{name}" IS NULL' for name in switches)
            assert org.sql(f'SELECT count(*) FROM "{sobject.name}" WHERE {empty}') == [(0,)], (
                sobject.name
            )


def test_a_schema_changes_in_one_step_for_whoever_reads_it() -> None:
    schema = standard_schema()
    pair = [read_object(f"object {name} a9{name[0]} | X | Xs\nId | Id | id") for name in "AB"]
    stop, torn = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            names = [one.name for one in schema]
            if ("A" in names) != ("B" in names):
                torn.append(names)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for _ in range(200):
            schema.put(*pair)
            schema.remove("A", "B")
    finally:
        stop.set()
        reader.join()
    assert torn == []


def test_a_copy_can_be_tried_on_without_touching_the_schema() -> None:
    schema = Schema(standard_schema())
    copy = schema.copy()
    copy.remove("Account")
    assert "account" in schema
    assert "Account" not in copy
    assert (schema.version, copy.version) == (0, 1)


def test_a_line_that_cannot_be_read_is_refused_with_its_words() -> None:
    with pytest.raises(NotationError, match="'shiny' is no known word of the notation"):
        read_field("Name | Name | string(80) shiny")
    with pytest.raises(NotationError, match="needs an `object` line"):
        read_object("Id | Record ID | id")
