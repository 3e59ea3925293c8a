"""The sessions and grants of stored connections: one keeper each, and what becomes of a grant.

What belongs here: making keepers of stored credentials, storing first grants, revoking, keeping
idle grants alive, and moving a connection when its grant dies or comes back. What does not: how a
keeper works (``auth``), verifying (``verify``), the use cases (``service``).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog

from sallyport.auth.attempt import Keeping
from sallyport.auth.driver import perform
from sallyport.auth.grant_keeper import GrantKeeper
from sallyport.auth.grants import Grant
from sallyport.auth.revoke import revoke
from sallyport.auth.tokens import first_tokens, refresh_token, session_in
from sallyport.connections.model import LIFE, Connection, ConnectionState, from_record
from sallyport.connections.specs import CheckedParameters, auth_spec, check
from sallyport.errors import AuthorizationRequired, NotFound, SallyportError, StaleVersion
from sallyport.kernel import Secret, epoch_ms
from sallyport.store import Actor, GrantRecord, Kind, Scope, Store

SYSTEM = Actor("sallyport", "sallyport")
TRY_AGAIN = timedelta(minutes=15)
"""When a grant that could not be looked after has its next turn."""
log = structlog.get_logger(__name__)


class Sessions:
    """Keepers by connection, made when first asked for and anew when credentials change."""

    def __init__(self, store: Store, keeping: Keeping) -> None:
        self._store = store
        self._keeping = keeping
        self._keepers: dict[str, tuple[str, GrantKeeper]] = {}
        self._lock = threading.Lock()

    def of(self, connection: Connection) -> GrantKeeper:
        """Return the keeper of a connection's session."""
        sealed = connection.record.sealed or ""
        with self._lock:
            known = self._keepers.get(connection.id)
            if known is not None and known[0] == sealed:
                return known[1]
            scope, connection_id = connection.scope, connection.id
            keeper = GrantKeeper(
                connection_id,
                self.checked(connection).credentials,
                self._keeping,
                lambda error: self._move(scope, connection_id, error),
            )
            self._keepers[connection_id] = (sealed, keeper)
            return keeper

    def checked(self, connection: Connection) -> CheckedParameters:
        """Return a stored connection's parameters, unsealed and checked again."""
        return check(
            auth_spec(connection.auth),
            {**connection.parameters, **self.secrets(connection)},
            self._keeping.allowed,
        )

    def secrets(self, connection: Connection) -> Mapping[str, Secret]:
        """Return the secret parameters of a stored connection."""
        return self._keeping.vault.open(connection.record.sealed or "", context=connection.id)

    def seal(self, connection_id: str, secrets: Mapping[str, Secret]) -> str:
        """Return secret parameters as they are stored."""
        plain = {name: value.reveal() for name, value in secrets.items()}
        return self._keeping.vault.seal(plain, context=connection_id)

    def keep(self, connection_id: str, grant: Grant) -> None:
        """Store a grant, or a first login, in place of whatever there is."""
        keeping = self._keeping
        tokens = first_tokens(
            connection_id, grant, keeping.vault, keeping.clock, keeping.patience.keep_alive
        )
        keeping.grants.replace(connection_id, tokens)
        with self._lock:
            self._keepers.pop(connection_id, None)

    def record(self, connection_id: str) -> GrantRecord | None:
        """Return what is stored of a connection's grant; its tokens are sealed."""
        return self._keeping.grants.read(connection_id)

    def held_token(self, connection_id: str) -> Secret | None:
        """Return what ends a connection's grant when revoked: its refresh token, else its access
        token."""
        record = self._keeping.grants.read(connection_id)
        if record is None:
            return None
        token = refresh_token(record, self._keeping.vault)
        if token is not None:
            return token
        session = session_in(record, self._keeping.vault, self._keeping.allowed)
        return None if session is None else session.token

    def drop(self, connection_id: str) -> None:
        """Forget a grant without telling Salesforce."""
        self._keeping.grants.delete(connection_id)
        with self._lock:
            self._keepers.pop(connection_id, None)

    def revoke(self, checked: CheckedParameters, token: Secret) -> bool:
        """End a token at Salesforce, which keeps five approvals of a user and app and no more.

        Returns whether that is certain; a failure is logged, as what it is about goes on anyway.
        """
        try:
            perform(revoke(checked.credentials.login, token), self._keeping.http)
        except SallyportError as error:
            log.warning("grant.not_revoked", why=error.message)
            return False
        return True

    def look_after(self) -> int:
        """Renew the grants that are due although nobody uses them; returns how many were.

        A grant that cannot be renewed is said on its connection, not raised.
        """
        renewed = 0
        for connection_id in self._keeping.grants.due(epoch_ms(self._keeping.clock.now())):
            record = self._store.locate(Kind.CONNECTION, connection_id)
            if record is None:
                self._keeping.grants.delete(connection_id)
                continue
            try:
                renewed += self.of(from_record(record)).look_after()
            except SallyportError as error:
                log.warning("grant.not_kept_alive", connection=connection_id, why=error.message)
                later = self._keeping.clock.now() + TRY_AGAIN
                self._keeping.grants.postpone(connection_id, epoch_ms(later))
        return renewed

    def _move(self, scope: Scope, connection_id: str, error: AuthorizationRequired | None) -> None:
        """Say on the connection that its grant needs a person, or (None) that it works again."""
        wanted = (
            ConnectionState.ENABLED if error is None else ConnectionState.AUTHORIZATION_REQUIRED
        )
        while True:
            try:
                connection = from_record(self._store.get(Kind.CONNECTION, scope, connection_id))
                if connection.state is wanted or wanted not in LIFE.moves[connection.state]:
                    return
                body = {**connection.record.body, "last_operation": self._operation(error)}
                self._store.update(replace(connection.record, state=wanted, body=body), SYSTEM)
            except StaleVersion:  # somebody changed something else: look again
                continue
            except NotFound:  # removed meanwhile
                return
            log.warning("connection.moved", connection=connection_id, state=wanted)
            return

    def _operation(self, error: AuthorizationRequired | None) -> dict[str, Any]:
        now = epoch_ms(self._keeping.clock.now())
        operation = {"operation": "authorize", "started": now, "updated": now}
        if error is None:
            return {**operation, "value": "success", "errors": []}
        reason = {"code": error.finding or error.code, "message": error.message}
        if error.cure:
            reason["cure"] = error.cure
        return {**operation, "value": "failed", "errors": [reason]}
