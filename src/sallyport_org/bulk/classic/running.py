"""Doing the work of Bulk API 1.0's batches: queries, chunked or whole, and writes.

What belongs here: from a batch's request to its results. What does not: reading rows out of
requests (``content``), writing answers (``results``) and the wire (``endpoints``).
"""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from sallyport_org import dml, errors
from sallyport_org.bulk.classic import chunks
from sallyport_org.bulk.classic.content import read_rows
from sallyport_org.bulk.classic.model import Batch, ClassicJob, IdRange, QueryResult
from sallyport_org.bulk.classic.results import query_sql, written
from sallyport_org.bulk.columns import Columns
from sallyport_org.bulk.loads import CHUNK_ROWS
from sallyport_org.bulk.query_jobs import MOST_RETRIES
from sallyport_org.bulk.query_rules import check, chunkable
from sallyport_org.bulk.spool import Spool
from sallyport_org.bulk.work import WorkFailed
from sallyport_org.dml.model import Operation, Outcome
from sallyport_org.errors import bulk_classic as refusals
from sallyport_org.identity.model import VIEW_ALL_DATA
from sallyport_org.rows.engine import text_literal
from sallyport_org.soql import Plan, compile_query
from sallyport_org.soql.lexer import tokens
from sallyport_org.soql.tree import Both

if TYPE_CHECKING:
    from sallyport_org.identity import User
    from sallyport_org.state import Org

MOST_ROWS = 10_000
"""Rows a batch may hold (documented)."""


def start(org: Org, job: ClassicJob, batch: Batch, user: User) -> None:
    """Have a batch done in the background; those of a serial job one after the other."""
    job.batches.append(batch)

    def work() -> None:
        with job.turn if job.concurrency == "Serial" else nullcontext():
            batch.checkpoint()
            (_query if job.is_query else _load)(org, job, batch, user)

    org.jobs.start(org, job, batch, work)


def _load(org: Org, job: ClassicJob, batch: Batch, user: User) -> None:
    """Write a batch's rows, 200 at a time and one after the other."""
    began = time.monotonic()
    schema = org.schema_for(user)
    header, rows = read_rows(batch.request, job.content_type, MOST_ROWS)
    operation = cast(Operation, job.operation)
    columns = Columns(schema, schema.sobject(job.sobject), operation, header, job.external_id)
    if not org.jobs.allowances.rows.take(len(rows), org.clock.now()):
        raise WorkFailed(errors.bulk.EXCEEDED_QUOTA)
    outcomes: list[Outcome] = []
    for at in range(0, len(rows), CHUNK_ROWS):
        batch.checkpoint()
        batch.pace(began, org.settings.job_seconds * at / len(rows))
        some = [columns.change(row) for row in rows[at : at + CHUNK_ROWS]]
        made = dml.write(org, user, some, schema=schema)
        outcomes += made
        batch.count(len(made), sum(not one.success for one in made))
    batch.pace(began, org.settings.job_seconds)
    batch.results.append(written(outcomes, job.content_type))
    batch.checkpoint()


def _query(org: Org, job: ClassicJob, batch: Batch, user: User) -> None:
    """Take a query batch's rows, or make the batches of its chunks."""
    began = time.monotonic()
    text = b"".join(batch.request.pieces()).decode(errors="replace").strip()
    plan = _planned(org, job, user, text)
    if job.chunking is not None and batch.chunk is None:
        _split(org, job, batch, user, text, plan)
        return
    if org.faults.strike("query_timeout", sobject=job.sobject, path=f"/job/{job.id}"):
        batch.retries = MOST_RETRIES
        raise WorkFailed(errors.bulk.QUERY_TIMEOUT)
    if batch.chunk is not None:
        plan = replace(plan, condition=f"({plan.condition}) AND {_condition(plan, batch.chunk)}")
    snapshot = org.snapshots.take(query_sql(plan, job.content_type, job.version))
    batch.checkpoint()
    batch.pace(began, org.settings.job_seconds)
    batch.found = QueryResult(org.next_id("752"), snapshot, plan)
    batch.count(snapshot.rows, 0)
    batch.checkpoint()


def _planned(org: Org, job: ClassicJob, user: User, text: str) -> Plan:
    """Return the plan of a batch's SOQL; what Salesforce would refuse fails the batch."""
    org.setup_rows.refresh(org, text)
    try:
        plan = compile_query(
            org.schema_for(user),
            text,
            today=org.clock.now().date(),
            all_rows=job.operation == "queryAll",
        )
        check(plan, sees_all=org.directory.may(user, VIEW_ALL_DATA))
    except errors.Refusal as refusal:
        raise WorkFailed(refusals.query_failed(refusal.code, refusal.message)) from refusal
    if plan.sobject.name != job.sobject:
        raise WorkFailed(refusals.wrong_object(plan.sobject.name, job.sobject))
    return plan


def _split(org: Org, job: ClassicJob, batch: Batch, user: User, text: str, plan: Plan) -> None:
    """Put one batch for each range of ids into the job; the one that was sent is not processed."""
    if job.chunking is None or not chunkable(plan):
        raise WorkFailed("InvalidBatch : PK chunking takes queries without ORDER BY and LIMIT")
    found = chunks.ranges(org.engine, org.schema_for(user), plan.sobject, job.chunking)
    now = org.clock.now()
    if not org.jobs.allowances.batches.take(len(found), now):
        raise WorkFailed(errors.bulk.EXCEEDED_QUOTA)
    for one in found:
        request = Spool()
        request.append(_chunked_text(text, plan, one).encode())
        chunk = Batch(id=org.next_id("751"), created=now, job_id=job.id, request=request, chunk=one)
        start(org, job, chunk, user)
    batch.move(batch.dropped, now)


def _condition(plan: Plan, chunk: IdRange) -> str:
    column = f'{plan.source.alias}."{chunk.field}"'
    bounds = []
    if chunk.first is not None:
        bounds.append(f"{column} >= {text_literal(chunk.first)}")
    if chunk.after is not None:
        bounds.append(f"{column} < {text_literal(chunk.after)}")
    return " AND ".join(bounds) or "true"


def _chunked_text(text: str, plan: Plan, chunk: IdRange) -> str:
    """Return the SOQL of one chunk as ``/request`` shows it."""
    bounds = [f"{chunk.field} >= '{chunk.first}'"] if chunk.first is not None else []
    bounds += [f"{chunk.field} < '{chunk.after}'"] if chunk.after is not None else []
    if not bounds:
        return text
    where = _where_ends(text)
    if where is None:
        return f"{text} WHERE {' AND '.join(bounds)}"
    condition = text[where:].strip()
    if isinstance(plan.query.where, Both) and plan.query.where.word == "OR":
        condition = f"({condition})"
    return f"{text[:where]} {condition} AND {' AND '.join(bounds)}"


def _where_ends(text: str) -> int | None:
    """Return the place behind a query's own WHERE, or None."""
    depth = 0
    for token in tokens(text):
        depth += (token.text == "(") - (token.text == ")")
        if token.word == "WHERE" and depth == 0:
            return token.at + len(token.text)
    return None
