"""The one HTTP seam: blocking and thread-safe outside, one aiohttp session on one thread inside.

What belongs here: the guard that only Salesforce's (or listed) hosts are asked, and the life of the
transport across threads, forks and exit. What does not: sockets (``transport.py``), sessions and
renewal (``session.py``).
"""

from __future__ import annotations

import os
import threading
import weakref
import zlib
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sallyport import __version__
from sallyport.errors import RemoteUnavailable
from sallyport.salesforce.hosts import AllowedHosts, check_request_url
from sallyport.salesforce.replies import Headers, Reply, Request

if TYPE_CHECKING:
    import aiohttp

    from sallyport.salesforce.transport import Transport

MAX_BODY = 64 * 1024 * 1024
"""Bytes (decompressed) that ``send`` holds at most; larger answers are for ``stream``."""
CHUNK = 512 * 1024
"""Bytes a stream hands over at once unless told otherwise."""
_MAX_ERROR_BODY = 1024 * 1024


class HttpClient:
    """Sends requests to Salesforce's hosts and to those an operator listed.

    Nothing starts before the first request. Redirects are never followed (a token would travel
    along), cookies never kept. Connections are kept alive and shared by all callers. Trust is the
    system's certificates plus ``SSL_CERT_FILE``; ``HTTPS_PROXY``, ``HTTP_PROXY`` and ``NO_PROXY``
    are honoured.
    """

    def __init__(
        self,
        allowed: AllowedHosts,
        *,
        connect_timeout: float = 10.0,
        user_agent: str = f"sallyport/{__version__}",
        max_body: int = MAX_BODY,
    ) -> None:
        self.allowed = allowed
        self._connect_timeout = connect_timeout
        self._user_agent = user_agent
        self._max_body = max_body
        self._lock = threading.Lock()
        self._transport: Transport | None = None
        self._finalizer: weakref.finalize[..., HttpClient] | None = None
        self._closed = False
        _clients.add(self)

    def send(self, request: Request) -> Reply:
        """Perform a request and return its whole answer, decompressed.

        Raises InvalidRequest for a host that may not be asked, RemoteUnavailable with ``stage``
        dns, connect, tls, timeout, http or body, RemoteRefused for an answer above the size limit.
        """
        check_request_url(request.url, self.allowed)
        transport = self._started()
        return transport.run(transport.send(request))

    def stream(self, request: Request) -> StreamedReply:
        """Perform a request and return its answer with the body still on the wire.

        ``request.timeout`` bounds each silence, not the whole. Raises as ``send`` does.
        """
        check_request_url(request.url, self.allowed)
        transport = self._started()
        return StreamedReply(self, transport, request, transport.run(transport.open(request)))

    def close(self) -> None:
        """Close all connections and end the background thread; requests are refused from then
        on."""
        with self._lock:
            self._closed = True
            finalizer, self._finalizer, self._transport = self._finalizer, None, None
        if finalizer is not None:
            finalizer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _started(self) -> Transport:
        with self._lock:
            if self._closed:
                raise RemoteUnavailable("The HTTP client is closed.", stage="connect")
            if self._transport is None:
                from sallyport.salesforce.transport import Limits, Transport

                self._transport = Transport(
                    Limits(self._connect_timeout, self._max_body, self._user_agent)
                )
                # Runs at interpreter exit too: a daemon thread must not die holding sockets open.
                self._finalizer = weakref.finalize(self, self._transport.close)
            return self._transport

    def _forget_parent(self) -> None:
        """Start afresh in a forked child: the loop thread and its sockets belong to the parent.

        The inherited transport is kept from being collected: closing its copies of the sockets
        would take them off the parent's event queue, which both processes share.
        """
        self._lock = threading.Lock()
        if self._transport is not None:
            _inherited.append(self._transport)
        if self._finalizer is not None:
            self._finalizer.detach()
        self._transport = self._finalizer = None


class StreamedReply:
    """An answer whose body is read bit by bit, as it was compressed (see ``Content-Encoding``).

    One reader at a time; leaving the ``with`` block gives up what was not read.
    """

    def __init__(
        self,
        client: HttpClient,
        transport: Transport,
        request: Request,
        answer: aiohttp.ClientResponse,
    ) -> None:
        self._client = client  # kept alive: its transport ends with it
        self._request = request
        self._transport = transport
        self._answer = answer
        self.status = answer.status
        self.headers = Headers(answer.headers.items())

    def read(self, n: int = CHUNK) -> bytes:
        """Wait for and return ``n`` raw bytes, fewer only at the end, ``b""`` after it.

        Raises RemoteUnavailable(stage="body") when the body ends before it should, stage "timeout"
        when nothing came for the request's time-out.
        """
        return self._transport.run(self._transport.read(self._request, self._answer, n))

    def into_reply(self) -> Reply:
        """Return an answer that turned out to be a refusal as a whole (its first MiB), and close
        it."""
        with self:
            body = self.read(_MAX_ERROR_BODY)
        if self.headers.get("Content-Encoding", "").lower() == "gzip":
            body = zlib.decompressobj(wbits=31).decompress(body, _MAX_ERROR_BODY)
        return Reply(self.status, self.headers, body)

    def close(self) -> None:
        """Let go of the connection; it is kept alive only when the body was read to its end."""
        self._transport.drop(self._answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


_clients: weakref.WeakSet[HttpClient] = weakref.WeakSet()
_inherited: list[Transport] = []


def _after_fork_in_child() -> None:
    for client in list(_clients):
        client._forget_parent()


os.register_at_fork(after_in_child=_after_fork_in_child)
