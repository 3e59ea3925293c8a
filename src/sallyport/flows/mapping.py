"""Which source column lands under which name.

What belongs here: checking and applying pairs of names. What does not: storing them (``catalog``).
Plain renames of whole columns only: nesting and functions are not part of this release, and are
refused rather than ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sallyport.errors import InvalidRequest

_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")


def check_pairs(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the pairs if each renames a column; InvalidRequest naming the first that does not."""
    checked: list[tuple[str, str]] = []
    seen: dict[str, str] = {}
    for source, destination in pairs:
        for end, text in (("source", source), ("destination", destination)):
            if not _COLUMN.fullmatch(text):
                raise InvalidRequest(
                    f"the {end} is not a plain column name.",
                    field="mappings",
                    received=text,
                    cure="Give the name of one column: letters, digits and _ (nested paths and "
                    "functions are not available in this release).",
                )
        if destination.lower() in seen:
            raise InvalidRequest(
                f"{seen[destination.lower()]} and {source} would land in the same column.",
                field="mappings",
                received=destination,
                cure="Give each source a destination of its own.",
            )
        seen[destination.lower()] = source
        checked.append((source, destination))
    if not checked:
        raise InvalidRequest("is empty.", field="mappings", cure="Map at least one column.")
    return checked


def chosen(
    available: Sequence[str], wanted: Sequence[str] | None, pairs: Sequence[tuple[str, str]] | None
) -> list[tuple[str, str]]:
    """Return (source, destination) for every column to be read, in the order of ``available``.

    ``wanted`` None: all; ``pairs`` None: every column keeps its name; a column without a pair is
    not landed. ``Id`` and the window's columns are always the caller's to add to ``wanted``.
    Raises InvalidRequest when a pair or a wanted column is not available.
    """
    names = set(available)
    for name in [*(wanted or ()), *(source for source, _ in pairs or ())]:
        if name not in names:
            raise InvalidRequest(
                "is not a field of this object that the connection's user may read in bulk.",
                field="columns",
                received=name,
                cure="Explore the object for its fields, or take the column out.",
            )
    renames = dict(pairs) if pairs is not None else {name: name for name in available}
    wants = names if wanted is None else set(wanted)
    return [(name, renames[name]) for name in available if name in wants and name in renames]
