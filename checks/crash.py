"""``make crash``: kill -9 of the server in the middle of a run, at every step, until it is done.

    python -m checks.crash [--rows 1000000] [--kills 10]

An org is loaded from a CSV; a flow over it is started through the API; the server is killed each
time the run has got as far as the next step in the list (a kill counts only while the run is
unfinished), and started again. At the end ids and a checksum of all values, computed by DuckDB over
the files that the Delta library names, must equal those of the CSV.
"""

import argparse
import json
import random
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from checks import ledger
from checks.processes import Api, environment, make_api_client, org, sallyport, server
from checks.tally import Tally

# how many steps are recorded when the kill comes: 1 plan, 2 submit, 3 await, then the waves,
# count, commit, end, clean
_ENDED = ("success", "incomplete", "failed")
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
    tally = Tally("crash", kills + 4, f"checks ({kills} kills counted, 4 comparisons)")
    csv = folder / f"{ledger.OBJECT}.csv"
    ledger.write(csv, rows)
    print(f"loaded: {rows} rows x 40 columns, {csv.stat().st_size / 1e6:.0f} MB of CSV", flush=True)
    with org("--load", str(csv), "--job-seconds", "2") as credentials:
        env = environment(folder / "home", credentials["url"], SALLYPORT_LOG_LEVEL="warning")
        client = make_api_client(env, "crash", "LOCAL@AdobeOrg")
        port = _free_port()
        api = Api(f"http://127.0.0.1:{port}", client)
        run_id, dataset_id, life = _kill_until_done(
            tally, env, api, port, credentials, folder / "server.log", kills, rows, chance
        )
        landed = json.loads(sallyport(env, "runs", "--json").stdout)
    tally.check("the run finished by itself", life["state"] == "success", str(life.get("state")))
    expected = ledger.checksum_of_csv(csv)
    found = ledger.checksum_of_dataset(folder / "home" / "lake" / dataset_id)
    tally.check("rows", found[0] == expected[0] == rows, f"{found[0]} of {expected[0]}")
    tally.check("no row twice, every id there", found[1] == expected[1] == found[0], f"{found[1]}")
    tally.check("checksum of all values", found[2] == expected[2], f"{found[2]:x}")
    assert any(run_id in json.dumps(entry) for entry in landed)
    return tally.end()


def _kill_until_done(
    tally: Tally,
    env: dict[str, str],
    api: Api,
    port: int,
    credentials: dict[str, Any],
    log: Path,
    kills: int,
    rows: int,
    chance: random.Random,
) -> tuple[str, str, dict[str, Any]]:
    steps = 7 + -(-rows // _WAVE_ROWS)  # clean is the last one; before it the run has ended
    aims = [min(steps - 2, number * (steps - 1) // kills) for number in range(kills)]
    run_id = dataset_id = ""
    for number, aim in enumerate(aims, 1):
        with server(env, port, log) as process:
            api.wait_until_up()
            if not run_id:
                run_id, dataset_id = _start_flow(api, credentials)
            steps_done = _wait_for_steps(env, run_id, aim)
            time.sleep(chance.uniform(0, 0.4) if aim >= 2 else 0)
            before = _state(api, run_id)
            process.send_signal(signal.SIGKILL)
            process.wait()
            counted = before not in _ENDED
            names = _steps(env, run_id)
            tally.check(
                f"kill {number} while unfinished",
                counted,
                f"after {steps_done} steps, the last one {names[-1] if names else 'none'!r}",
            )
    with server(env, port, log):
        api.wait_until_up()
        deadline = time.monotonic() + 300
        while _state(api, run_id) not in _ENDED and time.monotonic() < deadline:
            time.sleep(0.2)
        life = {"state": _state(api, run_id)}
    return run_id, dataset_id, life


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
    status, body = api.call("GET", f"{base}/flowservice/runs?property=flowId=={flow}")
    assert status == 200, body
    return body["items"][0]["id"], dataset


def _made(api: Api, path: str, body: dict[str, Any]) -> Any:
    status, answer = api.call("POST", path, body)
    if status not in (200, 201):
        raise SystemExit(f"POST {path} gave {status}: {answer}")
    return answer


def _state(api: Api, run_id: str) -> str:
    status, body = api.call("GET", f"/data/foundation/flowservice/runs/{run_id}")
    assert status == 200, body
    return str(body["items"][0]["metrics"]["statusSummary"]["status"])


def _steps(env: dict[str, str], run_id: str) -> list[str]:
    """Return the names of the recorded steps, read from the engine's own tables."""
    url = env.get("SALLYPORT_DATABASE_URL") or f"sqlite:///{env['SALLYPORT_HOME']}/sallyport.sqlite"
    if url.startswith("sqlite"):
        url, table = url.removesuffix(".sqlite") + "-jobs.sqlite", "operation_outputs"
    else:
        url, table = url.replace("postgresql://", "postgresql+psycopg://"), "dbos.operation_outputs"
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            query = (
                f"SELECT function_name FROM {table} WHERE workflow_uuid = :id ORDER BY function_id"
            )
            return list(connection.execute(sa.text(query), {"id": run_id}).scalars())
    finally:
        engine.dispose()


def _wait_for_steps(env: dict[str, str], run_id: str, wanted: int) -> int:
    deadline = time.monotonic() + 120
    while (done := len(_steps(env, run_id))) < wanted:
        assert time.monotonic() < deadline, f"step {wanted} was not reached"
        time.sleep(0.01)
    return done


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
