"""What still stands between a right password and a session: codes to enter, passwords to change.

What belongs here: remembering who is on the way in, and which step comes next. What does not: the
pages (``verification``, ``passwords``) and judging the password (``identity``).
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sallyport_org.identity import User
    from sallyport_org.identity.judge import Attempt

LIFE = timedelta(minutes=15)
"""How long somebody may take on the way in (assumed)."""
TRIES = 5
"""Wrong codes until one has to start again (assumed)."""
KEPT = 1000

Step = Literal["email", "totp", "enroll", "password"]
Purpose = Literal["login", "consumer_details"]


@dataclass(slots=True)
class Challenge:
    """Somebody on the way in.

    ``steps`` are what is still asked, in order; ``go_on`` is where they wanted to go, a path;
    ``code`` was mailed; ``secret`` is the authenticator's key while it is being registered. For
    ``consumer_details``, ``session`` is the token of the session that asks.
    """

    id: str
    attempt: Attempt
    steps: list[Step]
    go_on: str
    expires: datetime
    display: str = ""
    purpose: Purpose = "login"
    session: str = field(default="", repr=False)
    code: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    tries_left: int = TRIES
    high_assurance: bool = False

    @property
    def user(self) -> User:
        """Who is on the way in."""
        return self.attempt.user


class Challenges:
    """Everybody on the way into one org. Safe to use from many threads."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Challenge] = OrderedDict()
        self._confirmed: OrderedDict[str, datetime] = OrderedDict()
        self._lock = threading.Lock()

    def begin(
        self,
        attempt: Attempt,
        steps: list[Step],
        go_on: str,
        now: datetime,
        *,
        display: str = "",
        purpose: Purpose = "login",
        session: str = "",
    ) -> Challenge:
        """Remember somebody; the id is hard to guess: it stands for the right password."""
        name = secrets.token_urlsafe(24)
        challenge = Challenge(name, attempt, steps, go_on, now + LIFE, display, purpose, session)
        with self._lock:
            self._open[name] = challenge
            while len(self._open) > KEPT:
                self._open.popitem(last=False)
        return challenge

    def get(self, challenge_id: str, now: datetime) -> Challenge | None:
        """Return who is on the way in under an id, or None when it is over or never was."""
        challenge = self._open.get(challenge_id)
        return challenge if challenge is not None and now < challenge.expires else None

    def end(self, challenge: Challenge) -> None:
        """Forget somebody who came in, or gave up."""
        with self._lock:
            self._open.pop(challenge.id, None)

    def missed(self, challenge: Challenge) -> bool:
        """Count a wrong code; says whether another try is left."""
        with self._lock:
            challenge.tries_left -= 1
            return challenge.tries_left > 0

    def confirm(self, token: str, now: datetime) -> None:
        """Remember that the person behind a session proved who they are again."""
        with self._lock:
            self._confirmed[token] = now + LIFE
            while len(self._confirmed) > KEPT:
                self._confirmed.popitem(last=False)

    def is_confirmed(self, token: str, now: datetime) -> bool:
        """Say whether the person behind a session proved who they are just now."""
        return now < self._confirmed.get(token, now)
