"""Unfinished queries, by the locator their next page is asked with.

What belongs here: remembering them, and for how long. What does not: pages and HTTP
(``rest.query``).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sallyport_org import errors
from sallyport_org.rows.snapshot import Snapshot
from sallyport_org.soql.plan import Plan

KEPT_CURSORS = 1000
"""How many unfinished queries are remembered; older locators become invalid (assumed)."""
LIFETIME = timedelta(days=2)
"""How long a locator can be used (documented:
https://developer.salesforce.com/docs/platform/soql-sosl/guide/sforce-api-calls-soql-select.html)."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """An unfinished query: how to write its rows, the rows, who asked and when."""

    plan: Plan
    snapshot: Snapshot
    version: str
    user_id: str
    opened: datetime


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

    def find(self, locator: str, user_id: str, now: datetime) -> Cursor:
        """Return the query of a locator; raises INVALID_QUERY_LOCATOR.

        A locator serves the user it was given to only (assumed).
        """
        with self._lock:
            cursor = self._open.get(locator)
            if cursor is not None and now - cursor.opened > LIFETIME:
                del self._open[locator]
                cursor = None
        if cursor is None or cursor.user_id != user_id:
            raise errors.soql.invalid_query_locator()
        return cursor
