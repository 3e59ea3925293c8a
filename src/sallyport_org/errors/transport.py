"""Refusals of requests that cannot be read, whatever they ask for (assumed)."""

from __future__ import annotations

from sallyport_org.errors.kinds import BareRefusal


def unreadable_body() -> BareRefusal:
    """A body that is not what its Content-Encoding says."""
    return BareRefusal(400, "Bad Request: the body is not encoded as Content-Encoding says")


def unreadable_host() -> BareRefusal:
    """A Host header that names no host."""
    return BareRefusal(400, "Bad Request: the header Host cannot be read")
