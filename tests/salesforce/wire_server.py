"""A real HTTP server that answers what a test tells it, byte by byte where that matters."""

import json
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from sallyport.salesforce.hosts import AllowedHosts, OrgUrl, parse_org_url


@dataclass(frozen=True)
class Answer:
    """One scripted answer: ``pause`` seconds lie between any two bytes, and after ``cut_after``
    bytes the connection is closed."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    pause: float = 0.0
    cut_after: int | None = None


def as_json(value: Any, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json"} | named)


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # many threads connect at once in some tests


class WireServer:
    """Answers a path by its script, in order; the last answer is repeated.

    A step of a script is an answer, or a function that judges the request.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[Seen] = []
        self._scripts: dict[str, deque[Answer | Callable[[Seen], Answer]]] = {}
        self._lock = threading.Lock()
        self._server = _Listener(("127.0.0.1", 0), _handler(self))
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "http" if tls is None else "https"

    @property
    def netloc(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        return f"{self._scheme}://{self.netloc}"

    @property
    def allowed(self) -> AllowedHosts:
        return AllowedHosts.parse(self.netloc)

    @property
    def org_url(self) -> OrgUrl:
        return parse_org_url(self.url, field="environmentUrl", allowed=self.allowed)

    def on(self, path: str, *answers: Answer | Callable[[Seen], Answer]) -> None:
        with self._lock:
            self._scripts[path] = deque(answers)

    def seen_at(self, path: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.path == path]

    def next_answer(self, seen: Seen) -> Answer:
        with self._lock:
            self.seen.append(seen)
            script = self._scripts.get(seen.path)
            if not script:
                return as_json([{"errorCode": "NOT_FOUND", "message": "nothing scripted"}], 404)
            answer = script.popleft() if len(script) > 1 else script[0]
        return answer if isinstance(answer, Answer) else answer(seen)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(server: WireServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each small answer waits 40 ms for an acknowledgement

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            split = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = server.next_answer(
                Seen(
                    self.command,
                    split.path,
                    parse_qs(split.query),
                    headers,
                    self.rfile.read(length),
                )
            )
            time.sleep(answer.delay)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self._write(answer)

        def _write(self, answer: Answer) -> None:
            body = answer.body if answer.cut_after is None else answer.body[: answer.cut_after]
            if answer.pause:
                for byte in body:
                    self.wfile.write(bytes([byte]))
                    time.sleep(answer.pause)
            else:
                self.wfile.write(body)
            if answer.cut_after is not None:
                self.wfile.flush()
                self.connection.shutdown(2)
                self.close_connection = True

        do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815 - the names http.server asks for

        def handle(self) -> None:
            try:
                super().handle()
            except (ConnectionError, ssl.SSLError):
                self.close_connection = True  # the client went away, as some tests want

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited name
            pass

    return Handler
