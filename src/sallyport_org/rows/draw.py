"""The tools rows are drawn with: SQL expressions over the row number ``i``.

What belongs here: numbers, picks, references and the hidden columns every row has. What does not:
which field is drawn how (``recipes``), word lists (``pools``), running the SQL (``generate``).

Every draw is ``hash(i, salt)`` with a salt from seed, object and field, so a value depends on
nothing else: other objects' counts only decide which parent a reference points at.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sallyport_org import ids
from sallyport_org.rows.engine import text_literal
from sallyport_org.schema.model import Field, Schema, SObject

SPAN_SECONDS = 5 * 365 * 86_400
"""How far back the oldest record was created."""
GONE_ROWS = 5
"""Deleted rows made beside the asked ones, for every object that can delete."""
ARCHIVED_ROWS = 5
"""Archived rows made beside the asked ones, for tasks and events."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a whole generation shares: seed, live rows per object, the latest moment, the schema."""

    seed: int
    counts: Mapping[str, int]
    as_of: int
    schema: Schema


@dataclass(frozen=True, slots=True)
class Draw:
    """The tools for one field of one object."""

    setting: Setting
    sobject: SObject
    field: Field

    def number(self, below: int, salt: str = "") -> str:
        """Return SQL for a whole number from 0 to ``below`` - 1; equal salts draw equal numbers."""
        name = f"{self.setting.seed}/{self.sobject.name}/{salt or self.field.name}"
        return f"(hash(i, {zlib.crc32(name.encode())}) % {below})::BIGINT"

    def pick(self, pool: Sequence[object], salt: str = "") -> str:
        """Return SQL that takes one value of a list."""
        return f"{_list(pool)}[1 + {self.number(len(pool), salt)}]"

    def sometimes(self, percent: int, expression: str) -> str:
        """Return SQL that is null except in ``percent`` of the rows."""
        return (
            f"CASE WHEN {self.number(100, self.field.name + '?')} < {percent} THEN {expression} END"
        )

    def moment(self, seconds: str) -> str:
        """Return SQL for a timestamp out of whole seconds since 1970."""
        return f"make_timestamp(({seconds}) * 1000000)"

    def reference(self, *targets: str) -> str | None:
        """Return SQL for the id of an existing row of one of the targets; None if none has rows."""
        usable = [one for one in targets if self.setting.counts.get(one, 0) > 0]
        if not usable:
            return None
        arms = []
        for number, target in enumerate(usable):
            prefix = self.setting.schema.sobject(target).prefix or "000"
            rows = self.setting.counts[target]
            chosen = ids.sql_id(prefix, self.number(rows, f"{self.field.name}>{target}"))
            arms.append(f"WHEN {number} THEN {chosen}")
        if len(arms) == 1:
            return arms[0].removeprefix("WHEN 0 THEN ")
        return f"CASE {self.number(len(usable), self.field.name + '@')} {' '.join(arms)} END"

    def earlier(self) -> str:
        """Return SQL for the id of a row of this object with a lower number; null for the first.

        Salesforce refuses rows that are their own ancestors; links drawn like this never are.
        """
        rows = self.setting.counts[self.sobject.name]
        number = f"({self.number(rows, self.field.name + '>')} % greatest(i, 1))"
        chosen = ids.sql_id(self.sobject.prefix or "000", number)
        return f"CASE WHEN i > 0 THEN {chosen} END"


Recipe = Callable[[Draw], str]
"""How one field is drawn: SQL out of the tools."""


def hidden(setting: Setting, sobject: SObject, live: int) -> list[str]:
    """Return the columns other expressions use: created, modified, stamped (seconds), gone.

    created <= modified <= stamped <= as_of always holds. One row in twenty was created in one of
    twelve bulk loads, so equal stamps occur as they do in real orgs.
    """
    draw = Draw(setting, sobject, sobject.fields[0])
    start, end = setting.as_of - SPAN_SECONDS, setting.as_of
    load = f"{start} + {draw.number(12, '~load')} * {SPAN_SECONDS // 13}"
    plain = f"{start} + {draw.number(SPAN_SECONDS, '~created')}"
    quarter = draw.number(100, "~modified?")
    return [
        f"CASE WHEN {draw.number(20, '~bulk')} = 0 THEN {load} ELSE {plain} END AS _created",
        f"CASE WHEN {quarter} < 30 THEN _created ELSE "
        f"_created + {draw.number(2**31, '~modified')} % ({end} - _created + 1) END AS _modified",
        f"CASE WHEN {draw.number(100, '~stamped?')} < 80 THEN _modified ELSE _modified + "
        f"{draw.number(86_400, '~stamped')} % ({end} - _modified + 1) END AS _stamped",
        f"i >= {live} AS _gone",
    ]


def _list(pool: Sequence[object]) -> str:
    return "[" + ", ".join(_literal(value) for value in pool) + "]"


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int | float) else text_literal(str(value))
