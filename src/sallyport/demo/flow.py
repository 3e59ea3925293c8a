"""One flow of the demo, made by the calls any client of the API would make.

What belongs here: what is posted, and the two counts that must agree. What does not: waiting and
telling (``story``).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sallyport.demo.client import FLOW_SERVICE, ApiClient
from sallyport.demo.processes import DemoFailedError

SALESFORCE = {"id": "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5", "version": "1.0"}
DATA_LAKE = {"id": "c604ff05-7f1a-43c0-8e18-33bf874cb11c", "version": "1.0"}
CRM_TO_LAKE = {"id": "14518937-270c-4525-bdec-c2ba7cce3860", "version": "1.0"}
_SCHEMA_TYPE = "application/vnd.adobe.xed-full+json;version=1"


@dataclass
class Copy:
    """One object on its way: ``expected`` rows, and what the API and the files say of them."""

    object: str
    expected: int
    flow_id: str
    dataset_id: str
    run: dict[str, Any] | None = None
    rows: int = 0

    @property
    def ours(self) -> dict[str, Any]:
        """The run's ``sallyport`` part: counts, proof and progress."""
        return dict((self.run or {}).get("sallyport") or {})

    @property
    def ended(self) -> bool:
        """Whether the run has come to an end."""
        return (self.run or {}).get("state") in ("success", "failed")

    @property
    def proven(self) -> bool:
        """Whether proof, expectation and the count over the files are one number."""
        counts = {self.ours.get("sourceRows"), self.ours.get("landedRows"), self.rows}
        return bool(self.ours.get("proven")) and counts == {self.expected}

    def shortfall(self) -> str:
        """Return in a few words why it is not proven."""
        errors = (((self.run or {}).get("metrics") or {}).get("statusSummary") or {}).get("errors")
        reason = f": {errors[0]['message']}" if errors else ""
        ours = self.ours
        return (
            f"{self.object} has {self.rows} rows in its files, {ours.get('landedRows')} landed, "
            f"{ours.get('sourceRows')} at the source, {self.expected} expected{reason}"
        )


def make_flow(api: ApiClient, connection_id: str, object_name: str, expected: int) -> Copy:
    """Post schema, dataset, mapping, source, target and a flow that starts at once."""
    columns = api.get(
        f"{FLOW_SERVICE}/connections/{connection_id}/explore",
        {"objectType": "table", "object": object_name},
    )["schema"]["columns"]
    schema = api.post(
        "/data/foundation/schemaregistry/tenant/schemas",
        {
            "type": "object",
            "title": f"Salesforce {object_name}",
            "allOf": [{"$ref": "https://ns.adobe.com/xdm/context/profile"}],
        },
    )["$id"]
    reference = {"id": schema, "contentType": _SCHEMA_TYPE}
    dataset = api.post(
        "/data/foundation/catalog/dataSets",
        {"name": f"Salesforce {object_name}", "schemaRef": reference},
    )
    dataset_id = str(dataset[0]).rsplit("/", 1)[-1]
    mapping = api.post(
        "/data/foundation/conversion/mappingSets",
        {
            "outputSchema": {"schemaRef": reference},
            "mappings": [
                {
                    "sourceType": "ATTRIBUTE",
                    "source": column["name"],
                    "destination": column["name"],
                }
                for column in columns
            ],
        },
    )["id"]
    source = api.post(
        f"{FLOW_SERVICE}/sourceConnections",
        {
            "name": f"Demo source {object_name}",
            "baseConnectionId": connection_id,
            "data": {"format": "tabular"},
            "params": {"tableName": object_name, "columns": columns},
            "connectionSpec": SALESFORCE,
        },
    )["id"]
    target = api.post(
        f"{FLOW_SERVICE}/targetConnections",
        {
            "name": f"Demo target {object_name}",
            "data": {"schema": {"id": schema, "version": _SCHEMA_TYPE}},
            "params": {"dataSetId": dataset_id},
            "connectionSpec": DATA_LAKE,
        },
    )["id"]
    flow = api.post(
        f"{FLOW_SERVICE}/flows",
        {
            "name": f"Demo {object_name}",
            "flowSpec": CRM_TO_LAKE,
            "sourceConnectionIds": [source],
            "targetConnectionIds": [target],
            "transformations": [
                {"name": "Mapping", "params": {"mappingId": mapping, "mappingVersion": 0}}
            ],
            "scheduleParams": {"startTime": int(time.time()), "frequency": "once"},
        },
    )["id"]
    return Copy(object_name, expected, flow, dataset_id)


def rows_in_files(lake: Path, dataset_id: str) -> int:
    """Count a dataset's rows in its files, by the Delta library rather than by our own code.

    Raises DemoFailedError when an Id occurs twice.
    """
    import pyarrow.compute as pc
    from deltalake import DeltaTable

    ids = DeltaTable(lake / dataset_id).to_pyarrow_dataset().to_table(columns=["Id"])["Id"]
    different = int(pc.count_distinct(ids).as_py())
    if different != len(ids):
        raise DemoFailedError(f"{len(ids) - different} rows landed twice in {dataset_id}.")
    return len(ids)
