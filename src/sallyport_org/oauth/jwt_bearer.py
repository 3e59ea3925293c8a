"""JWT bearer: an assertion signed with the key whose certificate the app holds.

Checked in this order (assumed): form, issuer, signature, audience, expiry, user, approval. The key
of a replayed assertion is not remembered: Salesforce accepts a ready-made one until it expires.

Documented: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm
"""

from __future__ import annotations

import json
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from sallyport_org import errors
from sallyport_org.identity import App, User
from sallyport_org.oauth.request import TokenRequest
from sallyport_org.state import Org

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"

SKEW_SECONDS = 180
"""How long after ``exp`` an assertion still counts (documented as a three minute buffer)."""

LOGIN_HOSTS = ("https://login.salesforce.com", "https://test.salesforce.com")


def grant(org: Org, request: TokenRequest) -> tuple[User, App]:
    """Return the user the assertion names; raises :class:`~sallyport_org.errors.OAuthRefusal`."""
    assertion = request.required("assertion")
    unverified = _claims_of(assertion)
    app = org.apps.get(str(unverified.get("iss", "")))
    if app is None:
        raise errors.tokens.unknown_client()
    claims = _verified(assertion, app)
    if str(claims.get("aud", "")).rstrip("/") not in (
        *LOGIN_HOSTS,
        org.my_domain,
        request.base_url,
    ):
        raise errors.tokens.wrong_audience()
    expires = claims.get("exp")
    if not isinstance(expires, int | float):
        raise errors.tokens.invalid_assertion()
    if expires + SKEW_SECONDS < org.clock.now().timestamp():
        raise errors.tokens.expired_assertion()
    user = org.directory.user(str(claims.get("prn") or claims.get("sub") or ""))
    if user is None:
        raise errors.tokens.unknown_user()
    if not org.directory.is_preauthorized(user, app):
        raise errors.tokens.user_not_approved()
    return user, app


def _claims_of(assertion: str) -> dict[str, Any]:
    """Return what an assertion says, believed or not."""
    try:
        claims = json.loads(jws.extract_compact(assertion.encode()).payload)
    except (JoseError, ValueError) as broken:
        raise errors.tokens.invalid_assertion() from broken
    if not isinstance(claims, dict):
        raise errors.tokens.invalid_assertion()
    return claims


def _verified(assertion: str, app: App) -> dict[str, Any]:
    """Return the claims once the app's certificate has vouched for them."""
    if app.certificate is None:
        raise errors.tokens.invalid_assertion()
    key = RSAKey.import_key(app.certificate)
    try:
        verified = jws.deserialize_compact(assertion, key, algorithms=["RS256"])
    except (JoseError, ValueError) as broken:
        raise errors.tokens.invalid_assertion() from broken
    claims: dict[str, Any] = json.loads(verified.payload)
    return claims
