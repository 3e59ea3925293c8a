"""Who may call Bulk API 1.0, and refusals in its own words.

What belongs here: session, version and counting of calls, around every handler. What does not:
judging a session; that is ``gate.session_of``, asked as if the token had come in an
``Authorization`` header.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from multidict import CIMultiDict

from sallyport_org import errors, gate
from sallyport_org.bulk.classic import wire
from sallyport_org.errors import bulk_classic as refusals
from sallyport_org.identity import Session
from sallyport_org.rest.versions import check_version
from sallyport_org.state import Org
from sallyport_org.web import Call, Context, Reply, Visit

SESSION_HEADER = "X-SFDC-Session"


def answering(handler: Callable[..., Reply]) -> Callable[..., Reply]:
    """Return a handler of open routes out of one that takes a context and the path's variables."""

    def answer(visit: Visit, version: str, *variables: str) -> Reply:
        try:
            return handler(admit(visit, version), *variables)
        except refusals.AsyncRefusal as refusal:
            return wire.refusal_reply(refusal, wire.asked_format(visit.call))

    return answer


def admit(visit: Visit, version: str) -> Context:
    """Return the context of a call.

    The session is judged first: who is nobody learns nothing about versions (assumed). Raises
    :class:`~sallyport_org.errors.bulk_classic.AsyncRefusal`.
    """
    org = visit.place.org
    if org is None:
        raise refusals.invalid_session()
    session = session_of(org, visit.call)
    try:
        checked = check_version(version, org.settings.oldest_version, org.settings.newest_version)
    except errors.Refusal:
        raise refusals.invalid_version(version) from None
    used, most = org.count_call()
    if used > most:
        raise refusals.too_many_calls()
    return Context(org, visit.call, session, checked)


def session_of(org: Org, call: Call) -> Session:
    """Return the caller's session from ``X-SFDC-Session``, or from ``Authorization``."""
    token = call.headers.get(SESSION_HEADER)
    if token is not None:
        headers = CIMultiDict(call.headers)
        headers["Authorization"] = f"Bearer {token}"
        call = replace(call, headers=headers)
    try:
        return gate.session_of(org, call)
    except errors.Refusal as refusal:
        if refusal.status == 403 and refusal.code.startswith("API_"):
            raise refusals.not_enabled() from None
        raise refusals.invalid_session() from None
