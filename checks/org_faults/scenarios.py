"""What a scenario is, and the list of all: one for each refusal of the reference table.

What belongs here: the record and registering one. What does not: the scenarios themselves, which
stand in modules by stage.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from checks.doors import Answer
from checks.org_faults.flows import prepare
from checks.org_faults.world import World

Evidence = Literal["documented", "observed", "inferred"]
By = Literal["Setup", "admin API", "fault", "request"]
Play = Callable[[World, str], Answer]
"""Brings one flow to its refusal in a fresh org and returns the answer."""


@dataclass(frozen=True)
class Scenario:
    """How to get to one refusal.

    ``id``, ``stage``, ``flows``, ``answered`` and ``evidence`` are checked against the reference;
    ``state`` is the sentence its function is documented by; ``by`` says who brings it about;
    ``sandbox``: it needs one.
    ``otherwise`` names, for a flow whose body the row gives in prose only, the row that has it.
    """

    id: str
    stage: str
    flows: tuple[str, ...]
    answered: str
    evidence: Evidence
    by: By
    state: str
    play: Play
    sandbox: bool = False
    otherwise: Mapping[str, str] = field(default_factory=dict)


ALL: dict[str, Scenario] = {}
"""Every scenario by the id of its row."""


def refusal(
    row: str,
    stage: str,
    flows: str,
    answered: str,
    evidence: Evidence,
    by: By,
    *,
    sandbox: bool = False,
    otherwise: Mapping[str, str] | None = None,
) -> Callable[[Play], Play]:
    """Register a function as the scenario of a row; ``flows`` are separated by blanks.

    The function's docstring is the sentence that says how to get there.
    """

    def register(play: Play) -> Play:
        if row in ALL:
            raise ValueError(f"two scenarios are called {row}")
        state = " ".join((play.__doc__ or "").split()).rstrip(".")
        ways = tuple(flows.split())
        ALL[row] = Scenario(
            row, stage, ways, answered, evidence, by, state, play, sandbox, otherwise or {}
        )
        return play

    return register


def spoiled(spoil: Callable[[World], None]) -> Play:
    """Make the usual play: prepare the flow's request, change the state, send it."""

    @functools.wraps(spoil)
    def play(world: World, flow: str) -> Answer:
        request = prepare(world, flow)
        spoil(world)
        return world.send(request)

    return play


def spoiled_external(spoil: Callable[[World], None]) -> Play:
    """Make the usual play about a packaged external client app installed in the org."""

    @functools.wraps(spoil)
    def play(world: World, flow: str) -> Answer:
        world.take_external_app()
        return spoiled(spoil)(world, flow)

    return play
