"""What the store remembers of a refusal, so that nobody asks again in vain.

What belongs here: for how long a refusal counts, and turning it into an error again. What does not:
the cure for each of Salesforce's texts (``refusals.py``), causes that need more evidence
(``diagnosis``).

A refused refresh is final when the token itself is dead. What an administrator can undo without the
user (an address range, a blocked app, a frozen user) is tried again, ever more rarely: a wrong
password tried too often locks the user.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sallyport.errors import AuthorizationRequired, RemoteRefused, SallyportError
from sallyport.kernel import from_epoch_ms
from sallyport.salesforce.replies import TemporarilyRefused

LOST_IN_ROTATION = "lost-in-rotation"
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=24)
RATE_PAUSE = timedelta(minutes=10)
"""How long to leave a user alone who has logged in too often (3,600 times an hour, documented)."""
_GROWTH = 4
_DEAD = (
    ("invalid_grant", "expired access/refresh token"),
    ("invalid_client", ""),
    ("invalid_client_id", ""),
)
"""Code and words of refresh refusals that no waiting heals: the token, or the app's key, is gone.
Documented: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flow_errors.htm
"""


@dataclass(frozen=True)
class Verdict:
    """A refusal as stored. ``until`` (milliseconds): nothing is sent before; None: for good.

    ``renewal`` says that a person's grant was refused, not a login that can be repeated;
    ``temporary`` that Salesforce only asked to wait. ``failures`` counts refusals in a row.
    """

    message: str
    status: int
    code: str
    text: str
    until: int | None
    renewal: bool
    failures: int = 1
    temporary: bool = False
    finding: str | None = None
    field: str | None = None
    cure: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what is stored; nothing of it is secret."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Verdict:
        """Return a stored verdict."""
        return cls(**stored)

    def bars(self, now_ms: int) -> bool:
        """Return whether nothing may be sent yet."""
        return self.until is None or now_ms < self.until

    def error(self) -> SallyportError:
        """Return the error it stands for, with the time from which it is tried again."""
        message = self.message
        if self.until is not None:
            moment = from_epoch_ms(self.until)
            message += f" Nothing more is sent before {moment:%Y-%m-%d %H:%M:%S} UTC."
        told: dict[str, Any] = {"field": self.field, "cure": self.cure}
        said: dict[str, Any] = {"status": self.status, "code": self.code, "text": self.text}
        if self.temporary:
            return TemporarilyRefused(message, **said, **told)
        if self.renewal:
            return AuthorizationRequired(message, **said, **told, finding=self.finding)
        return RemoteRefused(message, **said, **told)


def verdict_on(
    error: RemoteRefused | TemporarilyRefused, now_ms: int, *, renewal: bool, failures: int
) -> Verdict:
    """Return what to remember of a refusal, the ``failures``-th in a row."""
    temporary = isinstance(error, TemporarilyRefused)
    until: int | None
    if temporary:
        until = now_ms + _ms(RATE_PAUSE)
    elif renewal and any(error.code == code and words in error.text for code, words in _DEAD):
        until = None
    else:
        until = now_ms + min(_ms(FIRST_PAUSE) * _GROWTH ** min(failures - 1, 9), _ms(LONGEST_PAUSE))
    return Verdict(
        message=error.message,
        status=error.status or 0,
        code=error.code,
        text=error.text,
        until=until,
        renewal=renewal,
        failures=failures,
        temporary=temporary,
        field=error.field,
        cure=error.cure or ("Connect again with Salesforce." if until is None else None),
    )


def lost_in_rotation(refused: RemoteRefused | None = None) -> Verdict:
    """Return the verdict on a grant whose newest token never reached the store.

    ``refused`` is what Salesforce said to the old one, if it was tried.
    """
    return Verdict(
        message="The refresh token was lost in rotation: Salesforce replaced it, and its answer"
        " never reached us (this process or the network died in between).",
        status=refused.status if refused else 0,
        code=refused.code if refused else "invalid_grant",
        text=refused.text if refused else "",
        until=None,
        renewal=True,
        finding=LOST_IN_ROTATION,
        cure="Connect again with Salesforce as the same user; flows go on from where they were.",
    )


def ended(refused: RemoteRefused | None) -> Verdict:
    """Return the verdict on a grant that was found dead, of an app that does not rotate tokens."""
    return Verdict(
        message="The refresh token is no longer alive: the approval was revoked, pushed out by a"
        " newer one, or ended by the app's policy.",
        status=refused.status if refused else 0,
        code=refused.code if refused else "invalid_grant",
        text=refused.text if refused else "",
        until=None,
        renewal=True,
        cure="Connect again with Salesforce as the same user.",
    )


def no_refresh_token() -> Verdict:
    """Return the verdict on a grant that cannot be renewed."""
    return Verdict(
        message="The session has ended, and the grant holds no refresh token.",
        status=0,
        code="no_refresh_token",
        text="",
        until=None,
        renewal=True,
        cure="Add the scope refresh_token to the app, then connect again with Salesforce.",
    )


def _ms(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)
