"""Refusals of Bulk API 1.0: an exceptionCode and a text (how well known stands with each).

Codes documented: https://developer.salesforce.com/docs/platform/api-asynch/guide/asynch-api-reference-errors.html
"""

from __future__ import annotations

from dataclasses import dataclass

from sallyport_org.errors.bulk import HARD_DELETE_REFUSED


@dataclass(eq=False, slots=True)
class AsyncRefusal(Exception):
    """A request turned down by Bulk API 1.0: ``exceptionCode``, ``exceptionMessage``, 400."""

    code: str
    message: str
    status: int = 400

    def __str__(self) -> str:
        return f"{self.code} : {self.message}"


def invalid_session() -> AsyncRefusal:
    """No session, or none that is alive: 400, not 401 (observed)."""
    return AsyncRefusal("InvalidSessionId", "Invalid session id")


def not_enabled() -> AsyncRefusal:
    """The API is off for this user or edition (observed; clients fall back to REST)."""
    return AsyncRefusal("FeatureNotEnabled", "Async API not enabled")


def no_hard_delete() -> AsyncRefusal:
    """A hardDelete without *Bulk API Hard Delete* (observed)."""
    return AsyncRefusal("FeatureNotEnabled", HARD_DELETE_REFUSED)


def invalid_version(text: str) -> AsyncRefusal:
    """A version that is retired or never was (code documented, text assumed)."""
    return AsyncRefusal("InvalidVersion", f"Unsupported API version: {text}")


def invalid_job(message: str) -> AsyncRefusal:
    """A job request that lacks or mistakes something (code documented, texts assumed)."""
    return AsyncRefusal("InvalidJob", message)


def invalid_entity(name: str) -> AsyncRefusal:
    """An object the bulk interface does not serve (code documented, text observed).

    That jobs which write what cannot be written meet the same is assumed.
    """
    return AsyncRefusal("InvalidEntity", f"Entity '{name}' is not supported by the Bulk API.")


def unknown_job(job_id: str) -> AsyncRefusal:
    """No such job (code documented, text assumed)."""
    return AsyncRefusal("InvalidJob", f"Invalid job id: {job_id}")


def unknown_batch(batch_id: str) -> AsyncRefusal:
    """No such batch in this job (code documented, text assumed)."""
    return AsyncRefusal("InvalidBatch", f"Invalid batch id: {batch_id}")


def unknown_result(result_id: str) -> AsyncRefusal:
    """No such result of this batch (code assumed)."""
    return AsyncRefusal("InvalidBatch", f"Invalid result id: {result_id}")


def not_processed() -> AsyncRefusal:
    """Results of a batch that failed or was never worked on (observed)."""
    return AsyncRefusal("InvalidBatch", "Records not processed")


def not_completed() -> AsyncRefusal:
    """Results of a batch that is still at work (assumed)."""
    return AsyncRefusal("InvalidBatch", "Batch not completed")


def no_data() -> AsyncRefusal:
    """An empty batch (observed)."""
    return AsyncRefusal("ClientInputError", "Unable to find any data to create batch")


def unreadable(message: str) -> AsyncRefusal:
    """A body that is not the XML or JSON it should be (code documented, text assumed)."""
    return AsyncRefusal("InvalidBatch", message)


def job_state(doing: str, state: str) -> AsyncRefusal:
    """A change that a job in this state does not allow (code documented, text assumed)."""
    return AsyncRefusal("InvalidJobState", f"{doing} already {state} Job not allowed")


def quota() -> AsyncRefusal:
    """The day's batches are used up (observed)."""
    return AsyncRefusal("ExceededQuota", "ApiBatchItems Limit exceeded.")


def over_limit(message: str) -> AsyncRefusal:
    """The day's API calls are used up, or too many are running (code assumed)."""
    return AsyncRefusal("ExceededQuota", message)


def unavailable(message: str) -> AsyncRefusal:
    """The org does not answer for now (status observed, code assumed)."""
    return AsyncRefusal("Unknown", message, 503)


def invalid_user(message: str) -> AsyncRefusal:
    """A user who may not call, for a reason of the user's own (code documented)."""
    return AsyncRefusal("InvalidUser", message)


def not_modelled(what: str) -> AsyncRefusal:
    """Something a real org answers and this simulator does not: never a plausible lie."""
    return AsyncRefusal("NotModelled", f"The org simulator does not model {what}.", 501)


def too_many_rows(most: int) -> str:
    """Why a batch failed that has too many rows (limit documented, text assumed)."""
    return f"InvalidBatch : Maximum number of records exceeded {most}"


def too_large(most: int) -> AsyncRefusal:
    """A batch above 10 MB (limit documented, code and text assumed)."""
    return AsyncRefusal("ClientInputError", f"Size of batch exceeds {most:,} bytes")


def wrong_object(asked: str, job: str) -> str:
    """Why a query batch failed that reads another object than its job's (assumed)."""
    return f"InvalidBatch : The query is on {asked}, its job on {job}"


def query_failed(code: str, message: str) -> str:
    """Why a query batch failed (observed)."""
    return f"InvalidBatch : Failed to process query: {code}: {message}"
