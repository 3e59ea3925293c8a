"""What no Salesforce Setup has: a clock that can be moved.

What belongs here: the page. What does not: what time changes elsewhere.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sallyport_org.setup.desk import Desk, at_desk
from sallyport_org.setup.fields import Check, Number, Text, quoted
from sallyport_org.setup.forms import form_page
from sallyport_org.setup.menu import home_of
from sallyport_org.web import Reply

MOMENT = "%Y-%m-%d %H:%M:%S"


@at_desk
def move(desk: Desk) -> Reply:
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
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _checked_moment(text: str) -> str:
    try:
        _read_moment(text)
    except (ValueError, OverflowError):
        raise ValueError(
            f"{quoted(text)} is no date and time; write it like 2027-02-20 00:00:00"
        ) from None
    return text
