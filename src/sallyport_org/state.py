"""One simulated org: who may come in, what was switched on, and where its records are.

What belongs here: the org's own state and the questions asked of it. What does not: any wire (REST,
SOAP, OAuth, bulk) and making rows up. Nothing here does IO.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from sallyport_org import ids
from sallyport_org.bulk.jobs import JobStore
from sallyport_org.bulk.pages import PageCache
from sallyport_org.dml import Committed
from sallyport_org.faults import Faults
from sallyport_org.rows.engine import Engine
from sallyport_org.rows.generate import Organization
from sallyport_org.rows.snapshot import SnapshotStore
from sallyport_org.schema import Schema
from sallyport_org.soql.cursors import Cursors

OLDEST_VERSION, NEWEST_VERSION = 31, 67
"""API versions the org serves; older ones are retired (documented:
https://help.salesforce.com/s/articleView?id=005321531)."""

LAST_SOAP_LOGIN_VERSION = 64
"""login() is gone from 65.0 on (documented:
https://developer.salesforce.com/docs/platform/api/guide/api-eol-soap.html)."""


class Clock(Protocol):
    """Where the org's time comes from."""

    def now(self) -> datetime:
        """Return the present moment, timezone-aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may log in."""

    id: str
    username: str
    password: str
    security_token: str
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class App:
    """An external client app: its keys, and what its policies allow.

    ``run_as`` is the username client credentials act as; ``certificate`` is the PEM public key that
    verifies JWT assertions; ``approved`` are the usernames admins have pre-authorized.
    """

    client_id: str
    client_secret: str
    name: str
    run_as: str | None = None
    client_credentials: bool = True
    certificate: str | None = None
    approved: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Session:
    """A token handed out, for whom and to which app (None after a SOAP login)."""

    token: str
    user: User
    app: App | None
    issued_at: datetime


@dataclass(slots=True)
class Settings:
    """What an administrator of the simulator can switch.

    ``job_seconds`` is how long a bulk job takes at least; ``api_limit`` the calls allowed a day.
    """

    soap_login: bool = True
    job_seconds: float = 0.2
    api_limit: int = 100_000


@dataclass(slots=True)
class Org:
    """One org. Sessions and counters may be used from many threads."""

    organization: Organization
    my_domain: str
    schema: Schema
    engine: Engine
    snapshots: SnapshotStore
    clock: Clock
    settings: Settings = field(default_factory=Settings)
    cursors: Cursors = field(default_factory=Cursors)
    jobs: JobStore = field(default_factory=JobStore)
    pages: PageCache = field(default_factory=PageCache)
    users: dict[str, User] = field(default_factory=dict)
    apps: dict[str, App] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    listeners: list[Callable[[Committed], None]] = field(default_factory=list)
    born: datetime = field(default_factory=lambda: datetime.now(UTC))
    _sessions: dict[str, Session] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _calls: int = 0
    _jobs: int = 0

    def close(self) -> None:
        """Stop background work and let go of rows and results."""
        self.jobs.close()
        self.pages.close()
        self.snapshots.close()
        self.engine.close()

    @property
    def id(self) -> str:
        """The org's 18-character id."""
        return self.organization.id

    def admit(self, users: Iterable[User], apps: Iterable[App]) -> None:
        """Add users (found by username, whatever its letter case) and apps."""
        self.users.update((user.username.lower(), user) for user in users)
        self.apps.update((app.client_id, app) for app in apps)

    def user(self, username: str) -> User | None:
        """Return the user of that name, or None."""
        return self.users.get(username.lower())

    def schema_for(self, user: User) -> Schema:
        """Return the objects and fields a user may see, each with what the user may do to it."""
        return self.schema

    def tell(self, committed: Committed) -> None:
        """Tell every listener of rows that changed, after their commit."""
        for listener in list(self.listeners):
            listener(committed)

    def open_session(self, user: User, app: App | None) -> Session:
        """Hand out a new opaque token: the org's 15-character id, ``!`` and a secret."""
        token = f"{self.id[:15]}!AQ{secrets.token_urlsafe(72).replace('-', '.')}"
        session = Session(token, user, app, self.clock.now())
        with self._lock:
            self._sessions[token] = session
        return session

    def session(self, token: str) -> Session | None:
        """Return the live session of a token, or None."""
        return self._sessions.get(token)

    def revoke(self, token: str) -> bool:
        """End a session; says whether there was one."""
        with self._lock:
            return self._sessions.pop(token, None) is not None

    def end_all_sessions(self) -> int:
        """End every session, as an administrator may; returns how many there were."""
        with self._lock:
            ended = len(self._sessions)
            self._sessions.clear()
            return ended

    def count_call(self) -> tuple[int, int]:
        """Count one API call; returns calls used and calls allowed a day."""
        with self._lock:
            self._calls += 1
            return self._calls, self.settings.api_limit

    def calls_used(self) -> int:
        """Return how many API calls were counted since the start."""
        return self._calls

    def next_id(self, prefix: str) -> str:
        """Return a fresh id for things that are not rows (jobs, locators)."""
        with self._lock:
            self._jobs += 1
            return ids.record_id(prefix, self._jobs)


def same_text(given: str, kept: str) -> bool:
    """Compare two secrets without telling their common length."""
    return hmac.compare_digest(given.encode(), kept.encode())
