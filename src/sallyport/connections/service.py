"""Making, reading, testing, exploring and removing connections.

What belongs here: the use cases an administrator knows, for terminal and API alike. What does not:
how they are spelled on either.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from dataclasses import dataclass, replace
from typing import Any

from sallyport.auth.keeper import SessionKeeper
from sallyport.auth.vault import Vault
from sallyport.connections.model import LIFE, Connection, ConnectionState, from_record
from sallyport.connections.specs import CheckedParameters, auth_spec, check
from sallyport.connections.verify import Verified, at_fault, verify
from sallyport.errors import (
    Conflict,
    IllegalMove,
    InvalidRequest,
    NotFound,
    RemoteRefused,
    RemoteUnavailable,
    SallyportError,
)
from sallyport.kernel import Clock, Secret, epoch_ms, new_id
from sallyport.salesforce.client import HttpClient
from sallyport.salesforce.describe import (
    FieldDescribe,
    ObjectDescribe,
    ObjectEntry,
    bulk_fields,
    describe_global,
    describe_object,
)
from sallyport.salesforce.hosts import AllowedHosts, parse_org_url
from sallyport.salesforce.rest_query import query_rows
from sallyport.salesforce.session import OrgClient
from sallyport.salesforce.soql import check_condition, select
from sallyport.salesforce.versions import list_versions
from sallyport.store import Actor, Kind, Record, Scope, Store

SYSTEM = Actor("sallyport", "sallyport")
_PREVIEW_CHARS = 8_000  # SOQL travels in the address, which Salesforce cuts at 16,384 bytes


@dataclass(frozen=True)
class NewConnection:
    """What a caller gives to make a connection; parameter names as in ``connections.specs``."""

    name: str
    auth: str
    parameters: Mapping[str, str | Secret]
    description: str | None = None


class Connections:
    """The use cases. ``verify_later`` hands a connection's id to durable background work."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        http: HttpClient,
        allowed: AllowedHosts,
        clock: Clock,
        *,
        verify_later: Callable[[Scope, str], None],
    ) -> None:
        self._store = store
        self._vault = vault
        self._http = http
        self._allowed = allowed
        self._clock = clock
        self._verify_later = verify_later
        self._keepers: dict[str, tuple[str, SessionKeeper]] = {}
        self._keepers_lock = threading.Lock()

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
        if patience is None:
            verified = verify(self._http, self._clock, checked)
        elif checked.spec.immediate:
            verified = self._verify_within(checked, patience)
        else:
            verified = None
        connection = from_record(
            self._store.insert(self._record(scope, new, checked, verified), actor)
        )
        if verified is None:
            self._verify_later(scope, connection.id)
        return connection

    def finish_verification(self, scope: Scope, connection_id: str) -> Connection:
        """Verify a connection that is ``initializing`` and move it on (run in the background).

        Raises RemoteUnavailable, leaving the state, so that the caller may try again.
        """
        connection = self.get(scope, connection_id)
        if connection.state is not ConnectionState.INITIALIZING:
            return connection
        try:
            verified = verify(self._http, self._clock, self._checked(connection))
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
        """Delete a connection; Conflict while flows use it."""
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
        self._store.delete(Kind.CONNECTION, connection.scope, connection.id)
        with self._keepers_lock:
            self._keepers.pop(connection.id, None)

    def test(self, connection: Connection) -> Verified:
        """Log in afresh and make one call; raises what refused it."""
        return verify(self._http, self._clock, self._checked(connection))

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
        return OrgClient(self._http, self._keeper(connection), connection.api_version)

    def objects(self, connection: Connection) -> list[ObjectEntry]:
        """List the objects the connection's user can query."""
        return [entry for entry in describe_global(self.client(connection)) if entry.queryable]

    def describe(self, connection: Connection, name: str) -> ObjectDescribe:
        """Return an object's fields as the connection's user sees them; NotFound (``object``)."""
        try:
            return describe_object(self.client(connection), name)
        except NotFound as absent:
            absent.field = "object"
            raise

    def try_condition(self, connection: Connection, name: str, condition: str) -> None:
        """Ask Salesforce whether a SOQL condition fits an object, without reading its rows.

        Raises InvalidRequest (``where``) with Salesforce's own words when it does not.
        """
        soql = f"{select(name, ['Id'], [check_condition(condition)])} LIMIT 1"
        try:
            next(iter(query_rows(self.client(connection), soql, limit=1)), None)
        except RemoteRefused as refused:
            raise InvalidRequest(
                f"Salesforce refuses the condition: {_last_line(refused.text)} ({refused.code}).",
                field="where",
                received=condition,
                cure=f"Correct it; `sallyport explore {connection.name} {name}` lists the fields.",
            ) from refused

    def columns(self, connection: Connection, name: str) -> list[FieldDescribe]:
        """Return the fields of an object that a flow can copy, in Salesforce's order; NotFound."""
        return bulk_fields(self.describe(connection, name))[0]

    def preview(self, connection: Connection, name: str, rows: int) -> list[dict[str, Any]]:
        """Return the first ``rows`` records of an object, ``attributes`` left out."""
        fields: list[str] = []
        for field in self.columns(connection, name):
            if sum(map(len, fields)) + len(fields) + len(field.name) > _PREVIEW_CHARS:
                break
            fields.append(field.name)
        soql = f"{select(name, fields, [])} LIMIT {rows}"
        found = query_rows(self.client(connection), soql, limit=rows)
        return [{key: row[key] for key in row if key != "attributes"} for row in found]

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
        attempt: Future[Verified] = pool.submit(verify, self._http, self._clock, checked)
        pool.shutdown(wait=False)
        try:
            return attempt.result(patience)
        except TooLong:
            return None  # the background does it anew; this attempt's answer is not waited for

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
        secrets = {name: value.reveal() for name, value in checked.secret.items()}
        body: dict[str, Any] = {
            "auth": checked.spec.key,
            "parameters": dict(checked.public),
            "secrets": sorted(secrets),
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
            sealed=self._vault.seal(secrets, context=connection_id),
        )

    def _checked(self, connection: Connection) -> CheckedParameters:
        """Return a stored connection's parameters, unsealed and checked again."""
        sealed = connection.record.sealed or ""
        secrets = self._vault.open(sealed, context=connection.id)
        return check(
            auth_spec(connection.auth), {**connection.parameters, **secrets}, self._allowed
        )

    def _keeper(self, connection: Connection) -> SessionKeeper:
        sealed = connection.record.sealed or ""
        with self._keepers_lock:
            known = self._keepers.get(connection.id)
            if known is not None and known[0] == sealed:
                return known[1]
            keeper = SessionKeeper(self._checked(connection).credentials, self._http, self._clock)
            self._keepers[connection.id] = (sealed, keeper)
            return keeper

    def _enable(self, connection: Connection, verified: Verified) -> Connection:
        LIFE.check(connection.state, ConnectionState.ENABLED)
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


def _last_line(text: str) -> str:
    """Return Salesforce's sentence without the query, caret and position it prints before it."""
    return text.strip().splitlines()[-1] if text.strip() else "no reason given"
