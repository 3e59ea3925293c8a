"""A plain client of the bulk interfaces that write, for transcripts."""

import json
import time
from collections.abc import Mapping
from typing import Any

from tests.org.wire import Answer, Client, ask

FINAL = ("JobComplete", "Failed", "Aborted")


def new_job(client: Client, sobject: str, operation: str, **more: str) -> Answer:
    """Ask for an ingest job."""
    return client.call("POST", "/jobs/ingest", {"object": sobject, "operation": operation, **more})


def put(client: Client, job: str, body: bytes, **headers: str) -> Answer:
    """Upload to an ingest job."""
    sent = {"Authorization": f"Bearer {client.token}", "Content-Type": "text/csv"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return ask(client.server, "PUT", f"{client.base}/jobs/ingest/{job}/batches", body, sent)


def set_state(client: Client, job: str, state: str) -> Answer:
    return client.call("PATCH", f"/jobs/ingest/{job}", {"state": state})


def begun(client: Client, sobject: str, operation: str, csv: str, **more: str) -> str:
    """Create a job, upload, close it, and return its id."""
    created = new_job(client, sobject, operation, **more)
    assert created.status == 200, created.body
    job: str = created.json["id"]
    assert put(client, job, csv.encode()).status == 201
    assert set_state(client, job, "UploadComplete").json["state"] == "UploadComplete"
    return job


def waited(client: Client, job: str, states: tuple[str, ...] = FINAL) -> dict[str, Any]:
    """Return a job's record once it is in one of some states."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        body: dict[str, Any] = client.get(f"/jobs/ingest/{job}").json
        if body["state"] in states:
            return body
        time.sleep(0.02)
    raise AssertionError(f"job {job} is still {body['state']}")


def loaded(client: Client, sobject: str, operation: str, csv: str, **more: str) -> dict[str, Any]:
    """Load a CSV and return the finished job's record."""
    return waited(client, begun(client, sobject, operation, csv, **more))


def results(client: Client, job: Mapping[str, Any] | str, which: str) -> list[list[str]]:
    """Return the rows of a result file, the header first."""
    name = job if isinstance(job, str) else job["id"]
    answer = client.get(f"/jobs/ingest/{name}/{which}")
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Type"].startswith("text/csv")
    return answer.rows


class AsyncClient:
    """Somebody with a session on Bulk API 1.0."""

    def __init__(self, client: Client) -> None:
        self.server, self.token = client.server, client.token

    def call(
        self, method: str, path: str, body: str | None = None, kind: str = "", **headers: str
    ) -> Answer:
        """Call a path below ``/services/async/60.0``."""
        sent = {"X-SFDC-Session": self.token} | ({"Content-Type": kind} if kind else {})
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        payload = None if body is None else body.encode()
        return ask(self.server, method, f"/services/async/60.0{path}", payload, sent)

    def json(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """Call with JSON and return the JSON answered."""
        payload = None if body is None else json.dumps(body)
        answer = self.call(method, path, payload, "application/json", **headers)
        assert answer.status in (200, 201), answer.body
        return answer.json

    def job(self, sobject: str, operation: str, kind: str, **more: str) -> str:
        """Create a job (with JSON) and return its id."""
        headers = {name: more.pop(name) for name in list(more) if name.startswith("Sforce")}
        wanted = {"object": sobject, "operation": operation, "contentType": kind, **more}
        return str(self.json("POST", "/job", wanted, **headers)["id"])
