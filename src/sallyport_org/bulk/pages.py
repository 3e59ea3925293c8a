"""Result pages: rows of a snapshot as CSV, plain or gzipped.

What belongs here: the CSV dialect, compression, the cache of compressed pages and making the next
page while the client still reads this one. What does not: locators and HTTP (``query``).

The dialect: every value and header quoted, ``"`` doubled, null as ``""`` (snapshots hold texts and
never nulls), the job's delimiter and line ending, UTF-8 without BOM. Plain pages are written anew
each time, which is faster than any client reads; compressing is the costly part, so that is kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa
from isal import isal_zlib
from pyarrow import csv

from sallyport_org.rows.snapshot import Snapshot

CSV_TYPE = "text/csv"
"""Bulk API 2.0 names no charset, though it is UTF-8 (observed: clients that trusted the header read
Latin-1, github.com/simple-salesforce/simple-salesforce/issues/706)."""
GZIP_LEVEL = 1
CACHE_BYTES = 512 * 1024 * 1024
"""How many bytes of compressed pages are kept; the least recently read go first."""
AHEAD_WORKERS = 1

DELIMITERS = {
    "COMMA": ",",
    "TAB": "\t",
    "PIPE": "|",
    "SEMICOLON": ";",
    "CARET": "^",
    "BACKQUOTE": "`",
}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How rows are written: separator, line end and the header's names."""

    delimiter: str
    line_ending: str
    header: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """``rows`` rows of a snapshot from ``start`` on."""

    snapshot: Snapshot
    dialect: Dialect
    start: int
    rows: int

    @property
    def key(self) -> tuple[int, Dialect, int, int]:
        """What tells this page from others."""
        return self.snapshot.number, self.dialect, self.start, self.rows


def plain(page: Page) -> Iterator[memoryview]:
    """Yield a page as CSV, header line first, in pieces of some megabytes."""
    dialect = page.dialect
    names = [name.replace('"', '""') for name in dialect.header]
    line = dialect.delimiter.join(f'"{name}"' for name in names) + dialect.line_ending
    yield memoryview(line.encode())
    options = csv.WriteOptions(
        include_header=False,
        batch_size=8192,
        delimiter=dialect.delimiter,
        eol=dialect.line_ending,
        quoting_style="all_valid",
    )
    for batch in page.snapshot.batches(page.start, page.rows):
        sink = pa.BufferOutputStream()
        csv.write_csv(batch, sink, options)
        yield memoryview(sink.getvalue())


class PageCache:
    """Compressed pages: each is made once, kept within a bound, and made ahead of being asked."""

    def __init__(self, most_bytes: int = CACHE_BYTES) -> None:
        self._most = most_bytes
        self._pages: OrderedDict[object, Future[bytes]] = OrderedDict()
        self._lock = threading.Lock()
        self._ahead = ThreadPoolExecutor(AHEAD_WORKERS, thread_name_prefix="pages")

    def compressed(self, page: Page, following: Page | None = None) -> bytes:
        """Return a page gzipped; ``following`` is then made in the background."""
        future, new = self._claim(page)
        if new:
            self._make(page, future)
        if following is not None:
            ahead, new = self._claim(following)
            if new:
                self._ahead.submit(self._make, following, ahead)
        body = future.result()
        self._trim()
        return body

    def close(self) -> None:
        """Stop making pages ahead and let go of all."""
        self._ahead.shutdown(wait=True, cancel_futures=True)
        self._pages.clear()

    def _claim(self, page: Page) -> tuple[Future[bytes], bool]:
        """Return the page to come, and whether it is new and so the caller's to make."""
        with self._lock:
            found = self._pages.get(page.key)
            if found is None:
                future = self._pages[page.key] = Future()
                return future, True
            self._pages.move_to_end(page.key)
            return found, False

    def _make(self, page: Page, future: Future[bytes]) -> None:
        try:
            future.set_result(gzipped(page))
        except BaseException as broken:
            with self._lock:
                self._pages.pop(page.key, None)
            future.set_exception(broken)

    def _trim(self) -> None:
        with self._lock:
            done = [(key, one) for key, one in self._pages.items() if one.done()]
            total = sum(len(one.result()) for _, one in done if one.exception() is None)
            for key, one in done[:-1]:
                if total <= self._most:
                    break
                total -= len(one.result()) if one.exception() is None else 0
                del self._pages[key]


def gzipped(page: Page) -> bytes:
    """Return a page as one gzip stream (level 1)."""
    compressor = isal_zlib.compressobj(GZIP_LEVEL, isal_zlib.DEFLATED, 31)
    pieces = [compressor.compress(piece) for piece in plain(page)]
    return b"".join([*pieces, compressor.flush()])
