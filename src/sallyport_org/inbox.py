"""Where mails to the orgs' people arrive: identity codes, security tokens, new passwords.

What belongs here: mails and keeping them. What does not: the page that shows them (``pages``) and
deciding to send one (``identity``).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime

KEPT_MAILS = 1000


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail Salesforce sent: an identity verification code, a new security token."""

    at: datetime
    to: str
    subject: str
    text: str


class Inbox:
    """The mails of all orgs' people, newest last."""

    def __init__(self) -> None:
        self._mails: deque[Mail] = deque(maxlen=KEPT_MAILS)

    def put(self, mail: Mail) -> None:
        """Deliver a mail."""
        self._mails.append(mail)

    def clear(self) -> int:
        """Throw every mail away; returns how many there were."""
        count = len(self._mails)
        self._mails.clear()
        return count

    def mails(self, to: str | None = None) -> list[Mail]:
        """Return all mails, or those to one address."""
        return [one for one in list(self._mails) if to is None or one.to == to]
