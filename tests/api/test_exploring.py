"""Looking at what a connection can read."""

import pytest

from sallyport_org.server import OrgServer
from tests.api.client import FLOW, Client, client_credentials


@pytest.fixture
def explore(client: Client, org: OrgServer) -> str:
    connection_id = client.made(f"{FLOW}/connections", client_credentials(org))
    return f"{FLOW}/connections/{connection_id}/explore"


@pytest.mark.parametrize("query", ["", "?objectType=root", "?objectType=ROOT"])
def test_the_root_lists_objects(client: Client, explore: str, query: str) -> None:
    found = client.get(explore + query).body
    assert {
        "type": "table",
        "name": "Account",
        "path": "Account",
        "canPreview": True,
        "canFetchSchema": True,
    } in found
    assert {"Contact", "Lead", "Opportunity"} < {entry["path"] for entry in found}


@pytest.mark.parametrize("kind", ["table", "TABLE"])
def test_a_table_has_columns_with_types(client: Client, explore: str, kind: str) -> None:
    found = client.get(f"{explore}?objectType={kind}&object=Account").body
    assert set(found) == {"format", "schema"}
    assert found["format"] == "flat"
    columns = {column["name"]: column for column in found["schema"]["columns"]}
    assert columns["Name"] == {"name": "Name", "type": "string", "xdm": {"type": "string"}}
    assert columns["LastModifiedDate"] == {
        "name": "LastModifiedDate",
        "type": "string",
        "meta:xdmType": "date-time",
        "xdm": {"type": "string", "format": "date-time"},
    }
    assert columns["AnnualRevenue"]["type"] == "double"
    assert columns["AnnualRevenue"]["xdm"] == {"type": "number"}
    assert columns["IsDeleted"]["type"] == "boolean"
    assert columns["NumberOfEmployees"]["xdm"] == {"type": "integer"}


def test_compound_fields_which_no_flow_can_copy_are_left_out(client: Client, explore: str) -> None:
    found = client.get(f"{explore}?objectType=table&object=Account").body
    names = {column["name"] for column in found["schema"]["columns"]}
    assert "BillingAddress" not in names
    assert {"BillingStreet", "BillingCity"} < names


def test_a_preview_adds_ten_rows(client: Client, explore: str, org: OrgServer) -> None:
    found = client.get(f"{explore}?objectType=table&object=Account&preview=true").body
    assert len(found["data"]) == 10
    ids = {row[0] for row in org.sql('SELECT "Id" FROM "Account"')}
    assert {row["Id"] for row in found["data"]} < ids
    names = {column["name"] for column in found["schema"]["columns"]}
    assert set(found["data"][0]) == names


@pytest.mark.parametrize(
    ("query", "code", "connector", "says"),
    [
        ("objectType=table", "1100-400", "CONNECTOR-1359-400", "object: is missing"),
        ("objectType=table&object=", "1100-400", "CONNECTOR-1337-400", "object: is empty"),
        ("objectType=folder", "1100-400", "CONNECTOR-1358-400", "root or table"),
        ("objectType=table&object=Acount", "1101-404", "CONNECTOR-1330-400", "Account"),
        ("objectType=table&object=A';--", "1101-404", "CONNECTOR-1330-400", "API name"),
    ],
)
def test_a_wrong_question_has_the_sources_code(
    client: Client, explore: str, query: str, code: str, connector: str, says: str
) -> None:
    message = client.get(f"{explore}?{query}").refused(code)
    assert message.startswith(f"Bad request. Error from flow provider: {connector}: ")
    assert says in message


@pytest.mark.parametrize(
    "query", ["filters=e30", "objectType=table&object=Account&preview=perhaps", "limit=3"]
)
def test_what_would_be_ignored_is_refused(client: Client, explore: str, query: str) -> None:
    client.get(f"{explore}?{query}").refused("1451-400")
