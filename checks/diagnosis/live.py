"""The refusals of a running simulator in place of the reference's bodies.

What belongs here: producing each refusal once per flow, and dressing the answer as evidence. What
does not: how a refusal is produced (``checks.org_faults``), judging (``judging``).
"""

import itertools
import json
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from checks.diagnosis.judging import Row, flows_of, judge_flow
from checks.doors import Answer, Doors
from checks.org_faults import stages
from checks.org_faults.scenarios import ALL
from checks.org_faults.world import Simulator
from checks.processes import org

_ANY = "any"
_numbers = itertools.count(1)


def judge_live(rows: Sequence[Row]) -> Iterator[tuple[str, list[str]]]:
    """Yield each row's id and what is wrong with the findings of the simulator's own answers."""
    print(f"  {len(ALL)} scenarios in {len(stages.STAGES)} stages")
    with _simulator() as simulator:
        for row in rows:
            wrong: list[str] = []
            # A flow whose body is another row's shows that row's words: it is judged there.
            own = [flow for flow in flows_of(row) if flow not in ALL[row["id"]].otherwise]
            if not own:
                wrong.append("no flow of its own shows it")
            for flow in own:
                try:
                    wrong += _judge(simulator, row, flow)
                except Exception:  # one refusal that is not produced must not hide the others
                    wrong += traceback.format_exc().strip().splitlines()[-1:]
            yield row["id"], wrong


def _judge(simulator: Simulator, row: Row, flow: str | None) -> list[str]:
    scenario = ALL[row["id"]]
    with simulator.world(f"diagnosis{next(_numbers)}", sandbox=scenario.sandbox) as world:
        answer = scenario.play(world, flow or _ANY)

    def dress(_: Row, known: str | None, facts: Mapping[str, Any]) -> str:
        return _evidence(row["stage"], known, answer, facts)

    return judge_flow(row, flow, dress)


def _evidence(stage: str, flow: str | None, answer: Answer, facts: Mapping[str, Any]) -> str:
    told = {
        "stage": stage,
        "flow": flow,
        "http_status": answer.status,
        "headers": dict(answer.headers),
        "body": answer.text,
        "redirect_url": answer.location,
        "facts": {"page_address": answer.url, **facts},
    }
    return json.dumps({name: value for name, value in told.items() if value})


@contextmanager
def _simulator() -> Iterator[Simulator]:
    with (
        tempfile.TemporaryDirectory(prefix="sallyport-diagnosis-") as folder,
        org("--rows", "Account=0", "--ca", folder) as started,
    ):
        yield Simulator(Doors(started["doors"]), started["url"])
