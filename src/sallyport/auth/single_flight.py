"""One session for all the threads of a process, renewed once at a time.

What belongs here: who waits for whom within a process. What does not: how a session is obtained,
and other processes (``keeper.py``, ``grant_keeper.py``).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future

from sallyport.errors import RemoteUnavailable
from sallyport.salesforce.session import Session


class SingleFlight:
    """Hands out a session; ``obtain`` gets one other than the rejected one it is told (or None).

    Promises: any number of callers at once cause one call of ``obtain`` and share its session or
    its error; a session somebody saw rejected is replaced only if it is still the one in use; the
    lock is never held while ``obtain`` runs. A failure is not remembered here.
    """

    def __init__(
        self,
        obtain: Callable[[Session | None], Session],
        still_good: Callable[[Session], bool] = lambda session: True,
    ) -> None:
        self._obtain = obtain
        self._still_good = still_good
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._flight: Future[Session] | None = None

    def other_than(self, rejected: Session | None) -> Session:
        """Return a session other than the rejected one; raises what ``obtain`` raises."""
        while True:
            with self._lock:
                session = self._session
                if session is not None and _differs(session, rejected):
                    if self._still_good(session):
                        return session
                    rejected = session
                flight, mine = self._flight, self._flight is None
                if flight is None:
                    flight = self._flight = Future()
            if mine:
                self._fly(flight, rejected)
            session = flight.result()
            # Somebody else's flight may have found the very session this caller saw rejected; its
            # own may only if Salesforce hands the same token out again, and then that is all.
            if mine or _differs(session, rejected):
                return session

    def _fly(self, flight: Future[Session], rejected: Session | None) -> None:
        """Obtain for everybody who waits; whatever happens, they are told and the next may try."""
        try:
            session = self._obtain(rejected)
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


def _differs(session: Session, rejected: Session | None) -> bool:
    return rejected is None or session.token != rejected.token
