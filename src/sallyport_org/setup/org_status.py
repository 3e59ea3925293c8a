"""``/simulator/status``: whether an org lives, set by those who run the simulator.

What belongs here: the page. What does not: what a status does (``identity.judge``, ``gate``).

It asks for no login: nobody gets into an org that is suspended, and somebody must set it back.
"""

from __future__ import annotations

from typing import get_args
from urllib.parse import urlsplit

from sallyport_org.admin.access import is_loopback
from sallyport_org.pages.forms import read_form
from sallyport_org.pages.html import page, redirect
from sallyport_org.setup.desk import message
from sallyport_org.state import Org, Status
from sallyport_org.web import Reply, Visit

PATH = "/simulator/status"

WORDS: dict[Status, str] = {
    "active": "Active",
    "suspended": "Suspended",
    "closed": "Closed",
    "trial_expired": "Trial expired",
    "locked": "Locked",
    "maintenance": "In maintenance",
}


def show(visit: Visit) -> Reply:
    """Show the org's status and the choices."""
    return _closed(visit) or page(
        "setup/status.html",
        org=_org(visit),
        words=[(one, WORDS[one]) for one in get_args(Status)],
    )


def change(visit: Visit) -> Reply:
    """Set the org's status."""
    closed = _closed(visit)
    if closed is not None:
        return closed
    form, org = read_form(visit.call), _org(visit)
    wanted = next((one for one in WORDS if one == form.text("status")), None)
    if wanted is None:
        return message(
            "Not Saved",
            f"Status: {form.text('status')!r} is none; choose one of: {', '.join(WORDS.values())}.",
            status=400,
            link=(PATH, "Back"),
        )
    org.status, org.waking = wanted, "waking" in form
    return redirect(PATH)


def _org(visit: Visit) -> Org:
    return visit.place.org or visit.cloud.default


def _closed(visit: Visit) -> Reply | None:
    """Refuse other machines, and forms of other sites' pages."""
    call = visit.call
    origin = call.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != urlsplit(call.base_url).netloc:
        return message("Not Allowed", f"Pages of {origin} may not change an org.", status=403)
    if visit.cloud.admin_token is not None or not is_loopback(call.remote):
        return message(
            "Not Allowed",
            "This page is for the simulator's own machine, while it has no admin token. Use the "
            "admin API: PATCH /simulator/api/orgs/default.",
            status=403,
        )
    return None
