"""airbyte-source-salesforce: its commands, its configuration kept between them, and its rows.

The connector is a program: it is given files and prints JSON messages. Whoever runs it keeps the
configuration it hands back: the app rotates refresh tokens, so each command spends one and prints
the next. No script is needed; this part is the platform.
"""

import json
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from checks.clients.authorization import Authorization, authorize
from checks.clients.changes import Changes, change_some
from checks.clients.environments import python_environment
from checks.clients.oracle import Table
from checks.clients.stage import Stage
from checks.clients.transcript import STEP_SECONDS, Report

STEPS = 20
STREAMS = ("Account", "Opportunity", "Ledger__c")
"""One read over REST (it has an address), two with the bulk API 2.0."""
LOOK_BACK = timedelta(minutes=10)
"""How far before the saved stamp the connector reads again, by default (documented)."""

Messages = dict[str, list[dict[str, Any]]]
Json = dict[str, Any]


@dataclass
class Connector:
    """The connector as a platform runs it: ``config`` is always the newest it handed out."""

    program: Path
    folder: Path
    environment: dict[str, str]
    config: Json
    tokens: list[str] = field(default_factory=list)

    def run(self, command: str, **files: Any) -> Messages:
        """Run a command and return its messages by type; raises RuntimeError with its last words.

        ``files`` are its further arguments, written as JSON.
        """
        given = {} if command == "spec" else {"config": self.config}
        arguments = [command]
        for name, value in {**given, **files}.items():
            path = self.folder / f"{name}.json"
            path.write_text(json.dumps(value), encoding="utf-8")
            arguments += [f"--{name}", str(path)]
        done = subprocess.run(
            [str(self.program), *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=STEP_SECONDS,
            check=False,
        )
        messages: Messages = defaultdict(list)
        for line in done.stdout.splitlines():
            if line.startswith("{"):
                message = json.loads(line)
                messages[message["type"]].append(message)
        self._keep(messages)
        if done.returncode != 0 or _errors(messages):
            raise RuntimeError(_last_words(messages, done.stderr))
        return messages

    def _keep(self, messages: Messages) -> None:
        """Keep the configuration the connector handed back, as the platform does."""
        for message in messages["CONTROL"]:
            self.config = message["control"]["connectorConfig"]["config"]
            self.tokens.append(self.config["refresh_token"])


def _errors(messages: Messages) -> list[Json]:
    """Return the errors a command reported."""
    traces = (one["trace"] for one in messages["TRACE"])
    return [one["error"] for one in traces if one["type"] == "ERROR"]


def _last_words(messages: Messages, errors: str) -> str:
    """Return why a command failed, in its own words."""
    said = [f"{one['message']} {one.get('internal_message')}" for one in _errors(messages)]
    return " | ".join(said) or errors[-1500:] or "ended without a word"


def perform(report: Report, stage: Stage) -> None:
    """Authorize the connector in the org's pages, run its commands, judge what they print."""
    attempt = _Attempts(report)
    program = python_environment("airbyte-source-salesforce") / "bin" / "source-salesforce"
    granted = attempt("authorization in the browser pages", lambda: authorize(stage, rotating=True))
    connector = Connector(program, stage.folder, dict(stage.environment), _config(stage, granted))
    attempt("spec", lambda: connector.run("spec"), _spec)
    attempt("check", lambda: connector.run("check"), _succeeded)
    found = attempt("discover", lambda: connector.run("discover"), lambda m: _catalog(m, stage))
    if found is None:
        return
    streams = {one["name"]: one for one in found["CATALOG"][0]["catalog"]["streams"]}
    _read_all(attempt, connector, stage, streams)
    _read_changes(attempt, connector, stage, streams)
    _spend(attempt, connector)


def _config(stage: Stage, granted: Authorization | None) -> Json:
    """Return the connector's first configuration."""
    return {
        "auth_type": "Client",
        "client_id": granted.client_id if granted else "",
        "client_secret": granted.client_secret if granted else "",
        "refresh_token": granted.refresh_token if granted else "",
        "start_date": (stage.started - timedelta(days=75)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "is_sandbox": False,
        "preserve_na_values": True,
    }


class _Attempts:
    """Runs actions, each a step of the report: what it raised or what its judge says is wrong."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def __call__(
        self, name: str, action: Callable[[], Any], judge: Callable[[Any], str] = lambda _: ""
    ) -> Any:
        """Return what the action returned, None after an exception."""
        started, value = time.monotonic(), None
        try:
            value = action()
            wrong = judge(value)
        except Exception as error:  # whatever goes wrong is the step's outcome
            wrong = f"{type(error).__name__}: {error}"[:1500]
        self._report.step(f"airbyte: {name}", time.monotonic() - started, wrong)
        return value


def _spec(messages: Messages) -> str:
    required = messages["SPEC"][0]["spec"]["connectionSpecification"]["required"]
    return "" if "refresh_token" in required else f"required are {required}"


def _succeeded(messages: Messages) -> str:
    status = messages["CONNECTION_STATUS"][0]["connectionStatus"]
    return "" if status["status"] == "SUCCEEDED" else f"{status}"


def _catalog(messages: Messages, stage: Stage) -> str:
    """Judge the catalog: our objects with their columns, an id as key, a stamp as cursor."""
    streams = {one["name"]: one for one in messages["CATALOG"][0]["catalog"]["streams"]}
    for name in STREAMS:
        stream = streams[name]
        lacking = set(stage.table(name).kinds) - set(stream["json_schema"]["properties"])
        keys = (stream["source_defined_primary_key"], stream["default_cursor_field"])
        if lacking or keys != ([["Id"]], ["SystemModstamp"]):
            return f"{name}: lacks {lacking}, keys {keys}"
    return ""


def _configured(streams: dict[str, Json], mode: str) -> Json:
    """Return the catalog to read our streams in a sync mode."""
    return {
        "streams": [
            {
                "stream": streams[name],
                "sync_mode": mode,
                "destination_sync_mode": "append",
                "cursor_field": ["SystemModstamp"],
                "primary_key": [["Id"]],
            }
            for name in STREAMS
        ]
    }


def _rows(messages: Messages | None, table: Table) -> list[Json]:
    """Return the records of a stream; the connector leaves out what is null (observed)."""
    records = (one["record"] for one in (messages or {}).get("RECORD", ()))
    nothing: Json = dict.fromkeys(table.kinds)
    return [{**nothing, **one["data"]} for one in records if one["stream"] == table.name]


def _read_all(
    attempt: _Attempts, connector: Connector, stage: Stage, streams: dict[str, Json]
) -> None:
    """Read everything, without a memory of earlier reads."""
    catalog = _configured(streams, "full_refresh")
    read = attempt("full refresh", lambda: connector.run("read", catalog=catalog))
    for name in STREAMS:
        table = stage.table(name)
        attempt(f"full refresh: {name}", partial(table.judge(), _rows(read, table)), str)


def _read_changes(
    attempt: _Attempts, connector: Connector, stage: Stage, streams: dict[str, Json]
) -> None:
    """Read incrementally: all of it first, then what was changed meanwhile and nothing else."""
    catalog = _configured(streams, "incremental")
    first = attempt("first incremental read", lambda: connector.run("read", catalog=catalog))
    for name in STREAMS:
        table = stage.table(name)
        attempt(f"first: {name}", partial(table.judge(), _rows(first, table)), str)
    state = _state(first)
    changed = attempt("records are changed meanwhile", lambda: change_some(stage)) or {}
    again = attempt(
        "incremental read again", lambda: connector.run("read", catalog=catalog, state=state)
    )
    for name, changes in changed.items():
        rows = _rows(again, changes.table)
        attempt(f"again: {name}", partial(_noticed, rows, changes, stage.table(name)), str)


def _state(messages: Messages | None) -> list[Json]:
    """Return the last state of each stream, as the platform stores it."""
    last: dict[str, Json] = {}
    for one in (messages or {}).get("STATE", ()):
        last[one["state"]["stream"]["stream_descriptor"]["name"]] = one["state"]
    return list(last.values())


def _noticed(rows: list[Json], changes: Changes, loaded: Table) -> str:
    """Judge a second read: every changed record once, else only ones within the look-back."""
    newest = max(datetime.fromisoformat(one["SystemModstamp"]) for one in loaded.records)
    wanted = {one[loaded.key] for one in changes.records}
    seen = [row for row in rows if row[loaded.key] in wanted]
    others = [row for row in rows if row[loaded.key] not in wanted]
    early = [
        row for row in others if datetime.fromisoformat(row["SystemModstamp"]) < newest - LOOK_BACK
    ]
    if early:
        return f"{len(early)} rows read again without need, e.g. {early[0][loaded.key]}"
    return changes.table.difference(seen, changes.records)


def _spend(attempt: _Attempts, connector: Connector) -> None:
    """Show that tokens rotated, and what happens to one who uses a spent one."""
    tokens = connector.tokens
    attempt(
        "every command got another refresh token",
        lambda: tokens,
        lambda given: "" if len(set(given)) == len(given) >= 5 else f"{len(set(given))} tokens",
    )
    newest, spent = connector.config, {**connector.config, "refresh_token": tokens[0]}
    for name, config in (("a spent token is refused", spent), ("and ends the newest", newest)):
        connector.config = config
        attempt(name, lambda: _refused(connector))


def _refused(connector: Connector) -> None:
    """Run ``check`` and raise unless it is refused for its token."""
    try:
        messages = connector.run("check")
    except RuntimeError as error:
        said = str(error)
    else:
        said = json.dumps(messages["CONNECTION_STATUS"])
    if "expired access/refresh token" not in said and "authentication has expired" not in said:
        raise AssertionError(f"refused otherwise, or not at all: {said[:500]}")
