"""The tokens of a connection as they are stored: what is sealed, and what is plain beside it.

What belongs here: the two halves of a stored grant and turning a grant into them. What does not:
when they change (``grant_keeper.py``), the row they are kept in (``store``).

Sealed: the access and the refresh token. Plain, in ``facts``: ``instance_url``, ``org_id``,
``user_id``, ``issued_at``, ``use_until`` (milliseconds, None where not known), ``scope``,
``granted_at``, ``rotated_at``, and ``rotation``: whether the last refresh brought another refresh
token (absent before the first).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sallyport.auth.grants import Grant
from sallyport.auth.keeper import use_until
from sallyport.auth.vault import Vault
from sallyport.kernel import Clock, Secret, epoch_ms, from_epoch_ms
from sallyport.salesforce.hosts import AllowedHosts, parse_instance_url
from sallyport.salesforce.session import Session
from sallyport.store import GrantRecord, NewTokens


def first_tokens(
    connection_id: str, grant: Grant, vault: Vault, clock: Clock, keep_alive: timedelta
) -> NewTokens:
    """Return what to store of a grant a person gave, or of a first login."""
    now = clock.now()
    facts = {"granted_at": epoch_ms(now), **_facts(grant, clock)}
    return NewTokens(
        sealed=_seal(connection_id, grant.access_token, grant.refresh_token, vault),
        facts=facts,
        renewed_at=epoch_ms(now),
        due_at=epoch_ms(now + keep_alive) if grant.refresh_token else None,
        rotated=True,
    )


def next_tokens(
    record: GrantRecord, grant: Grant, vault: Vault, clock: Clock, keep_alive: timedelta
) -> NewTokens:
    """Return what to store after a renewal; whatever the answer left out stays as it was."""
    now = clock.now()
    held = refresh_token(record, vault)
    rotated = grant.refresh_token is not None and grant.refresh_token != held
    kept = {key: value for key, value in record.facts.items() if key not in _ENDED_BY_SUCCESS}
    told = {key: value for key, value in _facts(grant, clock).items() if value not in (None, [])}
    facts = {**kept, "use_until": None, **told}
    if held is not None:
        facts["rotation"] = rotated
    if rotated:
        facts["rotated_at"] = epoch_ms(now)
    newest = grant.refresh_token or held
    return NewTokens(
        sealed=_seal(record.connection_id, grant.access_token, newest, vault),
        facts=facts,
        renewed_at=epoch_ms(now),
        due_at=epoch_ms(now + keep_alive) if newest else None,
        rotated=rotated,
    )


def session_in(record: GrantRecord, vault: Vault, allowed: AllowedHosts) -> Session | None:
    """Return the stored session, None when there is none.

    Raises InvalidRequest when its data host is neither Salesforce's nor listed, BrokenInstallation
    when it cannot be unsealed.
    """
    secrets = _open(record, vault)
    if "access_token" not in secrets:
        return None
    facts = record.facts
    until = facts.get("use_until")
    return Session(
        token=secrets["access_token"],
        instance_url=parse_instance_url(facts["instance_url"], allowed),
        org_id=facts.get("org_id"),
        user_id=facts.get("user_id"),
        issued_at=from_epoch_ms(facts["issued_at"]),
        use_until=None if until is None else from_epoch_ms(until),
    )


def refresh_token(record: GrantRecord, vault: Vault) -> Secret | None:
    """Return the newest refresh token, None when there is none."""
    return _open(record, vault).get("refresh_token")


_ENDED_BY_SUCCESS = frozenset({"verdict"})


def _facts(grant: Grant, clock: Clock) -> dict[str, Any]:
    until = use_until(grant, clock.now())
    return {
        "instance_url": grant.instance_url,
        "org_id": grant.org_id,
        "user_id": grant.user_id,
        "issued_at": epoch_ms(grant.issued_at or clock.now()),
        "use_until": None if until is None else epoch_ms(until),
        "scope": list(grant.scope),
    }


def _seal(connection_id: str, access: Secret, refresh: Secret | None, vault: Vault) -> str:
    plain = {"access_token": access.reveal()}
    if refresh is not None:
        plain["refresh_token"] = refresh.reveal()
    return vault.seal(plain, context=_context(connection_id))


def _open(record: GrantRecord, vault: Vault) -> Mapping[str, Secret]:
    if record.sealed is None:
        return {}
    return vault.open(record.sealed, context=_context(record.connection_id))


def _context(connection_id: str) -> str:
    """Bind tokens to their connection, and apart from its other secrets."""
    return f"{connection_id}/grant"
