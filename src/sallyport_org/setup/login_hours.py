"""A profile's login hours as people write them: ``Monday 08:00 - 17:30``, a day a line.

What belongs here: reading and writing that text. What does not: which hours are allowed
(``identity.administration``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sallyport_org.identity.administration import MINUTES_A_DAY, ChangeRefusedError

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def hours_as_lines(hours: Mapping[int, tuple[int, int]]) -> list[str]:
    """Return login hours as people write them: ``Monday 08:00 - 17:30``."""
    return [
        f"{DAYS[day]} {first // 60:02}:{first % 60:02} - {last // 60:02}:{last % 60:02}"
        for day, (first, last) in sorted(hours.items())
    ]


def read_hours(lines: Iterable[str]) -> dict[int, tuple[int, int]]:
    """Return login hours written by a person.

    Raises :class:`~sallyport_org.identity.administration.ChangeRefusedError`.
    """
    hours = {}
    for line in lines:
        parts = line.replace("-", " ").split()
        day = parts[0].capitalize() if parts else ""
        if len(parts) != 3 or day not in DAYS:
            raise _bad_hours(line)
        first, last = (_minute(part, line) for part in parts[1:])
        hours[DAYS.index(day)] = (first, last)
    return hours


def _minute(text: str, line: str) -> int:
    hour, _, minute = text.partition(":")
    if not (hour.isdecimal() and minute.isdecimal() and int(minute) < 60):
        raise _bad_hours(line)
    total = int(hour) * 60 + int(minute)
    return total - 1 if total == MINUTES_A_DAY else total


def _bad_hours(line: str) -> ChangeRefusedError:
    return ChangeRefusedError(
        f"Login Hours: {line!r} cannot be read; write a day and two times like Monday 08:00 - 17:30"
    )
