"""Reading a Bulk result into staged files: several pages at once, in bounded memory.

What belongs here: streaming pages of a finished job into parts of a dataset. What does not: the
job's life and the commit (``run``), the CSV (``salesforce.columns``), the files (``datasets``).

Salesforce gives the next page's locator with a page's headers, so one stream at a time may ask for
a page; as soon as its headers are in, the next stream asks for the next one while the first body is
still coming. Locators stay valid and repeatable while the job exists, so a wave of pages can be
read again after a crash and gives the same rows.
Source: https://developer.salesforce.com/docs/platform/api-asynch/guide/query-get-job-results.md
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from sallyport.datasets.base import Lake, PartWriter, StagedFile
from sallyport.errors import RemoteUnavailable
from sallyport.pull.plan import Column
from sallyport.salesforce.bulk_query import ResultPage, open_page
from sallyport.salesforce.columns import read_pages
from sallyport.salesforce.session import OrgClient


@dataclass(frozen=True, slots=True)
class Wave:
    """What reading some pages gave; ``next`` is the locator to go on from, None at the end."""

    files: tuple[StagedFile, ...]
    rows: int
    bytes_read: int
    next: str | None

    def to_json(self) -> dict[str, Any]:
        """Return JSON values: a wave is recorded as the result of a durable step."""
        return {
            "files": [file.to_json() for file in self.files],
            "rows": self.rows,
            "bytes_read": self.bytes_read,
            "next": self.next,
        }


@dataclass(frozen=True, slots=True)
class Reading:
    """What stays the same over all waves of a run."""

    org: OrgClient
    job_id: str
    columns: Sequence[Column]
    schema: pa.Schema
    lake: Lake
    dataset_id: str
    run_id: str
    page_rows: int
    streams: int
    on_rows: Callable[[int], None]


def read_wave(reading: Reading, number: int, start: str | None, pages: int) -> Wave:
    """Read up to ``pages`` pages from locator ``start`` (None: the first) into staged files.

    Raises RemoteUnavailable when a body is cut or a page holds other than it announced; the wave
    can then be read again. What another stream had finished by then stays invisible, and is
    removed when the run ends.
    """
    queue = _Pages(reading, start, pages)
    with ThreadPoolExecutor(reading.streams, thread_name_prefix="read") as pool:
        workers = [
            pool.submit(_read_some, reading, queue, f"{number:05d}-{stream}")
            for stream in range(reading.streams)
        ]
        parts = [worker.result() for worker in workers]
    files = tuple(file for file, _ in parts if file is not None)
    rows = sum(file.rows for file in files)
    return Wave(files, rows, sum(size for _, size in parts), queue.next)


class _Pages:
    """Hands out pages in order; whoever holds the lock waits for headers, never for a body."""

    def __init__(self, reading: Reading, start: str | None, pages: int) -> None:
        self._reading = reading
        self._lock = threading.Lock()
        self._left = pages
        self._ended = False
        self.next = start

    def take(self) -> ResultPage | None:
        """Return the next page, open, or None when the wave or the result is at its end."""
        with self._lock:
            if self._ended or self._left == 0:
                return None
            try:
                page = open_page(
                    self._reading.org,
                    self._reading.job_id,
                    locator=self.next,
                    max_records=self._reading.page_rows,
                )
            except BaseException:
                self._ended = True
                raise
            self._left -= 1
            self.next = page.locator
            self._ended = page.locator is None
            return page

    def stop(self) -> None:
        """Hand out no more: another stream failed, so the whole wave is read again."""
        self._ended = True


def _read_some(reading: Reading, pages: _Pages, part: str) -> tuple[StagedFile | None, int]:
    """Read pages into one part until there are none left; (no file if there were no pages)."""
    page = pages.take()
    if page is None:
        return None, 0
    size = 0
    try:
        with reading.lake.open_part(
            reading.dataset_id, run_id=reading.run_id, part=part, schema=reading.schema
        ) as writer:
            while page is not None:
                size += _read_page(reading, page, writer)
                page = pages.take()
            return writer.close(), size
    except BaseException:
        pages.stop()
        raise


def _read_page(reading: Reading, page: ResultPage, writer: PartWriter) -> int:
    """Stream one page into the part; return its bytes on the wire."""
    size = rows = 0

    def raw(most: int) -> bytes:
        nonlocal size
        chunk = page.stream.read(most)
        size += len(chunk)
        return chunk

    with page:
        encoding = page.stream.headers.get("Content-Encoding")
        for batch in read_pages(raw, encoding=encoding, fields=reading.columns):
            writer.write(_renamed(batch, reading.schema))
            rows += batch.num_rows
            reading.on_rows(batch.num_rows)
    if rows != page.rows:
        raise RemoteUnavailable(
            f"Salesforce announced {page.rows} rows in a result page and sent {rows}.",
            stage="body",
            cure="The page is read again by itself; if it stays so, run the flow again.",
        )
    return size


def _renamed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(batch.columns, schema=schema)
