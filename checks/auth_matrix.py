"""``make auth-matrix``: every flow, production and sandbox, rotation on and off.

    python -m checks.auth_matrix

Each cell has an org of its own kind in a simulator that runs as a process and is reached under the
org's real My Domain name. In each: connect; call; the org ends every session and the next call goes
on; twelve callers at once cause one token call; the session (or the grant) is revoked; connect
again, and remove. What was asked is counted in the org's own log.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from checks.grants_stage import (
    ACTOR,
    SCOPE,
    TokenCalls,
    approvals,
    authorize,
    change_app,
    log_errors_only,
    settings,
    simulator,
    web_server,
)
from checks.org_faults.flows import approve, assertion
from checks.org_faults.world import Simulator, World
from checks.tally import Tally
from sallyport.connections import Connection, Connections, ConnectionState, NewConnection
from sallyport.errors import AuthorizationRequired
from sallyport.kernel import Secret
from sallyport.wiring import Sallyport

TARGET = "auth-matrix"
STEPS = ("connect", "call", "expire", "refresh", "revoke", "reconnect")
CALLERS = 12
ASSERTION_SECONDS = 30 * 86_400
Parameters = Mapping[str, str | Secret]


def _app(world: World) -> dict[str, str | Secret]:
    return {
        "client_id": world.app["client_id"],
        "client_secret": Secret(world.app["client_secret"]),
    }


def _person(world: World) -> dict[str, str | Secret]:
    return {
        "username": world.user["username"],
        "password": Secret(world.user["password"]),
        "security_token": Secret(world.user["security_token"]),
    }


def _assertion(world: World) -> dict[str, str | Secret]:
    signed = assertion(world, exp=int(time.time()) + ASSERTION_SECONDS)
    return {"jwt_token": Secret(signed), "instance_url": world.my_domain, **_app(world)}


def _key(world: World) -> dict[str, str | Secret]:
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem = world.key.private.private_bytes(*form).decode()
    return {
        "client_id": world.app["client_id"],
        "username": world.user["username"],
        "private_key": Secret(pem),
    }


FLOWS: Mapping[str, Callable[[World], Parameters]] = {
    "basic": _person,
    "password": lambda world: {**_app(world), **_person(world)},
    "client-credentials": lambda world: {**_app(world), "api_version": "60.0"},
    "jwt": _assertion,
    "jwt-key": _key,
    "web-server": web_server,
}


@dataclass
class Cell:
    """One connection through its whole life; ``failed`` tells in which step it went wrong."""

    world: World
    connections: Connections
    flow: str
    rotating: bool
    failed: str = ""

    def __post_init__(self) -> None:
        self._calls = TokenCalls(self.world)
        self._interactive = self.flow == "web-server"
        self._connection: Connection | None = None

    @property
    def connection(self) -> Connection:
        """The connection as it is stored now."""
        assert self._connection is not None
        return self.connections.get(SCOPE, self._connection.id)

    def connect(self) -> None:
        new = NewConnection(f"{self.world.label} {self.flow}", self.flow, self._parameters())
        if self._interactive:
            grant = authorize(self.world)
            self._connection = self.connections.create_from_grant(SCOPE, ACTOR, new, grant)
        else:
            self._connection = self.connections.create(SCOPE, ACTOR, new, patience=None)
        is_sandbox = self.world.made["is_sandbox"]
        self._expect(self.connection.org["sandbox"] is is_sandbox, "the kind of org is wrong")
        self._expect(self.connection.org["id"] == self.world.org_id, "the org id is wrong")

    def call(self) -> None:
        before = len(self._calls.statuses())
        self._ask()
        self._expect(len(self._calls.statuses(before)) == 0, "the first call logged in again")

    def expire(self) -> None:
        before = len(self._calls.statuses())
        self._end_sessions()
        self._ask()
        self._expect(self._calls.statuses(before) == [200], "not one login after one expiry")

    def refresh(self) -> None:
        before, generation = len(self._calls.statuses()), self._generation()
        self._end_sessions()
        with ThreadPoolExecutor(CALLERS) as pool:
            list(pool.map(lambda _: self._ask(), range(CALLERS)))
        self._expect(self._calls.statuses(before) == [200], "not one token call for all callers")
        replaced = self._generation() - generation
        wanted = 1 if self._interactive and self.rotating else 0
        self._expect(replaced == wanted, f"{replaced} refresh tokens were replaced, not {wanted}")

    def revoke(self) -> None:
        before = len(self._calls.statuses())
        if not self._interactive:
            token = self.connections.sessions.held_token(self.connection.id)
            assert token is not None
            checked = self.connections.sessions.checked(self.connection)
            self._expect(self.connections.sessions.revoke(checked, token), "was not revoked")
            self._ask()
            self._expect(self._calls.statuses(before) == [200], "not one login after revocation")
            return
        self.world.administer("DELETE", f"/approvals?user={self.world.user['username']}")
        client = self.connections.client(self.connection)
        for _ in range(3):
            try:
                client.get("limits")
            except AuthorizationRequired:
                continue
            self._expect(False, "a revoked grant still works")
        state = self.connection.state
        self._expect(state is ConnectionState.AUTHORIZATION_REQUIRED, f"the state is {state}")
        self._expect(self._calls.statuses(before) == [400], "not one refusal of a dead grant")

    def reconnect(self) -> None:
        grant = authorize(self.world) if self._interactive else None
        before = self.connection
        self.connections.reconnect(before, ACTOR, self._parameters(), grant=grant)
        self._expect(self.connection.state is ConnectionState.ENABLED, "is not enabled")
        self._expect(self.connection.id == before.id, "is another connection")
        self._ask()
        if self._interactive:
            again = authorize(self.world)
            self.connections.reconnect(self.connection, ACTOR, self._parameters(), grant=again)
            self._expect(self._alive() == 1, "the replaced grant was not revoked")
            self._ask()
        self.connections.remove(self.connection)
        if self._interactive:
            self._expect(self._alive() == 0, "the grant outlived its connection")

    def _parameters(self) -> Parameters:
        return {"environment_url": self.world.my_domain, **FLOWS[self.flow](self.world)}

    def _ask(self) -> None:
        assert self.connections.client(self.connection).get("limits").ok

    def _end_sessions(self) -> None:
        self.world.administer("DELETE", "/sessions")

    def _generation(self) -> int:
        record = self.connections.sessions.record(self.connection.id)
        return 0 if record is None else record.generation

    def _alive(self) -> int:
        """Return how many approvals of the app its user has, but for the one JWT needs."""
        return sum(one["ended"] is None and one["uses"] > 0 for one in approvals(self.world))

    def _expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise AssertionError(otherwise)


def main() -> int:
    """Run the target."""
    kinds = [(sandbox, rotating) for sandbox in (False, True) for rotating in (False, True)]
    log_errors_only()
    expected = len(kinds) * len(FLOWS) * len(STEPS)
    tally = Tally(TARGET, expected, f"steps ({len(kinds) * len(FLOWS)} cells)", quiet=True)
    print(f"  {'':38}" + "".join(f"{step:>11}" for step in STEPS), flush=True)
    with (
        simulator() as running,
        tempfile.TemporaryDirectory(prefix="sallyport-matrix-") as folder,
        Sallyport(settings(Path(folder))) as house,
    ):
        for sandbox, rotating in kinds:
            for flow in FLOWS:
                _cell(tally, running, house.connections, flow, sandbox, rotating)
    return tally.end()


def _cell(
    tally: Tally,
    running: Simulator,
    connections: Connections,
    flow: str,
    sandbox: bool,
    rotating: bool,
) -> None:
    """Walk one connection through its life in an org of its own, and print its line."""
    name = f"m-{flow}-{'r' if rotating else 'k'}"
    label = f"{flow} {'sandbox' if sandbox else 'production'} {'rotating' if rotating else ''}"
    marks, why = [], ""
    with running.world(name, sandbox=sandbox) as world:
        change_app(world, rotate_refresh_tokens=rotating)
        if flow.startswith("jwt"):
            approve(world)
        cell = Cell(world, connections, flow, rotating)
        for step in STEPS:
            if not why:
                try:
                    getattr(cell, step)()
                except Exception as error:
                    why = f"{step}: {type(error).__name__} {error}"
            marks.append("-" if why and not why.startswith(step) else "FAIL" if why else "ok")
            tally.check(f"{label} {step}", not why, why)
    print(f"  {label:38}" + "".join(f"{mark:>11}" for mark in marks), flush=True)
    if why:
        print(f"      {why}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
