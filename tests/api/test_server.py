"""Starting and stopping the server."""

import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from sallyport.api import run_server
from sallyport.errors import BrokenInstallation
from sallyport.wiring import Sallyport
from tests.api.client import Client
from tests.api.conftest import served

SERVE = """
from sallyport.api import create_app, run_server
from sallyport.settings import load
from sallyport.wiring import Sallyport

with Sallyport(load()) as built:
    run_server(create_app(built.api), "127.0.0.1", 0, lambda one: print(one.url, flush=True))
print("closed", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_server_and_the_process_goes_on_to_close(
    environment: dict[str, str], number: signal.Signals
) -> None:
    command = [sys.executable, "-c", SERVE]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = next(line for line in process.stdout if line.startswith("http")).strip()
        with urlopen(f"{url}/openapi.json") as answer:
            assert json.load(answer)["info"]["title"] == "sallyport"
        process.send_signal(number)
        rest = process.stdout.read()
        assert process.wait(30) == 0
    assert rest.endswith("closed\n")


def test_a_port_in_use_is_told_with_the_cure(installation: Sallyport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BrokenInstallation, match=f"127.0.0.1:{port}") as refused:
            run_server(_never, "127.0.0.1", port, lambda one: None)
    assert refused.value.field == "port"
    assert refused.value.cure is not None


def test_two_servers_of_one_installation_answer_side_by_side(
    installation: Sallyport, client: Client
) -> None:
    with served(installation, 1) as other:
        elsewhere = Client(other, client.credentials)
        assert other.url != client.listening.url
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", other.url)
        where = "/data/foundation/flowservice/flows"
        assert elsewhere.get(where).body == client.get(where).body
    with pytest.raises(OSError, match="refused"):
        elsewhere.get(where)


def test_the_openapi_document_lists_every_route_of_the_documentation(client: Client) -> None:
    document = client.get("/openapi.json").body
    routes = {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in operations
    }
    page = (Path(__file__).parents[2] / "docs/api.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^### `([A-Z]+ /\S+)`$", page, re.MULTILINE))
    assert routes == documented


async def _never(scope: object, receive: object, send: object) -> None:
    raise AssertionError("nothing is asked of this server")
