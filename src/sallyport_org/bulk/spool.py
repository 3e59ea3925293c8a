"""Bytes kept in a temporary file that nobody else sees.

What belongs here: appending, and reading by many at once. What does not: what the bytes mean.
The file is unlinked as soon as it is made, so even a killed process leaves nothing behind.
"""

from __future__ import annotations

import io
import os
import tempfile
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

PIECE_BYTES = 1 << 20


class Spool:
    """A growing file; every reader has a place of its own in it."""

    def __init__(self) -> None:
        self._file: BinaryIO | None = None
        self._lock = threading.Lock()
        self.size = 0
        self.lines = 0
        """How many line feeds there are: about the number of rows."""

    def append(self, data: bytes) -> None:
        """Add bytes at the end."""
        with self._lock:
            if self._file is None:
                self._file = _new_file(self)
            self._file.seek(0, os.SEEK_END)
            self._file.write(data)
            self.size += len(data)
            self.lines += data.count(b"\n")

    def read(self, start: int, most: int) -> bytes:
        """Return up to ``most`` bytes from a place on."""
        if self._file is None:
            return b""
        return os.pread(self._file.fileno(), most, start)

    def pieces(self) -> Iterator[bytes]:
        """Yield what is there now, piece by piece."""
        start, end = 0, self.size
        while start < end:
            piece = self.read(start, min(PIECE_BYTES, end - start))
            yield piece
            start += len(piece)

    def text(self) -> io.TextIOWrapper:
        """Return the content as UTF-8 text whose line ends are left as they are."""
        reader = io.BufferedReader(_Reader(self), PIECE_BYTES)
        return io.TextIOWrapper(reader, encoding="utf-8", newline="")


def _new_file(owner: Spool) -> BinaryIO:
    """Return an empty file that is closed when its owner is gone."""
    handle, name = tempfile.mkstemp(prefix="sallyport-org-")
    Path(name).unlink()
    file = os.fdopen(handle, "r+b", buffering=0)
    weakref.finalize(owner, file.close)
    return file


class _Reader(io.RawIOBase):
    """One reader's place in a spool."""

    def __init__(self, spool: Spool) -> None:
        super().__init__()
        self._spool, self._at = spool, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override] # the stub's type has no name outside type checkers
        data = self._spool.read(self._at, len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
