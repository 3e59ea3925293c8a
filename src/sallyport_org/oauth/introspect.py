"""``/services/oauth2/introspect``: is this token alive, and what is it for?

An app may ask about its own tokens, and about all with *Introspect All Tokens*; of any other token
it learns that it is not active (documented:
https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oidc_token_introspection.htm).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sallyport_org import errors
from sallyport_org.identity import App, Approval, Session, User, approvals, sessions
from sallyport_org.oauth.answer import headers, identity_url, refused
from sallyport_org.oauth.request import authenticated_client, in_order, read_request
from sallyport_org.state import Org
from sallyport_org.web import Reply, Visit, json_reply


def introspect_endpoint(visit: Visit) -> Reply:
    """Answer about ``token``; the asking app must prove itself first."""
    request = read_request(visit)
    try:
        app = authenticated_client(request, secret_needed=True)
        token = request.required("token")
    except errors.OAuthRefusal as refusal:
        return refused(refusal)
    for org in request.orgs:
        known = _session(org, app, token) or _refresh_token(org, app, token)
        if known is not None:
            return json_reply(known, headers=headers())
    return json_reply({"active": False}, headers=headers())


def _session(org: Org, app: App, token: str) -> dict[str, Any] | None:
    session = sessions.find(org, token)
    if session is None or not _may_ask(app, session):
        return None
    client_id = session.app.client_id if session.app else ""
    return _body(
        org,
        session.user,
        client_id,
        session.scopes,
        "access_token",
        session.issued_at,
        sessions.ends_at(session),
    )


def _may_ask(app: App, session: Session) -> bool:
    own = session.app is not None and session.app.client_id == app.client_id
    return own or app.introspect_all_tokens


def _refresh_token(org: Org, app: App, token: str) -> dict[str, Any] | None:
    approval: Approval | None = approvals.holding(org.directory, token)
    if approval is None or not approval.alive or approval.token != token:
        return None
    user = org.directory.user_by_id(approval.user_id)
    own = approval.client_id == app.client_id
    if user is None or not (own or app.introspect_all_tokens):
        return None
    return _body(
        org,
        user,
        approval.client_id,
        approval.scopes,
        "refresh_token",
        approval.created,
        None,
    )


def _body(
    org: Org,
    user: User,
    client_id: str,
    scopes: tuple[str, ...],
    kind: str,
    issued: datetime,
    ends: datetime | None,
) -> dict[str, Any]:
    """Return what is told of a living token; a refresh token has no end (assumed)."""
    body: dict[str, Any] = {
        "active": True,
        "scope": " ".join(in_order(set(scopes))),
        "client_id": client_id,
        "username": user.username,
        "sub": identity_url(org, user.id),
        "token_type": kind,
        "exp": int(ends.timestamp()) if ends else None,
        "iat": int(issued.timestamp()),
        "nbf": int(issued.timestamp()),
    }
    return {name: value for name, value in body.items() if value is not None}
