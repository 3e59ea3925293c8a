"""When an org's parts are written down: before anybody is told of a change.

What belongs here: noticing changes and writing them in one transaction. What does not: what the
parts are (``parts``).
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

from sallyport_org import inputs
from sallyport_org.datafile.parts import objects_of, parts_of, restore_session, session_text
from sallyport_org.identity import Login, Session
from sallyport_org.identity.directory import REMEMBERED_LOGINS

if TYPE_CHECKING:
    from sallyport_org.founding import Credentials
    from sallyport_org.rows.engine import Engine
    from sallyport_org.state import Org

KEPT, LOGINS, SESSIONS = "~kept", "~logins", "~sessions"
"""The tables of parts, Login History and sessions; no object can have their names."""
_DATA = ("/services/data", "/services/async")
_ATTEMPTS = 20


class Keeper:
    """Writes down what changed of one org. Safe to use from many threads.

    ``written`` are the parts as the file has them.
    """

    def __init__(self, org: Org, credentials: Credentials, written: dict[str, str]) -> None:
        self._org, self._credentials = org, credentials
        self._written = written
        self._seen = self._versions()
        self._logins = org.directory.login_count
        self._tokens = {one.token for one in org.directory.sessions()}
        self._lock = threading.Lock()

    def answered(self, path: str) -> None:
        """Write down what a request changed; to be called before its answer is sent.

        Calls of the data API change nothing but rows, objects and permissions; the last two have
        versions, so such calls cost nothing.
        """
        if not path.startswith(_DATA) or self._versions() != self._seen:
            self.save()

    def save(self) -> None:
        """Write every part that differs from the file, all in one transaction."""
        with self._lock:
            seen = self._versions()
            parts = self._parts()
            if seen[0] != self._seen[0]:
                parts |= objects_of(self._org)
            changed = {
                name: text for name, text in parts.items() if self._written.get(name) != text
            }
            logins = self._new_logins()
            sessions = {one.token: one for one in self._org.directory.sessions()}
            fresh, gone = sessions.keys() - self._tokens, self._tokens - sessions.keys()
            if changed or logins or fresh or gone:
                with self._org.engine.writing():
                    write_parts(self._org.engine, changed)
                    _write_logins(self._org.engine, logins)
                    _write_sessions(self._org.engine, [sessions[token] for token in fresh], gone)
                self._written.update(changed)
                self._tokens = set(sessions)
                self._logins = logins[-1][0] if logins else self._logins
            self._seen = seen

    def _new_logins(self) -> list[tuple[int, str]]:
        """Return the lines of Login History that are not in the file, numbered."""
        directory = self._org.directory
        with directory.lock:
            count, kept = directory.login_count, list(directory.logins)
        fresh = kept[-(count - self._logins) :] if count > self._logins else []
        first = count - len(fresh) + 1
        return [(first + at, json.dumps(inputs.plain(one))) for at, one in enumerate(fresh)]

    def _versions(self) -> tuple[int, int]:
        return self._org.schema.version, self._org.directory.version

    def _parts(self) -> dict[str, str]:
        """Return the parts; begun anew when somebody changes a set while it is read."""
        for _ in range(_ATTEMPTS):
            try:
                return parts_of(self._org, self._credentials)
            except RuntimeError:  # a set changed its size
                continue
        return parts_of(self._org, self._credentials)


def make_tables(engine: Engine) -> None:
    """Make the tables of parts, Login History and sessions."""
    with engine.writing() as cursor:
        cursor.execute(f'CREATE TABLE "{LOGINS}" (number BIGINT, content VARCHAR)')
        cursor.execute(f'CREATE TABLE "{SESSIONS}" (token VARCHAR, content VARCHAR)')
        cursor.execute(f'CREATE TABLE "{KEPT}" (name VARCHAR, content VARCHAR)')


def write_parts(engine: Engine, parts: dict[str, str]) -> None:
    """Write parts, in place of those of the same names."""
    with engine.writing() as cursor:
        for name, text in parts.items():
            cursor.execute(f'DELETE FROM "{KEPT}" WHERE name = ?', [name])  # noqa: S608 - fixed name
            cursor.execute(f'INSERT INTO "{KEPT}" VALUES (?, ?)', [name, text])  # noqa: S608 - same


def read_parts(engine: Engine) -> dict[str, str]:
    """Return all parts."""
    return {str(name): str(text) for name, text in engine.rows(f'SELECT * FROM "{KEPT}"')}  # noqa: S608 - fixed name


def read_logins(org: Org) -> None:
    """Put the lines of Login History back where they were."""
    found = org.engine.rows(f'SELECT number, content FROM "{LOGINS}" ORDER BY number')  # noqa: S608 - fixed name
    directory = org.directory
    for number, text in found[-REMEMBERED_LOGINS:]:
        directory.logins.append(inputs.convert(json.loads(text), Login, "a login"))
        directory.login_count = int(number)


def read_sessions(org: Org) -> None:
    """Put the sessions back; each lives on from when it was handed out."""
    for (text,) in org.engine.rows(f'SELECT content FROM "{SESSIONS}"'):  # noqa: S608 - fixed name
        restore_session(org, str(text))


def _write_sessions(engine: Engine, fresh: list[Session], gone: set[str]) -> None:
    with engine.writing() as cursor:
        for one in fresh:
            values = [one.token, session_text(one)]
            cursor.execute(f'INSERT INTO "{SESSIONS}" VALUES (?, ?)', values)  # noqa: S608 - fixed name
        for token in gone:
            cursor.execute(f'DELETE FROM "{SESSIONS}" WHERE token = ?', [token])  # noqa: S608 - fixed name


def _write_logins(engine: Engine, lines: list[tuple[int, str]]) -> None:
    with engine.writing() as cursor:
        for line in lines:
            cursor.execute(f'INSERT INTO "{LOGINS}" VALUES (?, ?)', list(line))  # noqa: S608 - fixed name
