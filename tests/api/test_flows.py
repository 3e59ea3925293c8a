"""From a schema to a proven run, in the bodies of Adobe's documents."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from sallyport.wiring import Sallyport
from sallyport_org.server import OrgServer
from tests.api.client import (
    CRM_TO_LAKE,
    DATA_LAKE,
    FLOW,
    SALESFORCE,
    Client,
    client_credentials,
)
from tests.api.conftest import ROWS

SCHEMAS = "/data/foundation/schemaregistry/tenant/schemas"
DATASETS = "/data/foundation/catalog/dataSets"
MAPPINGS = "/data/foundation/conversion/mappingSets"
PAST = 1567411548


class Pieces:
    """Everything a flow for Account is made of, made over HTTP."""

    def __init__(self, client: Client, org: OrgServer) -> None:
        self.client = client
        self.connection_id = client.made(f"{FLOW}/connections", client_credentials(org))
        self.schema = client.post(
            SCHEMAS,
            {
                "type": "object",
                "title": "Account",
                "allOf": [{"$ref": "https://ns.adobe.com/xdm/context/profile"}],
            },
        ).body["$id"]
        [reference] = client.post(
            f"{DATASETS}?requestDataSource=true",
            {"name": "Accounts", "schemaRef": {"id": self.schema, "contentType": "any"}},
        ).body
        self.dataset_id = reference.removeprefix("@/dataSets/")
        self.mapping_id = self.map_columns("Id", "Name", "SystemModstamp")
        self.source_id = client.made(f"{FLOW}/sourceConnections", self.source())
        self.target_id = client.made(f"{FLOW}/targetConnections", self.target())

    def map_columns(self, *columns: str) -> str:
        pairs = [
            {"sourceType": "ATTRIBUTE", "source": name, "destination": name} for name in columns
        ]
        body = {"outputSchema": {"schemaRef": {"id": self.schema}}, "mappings": pairs}
        return str(self.client.post(f"{MAPPINGS}?validate=False", body).body["id"])

    def source(self, **params: Any) -> dict[str, Any]:
        return {
            "name": "Accounts of ACME",
            "description": "what is read",
            "baseConnectionId": self.connection_id,
            "data": {"format": "tabular"},
            "params": {"tableName": "Account", **params},
            "connectionSpec": SALESFORCE,
        }

    def target(self, **data: Any) -> dict[str, Any]:
        version = "application/vnd.adobe.xed-full+json;version=1"
        return {
            "name": "The lake",
            "data": {"schema": {"id": self.schema, "version": version}, **data},
            "params": {"dataSetId": self.dataset_id},
            "connectionSpec": DATA_LAKE,
        }

    def flow(self, **changed: Any) -> dict[str, Any]:
        params = {"mappingId": self.mapping_id, "mappingVersion": "0"}
        return {
            "name": "Accounts into the lake",
            "description": "for a test",
            "flowSpec": CRM_TO_LAKE,
            "sourceConnectionIds": [self.source_id],
            "targetConnectionIds": [self.target_id],
            "transformations": [{"name": "Mapping", "params": params}],
            "scheduleParams": {"startTime": str(PAST), "frequency": "once"},
        } | changed

    def on_demand(self) -> str:
        """Make a flow without a schedule."""
        body = self.flow()
        del body["scheduleParams"]
        return self.client.made(f"{FLOW}/flows", body)


@pytest.fixture
def pieces(client: Client, org: OrgServer) -> Pieces:
    return Pieces(client, org)


def landed(installation: Sallyport, dataset_id: str, run_id: str) -> int | None:
    return installation.lake.rows_of(dataset_id, run_id=run_id)


def test_a_flow_with_a_schedule_runs_once_and_proves_its_rows(
    client: Client, pieces: Pieces, installation: Sallyport
) -> None:
    flow_id = client.made(f"{FLOW}/flows", pieces.flow())
    [run] = client.get(f"{FLOW}/runs?property=flowId=={flow_id}").body["items"]
    assert run["flowId"] == flow_id
    assert run["state"] in {"scheduled", "inProgress", "success"}
    run = client.until(f"{FLOW}/runs/{run['id']}", {"success", "failed"})
    metrics = run["metrics"]
    assert run["state"] == metrics["statusSummary"]["status"] == "success"
    assert metrics["statusSummary"]["errors"] == []
    assert metrics["recordSummary"] == {
        "inputRecordCount": ROWS["Account"],
        "outputRecordCount": ROWS["Account"],
        "failedRecordCount": 0,
    }
    assert metrics["sizeSummary"]["inputBytes"] > 0
    assert metrics["sizeSummary"]["outputBytes"] > 0
    assert metrics["fileSummary"]["outputFileCount"] >= 1
    times = metrics["durationSummary"]
    assert run["createdAt"] <= times["startedAtUTC"] <= times["completedAtUTC"]
    assert [one["id"] for one in run["activities"]] == ["copyActivity", "promotionActivity"]
    assert {one["statusSummary"]["status"] for one in run["activities"]} == {"success"}
    assert run["sallyport"] | {"asOf": None} == {
        "object": "Account",
        "state": "success",
        "asOf": None,
        "sourceRows": ROWS["Account"],
        "landedRows": ROWS["Account"],
        "proven": True,
        "progress": {"stage": "done", "rows": ROWS["Account"], "total": ROWS["Account"]},
    }
    assert run["sallyport"]["asOf"].startswith("20")
    assert landed(installation, pieces.dataset_id, run["id"]) == ROWS["Account"]


def test_a_flow_shows_what_it_is_made_of(client: Client, pieces: Pieces) -> None:
    made = client.post(f"{FLOW}/flows", pieces.flow())
    flow_id = made.body["id"]
    assert made.headers["location"] == f"{FLOW}/flows/{flow_id}"
    flow = client.get(f"{FLOW}/flows/{flow_id}").item
    assert flow["state"] == "enabled"
    assert flow["name"] == "Accounts into the lake"
    assert flow["description"] == "for a test"
    assert flow["flowSpec"] == CRM_TO_LAKE
    assert flow["sourceConnectionIds"] == [pieces.source_id]
    assert flow["targetConnectionIds"] == [pieces.target_id]
    assert flow["transformations"] == pieces.flow()["transformations"]
    assert flow["scheduleParams"] == pieces.flow()["scheduleParams"]
    assert flow["etag"] == made.body["etag"]
    assert flow["inheritedAttributes"] == {
        "sourceConnections": [
            {
                "id": pieces.source_id,
                "connectionSpec": SALESFORCE,
                "baseConnection": {"id": pieces.connection_id, "connectionSpec": SALESFORCE},
            }
        ],
        "targetConnections": [{"id": pieces.target_id, "connectionSpec": DATA_LAKE}],
        "properties": {"isSourceFlow": True},
    }
    run_id = flow["lastRunDetails"]["id"]
    assert client.get(f"{FLOW}{flow['runs']}").item["id"] == run_id


def test_sources_and_targets_show_what_was_posted(client: Client, pieces: Pieces) -> None:
    columns = [{"name": "Id", "type": "string", "xdm": {"type": "string"}}, {"name": "Name"}]
    body = pieces.source(columns=columns)
    source_id = client.made(f"{FLOW}/sourceConnections", body)
    source = client.get(f"{FLOW}/sourceConnections/{source_id}").item
    for name in ("name", "description", "baseConnectionId", "data", "params", "connectionSpec"):
        assert source[name] == body[name]
    base = {"id": pieces.connection_id, "connectionSpec": SALESFORCE}
    assert source["inheritedAttributes"] == {"baseConnection": base}
    target = client.get(f"{FLOW}/targetConnections/{pieces.target_id}").item
    for name in ("name", "data", "params", "connectionSpec"):
        assert target[name] == pieces.target()[name]
    table = f"{FLOW}/sourceConnections?property=params.columns[].name==Name"
    assert client.get(table).item["id"] == source_id


def test_the_older_clients_target_without_a_schema_is_taken(client: Client, pieces: Pieces) -> None:
    body = pieces.target() | {"data": {"format": "parquet_xdm"}}
    target_id = client.made(f"{FLOW}/targetConnections", body)
    assert client.get(f"{FLOW}/targetConnections/{target_id}").item["data"] == body["data"]


def test_a_flow_without_a_schedule_runs_when_asked(
    client: Client, pieces: Pieces, installation: Sallyport
) -> None:
    flow_id = pieces.on_demand()
    assert client.get(f"{FLOW}/runs?property=flowId=={flow_id}").body["items"] == []
    answer = client.post(f"{FLOW}/runs/", {"flowId": flow_id, "status": "active"})
    assert answer.status == 201
    run_id, etag = answer.body["id"], answer.body["etag"]
    assert answer.body == {"id": run_id, "etag": etag, "items": [{"id": run_id, "etag": etag}]}
    assert answer.headers["location"] == f"{FLOW}/runs/{run_id}"
    run = client.until(f"{FLOW}/runs/{run_id}", {"success", "failed"})
    assert run["sallyport"]["proven"] is True
    assert landed(installation, pieces.dataset_id, run_id) == ROWS["Account"]
    again = client.made(f"{FLOW}/runs", {"flowId": flow_id, "params": {"startTime": PAST}})
    run = client.until(f"{FLOW}/runs/{again}", {"success", "failed"})
    assert run["params"] == {"startTime": PAST}
    details = client.get(f"{FLOW}/flows/{flow_id}").item["lastRunDetails"]
    assert details["id"] == again
    assert details["state"] == "success"


def test_a_run_in_the_future_waits_and_a_second_one_meanwhile_is_a_conflict(
    client: Client, pieces: Pieces
) -> None:
    later = int(time.time()) + 3
    flow_id = client.made(
        f"{FLOW}/flows", pieces.flow(scheduleParams={"startTime": later, "frequency": "once"})
    )
    [run] = client.get(f"{FLOW}/runs?property=flowId=={flow_id}").body["items"]
    assert run["state"] == "scheduled"
    assert run["metrics"]["durationSummary"] == {}
    message = client.post(f"{FLOW}/runs", {"flowId": flow_id}).refused("9409-409")
    assert run["id"] in message
    ended = client.until(f"{FLOW}/runs/{run['id']}", {"success", "failed"})
    assert ended["state"] == "success"
    assert ended["metrics"]["durationSummary"]["startedAtUTC"] >= later * 1000


@pytest.mark.parametrize("name", ["windowStartTime", "windowEndTime", "deltaColumn"])
def test_a_window_is_refused_rather_than_ignored(client: Client, pieces: Pieces, name: str) -> None:
    flow_id = pieces.on_demand()
    body = {"flowId": flow_id, "params": {name: PAST}}
    message = client.post(f"{FLOW}/runs", body).refused("1100-400")
    assert f"params.{name}" in message
    assert client.get(f"{FLOW}/runs?property=flowId=={flow_id}").body["items"] == []


def test_a_run_of_no_flow_has_the_catalogues_codes(client: Client) -> None:
    client.post(f"{FLOW}/runs", {"params": {}}).refused("1446-400")
    client.post(f"{FLOW}/runs", {"flowId": "nothing"}).refused("1430-400")


@pytest.mark.parametrize(
    ("changed", "code", "says"),
    [
        ({"state": "enabled"}, "1410-400", "state"),
        (
            {"flowSpec": {"id": "9753525b-82c7-4dce-8a9b-5ccfce2b9876", "version": "1.0"}},
            "1413-400",
            "flowSpec.id",
        ),
        ({"sourceConnectionIds": []}, "1100-400", "CONNECTOR-1321-400: sourceConnectionIds"),
        ({"targetConnectionIds": ["a", "b"]}, "1100-400", "a list of 2 entries"),
        ({"sourceConnectionIds": "a"}, "9400-400", "sourceConnectionIds"),
        ({"sourceConnectionIds": ["nothing"]}, "1439-404", "sourceConnectionIds"),
        ({"targetConnectionIds": ["nothing"]}, "1439-404", "targetConnectionIds"),
        (
            {"transformations": [{"name": "Mapping", "params": {"mappingId": "0" * 32}}]},
            "1100-400",
            "transformations[0].params.mappingId",
        ),
        (
            {"transformations": [{"name": "Copy", "params": {"deltaColumn": {"name": "x"}}}]},
            "1100-400",
            "CONNECTOR-1369-400: transformations[0].params.deltaColumn",
        ),
        ({"transformations": [{"name": "Encrypt"}]}, "1100-400", "transformations[0].name"),
        (
            {"scheduleParams": {"startTime": PAST, "frequency": "minute", "interval": 15}},
            "1100-400",
            "CONNECTOR-1397-400: scheduleParams.frequency",
        ),
        (
            {"scheduleParams": {"startTime": PAST, "frequency": "once", "interval": "15"}},
            "1100-400",
            "CONNECTOR-1361-400",
        ),
        (
            {"scheduleParams": {"startTime": PAST, "frequency": "once", "backfill": "true"}},
            "1100-400",
            "CONNECTOR-1364-400",
        ),
        ({"scheduleParams": {"frequency": "once"}}, "9400-400", "scheduleParams.startTime"),
        (
            {"scheduleParams": {"startTime": PAST * 1000, "frequency": "once"}},
            "9400-400",
            "Divide by 1000",
        ),
        (
            {"scheduleParams": {"startTime": "soon", "frequency": "once"}},
            "9400-400",
            "scheduleParams.startTime: must be a whole number. Received: 'soon'.",
        ),
    ],
)
def test_a_flow_that_cannot_be_is_refused_and_not_stored(
    client: Client, pieces: Pieces, changed: dict[str, Any], code: str, says: str
) -> None:
    assert says in client.post(f"{FLOW}/flows", pieces.flow(**changed)).refused(code)
    assert client.get(f"{FLOW}/flows?count=true").body == {"count": 0}


def test_a_mapping_must_fit_the_object_and_bear_its_version(client: Client, pieces: Pieces) -> None:
    wrong = pieces.map_columns("Id", "Nmae")
    steps = [{"name": "Mapping", "params": {"mappingId": wrong}}]
    message = client.post(f"{FLOW}/flows", pieces.flow(transformations=steps)).refused("1100-400")
    assert message.startswith("transformations[0].params.mappingId: ")
    assert "Nmae" in message
    steps = [{"name": "Copy"}, {"name": "Mapping", "params": {"mappingId": "0" * 32}}]
    absent = client.post(f"{FLOW}/flows", pieces.flow(transformations=steps)).refused("1100-400")
    assert absent.startswith("transformations[1].params.mappingId: ")
    bare = client.post(f"{FLOW}/flows", pieces.flow(transformations=[{"name": "Mapping"}]))
    assert bare.refused("9400-400").startswith("transformations[0].params: is missing.")
    steps = [{"name": "Mapping", "params": {"mappingId": pieces.mapping_id, "mappingVersion": 3}}]
    client.post(f"{FLOW}/flows", pieces.flow(transformations=steps)).refused("1412-400")


@pytest.mark.parametrize(
    ("changed", "code", "says"),
    [
        ({"baseConnectionId": "nothing"}, "1439-404", "baseConnectionId"),
        ({"params": {"tableName": "Acount"}}, "1101-404", "CONNECTOR-1330-400: params.tableName"),
        (
            {"params": {"tableName": "Account", "columns": [{"name": "Nmae"}]}},
            "1100-400",
            "params.columns",
        ),
        (
            {"params": {"tableName": "Account", "columns": [{"type": "string"}]}},
            "9400-400",
            "params.columns[0].name",
        ),
        (
            {"params": {"tableName": "Account", "filters": {"type": "PQL"}}},
            "1100-400",
            "params.filters",
        ),
        ({"params": {}}, "9400-400", "params.tableName"),
        ({"data": None}, "9400-400", "data"),
        ({"connectionSpec": DATA_LAKE}, "1413-400", "connectionSpec.id"),
    ],
)
def test_a_source_that_cannot_be_is_refused(
    client: Client, pieces: Pieces, changed: dict[str, Any], code: str, says: str
) -> None:
    body = pieces.source() | changed
    assert says in client.post(f"{FLOW}/sourceConnections", body).refused(code)
    assert client.get(f"{FLOW}/sourceConnections?count=true").body == {"count": 1}


def test_a_target_needs_its_dataset_and_its_schema(client: Client, pieces: Pieces) -> None:
    unknown = pieces.target() | {"params": {"dataSetId": "0" * 24}}
    message = client.post(f"{FLOW}/targetConnections", unknown).refused("1439-404")
    assert "params.dataSetId" in message
    other = pieces.target(schema={"id": "https://ns.adobe.com/other"})
    assert "data.schema.id" in client.post(f"{FLOW}/targetConnections", other).refused("1100-400")


def test_a_connection_in_use_cannot_be_deleted(client: Client, pieces: Pieces) -> None:
    where = f"{FLOW}/connections/{pieces.connection_id}"
    assert "Accounts of ACME" in client.delete(where).refused("1418-400")
    assert client.get(where).status == 200


def test_nothing_of_a_flow_is_seen_from_another_org(
    make_client: Callable[..., Client], pieces: Pieces
) -> None:
    flow_id = pieces.client.made(f"{FLOW}/flows", pieces.flow())
    [run] = pieces.client.get(f"{FLOW}/runs?property=flowId=={flow_id}").body["items"]
    other = make_client()
    for path in (
        f"{FLOW}/flows/{flow_id}",
        f"{FLOW}/runs/{run['id']}",
        f"{FLOW}/sourceConnections/{pieces.source_id}",
        f"{FLOW}/targetConnections/{pieces.target_id}",
        f"{DATASETS}/{pieces.dataset_id}",
        f"{MAPPINGS}/{pieces.mapping_id}",
        f"{SCHEMAS}/{quote(pieces.schema, safe='')}",
    ):
        other.get(path).refused("1439-404")
    assert other.get(f"{FLOW}/runs?property=flowId=={flow_id}").body["items"] == []
    other.post(f"{FLOW}/runs", {"flowId": flow_id}).refused("1430-400")


def test_a_schema_is_found_by_encoded_id_and_by_short_id(client: Client, pieces: Pieces) -> None:
    by_id = client.get(f"{SCHEMAS}/{quote(pieces.schema, safe='')}").body
    assert by_id["$id"] == pieces.schema
    assert by_id["title"] == "Account"
    assert by_id["meta:class"] == "https://ns.adobe.com/xdm/context/profile"
    assert client.get(f"{SCHEMAS}/{by_id['meta:altId']}").body == by_id
    listed = client.get(f"{SCHEMAS}/").body
    brief = {name: by_id[name] for name in ("$id", "meta:altId", "title", "version")}
    assert listed["results"] == [brief]
    assert listed["_page"] == {"next": None, "count": 1}


def test_a_dataset_and_a_mapping_set_show_what_was_made(client: Client, pieces: Pieces) -> None:
    dataset = client.get(f"{DATASETS}/{pieces.dataset_id}").body[pieces.dataset_id]
    assert dataset["name"] == "Accounts"
    assert dataset["schemaRef"]["id"] == pieces.schema
    assert client.get(DATASETS).body == {pieces.dataset_id: dataset}
    mapping = client.get(f"{MAPPINGS}/{pieces.mapping_id}").body
    assert mapping["version"] == 0
    assert mapping["mappings"][1] == {
        "sourceType": "ATTRIBUTE",
        "source": "Name",
        "destination": "Name",
    }


XED_FULL = "application/vnd.adobe.xed-full+json;version=1"
XED = "application/vnd.adobe.xed+json;version=1"


@pytest.mark.parametrize(("sent", "shown"), [(XED_FULL, XED_FULL), ("any", "any"), (None, XED)])
def test_a_dataset_gives_back_the_content_type_that_was_sent(
    client: Client, sent: str | None, shown: str
) -> None:
    schema = client.post(SCHEMAS, {"type": "object", "title": "t"}).body["$id"]
    body = {"name": "d", "schemaRef": {"id": schema, "contentType": sent}}
    [reference] = client.post(DATASETS, body).body
    dataset_id = reference.removeprefix("@/dataSets/")
    dataset = client.get(f"{DATASETS}/{dataset_id}").body[dataset_id]
    assert dataset["schemaRef"] == {"id": schema, "contentType": shown}
    wrong = {"name": "d", "schemaRef": {"id": schema, "contentType": 1}}
    assert "schemaRef.contentType" in client.post(DATASETS, wrong).refused("9400-400")


@pytest.mark.parametrize(
    ("collection", "kind", "named"),
    [
        (DATASETS, "dataSets", "0" * 24),
        (MAPPINGS, "mappingSets", "0" * 32),
        (SCHEMAS, "schemas", f"https://ns.adobe.com/sallyport/schemas/{'0' * 32}"),
        (f"{FLOW}/flows", "flows", "nothing"),
    ],
)
def test_what_is_not_found_is_named_by_kind_and_id(
    client: Client, collection: str, kind: str, named: str
) -> None:
    answer = client.get(f"{collection}/{quote(named, safe='')}")
    answer.refused("1439-404")
    report = answer.body["report"]
    assert (report["type"], report["id"]) == (kind, named)


def test_the_older_body_of_a_mapping_set_is_taken(client: Client, pieces: Pieces) -> None:
    body = {
        "version": 0,
        "xdmSchema": pieces.schema,
        "xdmVersion": "1.0",
        "id": None,
        "mappings": [
            {"sourceAttribute": "Id", "destinationXdmPath": "key", "identity": False, "version": 0}
        ],
    }
    answer = client.post(MAPPINGS, body)
    assert answer.status == 200
    found = client.get(f"{MAPPINGS}/{answer.body['id']}").body
    assert found["mappings"] == [{"sourceType": "ATTRIBUTE", "source": "Id", "destination": "key"}]
    unknown = client.post(MAPPINGS, body | {"xdmSchema": "https://ns.adobe.com/x/schemas/0"})
    assert "xdmSchema" in unknown.refused("1439-404")
    nested = body | {"mappings": [{"source": "Id", "destination": "_acme.key"}]}
    assert "'_acme.key'" in client.post(MAPPINGS, nested).refused("1100-400")
