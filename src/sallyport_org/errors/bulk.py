"""Refusals of the bulk interfaces (how well each wording is known stands with it)."""

from __future__ import annotations

from sallyport_org.errors.kinds import Refusal


def unsupported_entity(name: str) -> Refusal:
    """Objects the bulk interface does not serve (observed)."""
    return Refusal(400, "INVALIDENTITY", f"Entity '{name}' is not supported by the Bulk API.")


def compound() -> Refusal:
    """Address or location fields in a bulk query (observed)."""
    return Refusal(400, "INVALID_FIELD", "Selecting compound data not supported in Bulk Query")


def base64(name: str) -> Refusal:
    """Blob fields in a bulk query (refusal documented, text assumed)."""
    return Refusal(
        400, "INVALID_FIELD", f"Selecting base64 data not supported in Bulk Query: {name}"
    )


def unsupported_clause(what: str) -> Refusal:
    """GROUP BY, OFFSET, TYPEOF, aggregates, child queries (documented; text assumed)."""
    return Refusal(
        400, "API_ERROR", f"Implementation restriction: {what} not supported in Bulk Query"
    )


def bad_request(message: str) -> Refusal:
    """A job request that lacks or mistakes a property (code observed, texts assumed)."""
    return Refusal(400, "INVALIDJOB", message)


def job_unknown() -> Refusal:
    """No such job, or not this user's (observed for ids of the wrong kind)."""
    return Refusal(404, "NOT_FOUND", "The requested resource does not exist")


def version_conflict(created: str, used: str) -> Refusal:
    """A job is read with another API version than it was made with (status documented)."""
    return Refusal(
        409,
        "VERSION_MISMATCH",
        f"This job was created with API version {created} and cannot be read with version {used}.",
    )


def not_complete(state: str) -> Refusal:
    """Results asked before JobComplete (code assumed; old pages name JOB_NOT_COMPLETE)."""
    return Refusal(
        400, "INVALIDJOBSTATE", f"Results are available once the job is JobComplete; it is {state}."
    )


def bad_locator(locator: str) -> Refusal:
    """A result locator that this job never gave out (assumed)."""
    return Refusal(400, "INVALID_QUERY_LOCATOR", f"invalid query locator: {locator}")


QUERY_TIMEOUT = (
    "InvalidBatch : Failed to process query: QUERY_TIMEOUT: Your query request was running for too "
    "long."
)
"""Why a query job failed that ran too long (form observed in other failures, assumed here)."""


def limit_exceeded(what: str) -> Refusal:
    """A day's allowance is used up (code observed, text assumed)."""
    return Refusal(400, "LIMIT_EXCEEDED", f"The limit of {what} in 24 hours is exceeded.")


def cannot_abort(state: str) -> Refusal:
    """Abort asked of a job that is finished (assumed)."""
    word = {"JobComplete": "Completed"}.get(state, state)
    return Refusal(400, "INVALIDJOBSTATE", f"Aborting already {word} Job not allowed")


def state(message: str) -> Refusal:
    """A state change a job in this state does not allow (assumed)."""
    return Refusal(400, "INVALIDJOBSTATE", message)
