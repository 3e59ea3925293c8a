"""Refusals about objects, fields and single records (texts observed unless said)."""

from __future__ import annotations

from sallyport_org.errors.kinds import Refusal


def unknown_type(name: str) -> Refusal:
    """Something other than a query's text names an object the org does not have (observed)."""
    return Refusal(
        400,
        "INVALID_TYPE",
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be "
        "sure to append the '__c' after the entity name. Please reference your WSDL or the "
        "describe call for the appropriate names.",
    )


def no_such_column(name: str, entity: str) -> str:
    """The text about an unknown field of a query, without its position (observed)."""
    return (
        f"No such column '{name}' on entity '{entity}'. If you are attempting to use a custom "
        "field, be sure to append the '__c' after the custom field name. Please reference your "
        "WSDL or the describe call for the appropriate names."
    )


def unknown_relationship(name: str) -> str:
    """The text about an unknown step of a field path, without its position (observed)."""
    return (
        f"Didn't understand relationship '{name}' in field path. If you are attempting to use a "
        "custom relationship, be sure to append the '__r' after the custom relationship name. "
        "Please reference your WSDL or the describe call for the appropriate names."
    )


def unknown_child_relationship(name: str) -> str:
    """The text about a child query on no known relationship, without its position (observed)."""
    return (
        f"Didn't understand relationship '{name}' in FROM part of query call. If you are "
        "attempting to use a custom relationship, be sure to append the '__r' after the "
        "custom relationship name. Please reference your WSDL or the describe call for the "
        "appropriate names."
    )


def record_not_found(name: str) -> Refusal:
    """An id that names no visible record (observed)."""
    return Refusal(
        404,
        "NOT_FOUND",
        f"Provided external ID field does not exist or is not accessible: {name}",
    )


def entity_is_deleted() -> Refusal:
    """An id of a row in the recycle bin (observed)."""
    return Refusal(404, "ENTITY_IS_DELETED", "entity is deleted")


def malformed_id(name: str, text: str) -> Refusal:
    """An id that cannot be one (assumed wording)."""
    return Refusal(400, "MALFORMED_ID", f"{name} ID: id value of incorrect type: {text}")


def no_such_field_in_list(name: str, entity: str) -> Refusal:
    """A ``fields=`` list of a record call names an unknown field (observed)."""
    return Refusal(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {entity}")


def changed_since() -> Refusal:
    """If-Unmodified-Since, and the row was modified (status documented, body assumed)."""
    return Refusal(
        412,
        "PRECONDITION_FAILED",
        "The record was modified after the time given in If-Unmodified-Since",
    )


def unsupported_media_type(given: str) -> Refusal:
    """A body that is neither JSON nor, for blobs, multipart (status documented)."""
    return Refusal(
        415, "UNSUPPORTED_MEDIA_TYPE", f"Content-Type {given} is not supported for this resource"
    )


def multipart(reason: str) -> Refusal:
    """A multipart body that cannot be taken apart (code observed, text assumed)."""
    return Refusal(400, "INVALID_MULTIPART_REQUEST", f"Invalid multipart request: {reason}")


def replication_date(message: str) -> Refusal:
    """A window of getUpdated or getDeleted that is none (code documented, texts assumed)."""
    return Refusal(400, "INVALID_REPLICATION_DATE", message)


def not_replicateable(entity: str) -> Refusal:
    """getUpdated or getDeleted of an object that does not replicate (text observed)."""
    return Refusal(400, "INVALID_TYPE_FOR_OPERATION", f"entity type {entity} is not replicateable")


def too_many_ids(most: int) -> Refusal:
    """More than 600,000 ids in a window (documented)."""
    return Refusal(
        400, "EXCEEDED_ID_LIMIT", f"Limit of {most} ids exceeded; ask for a shorter time span"
    )


def invalid_password(reason: str) -> Refusal:
    """A new password that is too weak (code documented, text assumed)."""
    return Refusal(400, "INVALID_NEW_PASSWORD", reason)


def insufficient_access() -> Refusal:
    """Something only administrators may do (code documented)."""
    return Refusal(403, "INSUFFICIENT_ACCESS", "insufficient access rights on object id")
