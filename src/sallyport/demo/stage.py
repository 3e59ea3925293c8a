"""What the demo has put up so far: its home, its servers' addresses and credentials, its flows.

What belongs here: state, and how others get at it. What does not: what happens when (``story``).
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sallyport.demo.flow import Copy
from sallyport.demo.processes import Servers, Signals
from sallyport.errors import InvalidRequest

OBJECTS = {"Account": 100_000, "Contact": 250_000, "Lead": 50_000, "Opportunity": 50_000}
TOTAL = sum(OBJECTS.values())
SALLYPORT = (sys.executable, "-m", "sallyport.cli")


@dataclass
class Stage:
    """``org`` is the simulator's own description, ``api`` our address and credentials."""

    home: Path
    servers: Servers
    org: dict[str, Any] = field(default_factory=dict)
    api: dict[str, str] = field(default_factory=dict)
    connection_id: str = ""
    copies: list[Copy] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, str]:
        """The settings of the demo's own installation."""
        allowed = {"SALLYPORT_ALLOWED_HOSTS": urlsplit(self.org["url"]).netloc} if self.org else {}
        return {"SALLYPORT_HOME": str(self.home), **allowed}

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its processes: nobody's settings but its own, and the log level."""
        kept = {
            name: text
            for name, text in os.environ.items()
            if not name.startswith("SALLYPORT_") or name == "SALLYPORT_LOG_LEVEL"
        }
        return {**kept, **self.settings}

    @property
    def proven(self) -> list[Copy]:
        """The copies proven so far."""
        return [copy for copy in self.copies if copy.proven]

    def write(self) -> Path:
        """Write all of it into ``demo.json`` in the home, for scripts; return where."""
        path = self.home / "demo.json"
        draft = self.home / "demo.json.new"
        draft.touch(mode=0o600)
        document = {
            "home": str(self.home),
            "settings": self.settings,
            "org": self.org,
            "api": self.api,
            "connection_id": self.connection_id,
            "datasets": {copy.object: copy.dataset_id for copy in self.copies},
            "flows": {copy.object: copy.flow_id for copy in self.copies},
        }
        draft.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
        return draft.replace(path)  # whoever waits for the file finds all of it


def simulator() -> list[str]:
    """Return the command that starts an org; it is a program of its own, never imported here."""
    beside = Path(sys.executable).parent / "sallyport-org"
    return [str(beside)] if beside.exists() else [sys.executable, "-m", "sallyport_org.cli"]


@contextmanager
def folder_for(home: Path | None, signals: Signals, *, keep: bool) -> Iterator[Path]:
    """Yield the folder for all state: ``home``, which must be empty, or a temporary one.

    The temporary one is removed afterwards unless ``keep``. Raises InvalidRequest.
    """
    if home is not None:
        yield _usable(home.expanduser().absolute())
        return
    with signals.held():
        made = Path(tempfile.mkdtemp(prefix="sallyport-demo-"))
    try:
        yield made
    finally:
        if not keep:
            with signals.ignored():
                shutil.rmtree(made, ignore_errors=True)


def _usable(home: Path) -> Path:
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        empty = next(home.iterdir(), None) is None
    except OSError as error:
        raise InvalidRequest(
            f"the folder cannot be used: {error.strerror}.",
            field="home",
            received=str(home),
            cure="Name an empty folder you may write, or one that does not exist yet.",
        ) from error
    if not empty:
        raise InvalidRequest(
            "is not empty.",
            field="home",
            received=str(home),
            cure="Name an empty folder, or one that does not exist yet.",
        )
    return home
