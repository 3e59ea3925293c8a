"""Run ``make diagnosis``: rows as they are, rows altered, pastes; figures in the last line.

``--live`` feeds the answers of a running simulator too (some minutes).
"""

import json
import sys
from pathlib import Path

from checks.diagnosis.altering import DRESSES
from checks.diagnosis.judging import Row, as_it_is, groups, judge
from checks.diagnosis.oracle import ANSWERS, CODES
from checks.diagnosis.pastes import judge_pastes, pastes
from checks.tally import Tally, shared

REFERENCE = "reference/salesforce-auth-failures.json"


def main(folder: str, *, live: bool) -> int:
    """Feed everything; 0 only if all is right."""
    rows: list[Row] = json.loads((Path(folder) / REFERENCE).read_text("utf-8"))
    tally = Tally(
        "diagnosis",
        (3 if live else 2) * len(rows) + len(pastes()) + 1,
        f"right ({f'{len(rows)} live, ' if live else ''}{len(rows)} refusals as they are,"
        f" {len(rows)} altered in {len(DRESSES)} ways,"
        f" {len(pastes())} raw logs, 1 set of groups)",
    )
    _check_groups(rows, tally)
    print("refusals as they are")
    for row in rows:
        _tell(tally, row["id"], judge(row, as_it_is))
    print("the same altered")
    for row in rows:
        wrong = [
            f"{dress.__name__}, {complaint}" for dress in DRESSES for complaint in judge(row, dress)
        ]
        _tell(tally, row["id"], wrong)
    print("raw logs of clients")
    for name, wrong in judge_pastes():
        _tell(tally, name, wrong)
    if live:
        from checks.diagnosis.live import judge_live  # a simulator is started only when asked for

        print("the simulator's own answers")
        for name, wrong in judge_live(rows):
            _tell(tally, name, wrong)
    return tally.end()


def _check_groups(rows: list[Row], tally: Tally) -> None:
    """List the rows that cannot be told apart by their words, and see that each has an answer."""
    found = groups(rows)
    print("rows with the same words (a further question decides)")
    for ids in found:
        print(f"  {len(ids)}: {', '.join(ids)}")
    grouped = {row_id for ids in found for row_id in ids}
    known = {row["id"] for row in rows}
    wrong = [f"no code for {sorted(known ^ set(CODES))}"] if known != set(CODES) else []
    wrong += [f"{sorted(grouped ^ set(ANSWERS))} differ"] if grouped != set(ANSWERS) else []
    _tell(tally, f"{len(found)} groups of {len(grouped)} rows, each with its answer", wrong)


def _tell(tally: Tally, name: str, wrong: list[str]) -> None:
    tally.check(name, not wrong, "; ".join(wrong[:3]))


if __name__ == "__main__":
    given = [each for each in sys.argv[1:] if each != "--live"]
    sys.exit(main(shared((given or ["../shared"])[0], "diagnosis"), live="--live" in sys.argv))
