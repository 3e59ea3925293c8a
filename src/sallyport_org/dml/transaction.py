"""One transaction of writes: its locks, its rows, and what it tells when it is kept.

What belongs here: beginning, joining and ending. What does not: which rows are written.

The order is: locks first, then the engine's transaction (so that it sees what the last holder of
the locks did), then the commit, then the locks back, then the news. Stamps are taken before all
that, so under load rows become visible in another order than their stamps say.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import duckdb

from sallyport_org import errors
from sallyport_org.dml.model import Committed
from sallyport_org.faults import Fault
from sallyport_org.rows.engine import Conflict

if TYPE_CHECKING:
    from sallyport_org.state import Org

_ATTEMPTS = 10

Made = TypeVar("Made")

_open = threading.local()


@dataclass(eq=False, slots=True)
class Transaction:
    """Writes that are kept together or not at all."""

    org: Org
    told: list[Committed] = field(default_factory=list)
    late: Fault | None = None

    def lock(self, rows: Sequence[frozenset[str]]) -> dict[int, str]:
        """Lock rows; see :meth:`sallyport_org.rows.locks.Locks.take`."""
        return self.org.engine.locks.take(self, rows, self.org.settings.lock_wait_seconds)

    @contextmanager
    def rows(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give the cursor to write with; what it did is committed when the block ends well."""
        with self.org.engine.transaction() as cursor:
            yield cursor
            if self.late is not None and not is_together():
                self.late.wait()


@contextmanager
def transaction(org: Org) -> Iterator[Transaction]:
    """Give the transaction this thread is in, or a new one that ends with the block."""
    joined: Transaction | None = getattr(_open, "transaction", None)
    if joined is not None:
        yield joined
        return
    mine = Transaction(org)
    try:
        yield mine
    finally:
        org.engine.locks.release(mine)
    for news in mine.told:
        org.tell(news)


def is_together() -> bool:
    """Say whether this thread is inside :func:`together`, its view of the rows older than now."""
    return getattr(_open, "transaction", None) is not None


@contextmanager
def together(org: Org) -> Iterator[None]:
    """Make every write of this thread within the block one transaction; an exception undoes it.

    What the thread reads meanwhile includes what it wrote. Raises
    :data:`sallyport_org.rows.engine.Conflict` when somebody else changed the same rows first.
    """
    with transaction(org) as one, org.engine.transaction():
        outermost = not is_together()
        _open.transaction = one
        try:
            yield
        finally:
            if outermost:
                _open.transaction = None
        if outermost and one.late is not None:
            one.late.wait()


def as_one(org: Org, act: Callable[[], Made]) -> Made:
    """Return what an act returns that is carried out :func:`together`, begun anew on conflicts.

    Raises what the act raises, and UNABLE_TO_LOCK_ROW when others were first every time. An act
    that is part of a larger one leaves beginning anew to that one.
    """
    for _ in range(_ATTEMPTS):
        try:
            with together(org):
                return act()
        except Conflict:
            if is_together():
                raise
    raise errors.rows.locked("")
