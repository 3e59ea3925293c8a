"""One client's stage: an org of its own, loaded from the CSV files, and the way to it.

What belongs here: starting the org and the environment variables a client gets. What does not:
what clients do there.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

from checks.clients.oracle import Table, accounts, ledgers, opportunities
from checks.processes import BIN, org

SCRIPTS = Path(__file__).parent / "scripts"
ACCOUNTS, OPPORTUNITIES, LEDGERS = 5_000, 3_000, 2_500


@dataclass(frozen=True)
class Stage:
    """An org with known records; ``environment`` leads a client there, ``credentials`` is what
    the org printed when it was ready, ``started`` the moment before that."""

    folder: Path
    credentials: Mapping[str, Any]
    environment: Mapping[str, str]
    tables: Mapping[str, Table]
    started: datetime

    @property
    def my_domain(self) -> str:
        """The org's own address at Salesforce."""
        return str(self.credentials["my_domain"])

    @property
    def host(self) -> str:
        """The host of the org's own address."""
        return urlsplit(self.my_domain).netloc

    def table(self, name: str) -> Table:
        """Return what was loaded into an object."""
        return self.tables[name]

    def soql(self) -> dict[str, str]:
        """Return the query for every column of each loaded object."""
        return {name: table.soql() for name, table in self.tables.items()}

    def make_app(self, name: str, callback: str, *, rotating: bool) -> dict[str, Any]:
        """Make an app that people allow; returns it with its keys."""
        made = {"name": name, "kind": "connected_app", "callback_urls": [callback]}
        allowed = {"scopes": ["api", "refresh_token"], "flows": ["web_server"]}
        self._administer("POST", "/apps", {**made, **allowed})
        changed = {"rotate_refresh_tokens": rotating}
        app: dict[str, Any] = self._administer("PATCH", f"/apps/{quote(name)}", changed)
        return app

    def mailed_code(self) -> str:
        """Return the digits of the newest mail with a code: what a person reads in the inbox."""
        mails = self._call("GET", "/mails")["mails"]
        return str(re.findall(r"\b[0-9]{5,6}\b", mails[-1]["text"])[-1])

    def _administer(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        return self._call(method, f"/orgs/{self.credentials['org_id']}{path}", body)

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Call the simulator's admin API."""
        url = f"{self.credentials['url']}/simulator/api{path}"
        data = None if body is None else json.dumps(body).encode()
        request = Request(url, data, {"Content-Type": "application/json"}, method=method)
        with urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def settings(self, values: Mapping[str, Any]) -> Path:
        """Write what a script is told, beside every script's login; returns the file."""
        path = self.folder / "settings.json"
        told = {**self.credentials["basic"], **self.credentials["client_credentials"], **values}
        path.write_text(json.dumps(told), encoding="utf-8")
        return path


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Write the CSV files, start an org that loads them, yield what a client needs."""
    started = datetime.now(UTC).replace(microsecond=0)
    today = started.replace(hour=0, minute=0, second=0)
    parents = accounts(ACCOUNTS, today)
    tables = (parents, opportunities(OPPORTUNITIES, parents, today), ledgers(LEDGERS, today))
    files = [table.write(folder / f"{table.name}.csv") for table in tables]
    doors = ("--ca", str(folder / "authority"))
    with org("--load", *map(str, files), *doors) as credentials:
        yield Stage(
            folder,
            credentials,
            _environment(folder, credentials["url"]),
            {table.name: table for table in tables},
            started,
        )


def _environment(folder: Path, url: str) -> dict[str, str]:
    """Return a shell's environment after it evaluated what ``sallyport-org env`` prints.

    It holds nothing else that could lead a client anywhere: no proxies or certificates of ours.
    """
    plain = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    command = f"exports=$({BIN / 'sallyport-org'} env --url {url})"
    printed = subprocess.run(
        ["sh", "-c", f'{command} && eval "$exports" && env -0'],
        env={**plain, "HOME": str(folder), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    pairs = (pair.partition("=") for pair in printed.split("\0") if pair)
    return {name: value for name, _, value in pairs}
