"""Refusals of searches (codes documented, texts observed unless said)."""

from __future__ import annotations

from sallyport_org.errors.kinds import Refusal


def malformed(message: str) -> Refusal:
    """A SOSL text that cannot be read (texts assumed)."""
    return Refusal(400, "MALFORMED_SEARCH", message)


def no_search() -> Refusal:
    """A search call without a search."""
    return Refusal(
        400, "MALFORMED_SEARCH", "No search term found. The search term must be enclosed in braces."
    )


def term_too_short(term: str) -> Refusal:
    """A term of one character."""
    return Refusal(
        400, "MALFORMED_SEARCH", f"search term must be longer than one character: {term}"
    )


def not_searchable(entity: str) -> Refusal:
    """An object that is not in the search index."""
    return Refusal(400, "INVALID_TYPE", f"entity type {entity} does not support search")
