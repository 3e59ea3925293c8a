"""The catalogue of causes: read from the data files beside this module, and checked on reading.

What belongs here: the record of a cause, and loading. What does not: recognising a cause
(``rules``), the texts themselves (``catalogue/*.toml``).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

UNEXPLAINED = "unexplained"
_SUBJECTS = ("tokens", "sign_in", "soap", "calls", "network")


class Needs(StrEnum):
    """Who must act before the refused thing can work."""

    USER = "user-reauthorization"
    ADMIN = "admin-change"
    CONFIG = "config-change"
    WAIT = "wait"
    NOBODY = "none"


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause: its stable code, what it is in plain words, who acts, and the steps, in order."""

    code: str
    title: str
    cause: str
    needs: Needs
    retryable: bool
    steps: tuple[str, ...]
    setup_path: str


@cache
def causes() -> Mapping[str, Cause]:
    """Return every cause by its code, in the order of the files."""
    found: dict[str, Cause] = {}
    for subject in _SUBJECTS:
        for code, entry in _read(subject).items():
            if code in found:
                raise ValueError(f"two causes have the code {code}")
            found[code] = Cause(
                code=code,
                title=entry["title"],
                cause=entry["cause"],
                needs=Needs(entry["needs"]),
                retryable=entry["retryable"],
                steps=tuple(entry["steps"]),
                setup_path=entry["setup_path"],
            )
    return found


@cache
def questions() -> Mapping[str, str]:
    """Return every further question by its key."""
    return _read("questions")


def _read(subject: str) -> dict[str, Any]:
    page = files("sallyport.diagnosis") / "catalogue" / f"{subject}.toml"
    return tomllib.loads(page.read_text("utf-8"))
