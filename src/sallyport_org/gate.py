"""Who may call the data API: from a token in a header to a context, or to a refusal.

What belongs here: every reason an org has to turn a caller away before looking at what is asked, in
their order: the host, the org, the version, the session, what the session is good for, the user.
What does not: handing tokens out (``oauth``, ``soap``), and other wires' words (Bulk API 1.0 and
SOAP ask here and word the answer themselves).
"""

from __future__ import annotations

from sallyport_org import errors
from sallyport_org.identity import Session, addresses, app_rules, passwords, sessions
from sallyport_org.identity.model import API_ENABLED
from sallyport_org.rest.versions import check_version
from sallyport_org.state import Org
from sallyport_org.web import Call, Context, Visit

DATA_SCOPES = frozenset({"api", "full"})
"""One of these lets an app call the data API (documented)."""


def admit(visit: Visit, version: str) -> Context:
    """Return the context of a call to ``/services/data/<version>``.

    Raises :class:`~sallyport_org.errors.Refusal`.
    """
    org = org_of(visit)
    if not version.lower().startswith("v"):
        raise errors.rest.not_found()
    checked = check_version(version, org.settings.oldest_version, org.settings.newest_version)
    return Context(org, visit.call, session_of(org, visit.call), checked)


def org_of(visit: Visit) -> Org:
    """Return the org a data call is for; raises what the host or the org's state calls for."""
    org, place = visit.place.org, visit.place
    if place.kind in ("login", "test"):
        raise errors.rest.url_not_reset()
    if org is None:
        raise errors.rest.not_found()
    if org.status == "maintenance" or org.faults.strike("server_busy", path=visit.call.path):
        raise errors.rest.server_busy()
    if place.kind == "former":
        raise errors.rest.session_invalid()
    return org


def session_of(org: Org, call: Call) -> Session:
    """Return the caller's session from ``Authorization: Bearer`` (or ``OAuth``), fit for data."""
    kind, _, token = call.headers.get("Authorization", "").partition(" ")
    if kind and kind.lower() not in ("bearer", "oauth"):
        raise errors.rest.bad_auth_header()
    return judged(org, token.strip(), call)


def judged(org: Org, token: str, call: Call, *, expired_password: bool = False) -> Session:
    """Return the session of a token once everything that can be wrong with it is ruled out.

    ``expired_password`` lets users with one pass: to set a new one. Raises
    :class:`~sallyport_org.errors.Refusal`.
    """
    session = sessions.find(org, token)
    if session is None:
        raise errors.rest.session_invalid()
    if org.faults.strike("session_expired", path=call.path):
        org.directory.end_session(session)
        raise errors.rest.session_invalid()
    if not fits(org, session, call.remote):
        raise errors.rest.session_not_for_rest()
    if not org.has_api:
        raise errors.rest.api_off_for_org()
    if not org.directory.may(session.user, API_ENABLED):
        raise errors.rest.api_off_for_user()
    if not expired_password and passwords.is_expired(org, session.user):
        raise errors.rest.password_expired()
    sessions.use(org, session)
    return session


def fits(org: Org, session: Session, remote: str) -> bool:
    """Say whether a living session may be used for data: one refusal stands for every no."""
    app, user = session.app, session.user
    if app is not None and not DATA_SCOPES & set(session.scopes):
        return False
    if not app_rules.passes_access_control(org, app, user):
        return False
    policy = org.directory.policy(app) if app is not None else None
    profile = org.directory.profile_of(user)
    if (
        policy is not None
        and policy.ip_relaxation in ("enforce", "enforce_relax_refresh")
        and profile.login_ip_ranges
        and not addresses.inside(remote, profile.login_ip_ranges)
    ):
        return False
    demanded = profile.high_assurance or (policy is not None and policy.high_assurance)
    return session.high_assurance or not demanded


def over_limit(context: Context, used: int, most: int) -> errors.Refusal | None:
    """Return the refusal of a call above a limit, or None; the call itself is not long yet."""
    org = context.org
    if used > most or org.faults.strike("quota", path=context.call.path):
        return errors.rest.too_many_calls()
    if org.traffic.long_calls(org.settings.long_call_seconds) >= org.settings.concurrent_limit:
        return errors.rest.too_many_long_calls()
    return None
