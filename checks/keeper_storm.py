"""``make keeper-storm``: many processes, one grant that rotates, and processes that are killed.

    python -m checks.keeper_storm [--seconds 120] [--processes 8] [--tasks 50] [--kills 20]

1. The storm: processes with many tasks each use one connection, whose tokens live two seconds, in
   the first half because the org ends all sessions, in the second because the tokens say so; every
   five seconds one process is killed with SIGKILL and another started.
2. The aimed kills: processes that die at each step of a renewal, so many at each; another process
   then uses the connection. Only a death between the org's answer and our commit may cost the
   grant, and then it is named.
3. The idle days: 90 days on a moved clock, in an org that ends grants idle for 30.

The org's own memory is the judge: which approvals ended, and why; how tokens were asked for.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

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
from checks.org_faults.world import Simulator, World
from checks.storm_victims import SLOW, STEPS
from checks.tally import Tally
from sallyport.connections import Connection, ConnectionState, NewConnection
from sallyport.errors import AuthorizationRequired
from sallyport.wiring import Sallyport

TARGET = "keeper-storm"
TOKEN_SECONDS = 2.0
KILL_EVERY = 5.0
REUSED = "a spent refresh token was used again"
LOST = "lost-in-rotation"
MAY_BE_LOST = frozenset({"during the call", "before the commit"})
"""Steps whose death falls between the org's answer and our commit."""
IDLE_DAYS, IDLE_LIMIT_HOURS = 90, 30 * 24


@dataclass
class Owner:
    """The administrator: sees the connection's state, and authorizes it anew when it must be."""

    world: World
    house: Sallyport
    connection_id: str = ""
    deaths: list[str] = field(default_factory=list)

    def connect(self) -> None:
        """Make the connection by a person's grant."""
        new = NewConnection(self.world.label, "web-server", web_server(self.world))
        made = self.house.connections.create_from_grant(SCOPE, ACTOR, new, authorize(self.world))
        self.connection_id = made.id

    @property
    def connection(self) -> Connection:
        """The connection as it is stored now."""
        return self.house.connections.get(SCOPE, self.connection_id)

    def mend(self) -> bool:
        """Authorize anew if the grant is dead, noting the finding; returns whether it was."""
        connection = self.connection
        if connection.state is not ConnectionState.AUTHORIZATION_REQUIRED:
            return False
        errors = (connection.last_operation or {})["errors"]
        self.deaths.append(str(errors[0]["code"]))
        grant = authorize(self.world)
        parameters = web_server(self.world)
        self.house.connections.reconnect(connection, ACTOR, parameters, grant=grant)
        return True

    def works(self) -> bool:
        """Make a call."""
        return self.house.connections.client(self.connection).get("limits").ok

    def generation(self) -> int:
        """Return how many refresh tokens the connection has had."""
        record = self.house.connections.sessions.record(self.connection_id)
        assert record is not None
        return record.generation

    def end_sessions(self) -> None:
        """Let the org end every session."""
        self.world.administer("DELETE", "/sessions")

    def reused(self) -> int:
        """Return how many grants the org ended because a spent token was used again."""
        return sum(one["ended"] == REUSED for one in approvals(self.world))


def main() -> int:
    """Run the target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--tasks", type=int, default=50)
    parser.add_argument("--kills", type=int, default=20, help="aimed at each step")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    log_errors_only()
    tally = Tally(TARGET, 6 + len(STEPS) + 2 + 3, "checks")
    with simulator() as running, tempfile.TemporaryDirectory(prefix="sallyport-storm-") as folder:
        with _owner(running, Path(folder) / "storm", "storm") as owner:
            _storm(tally, owner, given)
        with _owner(running, Path(folder) / "aimed", "aimed") as owner:
            _aimed_kills(tally, owner, given.kills)
        _idle_days(tally, running, Path(folder) / "idle")
    return tally.end()


@contextmanager
def _owner(running: Simulator, folder: Path, name: str) -> Iterator[Owner]:
    """Yield an org with a rotating app, and a connection to it."""
    folder.mkdir()
    with running.world(name) as world, Sallyport(settings(folder)) as house:
        change_app(world, rotate_refresh_tokens=True)
        owner = Owner(world, house)
        owner.connect()
        yield owner


# -- the storm


def _storm(tally: Tally, owner: Owner, given: argparse.Namespace) -> None:
    storm = Storm(owner, given.processes, given.tasks, random.Random(given.seed))
    calls = TokenCalls(owner.world)
    before, generation = len(calls.statuses()), owner.generation()
    ends = storm.blow(given.seconds / 2, by_the_org=True)
    first_half = calls.statuses(before)
    change_app(owner.world, jwt_access_tokens=True)
    policy = {"session_minutes": TOKEN_SECONDS / 60}
    owner.world.administer("PATCH", f"/apps/{owner.world.app['client_id']}/policy", policy)
    owner.end_sessions()  # those of before do not say when they end
    middle = len(calls.statuses())
    storm.blow(given.seconds / 2, by_the_org=False)
    second_half = calls.statuses(middle)
    done = storm.end()
    owner.end_sessions()
    if not _alive(owner):  # the last kill may have been one that nobody has noticed yet
        owner.mend()
    statuses = Counter(calls.statuses(before))
    # what the org handed out, and what was stored of it
    unstored = statuses[200] - (owner.generation() - generation)
    print(
        f"  storm: {given.processes} x {given.tasks} tasks, {given.seconds:g} s, {storm.kills}"
        f" kills; {done['calls']} calls, {done['unavailable']} put off;"
        f" token calls {dict(statuses)}: {len(first_half)} for {ends} expiries in the first half,"
        f" {len(second_half)} in the second",
        flush=True,
    )
    lost = len(owner.deaths)
    tally.check("the tasks could work", done["calls"] > given.tasks, f"{done['calls']} calls")
    tally.check("no spent token was used", owner.reused() == 0)
    tally.check(
        "one token call for all callers",
        len(first_half) <= ends + 1 + lost,
        f"{len(first_half)} for {ends} expiries",
    )
    renewals = given.seconds / 2 / TOKEN_SECONDS
    tally.check(
        "tokens that tell their end are renewed, once each",
        renewals / 2 <= len(second_half) <= renewals * 2 + lost,
        f"{len(second_half)}",
    )
    tally.check(
        "every death was a lost answer and named",
        set(owner.deaths) <= {LOST} and unstored == lost <= storm.kills,
        f"{lost} by {storm.kills} kills, {unstored} answers of the org were not stored",
    )
    tally.check("the grant is alive at the end", owner.works())


class Storm:
    """Worker processes, of which one is killed from time to time."""

    def __init__(self, owner: Owner, processes: int, tasks: int, chance: random.Random) -> None:
        self._owner = owner
        self._tasks = tasks
        self._chance = chance
        self._workers = [self._start() for _ in range(processes)]
        self.kills = 0

    def blow(self, seconds: float, *, by_the_org: bool) -> int:
        """Go on for so long; returns how often the org ended all sessions."""
        ends = 0
        begun = time.monotonic()
        next_end, next_kill = begun + TOKEN_SECONDS, begun + KILL_EVERY
        while (now := time.monotonic()) < begun + seconds:
            if by_the_org and now >= next_end:
                self._owner.end_sessions()
                ends, next_end = ends + 1, now + TOKEN_SECONDS
            if now >= next_kill:
                self._kill_one()
                next_kill = now + KILL_EVERY
            self._owner.mend()
            time.sleep(0.05)
        return ends

    def end(self) -> Counter[str]:
        """Stop everybody and return what they had done (the killed can tell nothing)."""
        done: Counter[str] = Counter()
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            told, _ = worker.communicate(timeout=90)
            if told:  # one that had only just been started says nothing
                done.update(json.loads(told))
        return done

    def _kill_one(self) -> None:
        place = self._chance.randrange(len(self._workers))
        self._workers[place].send_signal(signal.SIGKILL)
        self._workers[place].wait()
        self._workers[place] = self._start()
        self.kills += 1

    def _start(self) -> "subprocess.Popen[str]":
        home = str(self._owner.house.settings.home.parent)
        command = [sys.executable, "-m", "checks.storm_worker", home]
        return subprocess.Popen(
            [*command, self._owner.connection_id, str(self._tasks)],
            stdout=subprocess.PIPE,
            text=True,
        )


# -- the aimed kills


def _aimed_kills(tally: Tally, owner: Owner, kills: int) -> None:
    home = str(owner.house.settings.home.parent)
    command = [sys.executable, "-m", "checks.storm_victims", home, owner.connection_id]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as victims:
        for step in STEPS:
            deaths = len(owner.deaths)
            good = sum(_kill_at(owner, victims, step) for _ in range(kills))
            lost = len(owner.deaths) - deaths
            tally.check(
                f"killed {step}: recovered, or lost and named",
                good == kills and lost == (kills if step in MAY_BE_LOST else 0),
                f"{good} of {kills}, {lost} of them lost",
            )
        assert victims.stdin is not None
        victims.stdin.close()
    tally.check("every lost grant was named", set(owner.deaths) == {LOST}, f"{len(owner.deaths)}")
    tally.check("no spent token was used", owner.reused() == 0)


def _kill_at(owner: Owner, victims: "subprocess.Popen[str]", step: str) -> bool:
    """Kill one process at a step, let another use the connection; mend what is broken."""
    owner.end_sessions()
    slow = step == "during the call"
    if slow:
        owner.world.settings(token_seconds=SLOW)
    died = _command(victims, f"die {step}")["outcome"] == "died"
    if slow:
        owner.world.settings(token_seconds=0.0)
    found = _command(victims, "use")
    expected = "authorization required" if step in MAY_BE_LOST else "ok"
    owner.mend()
    return died and found["outcome"] == expected and found.get("finding") in (None, LOST)


def _command(victims: "subprocess.Popen[str]", line: str) -> dict[str, Any]:
    assert victims.stdin is not None
    assert victims.stdout is not None
    victims.stdin.write(line + "\n")
    victims.stdin.flush()
    answered: dict[str, Any] = json.loads(victims.stdout.readline())
    return answered


# -- the idle days


@dataclass
class MovedClock:
    """The machine's clock, days ahead."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        """Return the moved moment."""
        return datetime.now(UTC) + self.ahead

    def monotonic(self) -> float:
        """Return the machine's own seconds."""
        return time.monotonic()


def _idle_days(tally: Tally, running: Simulator, folder: Path) -> None:
    clock = MovedClock()
    (folder / "left").mkdir(parents=True)
    (folder / "kept").mkdir()
    with (
        running.world("idle") as world,
        Sallyport(settings(folder / "kept"), clock) as house,
        Sallyport(settings(folder / "left"), clock) as neglected,
    ):
        change_app(world, rotate_refresh_tokens=True)
        policy = {"refresh_policy": "unused", "refresh_hours": IDLE_LIMIT_HOURS}
        world.administer("PATCH", f"/apps/{world.app['client_id']}/policy", policy)
        kept, left = Owner(world, house), Owner(world, neglected)
        kept.connect()
        left.connect()
        before = len(TokenCalls(world).statuses())
        for _ in range(IDLE_DAYS):
            world.administer("POST", "/clock/advance", {"days": 1})
            clock.ahead += timedelta(days=1)
            house.connections.sessions.look_after()
        renewals = len(TokenCalls(world).statuses(before))
        tally.check(f"alive after {IDLE_DAYS} idle days", kept.works(), f"{renewals} renewals")
        tally.check("renewed every seven days", renewals == (IDLE_DAYS - 1) // 7, f"{renewals}")
        tally.check("one that nobody looked after is dead", not _alive(left))


def _alive(owner: Owner) -> bool:
    try:
        return owner.works()
    except AuthorizationRequired:
        return False


if __name__ == "__main__":
    sys.exit(main())
