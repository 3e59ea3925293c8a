"""``/setup/connect``: the page where a person enters a device's code and allows its app.

What belongs here: the page. What does not: the codes (``identity.codes``) and the device's side
(``oauth.grants.device``).

Documented: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_device_flow.htm
"""

from __future__ import annotations

from sallyport_org.identity import app_rules, codes
from sallyport_org.identity.app_rules import AppVerdict
from sallyport_org.pages import browser, login, scopes
from sallyport_org.pages.forms import read_form
from sallyport_org.pages.html import page, redirect
from sallyport_org.web import Reply, Visit

PATH = "/setup/connect"
UNKNOWN = "The code is invalid or has expired. Enter the code your device shows."
NOT_OPEN = "This app isn't available to you. Contact your Salesforce administrator."


def connect(visit: Visit) -> Reply:
    """Ask for the code, then for Allow or Deny, then say that it is done."""
    org, session = visit.place.org, browser.signed_in(visit)
    form = read_form(visit.call)
    entered = form.text("user_code")
    if org is None or session is None:
        return redirect(login.login_address(f"{PATH}?user_code={entered}" if entered else PATH))
    values = {"csrf": browser.form_token(session), "user": session.user, "entered": entered}
    if visit.call.method != "POST" or not browser.is_ours(session, form):
        return page("pages/device.html", asked=None, texts=[], error=None, **values)
    asked = codes.device_of(org, entered)
    app = org.directory.app(asked.client_id) if asked is not None else None
    if asked is None or app is None:
        return page("pages/device.html", asked=None, texts=[], error=UNKNOWN, **values)
    if app_rules.judge_user(org, app, session.user) is not AppVerdict.USABLE:
        return page("pages/device.html", asked=None, texts=[], error=NOT_OPEN, **values)
    answer = form.text("save")
    if answer not in ("Allow", "Deny"):
        return page(
            "pages/device.html", asked=app, texts=scopes.texts(asked.scopes), error=None, **values
        )
    codes.decide_device(asked, session.user, allowed=answer == "Allow")
    done = "You're Connected" if answer == "Allow" else "Access Denied"
    text = (
        "You can return to your device." if answer == "Allow" else "The device was not connected."
    )
    return page("pages/message.html", heading=done, text=text, link=None)
