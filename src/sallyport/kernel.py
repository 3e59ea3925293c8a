"""Values every room shares: the clock, identifiers, secrets, and life cycles as tables.

What belongs here: tiny types without IO. What does not: settings, storage, Salesforce's words.
"""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from sallyport.errors import IllegalMove


class Clock(Protocol):
    """Where the time comes from; passed in so that tests can move it."""

    def now(self) -> datetime:
        """Return the present moment, timezone-aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds on a clock that never goes back."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the machine's monotonic seconds."""
        return time.monotonic()


def epoch_ms(moment: datetime) -> int:
    """Return milliseconds since 1970 (the Flow Service's unit for its own stamps)."""
    return int(moment.timestamp() * 1000)


def from_epoch_ms(value: int) -> datetime:
    """Return the UTC moment of a millisecond stamp."""
    return datetime.fromtimestamp(value / 1000, UTC)


def new_id() -> str:
    """Return a fresh random UUID as text."""
    return str(uuid.uuid4())


def new_hex(chars: int) -> str:
    """Return ``chars`` random lower-case hex characters (dataset ids have 24, mapping ids 32)."""
    return secrets.token_hex((chars + 1) // 2)[:chars]


State = TypeVar("State", bound=StrEnum)


class LifeCycle(Generic[State]):
    """A table of allowed moves between states; a state without moves is an end."""

    def __init__(self, what: str, moves: Mapping[State, frozenset[State]]) -> None:
        """``what`` names the thing in a sentence: "a run"."""
        self._what = what
        self.moves = moves
        self.ended = frozenset(state for state, following in moves.items() if not following)

    def check(self, now: State, to: State) -> None:
        """Raise IllegalMove unless the table allows going from ``now`` to ``to``."""
        if to not in self.moves[now]:
            raise IllegalMove(
                f"{self._what} that is {now} cannot become {to}.", field="state", received=to
            )


MASK = "********"


@dataclass(frozen=True, slots=True, repr=False, eq=True)
class Secret:
    """A text that never prints itself; ``reveal`` is the only way to it.

    Logs, API answers and pages accept only ``str``: handing them a Secret prints the mask.
    """

    _value: str

    def reveal(self) -> str:
        """Return the secret text; call it only where it goes onto the wire or is sealed."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self._value)
