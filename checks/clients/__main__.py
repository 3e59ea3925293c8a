"""``make clients``, or a part of it: ``python -m checks.clients --only jsforce``.

What belongs here: the order, and counting. Each client has a part (what it is told and must
receive) and an org of its own, so that none meets what another wrote.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from checks.clients import airbyte_part, jsforce_part, simple_salesforce_part
from checks.clients.stage import Stage, stage
from checks.clients.transcript import Report

PARTS: Mapping[str, tuple[int, Callable[[Report, Stage], None]]] = {
    "simple-salesforce": (simple_salesforce_part.STEPS, simple_salesforce_part.perform),
    "jsforce": (jsforce_part.STEPS, jsforce_part.perform),
    "airbyte-source-salesforce": (airbyte_part.STEPS, airbyte_part.perform),
}


def main() -> int:
    """Run the target, or the clients named by ``--only``."""
    arguments = argparse.ArgumentParser(prog="python -m checks.clients", description=__doc__)
    arguments.add_argument("--only", choices=PARTS, action="append", help="run this client alone")
    only = arguments.parse_args().only
    chosen = {name: part for name, part in PARTS.items() if not only or name in only}
    report = Report(sum(steps for steps, _ in chosen.values()))
    for name, (_, perform) in chosen.items():
        print(name, flush=True)
        with (
            tempfile.TemporaryDirectory(prefix="sallyport-clients-") as folder,
            stage(Path(folder)) as built,
        ):
            perform(report, built)
    return report.end(partial=len(chosen) < len(PARTS))


if __name__ == "__main__":
    sys.exit(main())
