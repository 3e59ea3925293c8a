"""One dataset of accounts, and how the tests fill and read it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from sallyport.datasets.base import Commit, Lake, Mode, StagedFile

ACCOUNT = pa.schema(
    [
        ("Id", pa.string()),
        ("Name", pa.string()),
        ("Size__c", pa.int32()),
        ("SystemModstamp", pa.timestamp("us", "UTC")),
    ]
)
DATASET = "65f0c2a1e4b0a1b2c3d4e5f6"


def account(number: int, name: str = "Acme", day: int = 1) -> dict[str, Any]:
    return {
        "Id": f"001{number:012d}AAA",
        "Name": name,
        "Size__c": number,
        "SystemModstamp": datetime(2024, 1, day, tzinfo=UTC),
    }


def stage(
    lake: Lake,
    run_id: str,
    rows: Sequence[dict[str, Any]],
    *,
    part: str = "0001",
    schema: pa.Schema = ACCOUNT,
) -> StagedFile:
    with lake.open_part(DATASET, run_id=run_id, part=part, schema=schema) as writer:
        writer.write(pa.RecordBatch.from_pylist(list(rows), schema=schema))
    return writer.close()


def land(
    lake: Lake,
    run_id: str,
    rows: Sequence[dict[str, Any]],
    *,
    mode: Mode = "append",
    schema: pa.Schema = ACCOUNT,
) -> Commit:
    staged = stage(lake, run_id, rows, schema=schema)
    return lake.commit(DATASET, run_id=run_id, files=[staged], schema=schema, mode=mode)


def stored(lake: Lake) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = lake.read(DATASET).to_table().to_pylist()
    return sorted(rows, key=lambda row: (row["Id"], row["Name"]))
