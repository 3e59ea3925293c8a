"""Durable workflows of coarse steps, on dbos.

What belongs here: registering, starting, waiting for and replaying workflows. What does not: what a
workflow does (the room that registers it), noticing dead processes (``reaper``).

Rules for workflow bodies: they are deterministic between steps; everything that touches the world
is a step; a step may run again after a crash, so every step is idempotent; arguments and results
are JSON values, a few kilobytes at most.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable
from typing import Any, ClassVar

import structlog
from dbos import (
    DBOS,
    DBOSConfig,
    DBOSPortableJSONSerializer,
    SetWorkflowID,
)

from sallyport.errors import SallyportError
from sallyport.jobs import outcome
from sallyport.jobs.reaper import Reaper
from sallyport.jobs.retry import ONCE, Retry
from sallyport.kernel import new_hex

APPLICATION_VERSION = "1"
"""Pinned, and raised only when recorded steps can no longer be replayed by newer code: dbos' own
default, a hash of the sources, would strand unfinished work at every deploy."""

_QUEUE = "runs"
_ENDED = frozenset({"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})

Body = Callable[["Steps", dict[str, Any]], Any]
log = structlog.get_logger(__name__)


class Steps:
    """What a workflow body may do to the world: run steps and sleep, both recorded."""

    def run(self, name: str, act: Callable[..., Any], *args: Any, retry: Retry = ONCE) -> Any:
        """Run ``act(*args)`` as one durable step and return its JSON result.

        On replay the recorded result is returned without acting. A SallyportError is recorded
        too, retried as ``retry`` decides (the waits are durable), and raised when it gives up.
        """
        attempt = 1
        while True:
            recorded = DBOS.run_step({"name": name}, _recorded, act, args)
            try:
                return outcome.value_of(recorded)
            except SallyportError as error:
                wait = retry.wait_after(attempt, error)
                if wait is None:
                    raise
                log.info("step.retry", step=name, attempt=attempt, wait=wait, why=error.message)
                DBOS.sleep(wait)
                attempt += 1

    def sleep(self, seconds: float) -> None:
        """Sleep durably: after a crash only the rest is slept."""
        DBOS.sleep(seconds)


def _recorded(act: Callable[..., Any], args: tuple[Any, ...]) -> dict[str, Any]:
    try:
        return {"value": act(*args)}
    except SallyportError as error:
        return outcome.failed(error)
    except Exception as error:
        # a defect of ours ends the run with a plain statement; the log has where it happened
        log.exception("step.defect")
        return outcome.failed(SallyportError(f"internal error: {type(error).__name__}: {error}"))


class Engine:
    """One process's share of the durable work: register bodies, then ``launch``; one a process."""

    _launched: ClassVar[Engine | None] = None

    def __init__(self, url: str, *, at_once: int, on_parked: Callable[[str], None]) -> None:
        """Prepare; nothing is opened before ``launch``. ``on_parked`` is told a workflow's id."""
        self._url = url
        self._at_once = at_once
        self._on_parked = on_parked
        self._bodies: dict[str, Body] = {}
        self._workflows: dict[str, Callable[[dict[str, Any]], Any]] = {}
        self._reaper: Reaper | None = None
        self.executor_id = f"{socket.gethostname()}-{os.getpid()}-{new_hex(8)}"

    def register(self, name: str, body: Body) -> None:
        """Give a workflow its name, which is stored with unfinished work: never rename one."""
        self._bodies[name] = body

    def launch(self) -> None:
        """Join the work: open the engine's tables, listen to the queue, beat, and reap the dead.

        dbos is one object a process, and a second engine would take it from the first, so that is
        refused (SallyportError).
        """
        if Engine._launched is not None:
            raise SallyportError("this process takes part in durable work already.")
        config: DBOSConfig = {
            "name": "sallyport",
            "system_database_url": self._url,
            "executor_id": self.executor_id,
            "application_version": APPLICATION_VERSION,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "ERROR",
            "enable_otlp": False,
            "use_listen_notify": False,
            "notification_listener_polling_interval_sec": 0.1,
        }
        DBOS(config=config)
        for name, body in self._bodies.items():
            self._workflows[name] = _durable(name, body)
        reaper = Reaper(self._url, self.executor_id, on_parked=self._on_parked, queue=_QUEUE)
        reaper.prepare()
        DBOS.launch()
        DBOS.register_queue(
            _QUEUE,
            worker_concurrency=self._at_once,
            polling_interval_sec=0.1,
            on_conflict="always_update",
        )
        reaper.start()
        self._reaper = reaper
        Engine._launched = self

    def close(self) -> None:
        """Leave the work: unfinished workflows are at once free for others to take up."""
        if self._reaper is None:
            return
        self._reaper.stop()
        self._reaper = None
        Engine._launched = None
        # what is cut off here goes on elsewhere; dbos would print a traceback for each of them
        logging.getLogger("dbos").setLevel(logging.CRITICAL)
        DBOS.destroy(destroy_registry=True)

    def start(self, name: str, workflow_id: str, argument: dict[str, Any]) -> None:
        """Start in this process, at once; a second start of the same id joins the first."""
        with SetWorkflowID(workflow_id):
            DBOS.start_workflow(self._workflows[name], argument)

    def enqueue(self, name: str, workflow_id: str, argument: dict[str, Any]) -> None:
        """Hand to whichever process has room; a second call with the same id changes nothing."""
        with SetWorkflowID(workflow_id):
            DBOS.enqueue_workflow(_QUEUE, self._workflows[name], argument)

    def ended(self, workflow_id: str) -> bool:
        """Tell whether a workflow has come to an end of any kind (or never began)."""
        status = DBOS.get_workflow_status(workflow_id)
        return status is None or status.status in _ENDED

    def unfinished(self, workflow_id: str) -> bool:
        """Tell whether a workflow has begun and not ended."""
        status = DBOS.get_workflow_status(workflow_id)
        return status is not None and status.status not in _ENDED

    def wait(
        self, workflow_id: str, *, each: Callable[[], None], every: float, most: float | None = None
    ) -> bool:
        """Wait until the workflow ended, calling ``each`` between looks; False after ``most`` s."""
        deadline = None if most is None else time.monotonic() + most
        while not self.ended(workflow_id):
            if deadline is not None and time.monotonic() >= deadline:
                return False
            each()
            time.sleep(every)
        return True


def _durable(name: str, body: Body) -> Callable[[dict[str, Any]], Any]:
    def run(argument: dict[str, Any]) -> Any:
        with structlog.contextvars.bound_contextvars(workflow=name, workflow_id=DBOS.workflow_id):
            return body(Steps(), argument)

    # attempts are counted by the reaper, per step of progress, not by dbos: a long run that is
    # restarted often is not a run that keeps failing
    run.__qualname__ = f"sallyport.{name}"
    return DBOS.workflow(name=name, max_recovery_attempts=None)(run)
