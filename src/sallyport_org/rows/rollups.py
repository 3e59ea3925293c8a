"""Roll-up summary fields: worked out a little after the rows they add up were changed.

What belongs here: noticing changes, the SQL of sums, and writing them. What does not: what a
roll-up field is (``schema.model``) and writing other rows (``dml``).

A new value moves the parent's SystemModstamp and leaves LastModifiedDate alone (assumed, from what
users of change tracking report). Sums are taken over all parents at once and only differing ones
are written, so a child that changed parents or was hard-deleted needs no memory of where it was.
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema, texts are quoted

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from datetime import datetime

import duckdb

from sallyport_org import formula
from sallyport_org.dml import Committed
from sallyport_org.rows.engine import Engine, live, quoted, text_literal
from sallyport_org.schema.model import Field, Schema, SObject, SummaryFilter

log = logging.getLogger(__name__)


class Rollups:
    """Keeps the roll-ups of one org true.

    ``now`` gives the moment stamps are taken from; ``wait`` the seconds between a change and the
    new sums (0: at once, before the change is answered); ``tell`` is told of the parents changed.
    """

    def __init__(
        self,
        schema: Schema,
        engine: Engine,
        now: Callable[[], datetime],
        wait: Callable[[], float],
        tell: Callable[[Committed], None],
    ) -> None:
        self._schema, self._engine = schema, engine
        self._now, self._wait, self._tell = now, wait, tell
        self._lock = threading.Lock()
        self._changed: set[str] = set()
        self._timer: threading.Timer | None = None
        self._closed = False
        self._known: tuple[int, frozenset[str]] = (-1, frozenset())

    def heard(self, committed: Committed) -> None:
        """Take note of a commit; sums that depend on it are worked out after the wait."""
        if committed.sobject not in self._children():
            return
        seconds = self._wait()
        with self._lock:
            if self._closed:
                return
            self._changed.add(committed.sobject)
            if seconds > 0:
                if self._timer is None:
                    self._timer = threading.Timer(seconds, self._due)
                    self._timer.daemon = True
                    self._timer.start()
                return
        self.settle()

    def settle(self) -> None:
        """Work out every sum that waits, now."""
        with self._lock:
            changed, self._changed, self._timer = self._changed, set(), None
        stamp = self._now().replace(microsecond=0)
        for parent, names, ids in recalculate(self._schema, self._engine, changed, stamp):
            self._tell(Committed(parent, "update", ids, names, stamp))

    def close(self) -> None:
        """Forget what waits; nothing is written any more once this returns."""
        with self._lock:
            self._closed = True
            timer = self._timer
        if timer is not None:
            timer.cancel()
            timer.join()

    def _children(self) -> frozenset[str]:
        """Return the objects whose rows are added up somewhere; looked up once a schema."""
        version = self._schema.version
        if self._known[0] != version:
            found = (one.summary.child for _, one in _summaries(self._schema, None) if one.summary)
            self._known = (version, frozenset(found))
        return self._known[1]

    def _due(self) -> None:
        try:
            self.settle()
        except Exception:
            log.exception("roll-ups could not be worked out")


def recalculate(
    schema: Schema, engine: Engine, children: Iterable[str] | None, stamp: datetime | None
) -> list[tuple[str, frozenset[str], tuple[str, ...]]]:
    """Write the sums over some objects' rows (None: over all) and return what changed.

    Each entry is a parent object, its fields, and the ids of rows that differ from before.
    ``stamp`` becomes their SystemModstamp; None leaves it, as when an org is being filled.
    """
    wanted = None if children is None else set(children)

    def write(
        cursor: duckdb.DuckDBPyConnection,
    ) -> list[tuple[str, frozenset[str], tuple[str, ...]]]:
        changed = []
        for parent, one in _summaries(schema, wanted):
            rows = cursor.execute(_update(schema, parent, one, stamp)).fetchall()
            if rows:
                ids = tuple(str(key) for (key,) in rows)
                changed.append((parent.name, frozenset({one.name}), ids))
        return changed

    return engine.write_patiently(write)


def _summaries(schema: Schema, children: set[str] | None) -> Iterable[tuple[SObject, Field]]:
    for sobject in schema:
        for one in sobject.fields:
            if one.summary is not None and (children is None or one.summary.child in children):
                yield sobject, one


def _update(schema: Schema, parent: SObject, one: Field, stamp: datetime | None) -> str:
    """Return SQL that writes one roll-up and returns the ids of the rows that changed."""
    assert one.summary is not None  # noqa: S101 - callers hold a roll-up
    summary = one.summary
    child = schema.sobject(summary.child)
    conditions = [f"c.{quoted(summary.link)} = q.Id", live(child, "c")]
    conditions += [_condition(schema, child, test) for test in summary.filters]
    if summary.field is None:
        value = "count(c.Id)::DOUBLE"
    else:
        summed = _value(schema, child, summary.field)
        value = f"{summary.function}({summed})"
        if summary.function == "sum":
            value = f"round(coalesce({value}, 0), {one.scale})"
    stamped = ""
    if stamp is not None and parent.find("SystemModstamp"):
        moment = stamp.replace(tzinfo=None).isoformat(sep=" ")
        stamped = f", SystemModstamp = greatest(p.SystemModstamp, TIMESTAMP '{moment}')"
    name, table = quoted(one.name), quoted(parent.name)
    return (
        f"UPDATE {table} AS p SET {name} = s.value{stamped} FROM ("
        f"SELECT q.Id AS id, {value} AS value FROM {table} AS q "
        f"LEFT JOIN {quoted(child.name)} AS c ON {' AND '.join(conditions)} "
        f"WHERE {live(parent, 'q')} GROUP BY q.Id) AS s "
        f"WHERE s.id = p.Id AND p.{name} IS DISTINCT FROM s.value RETURNING p.Id"
    )


def _value(schema: Schema, child: SObject, name: str) -> str:
    one = child.field(name)
    if one.formula is not None:
        return f"({formula.field_sql(schema, child, one, 'c')})"
    return f"c.{quoted(one.name)}"


def _condition(schema: Schema, child: SObject, test: SummaryFilter) -> str:
    """Return a filter as SQL; several values mean any of them, an empty one means blank."""
    one = child.field(test.field)
    value = _value(schema, child, test.field)
    if one.type == "multipicklist" and test.operation in ("includes", "excludes"):
        wanted = ", ".join(text_literal(text) for text in test.values)
        found = f"coalesce(list_has_any(string_split({value}, ';'), [{wanted}]), false)"
        return found if test.operation == "includes" else f"NOT {found}"
    tests = " OR ".join(_single(test.operation, value, text) for text in test.values)
    negative = test.operation in ("notEqual", "notContain")
    return f"NOT coalesce(({tests}), false)" if negative else f"coalesce(({tests}), false)"


_SIGNS = {"lessThan": "<", "greaterThan": ">", "lessOrEqual": "<=", "greaterOrEqual": ">="}


def _single(operation: str, value: str, text: str) -> str:
    literal = text_literal(text)
    if operation in ("equals", "notEqual"):
        return f"lower(({value})::VARCHAR) = lower({literal}) OR {_same_number(value, text)}"
    if operation in ("contains", "notContain", "includes", "excludes"):
        return f"contains(lower(({value})::VARCHAR), lower({literal}))"
    if operation == "startsWith":
        return f"starts_with(lower(({value})::VARCHAR), lower({literal}))"
    sign = _SIGNS[operation]
    number = f"TRY_CAST({literal} AS DOUBLE)"
    return (
        f"CASE WHEN {number} IS NOT NULL THEN TRY_CAST(({value})::VARCHAR AS DOUBLE) {sign} "
        f"{number} ELSE ({value})::VARCHAR {sign} {literal} END"
    )


def _same_number(value: str, text: str) -> str:
    """Return SQL for equal as numbers (5 and 5.0), or for blank where no value is given."""
    if not text:
        return f"{value} IS NULL"
    return f"TRY_CAST(({value})::VARCHAR AS DOUBLE) = TRY_CAST({text_literal(text)} AS DOUBLE)"
