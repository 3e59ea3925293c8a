"""How a dataset's columns may change: they only grow, and nothing is cast silently.

What belongs here: which Arrow types a dataset may have, and the rules of growth, pure. What does
not: where types come from (``salesforce/columns.py``), how a schema is written (``deltalog.py``).

Delta keeps one type per column for all files of a version. Giving a column with stored rows
another type needs the table feature *type widening* (github.com/delta-io/delta, PROTOCOL.md), which
common readers, deltalake among them, do not support; so a retyped column is refused on append, even
int to long, and taken over when the same commit replaces every row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from sallyport.errors import Conflict, InvalidRequest

STORABLE = (
    pa.string(),
    pa.bool_(),
    pa.int32(),
    pa.int64(),
    pa.float64(),
    pa.date32(),
    pa.timestamp("us", "UTC"),
)
"""The Arrow types that come back from Delta exactly as they went in."""


@dataclass(frozen=True)
class Change:
    """One difference between a dataset's columns and those of a run.

    ``added``: new in the run. ``missing``: no longer in the run, kept and null from now on.
    ``retyped``: another type, or another letter case of the name, taken over by a replace.
    """

    kind: Literal["added", "missing", "retyped"]
    column: str
    before: str | None
    after: str | None


def check_storable(schema: pa.Schema) -> None:
    """Raise InvalidRequest unless Delta can hold every column exactly as it is.

    Delta compares column names without regard to case, so two that differ only there are refused.
    """
    seen: dict[str, str] = {}
    for field in schema:
        if field.type not in STORABLE:
            raise InvalidRequest(
                f"Column {field.name} has a type a dataset cannot hold.",
                field=field.name,
                received=str(field.type),
                cure=f"Convert it to one of: {', '.join(str(kind) for kind in STORABLE)}.",
            )
        twin = seen.get(field.name.lower())
        seen[field.name.lower()] = field.name
        if twin is not None:
            raise InvalidRequest(
                f"Columns {twin} and {field.name} have the same name but for letter case.",
                field=field.name,
                received=field.name,
                cure="Leave one of them out, or give it another name.",
            )


def grow(
    existing: pa.Schema, incoming: pa.Schema, *, replacing: bool = False
) -> tuple[pa.Schema, list[Change]]:
    """Return the schema that holds both, and what is different about ``incoming``.

    Existing columns keep their place, new ones follow in the order they come. ``replacing`` says
    that no stored row remains, so a column may change its type or the letter case of its name.

    Raises Conflict for such a change while rows remain.
    """
    arriving = {field.name.lower(): field for field in incoming}
    fields: list[pa.Field] = []
    changes: list[Change] = []
    for old in existing:
        new = arriving.pop(old.name.lower(), None)
        if new is None:
            changes.append(Change("missing", old.name, str(old.type), None))
        elif new.type != old.type or new.name != old.name:
            if not replacing:
                raise _refused(old, new)
            before, after = f"{old.name} {old.type}", f"{new.name} {new.type}"
            changes.append(Change("retyped", new.name, before, after))
        fields.append(_plain(old if new is None else new))
    for new in arriving.values():
        changes.append(Change("added", new.name, None, str(new.type)))
        fields.append(_plain(new))
    return pa.schema(fields), changes


def _plain(field: pa.Field) -> pa.Field:
    """Return the field nullable and without metadata, as it is stored."""
    return pa.field(field.name, field.type)


def _refused(old: pa.Field, new: pa.Field) -> Conflict:
    return Conflict(
        f"Column {old.name} is stored as {old.type} and now arrives as {new.name} {new.type}.",
        field=old.name,
        received=f"{new.name} {new.type}",
        cure="Run the flow once in full, replacing the dataset: stored rows are never cast.",
    )
