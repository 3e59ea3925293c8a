"""What the token endpoint answers: the body of a grant, a refusal, and their headers.

What belongs here: keys and their order, signature, id tokens and JWT-format access tokens. What
does not: deciding (``grants``).

Documented: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_web_server_flow.htm
and, for JWT-format tokens, https://help.salesforce.com/s/articleView?id=xcloud.jwt_access_tokens.htm.
Headers observed. There is no ``expires_in`` (documented).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any

from joserfc import jwt
from joserfc.jws import JWSRegistry

from sallyport_org import errors
from sallyport_org.identity import Session, sessions
from sallyport_org.oauth.keys import KEY_ID, signing_key
from sallyport_org.oauth.request import Granted, in_order
from sallyport_org.state import Org
from sallyport_org.web import Reply, Visit, json_reply

JWT_MINUTES = 30.0
"""How long a JWT-format token lives, whatever is done with it (documented)."""

ID_TOKEN_MINUTES = 2.0
"""How long an id token may be believed (documented default)."""

_OWN_HEADERS = JWSRegistry(strict_check_header=False)
"""Lets a token carry header fields of Salesforce's own."""


def headers() -> dict[str, str]:
    """Return the headers of every answer of the token endpoint; the cookie is new each time."""
    browser = secrets.token_urlsafe(16)
    return {
        "Cache-Control": "no-cache,must-revalidate,max-age=0,no-store,private",
        "Expires": "Thu, 01 Jan 1970 00:00:00 GMT",
        "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "Set-Cookie": f"BrowserId={browser};Path=/;Domain=.salesforce.com",
    }


def refused(refusal: errors.OAuthRefusal) -> Reply:
    """Return the token endpoint's way of refusing."""
    body = {"error": refusal.error}
    if refusal.description is not None:
        body["error_description"] = refusal.description
    return json_reply(body, refusal.status, {**headers(), **refusal.headers})


def granted(visit: Visit, grant: Granted) -> Reply:
    """Return the answer to a granted request, its session kept from now on."""
    return json_reply(told(visit, grant), headers=headers())


def told(visit: Visit, grant: Granted) -> dict[str, str]:
    """Return what a client is told of a grant, whose session is kept from now on."""
    org, session, app = grant.org, grant.session, grant.app
    if app.jwt_access_tokens:
        _become_jwt(org, session)
    org.directory.keep(session)
    identity = identity_url(org, session.user.id)
    issued_at = str(int(session.issued_at.timestamp() * 1000))
    words = {
        "access_token": session.token,
        "refresh_token": grant.refresh_token,
        "signature": None if grant.bare else signature(app.client_secret, identity + issued_at),
        "scope": " ".join(in_order(set(session.scopes))) if grant.scoped else None,
        "id_token": _id_token(org, grant) if "openid" in session.scopes else None,
        "instance_url": visit.address_of(org),
        "id": identity,
        "token_type": "Bearer",
        "issued_at": None if grant.bare else issued_at,
    }
    return {name: value for name, value in words.items() if value is not None}


def signature(secret: str, text: str) -> str:
    """Return the base64 HMAC-SHA256 of id and issued_at under the consumer secret (documented)."""
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def login_server(org: Org) -> str:
    """Return the generic login address of an org's kind."""
    host = "test" if org.organization.is_sandbox else "login"
    return f"https://{host}.salesforce.com"


def identity_url(org: Org, user_id: str) -> str:
    """Return the identity address of a user: always at login or test (observed)."""
    return f"{login_server(org)}/id/{org.id}/{user_id}"


def _id_token(org: Org, grant: Granted) -> str:
    session, now = grant.session, int(grant.session.issued_at.timestamp())
    digest = hashlib.sha256(session.token.encode()).digest()[:16]
    claims: dict[str, Any] = {
        "at_hash": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "sub": identity_url(org, session.user.id),
        "aud": grant.app.client_id,
        "iss": org.my_domain,
        "exp": now + int(ID_TOKEN_MINUTES * 60),
        "iat": now,
    }
    if grant.nonce:
        claims["nonce"] = grant.nonce
    return jwt.encode({"alg": "RS256", "kid": KEY_ID, "typ": "JWT"}, claims, signing_key(org))


def _become_jwt(org: Org, session: Session) -> None:
    """Put a signed token in place of the opaque one; REST takes it, SOAP does not (observed)."""
    app = session.app
    session.minutes = min(session.minutes, JWT_MINUTES)
    session.expires_at = session.issued_at + timedelta(minutes=session.minutes)
    issued = int(session.issued_at.timestamp())
    claims: dict[str, Any] = {
        "scp": " ".join(in_order(set(session.scopes))),
        "aud": [org.my_domain],
        "sub": f"uid:{session.user.id}",
        "nbf": issued,
        "mty": "oauth",
        "sfi": secrets.token_hex(32),
        "roles": [],
        "iss": org.my_domain,
        "hsc": False,
        "exp": int(sessions.ends_at(session).timestamp()),
        "iat": issued,
        "client_id": app.client_id if app else "",
    }
    head = {"tnk": f"core/prod/{org.id}", "ver": "1.0", "kid": KEY_ID, "typ": "JWT", "alg": "RS256"}
    session.token = jwt.encode(head, claims, signing_key(org), registry=_OWN_HEADERS)
