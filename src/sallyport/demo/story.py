"""What the demo does, step by step, each step told to whoever watches.

What belongs here: the order of steps and the verdict. What does not: HTTP (``client``), processes
(``processes``), what is posted for one flow (``flow``).
"""

from __future__ import annotations

import json
import shlex
import subprocess
import time
from pathlib import Path

import typer

from sallyport.cli.progress import Progress, shown
from sallyport.demo.client import FLOW_SERVICE, ApiClient
from sallyport.demo.flow import SALESFORCE, Copy, make_flow, rows_in_files
from sallyport.demo.processes import PRIVATE, DemoFailedError, Servers, Signals, Stopped
from sallyport.demo.stage import OBJECTS, SALLYPORT, TOTAL, Stage, folder_for, simulator
from sallyport.errors import InvalidRequest, SallyportError

SAMPLE = (
    "SELECT a.Industry, count(*) AS Opportunities, round(sum(o.Amount), 2) AS Amount "
    "FROM Opportunity o JOIN Account a ON o.AccountId = a.Id "
    "WHERE a.Industry IS NOT NULL GROUP BY ALL ORDER BY Amount DESC LIMIT 5"
)
NEXT = (
    "connections",
    "explore demo Contact",
    "runs",
    "sync demo User",
    'query "SELECT Name, Email FROM User"',
)
_POLL_SECONDS = 0.5
_READY_SECONDS = 180.0
_ENABLED_SECONDS = 60.0
_RUN_SECONDS = 900.0


def demonstrate(*, home: Path | None, keep: bool, as_json: bool) -> int:
    """Run the demo and return its exit code; the last line of standard output is the verdict.

    ``home``: an empty folder for all state, None: a temporary one. ``keep`` leaves the servers up
    until Ctrl-C. ``as_json`` prints the verdict as JSON, and everything else on standard error.
    Raises InvalidRequest for a home that cannot be used.
    """
    tell = Teller(as_json)
    stage: Stage | None = None
    try:
        with (
            Signals() as signals,
            folder_for(home, signals, keep=keep) as folder,
            Servers(folder / "logs", signals) as servers,
        ):
            stage = Stage(folder, servers)
            _watched(stage, tell)
            if keep:
                return _stay(stage, tell)
            tell.say("Next: `sallyport demo --keep` leaves it all up for you to try,")
            tell.say("`sallyport connect --help` connects an org of your own.")
            tell.say()
    except InvalidRequest:
        raise
    except Stopped as stopped:
        tell.verdict(stage, f"stopped by {stopped}")
        return 128 + stopped.number
    except SallyportError as error:
        tell.verdict(stage, error.sentence())
        return 1
    except Exception as error:  # whatever it is, the last line tells
        tell.verdict(stage, f"{type(error).__name__}: {error}")
        return 1
    tell.verdict(stage, None)
    return 0


class Teller:
    """Says what happens, and at the end the verdict."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self._began = time.monotonic()

    def say(self, line: str = "") -> None:
        """Print a line of the story."""
        typer.echo(line, err=self.as_json)

    def step(self, line: str) -> None:
        """Print a line of the story, with the seconds since the beginning."""
        self.say(f"{time.monotonic() - self._began:5.1f} s  {line}")

    def verdict(self, stage: Stage | None, reason: str | None) -> None:
        """Print the verdict: nothing else goes to standard output after it."""
        proven = stage.proven if stage is not None else []
        rows = sum(copy.rows for copy in proven)
        if self.as_json:
            document = {
                "result": "failed" if reason else "ok",
                "reason": reason,
                "rows_proven": rows,
                "rows_expected": TOTAL,
                "datasets": {copy.object: copy.rows for copy in proven},
                "seconds": round(time.monotonic() - self._began, 1),
            }
            typer.echo(json.dumps(document))
        elif reason is None:
            typer.echo(f"demo: ok, {rows} of {TOTAL} rows proven in {len(proven)} datasets")
        else:
            line = " ".join(reason.split())
            typer.echo(
                f"demo: failed, {rows} of {TOTAL} rows proven in {len(proven)} datasets: {line}"
            )


def _watched(stage: Stage, tell: Teller) -> None:
    """Perform; when a server ended on the way, that is the reason."""
    try:
        _perform(stage, tell)
    except DemoFailedError:
        stage.servers.check(within=0.5)  # a connection breaks before its process is gone
        raise


def _perform(stage: Stage, tell: Teller) -> None:
    """Do everything up to the sample query; DemoFailedError when anything falls short."""
    _start_servers(stage, tell)
    api = ApiClient(
        stage.api["url"], stage.api["client_id"], stage.api["client_secret"], stage.api["org"]
    )
    api.log_in()
    tell.step("Got an access token for the API")
    _connect(stage, api, tell)
    for object_name, rows in OBJECTS.items():
        stage.copies.append(make_flow(api, stage.connection_id, object_name, rows))
    tell.step(f"Made {len(stage.copies)} flows, with schema, dataset, mapping, source and target")
    with shown(stderr=tell.as_json) as progress:
        _follow(stage, api, progress)
    for copy in stage.copies:
        copy.rows = rows_in_files(stage.home / "lake", copy.dataset_id)
        if not copy.proven:
            raise DemoFailedError(copy.shortfall())
        tell.step(
            f"{copy.object}: {copy.rows:,} rows counted at the source, landed, and in the files"
        )
    _ask(stage, tell)


def _start_servers(stage: Stage, tell: Teller) -> None:
    tell.step(f"Starting a simulated Salesforce org with {TOTAL:,} rows in {len(OBJECTS)} objects")
    rows = [part for name, count in OBJECTS.items() for part in ("--rows", f"{name}={count}")]
    command = [*simulator(), "serve", "--port", "0", *rows]
    stage.org = stage.servers.start(
        "sallyport-org", command, stage.environment, within=_READY_SECONDS
    )
    tell.step(f"The org answers at {stage.org['url']}")
    ready = stage.servers.start(
        "sallyport",
        [*SALLYPORT, "serve", "--port", "0", "--json"],
        stage.environment,
        within=_READY_SECONDS,
    )
    tell.step(f"sallyport answers at {ready['url']}")
    made = json.loads(_sallyport(stage, "client", "create", "demo", "--json"))
    stage.api = {"url": ready["url"], **made}


def _connect(stage: Stage, api: ApiClient, tell: Teller) -> None:
    """Make a connection by OAuth 2.0 client credentials and look at what it can read."""
    app = stage.org["client_credentials"]
    body = {
        "name": "demo",
        "description": "The simulated org of the demo",
        "auth": {
            "specName": "OAuth2 Client Credential",
            "params": {
                "environmentUrl": stage.org["url"],
                "clientId": app["client_id"],
                "clientSecret": app["client_secret"],
                "apiVersion": stage.org["api_versions"][-1],
            },
        },
        "connectionSpec": SALESFORCE,
    }
    stage.connection_id = str(api.post(f"{FLOW_SERVICE}/connections", body)["id"])
    where = f"{FLOW_SERVICE}/connections/{stage.connection_id}"
    deadline = time.monotonic() + _ENABLED_SECONDS
    while (found := api.get(where)["items"][0])["state"] == "initializing":
        if time.monotonic() > deadline:
            raise DemoFailedError("the connection is still initializing.")
        time.sleep(_POLL_SECONDS)
    if found["state"] != "enabled":
        raise DemoFailedError(f"the connection is {found['state']}: {found.get('lastOperation')}.")
    paths = {entry["path"] for entry in api.get(f"{where}/explore", {"objectType": "root"})}
    if missing := sorted(set(OBJECTS) - paths):
        raise DemoFailedError(f"the connection does not see {', '.join(missing)}.")
    tell.step(f"Connected by OAuth 2.0 client credentials; {len(paths)} objects can be read")


def _follow(stage: Stage, api: ApiClient, progress: Progress) -> None:
    """Watch the runs until all have ended."""
    deadline = time.monotonic() + _RUN_SECONDS
    while not all(copy.ended for copy in stage.copies):
        stage.servers.check()
        for copy in stage.copies:
            if not copy.ended:
                _look(copy, api, progress)
        if time.monotonic() > deadline:
            raise DemoFailedError(f"the runs have not ended after {_RUN_SECONDS:.0f} s.")
        time.sleep(_POLL_SECONDS)


def _look(copy: Copy, api: ApiClient, progress: Progress) -> None:
    """Ask for a flow's run and show where it stands."""
    runs = api.get(f"{FLOW_SERVICE}/runs", {"property": f"flowId=={copy.flow_id}"})["items"]
    if not runs:
        return
    copy.run = runs[0]
    told = copy.ours.get("progress") or {}
    stage = copy.run["state"] if copy.ended else told.get("stage", "queued")
    progress.update(copy.object, stage, told.get("rows") or 0, told.get("total"))


def _ask(stage: Stage, tell: Teller) -> None:
    """Show that the rows can be queried, by the terminal's own command."""
    tell.step("Querying what landed")
    tell.say()
    tell.say(f'sallyport query "{SAMPLE}"')
    tell.say(_sallyport(stage, "query", SAMPLE))


def _sallyport(stage: Stage, *arguments: str) -> str:
    """Run a sallyport command in the demo's installation and return what it printed."""
    done = subprocess.run(  # noqa: S603 - our own command, no shell
        [*SALLYPORT, *arguments],
        cwd=stage.home / "logs",
        env=stage.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=_READY_SECONDS,
        umask=PRIVATE,
    )
    if done.returncode:
        raise DemoFailedError(f"sallyport {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout


def _stay(stage: Stage, tell: Teller) -> int:
    """Tell addresses, credentials and what to try; then wait until somebody stops it."""
    path = stage.write()
    variables = " ".join(f"{name}={shlex.quote(text)}" for name, text in stage.settings.items())
    org = stage.org
    tell.say(f"Both servers stay up until Ctrl-C. Everything below is in {path}, for scripts.")
    for title, facts in (
        ("API", stage.api),
        ("Org", {"url": org["url"], "org_id": org["org_id"]}),
        ("Org, basic", org["basic"]),
        ("Org, client credentials", org["client_credentials"]),
        ("Org, JWT", {"jwt_token": org["jwt"]["jwt_token"], "client_id": org["jwt"]["client_id"]}),
    ):
        tell.say(f"\n{title}")
        for name, value in facts.items():
            tell.say(f"  {name}: {value}")
    tell.say("\nTry, in another terminal:")
    tell.say(f"  export {variables}")
    for command in NEXT:
        tell.say(f"  sallyport {command}")
    tell.say()
    tell.verdict(stage, None)
    try:
        while True:
            time.sleep(_POLL_SECONDS)
            stage.servers.check()
    except Stopped:
        return 0
    except DemoFailedError as error:
        typer.echo(str(error), err=True)
        return 1
