"""The next free numbers of an org: record ids and auto-numbers.

What belongs here: handing them out without repeats, also to transactions running side by side. What
does not: how an id is written (``ids``). A number handed out is spent even if its row is rolled
back, as in Salesforce (observed for auto-numbers).
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema, texts are quoted

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from sallyport_org import ids
from sallyport_org.schema.auto_number import auto_number, counter_expression

if TYPE_CHECKING:
    from sallyport_org.rows.engine import Engine
    from sallyport_org.schema.model import SObject

_LAST_DIGITS = re.compile(r"(.*?)(\d+)(\D*)$", re.DOTALL)
_FIRST_NUMBER = "00000000"


class Numbers:
    """Counters that begin after what the tables hold when they are first asked."""

    def __init__(self) -> None:
        self._next: dict[str, int] = {}
        self._forms: dict[str, tuple[str, int, str]] = {}
        self._lock = threading.Lock()

    def record_ids(self, engine: Engine, sobject: SObject, count: int) -> list[str]:
        """Return ``count`` fresh ids of an object, ascending."""
        prefix = sobject.prefix or "000"
        head = f"{prefix}{ids.INSTANCE}0"

        def last() -> int:
            found = engine.rows(
                f'SELECT max(id) FROM (SELECT Id AS id FROM "{sobject.name}" UNION ALL '
                'SELECT id FROM "~gone") WHERE starts_with(id, ?)',
                [head],
            )[0][0]
            return -1 if found is None else _sequence(found)

        first = self._take(prefix, count, last)
        return [ids.record_id(prefix, first + step) for step in range(count)]

    def auto_numbers(
        self, engine: Engine, sobject: SObject, name: str, count: int, at: datetime
    ) -> list[str]:
        """Return ``count`` fresh values of an auto-number field for rows made at a moment.

        They have the field's display format, or else the form its rows have.
        """
        key = f"{sobject.name}.{name}"
        pattern = sobject.field(name).display_format
        if pattern is not None:
            highest = (
                f'SELECT max(TRY_CAST(regexp_extract("{name}", ?, 1) AS BIGINT)) '
                f'FROM "{sobject.name}"'
            )
            shape = counter_expression(pattern)
            first = self._take(key, count, lambda: int(engine.scalar(highest, [shape]) or 0))
            return [auto_number(pattern, first + step, at) for step in range(count)]

        def last() -> int:
            found = engine.rows(
                f'SELECT "{name}" FROM "{sobject.name}" ORDER BY '
                f"TRY_CAST(regexp_extract(\"{name}\", '([0-9]+)[^0-9]*$', 1) AS BIGINT) "
                "DESC NULLS LAST LIMIT 1"
            )
            form = _LAST_DIGITS.match(found[0][0] or "") if found else None
            head, digits, tail = form.groups() if form else ("", _FIRST_NUMBER, "")
            self._forms[key] = (head, len(digits), tail)
            return int(digits)

        first = self._take(key, count, last)
        head, width, tail = self._forms[key]
        return [f"{head}{first + step:0{width}d}{tail}" for step in range(count)]

    def _take(self, key: str, count: int, last: Callable[[], int]) -> int:
        with self._lock:
            first = self._next[key] if key in self._next else last() + 1
            self._next[key] = first + count
            return first


def _sequence(record_id: str) -> int:
    """Return the number in the last nine of an id's first fifteen characters."""
    number = 0
    for digit in record_id[6:15]:
        number = number * 62 + ids.DIGITS.index(digit)
    return number
