"""``serve`` and ``demo`` as processes: ready, refused, stopped, and nothing left behind."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sallyport.demo.processes import Servers, Signals
from tests.cli.terminal import Terminal


def get(url: str) -> int:
    """Return the status of a GET."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    connection.request("GET", address.path or "/")
    status = connection.getresponse().status
    connection.close()
    return status


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def processes_of(word: str) -> list[str]:
    """Return the command lines of running processes that hold a word."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                text = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            except OSError:
                continue  # it has ended meanwhile, or is somebody else's
            if word.encode() in text and int(entry.name) != os.getpid():
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


def open_to_others(folder: Path) -> list[str]:
    """Return what stands in a folder and may be read by others than its owner."""
    return [str(path) for path in folder.rglob("*") if path.stat().st_mode & 0o077]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_says_where_it_answers_and_stops_when_asked(
    terminal: Terminal, number: signal.Signals
) -> None:
    process = terminal.start("serve", "--port", "0", "--json")
    url = json.loads(first_line(process))["url"]
    assert get(f"{url}/openapi.json") == 200

    process.send_signal(number)
    out, err = process.communicate(timeout=30)

    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in err


def test_a_port_in_use_is_a_clear_failure(terminal: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = terminal.run("serve", "--port", port, "--json")

    assert refused.code == 1
    assert (refused.error["field"], refused.error["received"]) == ("--port", port)
    assert "Address already in use" in refused.error["message"]


@pytest.mark.parametrize(
    "host", ["300.1.1.1", "no-such-host.invalid", "192.0.2.1", "a..b", "x" * 64]
)
def test_an_address_that_cannot_be_listened_on_is_told_as_the_host(
    terminal: Terminal, host: str
) -> None:
    refused = terminal.run("serve", "--host", host, "--port", "0", "--json")

    assert refused.code == 1
    assert (refused.error["field"], refused.error["received"]) == ("--host", host)
    assert "127.0.0.1" in refused.error["cure"]


def test_a_demo_home_that_holds_something_is_refused(terminal: Terminal) -> None:
    refused = terminal.run("demo", "--home", str(terminal.folder.parent), "--json")

    assert (refused.code, refused.error["field"]) == (2, "--home")


def test_what_the_demos_processes_write_is_for_their_owner_only(tmp_path: Path) -> None:
    write = "print('{}', flush=True); open('written', 'w').close(); import time; time.sleep(60)"
    command = [sys.executable, "-c", write]
    before = os.umask(0o022)
    try:
        with Signals() as signals, Servers(tmp_path / "logs", signals) as servers:
            assert servers.start("one", command, dict(os.environ), within=30) == {}
            deadline = time.monotonic() + 30
            while not (tmp_path / "logs" / "written").exists():
                assert time.monotonic() < deadline
                time.sleep(0.05)
    finally:
        os.umask(before)

    assert open_to_others(tmp_path) == []


@pytest.mark.slow
def test_a_demo_that_is_terminated_says_so_and_leaves_nothing_behind(
    terminal: Terminal, tmp_path: Path
) -> None:
    process = terminal.start("demo", TMPDIR=str(tmp_path))
    assert "Starting a simulated Salesforce org" in first_line(process)
    deadline = time.monotonic() + 30
    while not any(" serve " in line for line in processes_of(str(tmp_path))):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)

    assert process.returncode == 143
    assert out.splitlines()[-1] == (
        "demo: failed, 0 of 450000 rows proven in 0 datasets: stopped by SIGTERM"
    )
    assert list(tmp_path.glob("sallyport-demo-*")) == []
    assert processes_of(str(tmp_path)) == []


@pytest.mark.slow
def test_the_demo_proves_every_row_and_keeps_its_servers_until_it_is_stopped(
    terminal: Terminal, tmp_path: Path
) -> None:
    home = tmp_path / "demo"
    home.mkdir(mode=0o755)
    process = terminal.start("demo", "--keep", "--home", str(home))
    assert process.stdout is not None
    told = []
    for line in process.stdout:
        told.append(line.rstrip("\n"))
        if line.startswith("demo: "):
            break
    assert told[-1] == "demo: ok, 450000 of 450000 rows proven in 4 datasets"

    kept = json.loads((home / "demo.json").read_text())
    assert open_to_others(home) == []
    assert get(f"{kept['api']['url']}/openapi.json") == 200
    assert get(f"{kept['org']['url']}/services/data") == 200
    counted = Terminal(kept["settings"], tmp_path).run(
        "query", "SELECT count(DISTINCT Id) AS rows FROM Contact", "--json"
    )
    assert counted.json == [{"rows": 250_000}]

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")
    assert processes_of(str(home)) == []
