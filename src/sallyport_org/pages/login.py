"""The login page, its refusals, logging out, and the front door for those who bring a session.

What belongs here: the pages and the words for each verdict. What does not: the verdict
(``identity.judge``) and what follows the right password (``arrival``).

Wordings are observed where said, else assumed.
"""

from __future__ import annotations

from urllib.parse import quote, unquote, urlencode

from sallyport_org import errors
from sallyport_org.cloud import Place
from sallyport_org.identity import judge
from sallyport_org.identity.judge import Attempt, Verdict
from sallyport_org.identity.model import CUSTOMIZE, MANAGE_USERS
from sallyport_org.pages import arrival, browser
from sallyport_org.pages.forms import cookie, read_form
from sallyport_org.pages.html import local_path, page, redirect, set_cookie
from sallyport_org.web import Reply, Visit

HOME = "/lightning/page/home"

WRONG = (
    "Please check your username and password. If you still can't log in, contact your Salesforce "
    "administrator."
)
"""Observed."""

_TEXTS = {
    Verdict.RESTRICTED_DOMAIN: "Your company's login policy doesn't let you log in here. Log in "
    "with your company's My Domain address instead.",
    Verdict.RESTRICTED_TIME: "You can't log in at this time. Contact your Salesforce administrator "
    "for the hours you may log in.",
    Verdict.RESTRICTED_IP: "You can't access Salesforce from this network address. Contact your "
    "Salesforce administrator.",
    Verdict.RATE_EXCEEDED: "You have logged in too many times within the last hour. Try again "
    "later.",
    Verdict.ORG_IN_MAINTENANCE: "Your organization is down for maintenance. Try again later.",
    Verdict.ORG_SUSPENDED: "This organization has been suspended. Contact Salesforce.",
    Verdict.ORG_CLOSED: "This organization is no longer active.",
    Verdict.ORG_LOCKED: "This organization is locked. Contact Salesforce.",
    Verdict.TRIAL_EXPIRED: "Your free trial has expired.",
}
"""Every other verdict says no more than WRONG: a login page tells strangers nothing."""


def show(visit: Visit) -> Reply:
    """``GET /``: the login page, or home for those who are in."""
    query, place = visit.call.query, visit.place
    if place.kind == "former" and place.org is not None:
        return redirect(place.org.my_domain)
    if browser.signed_in(visit) is not None and "startURL" not in query:
        return redirect(HOME)
    remembered = unquote(cookie(visit.call, browser.REMEMBERED_NAME))
    return _page(
        visit,
        start=query.get("startURL") or query.get("retURL", ""),
        username=query.get("un") or remembered,
        display=query.get("display", ""),
    )


def submit(visit: Visit) -> Reply:
    """``POST /``: judge username and password; ask for what is still missing, or let in."""
    form, call = read_form(visit.call), visit.call
    username, start = form.text("username") or form.text("un"), form.text("startURL")
    display = form.text("display")
    found = judge.find_user(visit.cloud, visit.place, username)
    if found is None:
        return _page(visit, start=start, username=username, display=display, error=WRONG)
    org, user = found
    attempt = Attempt(
        how="browser",
        user=user,
        remote=call.remote,
        host=call.host,
        generic=judge.is_generic(visit.place),
        secret=form.raw("pw"),
    )
    verdict = judge.judge(org, attempt)
    if verdict is not Verdict.SUCCESS:
        text = _TEXTS.get(verdict, WRONG)
        return _page(visit, start=start, username=username, display=display, error=text)
    challenge = org.challenges.begin(
        attempt,
        arrival.steps_for(visit, org, attempt),
        local_path(start, HOME),
        org.clock.now(),
        display=display,
    )
    reply = arrival.proceed(visit, org, challenge)
    kept = username if "rememberUn" in form else ""
    life = browser.YEAR if kept else 0
    set_cookie(reply, call, browser.REMEMBERED_NAME, quote(kept, safe=""), life)
    return reply


def login_address(start: str, *, display: str = "", username: str = "") -> str:
    """Return the address of the login page that leads on to a path (``ec=302``: observed)."""
    query = {"ec": "302", "startURL": start}
    if display:
        query["display"] = display
    if username:
        query["un"] = username
    return f"/?{urlencode(query)}"


def _page(
    visit: Visit, *, start: str, username: str, display: str, error: str | None = None
) -> Reply:
    _refuse_dead_hosts(visit.place)
    return page(
        "pages/login.html",
        start=start,
        username=username,
        display=display,
        error=error,
        remembered=bool(cookie(visit.call, browser.REMEMBERED_NAME)),
    )


def _refuse_dead_hosts(place: Place) -> None:
    """No login page at a host that is no org's."""
    if place.kind == "unknown":
        raise errors.rest.not_found()


def log_out(visit: Visit) -> Reply:
    """``/secur/logout.jsp``: end the session, go to the login page (and on to ``startURL``)."""
    org = visit.place.org
    if org is not None:
        token = cookie(visit.call, browser.SID)
        org.directory.end_sessions(lambda one: one.token == token)
    start = local_path(read_form(visit.call).text("startURL"), "")
    reply = redirect(login_address(start) if start else "/")
    set_cookie(reply, visit.call, browser.SID, "", 0)
    return reply


def front_door(visit: Visit) -> Reply:
    """``/secur/frontdoor.jsp?sid=…&retURL=…``: a browser session for somebody who has a token.

    A token of an app needs the scope ``web`` or ``full``; without, or with one nobody knows, the
    login page comes (documented:
    https://help.salesforce.com/s/articleView?id=xcloud.security_frontdoorjsp.htm).
    """
    org, form = visit.place.org, read_form(visit.call)
    go_on = local_path(form.text("retURL") or form.text("startURL"), HOME)
    session = browser.usable(org, form.text("sid")) if org is not None else None
    if org is None or session is None:
        return redirect(login_address(go_on))
    return browser.enter(visit, org, session, go_on)


def home(visit: Visit) -> Reply:
    """``/lightning/page/home``: where a login without a destination ends."""
    session = browser.signed_in(visit)
    org = visit.place.org
    if session is None or org is None:
        return redirect(login_address(HOME))
    may = any(org.directory.may(session.user, one) for one in (CUSTOMIZE, MANAGE_USERS))
    return page("pages/home.html", org=org, user=session.user, may_set_up=may)


def forgot_password(visit: Visit) -> Reply:
    """``/secur/forgotpassword.jsp``: mail a link to a new password, and tell everybody the same."""
    call = visit.call
    if call.method != "POST":
        return page("pages/forgot.html", sent=False)
    found = judge.find_user(visit.cloud, visit.place, read_form(call).text("un"))
    if found is not None:
        org, user = found
        attempt = Attempt("browser", user, call.remote, call.host)
        arrival.mail_reset_link(visit, org, attempt, HOME)
    return page("pages/forgot.html", sent=True)
