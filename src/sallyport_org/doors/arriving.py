"""Requests on their way in: the host they ask for, and their bodies.

What belongs here: what HTTP itself demands before anybody looks at the path. What does not: the
limits of addresses and headers (``exchange``).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import HttpVersion11, web
from aiohttp.web_protocol import RequestPayloadError

from sallyport_org import errors


def base_url(request: web.BaseRequest) -> str:
    """Return scheme and host as the client wrote them.

    Raises :class:`~sallyport_org.errors.BareRefusal` for a host that cannot be one.
    """
    address = f"{request.scheme}://{request.host}"
    try:
        host = urlsplit(address).hostname
    except ValueError as broken:
        raise errors.transport.unreadable_host() from broken
    if not host or any(letter in host for letter in " \t<>\"'"):
        raise errors.transport.unreadable_host()
    return address


async def body(request: web.BaseRequest) -> bytes:
    """Return the body, decompressed, telling a client that waits for it to go on.

    Raises :class:`~sallyport_org.errors.BareRefusal` for one that cannot be decompressed,
    HTTPRequestEntityTooLarge, and ConnectionError when the client leaves before its end.
    """
    if request.version >= HttpVersion11 and (
        request.headers.get("Expect", "").lower() == "100-continue"
    ):
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
    try:
        return await request.read()
    except RequestPayloadError as broken:
        raise errors.transport.unreadable_body() from broken
