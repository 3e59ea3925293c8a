"""Standard output whose reader may leave early, as ``| head`` does: noticed, whatever is printed.

What belongs here: noticing it. What does not: what is printed (``display``), exit codes (``app``).

Left alone, Python tells it as one OSError among others, which Typer, Rich and pyarrow each treat in
their own way; and with ``PYTHONUNBUFFERED`` the part of a text that nobody took is lost in silence.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

from sallyport.errors import SallyportError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class ReaderLeft(BaseException):
    """Whoever read our output has stopped: like KeyboardInterrupt, not a failure."""


def watch() -> None:
    """From now on writing to standard output raises ReaderLeft when nobody reads it any more."""
    before = sys.stdout
    if before is None:  # started without one, as some services are
        return
    before.flush()
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(_Pipe(before.fileno())),
        encoding=before.encoding,
        errors=before.errors,
        line_buffering=before.isatty(),
    )


def drop(descriptor: int) -> None:
    """Send what is still to be written there nowhere, so that nothing fails on the way out."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


class _Pipe(io.RawIOBase):
    """A file descriptor to write to."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return os.write(self._descriptor, data)
        except BrokenPipeError as error:
            drop(self._descriptor)
            raise ReaderLeft from error
        except OSError as error:
            drop(self._descriptor)
            raise SallyportError(
                f"the output cannot be written: {error.strerror}.",
                cure="Make room there, or send it elsewhere.",
            ) from error
