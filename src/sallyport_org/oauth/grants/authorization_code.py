"""Web server flow: a code from the callback for tokens.

Looked at in this order (assumed): client, code, redirect_uri, verifier, login, app.
Documented: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_web_server_flow.htm
"""

from __future__ import annotations

import base64
import hashlib

from sallyport_org import errors
from sallyport_org.identity import App, Code, User, approvals, codes, history
from sallyport_org.identity.judge import same_text
from sallyport_org.oauth.request import (
    Granted,
    TokenRequest,
    authenticated_client,
    is_at_wrong_login_host,
)
from sallyport_org.oauth.words import check_app, check_login, open_session
from sallyport_org.state import Org

GRANT_TYPE = "authorization_code"


def grant(request: TokenRequest) -> Granted:
    """Grant for a code; a refresh token comes along if its scope was allowed."""
    app = authenticated_client(request)
    text = request.required("code")
    org, code, user = _find(request, app, text)
    attempt = request.attempt("code", user, app)
    check_app(org, app, attempt)
    if request.required("redirect_uri") != code.redirect_uri:
        raise errors.tokens.redirect_mismatch()
    if code.challenge is not None:
        verifier = request.parameter("code_verifier")
        if verifier is None:
            raise errors.tokens.verifier_missing()
        if not _answers(verifier, code.challenge, code.method):
            history.note(org, attempt, "Failed: Invalid Code Verifier")
            raise errors.tokens.verifier_wrong()
    check_login(org, attempt)
    if not codes.redeem(org, code):
        raise errors.tokens.code_expired()
    approval = approvals.approve(org, user, app, code.scopes)
    session = open_session(
        org, attempt, app, code.scopes, approval=approval, high_assurance=code.high_assurance
    )
    return Granted(org, session, app, approval.token, approval, code.nonce)


def _find(request: TokenRequest, app: App, text: str) -> tuple[Org, Code, User]:
    """Return the code with its org and user.

    One that was used, is out of time or was made for another app is ``expired authorization code``.
    """
    for org in request.orgs:
        code = codes.find_code(org, text)
        user = org.directory.user_by_id(code.user_id) if code else None
        if code is not None and user is not None and code.client_id == app.client_id:
            return org, code, user
    if is_at_wrong_login_host(request, lambda org: codes.find_code(org, text) is not None):
        raise errors.tokens.authentication_failure()
    raise errors.tokens.code_expired()


def _answers(verifier: str, challenge: str, method: str) -> bool:
    if method == "plain":
        return same_text(verifier, challenge)
    digest = hashlib.sha256(verifier.encode()).digest()
    hashed = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return same_text(hashed, challenge.rstrip("="))
