"""A plain HTTP client for transcripts: one request, one answer, nothing hidden."""

import csv
import gzip
import http.client
import io
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

from sallyport_org.server import OrgServer

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Answer:
    """Status, headers and the body with compression undone."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, str, str]:
        """Status, code and message of a REST refusal."""
        return self.status, self.json[0]["errorCode"], self.json[0]["message"]

    @property
    def rows(self) -> list[list[str]]:
        """CSV rows, the header first."""
        return list(csv.reader(io.StringIO(self.body.decode(), newline="")))


class Addressed(Protocol):
    """A simulator: here, or in another process."""

    @property
    def url(self) -> str: ...


def ask(
    server: Addressed,
    method: str,
    path: str,
    body: bytes | str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send one request and read its answer."""
    place = urlsplit(server.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    try:
        connection.request(method, path, body, dict(headers or {}))
        reply = connection.getresponse()
        content = reply.read()
    finally:
        connection.close()
    if reply.headers.get("Content-Encoding") == "gzip":
        content = gzip.decompress(content)
    return Answer(reply.status, reply.headers, content)


def token_request(server: Addressed, **form: str) -> Answer:
    return ask(server, "POST", "/services/oauth2/token", urlencode(form), FORM)


class Client:
    """Somebody with a token, on one API version."""

    def __init__(self, server: OrgServer, version: str = "60.0") -> None:
        self.server, self.base = server, f"/services/data/v{version}"
        given = server.credentials
        answer = token_request(
            server,
            grant_type="client_credentials",
            client_id=given.client_id,
            client_secret=given.client_secret,
        )
        self.token = answer.json["access_token"]

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Call a path of the data API (or an absolute one) with the token."""
        target = path if path.startswith("/services") else self.base + path
        payload = None if body is None else json.dumps(body)
        sent = {"Authorization": f"Bearer {self.token}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return ask(self.server, method, target, payload, sent)

    def get(self, path: str, **headers: str) -> Answer:
        return self.call("GET", path, **headers)

    def query(self, soql: str, path: str = "/query", **headers: str) -> Answer:
        return self.get(f"{path}?q={quote(soql)}", **headers)

    def values(self, soql: str, path: str = "/query") -> list[tuple[Any, ...]]:
        """Return the values of every record, without attributes."""
        answer = self.query(soql, path)
        assert answer.status == 200, answer.body
        records = answer.json["records"]
        return [
            tuple(value for key, value in record.items() if key != "attributes")
            for record in records
        ]

    def job(self, soql: str, operation: str = "query", **more: str) -> Answer:
        """Create a bulk query job."""
        wanted = {"operation": operation, "query": soql, **more}
        return self.call("POST", "/jobs/query", wanted)

    def finished(self, soql: str, operation: str = "query", **more: str) -> str:
        """Create a bulk query job, wait for its end and return its id."""
        created = self.job(soql, operation, **more)
        assert created.status == 200, created.body
        return self.wait(created.json["id"])

    def wait(self, job: str) -> str:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            state = self.get(f"/jobs/query/{job}").json["state"]
            if state in ("JobComplete", "Failed", "Aborted"):
                return job
            time.sleep(0.02)
        raise AssertionError(f"job {job} is still {state}")
