"""One session per connection, shared by all its callers and renewed once at a time.

What belongs here: single flight over the threads of a process. What does not: refresh tokens and
other processes (none of today's grants has a refresh token, so two processes may each log in).
"""

from __future__ import annotations

import threading
from concurrent.futures import Future

from sallyport.auth.credentials import Credentials
from sallyport.auth.driver import perform
from sallyport.auth.grants import Grant
from sallyport.errors import RemoteUnavailable
from sallyport.kernel import Clock
from sallyport.salesforce.client import HttpClient
from sallyport.salesforce.hosts import AllowedHosts, parse_instance_url
from sallyport.salesforce.session import Session


class SessionKeeper:
    """The SessionSource of one connection; nothing is sent before somebody asks.

    Promises: any number of callers at once cause one login and share its session or its error; a
    session somebody saw rejected is replaced only if it is still the one in use; the lock is never
    held while Salesforce is asked. A failed login is not remembered: the next caller tries anew.
    """

    def __init__(self, credentials: Credentials, http: HttpClient, clock: Clock) -> None:
        self._credentials = credentials
        self._http = http
        self._clock = clock
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._flight: Future[Session] | None = None

    def current(self) -> Session:
        """Return the session in use, logging in when there is none.

        Raises what the login raises: RemoteRefused, RemoteUnavailable, InvalidRequest.
        """
        return self._other_than(None)

    def renew(self, rejected: Session) -> Session:
        """Return a session other than the rejected one, logging in unless somebody already has."""
        return self._other_than(rejected)

    def _other_than(self, rejected: Session | None) -> Session:
        with self._lock:
            session = self._session
            if session is not None and (rejected is None or session.token != rejected.token):
                return session
            flight, mine = self._flight, self._flight is None
            if flight is None:
                flight = self._flight = Future()
        if mine:
            self._fly(flight)
        return flight.result()

    def _fly(self, flight: Future[Session]) -> None:
        """Log in for everybody who waits; whatever happens, they are told and the next may try."""
        try:
            grant = perform(self._credentials.flow(), self._http)
            session = session_of(grant, self._http.allowed, self._clock)
        except Exception as error:
            self._land(None)
            flight.set_exception(error)
        except BaseException:
            # An interrupt is for this thread alone; the others must not wait for ever.
            self._land(None)
            flight.set_exception(RemoteUnavailable("The login was interrupted.", stage="http"))
            raise
        else:
            self._land(session)
            flight.set_result(session)

    def _land(self, session: Session | None) -> None:
        with self._lock:
            self._flight = None
            if session is not None:
                self._session = session


def session_of(grant: Grant, allowed: AllowedHosts, clock: Clock) -> Session:
    """Return the session a grant opens; InvalidRequest when its data host is neither Salesforce's
    nor listed."""
    return Session(
        token=grant.access_token,
        instance_url=parse_instance_url(grant.instance_url, allowed),
        org_id=grant.org_id,
        user_id=grant.user_id,
        issued_at=grant.issued_at or clock.now(),
    )
