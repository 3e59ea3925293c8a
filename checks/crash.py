"""``make crash``: kill -9 of the server in the middle of a run, at every step, until it is done.

    python -m checks.crash [--rows 1000000] [--kills 10]

An org is loaded from a CSV; a flow over it is started through the API; the server is killed each
time the run has got as far as the next step in the list (a kill counts only while the run is
unfinished), and started again. At the end ids and a checksum of all values, computed by DuckDB over
the files that the Delta library names, must equal those of the CSV.
"""

import argparse
import random
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from checks import ledger
from checks.processes import Api, environment, free_port, make_api_client, org, server
from checks.tally import Tally

ENDED = ("success", "incomplete", "failed")
_WAVE_ROWS = 400_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="sallyport-crash-") as folder:
        return run(Path(folder), options.rows, options.kills, chance)


def run(folder: Path, rows: int, kills: int, chance: random.Random) -> int:
    """Run the target in ``folder``; also used, smaller, by the tests."""
    tally = Tally("crash", kills + 4, f"checks ({kills} kills counted, 4 comparisons)")
    csv = folder / f"{ledger.OBJECT}.csv"
    ledger.write(csv, rows)
    print(f"loaded: {rows} rows x 40 columns, {csv.stat().st_size / 1e6:.0f} MB of CSV", flush=True)
    with org("--load", str(csv), "--job-seconds", "2") as credentials:
        env = environment(folder / "home", credentials["url"], SALLYPORT_LOG_LEVEL="warning")
        client = make_api_client(env, "crash", "LOCAL@AdobeOrg")
        victim = Victim(env, client, folder / "server.log", credentials)
        waves = -(-rows // _WAVE_ROWS)
        for number, aim in enumerate(_aims(kills, waves), 1):
            killed_after = victim.kill_once(aim, chance)
            tally.check(
                f"kill {number}", killed_after is not None, f"the run had done: {killed_after}"
            )
        state = victim.finish()
    tally.check("the run finished by itself", state == "success", state)
    expected = ledger.checksum_of_csv(csv)
    found = ledger.checksum_of_dataset(folder / "home" / "lake" / victim.dataset_id)
    tally.check("rows", found[0] == expected[0] == rows, f"{found[0]} of {expected[0]}")
    tally.check("no row twice, every id there", found[1] == expected[1] == found[0], f"{found[1]}")
    tally.check("checksum of all values", found[2] == expected[2], f"{found[2]:x}")
    return tally.end()


def _aims(kills: int, waves: int) -> list[int]:
    """Return after how many recorded steps each kill comes: spread over plan to commit."""
    last = 3 + waves + 2  # plan, submit, await, the waves, count, commit; end ends the run
    return [round(number * last / max(1, kills - 1)) for number in range(kills)]


class Victim:
    """The server, its flow, and the run that is being killed."""

    def __init__(
        self,
        env: dict[str, str],
        client: dict[str, str],
        log: Path,
        credentials: dict[str, Any],
    ) -> None:
        self._env = env
        self._log = log
        self._credentials = credentials
        self._port = free_port()
        self._api = Api(f"http://127.0.0.1:{self._port}", client)
        self._flow_id = ""
        self._run_id = ""
        self.dataset_id = ""

    def kill_once(self, aim: int, chance: random.Random) -> list[str] | None:
        """Kill the server once the run has recorded ``aim`` steps; return their names.

        A kill that came when the run had already ended does not count: another run is started and
        killed in its place. None when that happened three times.
        """
        for _ in range(3):
            with server(self._env, self._port, self._log) as process:
                self._api.wait_until_up()
                self._have_a_run()
                self._wait_for_steps(aim)
                if 2 <= aim <= 4:
                    time.sleep(chance.uniform(0, 0.4))
                process.send_signal(signal.SIGKILL)
                process.wait()
                if self._stored_state() not in ENDED:
                    return self._steps()
        return None

    def finish(self) -> str:
        """Let the server live until the run has ended; return its state."""
        with server(self._env, self._port, self._log):
            self._api.wait_until_up()
            deadline = time.monotonic() + 300
            while self._stored_state() not in ENDED and time.monotonic() < deadline:
                time.sleep(0.2)
        return self._stored_state()

    def _have_a_run(self) -> None:
        if not self._flow_id:
            self._flow_id, self.dataset_id = _start_flow(self._api, self._credentials)
        elif self._stored_state() in ENDED:
            status, body = self._api.call(
                "POST", "/data/foundation/flowservice/runs", {"flowId": self._flow_id, "params": {}}
            )
            assert status == 201, body
        query = f"property=flowId=={self._flow_id}"
        status, body = self._api.call("GET", f"/data/foundation/flowservice/runs?{query}")
        assert status == 200, body
        self._run_id = body["items"][0]["id"]

    def _stored_state(self) -> str:
        """Return the run's state from the database: the server is dead when this is asked."""
        query = "SELECT state FROM runs WHERE id = :id"
        return self._ask(metadata_url(self._env), query)[0] if self._run_id else "none"

    def _steps(self) -> list[str]:
        """Return the names of the recorded steps, from the engine's own tables."""
        url = metadata_url(self._env)
        table = "dbos.operation_outputs"
        if url.startswith("sqlite"):
            url, table = url.removesuffix(".sqlite") + "-jobs.sqlite", "operation_outputs"
        query = f"SELECT function_name FROM {table} WHERE workflow_uuid = :id ORDER BY function_id"
        return self._ask(url, query)

    def _ask(self, url: str, query: str) -> list[str]:
        engine = sa.create_engine(url)
        try:
            with engine.connect() as connection:
                return list(connection.execute(sa.text(query), {"id": self._run_id}).scalars())
        finally:
            engine.dispose()

    def _wait_for_steps(self, wanted: int) -> None:
        deadline = time.monotonic() + 120
        while len(self._steps()) < wanted:
            assert time.monotonic() < deadline, f"step {wanted} was not reached"
            time.sleep(0.005)


def metadata_url(env: dict[str, str]) -> str:
    """Return the SQLAlchemy URL of the installation's metadata."""
    url = env.get("SALLYPORT_DATABASE_URL") or f"sqlite:///{env['SALLYPORT_HOME']}/sallyport.sqlite"
    return url.replace("postgresql://", "postgresql+psycopg://")


def _start_flow(api: Api, credentials: dict[str, Any]) -> tuple[str, str]:
    app = credentials["client_credentials"]
    spec = {"id": "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5", "version": "1.0"}
    lake = {"id": "c604ff05-7f1a-43c0-8e18-33bf874cb11c", "version": "1.0"}
    base = "/data/foundation"
    params = {
        "environmentUrl": credentials["url"],
        "clientId": app["client_id"],
        "clientSecret": app["client_secret"],
        "apiVersion": credentials["api_versions"][-1],
    }
    auth = {"specName": "OAuth2 Client Credential", "params": params}
    connection = _made(
        api,
        f"{base}/flowservice/connections",
        {"name": "crash", "auth": auth, "connectionSpec": spec},
    )["id"]
    schema = _made(
        api,
        f"{base}/schemaregistry/tenant/schemas",
        {"type": "object", "title": "Ledger", "allOf": []},
    )["$id"]
    dataset = _made(
        api,
        f"{base}/catalog/dataSets",
        {"name": "Ledger", "schemaRef": {"id": schema, "contentType": "application/json"}},
    )[0].rpartition("/")[2]
    source = _made(
        api,
        f"{base}/flowservice/sourceConnections",
        {
            "name": "Ledger",
            "baseConnectionId": connection,
            "data": {"format": "tabular"},
            "params": {"tableName": ledger.OBJECT},
            "connectionSpec": spec,
        },
    )["id"]
    target = _made(
        api,
        f"{base}/flowservice/targetConnections",
        {
            "name": "Ledger",
            "data": {"schema": {"id": schema}},
            "params": {"dataSetId": dataset},
            "connectionSpec": lake,
        },
    )["id"]
    flow = _made(
        api,
        f"{base}/flowservice/flows",
        {
            "name": "Ledger",
            "flowSpec": {"id": "14518937-270c-4525-bdec-c2ba7cce3860", "version": "1.0"},
            "sourceConnectionIds": [source],
            "targetConnectionIds": [target],
            "scheduleParams": {"startTime": int(time.time()), "frequency": "once"},
        },
    )["id"]
    return flow, dataset


def _made(api: Api, path: str, body: dict[str, Any]) -> Any:
    status, answer = api.call("POST", path, body)
    if status not in (200, 201):
        raise SystemExit(f"POST {path} gave {status}: {answer}")
    return answer


if __name__ == "__main__":
    sys.exit(main())
