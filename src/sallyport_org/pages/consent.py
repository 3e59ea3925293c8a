"""The authorize endpoint and its pages: choose an account, Allow Access?, the error page.

What belongs here: which page comes next, and sending people back to the app. What does not: whether
the app may ask (``authorize``).

Addresses observed: ``/setup/secur/RemoteAccessAuthorizationPage.apexp`` and
``/setup/secur/RemoteAccessErrorPage.apexp``.
"""

from __future__ import annotations

from typing import NoReturn
from urllib.parse import quote, urlencode

from sallyport_org.errors import authorize as refusals
from sallyport_org.errors.authorize import AuthorizeRefusal
from sallyport_org.identity import App, Session, codes
from sallyport_org.pages import arrival, authorize, browser, login, scopes, user_agent
from sallyport_org.pages.authorize import AuthorizeRequest
from sallyport_org.pages.forms import read_form
from sallyport_org.pages.html import page, plain, redirect
from sallyport_org.state import Org
from sallyport_org.web import Reply, Visit

CONSENT_PATH = "/setup/secur/RemoteAccessAuthorizationPage.apexp"
ERROR_PATH = "/setup/secur/RemoteAccessErrorPage.apexp"


def begin(visit: Visit) -> Reply:
    """``/services/oauth2/authorize``: to the login page, the choice of accounts, or consent."""
    form = read_form(visit.call)
    sent = {name: form.raw(name) for name in form.names()} | dict(visit.call.query)
    request = AuthorizeRequest(sent, visit.call.host)
    session = browser.signed_in(visit)
    try:
        authorize.judge_request(visit, request)
        if request.immediate and session is None:
            raise refusals.immediate_unsuccessful()
    except AuthorizeRefusal as refusal:
        return refused(request, refusal)
    go_on = _consent_address(request)
    other = login.login_address(
        go_on, display=request.text("display"), username=request.text("login_hint")
    )
    if session is None or "login" in request.prompts:
        return redirect(other)
    if "select_account" in request.prompts:
        return page(
            "pages/choose_account.html",
            username=session.user.username,
            go_on=go_on,
            other=other,
            display=request.text("display"),
        )
    return redirect(go_on)


def ask(visit: Visit) -> Reply:
    """``GET`` of the consent page: ask, or send back at once whom nobody needs to ask."""
    request = authorize.from_source(visit.call.query.get("source", ""))
    try:
        org, session, app = _admit(visit, request)
        if not authorize.needs_consent(org, request, app, session.user):
            return _grant(visit, org, session, app, request)
        if request.immediate:
            raise refusals.immediate_unsuccessful()
    except AuthorizeRefusal as refusal:
        return refused(request, refusal)
    except _NotYetError as not_yet:
        return not_yet.reply
    return page(
        "pages/consent.html",
        app=app,
        user=session.user,
        texts=scopes.texts(request.scopes_of(app)),
        source=request.as_source(),
        csrf=browser.form_token(session),
        not_you=f"/secur/logout.jsp?{urlencode({'startURL': _consent_address(request)})}",
        display=request.text("display"),
    )


def decide(visit: Visit) -> Reply:
    """``POST`` of the consent page: Allow or Deny. A form that is not ours shows the page again."""
    form = read_form(visit.call)
    request = authorize.from_source(form.raw("source"))
    try:
        org, session, app = _admit(visit, request)
        if not browser.is_ours(session, form):
            return redirect(_consent_address(request))
        if form.text("save") != "Allow":
            raise refusals.denied()
    except AuthorizeRefusal as refusal:
        return refused(request, refusal)
    except _NotYetError as not_yet:
        return not_yet.reply
    return _grant(visit, org, session, app, request)


class _NotYetError(Exception):
    """Somebody must log in (again) first; carries the reply that leads there."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


def _admit(visit: Visit, request: AuthorizeRequest) -> tuple[Org, Session, App]:
    """Return org, session and app of a request all of whose conditions are met.

    Raises :class:`~sallyport_org.errors.authorize.AuthorizeRefusal` and :class:`_NotYetError`.
    """
    app = authorize.judge_request(visit, request)
    org, session = visit.place.org, browser.signed_in(visit)
    if org is None or session is None or org.status != "active":
        _log_in(request)
    authorize.judge_user(org, request, app, session.user)
    if org.directory.policy(app).high_assurance and not session.high_assurance:
        raise _NotYetError(arrival.step_up(visit, org, session, _consent_address(request)))
    return org, session, app


def _log_in(request: AuthorizeRequest) -> NoReturn:
    address = login.login_address(_consent_address(request), display=request.text("display"))
    raise _NotYetError(redirect(address))


def _consent_address(request: AuthorizeRequest) -> str:
    return f"{CONSENT_PATH}?{urlencode({'source': request.as_source()})}"


def _grant(visit: Visit, org: Org, session: Session, app: App, request: AuthorizeRequest) -> Reply:
    if request.wants_token:
        return _back(request, user_agent.grant(visit, org, session, app, request))
    code = codes.issue_code(
        org,
        session.user,
        app,
        redirect_uri=request.text("redirect_uri"),
        scopes=request.scopes_of(app),
        challenge=request.text("code_challenge") or None,
        method=request.method,
        nonce=request.text("nonce") or None,
        high_assurance=session.high_assurance,
    )
    return _back(request, {"code": code.code})


def refused(request: AuthorizeRequest, refusal: AuthorizeRefusal) -> Reply:
    """Tell a refusal where it belongs: as text, on the error page, or to the app."""
    told = {"error": refusal.error, "error_description": refusal.description}
    if refusal.shown == "text":
        return plain(urlencode(told, quote_via=quote), 400)
    if refusal.shown == "page":
        return redirect(f"{ERROR_PATH}?{urlencode(told)}")
    return _back(request, {name: text for name, text in told.items() if text})


def _back(request: AuthorizeRequest, told: dict[str, str]) -> Reply:
    """Send the browser to the callback, with the state the app sent."""
    if request.text("state"):
        told = {**told, "state": request.text("state")}
    callback = request.text("redirect_uri")
    if request.wants_token:
        return redirect(f"{callback}#{urlencode(told)}")
    return redirect(f"{callback}{'&' if '?' in callback else '?'}{urlencode(told)}")


def show_error(visit: Visit) -> Reply:
    """``RemoteAccessErrorPage.apexp``: says little; the reason is in its address (observed)."""
    return page(
        "pages/oauth_error.html",
        code="OAUTH_APPROVAL_ERROR_GENERIC",
        text="An unexpected error has occured during authentication. Please try again.",
    )


def show_success(visit: Visit) -> Reply:
    """``/services/oauth2/success``: the callback of apps that have none of their own (documented).

    https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_user_agent_flow.htm
    """
    return page(
        "pages/message.html",
        heading="Authentication Successful",
        text="The app has been authorized. You can close this window.",
        link=None,
    )
