"""The request being answered, for whoever strikes a fault while answering it.

What belongs here: what one request met. It travels with the thread that answers, so that a fault
struck deep below (a lock, a query) shows in the request log. What does not: the log itself
(``request_log``).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sallyport_org.faults.model import Fault, Faults

JOB = "JOB"
"""What stands for a method where a fault struck a job in the background."""

_here = threading.local()


class Attending(Protocol):
    """What a journal needs to know of an org."""

    @property
    def id(self) -> str:
        """The org's id."""
        ...

    @property
    def faults(self) -> Faults:
        """The org's faults."""
        ...


@dataclass(eq=False, slots=True)
class Journal:
    """One request: how it was asked, what struck it, and whose faults may still strike it.

    ``faults`` are those of the org that answers; a request at a login host learns it on the way.
    ``struck`` are their ids, each once. ``troubles`` are the faults of its transport, by kind.
    Work in the background has a journal too, of method :data:`JOB`: as no answer brings it into the
    request log, ``told`` is called with each fault that strikes.
    """

    method: str = ""
    path: str = ""
    faults: Faults | None = None
    struck: list[str] = field(default_factory=list)
    troubles: dict[str, Fault] = field(default_factory=dict)
    org_id: str | None = None
    username: str | None = None
    version: str | None = None
    told: Callable[[Journal, str], None] | None = None

    def strike(self, fault_id: str) -> None:
        """Note a fault that struck."""
        if fault_id in self.struck:
            return
        self.struck.append(fault_id)
        if self.told is not None:
            self.told(self, fault_id)

    def belongs_to(self, org: Attending) -> None:
        """Note the org that answers; its faults are the ones that may strike."""
        self.org_id, self.faults = org.id, org.faults

    @contextmanager
    def open(self) -> Iterator[Journal]:
        """Make this the request the present thread answers."""
        before, _here.journal = current(), self
        try:
            yield self
        finally:
            _here.journal = before


def current() -> Journal | None:
    """Return the request the present thread answers, or None outside of any."""
    journal: Journal | None = getattr(_here, "journal", None)
    return journal


def attend(org: Attending, username: str | None = None, version: str | None = None) -> None:
    """Note who answers the present request, and to whom, for the request log and the faults.

    Where the host does not say which org is meant (login.salesforce.com), whoever finds out calls
    this: the faults of that org then strike the answer on its way out.
    """
    journal = current()
    if journal is None:
        return
    journal.belongs_to(org)
    journal.username = username or journal.username
    journal.version = version or journal.version


def skew() -> timedelta:
    """Return how far ahead the clock of the server is that answers the present request."""
    journal = current()
    fault = journal.troubles.get("clock_skew") if journal is not None else None
    return timedelta(seconds=float(fault.settings.get("seconds", 0))) if fault else timedelta()
