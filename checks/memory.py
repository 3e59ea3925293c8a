"""``make memory``: peak memory of a 1,000,000-row run and of a 100,000-row run, 40 columns each.

The peak is the operating system's own figure for the whole ``sallyport sync`` process, imports and
durable engine included. It must not grow with the rows: within 20 % of each other, under 400 MB.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from checks import ledger
from checks.processes import BIN, connect, environment, org
from checks.tally import Tally

MOST_MB = 400
APART = 0.20


def main() -> int:
    """Run the target."""
    tally = Tally("memory", 4, "checks")
    small, _ = _peak(tally, 100_000)
    large, _ = _peak(tally, 1_000_000)
    apart = abs(large - small) / min(large, small)
    tally.check("within 20 % of each other", apart <= APART, f"{apart:.0%} apart")
    tally.check(f"both under {MOST_MB} MB", max(small, large) < MOST_MB, f"{max(small, large):.0f}")
    return tally.end()


def _peak(tally: Tally, rows: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory(prefix="sallyport-memory-") as folder:
        csv = Path(folder) / f"{ledger.OBJECT}.csv"
        ledger.write(csv, rows)
        with org("--load", str(csv)) as credentials:
            env = environment(Path(folder) / "home", credentials["url"])
            connect(env, credentials)
            began = time.monotonic()
            process = subprocess.Popen(
                [BIN / "sallyport", "sync", "acme", ledger.OBJECT, "--json"],
                env=env,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            assert process.stdout is not None
            report = json.loads(process.stdout.read())
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            seconds = time.monotonic() - began
    peak = usage.ru_maxrss / 1024
    tally.check(
        f"{rows} rows x 40 columns proven",
        process.returncode == 0 and report["objects"][0]["landed_rows"] == rows,
        f"peak {peak:.0f} MB, {seconds:.1f} s",
    )
    return peak, seconds


if __name__ == "__main__":
    sys.exit(main())
