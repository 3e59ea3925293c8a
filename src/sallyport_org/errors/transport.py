"""Refusals of requests that no org gets to see, whatever they ask for (assumed)."""

from __future__ import annotations

from sallyport_org.errors.kinds import BareRefusal


def unreadable_body() -> BareRefusal:
    """A body that is not what its Content-Encoding says."""
    return BareRefusal(400, "Bad Request: the body is not encoded as Content-Encoding says")


def shut_door() -> BareRefusal:
    """The door of an org that was deleted: a connection from before it was."""
    return BareRefusal(503, "The org of this door was deleted.")


def unreadable_host() -> BareRefusal:
    """A Host header that names no host."""
    return BareRefusal(400, "Bad Request: the header Host cannot be read")
