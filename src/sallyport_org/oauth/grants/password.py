"""The username-password grant: no browser, no refresh token, and on its way out.

Off by default in orgs made since Summer '23 and never offered by external client apps (documented:
https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_username_password_flow.htm).
"""

from __future__ import annotations

from sallyport_org import errors
from sallyport_org.identity import history
from sallyport_org.identity.approvals import REFRESH_SCOPES
from sallyport_org.identity.judge import Verdict, find_user
from sallyport_org.oauth.request import Granted, TokenRequest, authenticated_client
from sallyport_org.oauth.words import check_app, check_login, open_session

GRANT_TYPE = "password"


def grant(request: TokenRequest) -> Granted:
    """Grant for a username and a password with the security token right behind it."""
    app = authenticated_client(request, secret_needed=True)
    username, secret = request.required("username"), request.required("password")
    found = find_user(request.visit.cloud, request.visit.place, username)
    if found is None:
        raise errors.tokens.authentication_failure()
    org, user = found
    attempt = request.attempt("password", user, app, secret)
    check_app(org, app, attempt)
    if app.kind == "external_client_app":
        history.record(org, attempt, Verdict.PASSWORD_FLOW_OFF)
        raise errors.tokens.authentication_failure()
    check_login(org, attempt)
    session = open_session(org, attempt, app, app.scopes - REFRESH_SCOPES)
    return Granted(org, session, app, scoped=False)
