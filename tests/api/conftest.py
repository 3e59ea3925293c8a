"""One simulated org and one installation for all of the API's tests; a fresh tenant for each."""

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from sallyport.api import Listening, create_app, run_server
from sallyport.kernel import new_hex
from sallyport.settings import load
from sallyport.wiring import Sallyport
from sallyport_org.server import OrgServer
from sallyport_org.state import Settings
from tests.api.client import Client
from tests.conftest import fresh_database

ROWS = {"Account": 120, "Contact": 40}


@pytest.fixture(scope="module")
def org() -> Iterator[OrgServer]:
    with OrgServer(rows=ROWS, settings=Settings(job_seconds=0.05)) as server:
        yield server


@pytest.fixture(scope="module")
def installation(org: OrgServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sallyport]:
    folder = tmp_path_factory.mktemp("api")
    with contextlib.contextmanager(fresh_database)(folder) as url:
        settings = load(
            {
                "SALLYPORT_HOME": str(folder / "home"),
                "SALLYPORT_DATABASE_URL": url,
                "SALLYPORT_ALLOWED_HOSTS": f"{org.url.removeprefix('http://')},127.0.0.1:1",
            },
            folder,
        )
        with Sallyport(settings) as built:
            built.launch()
            yield built


@contextlib.contextmanager
def served(installation: Sallyport, verify_seconds: float) -> Iterator[Listening]:
    """Serve the installation's API on a free port; afterwards the server has stopped cleanly."""
    app = create_app(replace(installation.api, verify_seconds=verify_seconds))
    ready: queue.Queue[Listening] = queue.Queue()
    thread = threading.Thread(target=run_server, args=(app, "127.0.0.1", 0, ready.put))
    thread.start()
    listening = ready.get(timeout=30)
    try:
        yield listening
    finally:
        listening.stop()
        thread.join(30)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def server(installation: Sallyport) -> Iterator[Listening]:
    with served(installation, 30) as listening:
        yield listening


@pytest.fixture(scope="module")
def impatient(installation: Sallyport) -> Iterator[Listening]:
    """A server that never waits for Salesforce's answer."""
    with served(installation, 0) as listening:
        yield listening


@pytest.fixture
def make_client(installation: Sallyport, server: Listening) -> Callable[..., Client]:
    """Return a maker of clients; each has an org of its own unless one is named."""

    def make(org: str = "", to: Listening | None = None) -> Client:
        credentials = installation.access.create_client(
            org or f"{new_hex(8)}@AdobeOrg", f"client {new_hex(4)}"
        )
        return Client(to or server, credentials)

    return make


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    return make_client()
