"""User-agent flow: the browser brings the app its token at once, behind ``#`` of the callback.

What belongs here: what is granted after Allow. What does not: the way there, which is that of the
web server flow (``consent``), and opening sessions (``oauth``).

Documented: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_user_agent_flow.htm
"""

from __future__ import annotations

from sallyport_org.identity import App, Session, approvals
from sallyport_org.identity.judge import Attempt
from sallyport_org.oauth.answer import told
from sallyport_org.oauth.request import Granted
from sallyport_org.oauth.words import open_session
from sallyport_org.pages.authorize import AuthorizeRequest
from sallyport_org.state import Org
from sallyport_org.web import Visit

SUCCESS_PATH = "/services/oauth2/success"


def grant(
    visit: Visit, org: Org, browser: Session, app: App, request: AuthorizeRequest
) -> dict[str, str]:
    """Return what the callback is told: the token endpoint's words.

    A refresh token is among them only where no other site can read it: at Salesforce's own success
    page, or a scheme of the app's own (documented).
    """
    user, scopes, call = browser.user, request.scopes_of(app), visit.call
    attempt = Attempt("code", user, call.remote, call.host, app=app)
    approval = approvals.approve(org, user, app, scopes)
    session = open_session(
        org, attempt, app, scopes, approval=approval, high_assurance=browser.high_assurance
    )
    callback = request.text("redirect_uri")
    private = callback.endswith(SUCCESS_PATH) or not callback.startswith("http")
    refresh_token = approval.token if private else None
    nonce = request.text("nonce") or None
    return told(visit, Granted(org, session, app, refresh_token, approval, nonce))
