"""Bulk API 2.0 ingest on the wire: create, upload, close, abort, read, delete, and fetch results.

What belongs here: requests and answers. What does not: the life of jobs (``jobs``, ``loads``), the
one-call form's parts (``form``) and lists (``listing``).

Documented: https://developer.salesforce.com/docs/platform/api-asynch/guide/create-job.html and its
neighbours; refusals as said in ``errors.bulk``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

from sallyport_org import errors
from sallyport_org.bulk.access import job_for
from sallyport_org.bulk.columns import loadable
from sallyport_org.bulk.form import read_form
from sallyport_org.bulk.loads import IngestJob, run
from sallyport_org.bulk.pages import CSV_TYPE, DELIMITERS, LINE_ENDINGS
from sallyport_org.bulk.query import choice
from sallyport_org.bulk.spool import Spool
from sallyport_org.bulk.table import Shape
from sallyport_org.dml.model import Operation
from sallyport_org.identity.model import BULK_HARD_DELETE
from sallyport_org.schema.model import SObject
from sallyport_org.web import Context, Reply, json_reply

MOST_ENCODED_BYTES = 150 * 1024 * 1024
"""How large an upload may be once Salesforce wrote it down in base64 (documented)."""
MOST_FORM_CHARACTERS = 100_000
"""How many characters of CSV the one-call form takes (documented)."""

_OPERATIONS = ("insert", "update", "upsert", "delete", "hardDelete")
_CSV = {"Content-Type": CSV_TYPE}


def create(context: Context) -> Reply:
    """Answer ``POST /jobs/ingest``: an open job, or one at work if its data came along."""
    kind = context.call.headers.get("Content-Type", "")
    if not kind.lower().startswith("multipart/form-data"):
        job = _new_job(context, context.call.json_object())
        context.org.jobs.add(job)
        return json_reply(job.described(full=False))
    form = read_form(kind, context.call.body)
    if len(form.content.decode(errors="replace")) > MOST_FORM_CHARACTERS:
        raise errors.bulk.too_large(f"{MOST_FORM_CHARACTERS:,} characters")
    job = _new_job(context, form.job)
    job.upload = Spool()
    job.upload.append(form.content)
    context.org.jobs.add(job)
    return _close(context, job)


def upload(context: Context, job_id: str) -> Reply:
    """Answer ``PUT /jobs/ingest/{id}/batches``: take the CSV, once."""
    job = _find(context, job_id)
    kind = context.call.headers.get("Content-Type", "text/csv").partition(";")[0].strip().lower()
    if kind != "text/csv":
        raise errors.bulk.not_csv(kind)
    body = context.call.body
    if len(body) * 4 / 3 > MOST_ENCODED_BYTES:
        raise errors.bulk.too_large("150 MB of base64, which is about 100 MB of CSV")
    arrived = Spool()
    arrived.append(body)
    with job.lock:
        if job.state != "Open":
            raise errors.bulk.state(f"Data can be added to an Open job only; it is {job.state}.")
        if job.upload is not None:
            raise errors.bulk.second_upload(job.id)
        job.upload = arrived
    return Reply(201)


def change(context: Context, job_id: str) -> Reply:
    """Answer ``PATCH /jobs/ingest/{id}``: close the upload, or abort."""
    job = _find(context, job_id)
    state = context.call.json_object().get("state")
    if state == "UploadComplete":
        return _close(context, job)
    if state != "Aborted":
        raise errors.bulk.bad_request(
            f"state: an ingest job can be set to UploadComplete or Aborted, not {state!r}"
        )
    if not job.move("Aborted", context.org.clock.now()):
        raise errors.bulk.cannot_abort(job.state)
    return json_reply(job.described(full=False))


def read(context: Context, job_id: str) -> Reply:
    """Answer ``GET /jobs/ingest/{id}``."""
    return json_reply(_find(context, job_id).described(full=True))


def delete(context: Context, job_id: str) -> Reply:
    """Answer ``DELETE /jobs/ingest/{id}``: only finished jobs can be deleted."""
    context.org.jobs.forget(_find(context, job_id))
    return Reply(204)


def successful(context: Context, job_id: str) -> Reply:
    """Answer ``GET /jobs/ingest/{id}/successfulResults``."""
    return _results(context, job_id, "sf__Created", lambda job: job.successful)


def unsuccessful(context: Context, job_id: str) -> Reply:
    """Answer ``GET /jobs/ingest/{id}/failedResults``."""
    return _results(context, job_id, "sf__Error", lambda job: job.unsuccessful)


def unprocessed(context: Context, job_id: str) -> Reply:
    """Answer ``GET /jobs/ingest/{id}/unprocessedrecords``."""
    return Reply(200, dict(_CSV), _finished(context, job_id).unprocessed())


def _new_job(context: Context, wanted: dict[str, Any]) -> IngestJob:
    """Return an open job; every reason to refuse one stands here, in order."""
    org, now = context.org, context.org.clock.now()
    operation = cast(Operation, choice(wanted, "operation", _OPERATIONS))
    sobject = _sobject(context, wanted)
    if not loadable(context.schema, sobject, operation):
        raise errors.bulk.unsupported_entity(sobject.name)
    choice(wanted, "contentType", ("CSV",), "CSV")
    shape = Shape(
        delimiter=choice(wanted, "columnDelimiter", tuple(DELIMITERS), "COMMA"),
        line_ending=choice(wanted, "lineEnding", tuple(LINE_ENDINGS), "LF"),
    )
    if operation == "hardDelete" and not org.directory.may(context.session.user, BULK_HARD_DELETE):
        raise errors.bulk.no_hard_delete()
    key = external_id(sobject, wanted.get("externalIdFieldName")) if operation == "upsert" else None
    if org.faults.strike("bulk_quota", sobject=sobject.name, path=context.call.path):
        raise errors.bulk.limit_exceeded("batches")
    allowances = org.jobs.allowances
    if not (allowances.batches.remaining(now) and allowances.rows.remaining(now)):
        raise errors.bulk.limit_exceeded("batches")
    return IngestJob(
        id=org.next_id("750"),
        operation=operation,
        sobject=sobject.name,
        version=context.version,
        created_by=context.session.user.id,
        created=now,
        shape=shape,
        external_id=key,
        assignment_rule=wanted.get("assignmentRuleId"),
    )


def _sobject(context: Context, wanted: dict[str, Any]) -> SObject:
    name = wanted.get("object")
    if not isinstance(name, str) or not name.strip():
        raise errors.bulk.bad_request("object: the name of an object is required")
    found = context.schema.find(name)
    if found is None:
        raise errors.bulk.unknown_object(name)
    return found


def external_id(sobject: SObject, name: object) -> str:
    """Return the field an upsert finds its rows by; raises INVALIDJOB."""
    if not isinstance(name, str) or not name.strip():
        raise errors.bulk.bad_request(errors.bulk.blank_external_id(sobject.name))
    one = sobject.find(name)
    if one is None or not (one.external_id or one.id_lookup or one.type == "id"):
        raise errors.bulk.bad_request(errors.bulk.no_external_id(sobject.name, name))
    return one.name


def _close(context: Context, job: IngestJob) -> Reply:
    """End the upload and have the job done; answers with the job as it is before that begins."""
    org, user = context.org, context.session.user
    if not job.move("UploadComplete", org.clock.now()):
        raise errors.bulk.state(f"A job in state {job.state} cannot be set to UploadComplete.")
    answer = json_reply(job.described(full=False))
    org.jobs.start(org, job, job, lambda: run(org, job, user))
    return answer


def _results(
    context: Context, job_id: str, second: str, file: Callable[[IngestJob], Spool]
) -> Reply:
    job = _finished(context, job_id)
    mark = DELIMITERS[job.shape.delimiter]
    names = job.header_line or _header_of(job)
    header = f'"sf__Id"{mark}"{second}"{mark}{names}{job.shape.end}'
    return Reply(200, dict(_CSV), _pieces(header.encode(), file(job)))


def _header_of(job: IngestJob) -> str:
    """Return the first line of an upload that was never read."""
    if job.upload is None:
        return ""
    return job.upload.read(0, 65_536).decode(errors="replace").split("\n", 1)[0].rstrip("\r")


def _pieces(header: bytes, file: Spool) -> Iterator[bytes]:
    yield header
    yield from file.pieces()


def _finished(context: Context, job_id: str) -> IngestJob:
    job = _find(context, job_id)
    if not job.terminal:
        raise errors.bulk.not_complete(job.state)
    return job


def _find(context: Context, job_id: str) -> IngestJob:
    job = job_for(context, job_id)
    if not isinstance(job, IngestJob):
        raise errors.bulk.job_unknown()
    return job
