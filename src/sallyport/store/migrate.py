"""Bringing a database to the version this release needs.

What belongs here: deciding whether to migrate, and calling Alembic safely when several processes
start at once. The migrations themselves are in ``migrations/versions``.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError, ProgrammingError

from sallyport.errors import BrokenInstallation

HEAD = "0002"
"""The newest migration; a test keeps it equal to what is in ``migrations/versions``."""

_LOCK = 0x5A11B047  # any number, as long as every sallyport uses the same


def upgrade(engine: sa.Engine) -> None:
    """Migrate to HEAD. One process does it while others wait; BrokenInstallation if it is newer."""
    if _current(engine) == HEAD:
        return
    writer = engine.execution_options(sallyport_writes=True)  # SQLite: the write lock at once
    with writer.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        _run_alembic(connection)


def _current(engine: sa.Engine) -> str | None:
    try:
        with engine.connect() as connection:
            return connection.execute(
                sa.text("SELECT version_num FROM alembic_version")
            ).scalar_one_or_none()
    except (OperationalError, ProgrammingError):
        return None  # no such table: a new database (an unreachable one fails again just below)


def _run_alembic(connection: sa.Connection) -> None:
    # imported here: a database that is up to date, the usual case, never pays for it
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise BrokenInstallation(
            f"the metadata database was made by a newer sallyport: {error}.",
            field="SALLYPORT_DATABASE_URL",
            cure="Start that newer release, or point to another database.",
        ) from error
