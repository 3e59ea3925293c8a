"""The real commands as subprocesses: the org, the server, the terminal."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent


@contextmanager
def org(*options: str) -> Iterator[dict[str, Any]]:
    """Run ``sallyport-org serve`` on a free port; yield the JSON it prints once it is ready."""
    command = [str(BIN / "sallyport-org"), "serve", "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise SystemExit(f"sallyport-org did not start (exit code {process.wait()})")
        yield {**json.loads(line), "pid": process.pid}
    finally:
        process.terminate()
        process.wait(30)


def environment(home: Path, org_url: str, **more: str) -> dict[str, str]:
    """Return the environment of an installation in ``home`` that may reach the simulated org."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SALLYPORT_")}
    database = os.environ.get("SALLYPORT_DATABASE_URL")
    return {
        **kept,
        **({"SALLYPORT_DATABASE_URL": database} if database else {}),
        "SALLYPORT_HOME": str(home),
        "SALLYPORT_ALLOWED_HOSTS": org_url.partition("://")[2],
        **more,
    }


def sallyport(
    env: Mapping[str, str], *arguments: str, cwd: Path | None = None, stdin: str | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run one terminal command to its end."""
    return subprocess.run(
        [BIN / "sallyport", *arguments],
        env=dict(env),
        cwd=cwd,
        input=stdin,
        stdin=None if stdin is not None else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def connect(env: Mapping[str, str], credentials: Mapping[str, Any], name: str = "acme") -> None:
    """Connect the installation to the simulated org by client credentials."""
    app = credentials["client_credentials"]
    done = sallyport(
        {**env, "SALLYPORT_CLIENT_SECRET": app["client_secret"]},
        *("connect", name, "--auth", "client-credentials", "--client-id", app["client_id"]),
        *("--environment-url", credentials["url"]),
    )
    if done.returncode != 0:
        raise SystemExit(f"connect failed: {done.stdout}{done.stderr}")


def free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Api:
    """A client of our HTTP API that knows nothing but the contract."""

    def __init__(self, base: str, client: Mapping[str, str]) -> None:
        self._base = base
        self._client = client
        self._token = ""

    def wait_until_up(self, seconds: float = 60) -> None:
        """Wait until the server answers and gives a token."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                form = (
                    f"grant_type=client_credentials&client_id={self._client['client_id']}"
                    f"&client_secret={self._client['client_secret']}"
                )
                answer = self._send("POST", "/ims/token/v3", form.encode(), {})
                self._token = json.loads(answer[1])["access_token"]
                return
            except (urllib.error.URLError, ConnectionError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Return status and decoded body of one call."""
        headers = {
            "Authorization": f"Bearer {self._token}",
            "x-api-key": self._client["client_id"],
            "x-gw-ims-org-id": self._client["org"],
            "Content-Type": "application/json",
        }
        data = None if body is None else json.dumps(body).encode()
        status, text = self._send(method, path, data, headers)
        return status, json.loads(text) if text else None

    def _send(
        self, method: str, path: str, data: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        request = urllib.request.Request(self._base + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


def make_api_client(env: Mapping[str, str], name: str, org_id: str) -> dict[str, str]:
    """Make API credentials at the terminal; return client_id, client_secret, org."""
    done = sallyport(env, "client", "create", name, "--org", org_id, "--json")
    if done.returncode != 0:
        raise SystemExit(f"client create failed: {done.stdout}{done.stderr}")
    made = json.loads(done.stdout)
    return {"client_id": made["client_id"], "client_secret": made["client_secret"], "org": org_id}


@contextmanager
def server(env: Mapping[str, str], port: int, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run ``sallyport serve``; whoever kills it within the block need not mind."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [BIN / "sallyport", "serve", "--port", str(port)],
            env=dict(env),
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(60)
