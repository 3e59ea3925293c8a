"""Serving the API: a socket, uvicorn, and a clean stop.

What belongs here: starting and stopping the HTTP server. What does not: routes (``app``), durable
work (``wiring``).
"""

from __future__ import annotations

import errno
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from sallyport.errors import BrokenInstallation

GRACE_SECONDS = 10
"""How long requests under way may take to finish once the server is told to stop."""

_FAULTS_OF_PORTS = frozenset({errno.EADDRINUSE, errno.EACCES})  # taken; below 1024, not allowed


@dataclass(frozen=True)
class Listening:
    """A server that answers. ``stop`` may be called from any thread; requests under way finish."""

    host: str
    port: int
    stop: Callable[[], None]

    @property
    def url(self) -> str:
        """Address without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def run_server(app: ASGIApp, host: str, port: int, on_ready: Callable[[Listening], None]) -> None:
    """Serve until SIGINT, SIGTERM or ``Listening.stop``; ``on_ready`` is called once it answers.

    Port 0 takes a free one. Signals are handled in the main thread only; the second one ends at
    once. Raises BrokenInstallation when the address cannot be had.
    """
    listener = _listen(host, port)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _Server(config)
    server.ready = lambda: on_ready(
        Listening(host, listener.getsockname()[1], lambda: setattr(server, "should_exit", True))
    )
    with listener:
        server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """uvicorn's server, which tells when it answers, and leaves the process alive when it stops."""

    ready: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        if self.started:
            self.ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal without raising it again, as uvicorn does: what runs beside the server
        (the durable work) has to be closed too."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(number: int, frame: FrameType | None) -> None:
            self.handle_exit(number, frame)

        before = {one: signal.signal(one, stop) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=512)
    except UnicodeError as error:  # a label that is empty or too long for a host name
        raise _not_listening(host, port, "it is no host name", host_at_fault=True) from error
    except OSError as error:
        # a name that is not found has no errno but a code of the resolver's own
        at_host = isinstance(error, socket.gaierror) or error.errno not in _FAULTS_OF_PORTS
        reason = error.strerror or str(error)
        raise _not_listening(host, port, reason, host_at_fault=at_host) from error


def _not_listening(host: str, port: int, reason: str, *, host_at_fault: bool) -> BrokenInstallation:
    message = f"cannot listen on {host}:{port}: {reason}."
    if host_at_fault:
        return BrokenInstallation(
            message,
            field="host",
            received=host,
            cure="Give an address of this machine: 127.0.0.1 for itself alone, 0.0.0.0 for all.",
        )
    return BrokenInstallation(
        message,
        field="port",
        received=str(port),
        cure="Choose another port (0 takes a free one), or stop what uses it.",
    )
