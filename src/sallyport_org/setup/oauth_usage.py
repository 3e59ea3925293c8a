"""Connected Apps OAuth Usage: which apps the org's users allowed, and Block, Install and the like.

What belongs here: the list and its buttons. What does not: their consequences
(``identity.app_administration``).

Documented: https://help.salesforce.com/s/articleView?id=xcloud.connected_app_manage_oauth.htm
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sallyport_org.identity import App, app_administration
from sallyport_org.setup.desk import Desk, at_desk, not_here
from sallyport_org.setup.menu import home_of
from sallyport_org.state import Org
from sallyport_org.web import Reply

NODE = "ConnectedAppsUsage"

_ACTIONS: Mapping[str, tuple[Callable[[Org, App], object], str]] = {
    "block": (app_administration.block, "is blocked"),
    "unblock": (app_administration.unblock, "is unblocked"),
    "install": (app_administration.install, "is installed"),
    "uninstall": (app_administration.uninstall, "is uninstalled; its tokens are revoked"),
}


@at_desk
def show(desk: Desk) -> Reply:
    """The list: the apps at home here, installed here, or allowed by a user here."""
    directory = desk.org.directory
    living = [one for one in directory.approvals.values() if one.alive]
    users = {
        client_id: len({one.user_id for one in living if one.client_id == client_id})
        for client_id in directory.apps
    }
    rows = [
        (app, directory.policy(app), users[app.client_id])
        for app in sorted(directory.apps.values(), key=lambda one: one.name.lower())
        if app.home == desk.org.id or app.distribution == "packaged" or app.kind == "connected_app"
    ]
    return desk.page("oauth_usage.html", NODE, "Connected Apps OAuth Usage", rows=rows)


@at_desk
def act(desk: Desk, client_id: str, action: str) -> Reply:
    """Carry out a button of the list."""
    app = desk.org.directory.app(client_id)
    if app is None or action not in _ACTIONS:
        return not_here(desk, NODE, "This app or button")
    carry_out, said = _ACTIONS[action]
    carry_out(desk.org, app)
    return desk.done(home_of(NODE), f"{app.name} {said}.")
