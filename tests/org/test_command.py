"""The command line as a user meets it: one process, its output, its exit code."""

import json
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = shutil.which("sallyport-org", path=str(Path(sys.executable).parent)) or ""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_prints_one_line_and_stops_cleanly(number: signal.Signals) -> None:
    arguments = [COMMAND, "serve", "--port", "0", "--rows", "Account=30", "Contact=20"]
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        started = json.loads(process.stdout.readline())
        process.send_signal(number)
        rest, said = process.communicate(timeout=20)
    assert process.returncode == 0
    assert rest == ""
    assert "Account: 30 rows" in said
    assert (started["rows"]["Account"], started["rows"]["Contact"]) == (30, 20)
    assert started["url"].startswith("http://127.0.0.1:")
    assert started["org_id"].startswith("00D")
    assert started["api_versions"][0] == "31.0"
    assert set(started["basic"]) == {"username", "password", "security_token"}
    assert set(started["client_credentials"]) == {"client_id", "client_secret"}
    assert set(started["jwt"]) == {
        "client_id",
        "client_secret",
        "username",
        "audience",
        "private_key_pem",
        "jwt_token",
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--rows", "Nothing=5"], "--rows: no object is called 'Nothing'"),
        (["--rows", "Account=-5"], "--rows: Account=-5: a number of rows is 0 to"),
        (["--rows", "Account"], "--rows: 'Account' is not of the form Object=number"),
        (["--rows", "Account=--5"], "--rows: 'Account=--5' is not of the form Object=number"),
        (["--rows", "Account=²"], "--rows: 'Account=²' is not of the form Object=number"),
        (["--port", "70000"], "--port: '70000' is no port; a port is a number from 0 to 65535"),
        (["--port", "-1"], "--port: '-1' is no port"),
        (["--port", "http"], "--port: 'http' is no port"),
        (["--host", "no.such.host.invalid"], "--host: 'no.such.host.invalid' cannot be resolved"),
        (["--host", "a..b"], "--host: 'a..b' cannot be resolved (not a host name)"),
        (["--latency-ms", "-1"], "--latency-ms: '-1' is no length of time"),
        (["--latency-ms", "inf"], "--latency-ms: 'inf' is no length of time"),
        (["--job-seconds", "-0.5"], "--job-seconds: '-0.5' is no length of time"),
        (["--job-seconds", "nan"], "--job-seconds: 'nan' is no length of time"),
        (["--job-seconds", "soon"], "--job-seconds: 'soon' is no length of time"),
        (["--seed", "x"], "--seed: "),
        (["--port"], "Option '--port' requires an argument"),
        (["--speed", "9"], "No such option: --speed"),
        (["--log-level", "LOUD"], "--log-level: LOUD is none of DEBUG, INFO, WARNING, ERROR"),
    ],
)
def test_wrong_options_are_refused_in_one_sentence(arguments: list[str], words: str) -> None:
    done = run("serve", "--port", "0", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    (said,) = done.stderr.strip().splitlines()
    assert said.startswith(f"sallyport-org: {words}")


def test_a_file_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    path = tmp_path / "Lead.csv"
    path.write_text("LastName,City\nx,y,z\n")
    done = run("serve", "--port", "0", "--load", str(path))
    assert done.returncode == 1
    assert done.stderr.strip() == (
        f"sallyport-org: --load: {path}: line 2: the number of values differs from the header's"
    )


def test_a_port_in_use_is_said_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("serve", "--port", str(port), "--rows", "Account=1")
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(f"sallyport-org: cannot listen on 127.0.0.1:{port}: ")
    assert "Traceback" not in done.stderr


def test_several_files_may_follow_one_load(tmp_path: Path) -> None:
    paths = []
    for name in ("Lead", "Account"):
        path = tmp_path / f"{name}.csv"
        path.write_text("Name,LastName,Company\nx,y,z\n" if name == "Lead" else "Name\nx\n")
        paths.append(str(path))
    with subprocess.Popen(
        [COMMAND, "serve", "--port", "0", "--load", *paths],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        started = json.loads(process.stdout.readline())
        process.terminate()
    assert (started["rows"]["Lead"], started["rows"]["Account"]) == (1, 1)
