"""The installation as a command sees it: its services, and in whose name it acts.

What belongs here: opening and closing for the length of one command. What does not: building
(``wiring``).
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sallyport.cli import logs
from sallyport.errors import NotFound
from sallyport.settings import Settings, load

if TYPE_CHECKING:  # imported by ``opened``: they cost most of a second
    from sallyport.connections import Connection
    from sallyport.store import Actor, Scope
    from sallyport.wiring import Sallyport


@dataclass(frozen=True)
class Installation:
    """Services, the tenant the settings choose, and the person at the terminal."""

    services: Sallyport
    settings: Settings
    scope: Scope
    actor: Actor

    def connection(self, name: str) -> Connection:
        """Return the connection of that name; NotFound that lists the names there are."""
        found = self.services.connections.find(self.scope, name)
        if found is not None:
            return found
        names = [connection.name for connection in all_connections(self)]
        raise NotFound(
            f"there is no connection named {name!r}.",
            received=name,
            cure=f"There are: {', '.join(names)}."
            if names
            else "There are none yet; `sallyport connect` makes one.",
        )


@contextmanager
def opened() -> Iterator[Installation]:
    """Open the installation the settings name, and close it after the command.

    Raises InvalidRequest for a setting, BrokenInstallation for a home or database out of use.
    """
    settings = load()
    logs.configure(settings, quiet=True)
    from sallyport.store import Actor, Scope
    from sallyport.wiring import Sallyport

    with Sallyport(settings) as services:
        services.store.ensure_org(settings.org, settings.sandbox)
        scope = Scope(settings.org, settings.sandbox)
        yield Installation(services, settings, scope, Actor(_user(), "sallyport-cli"))


def all_connections(installation: Installation) -> list[Connection]:
    """Return every connection of the tenant, newest first."""
    found: list[Connection] = []
    more = True
    while more:
        page, more = installation.services.connections.page(installation.scope, offset=len(found))
        found += page
    return found


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        return f"uid {os.getuid()}"
