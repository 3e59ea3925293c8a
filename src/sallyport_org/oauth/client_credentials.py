"""Client credentials: the app acts as the user its policies name.

Documented: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm
"""

from __future__ import annotations

from sallyport_org import errors
from sallyport_org.identity import App, User
from sallyport_org.oauth.request import TokenRequest, confidential_client
from sallyport_org.state import Org

GRANT_TYPE = "client_credentials"


def grant(org: Org, request: TokenRequest) -> tuple[User, App]:
    """Return the Run As user of the app; raises an :class:`~sallyport_org.errors.OAuthRefusal`."""
    app = confidential_client(org, request)
    if "client_credentials" not in app.flows:
        raise errors.tokens.flow_not_enabled()
    run_as = org.directory.policy(app).run_as
    user = org.directory.user(run_as) if run_as else None
    if user is None:
        raise errors.tokens.no_run_as_user()
    return user, app
