"""Filters, pages, projections and counts."""

import re
from typing import Any

import pytest

from tests.api.client import FLOW, Client

FLOWS = f"{FLOW}/targetConnections"
SCHEMAS = "/data/foundation/schemaregistry/tenant/schemas"
DATASETS = "/data/foundation/catalog/dataSets"


@pytest.fixture
def targets(client: Client) -> list[str]:
    """Five target connections, oldest first: no Salesforce is needed for these."""
    schema = client.post(SCHEMAS, {"type": "object", "title": "t"}).body["$id"]
    [dataset] = client.post(DATASETS, {"name": "d", "schemaRef": {"id": schema}}).body
    return [
        client.made(
            FLOWS,
            {
                "name": name,
                "data": {"format": "delimited", "rank": rank, "even": rank % 2 == 0},
                "params": {"dataSetId": dataset.removeprefix("@/dataSets/"), "tags": [{"n": rank}]},
                "connectionSpec": {"id": "c604ff05-7f1a-43c0-8e18-33bf874cb11c"},
            },
        )
        for rank, name in enumerate(["ann", "bob, or so", "cyd", "dan", "eve"])
    ]


def names(client: Client, query: str) -> list[str]:
    answer = client.get(f"{FLOWS}?{query}")
    assert answer.status == 200, answer.text
    return sorted(item["name"] for item in answer.body["items"])


def test_a_list_is_newest_first(client: Client, targets: list[str]) -> None:
    body = client.get(FLOWS).body
    assert set(body) == {"items", "_links"}
    assert body["_links"] == {}
    made = [(item["createdAt"], item["id"]) for item in body["items"]]
    assert made == sorted(made, reverse=True)
    assert {item["id"] for item in body["items"]} == set(targets)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("property=name==ann", ["ann"]),
        ("property=name%3D%3D%22ann%22", ["ann"]),
        ("property=name==%22bob,%20or%20so%22", ["bob, or so"]),
        ("property=name==ann,eve", ["ann", "eve"]),
        ("property=name=ann", ["ann"]),
        ("property=name!=ann,eve", ["bob, or so", "cyd", "dan"]),
        ("property=data.rank>=3", ["dan", "eve"]),
        ("property=data.rank<1", ["ann"]),
        ("property=data.rank>1&property=data.rank<=3", ["cyd", "dan"]),
        ("property=data.even==true", ["ann", "cyd", "eve"]),
        ("property=params.tags[].n==4", ["eve"]),
        ("property=name>cyd", ["dan", "eve"]),
        ("property=state==ENABLED&property=name==ann", ["ann"]),
        ("property=data.unheard.of==1", []),
        ("count=False&property=name==ann", ["ann"]),
    ],
)
def test_filters_find_what_they_say(
    client: Client, targets: list[str], query: str, expected: list[str]
) -> None:
    assert names(client, query) == expected


def test_every_page_is_reached_by_the_link_of_the_one_before(
    client: Client, targets: list[str]
) -> None:
    whole = [item["id"] for item in client.get(FLOWS).body["items"]]
    seen: list[str] = []
    href = "/targetConnections?limit=2"
    pages = 0
    while href:
        body = client.get(f"{FLOW}{href}").body
        seen += [item["id"] for item in body["items"]]
        href = body["_links"].get("next", {}).get("href", "")
        if href:
            # clients cut the token out between the first and the second "="
            assert re.fullmatch(r"/targetConnections\?continuationToken=[A-Za-z0-9_.-]+", href)
        pages += 1
    assert seen == whole
    assert pages == 3


def test_a_token_carries_filter_and_limit(client: Client, targets: list[str]) -> None:
    query = f"{FLOWS}?limit=1&property=data.even==true&property=id,name"
    first = client.get(query).body
    assert set(first["items"][0]) == {"id", "name"}
    second = client.get(FLOW + first["_links"]["next"]["href"]).body
    assert len(second["items"]) == 1
    assert set(second["items"][0]) == {"id", "name"}
    last = client.get(FLOW + second["_links"]["next"]["href"]).body
    assert last["_links"] == {}
    found = [page["items"][0]["name"] for page in (first, second, last)]
    assert sorted(found) == ["ann", "cyd", "eve"]


def test_what_is_made_between_two_pages_neither_repeats_nor_hides_anything(
    client: Client, targets: list[str]
) -> None:
    whole = [item["id"] for item in client.get(FLOWS).body["items"]]
    first = client.get(f"{FLOWS}?limit=2").body
    one: dict[str, Any] = client.get(f"{FLOWS}/{targets[0]}").item
    client.made(FLOWS, {name: one[name] for name in ("name", "data", "params", "connectionSpec")})
    rest = client.get(f"{FLOW}{first['_links']['next']['href']}&limit=100").body
    assert [item["id"] for item in first["items"] + rest["items"]] == whole


def test_a_count_has_no_items(client: Client, targets: list[str]) -> None:
    assert client.get(f"{FLOWS}?count=true").body == {"count": 5}
    assert client.get(f"{FLOWS}?count=True&property=data.even==true").body == {"count": 3}


@pytest.mark.parametrize("address", [FLOWS, SCHEMAS, DATASETS])
@pytest.mark.parametrize("limit", ["0", "1001", "ten"])
def test_a_limit_out_of_range_is_told_with_the_range(
    client: Client, address: str, limit: str
) -> None:
    message = client.get(f"{address}?limit={limit}").refused("1451-400")
    assert message.startswith("limit: must be a whole number from 1 to 1000.")
    assert f"Received: '{limit}'" in message


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("count=true&limit=2", "1401-400"),
        ("count=perhaps", "1451-400"),
        ("limit=0", "1451-400"),
        ("limit=ten", "1451-400"),
        ("limit=1001", "1451-400"),
        ("orderby=name", "1451-400"),
        ("whatever=1", "1451-400"),
        ("continuationToken=abc", "1451-400"),
        ("continuationToken=bnVsbA", "1451-400"),
        ("property=nmae==x", "1449-400"),
        ("property=id,nmae", "1449-400"),
        ("property=name===x", "1450-400"),
        ("property=name=>x", "1450-400"),
        ("property=is%20empty", "1450-400"),
        ("property=name~x", "1440-400"),
        ("property=name==", "1453-400"),
        ("property=name==a,,b", "1453-400"),
        ("property=createdAt>1,2", "1443-400"),
        ("property=createdAt>soon", "1452-400"),
        ("property=name==a%0Ab", "1452-400"),
    ],
)
def test_what_is_not_understood_is_refused_never_ignored(
    client: Client, targets: list[str], query: str, code: str
) -> None:
    client.get(f"{FLOWS}?{query}").refused(code)


def test_specifications_are_found_by_name_and_by_id(client: Client) -> None:
    [salesforce] = client.get(f"{FLOW}/connectionSpecs?property=name==%22salesforce%22").body[
        "items"
    ]
    assert salesforce["id"] == "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5"
    auth = {spec["name"]: spec["spec"] for spec in salesforce["authSpec"]}
    assert set(auth) == {
        "Basic Authentication",
        "OAuth2 Client Credential",
        "OAuth2 JWT Token Credential",
    }
    assert auth["OAuth2 Client Credential"]["required"] == [
        "environmentUrl",
        "clientId",
        "clientSecret",
        "apiVersion",
    ]
    assert auth["Basic Authentication"]["properties"]["password"]["format"] == "password"
    assert client.get(f"{FLOW}/connectionSpecs/{salesforce['id']}").item == salesforce
    both = client.get(f"{FLOW}/connectionSpecs").body
    assert [spec["name"] for spec in both["items"]] == ["salesforce", "datalake"]
    assert both["_links"] == {}
    flow_spec = client.get(f"{FLOW}/flowSpecs?property=name==CRMToAEP").item
    assert flow_spec["id"] == "14518937-270c-4525-bdec-c2ba7cce3860"
    assert client.get(f"{FLOW}/flowSpecs/{flow_spec['id']}").item == flow_spec
    client.get(f"{FLOW}/flowSpecs/nothing").refused("1439-404")
