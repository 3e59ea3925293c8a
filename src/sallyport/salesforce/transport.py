"""aiohttp on one background thread: where sockets are.

What belongs here: the event loop, the connection pool, and translating aiohttp's exceptions into
ours, once. What does not: which hosts may be asked and the blocking face (``client.py``). Only
``client.py`` imports this module, when the first request is sent: importing aiohttp costs a quarter
of a second.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import ssl
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
from yarl import URL

from sallyport.errors import RemoteRefused, RemoteUnavailable
from sallyport.salesforce.replies import Headers, Reply, Request
from sallyport.salesforce.trust import proxy_for, tls_context

READ_AHEAD = 1024 * 1024
"""Bytes of a body read before anyone asks (aiohttp pauses the socket at twice this)."""

T = TypeVar("T")


@dataclass(frozen=True)
class Limits:
    """Bounds of every request: seconds to connect, bytes of a whole body."""

    connect_timeout: float
    max_body: int
    user_agent: str


class Transport:
    """A loop thread with one connection pool; every method is called from outside the loop
    thread."""

    def __init__(self, limits: Limits) -> None:
        self.pid = os.getpid()
        self._limits = limits
        self._context = tls_context()
        self._gate = threading.RLock()
        self._closing = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=_serve, args=(self._loop,), name="salesforce-http", daemon=True
        )
        self._thread.start()
        self._session = self.run(self._open())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop thread and wait for it; an interrupt here cancels it
        there."""
        with self._gate:
            if self._closing:
                work.close()
                raise _given_up()
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except concurrent.futures.CancelledError as error:
            raise _given_up() from error
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """Give up what is under way and end the thread; does nothing in a forked child.

        The garbage collector may call this on any thread, even on the loop's own: that one cannot
        wait for itself.
        """
        with self._gate:  # what passed it before us is cancelled, nothing passes it after us
            if os.getpid() != self.pid or self._closing:
                return
            self._closing = True
            asyncio.run_coroutine_threadsafe(self._shut_down(), self._loop)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    async def send(self, request: Request) -> Reply:
        """Perform a request and read the whole answer, decompressed."""
        timeout = aiohttp.ClientTimeout(
            total=request.timeout, sock_connect=self._limits.connect_timeout
        )
        try:
            async with await self._request(request, timeout, decompress=True) as answer:
                headers = Headers(answer.headers.items())
                body = await self._whole_body(request, answer)
                return Reply(answer.status, headers, body)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise unavailable(request, error, self._limits.connect_timeout) from error

    async def open(self, request: Request) -> aiohttp.ClientResponse:
        """Perform a request up to its headers; the body stays on the wire, as it was compressed."""
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=self._limits.connect_timeout, sock_read=request.timeout
        )
        try:
            return await self._request(request, timeout, decompress=False)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise unavailable(request, error, self._limits.connect_timeout) from error

    async def read(self, request: Request, answer: aiohttp.ClientResponse, size: int) -> bytes:
        """Return the next ``size`` bytes of an open body, fewer only at its end."""
        parts: list[bytes] = []
        missing = size
        try:
            while missing and (part := await answer.content.read(missing)):
                parts.append(part)
                missing -= len(part)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise unavailable(request, error, self._limits.connect_timeout, in_body=True) from error
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def drop(self, answer: aiohttp.ClientResponse) -> None:
        """Give up an open body; its connection is closed unless the body was read to its end."""
        with self._gate:
            if os.getpid() == self.pid and not self._closing:
                self._loop.call_soon_threadsafe(answer.close)

    async def _open(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=self._context),
            # Salesforce sets cookies on every answer; none of them may travel to another org.
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self._limits.user_agent},
            read_bufsize=READ_AHEAD,
            # Sessions and locators can make long header lines; the default is 8,190.
            max_line_size=64 * 1024,
            max_field_size=64 * 1024,
        )

    async def _shut_down(self) -> None:
        await self._session.close()
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        self._loop.stop()

    async def _request(
        self, request: Request, bounds: aiohttp.ClientTimeout, *, decompress: bool
    ) -> aiohttp.ClientResponse:
        headers = {"Accept-Encoding": "gzip" if decompress else "identity", **request.headers}
        return await self._session.request(
            request.method,
            URL(request.url, encoded=True),
            headers=headers,
            data=request.body,
            timeout=bounds,
            proxy=proxy_for(request.url),
            allow_redirects=False,
            auto_decompress=decompress,
        )

    async def _whole_body(self, request: Request, answer: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        try:
            async for part in answer.content.iter_any():
                body += part
                if len(body) > self._limits.max_body:
                    raise RemoteRefused(
                        f"{_host(request)} sent more than {self._limits.max_body // 1024**2} MiB in"
                        " answer to a call whose answer is held in memory.",
                        status=answer.status,
                        code="ANSWER_TOO_LARGE",
                        text="",
                        cure="Ask for less at once.",
                    )
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise unavailable(request, error, self._limits.connect_timeout, in_body=True) from error
        return bytes(body)


def _given_up() -> RemoteUnavailable:
    return RemoteUnavailable(
        "The request was given up: the HTTP client was closed meanwhile.", stage="http"
    )


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()


def unavailable(
    request: Request, error: BaseException, connect_timeout: float, *, in_body: bool = False
) -> RemoteUnavailable:
    """Return what a failure of the network means, as a sentence for the person who must act."""
    host = _host(request)
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return RemoteUnavailable(
            f"No connection to {host} within {connect_timeout:g} seconds.",
            stage="timeout",
            cure="Check that this machine may reach the host (firewall, proxy).",
        )
    if isinstance(error, asyncio.TimeoutError):
        waited = "stopped sending for" if in_body else "did not answer within"
        return RemoteUnavailable(f"{host} {waited} {request.timeout:g} seconds.", stage="timeout")
    if isinstance(error, aiohttp.ClientProxyConnectionError | aiohttp.ClientHttpProxyError):
        return RemoteUnavailable(
            f"The proxy on the way to {host} did not let the request through ({_reason(error)}).",
            stage="connect",
            cure="Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.",
        )
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return RemoteUnavailable(
            f"The name {host} is not known to DNS.",
            stage="dns",
            cure="Check the spelling; a My Domain is renamed or deleted in Setup > My Domain, and a"
            " sandbox that was deleted or refreshed loses its name.",
        )
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return _tls_failure(host, error)
    if isinstance(error, aiohttp.ClientConnectorError):
        return RemoteUnavailable(
            f"Cannot connect to {host} ({_reason(error)}).",
            stage="connect",
            cure="Check that this machine may reach the host (firewall, proxy) and that it runs.",
        )
    if in_body:
        return RemoteUnavailable(
            f"The answer of {host} was cut off before its end ({_reason(error)}).", stage="body"
        )
    return RemoteUnavailable(
        f"{host} broke off without a usable HTTP answer ({_reason(error)}).", stage="http"
    )


def _tls_failure(host: str, error: BaseException) -> RemoteUnavailable:
    reason = _reason(error)
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return RemoteUnavailable(
            f"The certificate of {host} is not trusted ({reason}).",
            stage="tls",
            cure="If a company proxy re-signs connections, name its authority in SSL_CERT_FILE.",
        )
    return RemoteUnavailable(
        f"{host} did not agree on an encrypted connection ({reason}).",
        stage="tls",
        cure="Check that the host and port speak https.",
    )


def _reason(error: BaseException) -> str:
    """Return the innermost plain reason, without addresses of objects or credentials of a proxy."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        inner = error.certificate_error
        return getattr(inner, "verify_message", "") or type(inner).__name__
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"status {error.status}"
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, ssl.SSLError):
        return (cause.reason or "TLS failure").replace("_", " ").lower()
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return type(error).__name__


def _host(request: Request) -> str:
    url = URL(request.url, encoded=True)
    default = url.port is None or url.is_default_port()
    return url.host or request.url if default else f"{url.host}:{url.port}"
