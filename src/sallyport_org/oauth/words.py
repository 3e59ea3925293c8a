"""Verdicts in the words of the token endpoint.

What belongs here: which refusal stands for which verdict, and opening the session of a request that
met none. What does not: judging (``identity``) and the texts (``errors.tokens``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sallyport_org import errors
from sallyport_org.errors import tokens
from sallyport_org.faults import attend
from sallyport_org.identity import App, Approval, Session, app_rules, history, sessions
from sallyport_org.identity.app_rules import AppVerdict
from sallyport_org.identity.judge import Attempt, Verdict, admitted, judge
from sallyport_org.state import Org

_Words = Callable[[], errors.OAuthRefusal | errors.BareRefusal]

_LOGIN: dict[Verdict, _Words] = {
    Verdict.ORG_SUSPENDED: tokens.inactive_organization,
    Verdict.ORG_CLOSED: tokens.inactive_organization,
    Verdict.ORG_LOCKED: tokens.inactive_organization,
    Verdict.TRIAL_EXPIRED: tokens.inactive_organization,
    Verdict.ORG_IN_MAINTENANCE: tokens.unavailable,
    Verdict.RATE_EXCEEDED: tokens.rate_exceeded,
    Verdict.RESTRICTED_IP: tokens.ip_restricted,
    Verdict.REFRESH_IP_NOT_ALLOWED: tokens.ip_restricted,
    Verdict.INACTIVE: tokens.inactive_user,
    Verdict.APP_BLOCKED: tokens.app_blocked,
    Verdict.APP_NOT_ADMIN_APPROVED: tokens.not_admin_approved,
}
"""Whatever is not here is ``authentication failure``: locked, frozen, hours, password, token."""

_TELLS_LITTLE = frozenset({Verdict.RESTRICTED_IP, Verdict.INACTIVE})
"""What the password grant, of these, calls ``authentication failure`` too (assumed)."""

_APP: dict[AppVerdict, _Words] = {
    AppVerdict.UNKNOWN: tokens.unknown_client,
    AppVerdict.NOT_IN_ORG: tokens.app_not_in_org,
    AppVerdict.DISABLED: tokens.app_disabled,
    AppVerdict.BLOCKED: tokens.app_blocked,
    AppVerdict.NOT_ADMIN_APPROVED: tokens.not_admin_approved,
    AppVerdict.UNINSTALLED: tokens.app_must_be_installed,
}


_APP_STATUS = {
    AppVerdict.NOT_IN_ORG: "Package for this consumer is not installed in your organization",
    AppVerdict.DISABLED: Verdict.APP_BLOCKED.status,
    AppVerdict.BLOCKED: Verdict.APP_BLOCKED.status,
}


def check_app(org: Org, app: App, attempt: Attempt | None = None) -> None:
    """Raise the refusal an app meets in an org whoever asks, if any.

    It is written down where an ``attempt`` says whose login it was.
    """
    verdict = app_rules.judge_app(org, app)
    if verdict is AppVerdict.USABLE:
        return
    if attempt is not None:
        history.note(org, attempt, _APP_STATUS[verdict])
    raise _APP[verdict]()


def check_login(org: Org, attempt: Attempt) -> None:
    """Judge an attempt, then the app for this user; raises the refusal that applies."""
    attend(org, attempt.user.username)
    verdict = judge(org, attempt)
    if verdict is not Verdict.SUCCESS:
        if attempt.how == "password" and verdict in _TELLS_LITTLE:
            raise tokens.authentication_failure()
        raise _LOGIN.get(verdict, tokens.authentication_failure)()
    if attempt.app is None:
        return
    for_user = app_rules.judge_user(org, attempt.app, attempt.user)
    if for_user is AppVerdict.USABLE:
        return
    # API Access Control lets tokens be had and refuses their use (see ``gate``)
    if for_user is AppVerdict.BLOCKED and not org.directory.policy(attempt.app).blocked:
        return
    blocked = for_user is AppVerdict.BLOCKED
    history.record(org, attempt, Verdict.APP_BLOCKED if blocked else Verdict.APP_NOT_ADMIN_APPROVED)
    raise _APP[for_user]()


def open_session(
    org: Org,
    attempt: Attempt,
    app: App,
    scopes: Iterable[str],
    *,
    approval: Approval | None = None,
    high_assurance: bool = False,
) -> Session:
    """Write the login down and return its session, not yet kept by the directory."""
    admitted(org, attempt)
    return sessions.new_session(
        org,
        attempt.user,
        app,
        scopes=scopes,
        source="oauth",
        remote=attempt.remote,
        approval=approval,
        high_assurance=high_assurance,
    )
