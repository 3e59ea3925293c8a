"""An org's settings and its clock.

What belongs here: paths about them, and the bounds of settings. What does not: what a setting does
(``state.Settings``).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sallyport_org import inputs
from sallyport_org.admin.access import body
from sallyport_org.identity.addresses import checked_range
from sallyport_org.inputs import BadInput
from sallyport_org.state import FIRST_VERSION, NEWEST_VERSION, OLDEST_VERSION, Org, Settings
from sallyport_org.web import Reply, Visit, json_reply

MOST_CALLS = 1_000_000_000
LONGEST_MOVE = timedelta(days=36_500).total_seconds()
_BOUNDS: dict[str, tuple[float, float]] = {
    "oldest_version": (FIRST_VERSION, NEWEST_VERSION),
    "newest_version": (OLDEST_VERSION, NEWEST_VERSION),
}
"""Bounds of settings other than 0 and up."""


def show_settings(visit: Visit, org: Org) -> Reply:
    """Answer with every setting."""
    return json_reply(inputs.plain(org.settings))


def change_settings(visit: Visit, org: Org) -> Reply:
    """Change settings; the others stay."""
    for name, value in read_settings(body(visit.call)).items():
        setattr(org.settings, name, value)
    return json_reply(inputs.plain(org.settings))


def read_settings(given: object) -> dict[str, Any]:
    """Return settings typed and within bounds; raises :class:`BadInput`."""
    read = inputs.attributes(given, Settings, list(inputs.field_types(Settings)), "settings")
    for name, value in read.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            least, most = _BOUNDS.get(name, (0, float("inf")))
            inputs.number(value, name, least, most)
    for first, last in read.get("trusted_ip_ranges", ()):
        try:
            checked_range(first, last)
        except ValueError as wrong:
            raise BadInput("trusted_ip_ranges", [first, last], str(wrong)) from wrong
    return read


def count_calls(visit: Visit, org: Org) -> Reply:
    """Count ``calls`` that other integrations made against the day's limit."""
    given = body(visit.call)
    inputs.known(given, ("calls",), "API calls")
    org.count_others(inputs.whole(given.get("calls"), "calls", 1, MOST_CALLS))
    return json_reply({"used": org.calls_used(), "limit": org.settings.api_limit})


# -- the clock


def show_clock(visit: Visit, org: Org) -> Reply:
    """Answer with the org's time, and how far it was moved."""
    ahead = org.clock.ahead.total_seconds()
    return json_reply({"now": inputs.plain(org.clock.now()), "ahead_seconds": round(ahead, 3)})


def set_clock(visit: Visit, org: Org) -> Reply:
    """Set the org's clock to a moment, or (``now`` null) back to the machine's."""
    given = body(visit.call)
    inputs.known(given, ("now",), "a clock")
    if "now" not in given:
        raise BadInput("now", None, "give a moment like 2026-01-31T08:00:00Z, or null")
    if given["now"] is None:
        org.clock.ahead = timedelta()
    else:
        org.clock.set(inputs.moment(given["now"], "now"))
    return show_clock(visit, org)


def advance_clock(visit: Visit, org: Org) -> Reply:
    """Move the org's clock on, or back by a number below 0."""
    given = body(visit.call)
    units = ("seconds", "minutes", "hours", "days")
    inputs.known(given, units, "a move of the clock")
    if not given:
        raise BadInput("seconds", None, f"give at least one of {', '.join(units)}")
    spans = {
        unit: inputs.number(value, unit, -LONGEST_MOVE, LONGEST_MOVE)
        for unit, value in given.items()
    }
    by = timedelta(**spans)
    if abs(by.total_seconds()) > LONGEST_MOVE:
        raise BadInput("days", given, "move by at most a hundred years")
    org.clock.move(by)
    return show_clock(visit, org)
