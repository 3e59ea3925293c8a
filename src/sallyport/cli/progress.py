"""How far runs are: bars on a terminal, a plain line now and then everywhere else.

What belongs here: drawing. What does not: how far a run is (the caller knows).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from sallyport.cli.display import count

_LINE_SECONDS = 2.0


class Progress(Protocol):
    """Something that shows how far runs are."""

    def update(self, name: str, stage: str, rows: int, total: int | None) -> None:
        """Show where the run called ``name`` stands; ``total`` None: not known yet."""
        ...

    def remark(self, line: str) -> None:
        """Print a line for a person between the others."""
        ...


@contextmanager
def shown(*, stderr: bool = True) -> Iterator[Progress]:
    """Show progress on standard error (or output) for the length of the block."""
    console = Console(stderr=stderr, highlight=False, soft_wrap=True)
    if not console.is_terminal:
        yield Lines(lambda line: console.out(line, highlight=False), time.monotonic)
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[told]}", markup=False),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=console) as bars:
        yield _Drawn(bars)


class Lines:
    """Plain lines: one whenever a run's stage changes, and while rows flow one every 2 seconds."""

    def __init__(self, write: Callable[[str], None], monotonic: Callable[[], float]) -> None:
        self._write = write
        self._monotonic = monotonic
        self._said: dict[str, tuple[str, float]] = {}

    def update(self, name: str, stage: str, rows: int, total: int | None) -> None:
        """Print where the run stands, unless that was said a moment ago."""
        before, at = self._said.get(name, ("", 0.0))
        now = self._monotonic()
        moves = stage == "reading" and now - at >= _LINE_SECONDS
        if stage != before or moves:
            self._said[name] = (stage, now)
            self._write(f"{name}: {_told(stage, rows, total)}")

    def remark(self, line: str) -> None:
        """Print a line."""
        self._write(line)


class _Drawn:
    """One bar a run."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def update(self, name: str, stage: str, rows: int, total: int | None) -> None:
        told = _told(stage, rows, total)
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(name, total=None, told=told)
        self._bars.update(self._tasks[name], completed=rows, total=total, told=told)

    def remark(self, line: str) -> None:
        self._bars.console.out(line, highlight=False)


def _told(stage: str, rows: int, total: int | None) -> str:
    if stage in ("queued", "querying"):
        return stage
    return f"{stage}, {count(rows)} of {count(total)} rows"
