"""What every test may use: a database of its own, settings, a whole installation.

Tests run against SQLite unless SALLYPORT_DATABASE_URL names a PostgreSQL server; then each test
gets a fresh database on it (``make test-postgres`` starts one from a wheel).
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from sallyport.kernel import new_hex
from sallyport.settings import Settings, load
from sallyport.wiring import Sallyport

POSTGRES = os.environ.get("SALLYPORT_DATABASE_URL", "")

MakeSettings = Callable[..., Settings]


@pytest.fixture(scope="session", autouse=True)
def no_settings_from_outside() -> None:
    """Nothing of the developer's own installation may reach a test."""
    for name in [name for name in os.environ if name.startswith("SALLYPORT_")]:
        del os.environ[name]


def fresh_database(folder: Path) -> Iterator[str]:
    """Yield the URL of an empty database: a SQLite file, or a new database on the given server."""
    if not POSTGRES:
        yield f"sqlite:///{folder / 'metadata.sqlite'}"
        return
    name = f"test_{new_hex(12)}"
    with psycopg.connect(POSTGRES, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
    base, _, query = POSTGRES.partition("?")
    yield base.rpartition("/")[0] + f"/{name}" + (f"?{query}" if query else "")
    with psycopg.connect(POSTGRES, autocommit=True) as server:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[str]:
    yield from fresh_database(tmp_path)


@pytest.fixture
def environment(tmp_path: Path, database_url: str) -> dict[str, str]:
    """The variables of an installation of its own; pass them to a subprocess, or to settings."""
    return {
        "SALLYPORT_HOME": str(tmp_path / "home"),
        "SALLYPORT_DATABASE_URL": database_url,
        "SALLYPORT_LOG_LEVEL": "warning",
    }


@pytest.fixture
def make_settings(tmp_path: Path, environment: dict[str, str]) -> MakeSettings:
    """Return a maker of settings: ``make_settings(SALLYPORT_ALLOWED_HOSTS="127.0.0.1:1")``."""
    return lambda **more: load({**environment, **more}, tmp_path)


@pytest.fixture
def make_installation(make_settings: MakeSettings) -> Iterator[Callable[..., Sallyport]]:
    """Return a maker of installations, closed after the test."""
    made: list[Sallyport] = []

    def make(**more: str) -> Sallyport:
        installation = Sallyport(make_settings(**more))
        made.append(installation)
        return installation

    yield make
    for installation in made:
        installation.close()
