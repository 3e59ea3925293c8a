"""What no Salesforce Setup has: a clock that can be moved, and the org's status.

What belongs here: the two pages. What does not: what time and status change elsewhere.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from sallyport_org.setup.desk import Desk, at_desk
from sallyport_org.setup.fields import Check, Choice, Number, Text
from sallyport_org.setup.forms import form_page
from sallyport_org.setup.menu import home_of
from sallyport_org.state import Status
from sallyport_org.web import Reply

MOMENT = "%Y-%m-%d %H:%M:%S"

_STATUS_WORDS = {
    "active": "Active",
    "suspended": "Suspended",
    "closed": "Closed",
    "trial_expired": "Trial expired",
    "locked": "Locked",
    "maintenance": "In maintenance",
}


@at_desk
def clock(desk: Desk) -> Reply:
    """Move the org's clock on or back, set it, or put it right again."""
    moved = desk.org.clock
    sections = (
        (
            "Move",
            (
                Number("days", "Days", least=-36_500, most=36_500, whole=False),
                Number("hours", "Hours", least=-876_000, most=876_000, whole=False),
                Number("minutes", "Minutes", least=-52_560_000, most=52_560_000, whole=False),
            ),
        ),
        (
            "Or set",
            (
                Text(
                    "moment",
                    "Moment (UTC)",
                    "Like 2027-02-20 00:00:00; empty to move by the numbers above.",
                    check=_checked_moment,
                ),
                Check("reset", "Put the clock right: the machine's own time"),
            ),
        ),
    )

    def save(values: dict[str, Any]) -> Reply:
        if values["reset"]:
            moved.ahead = timedelta()
        elif values["moment"]:
            moved.set(_read_moment(values["moment"]))
        else:
            spans = {name: values[name] for name in ("days", "hours", "minutes")}
            moved.move(timedelta(**spans))
        said = f"The org's clock says {moved.now().strftime(MOMENT)} UTC."
        return desk.done(home_of("SimulatorClock"), said)

    return form_page(
        desk,
        "SimulatorClock",
        "Clock",
        sections,
        {"days": 0, "hours": 0, "minutes": 0, "moment": "", "reset": False},
        save,
        intro=f"The org's clock says {moved.now().strftime(MOMENT)} UTC and runs on from there.",
        submit="Move Clock",
    )


def _read_moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _checked_moment(text: str) -> str:
    try:
        _read_moment(text)
    except ValueError:
        raise ValueError(
            f"Moment: {text!r} is no date and time; write it like 2027-02-20 00:00:00"
        ) from None
    return text


@at_desk
def status(desk: Desk) -> Reply:
    """Set whether the org lives; Setup stays open to those who are in, to set it back."""
    sections = (
        (
            "Org Status",
            (
                Choice("status", "Status", [(one, _STATUS_WORDS[one]) for one in get_args(Status)]),
                Check("waking", "The org's host is being set up (HTTP 420 at the edge)"),
            ),
        ),
    )

    def save(values: dict[str, Any]) -> Reply:
        desk.org.status, desk.org.waking = values["status"], values["waking"]
        said = f"The org is {_STATUS_WORDS[desk.org.status].lower()}."
        return desk.done(home_of("SimulatorStatus"), said)

    return form_page(
        desk,
        "SimulatorStatus",
        "Org Status",
        sections,
        {"status": desk.org.status, "waking": desk.org.waking},
        save,
        intro="Set by Salesforce, not by administrators. Who is logged in to Setup stays in.",
    )
