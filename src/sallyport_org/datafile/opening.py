"""Opening a data file: a new one gets an org, an old one gives its org back.

What belongs here: telling the two apart, and every reason not to use a file. What does not: what is
written into it (``parts``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import duckdb

from sallyport_org import __version__
from sallyport_org.build import Blueprint, build_org
from sallyport_org.datafile.keeper import (
    KEPT,
    Keeper,
    make_tables,
    read_logins,
    read_parts,
    read_sessions,
    write_parts,
)
from sallyport_org.datafile.parts import objects_of, parts_of, restore
from sallyport_org.founding import Credentials
from sallyport_org.identity import App
from sallyport_org.rows.engine import Engine
from sallyport_org.state import Org, Settings

FORMAT = 1
"""Grows whenever older files cannot be read any more."""


class DataFileError(ValueError):
    """A data file that cannot be used; the text names it and the cure."""


def open_org(
    file: Path,
    plan: Blueprint,
    *,
    apps: dict[str, App],
    progress: Callable[[str], None] = lambda line: None,
) -> tuple[Org, Credentials, Keeper]:
    """Return the org of a file, or build one in it as :func:`sallyport_org.build.build_org` does.

    Of the plan's settings for an org that is there already, those that differ from the usual are
    taken. Raises :class:`DataFileError` for a file that is in use, made by another version, not
    finished or no data file; and when rows, files, metadata or a shape are given for an org that is
    there.
    """
    tables = _tables(file)
    known = KEPT in tables
    if not known and any(not name.startswith("~") for name in tables):
        raise DataFileError(f"{file}: is no data file of sallyport-org; name another")
    with _refusals(file):
        engine = Engine(file=file)
    try:
        if known:
            parts = _checked_parts(file, engine)
            asked = {"shape": plan.shape, "rows": plan.rows, "load": plan.load}
            asked["metadata"] = plan.metadata
            _refuse(file, [name for name, value in asked.items() if value])
            org, credentials = restore(parts, engine, plan.clock, apps)
            read_logins(org)
            read_sessions(org)
            _override(org.settings, plan.settings)
        else:
            make_tables(engine)
            org, credentials = build_org(plan, apps=apps, engine=engine, progress=progress)
            whole = {**parts_of(org, credentials), **objects_of(org), "file": _stamp()}
            write_parts(engine, whole)
    except BaseException:
        engine.close()
        raise
    keeper = Keeper(org, credentials, read_parts(engine))
    keeper.save()
    return org, credentials, keeper


def _tables(file: Path) -> set[str]:
    """Return the names of the tables of a file, which may not exist yet; changes nothing."""
    if not file.exists() or file.stat().st_size == 0:
        if not file.parent.is_dir():
            raise DataFileError(f"{file}: its folder does not exist; make it, or name another file")
        return set()
    with _refusals(file), duckdb.connect(str(file)) as connection:
        rows = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    return {str(name) for (name,) in rows}


@contextmanager
def _refusals(file: Path) -> Iterator[None]:
    """Say in plain words why DuckDB will not open a file."""
    try:
        yield
    except duckdb.Error as failure:
        reason = str(failure)
        if "lock" in reason or "different configuration" in reason:
            raise DataFileError(
                f"{file}: is in use by another simulator; stop that one, or name another file"
            ) from failure
        if "version" in reason:
            raise DataFileError(
                f"{file}: was written by another version of DuckDB; open it with the sallyport-org "
                "that made it, or name another file"
            ) from failure
        raise DataFileError(
            f"{file}: cannot be used as a data file ({reason.splitlines()[0]}); name another"
        ) from failure


def _checked_parts(file: Path, engine: Engine) -> dict[str, str]:
    """Return the parts of a finished file of this version."""
    parts = read_parts(engine)
    stamp = json.loads(parts.pop("file", "null"))
    if stamp is None:
        raise DataFileError(
            f"{file}: holds no whole org, because whoever made it was stopped; delete the file and "
            "start again"
        )
    mine = json.loads(_stamp())
    if (stamp["format"], stamp["objects"]) != (mine["format"], mine["objects"]):
        raise DataFileError(
            f"{file}: was made by another version of sallyport-org ({stamp['version']}, this one "
            f"is {__version__}) whose objects differ; use that version, or start with a new file"
        )
    return parts


def _refuse(file: Path, given: list[str]) -> None:
    if given:
        options = ", ".join(f"--{name}" for name in given)
        raise DataFileError(
            f"{file}: holds an org already, so {options} cannot be used; leave that out to go on "
            "with the org, or name a new file"
        )


def _override(kept: Settings, given: Settings | None) -> None:
    usual = Settings()
    for name in Settings.__dataclass_fields__:
        if given is not None and getattr(given, name) != getattr(usual, name):
            setattr(kept, name, getattr(given, name))


def _stamp() -> str:
    """Return what tells files of this version from others."""
    folder = files("sallyport_org.schema") / "objects"
    texts = sorted(one.read_text(encoding="utf-8") for one in folder.iterdir() if one.is_file())
    objects = hashlib.sha256("\0".join(texts).encode()).hexdigest()
    return json.dumps({"format": FORMAT, "version": __version__, "objects": objects})
