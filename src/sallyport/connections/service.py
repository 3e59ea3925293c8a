"""Making, reading, testing, authorizing anew and removing connections.

What belongs here: the use cases an administrator knows, for terminal and API alike. What does not:
how they are spelled on either, and asking the org about its objects (``exploring``). Longer than
most modules because a connection has many use cases; each is short.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from dataclasses import dataclass, replace
from typing import Any

import structlog

from sallyport.auth.attempt import Keeping
from sallyport.auth.grants import Grant
from sallyport.auth.jwt_bearer import expiry_warning, read_assertion
from sallyport.connections.exploring import Exploring
from sallyport.connections.model import LIFE, Connection, ConnectionState, from_record
from sallyport.connections.reconnecting import check_same_org, check_same_user
from sallyport.connections.sessions import SYSTEM, Sessions
from sallyport.connections.specs import CheckedParameters, auth_spec, check
from sallyport.connections.verify import Verified, at_fault, verify, verify_grant, verify_login
from sallyport.errors import (
    BrokenInstallation,
    Conflict,
    IllegalMove,
    InvalidRequest,
    RemoteUnavailable,
    SallyportError,
)
from sallyport.kernel import Secret, epoch_ms, new_id
from sallyport.salesforce.client import HttpClient
from sallyport.salesforce.hosts import parse_org_url
from sallyport.salesforce.session import OrgClient
from sallyport.salesforce.versions import list_versions
from sallyport.store import Actor, Kind, Record, Scope, Store

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class NewConnection:
    """What a caller gives to make a connection; parameter names as in ``connections.specs``."""

    name: str
    auth: str
    parameters: Mapping[str, str | Secret]
    description: str | None = None


class Connections(Exploring):
    """The use cases. ``verify_later`` hands a connection's id to durable background work."""

    def __init__(
        self,
        store: Store,
        http: HttpClient,
        keeping: Keeping,
        *,
        verify_later: Callable[[Scope, str], None],
    ) -> None:
        self._store = store
        self._http = http
        self._allowed = keeping.allowed
        self._clock = keeping.clock
        self._verify_later = verify_later
        self.sessions = Sessions(store, keeping)

    def create(
        self, scope: Scope, actor: Actor, new: NewConnection, *, patience: float | None
    ) -> Connection:
        """Verify and store a connection.

        ``patience`` None waits for Salesforce's answer whatever it takes. A number of seconds is
        how long specs verified at once may take; slower, or a spec verified in the background, is
        stored as ``initializing``. When Salesforce refuses in time nothing is stored.
        Raises InvalidRequest, Conflict (name), RemoteRefused, RemoteUnavailable.
        """
        checked = self._check(scope, new)
        verified: Verified | None
        if patience is None or checked.spec.interactive:
            verified = verify_login(self._http, self._clock, checked)
        elif checked.spec.immediate:
            verified = self._verify_within(checked, patience)
        else:
            verified = None
        connection = self._insert(scope, actor, new, checked, verified)
        if verified is None:
            self._verify_later(scope, connection.id)
        return connection

    def create_from_grant(
        self, scope: Scope, actor: Actor, new: NewConnection, grant: Grant
    ) -> Connection:
        """Verify and store a connection that a person has authorized in a browser.

        Raises as ``create`` does, and InvalidRequest for a grant without a refresh token, which
        would end with its session. A grant that is not kept is revoked.
        """
        checked = self._check(scope, new)
        try:
            verified = verify_grant(self._http, self._clock, checked, grant)
            return self._insert(scope, actor, new, checked, verified)
        except SallyportError:
            self.sessions.revoke(checked, grant.refresh_token or grant.access_token)
            raise

    def reconnect(
        self,
        connection: Connection,
        actor: Actor,
        parameters: Mapping[str, str | Secret],
        *,
        auth: str | None = None,
        grant: Grant | None = None,
        other_user: bool = False,
    ) -> Connection:
        """Authorize a connection anew, any number of times; all else about it stays.

        ``parameters`` are those that changed; ``auth`` another way to authenticate, with all of its
        own; ``grant`` what a person gave in a browser. The old secrets are dropped, and the old
        grant revoked, only once the new ones are proven and stored. Raises as ``create`` does, and
        Conflict for another org, or for another user unless ``other_user``; another user's grant is
        not revoked, so that it can be given again once a person has agreed.
        """
        checked = self._changed(connection, auth or connection.auth, parameters)
        verified = self._proven(connection, checked, grant)
        check_same_user(connection, verified.org, accepted=other_user)
        replaced = self._revocable(connection)
        stored = self._replace(connection, actor, checked, verified)
        if replaced is not None:
            self.sessions.revoke(*replaced)
        return stored

    def finish_verification(self, scope: Scope, connection_id: str) -> Connection:
        """Verify a connection that is ``initializing`` and move it on (run in the background).

        Raises RemoteUnavailable, leaving the state, so that the caller may try again.
        """
        connection = self.get(scope, connection_id)
        if connection.state is not ConnectionState.INITIALIZING:
            return connection
        try:
            verified = verify_login(self._http, self._clock, self.sessions.checked(connection))
        except RemoteUnavailable:
            raise
        except SallyportError as error:
            return self.disable(connection, error)
        return self._enable(connection, verified)

    def disable(self, connection: Connection, error: SallyportError) -> Connection:
        """Move an initializing connection to ``disabled`` with the reason it was refused."""
        LIFE.check(connection.state, ConnectionState.DISABLED)
        code = getattr(error, "code", None) or type(error).__name__
        known = {"field": error.field, "received": error.received, "cure": error.cure}
        told = {key: value for key, value in known.items() if value is not None}
        reason = {"code": code, "message": error.message, **told}
        failed = self._operation(connection, "failed", [reason])
        return self._move(connection, ConnectionState.DISABLED, {"last_operation": failed})

    def get(self, scope: Scope, connection_id: str) -> Connection:
        """Return a connection; NotFound."""
        return from_record(self._store.get(Kind.CONNECTION, scope, connection_id))

    def find(self, scope: Scope, name: str) -> Connection | None:
        """Return the connection of that name, if any."""
        record = self._store.find(Kind.CONNECTION, scope, name)
        return None if record is None else from_record(record)

    def page(
        self, scope: Scope, *, limit: int = 1000, offset: int = 0
    ) -> tuple[list[Connection], bool]:
        """List connections, newest first, and whether more follow."""
        page = self._store.page(Kind.CONNECTION, scope, limit=limit, offset=offset)
        return [from_record(record) for record in page.records], page.more

    def remove(self, connection: Connection) -> None:
        """Delete a connection and revoke its grant; Conflict while flows use it."""
        used = [
            source.name
            for source in self._store.page(
                Kind.SOURCE, connection.scope, parent=connection.id, limit=5
            ).records
        ]
        if used:
            raise Conflict(
                f"is used by source connections ({', '.join(used)}).",
                field="connection",
                received=connection.name,
                cure="Remove its flows first.",
            )
        held = self._revocable(connection)
        if held is not None:  # first: nobody could revoke the grant of a connection that is gone
            self.sessions.revoke(*held)
        self._store.delete(Kind.CONNECTION, connection.scope, connection.id)
        self.sessions.drop(connection.id)

    def test(self, connection: Connection) -> Verified:
        """Log in afresh (or by the grant a person gave) and make one call; raises what refused
        it."""
        checked = self.sessions.checked(connection)
        if checked.spec.interactive:
            return verify(self._http, self.sessions.of(connection), checked)
        return verify_login(self._http, self._clock, checked)

    def warnings(self, connection: Connection) -> list[str]:
        """Return sentences on what will end this connection unless somebody acts.

        So far: a ready-made assertion that expires within 30 days.
        """
        if connection.auth != "jwt":
            return []
        token = self.sessions.secrets(connection)["jwt_token"]
        try:
            claims = read_assertion(token, field="jwt_token", clock=self._clock)
        except InvalidRequest as ended:
            return [ended.sentence()]
        warning = expiry_warning(claims, self._clock.now())
        return [] if warning is None else [warning]

    def offered_versions(self, address: str, *, field: str) -> list[str]:
        """Return the API versions the org at an address offers, oldest first; needs no login.

        Raises InvalidRequest naming ``field`` for an unusable address, RemoteRefused,
        RemoteUnavailable.
        """
        base = parse_org_url(address, field=field, allowed=self._allowed)
        with at_fault(field, {field: address}):
            return list_versions(self._http, base)

    def client(self, connection: Connection) -> OrgClient:
        """Return a client for the connection's org; IllegalMove unless it is ``enabled``."""
        if connection.state is not ConnectionState.ENABLED or connection.api_version is None:
            raise IllegalMove(
                f"the connection {connection.name!r} is {connection.state}, not enabled.",
                field="connection",
                received=connection.name,
                cure="See its last operation for the reason, then connect again.",
            )
        return OrgClient(self._http, self.sessions.of(connection), connection.api_version)

    def check_name(self, scope: Scope, name: str) -> None:
        """Raise InvalidRequest for a name that cannot be used, Conflict for one that is taken."""
        if not name or len(name) > 255 or name != name.strip() or not name.isprintable():
            raise InvalidRequest(
                "is not a usable name.",
                field="name",
                received=name,
                cure="Give 1 to 255 printable characters without blanks at the ends.",
            )
        if self._store.find(Kind.CONNECTION, scope, name) is not None:
            raise Conflict(
                "a connection of this name exists already.",
                field="name",
                received=name,
                cure="Choose another name, or remove the existing connection first.",
            )

    def _check(self, scope: Scope, new: NewConnection) -> CheckedParameters:
        self.check_name(scope, new.name)
        return check(auth_spec(new.auth), new.parameters, self._allowed)

    def _verify_within(self, checked: CheckedParameters, patience: float) -> Verified | None:
        """Return what verification found, or None when it takes longer than ``patience``."""
        pool = ThreadPoolExecutor(1, thread_name_prefix="verify")
        attempt: Future[Verified] = pool.submit(verify_login, self._http, self._clock, checked)
        pool.shutdown(wait=False)
        try:
            return attempt.result(patience)
        except TooLong:
            return None  # the background does it anew; this attempt's answer is not waited for

    def _insert(
        self,
        scope: Scope,
        actor: Actor,
        new: NewConnection,
        checked: CheckedParameters,
        verified: Verified | None,
    ) -> Connection:
        """Store a connection; its tokens first: they are worth more than a row without owner."""
        record = self._record(scope, new, checked, verified)
        if verified is not None and verified.grant is not None:
            self.sessions.keep(record.id, verified.grant)
        try:
            return from_record(self._store.insert(record, actor))
        except SallyportError:
            self.sessions.drop(record.id)
            raise

    def _record(
        self,
        scope: Scope,
        new: NewConnection,
        checked: CheckedParameters,
        verified: Verified | None,
    ) -> Record:
        connection_id = new_id()
        now = epoch_ms(self._clock.now())
        state = ConnectionState.ENABLED if verified else ConnectionState.INITIALIZING
        body: dict[str, Any] = {
            "auth": checked.spec.key,
            "parameters": dict(checked.public),
            "secrets": sorted(checked.secret),
            "description": new.description,
            "api_version": verified.api_version if verified else checked.api_version,
            "org": verified.org if verified else None,
            "last_operation": {
                "operation": "create",
                "started": now,
                "updated": now,
                "value": "success" if verified else "inProgress",
                "errors": [],
            },
        }
        return Record(
            Kind.CONNECTION,
            connection_id,
            scope,
            new.name,
            state,
            body,
            sealed=self.sessions.seal(connection_id, checked.secret),
        )

    def _changed(
        self, connection: Connection, auth: str, parameters: Mapping[str, str | Secret]
    ) -> CheckedParameters:
        """Return a connection's parameters with what changed in them."""
        kept: dict[str, str | Secret] = {}
        if auth == connection.auth:
            kept.update(connection.parameters)
            if not set(connection.secrets) <= set(parameters):  # else the key may even be lost
                kept.update(self.sessions.secrets(connection))
        return check(auth_spec(auth), {**kept, **parameters}, self._allowed)

    def _revocable(self, connection: Connection) -> tuple[CheckedParameters, Secret] | None:
        """Return what ends a person's grant at Salesforce, None where there is none to end."""
        if not auth_spec(connection.auth).interactive:
            return None
        try:
            token = self.sessions.held_token(connection.id)
            return None if token is None else (self.sessions.checked(connection), token)
        except BrokenInstallation as lost:  # the key is gone: removing must go on all the same
            log.warning("grant.not_revoked", why=lost.message)
            return None

    def _proven(
        self, connection: Connection, checked: CheckedParameters, grant: Grant | None
    ) -> Verified:
        """Return what new credentials, or a grant, establish about the connection's own org.

        A grant that is of no use, or of another org, is revoked.
        """
        if grant is None:
            verified = verify_login(self._http, self._clock, checked)
            check_same_org(connection, verified.org)
            return verified
        try:
            verified = verify_grant(self._http, self._clock, checked, grant)
            check_same_org(connection, verified.org)
        except SallyportError:
            self.sessions.revoke(checked, grant.refresh_token or grant.access_token)
            raise
        return verified

    def _replace(
        self,
        connection: Connection,
        actor: Actor,
        checked: CheckedParameters,
        verified: Verified,
    ) -> Connection:
        if connection.state is not ConnectionState.ENABLED:
            LIFE.check(connection.state, ConnectionState.ENABLED)
        now = epoch_ms(self._clock.now())
        operation = {"operation": "update", "started": now, "updated": now}
        body = {
            **connection.record.body,
            "auth": checked.spec.key,
            "parameters": dict(checked.public),
            "secrets": sorted(checked.secret),
            "api_version": verified.api_version,
            "org": verified.org,
            "last_operation": {**operation, "value": "success", "errors": []},
        }
        sealed = self.sessions.seal(connection.id, checked.secret)
        changed = replace(
            connection.record, state=ConnectionState.ENABLED, body=body, sealed=sealed
        )
        stored = from_record(self._store.update(changed, actor))
        if verified.grant is not None:
            self.sessions.keep(connection.id, verified.grant)
        return stored

    def _enable(self, connection: Connection, verified: Verified) -> Connection:
        LIFE.check(connection.state, ConnectionState.ENABLED)
        if verified.grant is not None:
            self.sessions.keep(connection.id, verified.grant)
        part = {
            "api_version": verified.api_version,
            "org": verified.org,
            "last_operation": self._operation(connection, "success", []),
        }
        return self._move(connection, ConnectionState.ENABLED, part)

    def _operation(
        self, connection: Connection, value: str, errors: list[dict[str, str]]
    ) -> dict[str, Any]:
        now = epoch_ms(self._clock.now())
        last = dict(connection.last_operation or {"operation": "create", "started": now})
        return {**last, "updated": now, "value": value, "errors": errors}

    def _move(
        self, connection: Connection, state: ConnectionState, part: Mapping[str, Any]
    ) -> Connection:
        body = {**connection.record.body, **part}
        return from_record(
            self._store.update(replace(connection.record, state=state, body=body), SYSTEM)
        )
