"""An org kept in a file: what is there after a restart, also after kill -9, and what is refused."""

import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sallyport_org.datafile import DataFileError
from sallyport_org.datafile.keeper import KEPT
from sallyport_org.server import OrgServer
from sallyport_org.state import Settings
from tests.org.admin import Admin
from tests.org.wire import Client, ask, token_request

COMMAND = shutil.which("sallyport-org", path=str(Path(sys.executable).parent)) or ""
ROWS = 40_000


@contextmanager
def serving(file: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A simulator in a process of its own; gives it and what it printed."""
    arguments = [COMMAND, "serve", "--port", "0", "--data", str(file), *options]
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.stderr.read() if process.stderr else ""
        try:
            yield process, json.loads(line)
        finally:
            process.kill()


def test_people_apps_tokens_settings_objects_and_rows_are_there_again(tmp_path: Path) -> None:
    file = tmp_path / "org.data"
    with OrgServer(rows={"Account": 5}, data=file) as server:
        admin, client = Admin(server), Client(server)
        made = client.call("POST", "/sobjects/Account", {"Name": "Kept"}).json["id"]
        admin.patch("settings", api_limit=777, trusted_ip_ranges=[["10.0.0.1", "10.0.0.9"]])
        admin.post("users", username="mate@acme.example", profile="Standard User")
        admin.post("users/mate@acme.example/lock")
        admin.post("profiles", name="Deckhand")
        admin.patch(
            "profiles/Deckhand", login_hours={"0": [1, 2]}, objects={"Case": {"read": True}}
        )
        key = admin.post("apps", name="Logbook")["client_id"]
        admin.patch(f"apps/{key}/policy", run_as="mate@acme.example", refresh_hours=3.5)
        admin.post("approvals", user="mate@acme.example", app="Logbook", scopes=["refresh_token"])
        admin.post("fields", object="Account", add="Berth__c")
        client.call("PATCH", f"/sobjects/Account/{made}", {"Berth__c": "7"})
        admin.post("clock/advance", days=3)
        kept = {
            path: admin.get(path)
            for path in (
                *("settings", "users", "profiles", "permission-sets", "apps", "approvals"),
                "logins",
            )
        }
        before = server.org
        objects = {one.name: one for one in before.schema}
        credentials = server.credentials
    with OrgServer(data=file) as server:
        admin = Admin(server)
        assert server.credentials == credentials
        assert {path: admin.get(path) for path in kept} == kept
        assert {one.name: one for one in server.org.schema} == objects
        assert admin.get("clock")["ahead_seconds"] == 3 * 86_400
        client.server = server
        admin.post("clock/advance", days=-3)  # the session would have ended by now
        seen = client.values("SELECT Name, Berth__c FROM Account WHERE Berth__c != null")
        assert seen == [("Kept", "7")]
        fresh = Client(server).call("POST", "/sobjects/Account", {"Name": "New"}).json["id"]
        assert fresh > made


@dataclass(frozen=True)
class Elsewhere:
    """A simulator in another process: only its address is known."""

    url: str


def test_kill_nine_in_a_bulk_load_keeps_what_was_acknowledged_and_nothing_half(
    tmp_path: Path,
) -> None:
    file = tmp_path / "org.data"
    with serving(file, "--rows", "Account=0") as (process, started):
        server = Elsewhere(started["url"])
        keys = started["client_credentials"]
        token = token_request(server, grant_type="client_credentials", **keys).json["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        jobs = "/services/data/v60.0/jobs/ingest"
        wanted = json.dumps({"object": "Account", "operation": "insert", "lineEnding": "LF"})
        job = ask(server, "POST", jobs, wanted, headers).json["id"]
        lines = "".join(f"Row {number:06d},{number // 200}\n" for number in range(ROWS))
        body = f"Name,AccountNumber\n{lines}".encode()
        csv = {**headers, "Content-Type": "text/csv"}
        assert ask(server, "PUT", f"{jobs}/{job}/batches", body, csv).status == 201
        closed = json.dumps({"state": "UploadComplete"})
        assert ask(server, "PATCH", f"{jobs}/{job}", closed, headers).status == 200
        processed = 0
        deadline = time.monotonic() + 30
        while processed == 0 and time.monotonic() < deadline:
            processed = ask(server, "GET", f"{jobs}/{job}", headers=headers).json[
                "numberRecordsProcessed"
            ]
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert 0 < processed < ROWS
    with OrgServer(data=file) as again:
        assert ask(again, "GET", jobs, headers=headers).status == 200  # the token was kept
        count, chunks, whole = again.sql(
            "SELECT sum(n), count(*), count(*) FILTER (n = 200) FROM "
            "(SELECT count(*) AS n FROM Account WHERE NOT IsDeleted GROUP BY AccountNumber)"
        )[0]
    assert count >= processed
    assert (chunks, count) == (whole, whole * 200)


# -- what is refused


def test_a_file_in_use_is_refused_in_this_process_and_in_another(tmp_path: Path) -> None:
    file = tmp_path / "org.data"
    with OrgServer(rows={"Account": 1}, data=file):
        with pytest.raises(DataFileError, match="is in use by another simulator; stop that one"):
            OrgServer(data=file).start()
        command = [COMMAND, "serve", "--port", "0", "--data", str(file)]
        said = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert said.returncode == 1
    assert said.stderr == (
        f"sallyport-org: --data: {file}: is in use by another simulator; stop that one, or name "
        "another file\n"
    )


def test_rows_for_an_org_that_is_there_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "org.data"
    OrgServer(rows={"Account": 1}, data=file).start().stop()
    with pytest.raises(DataFileError, match="holds an org already, so --rows cannot be used"):
        OrgServer(rows={"Account": 1}, data=file).start()
    with pytest.raises(DataFileError, match="so --load cannot be used"):
        OrgServer(load=[tmp_path / "Account.csv"], data=file).start()


def test_settings_given_anew_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "org.data"
    OrgServer(rows={}, data=file, settings=Settings(api_limit=5)).start().stop()
    with OrgServer(data=file, settings=Settings(soap_login=False)) as server:
        assert (server.org.settings.api_limit, server.org.settings.soap_login) == (5, False)


def test_files_of_others_are_refused_and_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "text.data"
    text.write_text("Name\nAcme\n" * 1000)
    with pytest.raises(DataFileError, match="cannot be used as a data file"):
        OrgServer(data=text).start()
    other = tmp_path / "other.data"
    with duckdb.connect(str(other)) as connection:
        connection.execute("CREATE TABLE ships (name VARCHAR)")
    with pytest.raises(DataFileError, match="is no data file of sallyport-org"):
        OrgServer(data=other).start()
    with duckdb.connect(str(other)) as connection:
        assert connection.execute("SELECT table_name FROM duckdb_tables()").fetchall() == [
            ("ships",)
        ]
    with pytest.raises(DataFileError, match="its folder does not exist"):
        OrgServer(data=tmp_path / "no" / "where.data").start()


def test_files_of_another_version_and_unfinished_ones_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "org.data"
    OrgServer(rows={}, data=file).start().stop()
    stamp = {"format": 0, "version": "0.0.9", "objects": ""}
    change(file, f'UPDATE "{KEPT}" SET content = ? WHERE name = ?', [json.dumps(stamp), "file"])
    with pytest.raises(DataFileError, match=r"made by another version of sallyport-org \(0.0.9"):
        OrgServer(data=file).start()
    change(file, f'DELETE FROM "{KEPT}" WHERE name = ?', ["file"])
    with pytest.raises(DataFileError, match="holds no whole org"):
        OrgServer(data=file).start()


def change(file: Path, sql: str, values: list[str]) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute(sql, values)


def test_readers_and_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "org.data"
    with OrgServer(rows={}, data=file) as server:
        client = Client(server)

        def write(number: int) -> None:
            for step in range(5):
                client.call("POST", "/sobjects/Account", {"Name": f"{number}/{step}"})
                Client(server)

        writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for one in writers:
            one.start()
        for one in writers:
            one.join()
        sessions = len(server.org.directory.sessions())
    with OrgServer(data=file) as server:
        assert server.sql("SELECT count(*) FROM Account WHERE NOT IsDeleted") == [(20,)]
        assert len(server.org.directory.sessions()) == sessions == 21
