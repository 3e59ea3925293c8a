"""Refresh: a new access token for a refresh token, which rotation replaces.

A token is claimed while its request is in flight: the same one twice at once is refused once. One
that rotation replaced is taken for stolen: its whole family ends (both documented).
Documented: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_refresh_token_flow.htm
"""

from __future__ import annotations

import time

from sallyport_org import errors
from sallyport_org.identity import App, Approval, User, approvals, history
from sallyport_org.oauth.request import Granted, TokenRequest, authenticated_client, known_client
from sallyport_org.oauth.words import check_app, check_login, open_session
from sallyport_org.state import Org

GRANT_TYPE = "refresh_token"


def grant(request: TokenRequest) -> Granted:
    """Grant for a living refresh token of this app."""
    needed = known_client(request).require_secret_for_refresh
    app = authenticated_client(request, secret_needed=needed)
    token = request.required("refresh_token")
    org, approval, user = _find(request, app, token)
    with approvals.claimed(org.directory, token) as mine:
        if not mine:
            attempt = request.attempt("refresh", user, app)
            history.note(org, attempt, "Failed: Token request is already being processed.")
            raise errors.tokens.already_being_processed()
        time.sleep(org.settings.token_seconds)
        return _refresh(request, org, app, approval, user, token)


def _find(request: TokenRequest, app: App, token: str) -> tuple[Org, Approval, User]:
    for org in request.orgs:
        approval = approvals.holding(org.directory, token)
        user = org.directory.user_by_id(approval.user_id) if approval else None
        if approval is not None and user is not None and approval.client_id == app.client_id:
            return org, approval, user
    raise errors.tokens.refresh_token_expired()


def _refresh(
    request: TokenRequest, org: Org, app: App, approval: Approval, user: User, token: str
) -> Granted:
    directory = org.directory
    if token in approval.spent:
        approvals.end(directory, approval, "a spent refresh token was used again")
    attempt = request.attempt("refresh", user, app)
    check_app(org, app, attempt)
    if approval.alive and approvals.outlived(org, app, approval):
        approvals.end(directory, approval, "ended by the refresh token policy")
    if not approval.alive:
        raise errors.tokens.refresh_token_expired()
    check_login(org, attempt)
    approval.used, approval.uses = org.clock.now(), approval.uses + 1
    new_token = approvals.rotate(directory, approval) if app.rotate_refresh_tokens else None
    session = open_session(org, attempt, app, approval.scopes, approval=approval)
    return Granted(org, session, app, new_token, approval)
