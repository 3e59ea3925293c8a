"""Between bytes and :class:`~sallyport_org.web.Call`: bodies, compression, what the log keeps.

What belongs here: turning aiohttp's requests into calls and replies into responses. What does not:
listening (``listening``), answers (``routes``), and what goes wrong on purpose on the way
(``faults.transport``). Handlers are plain functions and run in a pool
of threads, so a slow query never holds up another client.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

from aiohttp import web
from isal import isal_zlib
from multidict import CIMultiDict

from sallyport_org import errors, routes
from sallyport_org.cloud import Cloud, Place
from sallyport_org.doors import arriving
from sallyport_org.doors.proxy import Proxy
from sallyport_org.faults import Journal, transport
from sallyport_org.request_log import RequestLog, RequestRecord
from sallyport_org.routing import tidy
from sallyport_org.state import Org
from sallyport_org.web import Call, Reply, bare_reply, refusal_reply

log = logging.getLogger(__name__)

MAX_HEAD_BYTES = 16_384
"""Address and headers together (documented:
https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.html)."""
MAX_BODY_BYTES = 160 * 1024 * 1024
GZIP_FROM_BYTES = 1024
"""Smaller answers are not worth compressing."""
PIECE_BYTES = 1 << 20


def make_request(*parts: Any) -> web.BaseRequest:
    """Build aiohttp's request with a body limit above its default of one megabyte."""
    message, payload, protocol, writer, task = parts[:5]
    loop = asyncio.get_running_loop()
    return web.BaseRequest(
        message, payload, protocol, writer, task, loop, client_max_size=MAX_BODY_BYTES
    )


class Exchange:
    """Turns aiohttp's requests into calls and replies into responses."""

    def __init__(
        self, cloud: Cloud, pool: ThreadPoolExecutor, latency: float, kept: RequestLog
    ) -> None:
        self._cloud, self._pool, self._latency, self._kept = cloud, pool, latency, kept
        self.proxy = Proxy(cloud)
        self.orgs_by_port: dict[int, Org] = {}
        self.shut_ports: set[int] = set()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        began = time.monotonic()
        journal = Journal(request.method, tidy(request.rel_url.raw_path))
        if self._latency:
            await asyncio.sleep(self._latency)
        try:
            reply = await self._answer(request, journal)
        except errors.BareRefusal as refusal:
            reply = bare_reply(refusal)
        except ConnectionError:
            log.info("%s %s: the client went away", request.method, request.raw_path)
            return web.Response(status=400)  # for nobody
        except Exception:
            log.exception("%s %s could not be answered", request.method, request.path)
            reply = refusal_reply(errors.rest.unexpected())
        if reply.status == 501:
            log.warning("not modelled: %s %s", request.method, request.raw_path)
        record = _record(request, reply, journal, time.monotonic() - began)
        self._kept.add(record)
        response = await transport.send(request, reply, journal, self._send)
        seconds = time.monotonic() - began
        self._kept.sent(record, seconds, request.writer.output_size if response.prepared else 0)
        log.info("%s %s %d %.3fs", request.method, request.raw_path, reply.status, seconds)
        return response

    async def _answer(self, request: web.BaseRequest, journal: Journal) -> Reply:
        refusal = _too_long(request)
        if refusal is not None:
            return refusal_reply(refusal)
        base_url = arriving.base_url(request)
        try:
            body = await arriving.body(request)
        except web.HTTPRequestEntityTooLarge:
            return refusal_reply(errors.bulk.too_large(f"{MAX_BODY_BYTES:,} bytes"))
        call = Call(
            method=request.method,
            path=tidy(request.rel_url.raw_path),
            query=request.query,
            headers=request.headers,
            body=body,
            base_url=base_url,
            remote=self._remote(request),
        )
        place = self._cloud.place(call.host, self._door(request))
        if place.org is not None:
            journal.belongs_to(place.org)
            call = transport.meet(journal, call)
            instead = await transport.instead(journal)
            if instead is not None:
                return instead
        work = partial(_compressed, self._cloud, place, call, journal)
        loop = asyncio.get_running_loop()
        reply = await loop.run_in_executor(self._pool, work)
        if transport.again(journal):
            await loop.run_in_executor(self._pool, work)
        transport.meet_late(journal, known_before=place.org is not None)
        return reply

    def _door(self, request: web.BaseRequest) -> Org | None:
        """Return the org whose plain door a request came through.

        Connections outlive their door; raises :class:`~sallyport_org.errors.BareRefusal` on those.
        """
        if request.transport is None:
            return None
        port = request.transport.get_extra_info("sockname")[1]
        if port in self.shut_ports:
            raise errors.transport.shut_door()
        return self.orgs_by_port.get(port)

    def _remote(self, request: web.BaseRequest) -> str:
        """Return the client's address, also when it came through the proxy door."""
        peer = request.transport.get_extra_info("peername") if request.transport else None
        if not peer:
            return ""
        return self.proxy.origin_of(peer[1]) or str(peer[0])

    async def _send(self, request: web.BaseRequest, reply: Reply) -> web.StreamResponse:
        headers = CIMultiDict(reply.headers)
        headers.extend(("Set-Cookie", cookie) for cookie in reply.cookies)
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


def _record(
    request: web.BaseRequest, reply: Reply, journal: Journal, seconds: float
) -> RequestRecord:
    """Return what the request log keeps of a request."""
    return RequestRecord(
        method=request.method,
        path=request.raw_path,
        status=reply.status,
        seconds=seconds,
        at=journal.faults.now() if journal.faults is not None else datetime.now(UTC),
        host=request.host,
        org=journal.org_id,
        user=journal.username,
        version=journal.version,
        faults=tuple(journal.struck),
    )


def _compressed(cloud: Cloud, place: Place, call: Call, journal: Journal) -> Reply:
    """Answer, and gzip the answer if the client takes that and it is worth it."""
    with journal.open():
        reply = routes.answer(cloud, place, call)
    if cloud.keeper is not None:
        cloud.keeper.answered(call.path)
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


def _slices(body: bytes) -> Iterator[memoryview]:
    view = memoryview(body)
    for start in range(0, len(body), PIECE_BYTES):
        yield view[start : start + PIECE_BYTES]
