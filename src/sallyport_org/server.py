"""Orgs as something programs and tests can start and stop.

What belongs here: building orgs, and the thread everything is served from. What does not: sockets
(``doors``), answers (``routes`` and below).
"""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from sallyport_org.addresses import Addresses
from sallyport_org.build import Blueprint, Credentials, OrgShape, build_org
from sallyport_org.cloud import Cloud
from sallyport_org.datafile import open_org
from sallyport_org.doors import Authority, Doors
from sallyport_org.doors.exchange import Exchange
from sallyport_org.request_log import RequestRecord
from sallyport_org.rest.versions import supported
from sallyport_org.state import Clock, Org, Settings, SystemClock

THREADS = 24


class OrgServer:
    """An org on a local port, served from a thread of its own; further orgs can join it.

    Use it as a context manager, or ``start()`` and ``stop()`` it. ``shape``, ``rows``, ``seed``,
    ``load``, ``metadata``, ``settings``, ``clock`` and ``as_of`` are those of
    :class:`sallyport_org.build.Blueprint`; ``data`` is a file the first org is kept in (see
    :func:`sallyport_org.datafile.open_org`); ``latency`` (seconds) is added to every answer.
    Ports: 0 picks a free one, None leaves the door shut. ``authority`` is the folder of the local
    certificate authority (None: a temporary one).
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        https_port: int | None = None,
        proxy_port: int | None = None,
        authority: Path | None = None,
        shape: OrgShape | None = None,
        rows: Mapping[str, int] | None = None,
        seed: int = 1,
        load: Sequence[Path] = (),
        metadata: Sequence[Path] = (),
        data: Path | None = None,
        settings: Settings | None = None,
        clock: Clock | None = None,
        as_of: datetime | None = None,
        latency: float = 0.0,
        progress: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._host, self._port = host, port
        self._https_port, self._proxy_port, self._authority = https_port, proxy_port, authority
        self.cloud = Cloud()
        self._data, self._progress = data, progress
        self._plan = Blueprint(
            shape, rows, seed, load, metadata, settings, clock or SystemClock(), as_of
        )
        self._latency = latency
        self._built: tuple[Org, Credentials] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._doors: Doors | None = None
        self._thread: threading.Thread | None = None
        self._stopped: asyncio.Event | None = None
        self._failure: BaseException | None = None
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    # -- what tests ask

    @property
    def org(self) -> Org:
        """The first org being served; its state may be changed while it runs."""
        return self._parts()[0]

    @property
    def credentials(self) -> Credentials:
        """What lets a client into the first org."""
        return self._parts()[1]

    @property
    def url(self) -> str:
        """Scheme, host and port of the first org's plain door, without a slash at the end."""
        return f"http://{self._host}:{self._port}"

    @property
    def doors(self) -> Addresses:
        """Where all doors are."""
        return self.cloud.doors

    def requests(self, path_part: str = "") -> list[RequestRecord]:
        """Return the requests answered so far whose path holds a text, oldest first."""
        return self.cloud.requests.find(path_part)

    def sql(self, text: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return rows straight from the tables (one per object, named alike), past SOQL."""
        self.org.setup_rows.refresh(self.org, text)
        return self.org.engine.rows(text, parameters)

    def summary(self) -> dict[str, Any]:
        """Return addresses, versions, row counts and credentials: what the command line prints."""
        org = self.org
        counts = {one.name: org.engine.count(one) for one in org.schema}
        return {
            "url": self.url,
            "my_domain": org.my_domain,
            "org_id": org.id,
            "api_versions": supported(),
            "rows": {name: rows for name, rows in counts.items() if rows},
            "doors": self.doors.as_json(),
            **self.credentials.as_json(),
        }

    # -- further orgs

    def found(
        self, shape: OrgShape, *, rows: Mapping[str, int] | None = None, seed: int = 1
    ) -> tuple[Org, Credentials, str]:
        """Build another org and open a plain door for it; returns it, its keys and its address.

        ``rows`` is as in the constructor. Must not be called from the serving thread itself.
        """
        if self._loop is None or self._doors is None:
            raise RuntimeError("the org server is not running; call start() first")
        plan = Blueprint(shape, rows, seed, clock=self._plan.clock, as_of=self._plan.as_of)
        org, credentials = build_org(plan, apps=self.cloud.apps)
        self.cloud.add(org)
        opening = asyncio.run_coroutine_threadsafe(self._doors.open_plain(org, 0), self._loop)
        return org, credentials, f"http://{self._host}:{opening.result()}"

    def close_down(self, org: Org) -> None:
        """Take a further org away: its door is shut, nobody finds it, and its rows are let go.

        Must not be called from the serving thread itself.
        """
        if org is self.org:
            raise ValueError("the first org stays as long as its server")
        if self._loop is None or self._doors is None:
            raise RuntimeError("the org server is not running; call start() first")
        self.cloud.remove(org)
        asyncio.run_coroutine_threadsafe(self._doors.shut_plain(org), self._loop).result()
        org.close()

    # -- starting and stopping

    def start(self) -> OrgServer:
        """Build the org, listen, and return once requests are answered.

        Raises OSError when a port cannot be had, and what building an org raises.
        """
        self._built = self._build()
        self.cloud.add(self._built[0])
        self.cloud.founder = self
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(ready)), name="sallyport-org", daemon=True
        )
        self._thread.start()
        ready.wait()
        if self._failure is not None:
            self._thread.join()
            self._built[0].close()
            raise self._failure
        return self

    def stop(self) -> None:
        """Stop answering, finish background work, and let go of the rows."""
        if self._loop is not None and self._stopped is not None:
            self._loop.call_soon_threadsafe(self._stopped.set)
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self.cloud.keeper is not None and self._built is not None:
            self.cloud.keeper.save()
            self.cloud.keeper = None
        for org in self.cloud.orgs:
            self.cloud.remove(org)
            org.close()
        self._built = None
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None

    def __enter__(self) -> OrgServer:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _build(self) -> tuple[Org, Credentials]:
        """Build the first org, or take it from its file."""
        apps, progress = self.cloud.apps, self._progress
        if self._data is None:
            return build_org(self._plan, apps=apps, progress=progress)
        org, credentials, keeper = open_org(self._data, self._plan, apps=apps, progress=progress)
        self.cloud.keeper = keeper
        return org, credentials

    def _parts(self) -> tuple[Org, Credentials]:
        if self._built is None:
            raise RuntimeError("the org server is not running; call start() first")
        return self._built

    async def _serve(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        pool = ThreadPoolExecutor(THREADS, thread_name_prefix="org")
        exchange = Exchange(self.cloud, pool, self._latency, self.cloud.requests)
        self._doors = Doors(self._host, exchange, pool)
        try:
            await self._open(self._doors)
        except BaseException as failure:  # start() raises it to its caller
            self._failure = failure
            self._stopped.set()
        finally:
            ready.set()
        await self._stopped.wait()
        await self._doors.close()

    async def _open(self, doors: Doors) -> None:
        await doors.open()
        self._port = await doors.open_plain(self.org, self._port)
        https = proxy = None
        certificate = bundle = None
        if self._https_port is not None or self._proxy_port is not None:
            authority = Authority(self._authority or self._scratch_folder())
            context = authority.prepare([self._host])
            port = await doors.open_secure(context, self._https_port or 0)
            https = f"https://{self._host}:{port}"
            certificate, bundle = str(authority.certificate), str(authority.bundle)
        if self._proxy_port is not None:
            proxy = f"http://{self._host}:{await doors.open_proxy(self._proxy_port)}"
        self.cloud.doors = Addresses(self.url, https, proxy, certificate, bundle)

    def _scratch_folder(self) -> Path:
        self._scratch = tempfile.TemporaryDirectory(prefix="sallyport-org-")
        return Path(self._scratch.name)
