"""Client credentials: the app acts as the user its policies name.

Only at the org's own address, and without the scopes ``full``, ``web`` and ``refresh_token``.
Documented: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm
"""

from __future__ import annotations

from sallyport_org import errors
from sallyport_org.identity.approvals import REFRESH_SCOPES
from sallyport_org.identity.model import API_ENABLED
from sallyport_org.oauth.request import Granted, TokenRequest, authenticated_client
from sallyport_org.oauth.words import check_app, check_login, open_session

GRANT_TYPE = "client_credentials"

LEFT_OUT = REFRESH_SCOPES | {"full", "web"}


def grant(request: TokenRequest) -> Granted:
    """Grant for key and secret alone, as the Run As user."""
    place = request.visit.place
    if place.org is None or place.kind not in ("my_domain", "local"):
        raise errors.tokens.wrong_domain()
    org = place.org
    app = authenticated_client(request, secret_needed=True)
    check_app(org, app)
    if "client_credentials" not in app.flows:
        raise errors.tokens.flow_not_enabled()
    directory = org.directory
    run_as = directory.policy(app).run_as
    user = directory.user(run_as) if run_as else None
    if user is None or not directory.may(user, API_ENABLED):
        raise errors.tokens.no_run_as_user()
    attempt = request.attempt("client_credentials", user, app)
    check_login(org, attempt)
    return Granted(org, open_session(org, attempt, app, app.scopes - LEFT_OUT), app)
