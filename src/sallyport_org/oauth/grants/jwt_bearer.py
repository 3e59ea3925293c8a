"""JWT bearer: an assertion signed with the key whose certificate the app holds.

Looked at in this order (assumed): form, issuer, signature, audience, expiry, user, login, approval.
A replayed assertion is taken until it expires, and the end date of the app's certificate does not
count (both observed).

Documented: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from sallyport_org import errors
from sallyport_org.cloud import LOGIN_HOSTS, TEST_HOSTS
from sallyport_org.identity import App, User, approvals, history
from sallyport_org.identity.approvals import REFRESH_SCOPES
from sallyport_org.identity.judge import find_user
from sallyport_org.oauth.request import (
    Granted,
    TokenRequest,
    app_of,
    is_at_wrong_login_host,
)
from sallyport_org.oauth.words import check_app, check_login, open_session
from sallyport_org.state import Org

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"

SKEW_SECONDS = 180
"""How long after ``exp`` an assertion still counts (documented as a three minute buffer)."""

LAST_SECOND = 100_000_000_000
"""An ``exp`` beyond the year 5138 is not in seconds (milliseconds are refused: observed)."""

PRODUCTION_AUDIENCE = "https://login.salesforce.com"
SANDBOX_AUDIENCE = "https://test.salesforce.com"


def grant(request: TokenRequest) -> Granted:
    """Grant for an assertion naming the user; no refresh token, and no time in the answer."""
    assertion = request.required("assertion")
    unverified = claims_of(assertion)
    app = app_of(request, str(unverified.get("iss", "")))
    username = _subject(unverified)
    found = find_user(request.visit.cloud, request.visit.place, username)
    try:
        claims = _verified(assertion, app)
    except errors.OAuthRefusal:
        if found is not None:
            attempt = request.attempt("jwt_bearer", found[1], app)
            history.note(found[0], attempt, "Failed: Signature Invalid")
        raise
    _check_audience(request, str(claims.get("aud", "")))
    if found is None:
        _check_time(request.orgs[0] if request.orgs else request.visit.cloud.default, claims)
        if is_at_wrong_login_host(request, lambda org: org.directory.user(username) is not None):
            raise errors.tokens.authentication_failure()
        raise errors.tokens.unknown_user()
    org, user = found
    _check_time(org, claims)
    attempt = request.attempt("jwt_bearer", user, app)
    check_app(org, app, attempt)
    check_login(org, attempt)
    scopes = _approved_scopes(org, user, app)
    return Granted(org, open_session(org, attempt, app, scopes), app, bare=True)


def subject_of(assertion: str) -> str:
    """Return the username an assertion names, believed or not; empty if it cannot be read."""
    try:
        return _subject(claims_of(assertion))
    except errors.OAuthRefusal:
        return ""


def _subject(claims: dict[str, Any]) -> str:
    return str(claims.get("prn") or claims.get("sub") or "")


def claims_of(assertion: str) -> dict[str, Any]:
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
    if app.certificate is None or "jwt_bearer" not in app.flows:
        raise errors.tokens.invalid_assertion()
    key = RSAKey.import_key(app.certificate)
    registry = jws.JWSRegistry(algorithms=["RS256"], strict_check_header=False)
    try:
        verified = jws.deserialize_compact(assertion, key, registry=registry)
    except (JoseError, ValueError) as broken:
        raise errors.tokens.invalid_assertion() from broken
    claims: dict[str, Any] = json.loads(verified.payload)
    return claims


def _check_audience(request: TokenRequest, audience: str) -> None:
    """Take the login server of the org's kind, and at an org's own address that address."""
    place, given = request.visit.place, audience.rstrip("/")
    if place.org is not None:
        sandbox = place.org.organization.is_sandbox
        own = {place.org.my_domain, request.visit.call.base_url}
    else:
        sandbox, own = place.kind == "test", set()
    if given in {SANDBOX_AUDIENCE if sandbox else PRODUCTION_AUDIENCE, *own}:
        return
    host = urlsplit(given).hostname or ""
    if host.endswith(".my.salesforce.com") and host not in LOGIN_HOSTS | TEST_HOSTS:
        raise errors.tokens.audience_of_another_org()
    raise errors.tokens.wrong_audience()


def _check_time(org: Org, claims: dict[str, Any]) -> None:
    """Take seconds since 1970, a number or its digits (observed: simple-salesforce sends text)."""
    expires = claims.get("exp")
    if isinstance(expires, str) and re.fullmatch("[0-9]{1,15}", expires):
        expires = int(expires)
    if not isinstance(expires, int | float):
        raise errors.tokens.invalid_assertion()
    if not org.clock.now().timestamp() <= expires + SKEW_SECONDS < LAST_SECOND:
        raise errors.tokens.code_expired()


def _approved_scopes(org: Org, user: User, app: App) -> set[str]:
    """Return what an administrator, or the user earlier *with* ``refresh_token``, approved."""
    directory = org.directory
    if directory.is_preauthorized(user, app):
        return app.scopes - REFRESH_SCOPES
    if not approvals.may_act_without_user(directory, user, app):
        if approvals.had_refresh_token(directory, user, app):
            raise errors.tokens.refresh_token_expired()
        raise errors.tokens.user_not_approved()
    granted = {scope for one in approvals.of(directory, user, app) for scope in one.scopes}
    return granted - REFRESH_SCOPES
