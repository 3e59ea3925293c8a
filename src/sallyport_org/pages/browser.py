"""A browser's session with an org: the ``sid`` cookie, and proof that a form was ours.

What belongs here: from a request to the session behind it, opening and ending one. What does not:
who may have one (``identity.judge``).
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from urllib.parse import quote

from sallyport_org.identity import Session, User
from sallyport_org.pages.forms import Form, cookie
from sallyport_org.pages.html import local_path, redirect, set_cookie
from sallyport_org.state import Org
from sallyport_org.web import Call, Reply, Visit

SID = "sid"
KNOWN_BROWSER = "sfdc_lv2"
"""Marks a browser that passed the identity check (observed name)."""
REMEMBERED_NAME = "login"
YEAR = 365 * 24 * 3600
UI_SCOPES = ("api", "id", "web", "full")


def signed_in(visit: Visit) -> Session | None:
    """Return the browser's living session with the org of the host, and note its use, or None."""
    org = visit.place.org
    if org is None:
        return None
    session = org.directory.session(cookie(visit.call, SID))
    if session is None or not is_usable(org, session):
        return None
    session.used_at = org.clock.now()
    return session


def is_usable(org: Org, session: Session) -> bool:
    """Say whether pages may be shown to a session: its user may be here, it is not too old.

    A session of an app needs the scope ``web`` or ``full`` (documented).
    """
    user = session.user
    if not user.is_active or user.is_frozen or session.limited:
        return False
    if session.source == "oauth" and not {"web", "full"} & set(session.scopes):
        return False
    idle = org.clock.now() - (session.used_at or session.issued_at)
    return idle <= timedelta(minutes=session.minutes)


def open_session(org: Org, user: User, call: Call, *, high_assurance: bool) -> Session:
    """Open a browser session."""
    return org.directory.keep(
        Session(
            org.directory.new_token(),
            user,
            None,
            org.clock.now(),
            scopes=UI_SCOPES,
            source="ui",
            remote=call.remote,
            minutes=org.settings.session_minutes,
            high_assurance=high_assurance,
        )
    )


def enter(visit: Visit, org: Org, session: Session, go_on: str) -> Reply:
    """Send a browser to a path of its org, with its session.

    From a host that is not the org's own the session travels through ``frontdoor.jsp`` (observed).
    """
    if visit.place.org is not org:
        target = f"/secur/frontdoor.jsp?sid={quote(session.token)}&retURL={quote(go_on)}"
        return redirect(visit.address_of(org) + target)
    reply = redirect(local_path(go_on, "/"))
    set_cookie(reply, visit.call, SID, session.token)
    return reply


def form_token(session: Session) -> str:
    """Return what every form of a session carries, so that no other site can send it."""
    return hmac.new(session.token.encode(), b"form", hashlib.sha256).hexdigest()


def is_ours(session: Session, form: Form) -> bool:
    """Say whether a posted form was one of this session's own pages."""
    return hmac.compare_digest(form.text("csrf").encode(), form_token(session).encode())
