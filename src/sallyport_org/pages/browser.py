"""A browser's session with an org: the ``sid`` cookie, and proof that a form was ours.

What belongs here: from a request to the session behind it, opening and ending one. What does not:
who may have one (``identity.judge``).
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import quote

from sallyport_org.identity import Session, User, sessions
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
    session = usable(org, cookie(visit.call, SID)) if org is not None else None
    if org is not None and session is not None:
        sessions.use(org, session)
    return session


def usable(org: Org, token: str) -> Session | None:
    """Return the living session of a token if pages may be shown to it, or None.

    A session of an app needs the scope ``web`` or ``full`` (documented); one of an expired password
    shows nothing.
    """
    session = sessions.find(org, token)
    if session is None or session.limited:
        return None
    if session.source == "oauth" and not {"web", "full"} & set(session.scopes):
        return None
    return session


def open_session(org: Org, user: User, call: Call, *, high_assurance: bool) -> Session:
    """Open a browser session."""
    return org.directory.keep(
        sessions.new_session(
            org,
            user,
            None,
            scopes=UI_SCOPES,
            source="ui",
            remote=call.remote,
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
