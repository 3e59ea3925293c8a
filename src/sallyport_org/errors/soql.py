"""Refusals of queries: those that point into the text, and those about the whole of it."""

from __future__ import annotations

from sallyport_org.errors.kinds import Refusal


def at_position(code: str, message: str, text: str, at: int) -> Refusal:
    """A refusal that points into the query: its line, a caret, the row and column (observed)."""
    before = text[:at]
    row = before.count("\n") + 1
    start = before.rfind("\n") + 1
    line = text[start:].split("\n", 1)[0]
    column = at - start + 1
    caret = " " * (column - 1) + "^"
    return Refusal(400, code, f"\n{line}\n{caret}\nERROR at Row:{row}:Column:{column}\n{message}")


def malformed_query(message: str) -> Refusal:
    """A query refused as a whole, without a position."""
    return Refusal(400, "MALFORMED_QUERY", message)


def invalid_field(message: str) -> Refusal:
    """A field used in a way it cannot be, without a position."""
    return Refusal(400, "INVALID_FIELD", message)


def invalid_query_locator() -> Refusal:
    """A ``nextRecordsUrl`` that is unknown or no longer kept (code documented, text assumed)."""
    return Refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
