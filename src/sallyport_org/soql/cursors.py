"""Unfinished queries, by the locator their next page is asked with.

What belongs here: remembering them. What does not: pages and HTTP (``rest.query``).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from sallyport_org import errors
from sallyport_org.rows.snapshot import Snapshot
from sallyport_org.soql.plan import Plan

KEPT_CURSORS = 100
"""How many unfinished queries are remembered; older locators become invalid (assumed)."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """An unfinished query: how to write its rows, and the rows."""

    plan: Plan
    snapshot: Snapshot
    version: str


class Cursors:
    """The unfinished queries of an org, by locator."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Cursor] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, locator: str, cursor: Cursor) -> None:
        """Remember a query, and forget the oldest when there are too many."""
        with self._lock:
            self._open[locator] = cursor
            while len(self._open) > KEPT_CURSORS:
                self._open.popitem(last=False)

    def find(self, locator: str) -> Cursor:
        """Return the query of a locator; raises INVALID_QUERY_LOCATOR."""
        cursor = self._open.get(locator)
        if cursor is None:
            raise errors.soql.invalid_query_locator()
        return cursor
