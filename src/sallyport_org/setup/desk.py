"""An administrator at work: who it is, in which org, and the frame every Setup page stands in.

What belongs here: letting administrators in, telling a form of ours from others', the frame. What
does not: the pages themselves.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, unquote

from sallyport_org.identity import Session, User
from sallyport_org.identity.model import CUSTOMIZE, MANAGE_USERS
from sallyport_org.pages import browser
from sallyport_org.pages.forms import Form, cookie, read_form
from sallyport_org.pages.html import page, redirect, set_cookie
from sallyport_org.pages.login import login_address
from sallyport_org.setup import menu
from sallyport_org.state import Org
from sallyport_org.web import Reply, Visit

SAID = "said"
"""Cookie that carries one sentence (*Saved.*) over the redirect after a form."""


@dataclass(frozen=True, slots=True)
class Desk:
    """An administrator's request to a Setup page."""

    visit: Visit
    org: Org
    session: Session
    form: Form

    @property
    def user(self) -> User:
        """Who is at work."""
        return self.session.user

    @property
    def is_post(self) -> bool:
        """True when a form was sent (and is known to be ours)."""
        return self.visit.call.method == "POST"

    def page(self, template: str, node: str, title: str, **values: object) -> Reply:
        """Return a page in Setup's frame; ``node`` is the menu entry it belongs to."""
        said = unquote(cookie(self.visit.call, SAID))
        reply = page(
            f"setup/{template}",
            areas=menu.found(self.visit.call.query.get("quickfind", "")),
            quickfind=self.visit.call.query.get("quickfind", ""),
            node=node,
            title=title,
            said=said,
            org=self.org,
            user=self.user,
            csrf=browser.form_token(self.session),
            home_of=menu.home_of,
            **values,
        )
        if said:
            set_cookie(reply, self.visit.call, SAID, "", 0)
        return reply

    def done(self, address: str, said: str) -> Reply:
        """Send the browser on after a form, with a sentence to show there."""
        reply = redirect(address)
        set_cookie(reply, self.visit.call, SAID, quote(said, safe=""), 30)
        return reply


def at_desk(handler: Callable[..., Reply]) -> Callable[..., Reply]:
    """Make a route's handler of a function that takes a :class:`Desk` and the path's variables.

    People without a session log in first; those who may neither *Customize Application* nor
    *Manage Users* have *Insufficient Privileges* (documented words).
    """

    @functools.wraps(handler)
    def answer(visit: Visit, *variables: str) -> Reply:
        org, session = visit.place.org, browser.signed_in(visit)
        if org is None or session is None:
            return redirect(login_address(visit.call.path))
        if not any(org.directory.may(session.user, one) for one in (CUSTOMIZE, MANAGE_USERS)):
            return message(
                "Insufficient Privileges",
                "You do not have the level of access necessary to perform the operation you "
                "requested. Please contact the owner of the record or your administrator if "
                "access is necessary.",
                status=403,
            )
        form = read_form(visit.call)
        if visit.call.method == "POST" and not browser.is_ours(session, form):
            return message(
                "This Form Is Not Valid Any More",
                "It was sent from another page or by an earlier login. Open the page anew.",
                status=403,
                link=(visit.call.path, "Open the page anew"),
            )
        return handler(Desk(visit, org, session, form), *variables)

    return answer


def message(
    heading: str, text: str, *, status: int = 200, link: tuple[str, str] | None = None
) -> Reply:
    """Return a page that says one thing."""
    reply = page("pages/message.html", heading=heading, text=text, link=link)
    reply.status = status
    return reply


def not_here(desk: Desk, node: str, what: str) -> Reply:
    """Say that a record is not (or no longer) there, with a way back."""
    return message(
        "Data Not Available",
        f"{what} does not exist in this org, or was deleted.",
        status=404,
        link=(menu.home_of(node), "Back to the list"),
    )
