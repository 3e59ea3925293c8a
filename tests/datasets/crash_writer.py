"""A process to be killed: stages and commits runs of three accounts until somebody ends it.

``python -m tests.datasets.crash_writer LAKE FIRST [RUNS [STEP]]`` writes run-FIRST, run-FIRST+1, …
and prints ``staged N`` before and ``committed N`` after each commit. With STEP it kills itself
(SIGKILL) just before its STEPth act on a file of the lake: opening, linking or removing one, making
or removing a folder, as Python's audit events tell them.
"""

from __future__ import annotations

import os
import signal
import sys
from itertools import count, islice

from sallyport.datasets.delta import DeltaLake
from tests.datasets.accounts import ACCOUNT, DATASET, account, stage

ACTS = {"open", "os.link", "os.remove", "os.mkdir", "os.rename", "os.rmdir"}


def die_before(step: int, folder: str) -> None:
    acts = count(1)

    def watch(event: str, details: tuple[object, ...]) -> None:
        if event in ACTS and str(details[0]).startswith(folder) and next(acts) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def main(folder: str, first: int, runs: int | None = None, step: int | None = None) -> None:
    lake = DeltaLake(folder)
    lake.create(DATASET, ACCOUNT, name="Account")
    if step is not None:
        die_before(step, folder)
    for number in islice(count(first), runs):
        run_id = f"run-{number}"
        files = [
            stage(lake, run_id, [account(3 * number), account(3 * number + 1)], part="1"),
            stage(lake, run_id, [account(3 * number + 2)], part="2"),
        ]
        print(f"staged {number}", flush=True)
        lake.commit(DATASET, run_id=run_id, files=files, schema=ACCOUNT, mode="append")
        print(f"committed {number}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], *(int(argument) for argument in sys.argv[2:]))
