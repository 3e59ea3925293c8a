"""Turning what went wrong into words on a terminal and an exit code; the only place that does.

What belongs here: the terminal's spelling of fields, the layout of an error, exit codes. What does
not: the sentences themselves (written where the cause is known), catching (``app``).

Exit codes: 0 done; 1 it failed (refused, unreachable, not found, conflict, a defect); 2 the command
line or a setting is wrong; 130 stopped by Ctrl-C, 143 by SIGTERM; 141 nobody reads on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sallyport.errors import InvalidRequest, NotFound, SallyportError
from sallyport.settings import CREDENTIALS

FAILED = 1
USAGE = 2

_ARGUMENTS = {
    "name": "NAME",
    "connection": "NAME",
    "object": "OBJECT",
    "sql": "SQL",
}
_OPTIONS = frozenset(
    {
        "api-version",
        "auth",
        "client-id",
        "description",
        "environment-url",
        "home",
        "host",
        "instance-url",
        "limit",
        "org",
        "port",
        "username",
        "where",
    }
)
SECRETS = {name.removeprefix("SALLYPORT_").replace("_", "-").lower(): name for name in CREDENTIALS}
"""Secrets' option stems and the environment variables that may hold them instead."""


def in_terminal_spelling(field: str) -> str:
    """Return a field as this terminal spells it: ``api_version`` becomes ``--api-version``.

    A secret's is its file option. What the terminal has no word for stays as it is.
    """
    if field in _ARGUMENTS:
        return _ARGUMENTS[field]
    stem = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", field).replace("_", "-").lower()
    if stem in SECRETS:
        return f"--{stem}-file"
    return f"--{stem}" if stem in _OPTIONS else field


def exit_code(error: SallyportError) -> int:
    """Return 2 when the command line (or a setting) must change, 1 for every other failure."""
    wrong = isinstance(error, InvalidRequest) and not isinstance(error, NotFound)
    return USAGE if wrong else FAILED


def as_json(error: SallyportError) -> dict[str, Any]:
    """Return ``{"error": {"type", "message", "field"?, "received"?, "cure"?, ...}}``.

    A refusal by Salesforce also has its ``status``, ``code`` and ``text``; an unreachable one the
    ``stage`` it got to.
    """
    details = {
        key: value
        for key in ("message", "field", "received", "cure", "status", "code", "text", "stage")
        if (value := getattr(error, key, None)) is not None
    }
    if error.field is not None:
        details["field"] = in_terminal_spelling(error.field)
    return {"error": {"type": type(error).__name__, **details}}


def usage_as_json(message: str) -> dict[str, Any]:
    """Return what ``as_json`` returns, for a command line that could not be understood."""
    return {"error": {"type": "UsageError", "message": message}}


def as_text(error: SallyportError) -> str:
    """Return the lines for a person: what is wrong, what was received, what to do."""
    return "Error: " + "\n".join(_lines(error))


def stored_as_json(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored error (``code``, ``message``, ``field``?, ``received``?, ``cure``?) as
    ``as_json`` spells it."""
    spelled = dict(stored)
    if spelled.get("field") is not None:
        spelled["field"] = in_terminal_spelling(spelled["field"])
    return spelled


def stored_as_text(stored: Mapping[str, Any]) -> str:
    """Return a stored error as one line; one of before fields were kept apart as it is."""
    parts = {name: stored.get(name) for name in ("field", "received", "cure")}
    return " ".join(_lines(SallyportError(stored["message"], **parts)))


def _lines(error: SallyportError) -> list[str]:
    message = error.message
    if error.field is not None:
        field = in_terminal_spelling(error.field)
        if field not in message:
            message = f"{field}: {message}"
    lines = [message]
    if error.received is not None and error.received not in message:
        lines.append(f"Received: {error.received!r}")
    if error.cure:
        lines.append(error.cure)
    return lines
