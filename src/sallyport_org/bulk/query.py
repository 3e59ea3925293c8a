"""Bulk API 2.0 query on the wire: create, read, abort, delete, and fetch results.

What belongs here: requests and answers. What does not: the life of jobs (``jobs``,
``query_jobs``), what may be asked (``query_rules``), lists (``listing``) and CSV (``pages``).

Documented: https://developer.salesforce.com/docs/platform/api-asynch/guide/query-create-job.html
and its neighbours; refusals observed by clients unless ``errors`` says otherwise.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from typing import Any

from sallyport_org import errors
from sallyport_org.bulk.access import job_for
from sallyport_org.bulk.pages import CSV_TYPE, DELIMITERS, LINE_ENDINGS, Dialect, Page, plain
from sallyport_org.bulk.query_jobs import QueryJob, run
from sallyport_org.bulk.query_rules import check, chunkable
from sallyport_org.identity.model import VIEW_ALL_DATA
from sallyport_org.rows.snapshot import Snapshot
from sallyport_org.soql import Plan, compile_query, output
from sallyport_org.web import Context, Reply, json_reply

PAGE_ROWS = 100_000
"""Rows a result page holds when the client names no ``maxRecords`` (assumed)."""
RESULT_PAGES = 5
"""Pages one answer of ``resultPages`` lists (documented)."""
MOST_DIGITS = 18
FIRST_VERSION = 47
"""Before there were no query jobs in Bulk API 2.0 (documented)."""
SORTED_COLUMNS_BEFORE = 50
"""Up to this version columns came in alphabetical order (documented)."""


def create(context: Context) -> Reply:
    """Answer ``POST /jobs/query`` (47.0 and later): the job, accepted and about to run."""
    if float(context.version) < FIRST_VERSION:
        raise errors.rest.not_found()
    wanted = context.call.json_object()
    operation = choice(wanted, "operation", ("query", "queryAll"))
    delimiter = choice(wanted, "columnDelimiter", tuple(DELIMITERS), "COMMA")
    line_ending = choice(wanted, "lineEnding", tuple(LINE_ENDINGS), "LF")
    choice(wanted, "contentType", ("CSV",), "CSV")
    text = wanted.get("query")
    if not isinstance(text, str) or not text.strip():
        raise errors.bulk.bad_request("query: a SOQL text is required")
    org, now = context.org, context.org.clock.now()
    org.setup_rows.refresh(org, text)
    plan = compile_query(context.schema, text, today=now.date(), all_rows=operation == "queryAll")
    check(plan, sees_all=org.directory.may(context.session.user, VIEW_ALL_DATA))
    if org.faults.strike("bulk_quota", sobject=plan.sobject.name, path=context.call.path):
        raise errors.bulk.limit_exceeded("query jobs")
    if not org.jobs.allowances.query_jobs.take(1, now):
        raise errors.bulk.limit_exceeded("query jobs")
    plan_in_order = _ordered(plan, context.version)
    job = QueryJob(
        id=org.next_id("750"),
        operation=operation,
        query=text,
        sql=plan_in_order.select(output.csv_projection(plan_in_order)),
        sobject=plan.sobject.name,
        version=context.version,
        delimiter=delimiter,
        line_ending=line_ending,
        created_by=context.session.user.id,
        created=now,
        header=tuple(".".join(one.path) for one in plan_in_order.outputs),
        chunkable=chunkable(plan),
    )
    answer = job.described(full=False)
    org.jobs.add(job)
    org.jobs.start(org, job, job, lambda: run(org, job))
    return json_reply(answer)


def read(context: Context, job_id: str) -> Reply:
    """Answer ``GET /jobs/query/{id}``."""
    return json_reply(_find(context, job_id).described(full=True))


def change(context: Context, job_id: str) -> Reply:
    """Answer ``PATCH /jobs/query/{id}``: a job can only be aborted."""
    job = _find(context, job_id)
    state = context.call.json_object().get("state")
    if state != "Aborted":
        raise errors.bulk.bad_request(f"state: a query job can be set to Aborted, not {state!r}")
    if not job.move("Aborted", context.org.clock.now()):
        raise errors.bulk.cannot_abort(job.state)
    return json_reply(job.described(full=True))


def delete(context: Context, job_id: str) -> Reply:
    """Answer ``DELETE /jobs/query/{id}``: only finished jobs can be deleted."""
    context.org.jobs.forget(_find(context, job_id))
    return Reply(204)


def results(context: Context, job_id: str) -> Reply:
    """Answer ``GET /jobs/query/{id}/results`` with one page of CSV."""
    job, snapshot = _finished(context, job_id)
    rows = _max_records(context)
    start = _offset(context.call.query.get("locator"), snapshot)
    page = Page(snapshot, _dialect(job), start, rows)
    end = start + rows
    last = end >= snapshot.rows
    headers = {
        "Content-Type": CSV_TYPE,
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


def locator(offset: int) -> str:
    """Return the locator of a row number: base64 of its digits, like captured ones (observed)."""
    return base64.b64encode(str(offset).encode()).decode().rstrip("=")


def _find(context: Context, job_id: str) -> QueryJob:
    job = job_for(context, job_id)
    if not isinstance(job, QueryJob):
        raise errors.bulk.job_unknown()
    return job


def _offset(text: str | None, snapshot: Snapshot) -> int:
    if text is None:
        return 0
    try:
        digits = base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise errors.bulk.bad_locator(text) from None
    if not is_count(digits) or int(digits) >= max(snapshot.rows, 1):
        raise errors.bulk.bad_locator(text)
    return int(digits)


def _finished(context: Context, job_id: str) -> tuple[QueryJob, Snapshot]:
    job = _find(context, job_id)
    if job.version != context.version:
        raise errors.bulk.version_conflict(job.version, context.version)
    if job.state != "JobComplete" or job.snapshot is None:
        raise errors.bulk.not_complete(job.state)
    return job, job.snapshot


def _max_records(context: Context) -> int:
    text = context.call.query.get("maxRecords")
    if text is None:
        return PAGE_ROWS
    if not is_count(text) or int(text) < 1:
        raise errors.bulk.bad_request(f"maxRecords: a whole number above 0 is expected, not {text}")
    return int(text)


def _dialect(job: QueryJob) -> Dialect:
    return Dialect(DELIMITERS[job.delimiter], LINE_ENDINGS[job.line_ending], job.header)


def _ordered(plan: Plan, version: str) -> Plan:
    """Before 50.0 the columns come in alphabetical order (documented)."""
    if float(version) >= SORTED_COLUMNS_BEFORE:
        return plan
    return replace(plan, outputs=tuple(sorted(plan.outputs, key=lambda one: one.path)))


def is_count(text: str) -> bool:
    """Say whether a text is a whole number of a size that rows can be counted with."""
    return text.isdecimal() and len(text) <= MOST_DIGITS


def choice(
    wanted: dict[str, Any], name: str, allowed: tuple[str, ...], default: str | None = None
) -> str:
    """Return a property of a request that must be one of some words; raises INVALIDJOB."""
    value = wanted.get(name, default)
    if value not in allowed:
        raise errors.bulk.bad_request(
            f"{name}: one of {', '.join(allowed)} is expected, not {value}"
        )
    return str(value)
