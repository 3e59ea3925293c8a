"""What ``sallyport-org serve`` does once its options are understood: start, tell, wait, stop.

What belongs here: from options to a running server, and why it cannot be had in one sentence. What
does not: reading options (``cli``). It is a module of its own so that the other commands need not
import all of the simulator.
"""

from __future__ import annotations

import json
import logging
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sallyport_org.datafile import DataFileError
from sallyport_org.doors import DoorError
from sallyport_org.loading import LoadError
from sallyport_org.rows.generate import UnknownRowsError
from sallyport_org.schema.metadata import MetadataError
from sallyport_org.server import OrgServer
from sallyport_org.state import Settings

USAGE_ERROR, FAILURE = 2, 1


@dataclass(eq=False, slots=True)
class NotServedError(Exception):
    """Why no org can be served: one sentence, and the exit code it deserves."""

    message: str
    code: int

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """The options of ``serve``, checked as far as that needs no org; times in seconds."""

    host: str
    port: int
    https_port: int
    proxy_port: int
    authority: Path
    rows: Mapping[str, int] | None
    seed: int
    load: Sequence[Path]
    metadata: Sequence[Path]
    data: Path | None
    soap_login: bool
    job_seconds: float
    latency: float
    admin_token: str | None
    request_log: Path | None
    log_level: str


def serve_until_stopped(
    options: ServeOptions, say: Callable[[str], None], progress: Callable[[str], None]
) -> None:
    """Serve an org until SIGINT or SIGTERM; ``say`` gets the one line of JSON once it is ready.

    Raises :class:`NotServedError`.
    """
    logging.basicConfig(
        level=options.log_level,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    server = _server(options, progress)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    _start(server)
    say(json.dumps(server.summary()))
    stopping.wait()
    server.stop()


def _server(options: ServeOptions, progress: Callable[[str], None]) -> OrgServer:
    server = OrgServer(
        host=options.host,
        port=options.port,
        https_port=options.https_port,
        proxy_port=options.proxy_port,
        authority=options.authority,
        rows=options.rows,
        seed=options.seed,
        load=options.load,
        metadata=options.metadata,
        data=options.data,
        settings=Settings(soap_login=options.soap_login, job_seconds=options.job_seconds),
        latency=options.latency,
        progress=progress,
    )
    server.cloud.admin_token = options.admin_token or None
    if options.request_log is not None:
        try:
            server.cloud.requests.write_to(options.request_log)
        except OSError as failure:
            raise NotServedError(
                f"--request-log: cannot write {options.request_log}: {failure.strerror}",
                USAGE_ERROR,
            ) from failure
    return server


def _start(server: OrgServer) -> None:
    try:
        server.start()
    except UnknownRowsError as wrong:
        raise NotServedError(f"--rows: {wrong}", USAGE_ERROR) from wrong
    except LoadError as wrong:
        raise NotServedError(f"--load: {wrong}", FAILURE) from wrong
    except MetadataError as wrong:
        raise NotServedError(f"--metadata: {wrong}", FAILURE) from wrong
    except DataFileError as wrong:
        raise NotServedError(f"--data: {wrong}", FAILURE) from wrong
    except DoorError as taken:
        raise NotServedError(str(taken), FAILURE) from taken
    except OSError as failure:
        raise NotServedError(
            f"cannot write {failure.filename}: {failure.strerror}; see --ca", FAILURE
        ) from failure
