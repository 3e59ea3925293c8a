"""``POST /services/oauth2/token`` and ``/revoke``: what all grants share.

What belongs here: reading the form, recognising the client, writing success and refusal. What does
not: what a single grant demands; each has its own file and is listed in ``GRANTS``.

Documented: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_endpoints.htm
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, unquote_plus

from sallyport_org import errors
from sallyport_org.identity import App, Session, User
from sallyport_org.oauth import client_credentials, jwt_bearer
from sallyport_org.oauth.request import TokenRequest
from sallyport_org.state import Org
from sallyport_org.web import Call, Reply, Visit, json_reply

SCOPE = "api id"
"""What a token allows: calls to the data API, and asking who one is."""

_NO_STORE = {
    "Cache-Control": "no-cache,must-revalidate,max-age=0,no-store,private",
    "Expires": "Thu, 01 Jan 1970 00:00:00 GMT",
    "X-Content-Type-Options": "nosniff",
}


Grant = Callable[[Org, TokenRequest], tuple[User, App]]

GRANTS: Mapping[str, Grant] = {
    client_credentials.GRANT_TYPE: client_credentials.grant,
    jwt_bearer.GRANT_TYPE: jwt_bearer.grant,
}


def token_endpoint(visit: Visit) -> Reply:
    """Answer a token request with a session or, in OAuth's words, with the reason there is none."""
    org = _org(visit)
    try:
        request = read_request(visit.call)
        grant = GRANTS.get(request.parameter("grant_type") or "")
        if grant is None:
            raise errors.tokens.unsupported_grant()
        user, app = grant(org, request)
    except errors.OAuthRefusal as refusal:
        return refused(refusal)
    session = org.open_session(user, app)
    return json_reply(success(org, session, visit.address_of(org)), headers=_NO_STORE)


def revoke_endpoint(visit: Visit) -> Reply:
    """End the session of a token: 200 and nothing, or 400 when there is no such token."""
    call = visit.call
    token = read_request(call).parameter("token") or call.query.get("token", "")
    if not _org(visit).directory.end_sessions(lambda one: one.token == token):
        return refused(errors.tokens.unknown_token_to_revoke())
    return Reply(200, dict(_NO_STORE))


def _org(visit: Visit) -> Org:
    return next(iter(visit.cloud.candidates(visit.place)), visit.cloud.default)


def read_request(call: Call) -> TokenRequest:
    """Return the form parameters, with the client's key and secret from wherever they stand.

    They stand in the body or in an ``Authorization: Basic`` header; the body wins (assumed).
    """
    content_type = call.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if content_type == "application/x-www-form-urlencoded":
        pairs = parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)
    else:
        pairs = []
    form = dict(pairs)
    kind, _, encoded = call.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            client_id, _, secret = base64.b64decode(encoded).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            client_id = secret = ""
        form.setdefault("client_id", unquote_plus(client_id))
        form.setdefault("client_secret", unquote_plus(secret))
    return TokenRequest(form, call.base_url)


def refused(refusal: errors.OAuthRefusal) -> Reply:
    """Return the token endpoint's way of refusing."""
    body = {"error": refusal.error, "error_description": refusal.description}
    return json_reply(body, refusal.status, _NO_STORE)


def success(org: Org, session: Session, base_url: str) -> dict[str, str]:
    """Return the body of a granted request.

    ``signature`` is the base64 HMAC-SHA256 of id and issued_at under the consumer secret; there is
    no ``expires_in`` (both documented).
    """
    identity = f"https://login.salesforce.com/id/{org.id}/{session.user.id}"
    issued_at = str(int(session.issued_at.timestamp() * 1000))
    secret = session.app.client_secret if session.app else ""
    digest = hmac.new(secret.encode(), (identity + issued_at).encode(), hashlib.sha256).digest()
    return {
        "access_token": session.token,
        "signature": base64.b64encode(digest).decode(),
        "scope": SCOPE,
        "instance_url": base_url,
        "id": identity,
        "token_type": "Bearer",
        "issued_at": issued_at,
    }
