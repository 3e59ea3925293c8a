from typing import Any

from sallyport.salesforce.rest_query import count_rows, query_rows
from sallyport.salesforce.session import OrgClient
from tests.salesforce.wire_server import WireServer, as_json

QUERY = "/services/data/v60.0/query"
NEXT = f"{QUERY}/01gxx0000000001AAA-2000"


def record(number: int) -> dict[str, Any]:
    return {"attributes": {"type": "Account", "url": "/x"}, "Id": str(number)}


def page(*numbers: int, following: str | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"totalSize": 5, "done": following is None}
    body["records"] = [record(number) for number in numbers]
    return body if following is None else body | {"nextRecordsUrl": following}


def test_a_count_is_the_total_size(server: WireServer, org: OrgClient) -> None:
    server.on(QUERY, as_json({"totalSize": 7, "done": True, "records": []}))
    server.on(f"{QUERY}All", as_json({"totalSize": 9, "done": True, "records": []}))
    assert count_rows(org, "SELECT COUNT() FROM Account", all_rows=False) == 7
    assert count_rows(org, "SELECT COUNT() FROM Account", all_rows=True) == 9
    assert server.seen[-1].query == {"q": ["SELECT COUNT() FROM Account"]}


def test_pages_are_followed_to_the_end(server: WireServer, org: OrgClient) -> None:
    server.on(f"{QUERY}All", as_json(page(1, 2, following=NEXT)))
    server.on(NEXT, as_json(page(3, 4, following=f"{NEXT}0")))
    server.on(f"{NEXT}0", as_json(page(5)))
    rows = list(query_rows(org, "SELECT Id FROM Account", all_rows=True))
    assert [row["Id"] for row in rows] == ["1", "2", "3", "4", "5"]


def test_a_limit_stops_reading_pages(server: WireServer, org: OrgClient) -> None:
    server.on(QUERY, as_json(page(1, 2, following=NEXT)))
    assert len(list(query_rows(org, "SELECT Id FROM Account", limit=2))) == 2
    assert len(list(query_rows(org, "SELECT Id FROM Account", limit=1))) == 1
    assert server.seen_at(NEXT) == []
    assert server.seen[-1].headers["sforce-query-options"] == "batchSize=200"


def test_attributes_are_left_out_at_every_level(server: WireServer, org: OrgClient) -> None:
    parent = {"attributes": {"type": "User"}, "Name": "Ann"}
    children = {"totalSize": 1, "done": True, "records": [record(9)]}
    body = {
        "done": True,
        "records": [record(1) | {"Owner": parent, "Contacts": children, "X": None}],
    }
    server.on(QUERY, as_json(body))
    assert list(query_rows(org, "SELECT Id FROM Account")) == [
        {
            "Id": "1",
            "Owner": {"Name": "Ann"},
            "Contacts": {"totalSize": 1, "done": True, "records": [{"Id": "9"}]},
            "X": None,
        }
    ]
