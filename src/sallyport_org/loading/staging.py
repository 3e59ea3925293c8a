"""What all kinds of files become before anything is known about types: tables of plain text.

What belongs here: the record of a staged file and the one error of loading. What does not: reading
files and casting.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


class LoadError(ValueError):
    """A file that cannot be loaded; the text names file, place and what to do."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}")


@dataclass(frozen=True, slots=True)
class Staged:
    """The records of one object from one file, as text, in a table of their own.

    ``columns`` maps field names as written to the table's columns; ``place`` turns a record number
    (from 0) into words for messages; ``targets`` tells which objects ``@ref`` columns point at.
    """

    path: Path
    sobject: str
    table: str
    columns: dict[str, str]
    place: Callable[[int], str]
    targets: dict[str, set[str]] = field(default_factory=dict)
