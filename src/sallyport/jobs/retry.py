"""Whether a failed step is tried again, as a value.

What belongs here: pure decisions. What does not: sleeping (``engine``), knowing which errors mean
what (``errors`` carries it: only RemoteUnavailable is worth another try).
"""

from __future__ import annotations

from dataclasses import dataclass

from sallyport.errors import RemoteUnavailable, SallyportError


@dataclass(frozen=True, slots=True)
class Retry:
    """Up to ``attempts`` tries; before try n+1 wait ``first * factor**(n-1)``, ``most`` at most."""

    attempts: int = 6
    first: float = 0.5
    factor: float = 3.0
    most: float = 60.0

    def wait_after(self, attempt: int, error: SallyportError) -> float | None:
        """Return seconds to wait after the failed ``attempt`` (1 is the first), None to give up."""
        if not isinstance(error, RemoteUnavailable) or attempt >= self.attempts:
            return None
        return float(min(self.most, self.first * self.factor ** (attempt - 1)))


ONCE = Retry(attempts=1)
