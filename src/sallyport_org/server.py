"""The HTTP server: sockets, bodies, compression, threads; and the org as something tests can start.

What belongs here: everything between bytes and :class:`~sallyport_org.web.Call`. What does not:
answers (``routes`` and below). Handlers are plain functions and run in a pool of threads, so a slow
query never holds up another client.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from aiohttp import web
from isal import isal_zlib

from sallyport_org import errors, routes
from sallyport_org.build import Credentials, build_org
from sallyport_org.cloud import Cloud
from sallyport_org.rest.versions import supported
from sallyport_org.state import Clock, Org, Settings
from sallyport_org.web import Call, Reply, refusal_reply

log = logging.getLogger(__name__)

MAX_HEAD_BYTES = 16_384
"""Address and headers together (documented:
https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.html)."""
MAX_BODY_BYTES = 160 * 1024 * 1024
GZIP_FROM_BYTES = 1024
"""Smaller answers are not worth compressing."""
THREADS = 24
PIECE_BYTES = 1 << 20
REMEMBERED_REQUESTS = 100_000


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request as the request log keeps it: what was asked, and how it was answered."""

    method: str
    path: str
    status: int
    seconds: float


class OrgServer:
    """An org on a local port, in a thread of its own.

    Use it as a context manager, or ``start()`` and ``stop()`` it. ``rows``, ``seed``, ``load``,
    ``settings``, ``clock`` and ``as_of`` are those of :func:`sallyport_org.build.build_org`; port 0
    picks a free one; ``latency`` (seconds) is added to every answer.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        rows: Mapping[str, int] | None = None,
        seed: int = 1,
        load: Sequence[Path] = (),
        settings: Settings | None = None,
        clock: Clock | None = None,
        as_of: datetime | None = None,
        latency: float = 0.0,
        progress: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._host, self._port, self._latency = host, port, latency
        self.cloud = Cloud()
        self._build: Callable[[], tuple[Org, Credentials]] = lambda: build_org(
            rows=rows,
            seed=seed,
            load=load,
            settings=settings,
            clock=clock,
            as_of=as_of,
            progress=progress,
            apps=self.cloud.apps,
        )
        self._built: tuple[Org, Credentials] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopped: asyncio.Event | None = None
        self._failure: BaseException | None = None
        self._log: deque[RequestRecord] = deque(maxlen=REMEMBERED_REQUESTS)

    # -- what tests ask

    @property
    def org(self) -> Org:
        """The org being served; its state may be changed while it runs."""
        return self._parts()[0]

    @property
    def credentials(self) -> Credentials:
        """What lets a client in."""
        return self._parts()[1]

    @property
    def url(self) -> str:
        """Scheme, host and port, without a slash at the end."""
        return f"http://{self._host}:{self._port}"

    def requests(self, path_part: str = "") -> list[RequestRecord]:
        """Return the requests answered so far whose path holds a text, oldest first."""
        return [one for one in list(self._log) if path_part in one.path]

    def sql(self, text: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return rows straight from the tables (one per object, named alike), past SOQL."""
        return self.org.engine.rows(text, parameters)

    def summary(self) -> dict[str, Any]:
        """Return address, versions, row counts and credentials: what the command line prints."""
        org = self.org
        counts = {one.name: org.engine.count(one) for one in org.schema}
        return {
            "url": self.url,
            "my_domain": org.my_domain,
            "org_id": org.id,
            "api_versions": supported(),
            "rows": {name: rows for name, rows in counts.items() if rows},
            **self.credentials.as_json(),
        }

    # -- starting and stopping

    def start(self) -> OrgServer:
        """Build the org, listen, and return once requests are answered.

        Raises OSError when the port cannot be had, and what building an org raises.
        """
        self._built = self._build()
        self.cloud.add(self._built[0])
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
        if self._built is not None:
            self.cloud.remove(self._built[0])
            self._built[0].close()
            self._built = None

    def __enter__(self) -> OrgServer:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _parts(self) -> tuple[Org, Credentials]:
        if self._built is None:
            raise RuntimeError("the org server is not running; call start() first")
        return self._built

    async def _serve(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        pool = ThreadPoolExecutor(THREADS, thread_name_prefix="org")
        gate = _Gate(self.cloud, pool, self._latency, self._log)
        server = web.Server(
            gate.handle,
            access_log=None,
            request_factory=_make_request,
            max_line_size=MAX_HEAD_BYTES * 4,
            max_field_size=MAX_HEAD_BYTES * 4,
            keepalive_timeout=600.0,
        )
        runner = web.ServerRunner(server, shutdown_timeout=1.0)
        try:
            await runner.setup()
            site = web.TCPSite(runner, self._host, self._port, backlog=512)
            await site.start()
            if self._port == 0:
                self._port = runner.addresses[0][1]
        except BaseException as failure:  # start() raises it to its caller
            self._failure = failure
            self._stopped.set()
        finally:
            ready.set()
        await self._stopped.wait()
        await runner.cleanup()
        pool.shutdown(wait=False, cancel_futures=True)


def _make_request(*parts: Any) -> web.BaseRequest:
    """Build aiohttp's request with a body limit above its default of one megabyte."""
    message, payload, protocol, writer, task = parts[:5]
    loop = asyncio.get_running_loop()
    return web.BaseRequest(
        message, payload, protocol, writer, task, loop, client_max_size=MAX_BODY_BYTES
    )


class _Gate:
    """Turns aiohttp's requests into calls and replies into responses."""

    def __init__(
        self, cloud: Cloud, pool: ThreadPoolExecutor, latency: float, kept: deque[RequestRecord]
    ) -> None:
        self._cloud, self._pool, self._latency, self._kept = cloud, pool, latency, kept

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        began = time.monotonic()
        if self._latency:
            await asyncio.sleep(self._latency)
        try:
            reply = await self._answer(request)
        except Exception:
            log.exception("%s %s could not be answered", request.method, request.path)
            reply = refusal_reply(errors.rest.unexpected())
        if reply.status == 501:
            log.warning("not modelled: %s %s", request.method, request.raw_path)
        response = await self._send(request, reply)
        seconds = time.monotonic() - began
        record = RequestRecord(request.method, request.raw_path, reply.status, seconds)
        self._kept.append(record)
        log.info("%s %s %d %.3fs", record.method, record.path, record.status, seconds)
        return response

    async def _answer(self, request: web.BaseRequest) -> Reply:
        refusal = _too_long(request)
        if refusal is not None:
            return refusal_reply(refusal)
        body = await request.read()
        call = Call(
            method=request.method,
            path=_tidy(request.path),
            query=request.query,
            headers=request.headers,
            body=body,
            base_url=f"{request.scheme}://{request.host}",
            remote=request.remote or "",
        )
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, _compressed, self._cloud, call)

    async def _send(self, request: web.BaseRequest, reply: Reply) -> web.StreamResponse:
        headers = dict(reply.headers)
        if isinstance(reply.body, bytes):
            if len(reply.body) <= PIECE_BYTES:
                response: web.StreamResponse = web.Response(
                    status=reply.status, headers=headers, body=reply.body
                )
                await response.prepare(request)
                await response.write_eof()
                return response
            headers["Content-Length"] = str(len(reply.body))
            pieces: Iterator[bytes | memoryview] = _slices(reply.body)
        else:
            pieces = reply.body
        response = web.StreamResponse(status=reply.status, headers=headers)
        await response.prepare(request)
        try:
            if request.method != "HEAD":
                await self._stream(response, pieces)
            await response.write_eof()
        except ConnectionError:
            log.info("%s %s: the client went away", request.method, request.raw_path)
        return response

    async def _stream(
        self, response: web.StreamResponse, pieces: Iterator[bytes | memoryview]
    ) -> None:
        """Write pieces, making the next one while the last is on its way."""
        loop = asyncio.get_running_loop()
        coming = loop.run_in_executor(self._pool, next, pieces, None)
        while (piece := await coming) is not None:
            coming = loop.run_in_executor(self._pool, next, pieces, None)
            await response.write(piece)


def _compressed(cloud: Cloud, call: Call) -> Reply:
    """Answer, and gzip the answer if the client takes that and it is worth it."""
    reply = routes.answer(cloud, cloud.place(call.host), call)
    if (
        isinstance(reply.body, bytes)
        and len(reply.body) >= GZIP_FROM_BYTES
        and "Content-Encoding" not in reply.headers
        and "gzip" in call.headers.get("Accept-Encoding", "").lower()
    ):
        packer = isal_zlib.compressobj(1, isal_zlib.DEFLATED, 31)
        reply.body = packer.compress(reply.body) + packer.flush()
        reply.headers["Content-Encoding"] = "gzip"
    return reply


def _too_long(request: web.BaseRequest) -> errors.Refusal | None:
    """Refuse addresses and headers above the documented limit."""
    address = len(request.raw_path)
    if address > MAX_HEAD_BYTES:
        return errors.rest.uri_too_long()
    head = sum(len(name) + len(value) + 4 for name, value in request.raw_headers)
    return errors.rest.headers_too_large() if address + head > MAX_HEAD_BYTES else None


def _tidy(path: str) -> str:
    """Return a path without doubled and trailing slashes."""
    return "/" + "/".join(part for part in path.split("/") if part)


def _slices(body: bytes) -> Iterator[memoryview]:
    view = memoryview(body)
    for start in range(0, len(body), PIECE_BYTES):
        yield view[start : start + PIECE_BYTES]
