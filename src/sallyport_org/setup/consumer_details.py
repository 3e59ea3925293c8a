"""Consumer Key and Secret: shown after a verification code, and rotated in two steps.

What belongs here: the page and its buttons. What does not: the code's page (``pages.verification``)
and what rotating means (``identity.app_administration``).

Documented: https://help.salesforce.com/s/articleView?id=xcloud.connected_app_rotate_consumer_details.htm
"""

from __future__ import annotations

from sallyport_org.identity import app_administration
from sallyport_org.identity.administration import ChangeRefusedError
from sallyport_org.identity.judge import Attempt
from sallyport_org.pages import arrival
from sallyport_org.setup.apps import NODE
from sallyport_org.setup.desk import Desk, at_desk, not_here
from sallyport_org.setup.menu import home_of
from sallyport_org.web import Reply


@at_desk
def show(desk: Desk, client_id: str) -> Reply:
    """Show key and secret to somebody who proved who they are within the last minutes."""
    app = desk.org.directory.app(client_id)
    if app is None or app.home != desk.org.id:
        return not_here(desk, NODE, "This app")
    address = home_of(NODE, app.client_id, "consumer")
    if not desk.org.challenges.is_confirmed(desk.session.token, desk.org.clock.now()):
        return _verify(desk, address)
    return desk.page("consumer.html", NODE, f"{app.name}: Consumer Details", app=app)


def _verify(desk: Desk, go_on: str) -> Reply:
    call, user = desk.visit.call, desk.user
    challenge = desk.org.challenges.begin(
        Attempt("browser", user, call.remote, call.host),
        ["totp" if user.totp_secret else "email"],
        go_on,
        desk.org.clock.now(),
        purpose="consumer_details",
        session=desk.session.token,
    )
    return arrival.proceed(desk.visit, desk.org, challenge)


@at_desk
def act(desk: Desk, client_id: str, action: str) -> Reply:
    """Stage new consumer details, put them in force, or forget them."""
    app = desk.org.directory.app(client_id)
    if app is None or app.home != desk.org.id:
        return not_here(desk, NODE, "This app")
    address = home_of(NODE, app.client_id, "consumer")
    if not desk.org.challenges.is_confirmed(desk.session.token, desk.org.clock.now()):
        return _verify(desk, address)
    if action == "stage":
        app_administration.stage_consumer_details(app)
        return desk.done(address, "New consumer details are staged. Nothing has changed yet.")
    if action == "cancel":
        app.staged_id = app.staged_secret = None
        return desk.done(address, "The staged consumer details were deleted.")
    if action != "apply":
        return not_here(desk, NODE, "This button")
    try:
        app_administration.apply_consumer_details(desk.visit.cloud.orgs, app)
    except ChangeRefusedError as refused:
        return desk.done(address, f"Not done. {refused}")
    said = "The new consumer details are in force; all tokens were revoked."
    return desk.done(home_of(NODE, app.client_id, "consumer"), said)
