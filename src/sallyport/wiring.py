"""The only place where rooms are built and handed to each other.

What belongs here: construction, start and stop of one process's share. What does not: decisions.

Everything is built when it is first used, and heavy libraries (the durable engine, the lake) are
imported then: a terminal command that lists connections starts in a fraction of a second.
"""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sallyport.access import Access
from sallyport.auth.attempt import Keeping, Patience
from sallyport.auth.keys import EnvKey, FileKey, KeyProvider
from sallyport.auth.vault import Vault
from sallyport.connections import Connections, ConnectionState
from sallyport.connections.keep_alive import KeepAlive
from sallyport.errors import BrokenInstallation, NotFound, RemoteUnavailable, SallyportError
from sallyport.flows import Catalog, Flows, Run, Runs, RunState
from sallyport.jobs.retry import Retry
from sallyport.kernel import Clock, Secret, SystemClock, new_hex
from sallyport.salesforce.client import HttpClient
from sallyport.salesforce.hosts import AllowedHosts
from sallyport.settings import Settings
from sallyport.store import Kind, Scope, SqlStore

if TYPE_CHECKING:
    from sallyport.api.services import Services
    from sallyport.datasets.base import Lake
    from sallyport.jobs.engine import Engine, Steps
    from sallyport.pull import Pull

VERIFY = "verify-connection"
PULL = "pull"
_VERIFY_RETRY = Retry(attempts=8)


class Sallyport:
    """One process's share of an installation. Use as a context manager, or call ``close``.

    ``patience`` is how long renewals may take; its keep-alive comes from the settings.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock or SystemClock()
        days = timedelta(days=settings.keep_alive_days)
        self.patience = replace(patience or Patience(), keep_alive=days)
        self.allowed = AllowedHosts.parse(settings.allowed_hosts)

    def __enter__(self) -> Sallyport:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @cached_property
    def store(self) -> SqlStore:
        """Metadata, migrated to this release; BrokenInstallation when it cannot be used."""
        self._make_home()
        return SqlStore.open(self.settings.database_url, self.clock)

    @cached_property
    def vault(self) -> Vault:
        """What seals credentials."""
        self._make_home()
        text = self.settings.secret_key
        keys: KeyProvider = (
            EnvKey(Secret(text)) if text else FileKey(self.settings.home / "secret.key")
        )
        return Vault(keys)

    @cached_property
    def http(self) -> HttpClient:
        """The one way to Salesforce."""
        return HttpClient(self.allowed)

    @cached_property
    def access(self) -> Access:
        """API credentials and tokens, signed with a key all processes share."""
        context = "installation/token-key"

        def make() -> str:
            return self.vault.seal({"key": secrets.token_urlsafe(32)}, context=context)

        sealed = self.store.constant("token-key", make)
        key = self.vault.open(sealed, context=context)["key"]
        return Access(self.store, self.clock, key, default_sandbox=self.settings.sandbox)

    @cached_property
    def connections(self) -> Connections:
        """Connections' use cases."""
        return Connections(self.store, self.http, self.keeping, verify_later=self._verify_later)

    @cached_property
    def keeping(self) -> Keeping:
        """What every keeper of a session in this process works with."""
        owner = f"{socket.gethostname()}:{os.getpid()}:{new_hex(8)}"
        return Keeping(
            self.store.grants,
            self.vault,
            self.http,
            self.allowed,
            self.clock,
            owner,
            self.patience,
        )

    @cached_property
    def keep_alive(self) -> KeepAlive:
        """What looks after the grants that nobody uses; not started yet."""
        return KeepAlive(self.connections.sessions.look_after)

    @cached_property
    def catalog(self) -> Catalog:
        """Schemas, datasets and mapping sets."""
        return Catalog(self.store)

    @cached_property
    def runs(self) -> Runs:
        """Runs' lives."""
        return Runs(self.store, self.clock)

    @cached_property
    def flows(self) -> Flows:
        """Flows' use cases."""
        return Flows(
            self.store,
            self.connections,
            self.catalog,
            self.runs,
            start=self._start_run,
        )

    @cached_property
    def lake(self) -> Lake:
        """Where rows land."""
        from sallyport.datasets.delta import DeltaLake

        return DeltaLake(self.settings.lake_url)

    @cached_property
    def pull(self) -> Pull:
        """What executes runs."""
        from sallyport.pull import Pull

        return Pull(
            self.connections,
            self.catalog,
            self.flows,
            self.runs,
            self.lake,
            self.clock,
            page_rows=self.settings.page_rows,
            streams=self.settings.streams,
        )

    @cached_property
    def engine(self) -> Engine:
        """The durable engine with every workflow registered; not launched yet."""
        from sallyport.jobs.engine import Engine

        engine = Engine(
            self.settings.jobs_url,
            at_once=self.settings.runs_at_once,
            on_parked=self._parked,
        )
        engine.register(PULL, self.pull.workflow)
        engine.register(VERIFY, self._verify)
        return engine

    @cached_property
    def api(self) -> Services:
        """What the HTTP API works with."""
        from sallyport.api.services import Services

        return Services(
            access=self.access,
            connections=self.connections,
            catalog=self.catalog,
            flows=self.flows,
            runs=self.runs,
            clock=self.clock,
            verify_seconds=self.settings.verify_seconds,
        )

    def launch(self) -> None:
        """Take part in durable work from now on."""
        self.store.ensure_org(self.settings.org, self.settings.sandbox)
        self.engine.launch()
        self.keep_alive.start()
        self._hand_over()

    def _hand_over(self) -> None:
        """Hand over what a process stored and died before it could: twice changes nothing."""
        for record in self.store.everywhere(Kind.RUN, [RunState.QUEUED]):
            self._start_run(Run(record))
        for record in self.store.everywhere(Kind.CONNECTION, [ConnectionState.INITIALIZING]):
            self._verify_later(record.scope, record.id)

    def close(self) -> None:
        """Stop and give everything back; unfinished work is free for others at once."""
        built = vars(self)
        if "keep_alive" in built:
            self.keep_alive.stop()
        if "engine" in built:
            self.engine.close()
        if "http" in built:
            self.http.close()
        if "store" in built:
            self.store.close()

    def _make_home(self) -> None:
        try:
            self.settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
            for url in (self.settings.database_url, self.settings.jobs_url):
                file = Path(url.removeprefix("sqlite:///"))
                if url.startswith("sqlite:") and file.parent == self.settings.home:
                    file.touch(mode=0o600)  # SQLite gives its side files the same mode
        except OSError as error:
            raise BrokenInstallation(
                f"the folder {self.settings.home} cannot be used: {error.strerror}.",
                field="SALLYPORT_HOME",
                received=str(self.settings.home),
                cure="Point it to a folder you may write.",
            ) from error

    def _start_run(self, run: Run) -> None:
        argument = {**_scoped(run.scope), "run_id": run.id, "not_before": run.not_before}
        self.engine.enqueue(PULL, run.id, argument)

    def _verify_later(self, scope: Scope, connection_id: str) -> None:
        argument = {**_scoped(scope), "connection_id": connection_id}
        self.engine.enqueue(VERIFY, f"verify-{connection_id}", argument)

    def _verify(self, steps: Steps, argument: dict[str, Any]) -> str:
        """Verify a connection in the background; unreachable for long means disabled, and why."""
        scope = Scope(argument["org"], argument["sandbox"])
        connection_id = str(argument["connection_id"])

        def verify() -> str:
            return self.connections.finish_verification(scope, connection_id).state

        def disable(error: SallyportError) -> str:
            connection = self.connections.get(scope, connection_id)
            if connection.state is not ConnectionState.INITIALIZING:
                return connection.state
            return self.connections.disable(connection, error).state

        try:
            return str(steps.run("verify", verify, retry=_VERIFY_RETRY))
        except RemoteUnavailable as error:
            return str(steps.run("disable", disable, error))
        except NotFound:  # removed while it was being verified
            return "removed"

    def _parked(self, workflow_id: str) -> None:
        """Say on a run whose workflow was given up that it was."""
        record = self.store.locate(Kind.RUN, workflow_id)
        if record is not None:
            stuck = SallyportError(
                "the run was restarted again and again without getting further, and is stopped.",
                cure="See the log for what ended the processes; then start the flow again.",
            )
            self.runs.fail(Run(record), stuck)


def _scoped(scope: Scope) -> dict[str, str]:
    return {"org": scope.org, "sandbox": scope.sandbox}
