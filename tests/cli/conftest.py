"""A simulated org, and a terminal in front of an installation that knows it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sallyport_org.server import OrgServer
from sallyport_org.state import Settings
from tests.cli.terminal import Terminal

ROWS = {"Account": 3_000, "Contact": 7_000}


@pytest.fixture(scope="module")
def org() -> Iterator[OrgServer]:
    with OrgServer(rows=ROWS, settings=Settings(job_seconds=0.05)) as server:
        yield server


@pytest.fixture
def terminal(org: OrgServer, environment: dict[str, str], tmp_path: Path) -> Terminal:
    hosts = {"SALLYPORT_ALLOWED_HOSTS": org.url.removeprefix("http://")}
    return Terminal({**environment, **hosts}, tmp_path)
