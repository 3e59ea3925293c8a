"""Results as they were at one moment, kept for as long as somebody reads them.

What belongs here: writing a query's result once, to a temporary file of Arrow batches, and giving
any run of its rows. What does not: what the columns mean and how pages are written.

A file that is mapped into memory costs no memory of its own while nobody reads it. It is unlinked
as soon as it is mapped, so even a killed process leaves nothing behind. Results of the same SQL
over unchanged rows share one file; small results need none.
"""

from __future__ import annotations

import os
import tempfile
import threading
import weakref
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from itertools import accumulate, count
from pathlib import Path

import pyarrow as pa

from sallyport_org.rows.engine import Engine

SMALL_ROWS = 2000
"""Results of no more rows stay in memory: a page of a synchronous query."""
KEPT = 4
"""How many of the latest results stay although nobody holds them."""


class Snapshot:
    """The rows of one result, in order. Safe to read from many threads."""

    def __init__(self, batches: list[pa.RecordBatch], number: int, size: int) -> None:
        self.number = number
        self.bytes = size
        self._batches = [batch for batch in batches if batch.num_rows]
        self._ends = list(accumulate(batch.num_rows for batch in self._batches))

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self._ends[-1] if self._ends else 0

    def batches(self, start: int, rows: int, most: int = 8192) -> Iterator[pa.RecordBatch]:
        """Yield the rows from ``start`` on, at most ``rows`` in all and ``most`` a batch."""
        at = start
        stop = min(start + rows, self.rows)
        while at < stop:
            index = bisect_right(self._ends, at)
            inside = at - (self._ends[index - 1] if index else 0)
            taken = min(most, stop - at, self._batches[index].num_rows - inside)
            yield self._batches[index].slice(inside, taken)
            at += taken


class SnapshotStore:
    """Makes snapshots, and finds those that are still held."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._known: weakref.WeakValueDictionary[tuple[str, int], Snapshot] = (
            weakref.WeakValueDictionary()
        )
        self._latest: OrderedDict[tuple[str, int], Snapshot] = OrderedDict()

    def take(self, sql: str) -> Snapshot:
        """Return the result of a query now, from a kept file if rows did not change since."""
        key = (sql, self._engine.version)
        with self._lock:
            found = self._known.get(key)
        if found is None:
            found = self._write(sql)
        with self._lock:
            self._known[key] = found
            self._latest[key] = found
            self._latest.move_to_end(key)
            while len(self._latest) > KEPT:
                self._latest.popitem(last=False)
        return found

    def close(self) -> None:
        """Let go of the latest results; whoever reads one keeps it."""
        self._latest.clear()

    def _write(self, sql: str) -> Snapshot:
        reader = self._engine.batches(sql)
        first: list[pa.RecordBatch] = []
        for batch in reader:
            first.append(batch)
            if sum(one.num_rows for one in first) > SMALL_ROWS:
                return self._file(reader, first)
        return Snapshot(first, next(self._numbers), sum(one.nbytes for one in first))

    def _file(self, rest: pa.RecordBatchReader, first: list[pa.RecordBatch]) -> Snapshot:
        """Write a large result to a file, map it, and unlink it."""
        handle, name = tempfile.mkstemp(prefix="sallyport-org-", suffix=".arrow")
        os.close(handle)
        path = Path(name)
        try:
            with pa.OSFile(name, "wb") as sink, pa.ipc.new_file(sink, rest.schema) as writer:
                for batch in first:
                    writer.write_batch(batch)
                first.clear()
                for batch in rest:
                    writer.write_batch(batch)
            mapped = pa.ipc.open_file(pa.memory_map(name))
            batches = [mapped.get_batch(at) for at in range(mapped.num_record_batches)]
            return Snapshot(batches, next(self._numbers), path.stat().st_size)
        finally:
            path.unlink()
