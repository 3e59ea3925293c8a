"""Who may call Bulk API 1.0, and refusals in its own words.

What belongs here: what happens around every handler (host, session, version, limits, counting), as
for the data API. What does not: judging; that is ``gate``'s, whose refusals are worded anew here.
"""

from __future__ import annotations

from collections.abc import Callable

from sallyport_org import errors, gate
from sallyport_org.bulk.classic import wire
from sallyport_org.errors import bulk_classic as refusals
from sallyport_org.faults import attend
from sallyport_org.faults.actions import before_call
from sallyport_org.identity import Session
from sallyport_org.rest.versions import check_version
from sallyport_org.state import Org
from sallyport_org.web import Call, Context, Reply, Visit

SESSION_HEADER = "X-SFDC-Session"


def answering(handler: Callable[..., Reply]) -> Callable[..., Reply]:
    """Return a handler of open routes out of one that takes a context and the path's variables."""

    def answer(visit: Visit, version: str, *variables: str) -> Reply:
        try:
            context = admit(visit, version)
            before_call(context.org)
            refusal = gate.over_limit(context, *context.org.count_call())
            if refusal is not None:
                raise refusals.over_limit(refusal.message)
            with context.org.traffic.running():
                return handler(context, *variables)
        except refusals.AsyncRefusal as refused:
            return wire.refusal_reply(refused, wire.asked_format(visit.call))

    return answer


def admit(visit: Visit, version: str) -> Context:
    """Return the context of a call.

    The session is judged first: who is nobody learns nothing about versions (assumed). Raises
    :class:`~sallyport_org.errors.bulk_classic.AsyncRefusal`.
    """
    try:
        org = gate.org_of(visit)
    except errors.Refusal as refusal:
        raise _reworded(refusal) from None
    session = session_of(org, visit.call)
    try:
        checked = check_version(version, org.settings.oldest_version, org.settings.newest_version)
    except errors.Refusal:
        raise refusals.invalid_version(version) from None
    attend(org, session.user.username, checked)
    return Context(org, visit.call, session, checked)


def session_of(org: Org, call: Call) -> Session:
    """Return the caller's session from ``X-SFDC-Session``, or from ``Authorization``."""
    token = call.headers.get(SESSION_HEADER)
    try:
        if token is None:
            return gate.session_of(org, call)
        return gate.judged(org, token.strip(), call)
    except errors.Refusal as refusal:
        raise _reworded(refusal) from None


def _reworded(refusal: errors.Refusal) -> refusals.AsyncRefusal:
    """Return what Bulk API 1.0 says where the data API refuses."""
    if refusal.status == 503:
        return refusals.unavailable(refusal.message)
    if refusal.status == 403 and refusal.code.startswith("API_"):
        return refusals.not_enabled()
    if refusal.code == "INVALID_OPERATION_WITH_EXPIRED_PASSWORD":
        return refusals.invalid_user(refusal.message)
    return refusals.invalid_session()
