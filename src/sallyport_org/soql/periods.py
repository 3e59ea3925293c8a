"""Date literals (``TODAY``, ``LAST_N_DAYS:30``, ``THIS_QUARTER``) as half-open ranges of days.

What belongs here: calendar arithmetic. What does not: comparing fields with the ranges (``plan``).
Weeks begin on Sunday and days on midnight UTC, because the simulated user's locale is en_US and its
time zone GMT; the fiscal year is the calendar year. Meanings documented at
https://developer.salesforce.com/docs/platform/soql-sosl/guide/sforce-api-calls-soql-select-dateformats.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

Range = tuple[date, date]
"""First day, and the day after the last."""

_UNITS = "DAY|WEEK|MONTH|QUARTER|YEAR"
_RELATIVE = re.compile(rf"(THIS|LAST|NEXT)_(?:FISCAL_)?({_UNITS})$")
_SEVERAL = re.compile(rf"(LAST|NEXT)_N_(?:FISCAL_)?({_UNITS})S$")
_AGO = re.compile(rf"N_(?:FISCAL_)?({_UNITS})S_AGO$")


def period(name: str, count: int | None, today: date) -> Range | None:
    """Return the days a date literal means, or None if there is no such literal.

    ``name`` is upper case; ``count`` is the number after the colon, None when there is none.
    """
    simple = {"YESTERDAY": -1, "TODAY": 0, "TOMORROW": 1}
    if name in simple and count is None:
        day = today + timedelta(days=simple[name])
        return day, day + timedelta(days=1)
    if name == "LAST_90_DAYS" and count is None:
        return _last("DAY", 90, today)
    if name == "NEXT_90_DAYS" and count is None:
        return _next("DAY", 90, today)
    if (found := _RELATIVE.match(name)) and count is None and found[2] != "DAY":
        offset = {"THIS": 0, "LAST": -1, "NEXT": 1}[found[1]]
        return _unit(found[2], offset, today)
    if count is None:
        return None
    if found := _SEVERAL.match(name):
        return (_last if found[1] == "LAST" else _next)(found[2], count, today)
    if found := _AGO.match(name):
        return _unit(found[1], -count, today)
    return None


def _last(unit: str, count: int, today: date) -> Range:
    """The last n days include today; the last n weeks, months… end before the present one."""
    if unit == "DAY":
        return today - timedelta(days=count), today + timedelta(days=1)
    return _unit(unit, -count, today)[0], _unit(unit, 0, today)[0]


def _next(unit: str, count: int, today: date) -> Range:
    return _unit(unit, 1, today)[0], _unit(unit, count, today)[1]


def _unit(unit: str, offset: int, today: date) -> Range:
    start = _STARTS[unit]
    return start(today, offset), start(today, offset + 1)


def _week(today: date, offset: int) -> date:
    return today - timedelta(days=(today.weekday() + 1) % 7) + timedelta(weeks=offset)


def _months(size: int) -> Callable[[date, int], date]:
    """Return the function that finds the first day of a span of ``size`` months, ``offset`` on."""

    def start(today: date, offset: int) -> date:
        index = ((today.month - 1) // size + offset) * size
        return date(today.year + index // 12, index % 12 + 1, 1)

    return start


_STARTS: dict[str, Callable[[date, int], date]] = {
    "DAY": lambda today, offset: today + timedelta(days=offset),
    "WEEK": _week,
    "MONTH": _months(1),
    "QUARTER": _months(3),
    "YEAR": _months(12),
}
