"""A process to be killed: stages and commits runs of three accounts until somebody ends it.

``python crash_writer.py LAKE FIRST [COUNT]`` writes run-FIRST, run-FIRST+1, … and prints
``staged N`` before and ``committed N`` after each commit.
"""

from __future__ import annotations

import sys
from itertools import count, islice

from sallyport.datasets.delta import DeltaLake
from tests.datasets.accounts import ACCOUNT, DATASET, account, stage


def main(folder: str, first: int, runs: int | None) -> None:
    lake = DeltaLake(folder)
    lake.create(DATASET, ACCOUNT, name="Account")
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
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None)
