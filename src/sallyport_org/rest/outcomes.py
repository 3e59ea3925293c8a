"""What came of writes, as REST tells it: one refusal for a record, a list of results for several.

What belongs here: the two spellings. What does not: writing (``dml``).

A single record's error says ``errorCode``, a collection's ``statusCode`` (observed).
"""

from __future__ import annotations

from typing import Any

from sallyport_org.dml import Outcome, RowError
from sallyport_org.web import Reply, json_reply

_ABOUT_THE_ROW = frozenset({"ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY"})
_WITHOUT_FIELDS = frozenset({"JSON_PARSER_ERROR", "INVALID_FIELD", "INVALID_TYPE", "NOT_FOUND"})


def refused(outcome: Outcome) -> Reply:
    """Return the answer to a single-record call that was refused.

    400, or 404 when the row of the address is not there or deleted (documented).
    """
    first = outcome.errors[0]
    status = 404 if first.code in _ABOUT_THE_ROW and not first.fields else 400
    return json_reply([_single(one) for one in outcome.errors], status)


def saved(outcome: Outcome) -> dict[str, Any]:
    """Return the answer to a single-record call that was carried out."""
    return {"id": outcome.id, "success": True, "errors": []}


def result(outcome: Outcome, *, upsert: bool = False) -> dict[str, Any]:
    """Return one entry of a collection's answer; upserts also say ``created``."""
    made: dict[str, Any] = {"id": outcome.id} if outcome.id is not None else {}
    made["success"] = outcome.success
    made["errors"] = [listed(one) for one in outcome.errors]
    if upsert:
        made["created"] = outcome.created
    return made


def listed(error: RowError) -> dict[str, Any]:
    """Return an error as collections and trees write it."""
    return {"statusCode": error.code, "message": error.message, "fields": list(error.fields)}


def _single(error: RowError) -> dict[str, Any]:
    made: dict[str, Any] = {"message": error.message, "errorCode": error.code}
    if error.code not in _WITHOUT_FIELDS:
        made["fields"] = list(error.fields)
    return made
