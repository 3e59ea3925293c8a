"""The proxy door: an HTTP proxy that knows the way to Salesforce's hosts only.

What belongs here: reading the first line of a connection and passing bytes on. What does not: TLS;
a tunnel leads to the HTTPS door, whose certificate fits every host.

A client with ``login.salesforce.com`` wired in needs only ``HTTPS_PROXY`` and a trusted authority.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging

from sallyport_org.cloud import Cloud

log = logging.getLogger(__name__)

MAX_HEAD_BYTES = 65_536
HEAD_SECONDS = 30.0
PIECE_BYTES = 1 << 16

Address = tuple[str, int]


class Proxy:
    """Tunnels connections to the HTTPS and plain doors; remembers where each came from."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._origins: dict[int, str] = {}
        self._served: set[asyncio.Task[None]] = set()
        self._closing = False
        self.secure: Address | None = None
        self.plain: Address | None = None

    def origin_of(self, port: int) -> str | None:
        """Return the address of the client behind a tunnel that ends at a local port."""
        return self._origins.get(port)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        task = asyncio.current_task()
        if task is not None:
            self._served.add(task)
            task.add_done_callback(self._served.discard)
        try:
            await self._serve(reader, writer)
        except (ConnectionError, TimeoutError, asyncio.IncompleteReadError):
            log.debug("a proxy client went away")
        except asyncio.CancelledError:
            # Streams of Python 3.11 log a served connection that ends cancelled as a mistake.
            if not self._closing:
                raise
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def close(self) -> None:
        """Cut every connection still being served."""
        self._closing = True
        for task in self._served:
            task.cancel()
        await asyncio.gather(*self._served, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            await _refuse(writer, "431 Request Header Fields Too Large", "The head is too long.")
            return
        method, _, rest = head.split(b"\r\n", 1)[0].decode("latin-1").partition(" ")
        target = rest.partition(" ")[0]
        if method == "CONNECT":
            await self._connect(target, reader, writer)
        elif target.startswith("http://") and self.plain is not None:
            await self._pass_on(self.plain, target, reader, writer, head)
        else:
            await _refuse(writer, "400 Bad Request", "This is a proxy: ask for a whole address.")

    async def _connect(
        self, target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        host, _, port = target.rpartition(":")
        kind = self._cloud.place(host.strip("[]")).kind
        if kind == "unknown":
            await _no_such_host(writer, host)
        elif kind == "local" or port != "443" or self.secure is None:
            message = f"sallyport-org's proxy leads to Salesforce's hosts at port 443, not {target}"
            await _refuse(writer, "403 Forbidden", message)
        else:
            await self._tunnel(self.secure, reader, writer, b"", established=True)

    async def _pass_on(
        self,
        door: Address,
        target: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        head: bytes,
    ) -> None:
        """Pass a request for a plain address on, if that is a host of Salesforce's."""
        host = target.removeprefix("http://").partition("/")[0].partition(":")[0]
        kind = self._cloud.place(host).kind
        if kind == "unknown":
            await _no_such_host(writer, host)
        elif kind == "local":
            message = f"sallyport-org's proxy leads to Salesforce's hosts, not {host}"
            await _refuse(writer, "403 Forbidden", message)
        else:
            await self._tunnel(door, reader, writer, head)

    async def _tunnel(
        self,
        door: Address,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        head: bytes,
        *,
        established: bool = False,
    ) -> None:
        behind_reader, behind_writer = await asyncio.open_connection(*door)
        port = behind_writer.get_extra_info("sockname")[1]
        self._origins[port] = str(writer.get_extra_info("peername")[0])
        try:
            if established:
                writer.write(b"HTTP/1.1 200 Connection Established\r\n\r\n")
                await writer.drain()
            behind_writer.write(head)
            await asyncio.gather(_pass(reader, behind_writer), _pass(behind_reader, writer))
        finally:
            self._origins.pop(port, None)
            behind_writer.close()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes on until one side ends; then end the other side's reading too."""
    try:
        while piece := await reader.read(PIECE_BYTES):
            writer.write(piece)
            await writer.drain()
    finally:
        with contextlib.suppress(OSError, RuntimeError):
            writer.write_eof() if writer.can_write_eof() else writer.close()


async def _no_such_host(writer: asyncio.StreamWriter, host: str) -> None:
    log.info("%s: no org has that host", host)
    await _refuse(writer, "502 Bad Gateway", f"getaddrinfo ENOTFOUND {host}")


async def _refuse(writer: asyncio.StreamWriter, status: str, message: str) -> None:
    body = message.encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: text/plain;charset=UTF-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()
