"""Processes that die at a chosen step of a renewal, and others that find what they left.

    python -m checks.storm_victims FOLDER CONNECTION

Reads commands, one a line, and answers each with one line of JSON. ``die STEP``: fork a process
that renews the session and kills itself (SIGKILL) at that step; answers how it ended. ``use``: fork
a process that makes one call; answers ``{"outcome": "ok"}`` or the finding. Forked from a process
that has opened nothing, so that each starts like a fresh one, without the time that takes.

The deaths are in parties of the keeper's own ports: a sender and a store that do what the real ones
do, and die before or after.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

# imported before the forks: a claim is short here, and none may pass during an import
import sallyport.salesforce.transport  # noqa: F401
from checks.grants_stage import SCOPE, TOKEN, log_errors_only, settings
from sallyport.auth.attempt import Patience
from sallyport.auth.driver import Sender
from sallyport.connections import Connection
from sallyport.connections.sessions import Sessions
from sallyport.errors import AuthorizationRequired, SallyportError
from sallyport.salesforce.replies import Reply, Request
from sallyport.salesforce.session import OrgClient
from sallyport.store import GrantRecord, GrantStore, NewTokens
from sallyport.store.sql_grants import SqlGrants
from sallyport.wiring import Sallyport

STEPS = ("before the claim", "before the call", "during the call", "before the commit", "after it")
SLOW = 0.6
"""Seconds a token call takes in the step ``during the call``; death comes in the middle."""
HASTE = Patience(call=2.0, lease=2.5, busy=0.3, wait=30.0)


def die() -> None:
    """End this process as ``kill -9`` does."""
    os.kill(os.getpid(), signal.SIGKILL)


class MortalSender:
    """Sends as the real one does, and dies at its step of a token call."""

    def __init__(self, real: Sender, step: str) -> None:
        self._real = real
        self._step = step

    def send(self, request: Request) -> Reply:
        """Perform a request, or die."""
        if request.url.endswith(TOKEN):
            if self._step == "before the call":
                die()
            if self._step == "during the call":
                threading.Timer(SLOW / 2, die).start()
        return self._real.send(request)


class MortalGrants(SqlGrants):
    """Stores as the real one does, and dies at its step."""

    def __init__(self, real: SqlGrants, step: str) -> None:
        self.__dict__.update(vars(real))
        self._step = step

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
        """Claim, or die."""
        if self._step == "before the claim":
            die()
        return super().claim(
            connection_id, version, owner=owner, seconds=seconds, intent=intent, due_at=due_at
        )

    def commit(self, claim: GrantRecord, tokens: NewTokens) -> bool:
        """Commit, or die before or after it."""
        if self._step == "before the commit":
            die()
        stored = super().commit(claim, tokens)
        if self._step == "after it":
            die()
        return stored


def main() -> int:
    """Obey commands until there are no more."""
    log_errors_only()
    folder, connection_id = Path(sys.argv[1]), sys.argv[2]
    for line in sys.stdin:
        verb, _, step = line.strip().partition(" ")
        answer = _forked(partial(_use, folder, connection_id, step))
        if verb == "die":
            answer = {"outcome": "died" if answer is None else "lived"}
        print(json.dumps(answer or {"outcome": "died"}), flush=True)
    return 0


def _forked(work: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """Return what a forked process came to; None when it was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as out:
            out.write(json.dumps(work()))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as out:
        text = out.read()
    _, status = os.waitpid(child, 0)
    return None if os.WIFSIGNALED(status) or not text else dict(json.loads(text))


def _use(folder: Path, connection_id: str, step: str) -> dict[str, Any]:
    """Make one call with the connection; with a step, die on the way if it is reached."""
    with Sallyport(settings(folder), patience=HASTE) as house:
        connection = house.connections.get(SCOPE, connection_id)
        try:
            client = (
                _mortal(house, connection, step) if step else house.connections.client(connection)
            )
            client.get("limits")
        except AuthorizationRequired as dead:
            return {"outcome": "authorization required", "finding": dead.finding}
        except SallyportError as error:
            return {"outcome": type(error).__name__, "message": error.message}
    return {"outcome": "ok"}


def _mortal(house: Sallyport, connection: Connection, step: str) -> OrgClient:
    grants: GrantStore = MortalGrants(house.store.grants, step)
    keeping = replace(house.keeping, grants=grants, http=MortalSender(house.http, step))
    sessions = Sessions(house.store, keeping)
    return OrgClient(house.http, sessions.of(connection), connection.api_version or "60.0")


if __name__ == "__main__":
    sys.exit(main())
