"""A process for the crash tests: runs a workflow of slow steps and writes down each execution.

python worker.py URL NOTES WORKFLOW_ID|- SECONDS
"""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from sallyport.jobs.engine import Engine, Steps

STEPS = 6


def main(url: str, notes: str, workflow_id: str, seconds: float) -> None:
    def note(text: str) -> None:
        with Path(notes).open("a") as file:
            file.write(text + "\n")

    def act(number: int) -> int:
        note(f"begin {number}")
        time.sleep(0.3)
        note(f"end {number}")
        return number * 10

    def crash(number: int) -> int:
        note(f"begin {number}")
        os.kill(os.getpid(), signal.SIGKILL)
        return number

    def count(steps: Steps, argument: dict[str, Any]) -> list[int]:
        results = [int(steps.run(f"step {n}", act, n)) for n in range(STEPS)]
        note(f"result {results}")
        return results

    def crashes(steps: Steps, argument: dict[str, Any]) -> int:
        return int(steps.run("crash", crash, 0))

    engine = Engine(url, at_once=2, on_parked=lambda found: note(f"parked {found}"))
    engine.register("count", count)
    engine.register("crashes", crashes)
    engine.launch()
    if workflow_id != "-":
        engine.start(workflow_id.split(":")[0], workflow_id, {})
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and (workflow_id == "-" or engine.unfinished(workflow_id)):
        time.sleep(0.05)
    engine.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]))
