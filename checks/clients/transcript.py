"""What a client's script printed, judged step by step.

What belongs here: running a script, reading its lines, holding each against its judge, counting.
What does not: what is right (``oracle`` and the parts).
"""

import json
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks.clients.oracle import Judge

STEP_SECONDS = 180
"""A script that prints nothing for this long is ended."""


@dataclass(frozen=True)
class Line:
    """One step a script reported: what it received, or the error that came instead."""

    step: str
    seconds: float
    value: Any = None
    error: str = ""


class Report:
    """Counts steps over all clients and prints each with its time."""

    def __init__(self, expected: int) -> None:
        self._expected = expected
        self._passed = 0
        self._seen = 0

    def step(self, name: str, seconds: float, wrong: str) -> None:
        """Count one step; ``wrong`` says what is wrong with it, nothing when it is right."""
        self._seen += 1
        self._passed += not wrong
        word = "FAIL" if wrong else "ok  "
        print(f"  {word} {seconds:7.2f} s  {name}{': ' if wrong else ''}{wrong}", flush=True)

    def judge(self, client: str, lines: Iterable[Line], judges: Mapping[str, Judge]) -> None:
        """Hold every line against its judge; a step nobody judges, or that never came, fails."""
        missing = dict(judges)
        for line in lines:
            judge = missing.pop(line.step, None)
            if judge is None:
                wrong = "nobody expects this step"
            else:
                wrong = line.error or _judged(judge, line.value)
            self.step(f"{client}: {line.step}", line.seconds, wrong)
        for name in missing:
            self.step(f"{client}: {name}", 0.0, "was not reached")

    def end(self, partial: bool) -> int:
        """Print the last line; 0 only if every step of every client was made and passed."""
        good = self._passed == self._seen == self._expected
        word = "partial" if partial and good else "ok" if good else "failed"
        print(f"clients: {word}, {self._passed} of {self._expected} steps")
        return 0 if good and not partial else 1


def _judged(judge: Judge, value: Any) -> str:
    """Return the judge's word; an answer of another shape than judged is wrong too."""
    try:
        return judge(value)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        return f"{type(error).__name__} {error} in {value!r:.300}"


def run(command: list[str], cwd: Path, env: Mapping[str, str], log: Path) -> Iterator[Line]:
    """Run a script; yield its steps as they come, what it died of as the last one.

    ``log`` is a file for what it says beside its steps.
    """
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=cwd, env=dict(env), stdout=subprocess.PIPE, stderr=file
        )
    assert process.stdout is not None
    with process.stdout:
        while True:
            timer = threading.Timer(STEP_SECONDS, process.kill)
            timer.start()
            text = process.stdout.readline()
            timer.cancel()
            if not text:
                break
            line = json.loads(text)
            yield Line(**line)
    if process.wait() != 0:
        said = log.read_text(errors="replace")[-2000:]
        yield Line("end of the script", 0.0, error=f"exit code {process.returncode}: {said}")


def equals(wanted: Any) -> Judge:
    """Return the judge of a value that must be exactly this one."""
    return lambda value: "" if value == wanted else f"{value!r:.300} is not {wanted!r:.300}"


def holds(**wanted: Any) -> Judge:
    """Return the judge of an object that must have these values, among others."""

    def judge(value: Any) -> str:
        for name, one in wanted.items():
            if value[name] != one:
                return f"{name} is {value[name]!r}, not {one!r}"
        return ""

    return judge
