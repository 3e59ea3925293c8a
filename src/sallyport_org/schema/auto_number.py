"""Auto-numbers: a counter and parts of a day in an administrator's pattern.

What belongs here: display formats such as ``A-{0000}`` or ``{YYYY}{MM}-{0}``. What does not: who
counts (``dml``, ``rows.generate``) and reading the pattern from metadata (``schema.metadata``).

Documented: https://help.salesforce.com/s/articleView?id=sf.custom_field_attributes.htm
"""

from __future__ import annotations

import re
from datetime import datetime

_PLACES = re.compile(r"\{(0+|YYYY|YY|MM|DD)\}")
_DAY_PARTS = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "DD": "%d"}
USUAL = "{00000000}"
"""The pattern of fields that name none."""


def auto_number(pattern: str | None, number: int, at: datetime) -> str:
    """Return the auto-number of a row: its number in the pattern, made at that moment."""

    def filled(found: re.Match[str]) -> str:
        place = found[1]
        return at.strftime(_DAY_PARTS[place]) if place in _DAY_PARTS else f"{number:0{len(place)}}"

    return _PLACES.sub(filled, pattern or USUAL)


def auto_number_sql(pattern: str | None, number: str, moment: str) -> str:
    """Return SQL for :func:`auto_number` out of SQL for a whole number and a timestamp."""
    pieces = _PLACES.split(pattern or USUAL)
    parts = []
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            parts.append("'" + piece.replace("'", "''") + "'")
        elif piece in _DAY_PARTS:
            parts.append(f"strftime({moment}, '{_DAY_PARTS[piece]}')")
        else:
            text = f"({number})::VARCHAR"
            parts.append(f"lpad({text}, greatest(length({text}), {len(piece)})::INTEGER, '0')")
    return "(" + " || ".join(parts) + ")"


def counter_expression(pattern: str | None) -> str:
    """Return a regular expression whose group is the counter of a value in that pattern."""
    pieces = _PLACES.split(pattern or USUAL)
    parts = [
        re.escape(piece) if index % 2 == 0 else ("[0-9]+" if piece in _DAY_PARTS else "([0-9]+)")
        for index, piece in enumerate(pieces)
    ]
    return "^" + "".join(parts) + "$"
