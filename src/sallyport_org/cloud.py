"""Salesforce as a whole: several orgs, the hosts they answer at, and what they share.

What belongs here: which org a host name means, the apps every org knows, and the inbox where mails
to the orgs' people arrive. What does not: sockets and certificates (``doors``), one org's state
(``state``).

Hosts documented: https://help.salesforce.com/s/articleView?id=xcloud.domain_name_url_formats.htm
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from sallyport_org import ids
from sallyport_org.identity import App
from sallyport_org.inbox import Inbox, Mail
from sallyport_org.request_log import RequestLog
from sallyport_org.state import Org

if TYPE_CHECKING:
    from sallyport_org.addresses import Addresses
    from sallyport_org.build import Credentials, OrgShape
    from sallyport_org.datafile import Keeper

LOGIN_HOSTS = frozenset({"login.salesforce.com", "welcome.salesforce.com"})
TEST_HOSTS = frozenset({"test.salesforce.com"})
SALESFORCE_SUFFIXES = (".salesforce.com", ".force.com", ".site.com", ".salesforce-setup.com")

__all__ = ["Cloud", "Inbox", "Mail", "Place", "PlaceKind"]

PlaceKind = Literal["login", "test", "my_domain", "instance", "former", "local", "unknown"]


@dataclass(frozen=True, slots=True)
class Place:
    """What a host name means.

    ``my_domain`` and ``instance`` belong to one org; ``login`` and ``test`` to whichever org knows
    the user; ``local`` is the address of a plain door (127.0.0.1, localhost): My Domain and login
    host of one org at once. ``former`` is a host an org had before it moved; ``unknown`` none's.
    """

    kind: PlaceKind
    org: Org | None = None


class Founder(Protocol):
    """Builds further orgs while the simulator runs; the server is one."""

    def found(
        self, shape: OrgShape, *, rows: Mapping[str, int] | None = None, seed: int = 1
    ) -> tuple[Org, Credentials, str]:
        """Build an org, open a plain door for it; return it with credentials and address."""
        ...

    def close_down(self, org: Org) -> None:
        """Take an org away for good: its door stays shut, its hosts are nobody's."""
        ...


class Cloud:
    """Every org of one simulator. Safe to use from many threads.

    ``founder`` and ``doors`` are there while it is being served. ``admin_token`` lets programs on
    other machines administer it; None leaves that to this machine. ``keeper`` writes down
    the first org, if it is kept in a file. Whoever gives an org a My Domain holds ``founding``, so
    that no two get the same.
    """

    founder: Founder
    doors: Addresses

    def __init__(self) -> None:
        self.apps: dict[str, App] = {}
        self.inbox = Inbox()
        self.requests = RequestLog()
        self.admin_token: str | None = None
        self.keeper: Keeper | None = None
        self.founding = threading.Lock()
        self._orgs: dict[str, Org] = {}
        self._numbers = itertools.count(1_000)
        self._lock = threading.Lock()

    def add(self, org: Org) -> None:
        """Take an org in; the first is the default. Its mails arrive in the common inbox."""
        org.inbox, org.faults.told = self.inbox, self.requests.note_job
        with self._lock:
            self._orgs[org.id] = org

    def remove(self, org: Org) -> None:
        """Let an org go (a deleted sandbox)."""
        with self._lock:
            self._orgs.pop(org.id, None)

    def renumber(self, before: str, org: Org) -> None:
        """Note that an org has another id than before (a refreshed sandbox); it keeps its place."""
        with self._lock:
            self._orgs = {org.id if key == before else key: one for key, one in self._orgs.items()}

    def free_number(self) -> int:
        """Return a number no org's id was made from, and which nobody else is given."""
        with self._lock:
            return next(one for one in self._numbers if ids.record_id("00D", one) not in self._orgs)

    @property
    def orgs(self) -> list[Org]:
        """Every org, the default first."""
        return list(self._orgs.values())

    @property
    def default(self) -> Org:
        """The org a plain address means unless its door says otherwise."""
        return next(iter(self._orgs.values()))

    def org(self, org_id: str) -> Org | None:
        """Return the org with that 15- or 18-character id, or None."""
        return next((one for one in self.orgs if one.id[:15] == org_id[:15]), None)

    def place(self, host: str, door: Org | None = None) -> Place:
        """Return what a host name (without port) means; ``door`` is the org local names stand for.

        A host below Salesforce's domains that no org has is unknown; any other is local.
        """
        name = host.lower().rstrip(".")
        if name in LOGIN_HOSTS:
            return Place("login")
        if name in TEST_HOSTS:
            return Place("test")
        for org in self.orgs:
            if name == org.host:
                return Place("my_domain", org)
            if name in org.former_hosts:
                return Place("former", org)
        for org in self.orgs:
            if name == f"{org.organization.instance.lower()}.salesforce.com":
                return Place("instance", org)
        if name.endswith(SALESFORCE_SUFFIXES):
            return Place("unknown")
        return Place("local", door or self.default)

    def candidates(self, place: Place) -> list[Org]:
        """Return the orgs a login at a place can lead to."""
        if place.org is not None:
            return [place.org]
        if place.kind in ("login", "test"):
            sandbox = place.kind == "test"
            return [one for one in self.orgs if one.organization.is_sandbox == sandbox]
        return []
