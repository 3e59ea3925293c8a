"""One simulated org: who may come in, what was switched on, and where its records are.

What belongs here: the org's own state and the questions asked of it. What does not: any wire (REST,
SOAP, OAuth, bulk) and making rows up. Nothing here does IO.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

from sallyport_org import ids
from sallyport_org.bulk.jobs import JobStore
from sallyport_org.bulk.pages import PageCache
from sallyport_org.dml import Committed
from sallyport_org.faults import Faults
from sallyport_org.identity import App, Directory, Session, User
from sallyport_org.identity.administration import ChangeRefusedError
from sallyport_org.inbox import Inbox
from sallyport_org.pages.challenges import Challenges
from sallyport_org.rows.engine import Engine
from sallyport_org.rows.generate import Organization
from sallyport_org.rows.rollups import Rollups
from sallyport_org.rows.snapshot import SnapshotStore
from sallyport_org.schema import Schema
from sallyport_org.schema.visible import Views
from sallyport_org.setup_rows import SetupRows
from sallyport_org.soql.cursors import Cursors
from sallyport_org.traffic import Traffic
from sallyport_org.usage import ApiUsage

OLDEST_VERSION, NEWEST_VERSION = 31, 67
"""API versions the org serves; older ones are retired (documented:
https://help.salesforce.com/s/articleView?id=005321531)."""

FIRST_VERSION = 21
"""The oldest version before Summer '25: an org can be set back to that time (documented there)."""

LAST_SOAP_LOGIN_VERSION = 64
"""login() is gone from 65.0 on (documented:
https://developer.salesforce.com/docs/platform/api/guide/api-eol-soap.html)."""


EDITIONS_WITHOUT_API = frozenset(
    {"Essentials Edition", "Starter Edition", "Group Edition", "Professional Edition"}
)
"""Editions that refuse API calls unless the API was bought (documented)."""

EDITIONS_WITH_API = frozenset(
    {"Developer Edition", "Enterprise Edition", "Performance Edition", "Unlimited Edition"}
)
"""Editions that come with the API (documented)."""


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


FIRST_YEAR, LAST_YEAR = 1970, 2999
"""Between these an org's clock can be: dates before and after overflow here and there."""


class MovableClock:
    """A clock that runs on like another, as far ahead of it (or behind) as it was moved.

    Moves out of reach raise :class:`~sallyport_org.identity.administration.ChangeRefusedError`.
    """

    def __init__(self, base: Clock) -> None:
        self._base = base
        self.ahead = timedelta()

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return self._base.now() + self.ahead

    def move(self, by: timedelta) -> None:
        """Move on (or back) by a span."""
        try:
            _check(self.now() + by)
        except OverflowError:
            raise _out_of_reach(f"a move by {by.days} days") from None
        self.ahead += by

    def set(self, moment: datetime) -> None:
        """Go to a moment (timezone-aware) and run on from there."""
        _check(moment)
        self.ahead = moment - self._base.now()


def _check(moment: datetime) -> None:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise _out_of_reach(moment.isoformat(timespec="seconds"))


def _out_of_reach(wanted: str) -> ChangeRefusedError:
    return ChangeRefusedError(
        f"clock: {wanted} cannot be used; stay between the years {FIRST_YEAR} and {LAST_YEAR}"
    )


@dataclass(slots=True)
class Settings:
    """What an administrator of the org, or of the simulator, can switch.

    Times are seconds unless the name says otherwise. ``rows_per_second`` is how fast a synchronous
    query that no index helps goes through rows; None takes no time. ``long_call_seconds``: from
    when on a running call counts against ``concurrent_limit``. ``propagation_seconds``: how long a
    new app stays unknown to the token endpoint (Salesforce: about ten minutes). ``token_seconds``:
    how long a token request takes, its refresh token claimed meanwhile. ``lockout_minutes`` 0 locks
    until an administrator unlocks. ``per_app_limit``: when set, ``Sforce-Limit-Info`` names the use
    of the caller's app as well, out of that many calls.
    """

    # Setup > User Interface, OAuth and OpenID Connect Settings, My Domain, API Access Control
    soap_login: bool = True
    password_flow: bool = True
    generic_login: bool = True
    generic_soap_login: bool = True
    api_access_control: bool = False
    uninstalled_apps_restricted: bool = True
    any_api_auth_required: bool = False
    require_pkce: bool = False
    # Setup > Network Access, Session Settings, Password Policies
    trusted_ip_ranges: tuple[tuple[str, str], ...] = ()
    session_minutes: float = 120.0
    password_days: float | None = 90.0
    max_failed_logins: int = 10
    lockout_minutes: float = 15.0
    # what Salesforce allows the org
    api_limit: int = 100_000
    per_app_limit: int | None = None
    concurrent_limit: int = 25
    logins_per_hour: int = 3600
    approvals_per_app: int = 5
    oldest_version: int = OLDEST_VERSION
    newest_version: int = NEWEST_VERSION
    long_call_seconds: float = 20.0
    password_flow_retired: bool = False
    propagation_seconds: float = 0.0
    # how the simulator behaves
    token_seconds: float = 0.0
    job_seconds: float = 0.2
    rollup_seconds: float = 1.0
    lock_wait_seconds: float = 10.0
    rows_per_second: float | None = None
    query_timeout_seconds: float = 120.0


Status = Literal["active", "suspended", "closed", "trial_expired", "locked", "maintenance"]


@dataclass(slots=True)
class Org:
    """One org. Sessions and counters may be used from many threads."""

    organization: Organization
    my_domain: str
    schema: Schema
    engine: Engine
    snapshots: SnapshotStore
    clock: MovableClock
    settings: Settings = field(default_factory=Settings)
    cursors: Cursors = field(default_factory=Cursors)
    jobs: JobStore = field(default_factory=JobStore)
    pages: PageCache = field(default_factory=PageCache)
    directory: Directory = field(init=False)
    apps: dict[str, App] = field(default_factory=dict)
    status: Status = "active"
    former_hosts: set[str] = field(default_factory=set)
    waking: bool = False
    traffic: Traffic = field(default_factory=Traffic)
    setup_rows: SetupRows = field(default_factory=SetupRows)
    faults: Faults = field(default_factory=Faults)
    inbox: Inbox = field(default_factory=Inbox)
    challenges: Challenges = field(default_factory=Challenges)
    listeners: list[Callable[[Committed], None]] = field(default_factory=list)
    born: datetime = field(default_factory=lambda: datetime.now(UTC))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _usage: ApiUsage = field(default_factory=ApiUsage)
    _jobs: int = 0
    _views: Views = field(default_factory=Views)
    rollups: Rollups = field(init=False)

    def __post_init__(self) -> None:
        self.directory = Directory(self.id, self.apps)
        self.listeners.append(lambda committed: self.setup_rows.take_over(self, committed))
        self.schema.now, self.schema.site = self.clock.now, self.my_domain
        self.rollups = Rollups(
            self.schema,
            self.engine,
            self.clock.now,
            lambda: self.settings.rollup_seconds,
            self.tell,
        )
        self.listeners.append(self.rollups.heard)
        self.faults.now = self.clock.now

    def close(self) -> None:
        """Stop background work and let go of rows and results."""
        self.rollups.close()
        self.jobs.close()
        self.pages.close()
        self.snapshots.close()
        self.engine.close()

    @property
    def id(self) -> str:
        """The org's 18-character id."""
        return self.organization.id

    @property
    def host(self) -> str:
        """The My Domain host name."""
        return self.my_domain.removeprefix("https://")

    @property
    def has_api(self) -> bool:
        """True for editions that come with the API."""
        return self.organization.edition not in EDITIONS_WITHOUT_API

    def schema_for(self, user: User) -> Schema:
        """Return the objects and fields a user may see, each with what the user may do to it."""
        return self._views.of(
            self.schema, user.id, lambda: self.directory.sets_of(user), self.directory.version
        )

    def tell(self, committed: Committed) -> None:
        """Tell every listener of rows that changed, after their commit."""
        for listener in list(self.listeners):
            listener(committed)

    def open_session(self, user: User, app: App | None) -> Session:
        """Hand out a new token."""
        return self.directory.open_session(user, app, self.clock.now())

    def end_all_sessions(self) -> int:
        """End every session, as an administrator may; returns how many there were."""
        return self.directory.end_sessions()

    def count_call(self, app: App | None = None) -> tuple[int, int]:
        """Count one API call; returns calls used in the last 24 hours, and calls allowed.

        More used than allowed means that this one is to be refused; it is not counted.
        """
        most = self.settings.api_limit
        return self._usage.count(self.clock.now(), most, app.client_id if app else None), most

    def count_others(self, calls: int) -> None:
        """Count API calls other integrations made."""
        self._usage.add(self.clock.now(), calls)

    def calls_used(self) -> int:
        """Return how many API calls were counted in the last 24 hours."""
        return self._usage.used(self.clock.now())

    def limit_info(self, app: App | None = None) -> str:
        """Return the header ``Sforce-Limit-Info``, with the use of one app if the setting is on.

        Both forms observed.
        """
        all_calls = f"api-usage={self.calls_used()}/{self.settings.api_limit}"
        most = self.settings.per_app_limit
        if most is None or app is None:
            return all_calls
        used = self._usage.used(self.clock.now(), app.client_id)
        return f"{all_calls}; per-app-api-usage={used}/{most}(appName={app.name})"

    def next_id(self, prefix: str) -> str:
        """Return a fresh id for things that are not rows (jobs, locators)."""
        with self._lock:
            self._jobs += 1
            return ids.record_id(prefix, self._jobs)
