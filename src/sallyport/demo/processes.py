"""The demo's server processes: started, watched, and never left behind.

What belongs here: starting, the first JSON line, stopping, and the signals that ask for it. What
does not: what the servers are for (``story``).
"""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Self

from sallyport.errors import SallyportError

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PRIVATE = 0o077
"""What the demo's processes leave behind is its owner's alone, also in a folder others may read."""

_STOP_SECONDS = 15.0
_TOLD_LINES = 3


class DemoFailedError(SallyportError):
    """Something the demo counts on did not happen; the message is one line."""


class Stopped(BaseException):
    """Somebody asked the demo to stop, by ``number``: like KeyboardInterrupt, not a failure."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


class Signals:
    """While entered, Ctrl-C and SIGTERM raise Stopped, but never inside a ``held`` block."""

    def __init__(self) -> None:
        self._held = 0
        self._waiting: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            self._before[number] = signal.signal(number, self._arrived)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Finish the block first; a signal that came meanwhile raises Stopped behind it."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
        if self._waiting is not None and not self._held:
            number, self._waiting = self._waiting, None
            raise Stopped(number)

    @contextmanager
    def ignored(self) -> Iterator[None]:
        """Finish the block whatever comes: for cleaning up."""
        self._held += 1
        yield
        self._held -= 1
        self._waiting = None

    def _arrived(self, number: int, _frame: FrameType | None) -> None:
        if self._held:
            self._waiting = number
            return
        raise Stopped(number)


class Servers:
    """Processes that print one JSON line when they are ready; all stopped on the way out."""

    def __init__(self, logs: Path, signals: Signals) -> None:
        """Log files go into the folder ``logs``, one a process."""
        self._logs = logs
        self._signals = signals
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []

    def __enter__(self) -> Self:
        self._logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self

    def __exit__(self, *_: object) -> None:
        with self._signals.ignored():
            for _name, process in reversed(self._running):
                process.terminate()
            deadline = time.monotonic() + _STOP_SECONDS
            for _name, process in reversed(self._running):
                try:
                    process.wait(max(0.1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def start(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], *, within: float
    ) -> dict[str, Any]:
        """Start a process and return its first JSON line; DemoFailedError with its last words."""
        log = self._logs / f"{name}.log"
        log.touch(mode=0o600)
        with self._signals.held(), log.open("wb") as errors:
            # a session of its own: Ctrl-C reaches the demo alone, which then stops its servers
            process = subprocess.Popen(  # noqa: S603 - our own commands, no shell
                list(command),
                cwd=self._logs,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
                umask=PRIVATE,
            )
            self._running.append((name, process))
        lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=_drain, args=(process, lines), daemon=True).start()
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            try:
                return dict(json.loads(lines.get(timeout=0.1)))
            except queue.Empty:
                self.check()
            except ValueError as error:
                raise DemoFailedError(f"{name} printed something else than JSON.") from error
        raise DemoFailedError(f"{name} was not ready within {within:.0f} s. {self._said(name)}")

    def check(self, *, within: float = 0.0) -> None:
        """Raise DemoFailedError when a server has ended by itself, or does ``within`` seconds."""
        deadline = time.monotonic() + within
        while True:
            for name, process in self._running:
                if process.poll() is not None:
                    raise DemoFailedError(
                        f"{name} ended with exit code {process.returncode}. {self._said(name)}"
                    )
            if time.monotonic() >= deadline:
                return
            time.sleep(0.05)

    def _said(self, name: str) -> str:
        text = (self._logs / f"{name}.log").read_text("utf-8", "replace")
        return " / ".join(line.strip() for line in text.splitlines()[-_TOLD_LINES:])


def _drain(process: subprocess.Popen[bytes], lines: queue.SimpleQueue[bytes]) -> None:
    """Hand on what a process prints: a full pipe would stop it."""
    if process.stdout is not None:
        for line in process.stdout:
            lines.put(line)
