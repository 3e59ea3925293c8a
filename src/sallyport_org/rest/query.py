"""``/query`` and ``/queryAll``: first pages, further pages, and the plan of a query.

What belongs here: HTTP's side of a query. Results are snapshots, so pages neither skip nor repeat
rows. Documented: https://developer.salesforce.com/docs/platform/api-rest/guide/resources-query.html
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema, texts are quoted

from __future__ import annotations

import re
from typing import Any

from sallyport_org import errors
from sallyport_org.rest.records import records
from sallyport_org.rows.engine import quoted
from sallyport_org.soql import Plan, compile_query, output
from sallyport_org.soql.cursors import Cursor
from sallyport_org.web import Context, Reply, json_reply

BATCH_ROWS = 2000
"""Rows a page holds unless ``Sforce-Query-Options: batchSize`` asks for fewer (documented)."""
LEAST_BATCH_ROWS = 200

_BATCH_SIZE = re.compile(r"batchSize\s*=\s*(\d+)", re.IGNORECASE)


def query(context: Context) -> Reply:
    """Answer ``/query``: live rows."""
    return _first_page(context, all_rows=False)


def query_all(context: Context) -> Reply:
    """Answer ``/queryAll``: deleted and archived rows too."""
    return _first_page(context, all_rows=True)


def more(context: Context, locator: str) -> Reply:
    """Answer ``/query/<locator>-<offset>`` (or ``/queryAll/…``) with the next page."""
    key, _, offset = locator.rpartition("-")
    cursor = context.org.cursors.find(key)
    if not offset.isdigit() or int(offset) >= cursor.snapshot.rows:
        raise errors.soql.invalid_query_locator()
    return json_reply(_page(context, cursor, key, int(offset)))


def _first_page(context: Context, *, all_rows: bool) -> Reply:
    parameters = context.call.query
    if "explain" in parameters:
        return _explain(context, parameters["explain"])
    text = parameters.get("q")
    if not text:
        raise errors.soql.malformed_query("A query string has to be specified")
    org = context.org
    plan = compile_query(context.schema, text, today=org.clock.now().date(), all_rows=all_rows)
    if parameters.get("columns", "").lower() == "true":
        return json_reply(_columns(plan))
    if plan.count_only:
        return json_reply(_count(context, plan))
    snapshot = org.snapshots.take(plan.select(output.json_projection(plan, context.version)))
    cursor = Cursor(plan, snapshot, context.version)
    key = org.next_id("0r8")
    if snapshot.rows > _batch_rows(context):
        org.cursors.put(key, cursor)
    return json_reply(_page(context, cursor, key, 0))


def _count(context: Context, plan: Plan) -> dict[str, Any]:
    total = context.org.engine.scalar(plan.select("count(*)"))
    if plan.query.limit is not None:
        total = min(total, plan.query.limit)
    return {"totalSize": total, "done": True, "records": []}


def _page(context: Context, cursor: Cursor, key: str, offset: int) -> dict[str, Any]:
    size = _batch_rows(context)
    rows = [
        tuple(row.values())
        for batch in cursor.snapshot.batches(offset, size)
        for row in batch.to_pylist()
    ]
    made = records(context.org.engine, cursor.plan, rows, context.version)
    end = offset + len(rows)
    page: dict[str, Any] = {
        "totalSize": cursor.snapshot.rows,
        "done": end >= cursor.snapshot.rows,
    }
    if not page["done"]:
        page["nextRecordsUrl"] = f"/services/data/v{context.version}/query/{key}-{end}"
    return page | {"records": made}


def _batch_rows(context: Context) -> int:
    found = _BATCH_SIZE.search(context.call.headers.get("Sforce-Query-Options", ""))
    asked = int(found[1]) if found else BATCH_ROWS
    return max(LEAST_BATCH_ROWS, min(asked, BATCH_ROWS))


def _explain(context: Context, text: str) -> Reply:
    """Answer with one plan, always a table scan: the simulator has no indexes (assumed costs)."""
    org = context.org
    plan = compile_query(context.schema, text, today=org.clock.now().date())
    rows = org.engine.scalar(f"SELECT count(*) FROM ({plan.select('1')})")
    table = org.engine.scalar(f"SELECT count(*) FROM {quoted(plan.sobject.name)}")
    note = {
        "description": "Not considering filter for optimization because unindexed",
        "fields": ["IsDeleted"],
        "tableEnumOrId": plan.sobject.name,
    }
    found = {
        "cardinality": rows,
        "fields": [],
        "leadingOperationType": "TableScan",
        "notes": [note],
        "relativeCost": 1.0,
        "sobjectCardinality": table,
        "sobjectType": plan.sobject.name,
    }
    return json_reply({"plans": [found], "sourceQuery": text})


def _columns(plan: Plan) -> dict[str, Any]:
    """Answer ``columns=true``, which the ``sf`` command line asks after each query (observed)."""
    return {
        "columnMetadata": [
            {
                "aggregate": one.value.aggregate,
                "apexType": _apex_type(one.value.kind),
                "booleanType": one.value.kind == "boolean",
                "columnName": ".".join(one.path),
                "custom": one.value.field is not None and one.value.field.custom,
                "displayName": ".".join(one.path),
                "foreignKeyName": one.value.field.relationship if one.value.field else None,
                "insertable": one.value.field is not None and one.value.field.createable,
                "joinColumns": [],
                "numberType": _apex_type(one.value.kind) in ("Integer", "Double"),
                "textType": _apex_type(one.value.kind) == "String",
                "updatable": one.value.field is not None and one.value.field.updateable,
            }
            for one in plan.outputs
        ],
        "entityName": plan.sobject.name,
        "groupBy": bool(plan.query.group_by),
        "idSelected": any(one.path == ("Id",) for one in plan.outputs),
        "keyPrefix": plan.sobject.prefix,
    }


def _apex_type(kind: str) -> str:
    known = {"id": "Id", "reference": "Id", "boolean": "Boolean", "int": "Integer"}
    known |= {"double": "Double", "currency": "Double", "percent": "Double"}
    known |= {"date": "Date", "datetime": "Datetime", "time": "Time"}
    return known.get(kind, "String")
