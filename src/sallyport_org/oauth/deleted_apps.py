"""Token requests of apps that were deleted: the client hears of an unknown key, Setup of the cause.

What belongs here: finding out on whose behalf such a request comes, and its line in Login History.
What does not: the refusal (``request.app_of``). Status text documented:
https://help.salesforce.com/s/articleView?id=xcloud.users_login_history.htm
"""

from __future__ import annotations

from sallyport_org import errors
from sallyport_org.identity import User, approvals, history
from sallyport_org.identity.judge import Way
from sallyport_org.oauth.grants import (
    authorization_code,
    client_credentials,
    jwt_bearer,
    password,
    refresh_token,
)
from sallyport_org.oauth.request import TokenRequest
from sallyport_org.state import Org

CONSUMER_DELETED = "Failed: Consumer Deleted"

_WAYS: dict[str, Way] = {
    authorization_code.GRANT_TYPE: "code",
    client_credentials.GRANT_TYPE: "client_credentials",
    jwt_bearer.GRANT_TYPE: "jwt_bearer",
    password.GRANT_TYPE: "password",
    refresh_token.GRANT_TYPE: "refresh",
}


def note_deleted_app(request: TokenRequest) -> None:
    """Write down that a deleted app asked for a token, if one does and its user is known."""
    way = _WAYS.get(request.parameter("grant_type") or "")
    if way is None:
        return
    claims = _claims(request) if way == "jwt_bearer" else {}
    client_id = claims.get("iss") or request.parameter("client_id") or ""
    for org in request.orgs:
        if client_id not in org.directory.deleted_apps:
            continue
        name = claims.get("prn") or claims.get("sub") or request.parameter("username") or ""
        user = _user(request, org, way, name, client_id)
        if user is not None:
            history.note(org, request.attempt(way, user, None), CONSUMER_DELETED)


def _claims(request: TokenRequest) -> dict[str, str]:
    """Return what the assertion says, nothing if it cannot be read: the grant will refuse it."""
    try:
        claims = jwt_bearer.claims_of(request.parameter("assertion") or "")
    except errors.OAuthRefusal:
        return {}
    return {name: value for name, value in claims.items() if isinstance(value, str)}


def _user(request: TokenRequest, org: Org, way: Way, name: str, client_id: str) -> User | None:
    """Return on whose behalf the app asks: named, or behind a code, a token or a policy."""
    directory = org.directory
    if way == "code":
        code = directory.codes.get(request.parameter("code") or "")
        return directory.user_by_id(code.user_id) if code else None
    if way == "refresh":
        approval = approvals.holding(directory, request.parameter("refresh_token") or "")
        return directory.user_by_id(approval.user_id) if approval else None
    if way == "client_credentials":
        policy = directory.policies.get(client_id)
        return directory.user(policy.run_as) if policy is not None and policy.run_as else None
    return directory.user(name)
