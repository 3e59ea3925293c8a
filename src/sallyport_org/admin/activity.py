"""What happened: sessions, Login History, mails and requests.

What belongs here: paths that show and end or forget them. What does not: what makes them happen.
"""

from __future__ import annotations

from typing import Any

from sallyport_org import inputs, request_log
from sallyport_org.admin.access import done, find_org
from sallyport_org.admin.apps import find_app
from sallyport_org.admin.people import find_user
from sallyport_org.identity import Session
from sallyport_org.inputs import BadInput
from sallyport_org.state import Org
from sallyport_org.web import Reply, Visit, json_reply

SHOWN_REQUESTS = 1000
"""How many requests are shown unless ``last`` says otherwise."""


def list_sessions(visit: Visit, org: Org) -> Reply:
    """Answer with every session; ``user``, ``app`` and ``token`` narrow it."""
    return json_reply({"sessions": [_show(one) for one in _chosen(visit, org)]})


def end_sessions(visit: Visit, org: Org) -> Reply:
    """End the sessions that ``user``, ``app`` and ``token`` name; all if none is given."""
    chosen = {one.token for one in _chosen(visit, org)}
    return done(ended=org.directory.end_sessions(lambda one: one.token in chosen))


def list_logins(visit: Visit, org: Org) -> Reply:
    """Answer with Login History, oldest first; ``user`` narrows it."""
    username = visit.call.query.get("user", "").lower()
    lines = [
        one
        for one in list(org.directory.logins)
        if not username or one.username.lower() == username
    ]
    return json_reply({"logins": inputs.plain(lines)})


def list_mails(visit: Visit) -> Reply:
    """Answer with the mails of all orgs' people, oldest first; ``to`` narrows it."""
    return json_reply({"mails": inputs.plain(visit.cloud.inbox.mails(visit.call.query.get("to")))})


def clear_mails(visit: Visit) -> Reply:
    """Throw all mails away."""
    return done(forgotten=visit.cloud.inbox.clear())


def list_requests(visit: Visit) -> Reply:
    """Answer with the request log, oldest first.

    ``org``, ``path`` (a part of it), ``method``, ``fault`` (an id), ``since`` (a moment) and
    ``last`` (how many at most) narrow it.
    """
    asked = visit.call.query
    inputs.known(asked, ("org", "path", "method", "fault", "since", "last"), "the request log")
    last = asked.get("last", str(SHOWN_REQUESTS))
    if not last.isdecimal() or int(last) == 0:
        raise BadInput("last", last, "give a whole number from 1 up")
    found = visit.cloud.requests.find(
        asked.get("path", ""),
        org=find_org(visit, asked["org"]).id if "org" in asked else None,
        since=inputs.moment(asked["since"], "since") if "since" in asked else None,
        method=asked.get("method"),
        fault=asked.get("fault"),
    )
    return json_reply({"requests": [request_log.as_json(one) for one in found[-int(last) :]]})


def clear_requests(visit: Visit) -> Reply:
    """Forget all requests."""
    return done(forgotten=visit.cloud.requests.clear())


def _chosen(visit: Visit, org: Org) -> list[Session]:
    asked = visit.call.query
    inputs.known(asked, ("user", "app", "token"), "the sessions")
    user = find_user(org, asked["user"]) if "user" in asked else None
    app = find_app(org, asked["app"]) if "app" in asked else None
    return [
        one
        for one in org.directory.sessions()
        if user in (None, one.user) and app in (None, one.app)
        if asked.get("token") in (None, one.token)
    ]


def _show(session: Session) -> dict[str, Any]:
    return {
        "token": session.token,
        "user": session.user.username,
        "app": session.app.name if session.app else None,
        "issued_at": inputs.plain(session.issued_at),
        "used_at": inputs.plain(session.used_at),
        "minutes": session.minutes,
        "scopes": list(session.scopes),
        "source": session.source,
        "remote": session.remote,
        "high_assurance": session.high_assurance,
        "limited": session.limited,
    }
