"""Refusals of the bulk interfaces (how well each wording is known stands with it)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sallyport_org.errors.kinds import Refusal

if TYPE_CHECKING:
    from sallyport_org.dml import RowError


def unsupported_entity(name: str) -> Refusal:
    """Objects the bulk interface does not serve, or not for what is asked.

    Observed for queries; that jobs which write what cannot be written meet the same is assumed.
    """
    return Refusal(400, "INVALIDENTITY", f"Entity '{name}' is not supported by the Bulk API.")


def view_all_data_needed(name: str) -> Refusal:
    """A bulk query of what all users did, by one without *View All Data*.

    Code and how the text begins observed, the rest of the text assumed.
    """
    return Refusal(
        400,
        "API_ERROR",
        f"Implementation restriction: {name} can be queried in bulk only with View All Data",
    )


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


NO_DATA = "ClientInputError : Unable to find any data to create batch"
"""Nothing but blank lines was uploaded (observed)."""

NOT_UTF8 = "ClientInputError : The data is not valid UTF-8"
"""An upload in another encoding (assumed)."""

EXCEEDED_QUOTA = "ExceededQuota : ApiBatchItems Limit exceeded."
"""The day's batches or rows are used up while a job runs (observed for Bulk API 1.0)."""


def line_ending(setting: str) -> str:
    """Why a job failed whose file's line ends are not those it was created with (observed)."""
    return (
        "ClientInputError : LineEnding is invalid on user data. "
        f"Current LineEnding setting is {setting}"
    )


FIELD_TOO_LONG = "InvalidBatch : Maximum character size of field exceeded 131072"
"""A value of an upload above the limit (limit documented, text assumed)."""


def unreadable_csv(reason: str) -> str:
    """Why an upload is no CSV (observed for stray quotes, assumed for long fields)."""
    if "field limit" in reason:
        return FIELD_TOO_LONG
    return (
        "InvalidBatch : Failed to parse CSV. Found unescaped quote. A value with quote should be "
        "within a quote"
    )


def too_many_columns(row: int) -> str:
    """Why an upload is refused whose row has more cells than the header (assumed)."""
    return f"InvalidBatch : Row {row} has more columns than the header"


def no_such_field(name: str) -> str:
    """Why an upload is refused whose header names an unknown field (observed)."""
    return f"InvalidBatch : Field name not found : {name}"


def ids_only(operation: str) -> str:
    """Why a deletion is refused that has other columns than Id (observed)."""
    return f"InvalidBatch : The '{operation}' batch must contain only ids"


def misfit(column: int, value: str, kind: str, field: str) -> Refusal:
    """A cell that is no value of its field's type (observed: SFDO-Tooling/Snowfakery#793).

    ``column`` counts from 0; ``kind`` is the type's name in SOAP, such as ``xsd:dateTime``.
    """
    return Refusal(
        400,
        "INVALID_FIELD",
        f"Failed to deserialize field at col {column}. Due to, '{value}' is not a valid value for "
        f"the type {kind}",
        fields=(field,),
    )


def row_error(found: Iterable[RowError]) -> str:
    """Return a row's errors as result files write them: ``CODE:message:fields --`` (observed)."""
    return ";".join(
        f"{one.code}:{one.message}:{','.join(one.fields)}{' ' if one.fields else ''}--"
        for one in found
    )


def unknown_object(name: str) -> Refusal:
    """A job on an object this user cannot see (code observed for bulk queries, text assumed)."""
    return Refusal(400, "INVALIDJOB", f"Unable to find object: {name}")


def blank_external_id(sobject: str) -> str:
    """The text about an upsert without a key (observed)."""
    return (
        f"InvalidJob : External ID was blank for {sobject}. An External ID must be specified for "
        "upsert."
    )


def no_external_id(sobject: str, field: str) -> str:
    """The text about an upsert by a field that is no key (observed)."""
    return (
        f"InvalidJob : Field name provided, {field} does not match an External ID, Salesforce Id, "
        f"or indexed field for {sobject}"
    )


HARD_DELETE_REFUSED = (
    "hardDelete operation requires special user profile permission, please contact your system "
    "administrator"
)
"""The text about hardDelete without *Bulk API Hard Delete* (observed)."""


def no_hard_delete() -> Refusal:
    """A hardDelete without the permission (observed)."""
    return Refusal(400, "FEATURENOTENABLED", HARD_DELETE_REFUSED)


def second_upload(job_id: str) -> Refusal:
    """A second PUT to the same job (observed)."""
    return Refusal(
        400,
        "BULK_API_ERROR",
        f"Found multiple contents for job: <{job_id}>, please 'Close' / 'Abort' / 'Delete' the "
        "current Job then create a new Job and make sure you only do 'PUT' once on a given Job.",
    )


def not_csv(kind: str) -> Refusal:
    """An upload that says it is something else than CSV (assumed)."""
    return Refusal(415, "UNSUPPORTED_MEDIA_TYPE", f"Content-Type: text/csv is expected, not {kind}")


def too_large(most: str) -> Refusal:
    """An upload above the documented limit (code and text assumed)."""
    return Refusal(
        413, "REQUEST_ENTITY_TOO_LARGE", f"The uploaded data is larger than {most}; split it."
    )
