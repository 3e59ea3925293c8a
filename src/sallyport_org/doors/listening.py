"""What listens: plain doors (one an org), the HTTPS door and the proxy door.

What belongs here: ports, and starting and stopping sockets on one event loop. What does not: what
happens to a request (``exchange``).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor

from aiohttp import web

from sallyport_org.doors.exchange import MAX_HEAD_BYTES, Exchange, make_request
from sallyport_org.state import Org

BACKLOG = 512
KEEP_ALIVE_SECONDS = 600.0


class DoorError(OSError):
    """A port that cannot be listened on."""

    def __init__(self, host: str, port: int, failure: OSError) -> None:
        super().__init__(failure.errno, failure.strerror or str(failure))
        self.host, self.port = host, port

    def __str__(self) -> str:
        return f"cannot listen on {self.host}:{self.port}: {self.strerror}"


class Doors:
    """The open doors of one server. Everything runs on the loop ``open`` was called on."""

    def __init__(self, host: str, exchange: Exchange, pool: ThreadPoolExecutor) -> None:
        self.host = host
        self._exchange, self._pool = exchange, pool
        self._runner: web.ServerRunner | None = None
        self._tunnels: asyncio.Server | None = None
        self._sites: dict[int, web.SockSite] = {}

    async def open(self) -> None:
        """Get ready to listen."""
        server = web.Server(
            self._exchange.handle,
            access_log=None,
            request_factory=make_request,
            max_line_size=MAX_HEAD_BYTES * 4,
            max_field_size=MAX_HEAD_BYTES * 4,
            keepalive_timeout=KEEP_ALIVE_SECONDS,
        )
        self._runner = web.ServerRunner(server, shutdown_timeout=1.0)
        await self._runner.setup()

    async def open_plain(self, org: Org, port: int) -> int:
        """Open a plain door whose local names mean an org; returns its port.

        Raises :class:`DoorError` when the port cannot be had.
        """
        number = await self._listen(port, None)
        self._exchange.orgs_by_port[number] = org
        self._exchange.shut_ports.discard(number)
        if self._exchange.proxy.plain is None:
            self._exchange.proxy.plain = (self._near(), number)
        return number

    async def shut_plain(self, org: Org) -> None:
        """Shut the plain doors of an org."""
        ports = [port for port, one in self._exchange.orgs_by_port.items() if one is org]
        for port in ports:
            del self._exchange.orgs_by_port[port]
            self._exchange.shut_ports.add(port)
            await self._sites.pop(port).stop()

    async def open_secure(self, context: ssl.SSLContext, port: int) -> int:
        """Open the HTTPS door; returns its port. Raises :class:`DoorError`."""
        number = await self._listen(port, context)
        self._exchange.proxy.secure = (self._near(), number)
        return number

    async def open_proxy(self, port: int) -> int:
        """Open the proxy door; returns its port. Raises :class:`DoorError`."""
        listener = _bound(self.host, port)
        self._tunnels = await asyncio.start_server(self._exchange.proxy.handle, sock=listener)
        return int(listener.getsockname()[1])

    async def close(self) -> None:
        """Close every door and stop the workers."""
        if self._tunnels is not None:
            self._tunnels.close()
            await self._exchange.proxy.close()
        if self._runner is not None:
            await self._runner.cleanup()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _listen(self, port: int, context: ssl.SSLContext | None) -> int:
        if self._runner is None:
            raise RuntimeError("the doors are not ready; call open() first")
        listener = _bound(self.host, port)
        site = web.SockSite(self._runner, listener, backlog=BACKLOG, ssl_context=context)
        await site.start()
        number = int(listener.getsockname()[1])
        self._sites[number] = site
        return number

    def _near(self) -> str:
        """Return an address of this machine the proxy reaches the other doors by."""
        return "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 - compared


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket bound to an address, so that a port of 0 is known before anybody comes."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    try:
        return socket.create_server((str(address[0]), port), family=family, backlog=BACKLOG)
    except OSError as failure:
        raise DoorError(host, port, failure) from failure
