"""``make org-faults``: ``python -m checks.org_faults ../shared``.

``--only id,id`` tries some rows (and is never a success); ``--write-docs`` writes the page
``docs/org/refusals.md`` and needs no reference.
"""

import argparse
import itertools
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from checks.doors import Doors
from checks.org_faults import page, stages
from checks.org_faults.flows import data_call, session
from checks.org_faults.reference import FILE, Row, differences, read
from checks.org_faults.scenarios import ALL, Scenario
from checks.org_faults.world import Simulator
from checks.processes import org

TARGET = "org-faults"
AT_ONCE = 2
SOUND_FLOWS = ("password", "web-server", "refresh", "jwt", "client-credentials", "soap")
_numbers = itertools.count(1)


def main() -> int:
    """Run the target."""
    parser = argparse.ArgumentParser(prog="python -m checks.org_faults", description=__doc__)
    parser.add_argument("shared", nargs="?", default="../shared", help="folder of the reference")
    parser.add_argument("--only", default="", help="ids of rows, separated by commas")
    parser.add_argument("--write-docs", action="store_true", help="write docs/org/refusals.md")
    given = parser.parse_args()
    if given.write_docs:
        page.write()
        return 0
    if not (Path(given.shared) / FILE).is_file():
        print(f"{TARGET}: failed, needs {Path(given.shared) / FILE}, which is absent")
        return 1
    rows = read(Path(given.shared))
    chosen = given.only.split(",") if given.only else list(rows)
    return _run(rows, chosen, partial=bool(given.only))


def _run(rows: dict[str, Row], chosen: Sequence[str], *, partial: bool) -> int:
    print(f"{len(ALL)} scenarios in {len(stages.STAGES)} stages, {len(rows)} rows", flush=True)
    good = 0
    with _simulator() as simulator, ThreadPoolExecutor(AT_ONCE) as pool:
        sound = _all_flows_work(simulator)
        for name, wrong in zip(
            chosen, pool.map(lambda name: _try(simulator, rows, name), chosen), strict=True
        ):
            good += not wrong
            known = ALL.get(name)
            print(f"  {'FAIL' if wrong else 'ok  '} {name}: {known.state if known else ''}")
            for line in wrong:
                print(f"       {line}")
            sys.stdout.flush()
    unknown = sorted(ALL.keys() - rows.keys())
    for name in unknown:
        print(f"  FAIL {name}: the reference has no such row")
    whole = sound and good == len(rows) and not unknown
    word = "partial" if partial else "ok" if whole else "failed"
    print(f"{TARGET}: {word}, {good} of {len(rows)} refusals answered as the reference has them")
    return 0 if word == "ok" else 1


def _all_flows_work(simulator: Simulator) -> bool:
    """Show that without any state no flow is refused: then it is the states that refuse."""
    failed = []
    with simulator.world("sound") as world:
        for flow in SOUND_FLOWS:
            answer = world.send(data_call(world, session(world, flow)))
            if answer.status != 200:
                failed.append(f"{flow}: {answer.status} {answer.text}")
    print(f"  {'FAIL' if failed else 'ok  '} nothing set: {', '.join(SOUND_FLOWS)} are let in")
    for line in failed:
        print(f"       {line}")
    return not failed


@contextmanager
def _simulator() -> Iterator[Simulator]:
    with (
        tempfile.TemporaryDirectory(prefix="sallyport-refusals-") as folder,
        org("--rows", "Account=0", "--ca", folder) as started,
    ):
        yield Simulator(Doors(started["doors"]), started["url"])


def _try(simulator: Simulator, rows: dict[str, Row], name: str) -> list[str]:
    """Return what is wrong with a row's scenario in any of its flows."""
    row, scenario = rows.get(name), ALL.get(name)
    if row is None or scenario is None:
        return ["the reference has no such row" if row is None else "no scenario produces it"]
    wrong = _facts(row, scenario)
    for flow in row.flows:
        try:
            found = _play(simulator, rows, row, scenario, flow)
        except Exception:  # one scenario's mistake must not keep the others from being shown
            found = traceback.format_exc().strip().splitlines()[-6:]
        wrong += [f"{flow}: {line}" for line in found]
    return wrong


def _facts(row: Row, scenario: Scenario) -> list[str]:
    """Return where what a scenario says of its row is not what the row says."""
    pairs = (
        ("stage", scenario.stage, row.stage),
        ("flows", set(scenario.flows), set(row.flows)),
        ("evidence", scenario.evidence, row.evidence),
    )
    wrong = [f"{what} {said}, in the row {real}" for what, said, real in pairs if said != real]
    for part in (str(row.status or ""), row.code):
        if part and part not in scenario.answered:
            wrong.append(f"answered {scenario.answered}, in the row {part}")
    return wrong


def _play(
    simulator: Simulator, rows: dict[str, Row], row: Row, scenario: Scenario, flow: str
) -> list[str]:
    body = rows[scenario.otherwise.get(flow, row.id)].body
    with simulator.world(f"refusal{next(_numbers)}", sandbox=scenario.sandbox) as world:
        answer = scenario.play(world, flow)
        wrong = differences(row, answer, body, world.state)
        if row.logins and not world.is_gone:
            last = world.last_login()
            if last not in row.logins:
                wrong.append(f"Login History says {last!r}, not one of {row.logins}")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
