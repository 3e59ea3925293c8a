"""One attempt to renew, under a claim: what is sent, and what may follow when it goes wrong.

What belongs here: the order of inquiry, intent and request, and the verdict on their answers. What
does not: who may attempt and when (``grant_keeper.py``).

An attempt may spend a refresh token, which Salesforce may take once only. So:

- the intent to send it is stored before it is sent (by the claim itself, or by ``note``);
- nothing is sent that could still be under way when the claim ends;
- after an attempt that never told its end, the token is sent only once introspection says that it
  is alive; where the app may not ask, it is sent one single time more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sallyport.auth.credentials import Credentials, WebServerCredentials
from sallyport.auth.driver import Sender, perform
from sallyport.auth.grants import TOKEN_TIMEOUT, Grant
from sallyport.auth.tokens import refresh_token
from sallyport.auth.vault import Vault
from sallyport.auth.verdicts import Verdict, ended, lost_in_rotation, no_refresh_token
from sallyport.errors import RemoteRefused, RemoteUnavailable
from sallyport.kernel import Clock, Secret, epoch_ms
from sallyport.salesforce.hosts import AllowedHosts
from sallyport.salesforce.replies import Reply, Request
from sallyport.store import GrantRecord, GrantStore

MOST_SENDS = 2
"""How often a refresh token may be sent without an answer, where the app may not introspect."""


@dataclass(frozen=True)
class Patience:
    """Seconds to wait for what; a claim must outlast the call that is made under it.

    ``call``: one call of the token endpoint. ``lease``: a claim. ``busy``: before a token is looked
    at again that Salesforce says is being processed. ``wait``: a caller, for another's renewal.
    """

    call: float = TOKEN_TIMEOUT
    lease: float = TOKEN_TIMEOUT + 15.0
    busy: float = 2.0
    wait: float = 3 * TOKEN_TIMEOUT
    keep_alive: timedelta = timedelta(days=7)

    def __post_init__(self) -> None:
        if self.lease <= self.call:
            raise ValueError("a claim must last longer than the call made under it")


@dataclass(frozen=True)
class Keeping:
    """What every keeper of a process works with; ``owner`` names the process in its claims."""

    grants: GrantStore
    vault: Vault
    http: Sender
    allowed: AllowedHosts
    clock: Clock
    owner: str
    patience: Patience = Patience()


class Doomed(Exception):
    """The grant cannot be renewed any more; ``verdict`` says why."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.message)
        self.verdict = verdict


class ClaimLost(Exception):
    """Somebody else has the grant now: nothing was sent, look again."""


class Attempt:
    """What one claimer does.

    ``claim`` is the row as it was last written, ``unanswered`` and ``due_before`` what stood there
    before; ``spending`` tells that a refresh token may have reached Salesforce.
    """

    def __init__(
        self,
        keeping: Keeping,
        claim: GrantRecord,
        unanswered: Mapping[str, Any] | None,
        claimed_at: float,
        due_before: int | None,
    ) -> None:
        self.claim = claim
        self.unanswered = unanswered
        self.due_before = due_before
        self.spending = False
        self._keeping = keeping
        self._claimed_at = claimed_at  # monotonic seconds, from before the claim was written

    def obtain(self, credentials: Credentials) -> Grant:
        """Return what a login or a refresh gives.

        Raises Doomed, ClaimLost, and what the flow raises.
        """
        if not isinstance(credentials, WebServerCredentials):
            return perform(credentials.flow(), self)
        token = refresh_token(self.claim, self._keeping.vault)
        if token is None:
            raise Doomed(no_refresh_token())
        if self.unanswered is not None:
            self._look_into(credentials, token, self.unanswered)
        known = self.claim.facts.get("instance_url")
        self.spending = True
        try:
            return perform(credentials.renewal(token, known), self)
        except RemoteRefused as refused:
            if self._may_have_been_spent(refused):
                raise Doomed(self._lost(refused)) from refused
            raise

    def send(self, request: Request) -> Reply:
        """Perform a request that is certain to be over before the claim is.

        RemoteUnavailable (stage ``connect``: nothing was sent) when this process was held up for so
        long that it is not.
        """
        patience = self._keeping.patience
        passed = self._keeping.clock.monotonic() - self._claimed_at
        if passed + patience.call > patience.lease:
            raise RemoteUnavailable(
                "This process was held up, and its turn to renew the session is over.",
                stage="connect",
            )
        bounded = replace(request, timeout=min(request.timeout, patience.call))
        return self._keeping.http.send(bounded)

    def _look_into(
        self, credentials: WebServerCredentials, token: Secret, unanswered: Mapping[str, Any]
    ) -> None:
        """Find out whether a token was spent by an attempt that never told its end, and record the
        next one."""
        sends = 1
        alive = self._is_alive(credentials, token)
        if alive is False:
            raise Doomed(self._lost())
        if alive is None:
            sends = int(unanswered["sends"]) + 1
            if sends > MOST_SENDS:
                raise Doomed(self._lost())
        now = self._keeping.clock.monotonic()
        noted = self._keeping.grants.note(
            self.claim,
            intent(sends, self._keeping.clock),
            seconds=self._keeping.patience.lease,
        )
        if noted is None:
            raise ClaimLost
        self.claim, self._claimed_at = noted, now

    def _is_alive(self, credentials: WebServerCredentials, token: Secret) -> bool | None:
        """Ask; None when the app may not ask."""
        inquiry = credentials.inquiry(token)
        if inquiry is None:
            return None
        try:
            return perform(inquiry, self).active
        except RemoteRefused:
            return None

    def _lost(self, refused: RemoteRefused | None = None) -> Verdict:
        """Return the verdict on a dead token whose last use has no known end."""
        if self.claim.facts.get("rotation") is False:
            return ended(refused)
        return lost_in_rotation(refused)

    def _may_have_been_spent(self, refused: RemoteRefused) -> bool:
        """Tell whether the refusal is about a token sent once more after an unknown end."""
        sent_before = self.claim.intent is not None and int(self.claim.intent["sends"]) > 1
        dead = refused.code == "invalid_grant" and "expired access/refresh token" in refused.text
        return sent_before and dead


def intent(sends: int, clock: Clock) -> dict[str, Any]:
    """Return what is stored of a request before it is sent: the how-manieth without an answer."""
    return {"sends": sends, "at": epoch_ms(clock.now())}
