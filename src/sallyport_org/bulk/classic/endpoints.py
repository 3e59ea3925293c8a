"""Bulk API 1.0 on the wire: jobs, batches, and their results.

What belongs here: requests and answers. What does not: who may call (``admission``), spelling
(``wire``, ``results``) and the work (``running``).

Documented: https://developer.salesforce.com/docs/platform/api-asynch/guide/asynch-api-jobs-create.html
and its neighbours; refusals as said in ``errors.bulk_classic``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sallyport_org import errors
from sallyport_org.bulk.access import job_for
from sallyport_org.bulk.classic import chunks, results, running, wire
from sallyport_org.bulk.classic.model import QUERIES, Batch, ClassicJob, ContentType
from sallyport_org.bulk.columns import loadable
from sallyport_org.bulk.ingest import external_id
from sallyport_org.bulk.query_rules import NOT_SERVED
from sallyport_org.bulk.spool import Spool
from sallyport_org.errors import bulk_classic as refusals
from sallyport_org.identity.model import BULK_HARD_DELETE
from sallyport_org.schema.model import SObject
from sallyport_org.web import Call, Context, Reply

MOST_BYTES = 10_000_000
"""Bytes a batch may have (documented)."""
BATCH_HOURS = timedelta(hours=24)
"""How long batches can be added to a job (documented)."""

_OPERATIONS = {
    one.lower(): one for one in ("insert", "update", "upsert", "delete", "hardDelete", *QUERIES)
}
_CONCURRENCY = {"": "Parallel", "0": "Parallel", "1": "Serial"}
_CONCURRENCY |= {"parallel": "Parallel", "serial": "Serial"}
_CONTENT: dict[str, ContentType] = {"": "XML", "xml": "XML", "csv": "CSV", "json": "JSON"}
_KINDS = {"text/csv": "CSV", "application/json": "JSON", "application/xml": "XML"}


def create(context: Context) -> Reply:
    """Answer ``POST /job``: an open job."""
    wanted = wire.read_properties(context.call)
    job = _new_job(context, wanted)
    context.org.jobs.add(job)
    return wire.record_reply("jobInfo", job.info(), wire.asked_format(context.call), 201)


def read(context: Context, job_id: str) -> Reply:
    """Answer ``GET /job/{id}``."""
    job = _find(context, job_id)
    shape = wire.asked_format(context.call, wire.batch_format(job))
    return wire.record_reply("jobInfo", job.info(), shape)


def change(context: Context, job_id: str) -> Reply:
    """Answer ``POST /job/{id}``: close a job or abort it."""
    job = _find(context, job_id)
    state = wire.read_properties(context.call).get("state")
    if state not in ("Closed", "Aborted"):
        raise refusals.invalid_job(f"state: Closed or Aborted is expected, not {state}")
    if not job.move(state, context.org.clock.now()):
        raise refusals.job_state("Closing" if state == "Closed" else "Aborting", job.state)
    return wire.record_reply("jobInfo", job.info(), wire.asked_format(context.call))


def add_batch(context: Context, job_id: str) -> Reply:
    """Answer ``POST /job/{id}/batch``: a batch, queued."""
    job = _find(context, job_id)
    org, now = context.org, context.org.clock.now()
    if job.state != "Open":
        raise refusals.job_state("Adding a batch to", job.state)
    if job.created + BATCH_HOURS <= now:
        raise refusals.job_state("Adding a batch to", "expired")
    _check_content(context.call, job)
    if org.faults.strike("bulk_quota", sobject=job.sobject, path=context.call.path):
        raise refusals.quota()
    if not org.jobs.allowances.batches.take(1, now):
        raise refusals.quota()
    request = Spool()
    request.append(context.call.body)
    batch = Batch(id=org.next_id("751"), created=now, job_id=job.id, request=request)
    answer = wire.record_reply("batchInfo", batch.info(), wire.batch_format(job), 201)
    running.start(org, job, batch, context.session.user)
    return answer


def list_batches(context: Context, job_id: str) -> Reply:
    """Answer ``GET /job/{id}/batch``."""
    job = _find(context, job_id)
    return wire.batches_reply([one.info() for one in list(job.batches)], wire.batch_format(job))


def read_batch(context: Context, job_id: str, batch_id: str) -> Reply:
    """Answer ``GET /job/{id}/batch/{batch}``."""
    job, batch = _batch(context, job_id, batch_id)
    return wire.record_reply("batchInfo", batch.info(), wire.batch_format(job))


def request(context: Context, job_id: str, batch_id: str) -> Reply:
    """Answer ``GET /job/{id}/batch/{batch}/request`` with what was sent."""
    job, batch = _batch(context, job_id, batch_id)
    return Reply(200, {"Content-Type": results.TYPES[job.content_type]}, batch.request.pieces())


def result(context: Context, job_id: str, batch_id: str) -> Reply:
    """Answer ``GET …/result``: the ids of a query's results, or what became of each row."""
    job, batch = _completed(context, job_id, batch_id)
    if not job.is_query:
        return results.load_reply(batch, job.content_type)
    found = [] if batch.found is None else [batch.found.id]
    return wire.results_reply(found, wire.batch_format(job))


def rows(context: Context, job_id: str, batch_id: str, result_id: str) -> Reply:
    """Answer ``GET …/result/{result}`` with a query's rows."""
    job, batch = _completed(context, job_id, batch_id)
    if batch.found is None or batch.found.id[:15] != result_id[:15]:
        raise refusals.unknown_result(result_id)
    return results.query_reply(batch.found, job.content_type, job.version)


def _new_job(context: Context, wanted: dict[str, Any]) -> ClassicJob:
    """Return an open job; every reason to refuse one stands here, in order."""
    org = context.org
    operation = _OPERATIONS.get(str(wanted.get("operation", "")).lower())
    if operation is None:
        raise refusals.invalid_job(
            f"operation: one of {', '.join(_OPERATIONS.values())} is expected, "
            f"not {wanted.get('operation')}"
        )
    sobject = _sobject(context, wanted)
    if operation not in QUERIES and not loadable(context.schema, sobject, operation):
        raise refusals.invalid_entity(sobject.name)
    kind = str(wanted.get("contentType") or "").lower()
    if kind.startswith("zip"):
        raise refusals.not_modelled(f"contentType {wanted['contentType']}")
    content = _CONTENT.get(kind)
    if content is None:
        raise refusals.invalid_job(f"contentType: CSV, JSON or XML is expected, not {kind}")
    concurrency = _CONCURRENCY.get(str(wanted.get("concurrencyMode") or "").lower())
    if concurrency is None:
        raise refusals.invalid_job("concurrencyMode: Parallel or Serial is expected")
    if operation == "hardDelete" and not org.directory.may(context.session.user, BULK_HARD_DELETE):
        raise refusals.no_hard_delete()
    chunking = chunks.read_chunking(context.call.headers.get(chunks.HEADER))
    return ClassicJob(
        id=org.next_id("750"),
        operation=operation,
        sobject=sobject.name,
        version=context.version,
        created_by=context.session.user.id,
        created=org.clock.now(),
        concurrency=concurrency,
        content_type=content,
        external_id=_key(sobject, wanted) if operation == "upsert" else None,
        assignment_rule=wanted.get("assignmentRuleId") or None,
        chunking=chunking if operation in QUERIES else None,
        pk_chunking=chunking is not None and operation in QUERIES,
    )


def _sobject(context: Context, wanted: dict[str, Any]) -> SObject:
    name = wanted.get("object")
    if not isinstance(name, str) or not name:
        raise refusals.invalid_job("object: the name of an object is required")
    found = context.schema.find(name)
    if found is None:
        raise refusals.invalid_job(f"Unable to find object: {name}")
    if found.name in NOT_SERVED:
        raise refusals.invalid_entity(found.name)
    return found


def _key(sobject: SObject, wanted: dict[str, Any]) -> str:
    try:
        return external_id(sobject, wanted.get("externalIdFieldName"))
    except errors.Refusal as refusal:
        raise refusals.invalid_job(refusal.message.removeprefix("InvalidJob : ")) from None


def _check_content(call: Call, job: ClassicJob) -> None:
    """Refuse a batch that is empty, too large, or says it is of another kind than its job."""
    kind = call.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind.startswith("zip/"):
        raise refusals.not_modelled(f"batches of the kind {kind}")
    if not job.is_query and _KINDS.get(kind, job.content_type) != job.content_type:
        raise refusals.unreadable(f"A {job.content_type} job does not take batches of {kind}")
    if not call.body.strip():
        raise refusals.no_data()
    if len(call.body) > MOST_BYTES:
        raise refusals.too_large(MOST_BYTES)


def _find(context: Context, job_id: str) -> ClassicJob:
    job = job_for(context, job_id)
    if not isinstance(job, ClassicJob):
        raise refusals.unknown_job(job_id)
    return job


def _batch(context: Context, job_id: str, batch_id: str) -> tuple[ClassicJob, Batch]:
    job = _find(context, job_id)
    for one in list(job.batches):
        if one.id[:15] == batch_id[:15]:
            return job, one
    raise refusals.unknown_batch(batch_id)


def _completed(context: Context, job_id: str, batch_id: str) -> tuple[ClassicJob, Batch]:
    job, batch = _batch(context, job_id, batch_id)
    if not batch.terminal:
        raise refusals.not_completed()
    if batch.state != batch.done:
        raise refusals.not_processed()
    return job, batch
