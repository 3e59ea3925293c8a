"""How fast the org simulator makes rows and serves bulk results; prints one JSON object.

Run: ``python bench/org_throughput.py [--rows 1000000] [--object Opportunity] [--page 100000]``.
The server runs as the installed command in its own process; the client is a plain HTTP reader that
throws the bytes away, so the figures are the server's. ``csv`` megabytes are those of the plain
CSV, whatever went over the wire.
"""

from __future__ import annotations

import argparse
import http.client
import json
import shutil
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path
from typing import Any

VERSION = "v64.0"


class Reader:
    """A client with one kept-alive connection and a token."""

    def __init__(self, started: dict[str, Any]) -> None:
        place = urllib.parse.urlsplit(started["url"])
        self.connection = http.client.HTTPConnection(place.hostname or "", place.port)
        form = urllib.parse.urlencode(
            {"grant_type": "client_credentials", **started["client_credentials"]}
        )
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request("POST", "/services/oauth2/token", form, kind)
        token = json.loads(self.connection.getresponse().read())["access_token"]
        self.headers = {"Authorization": f"Bearer {token}"}

    def json(self, method: str, path: str, body: object = None) -> Any:
        """Send JSON and return JSON."""
        payload = None if body is None else json.dumps(body)
        self.connection.request(method, f"/services/data/{VERSION}{path}", payload, self.headers)
        return json.loads(self.connection.getresponse().read())

    def job(self, query: str) -> tuple[str, float]:
        """Run a bulk query; returns its id and the seconds until it was complete."""
        began = time.perf_counter()
        job = self.json("POST", "/jobs/query", {"operation": "query", "query": query})
        while job["state"] not in ("JobComplete", "Failed"):
            time.sleep(0.02)
            job = self.json("GET", f"/jobs/query/{job['id']}")
        if job["state"] == "Failed":
            raise SystemExit(job["errorMessage"])
        return job["id"], time.perf_counter() - began

    def pages(self, job: str, rows: int, encoding: str) -> tuple[float, int, int]:
        """Read every page and drop it; returns seconds, bytes of bodies and rows."""
        began = time.perf_counter()
        size = count = 0
        locator = ""
        buffer = bytearray(1 << 20)
        while locator != "null":
            path = f"/services/data/{VERSION}/jobs/query/{job}/results?maxRecords={rows}"
            path += f"&locator={locator}" if locator else ""
            headers = {**self.headers, "Accept-Encoding": encoding}
            self.connection.request("GET", path, headers=headers)
            answer = self.connection.getresponse()
            locator = answer.headers["Sforce-Locator"]
            count += int(answer.headers["Sforce-NumberOfRecords"])
            while got := answer.readinto(buffer):
                size += got
        return time.perf_counter() - began, size, count


def resident_mb(pid: int) -> dict[str, float]:
    """Return memory of a process now: its own (anonymous), mapped files, and the peak of all."""
    wanted = {"RssAnon": "anonymous", "RssFile": "mapped_files", "VmHWM": "peak"}
    found = {}
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name in wanted:
            found[wanted[name]] = round(int(value.split()[0]) / 1000, 1)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--object", default="Opportunity")
    parser.add_argument("--page", type=int, default=100_000)
    options = parser.parse_args()
    command = shutil.which("sallyport-org", path=str(Path(sys.executable).parent))
    if command is None:
        raise SystemExit("sallyport-org is not installed next to this Python")
    began = time.perf_counter()
    rows = f"{options.object}={options.rows}"
    with subprocess.Popen(
        [command, "serve", "--port", "0", "--rows", rows, "--job-seconds", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout is not None
        started = json.loads(server.stdout.readline())
        ready = time.perf_counter() - began
        figures = measure(Reader(started), options, server.pid)
        server.terminate()
    print(json.dumps({"rows": options.rows, "ready_seconds": round(ready, 2), **figures}, indent=1))


def measure(reader: Reader, options: argparse.Namespace, pid: int) -> dict[str, Any]:
    """Read the same result in all four ways: first and again, gzipped and plain."""
    described = reader.json("GET", f"/sobjects/{options.object}/describe")
    names = [
        one["name"]
        for one in described["fields"]
        if one["type"] not in ("address", "location", "base64")
    ]
    figures: dict[str, Any] = {"columns": len(names), "memory_mb_before": resident_mb(pid)}
    query = f"SELECT {', '.join(names)} FROM {options.object}"
    job, seconds = reader.job(query)
    figures["job_seconds"] = round(seconds, 2)
    runs = {}
    for name, encoding in (("first_gzip", "gzip"), ("warm_gzip", "gzip"), ("plain", "identity")):
        runs[name] = reader.pages(job, options.page, encoding)
    again, seconds = reader.job(query)
    figures["same_query_again_job_seconds"] = round(seconds, 2)
    runs["second_job_gzip"] = reader.pages(again, options.page, "gzip")
    csv_mb = runs["plain"][1] / 1e6
    figures["csv_mb"] = round(csv_mb, 1)
    figures["gzip_mb"] = round(runs["warm_gzip"][1] / 1e6, 1)
    for name, (seconds, _, count) in runs.items():
        if count != options.rows:
            raise SystemExit(f"{name}: {count} rows instead of {options.rows}")
        speed = round(csv_mb / seconds, 1)
        figures[name] = {"seconds": round(seconds, 2), "csv_mb_per_second": speed}
    figures["memory_mb_after"] = resident_mb(pid)
    return figures


if __name__ == "__main__":
    main()
