"""Sessions: opening them, how long they live, and whether one still does.

What belongs here: the life of an access token. What does not: what a session may be used for
(``gate``) and the format of tokens an app asked for (``oauth``).

Documented: a session ends after so many minutes without use, as the app's policy or the org's
Session Settings say (https://help.salesforce.com/s/articleView?id=xcloud.admin_sessions.htm).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sallyport_org.identity import passwords
from sallyport_org.identity.model import App, Approval, Session, Source, User

if TYPE_CHECKING:
    from sallyport_org.state import Org


def new_session(
    org: Org,
    user: User,
    app: App | None,
    *,
    scopes: Iterable[str],
    source: Source,
    remote: str,
    approval: Approval | None = None,
    high_assurance: bool = False,
) -> Session:
    """Return a session with an opaque token, not yet kept by the directory."""
    policy = org.directory.policy(app) if app else None
    minutes = policy.session_minutes if policy else None
    return Session(
        token=org.directory.new_token(),
        user=user,
        app=app,
        issued_at=org.clock.now(),
        scopes=tuple(scopes),
        source=source,
        remote=remote,
        minutes=org.settings.session_minutes if minutes is None else minutes,
        high_assurance=high_assurance,
        limited=passwords.is_expired(org, user),
        approval_id=approval.id if approval else None,
    )


def ends_at(session: Session) -> datetime:
    """Return when a session ends unless it is used."""
    if session.expires_at is not None:
        return session.expires_at
    return (session.used_at or session.issued_at) + timedelta(minutes=session.minutes)


def is_alive(org: Org, session: Session) -> bool:
    """Say whether a session still counts: in time, its org, user and app as they should be.

    What Setup's buttons end at once is looked at again here, for states set in other ways.
    """
    if org.status not in ("active", "maintenance") or org.clock.now() >= ends_at(session):
        return False
    if not session.user.is_active or session.user.is_frozen:
        return False
    return session.app is None or not org.directory.policy(session.app).blocked


def use(org: Org, session: Session) -> None:
    """Note that a session was used, which lets it live longer."""
    session.used_at = org.clock.now()


def find(org: Org, token: str) -> Session | None:
    """Return the living session of a token, or None; a dead one is forgotten."""
    session = org.directory.session(token)
    if session is None:
        return None
    if is_alive(org, session):
        return session
    org.directory.end_session(session)
    return None
