"""``sallyport sync``: copy objects into datasets, here and now, through the durable engine.

What belongs here: starting runs, waiting for them, the verdict. What does not: how rows are moved
(``pull``), how progress looks (``progress``).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sallyport.cli import display
from sallyport.cli.installation import Installation, opened
from sallyport.cli.options import AsJson, ConnectionName
from sallyport.cli.progress import Progress, shown
from sallyport.errors import Conflict, SallyportError
from sallyport.kernel import new_id

if TYPE_CHECKING:
    from sallyport.flows import Flow, Run

_POLL_SECONDS = 0.2
_CLEANING_SECONDS = 15.0


def sync(
    name: ConnectionName,
    objects: Annotated[
        list[str],
        typer.Argument(
            metavar="OBJECT", help="API names of objects, like Account.", show_default=False
        ),
    ],
    full: Annotated[
        bool,
        typer.Option(
            "--full",
            metavar="",
            help="Read every row. Every sync does so today; incremental reading comes later.",
        ),
    ] = False,
    where: Annotated[
        str | None,
        typer.Option(
            metavar="SOQL",
            help='Read only rows that meet a condition, like "Amount > 1000"; they are added to'
            " the dataset, the newest version of each row counts.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Copy objects into datasets and prove the copy: rows landed against rows counted.

    Exit code 0 only if every object is proven. An unfinished run of an object (its process was
    killed) is waited for and counts. Ctrl-C leaves the runs to the next `sync` or `serve`.
    """
    group = new_id()
    with opened() as here:
        connection = here.connection(name)
        with display.waiting("Asking Salesforce"):
            flows = here.services.flows.ensure(here.actor, connection, objects, condition=where)
        here.services.launch()
        try:
            with shown() as progress:
                runs = _carry_out(here, flows, where, group, progress)
        except KeyboardInterrupt:
            display.say(
                "Stopped. What was started goes on at the next `sallyport sync` or `serve`."
            )
            raise
    document = _document(group, runs)
    if as_json:
        display.emit(document)
    else:
        _print(document)
    if document["state"] != "success":
        raise typer.Exit(1)


def _carry_out(
    here: Installation, flows: Sequence[Flow], where: str | None, group: str, progress: Progress
) -> list[Run]:
    """Start a run for each flow, or join the one that is not finished; return them ended."""
    from sallyport.flows.model import ENDED

    runs = {flow.id: _begin(here, flow, where, group, progress) for flow in flows}
    unsettled = list(flows)
    while unsettled:
        for flow in list(unsettled):
            run = runs[flow.id] = _look(here, runs[flow.id])
            told = run.body["progress"]
            stage = run.state if run.state in ENDED else told["stage"]
            progress.update(run.object, stage, told["rows"], told["total"])
            if run.state in ENDED and run.condition == where:
                unsettled.remove(flow)
            elif run.state in ENDED:  # an earlier one that read other rows: now ours
                runs[flow.id] = _begin(here, flow, where, group, progress)
        if unsettled:
            time.sleep(_POLL_SECONDS)
    for run in runs.values():  # let them tidy up behind themselves
        here.services.engine.wait(run.id, each=_nothing, every=0.1, most=_CLEANING_SECONDS)
    return list(runs.values())


def _begin(
    here: Installation, flow: Flow, where: str | None, group: str, progress: Progress
) -> Run:
    """Start a run; or take part in the one that is not finished, which nobody may be working on."""
    services = here.services
    unfinished = services.runs.unfinished(flow.scope, flow.id)
    if unfinished is None:
        try:
            return services.flows.start_run(here.actor, flow, condition=where, group=group)
        except Conflict:
            unfinished = services.runs.unfinished(flow.scope, flow.id)
            if unfinished is None:
                raise
    progress.remark(f"{unfinished.object}: an unfinished run goes on ({unfinished.id})")
    services.flows.take_up(unfinished)
    return unfinished


def _look(here: Installation, run: Run) -> Run:
    """Return the run as it stands; one whose work stopped without a word is ended as failed."""
    from sallyport.flows.model import ENDED

    services = here.services
    at_rest = services.engine.ended(run.id)
    now = services.runs.get(run.scope, run.id)
    if at_rest and now.state not in ENDED:
        silent = SallyportError("the run's work stopped without saying why.", cure="Run it again.")
        return services.runs.fail(now, silent)
    return now


def _document(group: str, runs: Sequence[Run]) -> dict[str, Any]:
    objects = [
        {
            "object": run.object,
            "source_rows": run.source_rows,
            "landed_rows": run.landed_rows,
            "proven": run.proven,
            "run_id": run.id,
            "state": run.state,
            "error": run.error,
        }
        for run in runs
    ]
    if all(run.proven for run in runs):
        state = "success"
    else:
        state = "failed" if any(run.state == "failed" for run in runs) else "incomplete"
    return {"run_id": group, "state": state, "objects": objects}


def _print(document: dict[str, Any]) -> None:
    objects = document["objects"]
    display.table(
        ("object", "source rows", "landed rows", "proven", "state"),
        [
            (
                each["object"],
                display.count(each["source_rows"]),
                display.count(each["landed_rows"]),
                each["proven"],
                each["state"],
            )
            for each in objects
        ],
        right=(1, 2),
    )
    for each in objects:
        if each["error"]:
            message = " ".join(each["error"]["message"].split())
            display.say(f"{each['object']}: {display.shortened(message, 600)}")


def _nothing() -> None:
    """Do nothing between two looks."""
