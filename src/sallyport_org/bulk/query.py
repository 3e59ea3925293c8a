"""Bulk API 2.0 query on the wire: create, read, abort, delete, list, and fetch results.

What belongs here: requests and answers, and what a bulk query may not select. What does not: the
life of jobs (``jobs``) and CSV (``pages``).

Documented: https://developer.salesforce.com/docs/platform/api-asynch/guide/query-create-job.html
and its neighbours; refusals observed by clients unless ``errors`` says otherwise.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from datetime import datetime
from typing import Any

from sallyport_org import errors
from sallyport_org.bulk.jobs import QueryJob
from sallyport_org.bulk.pages import DELIMITERS, LINE_ENDINGS, Dialect, Page, plain
from sallyport_org.rows.snapshot import Snapshot
from sallyport_org.soql import Plan, compile_query, output
from sallyport_org.web import Context, Reply, json_reply

PAGE_ROWS = 100_000
"""Rows a result page holds when the client names no ``maxRecords`` (assumed)."""
RESULT_PAGES = 5
"""Pages one answer of ``resultPages`` lists (documented)."""
SORTED_COLUMNS_BEFORE = 50
"""Up to this version columns came in alphabetical order (documented)."""

NOT_SERVED = frozenset({"Attachment", "AccountFeed", "RecentlyViewed", "TaskStatus", "CaseStatus"})
"""Objects the bulk interface refuses (a client's list, observed)."""


def create(context: Context) -> Reply:
    """Answer ``POST /jobs/query``: the job, already accepted and about to run."""
    wanted = context.call.json_object()
    operation = _choice(wanted, "operation", ("query", "queryAll"))
    delimiter = _choice(wanted, "columnDelimiter", tuple(DELIMITERS), "COMMA")
    line_ending = _choice(wanted, "lineEnding", tuple(LINE_ENDINGS), "LF")
    _choice(wanted, "contentType", ("CSV",), "CSV")
    text = wanted.get("query")
    if not isinstance(text, str) or not text.strip():
        raise errors.bulk.bad_request("query: a SOQL text is required")
    org = context.org
    plan = compile_query(
        context.schema, text, today=org.clock.now().date(), all_rows=operation == "queryAll"
    )
    check(plan)
    plan_in_order = _ordered(plan, context.version)
    job = QueryJob(
        id=org.next_id("750"),
        operation=operation,
        query=text,
        sobject=plan.sobject.name,
        version=context.version,
        delimiter=delimiter,
        line_ending=line_ending,
        created_by=context.session.user.id,
        created=org.clock.now(),
        header=tuple(".".join(one.path) for one in plan_in_order.outputs),
    )
    sql = plan_in_order.select(output.csv_projection(plan_in_order))
    answer = describe(job, full=False)
    org.jobs.start(job, lambda: org.snapshots.take(sql), org.settings.job_seconds, org.clock.now)
    return json_reply(answer)


def check(plan: Plan) -> None:
    """Refuse what a bulk query cannot do: the create-time refusals clients look for."""
    if plan.sobject.name in NOT_SERVED:
        raise errors.bulk.unsupported_entity(plan.sobject.name)
    query = plan.query
    if query.group_by:
        raise errors.bulk.unsupported_clause("GROUP BY")
    if query.offset is not None:
        raise errors.bulk.unsupported_clause("OFFSET")
    if plan.grouped or any(one.value.field is None for one in plan.outputs):
        raise errors.bulk.unsupported_clause("aggregate functions")
    if plan.children:
        raise errors.bulk.unsupported_clause("parent to child queries")
    for one in plan.outputs:
        if one.value.kind in ("address", "location"):
            raise errors.bulk.compound()
        if one.value.kind == "base64":
            raise errors.bulk.base64(".".join(one.path))


def read(context: Context, job_id: str) -> Reply:
    """Answer ``GET /jobs/query/{id}``."""
    return json_reply(describe(context.org.jobs.find(job_id), full=True))


def change(context: Context, job_id: str) -> Reply:
    """Answer ``PATCH /jobs/query/{id}``: a job can only be aborted."""
    job = context.org.jobs.find(job_id)
    state = context.call.json_object().get("state")
    if state != "Aborted":
        raise errors.bulk.bad_request(f"state: a query job can be set to Aborted, not {state!r}")
    if not job.move("Aborted", context.org.clock.now()):
        raise errors.bulk.state(f"A job in state {job.state} cannot be aborted.")
    return json_reply(describe(job, full=True))


def delete(context: Context, job_id: str) -> Reply:
    """Answer ``DELETE /jobs/query/{id}``: only finished jobs can be deleted."""
    context.org.jobs.forget(context.org.jobs.find(job_id))
    return Reply(204)


def list_jobs(context: Context) -> Reply:
    """Answer ``GET /jobs/query``, all jobs on one page."""
    kind = context.call.query.get("jobType", "V2Query")
    jobs = context.org.jobs.all() if kind == "V2Query" else []
    body = {"done": True, "records": [describe(job, full=True) for job in jobs]}
    return json_reply(body | {"nextRecordsUrl": None})


def results(context: Context, job_id: str) -> Reply:
    """Answer ``GET /jobs/query/{id}/results`` with one page of CSV."""
    job, snapshot = _finished(context, job_id)
    rows = _max_records(context)
    start = _offset(context.call.query.get("locator"), snapshot)
    page = Page(snapshot, _dialect(job), start, rows)
    end = start + rows
    last = end >= snapshot.rows
    headers = {
        "Content-Type": "text/csv; charset=UTF-8",
        "Sforce-NumberOfRecords": str(min(rows, snapshot.rows - start)),
        "Sforce-Locator": "null" if last else locator(end),
    }
    if "gzip" not in context.call.headers.get("Accept-Encoding", "").lower():
        return Reply(200, headers, plain(page))
    following = None if last else Page(snapshot, page.dialect, end, rows)
    body = context.org.pages.compressed(page, following)
    return Reply(200, headers | {"Content-Encoding": "gzip"}, body)


def result_pages(context: Context, job_id: str) -> Reply:
    """Answer ``GET /jobs/query/{id}/resultPages`` (58.0 and later): addresses to read at once."""
    if float(context.version) < 58:
        raise errors.rest.not_found()
    _, snapshot = _finished(context, job_id)
    base = f"/services/data/v{context.version}/jobs/query/{job_id}"
    rows = _max_records(context)
    start = _offset(context.call.query.get("locator"), snapshot)
    listed: list[dict[str, str]] = []
    while start < max(snapshot.rows, 1) and len(listed) < RESULT_PAGES:
        listed.append({"resultUrl": f"{base}/results?locator={locator(start)}&maxRecords={rows}"})
        start += rows
    done = start >= snapshot.rows
    following = f"{base}/resultPages?locator={locator(start)}&maxRecords={rows}"
    return json_reply(
        {"resultPages": listed, "nextRecordsUrl": None if done else following, "done": done}
    )


def describe(job: QueryJob, *, full: bool) -> dict[str, Any]:
    """Return a job as JSON; ``full`` adds what only reading it shows."""
    body: dict[str, Any] = {
        "id": job.id,
        "operation": job.operation,
        "object": job.sobject,
        "createdById": job.created_by,
        "createdDate": _moment(job.created),
        "systemModstamp": _moment(job.stamped or job.created),
        "state": job.state,
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": float(job.version),
        "lineEnding": job.line_ending,
        "columnDelimiter": job.delimiter,
    }
    if full:
        body |= {
            "jobType": "V2Query",
            "numberRecordsProcessed": job.snapshot.rows if job.snapshot else 0,
            "retries": 0,
            "totalProcessingTime": job.took_ms,
            "isPkChunkingSupported": True,
        }
        if job.error is not None:
            body["errorMessage"] = job.error
    return body


def locator(offset: int) -> str:
    """Return the locator of a row number: base64 of its digits, like captured ones (observed)."""
    return base64.b64encode(str(offset).encode()).decode().rstrip("=")


def _offset(text: str | None, snapshot: Snapshot) -> int:
    if text is None:
        return 0
    try:
        digits = base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise errors.bulk.bad_locator(text) from None
    if not digits.isdigit() or int(digits) >= max(snapshot.rows, 1):
        raise errors.bulk.bad_locator(text)
    return int(digits)


def _finished(context: Context, job_id: str) -> tuple[QueryJob, Snapshot]:
    job = context.org.jobs.find(job_id)
    if job.version != context.version:
        raise errors.bulk.version_conflict(job.version, context.version)
    if job.state != "JobComplete" or job.snapshot is None:
        raise errors.bulk.not_complete(job.state)
    return job, job.snapshot


def _max_records(context: Context) -> int:
    text = context.call.query.get("maxRecords")
    if text is None:
        return PAGE_ROWS
    if not text.isdigit() or int(text) < 1:
        raise errors.bulk.bad_request(f"maxRecords: a whole number above 0 is expected, not {text}")
    return int(text)


def _dialect(job: QueryJob) -> Dialect:
    return Dialect(DELIMITERS[job.delimiter], LINE_ENDINGS[job.line_ending], job.header)


def _ordered(plan: Plan, version: str) -> Plan:
    """Before 50.0 the columns come in alphabetical order (documented)."""
    if float(version) >= SORTED_COLUMNS_BEFORE:
        return plan
    return replace(plan, outputs=tuple(sorted(plan.outputs, key=lambda one: one.path)))


def _choice(
    wanted: dict[str, Any], name: str, allowed: tuple[str, ...], default: str | None = None
) -> str:
    value = wanted.get(name, default)
    if value not in allowed:
        raise errors.bulk.bad_request(
            f"{name}: one of {', '.join(allowed)} is expected, not {value}"
        )
    return str(value)


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
