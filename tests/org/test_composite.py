"""Several records, and several requests, in one call."""

from collections.abc import Iterator
from typing import Any

import pytest

from sallyport_org.server import OrgServer
from tests.org.wire import Client

BASE = "/services/data/v60.0"


@pytest.fixture(scope="module")
def server() -> Iterator[OrgServer]:
    with OrgServer(rows={"Account": 20, "Contact": 20, "Showcase__c": 20}) as started:
        yield started


@pytest.fixture(scope="module")
def client(server: OrgServer) -> Client:
    return Client(server)


def account(**values: object) -> dict[str, object]:
    return {"attributes": {"type": "Account"}, **values}


def part(reference: str, method: str, path: str, **more: object) -> dict[str, object]:
    return {"referenceId": reference, "method": method, "url": BASE + path, **more}


def composite(client: Client, *parts: dict[str, object], all_or_none: bool = False) -> Any:
    body = {"allOrNone": all_or_none, "compositeRequest": parts}
    answer = client.call("POST", "/composite", body)
    assert answer.status == 200, answer.body
    return answer.json["compositeResponse"]


def named(client: Client, name: str) -> int:
    answer = client.query(f"SELECT COUNT() FROM Account WHERE Name LIKE '{name}'")
    return int(answer.json["totalSize"])


# -- collections


def test_good_rows_are_kept_beside_bad_ones(client: Client) -> None:
    records = [account(Name="Beside"), account(), {"attributes": {"type": "Nope"}}]
    good, bad, unknown = client.call("POST", "/composite/sobjects", {"records": records}).json
    assert (good["success"], good["errors"]) == (True, [])
    assert bad == {
        "success": False,
        "errors": [
            {
                "statusCode": "REQUIRED_FIELD_MISSING",
                "message": "Required fields are missing: [Name]",
                "fields": ["Name"],
            }
        ],
    }
    assert unknown["errors"][0]["statusCode"] == "INVALID_TYPE"
    assert named(client, "Beside") == 1


def test_all_or_none_keeps_nothing_and_says_so_of_the_good_rows(client: Client) -> None:
    records = [account(Name="Together"), account(), account(Name="Together")]
    answer = client.call("POST", "/composite/sobjects", {"allOrNone": True, "records": records})
    codes = [one["errors"][0]["statusCode"] for one in answer.json]
    rolled_back = "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert (answer.status, codes) == (200, [rolled_back, "REQUIRED_FIELD_MISSING", rolled_back])
    assert named(client, "Together") == 0


def test_upserts_tell_which_rows_are_new(client: Client) -> None:
    records = [{"Key__c": "key-1", "Name": "a"}, {"Key__c": "fresh", "Name": "b"}, {"Name": "c"}]
    body = {"records": [{"attributes": {"type": "Showcase__c"}, **one} for one in records]}
    old, new, without = client.call("PATCH", "/composite/sobjects/Showcase__c/Key__c", body).json
    assert (old["success"], old["created"]) == (True, False)
    assert (new["success"], new["created"]) == (True, True)
    assert without["errors"][0]["statusCode"] == "MISSING_ARGUMENT"


def test_a_key_used_twice_in_one_call_is_nobodys(client: Client) -> None:
    records = [{"attributes": {"type": "Showcase__c"}, "Key__c": key} for key in ("Twice", "twice")]
    answer = client.call("PATCH", "/composite/sobjects/Showcase__c/Key__c", {"records": records})
    messages = [one["errors"][0]["message"] for one in answer.json]
    assert messages == [
        "Duplicate external id specified: Twice",
        "Duplicate external id specified: twice",
    ]


def test_an_upsert_by_id_inserts_rows_without_one(client: Client) -> None:
    records = [account(Id=None, Name="By id"), account(Id="001gL0000000001QAA", Name="By id")]
    new, old = client.call("PATCH", "/composite/sobjects/Account/Id", {"records": records}).json
    assert (new["created"], old["created"]) == (True, False)


def test_rows_are_updated_and_deleted_by_id(client: Client) -> None:
    made = client.call("POST", "/composite/sobjects", {"records": [account(Name="Short")]}).json
    key = made[0]["id"]
    updates = [
        account(id=key, Site="a"),
        account(id="001gL0000000999QAA", Site="a"),
        account(Site="b"),
    ]
    results = client.call("PATCH", "/composite/sobjects", {"records": updates}).json
    codes = [one["errors"][0]["statusCode"] if one["errors"] else None for one in results]
    assert codes == [None, "INVALID_CROSS_REFERENCE_KEY", "MISSING_ARGUMENT"]
    deleted = client.call("DELETE", f"/composite/sobjects?ids={key},{key},nope").json
    codes = [one["errors"][0]["statusCode"] if one["errors"] else None for one in deleted]
    assert codes == [None, "ENTITY_IS_DELETED", "MALFORMED_ID"]


def test_records_are_read_at_the_places_of_their_ids(client: Client) -> None:
    wanted = ["001gL0000000004QAA", "001gL0000000999QAA", "001gL0000000002QAA"]
    by_get = client.get(f"/composite/sobjects/Account?ids={','.join(wanted)}&fields=Id,Name").json
    by_post = client.call(
        "POST", "/composite/sobjects/Account", {"ids": wanted, "fields": ["Id", "Name"]}
    ).json
    assert by_get == by_post
    assert [one and one["Id"] for one in by_get] == [wanted[0], None, wanted[2]]


def test_a_collection_is_at_most_200_records(client: Client) -> None:
    answer = client.call("POST", "/composite/sobjects", {"records": [account(Name="x")] * 201})
    assert answer.error[:2] == (400, "EXCEEDED_MAX_SIZE_REQUEST")


# -- composite


def test_later_requests_use_what_earlier_ones_answered(client: Client) -> None:
    made, child, found, read = composite(
        client,
        part("a", "POST", "/sobjects/Account", body={"Name": "Chain"}),
        part("b", "POST", "/sobjects/Contact", body={"LastName": "Link", "AccountId": "@{a.id}"}),
        part("q", "GET", "/query?q=SELECT+Id+FROM+Contact+WHERE+AccountId='@{a.id}'"),
        part("g", "GET", "/sobjects/Contact/@{q.records[0].Id}?fields=LastName"),
    )
    assert [one["httpStatusCode"] for one in (made, child, found, read)] == [201, 201, 200, 200]
    assert made["httpHeaders"]["Location"] == f"{BASE}/sobjects/Account/{made['body']['id']}"
    assert found["body"]["totalSize"] == 1
    assert read["body"]["LastName"] == "Link"


def test_a_failure_stops_only_what_refers_to_it(client: Client) -> None:
    bad, halted, good = composite(
        client,
        part("a", "POST", "/sobjects/Account", body={}),
        part("b", "POST", "/sobjects/Contact", body={"LastName": "x", "AccountId": "@{a.id}"}),
        part("c", "POST", "/sobjects/Account", body={"Name": "Alone"}),
    )
    assert [one["httpStatusCode"] for one in (bad, halted, good)] == [400, 400, 201]
    assert halted["body"] == [
        {
            "message": "Invalid reference specified. No value for a.id found in a",
            "errorCode": "PROCESSING_HALTED",
        }
    ]


def test_all_or_none_undoes_everything_also_what_was_read(client: Client) -> None:
    made, found, bad, late = composite(
        client,
        part("a", "POST", "/sobjects/Account", body={"Name": "Undone"}),
        part("q", "GET", "/query?q=SELECT+Id+FROM+Account+WHERE+Name='Undone'"),
        part("b", "POST", "/sobjects/Contact", body={"AccountId": "@{q.records[0].Id}"}),
        part("c", "POST", "/sobjects/Account", body={"Name": "Undone"}),
        all_or_none=True,
    )
    for one in (made, found, late):
        assert one["httpStatusCode"] == 400
        assert one["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert bad["body"][0]["message"] == "Required fields are missing: [LastName]"
    assert named(client, "Undone") == 0


def test_an_unchanged_describe_is_304_inside_a_composite(client: Client) -> None:
    stamp = str(client.get("/sobjects/Account/describe").headers["Last-Modified"])
    (answer,) = composite(
        client,
        part("d", "GET", "/sobjects/Account/describe", httpHeaders={"If-Modified-Since": stamp}),
    )
    assert (answer["httpStatusCode"], answer["body"]) == (304, None)


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([part(f"r{n}", "GET", "/limits") for n in range(26)], "LIMIT_EXCEEDED"),
        ([part(f"r{n}", "GET", "/query?q=x") for n in range(6)], "LIMIT_EXCEEDED"),
        ([part("same", "GET", "/limits"), part("same", "GET", "/limits")], "INVALID_INPUT"),
        ([{"method": "GET", "url": BASE}], "INVALID_INPUT"),
        ([], "INVALID_INPUT"),
    ],
)
def test_composites_that_are_too_large_or_unclear_are_refused(
    client: Client, parts: list[object], code: str
) -> None:
    answer = client.call("POST", "/composite", {"compositeRequest": parts})
    assert answer.error[:2] == (400, code)


# -- graph, batch, tree


def test_each_graph_is_kept_or_undone_by_itself(client: Client) -> None:
    good = [
        part("child", "POST", "/sobjects/Contact", body={"LastName": "G", "AccountId": "@{up.id}"}),
        part("up", "POST", "/sobjects/Account", body={"Name": "Graph one"}),
    ]
    bad = [
        part("up", "POST", "/sobjects/Account", body={"Name": "Graph two"}),
        part("child", "POST", "/sobjects/Contact", body={"AccountId": "@{up.id}"}),
    ]
    graphs = [{"graphId": "1", "compositeRequest": good}, {"graphId": "2", "compositeRequest": bad}]
    first, second = client.call("POST", "/composite/graph", {"graphs": graphs}).json["graphs"]
    assert (first["graphId"], first["isSuccessful"]) == ("1", True)
    assert [one["httpStatusCode"] for one in first["graphResponse"]["compositeResponse"]] == [
        201,
        201,
    ]
    assert (second["graphId"], second["isSuccessful"]) == ("2", False)
    assert (named(client, "Graph one"), named(client, "Graph two")) == (1, 0)


def test_a_batch_takes_both_spellings_of_an_address(client: Client, server: OrgServer) -> None:
    before = server.org.calls_used()
    requests = [
        {"method": "GET", "url": "v60.0/sobjects/Account/describe"},
        {"method": "GET", "url": f"{BASE}/sobjects/Contact/describe"},
        {"method": "POST", "url": "v60.0/sobjects/Account", "richInput": {"Name": "Batch"}},
    ]
    answer = client.call("POST", "/composite/batch", {"batchRequests": requests}).json
    assert answer["hasErrors"] is False
    assert [one["result"].get("name") for one in answer["results"]] == ["Account", "Contact", None]
    assert [one["statusCode"] for one in answer["results"]] == [200, 200, 201]
    assert server.org.calls_used() == before + 4


def test_a_batch_may_halt_at_its_first_failure(client: Client) -> None:
    urls = ["v60.0/limits", "v60.0/sobjects/Nope", "v60.0/limits"]
    body = {"haltOnError": True, "batchRequests": [{"method": "GET", "url": url} for url in urls]}
    answer = client.call("POST", "/composite/batch", body).json
    assert answer["hasErrors"] is True
    assert [one["statusCode"] for one in answer["results"]] == [200, 404, 412]
    assert answer["results"][2]["result"][0]["errorCode"] == "BATCH_PROCESSING_HALTED"


def tree(**contact: object) -> dict[str, object]:
    child = {"attributes": {"type": "Contact", "referenceId": "child"}, **contact}
    parent = {"attributes": {"type": "Account", "referenceId": "parent"}, "Name": "Tree"}
    return {"records": [{**parent, "Contacts": {"records": [child]}}]}


def test_a_tree_is_planted_whole(client: Client) -> None:
    answer = client.call("POST", "/composite/tree/Account", tree(LastName="Leaf"))
    assert answer.status == 201
    assert [one["referenceId"] for one in answer.json["results"]] == ["parent", "child"]
    parent, child = (one["id"] for one in answer.json["results"])
    assert client.get(f"/sobjects/Contact/{child}?fields=AccountId").json["AccountId"] == parent


def test_a_tree_with_a_bad_leaf_is_not_planted(client: Client) -> None:
    before = named(client, "Tree")
    answer = client.call("POST", "/composite/tree/Account", tree())
    assert answer.status == 400
    assert answer.json == {
        "hasErrors": True,
        "results": [
            {
                "referenceId": "child",
                "errors": [
                    {
                        "statusCode": "REQUIRED_FIELD_MISSING",
                        "message": "Required fields are missing: [LastName]",
                        "fields": ["LastName"],
                    }
                ],
            }
        ],
    }
    assert named(client, "Tree") == before


def test_records_of_another_object_than_the_path_asks_for_are_refused(client: Client) -> None:
    contact = {"attributes": {"type": "Contact"}, "LastName": "Lost", "Name": "Lost"}
    misfit = (
        "The type attribute 'Contact' of the record does not match the sObject type 'Account' of "
        "the request"
    )
    refused = (400, "INVALID_INPUT", misfit)
    assert client.call("POST", "/sobjects/Account", contact).error == refused
    held = client.values("SELECT Id FROM Account LIMIT 1")[0][0]
    assert client.call("PATCH", f"/sobjects/Account/{held}", contact).error == refused
    keyed = {"records": [{**contact, "Id": held}]}
    assert client.call("PATCH", "/composite/sobjects/Account/Id", keyed).error == refused
    assert named(client, "Lost") == 0


def test_a_leaf_of_another_object_than_its_branch_is_refused(client: Client) -> None:
    before = named(client, "Tree")
    answer = client.call(
        "POST", "/composite/tree/Account", tree(attributes={"type": "Lead", "referenceId": "odd"})
    )
    assert answer.status == 400
    (result,) = answer.json["results"]
    assert result["referenceId"] == "odd"
    assert result["errors"][0]["statusCode"] == "INVALID_INPUT"
    assert (
        "'Lead' of the record does not match the sObject type 'Contact'"
        in (result["errors"][0]["message"])
    )
    assert named(client, "Tree") == before
    fine = client.call(
        "POST", "/sobjects/Account", {"attributes": {"type": "account"}, "Name": "F"}
    )
    assert fine.status == 201
