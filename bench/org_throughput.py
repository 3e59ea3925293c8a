"""How fast the org simulator makes rows, serves bulk results and takes upserts; prints JSON.

Run: ``python bench/org_throughput.py [--rows 1000000] [--object Opportunity] [--page 100000]``, or
``python bench/org_throughput.py --upserts 10`` for ten seconds of upserts by external id:
collections of 200 over eight connections, into a table of 200,000 rows, one row in ten new.
The server runs as the installed command in its own process; the client is a plain HTTP reader that
throws the bytes away, so the figures are the server's. ``csv`` megabytes are those of the plain
CSV, whatever went over the wire.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
import urllib.parse
from pathlib import Path
from typing import Any

VERSION = "v64.0"
UPSERT_TABLE = 200_000
CONNECTIONS = 8
COLLECTION = 200


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


def cpu_seconds(pid: int) -> float:
    """Return the processor time a process has used, in all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--object", default="Opportunity")
    parser.add_argument("--page", type=int, default=100_000)
    parser.add_argument("--upserts", type=float, metavar="SECONDS")
    options = parser.parse_args()
    command = shutil.which("sallyport-org", path=str(Path(sys.executable).parent))
    if command is None:
        raise SystemExit("sallyport-org is not installed next to this Python")
    began = time.perf_counter()
    rows = f"{options.object}={options.rows}"
    if options.upserts:
        rows = f"Showcase__c={UPSERT_TABLE}"
    with subprocess.Popen(
        [command, "serve", "--port", "0", "--rows", rows, "--job-seconds", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout is not None
        started = json.loads(server.stdout.readline())
        ready = time.perf_counter() - began
        if options.upserts:
            figures = measure_upserts(started, options.upserts, server.pid)
        else:
            figures = {"rows": options.rows, **measure(Reader(started), options, server.pid)}
        server.terminate()
    print(json.dumps({"ready_seconds": round(ready, 2), **figures}, indent=1))


def measure_upserts(started: dict[str, Any], seconds: float, pid: int) -> dict[str, Any]:
    """Upsert from several connections at once for a while; every refused row ends the run."""
    written, waits = [0] * CONNECTIONS, []
    ends = time.perf_counter() + seconds

    def send(number: int) -> None:
        reader, draw = Reader(started), random.Random(number)
        while time.perf_counter() < ends:
            began = time.perf_counter()
            body = {"allOrNone": False, "records": upserted(draw)}
            results = reader.json("PATCH", "/composite/sobjects/Showcase__c/Key__c", body)
            refused = [one for one in results if not one["success"]]
            if refused:
                raise SystemExit(f"refused: {refused[0]}")
            waits.append(time.perf_counter() - began)
            written[number] += len(results)

    began, used = time.perf_counter(), cpu_seconds(pid)
    threads = [threading.Thread(target=send, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, used = time.perf_counter() - began, cpu_seconds(pid) - used
    return {
        "server_cpu_seconds_per_1000_rows": round(used * 1000 / max(sum(written), 1), 3),
        "table_rows": UPSERT_TABLE,
        "upserts": sum(written),
        "upserts_per_second": round(sum(written) / took),
        "median_call_seconds": round(sorted(waits)[len(waits) // 2], 3),
    }


def upserted(draw: random.Random) -> list[dict[str, Any]]:
    """Return a collection of rows with ten fields; keys of one collection differ."""
    keys = draw.sample(range(UPSERT_TABLE * 10 // 9), COLLECTION)
    return [
        {
            "attributes": {"type": "Showcase__c"},
            "Key__c": f"key-{key}",
            "Name": f"Row {key}",
            "Seats__c": key % 1000,
            "Fee__c": key / 7,
            "Share__c": 12.5,
            "Held_On__c": "2026-03-04",
            "Starts__c": "2026-03-04T05:06:07.000Z",
            "Site__c": f"https://www.example.com/{key}",
            "Notes__c": f"note on {key}",
            "Public__c": True,
        }
        for key in keys
    ]


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
