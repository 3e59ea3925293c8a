"""One HTTP request and its answer, as sent: no redirects followed, nothing decoded or repeated.

What belongs here: coming through the simulator's plain door, or through its proxy door to a host of
Salesforce's. What does not: pages and forms (``browsing``).
"""

import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

FORM = "application/x-www-form-urlencoded"
TIMEOUT = 60


@dataclass(frozen=True)
class Request:
    """What is going to be sent; ``url`` is whole."""

    method: str
    url: str
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Answer:
    """What came back, and the address that was asked."""

    url: str
    status: int
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def location(self) -> str:
        return self.headers.get("location", "")


def form(url: str, fields: Mapping[str, str | list[str]]) -> Request:
    """Return the POST of a form."""
    body = urlencode(fields, doseq=True).encode()
    return Request("POST", url, body, (("Content-Type", FORM),))


class Doors:
    """The way to a simulator: plain addresses directly, HTTPS through its proxy."""

    def __init__(self, doors: Mapping[str, Any]) -> None:
        self._proxy = urlsplit(doors["proxy"])
        self._trust = ssl.create_default_context(cafile=doors["ca_certificate"])

    def send(self, request: Request) -> Answer:
        """Send a request and return its answer."""
        parts = urlsplit(request.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if parts.scheme == "https":
            connection = self._tunnel(parts.hostname or "")
        else:
            connection = http.client.HTTPConnection(
                parts.hostname or "", parts.port, timeout=TIMEOUT
            )
        try:
            connection.request(request.method, target, request.body or None, dict(request.headers))
            return _read(connection.getresponse(), request.url)
        finally:
            connection.close()

    def connect(self, host: str) -> Answer:
        """Return what the proxy says when it is asked for the way to a host."""
        with socket.create_connection(
            (self._proxy.hostname or "", self._proxy.port or 0), TIMEOUT
        ) as line:
            line.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode())
            reply = http.client.HTTPResponse(line)
            reply.begin()
            return _read(reply, f"https://{host}")

    def _tunnel(self, host: str) -> http.client.HTTPConnection:
        tunnel = http.client.HTTPSConnection(
            self._proxy.hostname or "", self._proxy.port, timeout=TIMEOUT, context=self._trust
        )
        tunnel.set_tunnel(host, 443)
        return tunnel


def _read(reply: http.client.HTTPResponse, url: str) -> Answer:
    headers = {name.lower(): value for name, value in reply.getheaders()}
    cookies = tuple(reply.headers.get_all("Set-Cookie") or ())
    return Answer(url, reply.status, headers, cookies, reply.read())
