"""The session of one stored connection, shared by every thread, process and machine.

What belongs here: who may ask Salesforce for a new session and when, and what is stored of the
outcome. What does not: the order of calls within one attempt (``attempt.py``), storing
(``store/grants.py``), states of connections (``connections``).

The protocol, and why it is so: docs/decisions/0013-keeping-grants.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import structlog

from sallyport.auth.attempt import Attempt, ClaimLost, Doomed, Keeping, intent
from sallyport.auth.credentials import Credentials, WebServerCredentials
from sallyport.auth.grants import Grant
from sallyport.auth.keeper import is_fresh
from sallyport.auth.single_flight import SingleFlight
from sallyport.auth.tokens import next_tokens, session_in
from sallyport.auth.verdicts import Verdict, verdict_on
from sallyport.errors import (
    AuthorizationRequired,
    BrokenInstallation,
    InvalidRequest,
    RemoteRefused,
    RemoteUnavailable,
    SallyportError,
)
from sallyport.kernel import epoch_ms
from sallyport.salesforce.replies import TemporarilyRefused
from sallyport.salesforce.session import Session
from sallyport.store import GrantRecord, GrantState

MOST_CALLS_AN_HOUR = 1_800
"""Token calls one connection may make: half of the 3,600 logins an hour Salesforce allows a user
(documented), who may be used elsewhere too."""
_NEVER_LEFT = frozenset({"dns", "connect", "tls"})
"""Stages of RemoteUnavailable at which the request cannot have reached Salesforce."""
_HOUR = 3_600_000

log = structlog.get_logger(__name__)
Told = Callable[[AuthorizationRequired | None], None]


class GrantKeeper:
    """The SessionSource of a stored connection; nothing is sent before somebody asks.

    Promises, beside those of ``SingleFlight``: of all processes one at a time asks Salesforce, and
    the others take what it got; new tokens are stored before anybody uses them; a spent refresh
    token is not sent again; after a refusal nothing is sent until its verdict allows it.
    ``told`` hears of every refusal of a grant, and (None) of its end.
    """

    def __init__(
        self,
        connection_id: str,
        credentials: Credentials,
        keeping: Keeping,
        told: Told = lambda error: None,
    ) -> None:
        self._id = connection_id
        self._credentials = credentials
        self._renewal = isinstance(credentials, WebServerCredentials)
        self._keeping = keeping
        self._told = told
        self._flights = SingleFlight(self._shared, lambda session: is_fresh(session, keeping.clock))

    def current(self) -> Session:
        """Return the session in use, obtaining one when there is none.

        Raises AuthorizationRequired for a dead grant, RemoteRefused, RemoteUnavailable.
        """
        return self._flights.other_than(None)

    def renew(self, rejected: Session) -> Session:
        """Return a session other than the rejected one, unless somebody has one already."""
        return self._flights.other_than(rejected)

    def look_after(self) -> bool:
        """Renew a grant that is due although nobody uses it; returns whether it was.

        Raises as ``current`` does.
        """
        record = self._keeping.grants.read(self._id)
        if record is None or record.due_at is None or record.due_at > self._now():
            return False
        self._shared(session_in(record, self._keeping.vault, self._keeping.allowed))
        return True

    def _shared(self, rejected: Session | None) -> Session:
        """Return the stored session unless it is the rejected one, else renew or wait for it."""
        grants, patience = self._keeping.grants, self._keeping.patience
        clock = self._keeping.clock
        deadline = clock.monotonic() + patience.wait
        pause = 0.01
        while clock.monotonic() < deadline:
            record = grants.read(self._id)
            if record is not None:
                stored = self._stored_session(record)
                if stored is not None and (rejected is None or stored.token != rejected.token):
                    return stored
                self._respect_verdict(record)
            if record is None or record.lease_left == 0.0:
                renewed = self._attempt(record)
                if renewed is not None:
                    return renewed
            time.sleep(pause)
            pause = min(pause * 1.5, 0.2)
        raise RemoteUnavailable(
            "Another process has been renewing this connection's session for long and is not done.",
            stage="timeout",
            cure="Try again in a minute.",
        )

    def _stored_session(self, record: GrantRecord) -> Session | None:
        if record.state is not GrantState.USABLE:
            return None
        session = session_in(record, self._keeping.vault, self._keeping.allowed)
        return session if session is not None and is_fresh(session, self._keeping.clock) else None

    def _respect_verdict(self, record: GrantRecord) -> None:
        verdict = _verdict(record)
        if verdict is not None and verdict.bars(self._now()):
            raise self._tell(verdict)  # again: whoever stored it may have died before telling
        hour, calls = record.facts.get("calls", (0, 0))
        if hour == self._now() // _HOUR and calls >= MOST_CALLS_AN_HOUR:
            raise RemoteUnavailable(
                f"This connection has asked for {calls} sessions within the hour, and Salesforce"
                " ends each at once.",
                stage="http",
                cure="Find out what ends them: the app's session policy, or another program that"
                " logs out with the same session.",
            )

    def _attempt(self, record: GrantRecord | None) -> Session | None:
        """Try to become the one who renews; None when it is not decided yet."""
        clock = self._keeping.clock
        unanswered = record.intent if record is not None and self._renewal else None
        claimed_at = clock.monotonic()
        claim = self._keeping.grants.claim(
            self._id,
            None if record is None else record.version,
            owner=self._keeping.owner,
            seconds=self._keeping.patience.lease,
            intent=unanswered or intent(1, clock),
            # a claimer that dies is to be noticed, also if nobody uses the connection
            due_at=self._now() + int(self._keeping.patience.lease * 1000)
            if self._renewal
            else None,
        )
        if claim is None:
            return None
        due_before = None if record is None else record.due_at
        attempt = Attempt(self._keeping, claim, unanswered, claimed_at, due_before)
        try:
            grant = attempt.obtain(self._credentials)
        except ClaimLost:
            return None
        except Doomed as doomed:
            raise self._refuse(attempt, doomed.verdict) from doomed
        except RemoteRefused as refused:
            raise self._refuse(attempt, self._judge(attempt, refused)) from refused
        except TemporarilyRefused as refused:
            self._wait_or_raise(attempt, refused)
            return None
        except RemoteUnavailable as failed:
            if not attempt.spending or failed.stage in _NEVER_LEFT:
                self._release(attempt)
            raise
        except InvalidRequest:  # a rule of ours kept the request here
            self._release(attempt)
            raise
        except BaseException:
            if not attempt.spending:
                self._release(attempt)
            raise
        return self._keep(attempt, grant)

    def _keep(self, attempt: Attempt, grant: Grant) -> Session | None:
        """Store what was obtained, then hand it out; None when the claim was lost meanwhile."""
        keeping, claim = self._keeping, attempt.claim
        counted = replace(claim, facts=self._counted(claim))
        tokens = next_tokens(
            counted, grant, keeping.vault, keeping.clock, keeping.patience.keep_alive
        )
        deadline = keeping.clock.monotonic() + keeping.patience.lease
        while True:
            try:
                stored = keeping.grants.commit(claim, tokens)
                break
            except BrokenInstallation:
                # The only valid refresh token may be in our hands: a database that restarts is
                # worth waiting for.
                if keeping.clock.monotonic() > deadline:
                    raise
                time.sleep(0.25)
        if not stored:
            return None
        log.info("grant.renewed", connection=self._id, rotated=tokens.rotated)
        if self._renewal and claim.state is GrantState.REFUSED:
            self._told(None)
        record = keeping.grants.read(self._id)
        return None if record is None else session_in(record, keeping.vault, keeping.allowed)

    def _judge(self, attempt: Attempt, error: RemoteRefused | TemporarilyRefused) -> Verdict:
        before = _verdict(attempt.claim)
        failures = 1 if before is None else before.failures + 1
        return verdict_on(error, self._now(), renewal=self._renewal, failures=failures)

    def _refuse(self, attempt: Attempt, verdict: Verdict) -> SallyportError:
        """Store a refusal and return the error it stands for; a grant's is told."""
        facts = {**self._counted(attempt.claim), "verdict": verdict.as_json()}
        due_at = verdict.until if verdict.renewal else None
        self._keeping.grants.settle(
            attempt.claim, state=GrantState.REFUSED, facts=facts, due_at=due_at
        )
        log.warning(
            "grant.refused", connection=self._id, code=verdict.code, finding=verdict.finding
        )
        return self._tell(verdict)

    def _tell(self, verdict: Verdict) -> SallyportError:
        error = verdict.error()
        if isinstance(error, AuthorizationRequired):
            self._told(error)
        return error

    def _wait_or_raise(self, attempt: Attempt, refused: TemporarilyRefused) -> None:
        """Deal with an answer that is none yet: wait, remember, or leave it to introspection."""
        claim, said = attempt.claim, refused.text.lower()
        if "login rate exceeded" in said:
            raise self._refuse(attempt, self._judge(attempt, refused)) from refused
        if not attempt.spending:
            self._release(attempt)
            raise refused
        if "already being processed" not in said:
            raise refused  # a failing server may have spent the token: intent and claim stay
        self._keeping.grants.settle(
            claim,
            state=claim.state,
            facts=self._counted(claim),
            due_at=claim.due_at,
            intent=claim.intent,
            hold=self._keeping.patience.busy,
        )

    def _release(self, attempt: Attempt) -> None:
        """Give the claim back: nothing that could spend a token has left."""
        claim = attempt.claim
        self._keeping.grants.settle(
            claim,
            state=claim.state,
            facts=claim.facts,
            due_at=attempt.due_before,
            intent=attempt.unanswered,
        )

    def _counted(self, claim: GrantRecord) -> dict[str, Any]:
        """Return the facts with one more call of this hour."""
        hour = self._now() // _HOUR
        before, calls = claim.facts.get("calls", (hour, 0))
        return {**claim.facts, "calls": [hour, calls + 1 if before == hour else 1]}

    def _now(self) -> int:
        return epoch_ms(self._keeping.clock.now())


def _verdict(record: GrantRecord) -> Verdict | None:
    if record.state is not GrantState.REFUSED or "verdict" not in record.facts:
        return None
    return Verdict.from_json(record.facts["verdict"])
