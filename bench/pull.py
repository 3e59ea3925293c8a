"""How long a full sync takes against a plain download of the same bytes, in one run.

    python bench/pull.py [--rows 1000000] [--rounds 3]

Starts the simulated org, warms it, then takes turns: the whole command ``sallyport sync``
(start-up, login, job, landing on disk with fsync, proof) and one ``curl --compressed`` over the
pages of the same query's result. Prints one JSON object: medians of the rounds, their ratio, and
the machine.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from checks.processes import BIN, connect, environment, org

OBJECT = "Opportunity"
PAGE_ROWS = 50_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with (
        org("--rows", f"{OBJECT}={options.rows}") as credentials,
        tempfile.TemporaryDirectory(prefix="sallyport-bench-") as folder,
    ):
        env = environment(Path(folder) / "home", credentials["url"])
        connect(env, credentials)
        sync(env, options.rows)  # warm: the org has rendered its pages, the machine its caches
        job = Job(credentials, columns(env))
        synced, downloaded, peaks = [], [], []
        for _ in range(options.rounds):
            seconds, peak = sync(env, options.rows)
            synced.append(seconds)
            peaks.append(peak)
            downloaded.append(job.download())
    found = {
        "rows": options.rows,
        "wire_megabytes": round(job.bytes / 1e6, 1),
        "sync_seconds": round(statistics.median(synced), 2),
        "curl_seconds": round(statistics.median(downloaded), 2),
        "ratio": round(statistics.median(synced) / statistics.median(downloaded), 2),
        "rows_a_second": round(options.rows / statistics.median(synced)),
        "peak_megabytes": max(peaks),
        "rounds": options.rounds,
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs, Python {sys.version.split()[0]}",
    }
    print(json.dumps(found))


def sync(env: dict[str, str], rows: int) -> tuple[float, int]:
    """Run the whole command; return wall seconds and peak memory in MB."""
    began = time.monotonic()
    process = subprocess.Popen(
        [BIN / "sallyport", "sync", "acme", OBJECT, "--json"],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    report = json.loads(process.stdout.read())
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert report["objects"][0]["landed_rows"] == rows, report
    return time.monotonic() - began, usage.ru_maxrss // 1024


def columns(env: dict[str, str]) -> list[str]:
    """Return the columns the sync landed."""
    done = subprocess.run(
        [BIN / "sallyport", "query", f"DESCRIBE {OBJECT}", "--json"],
        env=env,
        capture_output=True,
        check=True,
    )
    return [row["column_name"] for row in json.loads(done.stdout)]


class Job:
    """A finished Bulk query over the same columns, to be downloaded by curl."""

    def __init__(self, credentials: dict[str, Any], names: list[str]) -> None:
        app = credentials["client_credentials"]
        form = {"grant_type": "client_credentials", **app}
        url = credentials["url"]
        token = self._call(f"{url}/services/oauth2/token", urllib.parse.urlencode(form).encode())
        self._headers = {"Authorization": f"Bearer {token['access_token']}"}
        self._jobs = f"{url}/services/data/v{credentials['api_versions'][-1]}/jobs/query"
        query = f"SELECT {', '.join(names)} FROM {OBJECT}"
        body = json.dumps({"operation": "query", "query": query}).encode()
        self._id = self._call(self._jobs, body, "application/json")["id"]
        while self._call(f"{self._jobs}/{self._id}")["state"] != "JobComplete":
            time.sleep(0.1)
        self.bytes = 0
        self.download()

    def download(self) -> float:
        """Fetch every page with curl into nothing; return wall seconds."""
        began = time.monotonic()
        locator, self.bytes = "", 0
        while locator != "null":
            address = f"{self._jobs}/{self._id}/results?maxRecords={PAGE_ROWS}"
            done = subprocess.run(
                [
                    *("curl", "-sS", "--compressed", "-o", os.devnull),
                    *("-w", "%header{sforce-locator} %{size_download}"),
                    *("-H", f"Authorization: {self._headers['Authorization']}"),
                    address + (f"&locator={locator}" if locator else ""),
                ],
                capture_output=True,
                text=True,
                check=True,
            )
            locator, size = done.stdout.split()
            self.bytes += int(size)
        return time.monotonic() - began

    def _call(self, url: str, body: bytes | None = None, kind: str | None = None) -> Any:
        headers = getattr(self, "_headers", {}) | ({"Content-Type": kind} if kind else {})
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
            return json.load(answer)


if __name__ == "__main__":
    main()
