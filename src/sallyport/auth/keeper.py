"""A session that is nobody else's: kept in this process, for as long as it runs.

What belongs here: logging in once for all threads, as a verification does before anything is
stored. What does not: the sessions of stored connections, which all processes share
(``grant_keeper.py``).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sallyport.auth.credentials import LoginCredentials
from sallyport.auth.driver import Sender, perform
from sallyport.auth.grants import Grant
from sallyport.auth.single_flight import SingleFlight
from sallyport.kernel import Clock
from sallyport.salesforce.client import HttpClient
from sallyport.salesforce.hosts import AllowedHosts, parse_instance_url
from sallyport.salesforce.session import Session

EARLY = timedelta(minutes=1)
"""How long before its known end a token is replaced, or a fifth of its life if that is less."""


class SessionKeeper:
    """The SessionSource of one login; nothing is sent before somebody asks.

    Promises what ``SingleFlight`` promises: any number of callers at once cause one login. A failed
    login is not remembered: the next caller tries anew.
    """

    def __init__(self, credentials: LoginCredentials, http: HttpClient, clock: Clock) -> None:
        self._credentials = credentials
        self._http: Sender = http
        self._allowed = http.allowed
        self._clock = clock
        self.grant: Grant | None = None
        """What the last login gave; None before the first."""
        self._flights = SingleFlight(self._log_in, lambda session: is_fresh(session, clock))

    def current(self) -> Session:
        """Return the session in use, logging in when there is none.

        Raises what the login raises: RemoteRefused, RemoteUnavailable, InvalidRequest.
        """
        return self._flights.other_than(None)

    def renew(self, rejected: Session) -> Session:
        """Return a session other than the rejected one, logging in unless somebody already has."""
        return self._flights.other_than(rejected)

    def _log_in(self, _rejected: Session | None) -> Session:
        self.grant = perform(self._credentials.flow(), self._http)
        return session_of(self.grant, self._allowed, self._clock)


def session_of(grant: Grant, allowed: AllowedHosts, clock: Clock) -> Session:
    """Return the session a grant opens; InvalidRequest when its data host is neither Salesforce's
    nor listed."""
    return Session(
        token=grant.access_token,
        instance_url=parse_instance_url(grant.instance_url, allowed),
        org_id=grant.org_id,
        user_id=grant.user_id,
        issued_at=grant.issued_at or clock.now(),
        use_until=use_until(grant, clock.now()),
    )


def use_until(grant: Grant, received: datetime) -> datetime | None:
    """Return when a token received now is to be replaced; None when it does not say how long it
    lives."""
    if grant.lifetime is None:
        return None
    life = timedelta(seconds=grant.lifetime)
    return received + life - min(EARLY, life / 5)


def is_fresh(session: Session, clock: Clock) -> bool:
    """Return whether a session need not be replaced yet."""
    return session.use_until is None or clock.now() < session.use_until
