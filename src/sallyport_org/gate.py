"""Who may call the data API: from a token in a header to a context, or to a refusal.

What belongs here: every reason the REST data API has to turn a caller away before looking at what
is asked. What does not: handing tokens out (``oauth``, ``soap``).
"""

from __future__ import annotations

from sallyport_org import errors
from sallyport_org.identity import Session
from sallyport_org.rest.versions import check_version
from sallyport_org.state import Org
from sallyport_org.web import Call, Context, Visit


def admit(visit: Visit, version: str) -> Context:
    """Return the context of a call to ``/services/data/<version>``.

    Raises :class:`~sallyport_org.errors.Refusal`.
    """
    checked = check_version(version)
    org = visit.place.org
    if org is None:
        raise errors.rest.url_not_reset()
    return Context(org, visit.call, session_of(org, visit.call), checked)


def session_of(org: Org, call: Call) -> Session:
    """Return the caller's session from ``Authorization: Bearer`` (or ``OAuth``)."""
    kind, _, token = call.headers.get("Authorization", "").partition(" ")
    if kind and kind.lower() not in ("bearer", "oauth"):
        raise errors.rest.bad_auth_header()
    session = org.directory.session(token.strip())
    if session is None:
        raise errors.rest.session_invalid()
    return session
