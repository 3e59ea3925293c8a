"""Why a row cannot be written: the status codes and words of inserts, updates, upserts, deletes.

What belongs here: one small function each. What does not: deciding (``dml``) and the shape of the
answer (a collection lists ``statusCode``, a single record ``errorCode``, bulk a text).

The HTTP status is the one a single-record call answers with. Texts are observed in published logs
and clients' fixtures unless said; codes are documented:
https://developer.salesforce.com/docs/platform/api/guide/sforce-api-calls-concepts-core-data-objects.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sallyport_org.errors.kinds import Refusal


def _row(code: str, message: str, fields: Iterable[str] = (), status: int = 400) -> Refusal:
    return Refusal(status, code, message, fields=tuple(fields))


def no_such_column(name: str, entity: str) -> Refusal:
    """A value for a field the object does not have, or the user may not see."""
    return Refusal(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {entity}")


def not_writable(names: Sequence[str]) -> Refusal:
    """Values for fields this user, or nobody, may write."""
    return _row(
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        f"Unable to create/update fields: {', '.join(names)}. Please check the security settings "
        "of this field and verify that it is read/write for your profile or permission set.",
        names,
    )


def id_in_insert() -> Refusal:
    """An insert that brings an id."""
    return _row("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", ["Id"])


def field_in_body(name: str) -> Refusal:
    """The key of the address repeated in the body."""
    return Refusal(
        400, "INVALID_FIELD", f"The {name} field should not be specified in the sobject data."
    )


def required_missing(names: Sequence[str]) -> Refusal:
    """Required fields absent or cleared."""
    return _row(
        "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(names)}]", names
    )


def too_long(name: str, label: str, value: str, length: int) -> Refusal:
    """A text longer than its field."""
    message = f"{label}: data value too large: {value} (max length={length})"
    return _row("STRING_TOO_LONG", message, [name])


def bad_picklist(name: str, label: str, value: str) -> Refusal:
    """A value a restricted picklist does not list."""
    return _row(
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        f"{label}: bad value for restricted picklist field: {value}",
        [name],
    )


def bad_email(name: str, label: str, value: str) -> Refusal:
    """A text that is no e-mail address."""
    return _row("INVALID_EMAIL_ADDRESS", f"{label}: invalid email address: {value}", [name])


def out_of_range(name: str, label: str, value: object) -> Refusal:
    """A number with more digits than its field, or a place off the globe."""
    message = f"{label}: value outside of valid range on numeric field: {value}"
    return _row("NUMBER_OUTSIDE_VALID_RANGE", message, [name])


WRONG_TYPE = ("JSON_PARSER_ERROR", "INVALID_TYPE_ON_FIELD_IN_RECORD")
"""Codes of the two refusals below: values that are none of their field's type."""


def cannot_deserialize(kind: str, token: str, value: object) -> Refusal:
    """A JSON value of the wrong kind; REST adds line and column (``rest.wording``; observed)."""
    return Refusal(
        400,
        "JSON_PARSER_ERROR",
        f"Cannot deserialize instance of {kind} from {token} value {value} or request may be "
        "missing a required field",
    )


def wrong_type(name: str, label: str, value: object) -> Refusal:
    """A text in SOAP's XML that is no value of the field's type (assumed wording)."""
    message = f"{label}: value not of required type: {value}"
    return _row("INVALID_TYPE_ON_FIELD_IN_RECORD", message, [name])


def id_of_wrong_type(name: str, label: str, value: str) -> Refusal:
    """A reference or id that belongs to another object, or to none."""
    return _row("MALFORMED_ID", f"{label}: id value of incorrect type: {value}", [name])


def malformed_id(value: object) -> Refusal:
    """A row named by something that cannot be an id."""
    return _row("MALFORMED_ID", f"malformed id {value}", ["Id"])


def unknown_row(status: int = 404) -> Refusal:
    """An id that names no row (404 for single records; wording observed in bulk results)."""
    return _row("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", status=status)


def unknown_reference(name: str) -> Refusal:
    """A reference to a row that is not there."""
    return _row("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [name])


def deleted_row() -> Refusal:
    """A row that is in the recycle bin."""
    return _row("ENTITY_IS_DELETED", "entity is deleted", status=404)


def deleted_reference(name: str) -> Refusal:
    """A reference to a row that is in the recycle bin."""
    return _row("ENTITY_IS_DELETED", "entity is deleted", [name])


def inactive_owner(user_id: str, entity: str) -> Refusal:
    """A record given to somebody who can no longer log in."""
    return _row(
        "INACTIVE_OWNER_OR_USER",
        f"operation performed with inactive user [{user_id[:15]}] as owner of {entity.lower()}",
        ["OwnerId"],
    )


def foreign_key_not_found(field: str, entity: str, value: object) -> Refusal:
    """A look-up by external id that finds nothing."""
    return _row(
        "INVALID_FIELD",
        f"Foreign key external ID: {value} not found for field {field} in entity {entity}",
    )


def not_a_key(name: str, entity: str) -> Refusal:
    """An upsert or look-up by a field that identifies nothing."""
    return Refusal(
        400,
        "INVALID_FIELD",
        f"Field name provided, {name} does not match an External ID, Salesforce Id, or indexed "
        f"field for {entity}",
    )


def key_missing(name: str) -> Refusal:
    """An upsert without the value of its key."""
    return _row("MISSING_ARGUMENT", f"{name} not specified", [name])


def id_missing(operation: str) -> Refusal:
    """An update or delete that names no row."""
    return _row("MISSING_ARGUMENT", f"Id not specified in an {operation} call", ["Id"])


def several_found(name: str, found: Sequence[str]) -> Refusal:
    """A key that more than one row carries."""
    listed = ", ".join(found)
    return _row(
        "DUPLICATE_EXTERNAL_ID",
        f"{name}: more than one record found for external id field: [{listed}]",
        [name],
    )


def repeated_key(name: str, value: object) -> Refusal:
    """Two rows of one upsert with the same key."""
    return _row("DUPLICATE_VALUE", f"Duplicate external id specified: {value}", [name])


def duplicate_value(name: str, record_id: str | None) -> Refusal:
    """A value of a unique field that another row has; None when that row is of the same call."""
    field, other = (name, record_id[:15]) if record_id else ("<unknown>", "<unknown>")
    return _row(
        "DUPLICATE_VALUE",
        f"duplicate value found: {field} duplicates value on record with id: {other}",
    )


def not_allowed(entity: str, done: str) -> Refusal:
    """An object that knows no such operation, or a user who may not; ``done`` e.g. inserted."""
    return _row("INVALID_TYPE_FOR_OPERATION", f"entity type cannot be {done}: {entity}")


def locked(record_id: str) -> Refusal:
    """A row, or its parent, that another transaction has been changing for too long."""
    named = record_id or "1 records"
    return _row(
        "UNABLE_TO_LOCK_ROW",
        f"unable to obtain exclusive access to this record or 1 records: {named}",
    )


def rolled_back() -> Refusal:
    """A good row whose neighbours failed under all-or-none."""
    return _row(
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "Record rolled back because not all records were valid and the request was using "
        "AllOrNone header",
    )


def delete_failed(name: str, what: str, numbers: Sequence[str]) -> Refusal:
    """A row others depend on."""
    return _row(
        "DELETE_FAILED",
        f"Your attempt to delete {name} could not be completed because it is associated with the "
        f"following {what}.: {', '.join(numbers)}\n",
    )


def not_deleted() -> Refusal:
    """Undeleting a row that is not in the recycle bin (code documented, text assumed)."""
    return _row("UNDELETE_FAILED", "Entity is not in the recycle bin")


def merge_refused(message: str) -> Refusal:
    """A merge of rows that cannot be merged (code documented, texts assumed)."""
    return _row("INVALID_OPERATION", message)


def rule_broken(message: str, field: str | None) -> Refusal:
    """A validation rule: the administrator's own words."""
    return _row("FIELD_CUSTOM_VALIDATION_EXCEPTION", message, [field] if field else [])
