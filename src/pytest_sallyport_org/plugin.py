"""Fixtures that start simulated Salesforce orgs, and stop them when the test is over.

What belongs here: fixtures, their options and the marker. What does not: anything an org does
(:class:`sallyport_org.server.OrgServer`).

* ``org``: a fresh org for one test; starting one takes a fraction of a second, so nothing a test
  does to it reaches another test. The marker ``sallyport_org`` says how it is made.
* ``org_factory``: a function that starts as many orgs as a test needs.
* ``org_environment``: ``org`` behind the HTTPS and proxy doors, with the environment set so that
  clients with ``login.salesforce.com`` wired in reach it.

A failing test shows the requests its orgs answered.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:  # runs that start no org do not pay for loading the simulator
    from sallyport_org.server import OrgServer

MARKER = "sallyport_org"
SHOWN_REQUESTS = 20
"""How many of the latest requests a failing test shows."""

_SERVERS = pytest.StashKey["list[OrgServer]"]()


class OrgFactory(Protocol):
    """Starts orgs; they are stopped when the test is over."""

    def __call__(self, **options: Any) -> OrgServer:
        """Start an org; ``options`` are those of :class:`sallyport_org.server.OrgServer`."""
        ...


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--sallyport-org-rows``, ``-seed`` and ``-load``, also as settings of ini files."""
    group = parser.getgroup("sallyport-org", "simulated Salesforce orgs")
    for name, text in (
        ("rows", 'made-up rows of every org, e.g. "Account=10 Contact=20"; none unless given'),
        ("seed", "the same seed makes the same rows; 1 unless given"),
        ("load", "CSV, tree JSON or plan files every org is filled from, split by blanks"),
    ):
        group.addoption(f"--sallyport-org-{name}", dest=f"sallyport_org_{name}", help=text)
        parser.addini(f"sallyport_org_{name}", text)


def pytest_configure(config: pytest.Config) -> None:
    """Tell pytest of the marker."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(**options): how the org of a test is made: rows, seed, load, settings, clock, "
        "and the other options of sallyport_org.server.OrgServer",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the latest requests of a failing test's orgs."""
    report = yield
    if report.failed and report.when == "call":
        for server in item.stash.get(_SERVERS, []):
            lines = [
                f"{one.method} {one.path} {one.status} {' '.join(one.faults)}".rstrip()
                for one in server.requests()[-SHOWN_REQUESTS:]
            ]
            report.sections.append((f"requests to {server.url}", "\n".join(lines)))
    return report


@pytest.fixture(scope="session")
def _org_authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of one certificate authority for the whole run."""
    return tmp_path_factory.mktemp("sallyport-org-authority")


@pytest.fixture
def org_factory(request: pytest.FixtureRequest, _org_authority: Path) -> Iterator[OrgFactory]:
    """A function that starts orgs: ``org_factory(rows={"Account": 5}, settings=…)``.

    What is left out comes from the options of the run.
    """
    from sallyport_org.server import OrgServer

    started: list[OrgServer] = []
    request.node.stash[_SERVERS] = started
    usual = _usual(request.config)

    def start(**options: Any) -> OrgServer:
        server = OrgServer(**{"authority": _org_authority, **usual, **options})
        server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def org(request: pytest.FixtureRequest, org_factory: OrgFactory) -> OrgServer:
    """A fresh org; ``@pytest.mark.sallyport_org(rows={"Account": 5})`` says how it is made.

    Useful: ``org.url``, ``org.credentials``, ``org.requests()``, ``org.sql(…)``, and ``org.org``
    with its ``settings``, ``clock``, ``faults`` and ``directory``.
    """
    return org_factory(**_marked(request))


@pytest.fixture
def org_environment(
    request: pytest.FixtureRequest, org_factory: OrgFactory, monkeypatch: pytest.MonkeyPatch
) -> OrgServer:
    """An org that clients reach at Salesforce's own hosts, through a proxy set in the environment.

    Processes started by the test inherit it: ``HTTPS_PROXY``, ``SSL_CERT_FILE`` and their like.
    """
    server = org_factory(**{"https_port": 0, "proxy_port": 0, **_marked(request)})
    for name, value in server.doors.variables().items():
        monkeypatch.setenv(name, value)
    return server


def _marked(request: pytest.FixtureRequest) -> Mapping[str, Any]:
    marker = request.node.get_closest_marker(MARKER)
    if marker is None:
        return {}
    if marker.args:
        raise pytest.UsageError(f"@pytest.mark.{MARKER} takes named options only, e.g. rows={{…}}")
    return dict(marker.kwargs)


def _usual(config: pytest.Config) -> dict[str, Any]:
    """Return what the options of the run say about every org."""
    seed = _option(config, "seed") or "1"
    if not seed.isdecimal():
        raise pytest.UsageError(f"--sallyport-org-seed: {seed!r} is no whole number")
    return {
        "rows": _rows(_option(config, "rows")),
        "seed": int(seed),
        "load": [config.rootpath / one for one in _option(config, "load").split()],
    }


def _option(config: pytest.Config, name: str) -> str:
    given = config.getoption(f"sallyport_org_{name}", default=None)
    return str(given if given is not None else config.getini(f"sallyport_org_{name}"))


def _rows(text: str) -> dict[str, int]:
    rows: dict[str, int] = {}
    for entry in text.replace(",", " ").split():
        name, _, number = entry.partition("=")
        if not name or not number.isdecimal():
            raise pytest.UsageError(
                f"--sallyport-org-rows: {entry!r} is not of the form Object=number"
            )
        rows[name] = int(number)
    return rows
