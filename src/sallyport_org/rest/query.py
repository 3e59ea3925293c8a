"""``/query`` and ``/queryAll``: first pages, further pages, and the plan of a query.

What belongs here: HTTP's side of a query, and the time it takes. Results are snapshots, so pages
neither skip nor repeat rows. What does not: records (``records``) and SOQL (``soql``). Documented:
https://developer.salesforce.com/docs/platform/api-rest/guide/resources-query.html
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema, texts are quoted

from __future__ import annotations

import re
import time
from typing import Any

from sallyport_org import errors
from sallyport_org.rest.records import Paging, Record, records
from sallyport_org.rows.engine import quoted
from sallyport_org.soql import Plan, compile_query, output
from sallyport_org.soql.cursors import Cursor
from sallyport_org.state import Org
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
    org = context.org
    cursor = org.cursors.find(key, context.session.user.id, org.clock.now())
    if not (offset.isascii() and offset.isdigit()) or int(offset) >= cursor.snapshot.rows:
        raise errors.soql.invalid_query_locator()
    return json_reply(_page(context, cursor, key, int(offset)))


def _first_page(context: Context, *, all_rows: bool) -> Reply:
    parameters = context.call.query
    if "explain" in parameters:
        return json_reply(_explain(context, parameters["explain"], all_rows))
    plan = _compiled(context, parameters.get("q"), all_rows)
    if parameters.get("columns", "").lower() == "true":
        return json_reply(_columns(plan))
    _take_time(context, plan)
    if plan.count_only:
        return json_reply(_count(context, plan))
    if _fits_a_page(context, plan):
        sql = plan.select(output.json_projection(plan, context.version))
        made = records(context.org.engine, plan, context.org.engine.rows(sql), context.version)
        return json_reply({"totalSize": len(made), "done": True, "records": made})
    cursor = _cursor(context, plan)
    if plan.grouped and cursor.snapshot.rows > BATCH_ROWS:
        raise errors.soql.no_query_more()
    key = context.org.next_id("0r8")
    page = _page(context, cursor, key, 0)
    if not page["done"]:
        context.org.cursors.put(key, cursor)
    return json_reply(page)


def _compiled(context: Context, text: str | None, all_rows: bool) -> Plan:
    if not text or not text.strip():
        raise errors.soql.no_query()
    context.org.setup_rows.refresh(context.org, text)
    return compile_query(
        context.schema,
        text,
        today=context.org.clock.now().date(),
        all_rows=all_rows,
        user_id=context.session.user.id,
        version=context.version,
    )


def _fits_a_page(context: Context, plan: Plan) -> bool:
    """Tell whether a query cannot need a second page: its rows are then not kept."""
    limit = plan.query.limit
    few = limit is not None and limit <= _batch_rows(context)
    single = plan.index is not None and plan.index.single
    return not plan.children and (few or (single and not plan.grouped))


def _cursor(context: Context, plan: Plan) -> Cursor:
    org, user = context.org, context.session.user
    snapshot = org.snapshots.take(plan.select(output.json_projection(plan, context.version)))
    return Cursor(plan, snapshot, context.version, user.id, org.clock.now())


def _count(context: Context, plan: Plan) -> dict[str, Any]:
    """``COUNT()`` has no records; LIMIT and OFFSET hold for what is counted (assumed)."""
    total = context.org.engine.scalar(plan.select("count(*)")) - (plan.query.offset or 0)
    if plan.query.limit is not None:
        total = min(total, plan.query.limit)
    return {"totalSize": max(total, 0), "done": True, "records": []}


# -- pages


def _page(context: Context, cursor: Cursor, key: str, offset: int) -> dict[str, Any]:
    """Return the page from a row on; child rows count towards its size (documented).

    Groups come all at once, as nothing can be read after them.
    """
    size = BATCH_ROWS if cursor.plan.grouped else _batch_rows(context)
    rows = [
        row
        for batch in cursor.snapshot.batches(offset, size)
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
    ]
    paging = Paging(size, lambda plan, given: _more_children(context, plan, given))
    made = records(context.org.engine, cursor.plan, rows, context.version, paging)
    if cursor.plan.children:
        made = made[: _fitting(cursor.plan, made, size)]
    end = offset + len(made)
    page: dict[str, Any] = {
        "totalSize": cursor.snapshot.rows,
        "done": end >= cursor.snapshot.rows,
    }
    if not page["done"]:
        page["nextRecordsUrl"] = _address(context, key, end)
    return page | {"records": made}


def _fitting(plan: Plan, made: list[Record], size: int) -> int:
    """Return how many records with their children fit a page; one always does."""
    used = 0
    for number, one in enumerate(made):
        answers = [one[children.name] for children in plan.children]
        used += 1 + sum(len(answer["records"]) for answer in answers if answer)
        if used > size and number:
            return number
    return len(made)


def _more_children(context: Context, plan: Plan, given: int) -> str:
    """Keep the rest of one parent's children and return where it is read."""
    key = context.org.next_id("0r8")
    context.org.cursors.put(key, _cursor(context, plan))
    return _address(context, key, given)


def _address(context: Context, key: str, offset: int) -> str:
    return f"/services/data/v{context.version}/query/{key}-{offset}"


def _batch_rows(context: Context) -> int:
    found = _BATCH_SIZE.search(context.call.headers.get("Sforce-Query-Options", ""))
    asked = int(found[1]) if found else BATCH_ROWS
    return max(LEAST_BATCH_ROWS, min(asked, BATCH_ROWS))


# -- what a query costs


def _take_time(context: Context, plan: Plan) -> None:
    """Wait as long as the query's rows take; raises QUERY_TIMEOUT beyond the org's bound.

    A named fault raises it at once.
    """
    org = context.org
    if org.faults.strike("query_timeout", sobject=plan.sobject.name, path=context.call.path):
        raise errors.soql.timeout()
    speed, most = org.settings.rows_per_second, org.settings.query_timeout_seconds
    if speed is None:
        return
    seconds = _examined(org, plan) / speed
    time.sleep(min(seconds, most))
    if seconds > most:
        raise errors.soql.timeout()


def _examined(org: Org, plan: Plan) -> int:
    """Return how many rows are gone through: those of the index, else all, or LIMIT of them."""
    if plan.index is not None:
        sql = f"SELECT count(*) FROM {plan.tables} WHERE {plan.index.condition}"
        return int(org.engine.scalar(sql))
    rows = int(org.engine.scalar(f"SELECT count(*) FROM {quoted(plan.sobject.name)}"))
    query = plan.query
    stops_early = query.where is None and not query.order_by and not plan.grouped
    if stops_early and query.limit is not None:
        return min(rows, query.limit + (query.offset or 0))
    return rows


def _explain(context: Context, text: str, all_rows: bool) -> dict[str, Any]:
    """Return the plans of a query, the best first (documented; costs assumed).

    https://developer.salesforce.com/docs/platform/api-rest/guide/dome-query-explain.html
    """
    org = context.org
    plan = _compiled(context, text, all_rows)
    table = int(org.engine.scalar(f"SELECT count(*) FROM {quoted(plan.sobject.name)}"))
    name = plan.sobject.name
    unindexed = {
        "description": "Not considering filter for optimization because unindexed",
        "fields": ["IsDeleted"],
        "tableEnumOrId": name,
    }
    where = f"SELECT count(*) FROM {plan.tables} WHERE {plan.condition}"
    scan: dict[str, Any] = {
        "cardinality": int(org.engine.scalar(where)),
        "fields": [],
        "leadingOperationType": "TableScan",
        "notes": [unindexed] if plan.sobject.find("IsDeleted") and not all_rows else [],
        "relativeCost": 1.0,
        "sobjectCardinality": table,
        "sobjectType": name,
    }
    plans = [scan]
    if plan.index is not None:
        found = _examined(org, plan)
        fields = list(plan.index.fields)
        cost = {"cardinality": found, "fields": fields, "leadingOperationType": "Index"}
        plans.append(scan | cost | {"relativeCost": round(3 * found / max(table, 1), 3)})
    plans.sort(key=lambda one: one["relativeCost"])
    return {"plans": plans, "sourceQuery": text}


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
