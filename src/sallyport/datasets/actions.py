"""What stands in a Delta log entry: actions as plain data, built and read back, no IO.

What belongs here: the spelling of the protocol (github.com/delta-io/delta, PROTOCOL.md, "Actions").
What does not: files and locks (``deltalog.py``), when an entry is written (``delta.py``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from deltalake import Schema

from sallyport.datasets.base import Commit, Mode, StagedFile

Action = dict[str, Any]


@dataclass(frozen=True)
class LiveFile:
    """A data file of a version; ``rows`` is None where another Delta writer left it out.

    ``stamp`` (ms) is shared by the files of one commit, and later commits have larger ones.
    """

    path: str
    bytes: int
    rows: int | None
    stamp: int


def creation(schema: pa.Schema, *, table_id: str, name: str, now: int) -> list[Action]:
    """Return the entry of version 0: protocol 1/2, which every Delta reader knows."""
    return [
        {"commitInfo": {"timestamp": now, "operation": "CREATE TABLE"}},
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
        metadata(schema, table_id=table_id, name=name, created=now, configuration={}),
    ]


def write_of_run(run_id: str, *, version: int, mode: Mode, now: int) -> list[Action]:
    """Return the head of a run's entry; ``txn`` marks it committed, at this very version."""
    return [
        {
            "commitInfo": {
                "timestamp": now,
                "operation": "WRITE",
                "operationParameters": {"mode": {"replace": "Overwrite", "append": "Append"}[mode]},
                "engineInfo": "sallyport",
                "runId": run_id,
            }
        },
        {"txn": {"appId": run_id, "version": version, "lastUpdated": now}},
    ]


def metadata(
    schema: pa.Schema, *, table_id: str, name: str, created: int, configuration: dict[str, str]
) -> Action:
    """Return the action that states a table's schema and name; ``created`` in milliseconds."""
    return {
        "metaData": {
            "id": table_id,
            "name": name,
            "format": {"provider": "parquet", "options": {}},
            "schemaString": Schema.from_arrow(plain(schema)).to_json(),
            "partitionColumns": [],
            "configuration": configuration,
            "createdTime": created,
        }
    }


def add(file: StagedFile, *, stamp: int) -> Action:
    """Return the action that makes a file part of the table."""
    return {
        "add": {
            "path": file.path,
            "partitionValues": {},
            "size": file.bytes,
            "modificationTime": stamp,
            "dataChange": True,
            "stats": json.dumps(dict(file.stats)),
        }
    }


def remove(file: LiveFile, *, now: int) -> Action:
    """Return the action that takes a file out of the table; it stays on disk until a vacuum."""
    return {
        "remove": {
            "path": file.path,
            "deletionTimestamp": now,
            "dataChange": True,
            "extendedFileMetadata": True,
            "partitionValues": {},
            "size": file.bytes,
        }
    }


def added(entry: Sequence[Action]) -> list[LiveFile]:
    """Return the files an entry of ours brought into the table."""
    adds = [action["add"] for action in entry if "add" in action]
    return [
        LiveFile(
            path=add["path"],
            bytes=add["size"],
            rows=json.loads(add["stats"])["numRecords"],
            stamp=add["modificationTime"],
        )
        for add in adds
    ]


def as_commit(entry: Sequence[Action], *, version: int, already_done: bool) -> Commit:
    """Return what an entry of ours made visible."""
    files = added(entry)
    return Commit(
        version=version,
        rows=sum(file.rows or 0 for file in files),
        files=len(files),
        bytes=sum(file.bytes for file in files),
        already_done=already_done,
    )


def plain(schema: pa.Schema) -> pa.Schema:
    """Return the schema with every column nullable and no metadata."""
    return pa.schema([pa.field(field.name, field.type) for field in schema])
