"""What is asked of a row, what came of it, and what a committed transaction tells the rest.

What belongs here: the records all interfaces share. What does not: judging values and writing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sallyport_org.errors import Refusal
from sallyport_org.schema.model import Field

Wording = Callable[[Refusal, Field, Any, tuple[str, ...]], Refusal]
"""How an interface says that a value has the wrong type: it knows where the value stood.

It gets the plain refusal, the field, the value, and the names that lead to it from the row.
"""

Operation = Literal["insert", "update", "upsert", "delete", "hardDelete", "undelete"]


@dataclass(frozen=True, slots=True)
class Change:
    """One row to be changed.

    ``values`` maps field names (any letter case; also ``Parent__r``: {key: value} for look-ups by
    external id) to JSON values, or to texts when ``texts`` is set (CSV, XML); None clears a field.
    ``id`` names an existing row; ``key_field`` and ``key`` name it by an external id (upsert).
    ``undecodable`` is an error already found while reading the row. ``wording`` rewrites refusals
    of values of the wrong type; None leaves them as they are.
    """

    operation: Operation
    sobject: str
    values: Mapping[str, Any]
    id: str | None = None
    key_field: str | None = None
    key: Any = None
    texts: bool = False
    undecodable: RowError | None = None
    wording: Wording | None = None


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row was refused: Salesforce's status code, its words, the fields at fault."""

    code: str
    message: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one change, at its place in the list."""

    id: str | None
    created: bool = False
    errors: tuple[RowError, ...] = ()

    @property
    def success(self) -> bool:
        """True when the row was written."""
        return not self.errors


@dataclass(frozen=True, slots=True)
class Committed:
    """Told to the org's listeners after a commit: which rows of one object changed, and how."""

    sobject: str
    operation: Operation
    ids: tuple[str, ...]
    fields: frozenset[str]
    stamp: datetime
