"""The port to the tokens of connections, and what it promises.

What belongs here: the shape of a stored grant and the guarantees every adapter keeps. What does
not: SQL (``sql_grants.py``), what a token is and when it is renewed (``auth/grant_keeper.py``).

Promises, proven on SQLite and PostgreSQL by ``tests/store/test_grants.py``:

- Every call is one transaction, on disk when it returns.
- A grant is claimed by one caller at a time, of all threads, processes and machines. A claim ends
  by the *database's* clock, and is written together with the intent to act under it: whoever comes
  after a claimer that died finds what it was about to do.
- ``version`` changes with every write. Whoever lost its claim can change nothing any more, with one
  exception: a token that replaced generation *n* is always taken while generation *n* is stored.
  Salesforce has spent the old one; refusing the new one would lose the grant.
- No transaction is ever held open across a call to Salesforce.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class GrantState(StrEnum):
    """Whether tokens may be used; the keeper moves it, and connecting anew."""

    USABLE = "usable"  # tokens work, or nothing speaks against asking for some
    REFUSED = "refused"  # Salesforce said no; ``facts["refusal"]`` says what and until when


@dataclass(frozen=True, slots=True)
class GrantRecord:
    """The stored grant of one connection. Times are milliseconds since 1970 by our own clock.

    ``sealed`` is ciphertext from the vault (the tokens), None before the first login.
    ``generation`` counts refresh tokens. ``intent`` is what the last claimer was about to do and
    never said the end of. ``lease_left`` is how many seconds somebody's claim still lasts, 0 when
    nobody has one. ``due_at`` is when somebody should look after it although nobody uses it.
    """

    connection_id: str
    version: int
    generation: int
    state: GrantState
    sealed: str | None
    facts: Mapping[str, Any] = field(default_factory=dict)
    renewed_at: int | None = None
    due_at: int | None = None
    owner: str | None = None
    lease_left: float = 0.0
    intent: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class NewTokens:
    """What a renewal brought. ``rotated``: the refresh token is another one than before."""

    sealed: str
    facts: Mapping[str, Any]
    renewed_at: int
    due_at: int | None
    rotated: bool


class GrantStore(Protocol):
    """See the module docstring for the promises."""

    def read(self, connection_id: str) -> GrantRecord | None:
        """Return a connection's grant, None when it never had one."""
        ...

    def replace(self, connection_id: str, tokens: NewTokens) -> GrantRecord:
        """Store a grant in place of whatever there is: a person has authorized anew."""
        ...

    def claim(
        self,
        connection_id: str,
        version: int | None,
        *,
        owner: str,
        seconds: float,
        intent: Mapping[str, Any],
        due_at: int | None,
    ) -> GrantRecord | None:
        """Claim the grant at ``version`` (None: there is none yet) and record what for.

        ``due_at`` is when somebody should look after it should the claimer die.

        Returns None when it has changed since, or somebody's claim still lasts.
        """
        ...

    def note(
        self, claim: GrantRecord, intent: Mapping[str, Any], *, seconds: float
    ) -> GrantRecord | None:
        """Record another intent under a claim, which lasts so long from now; None: it is lost."""
        ...

    def commit(self, claim: GrantRecord, tokens: NewTokens) -> bool:
        """Store new tokens and end claim and intent; False when the claim is lost.

        Tokens of a next generation are stored also under a lost claim, as promised above.
        """
        ...

    def settle(
        self,
        claim: GrantRecord,
        *,
        state: GrantState,
        facts: Mapping[str, Any],
        due_at: int | None,
        intent: Mapping[str, Any] | None = None,
        hold: float = 0.0,
    ) -> bool:
        """End a claim without new tokens, or hold the grant back for so many seconds more.

        False when the claim is lost.
        """
        ...

    def delete(self, connection_id: str) -> None:
        """Forget a connection's grant, if it has one."""
        ...

    def postpone(self, connection_id: str, moment: int) -> None:
        """Let a grant that is due by then be due only at a moment (milliseconds): its turn failed,
        and others wait behind it."""
        ...

    def due(self, moment: int, limit: int = 100) -> Sequence[str]:
        """Return connections whose grant is due at a moment (milliseconds), longest overdue
        first."""
        ...
