"""Refusals of calls that hold several records or requests (limits documented, texts assumed unless
said)."""

from __future__ import annotations

from sallyport_org.errors.kinds import Refusal


def required_parameter(name: str) -> Refusal:
    """A property or parameter the call cannot do without."""
    return Refusal(400, "INVALID_INPUT", f"Required parameter '{name}' is missing or empty")


def too_many_records(most: int) -> Refusal:
    """More records than a collection takes (text observed)."""
    return Refusal(
        400,
        "EXCEEDED_MAX_SIZE_REQUEST",
        f"record limit reached. cannot submit more than {most} records in this operation",
    )


def too_many_chunks(most: int) -> Refusal:
    """Records of different objects mixed too finely (text observed)."""
    return Refusal(
        400,
        "INVALID_INPUT",
        f"Request can't contain more than {most} chunks of different object types; group the "
        "records by type",
    )


def type_missing() -> Refusal:
    """A record of a collection without ``attributes.type`` (text observed)."""
    return Refusal(400, "INVALID_TYPE", "Entity type needs to be specified")


def type_misfit(given: str, expected: str) -> Refusal:
    """A record whose ``attributes.type`` is not the object its path, or its parent, asks for.

    That all must be of the path's object is documented (resources-composite-sobjects-collections
    and resources-composite-sobject-tree); code, text and that a single record is refused too are
    assumed.
    """
    return Refusal(
        400,
        "INVALID_INPUT",
        f"The type attribute '{given}' of the record does not match the sObject type '{expected}' "
        "of the request",
    )


def too_many_subrequests(most: int, what: str) -> Refusal:
    """More sub-requests, nodes or graphs than one call takes."""
    return Refusal(400, "LIMIT_EXCEEDED", f"Limit of {most} {what} in one request exceeded")


def unusable(message: str) -> Refusal:
    """A sub-request, graph or tree that cannot be understood."""
    return Refusal(400, "INVALID_INPUT", message)


def no_blobs() -> Refusal:
    """A sub-request whose answer is no JSON (documented: blobs cannot be read in composite)."""
    return Refusal(
        400, "INVALID_INPUT", "Blob retrieval is not supported in composite and batch requests"
    )


def bad_reference(path: str) -> Refusal:
    """``@{…}`` that leads to nothing, mostly because the other request failed (text observed)."""
    owner = path.split(".", 1)[0].split("[", 1)[0]
    return Refusal(
        400,
        "PROCESSING_HALTED",
        f"Invalid reference specified. No value for {path} found in {owner}",
    )


def rolled_back() -> Refusal:
    """A sub-request undone, or not begun, because another one failed (text observed)."""
    return Refusal(
        400,
        "PROCESSING_HALTED",
        "The transaction was rolled back since another operation in the same transaction failed.",
    )


def batch_halted() -> Refusal:
    """What follows a failed sub-request under haltOnError (text observed)."""
    return Refusal(
        412,
        "BATCH_PROCESSING_HALTED",
        "Batch processing halted per request due to error in processing previous batch part",
    )
