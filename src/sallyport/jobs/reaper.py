"""Noticing processes that died and handing their unfinished work to the living.

What belongs here: heartbeats and the sweep. dbos alone takes up a dead process's work only when a
process with the same executor id comes back; ours have unique ids, so this room does it:

- every process writes a heartbeat each second, by the database's clock, never its own;
- one process at a time (a lease row) looks for PENDING workflows whose executor has no fresh
  heartbeat, counts an attempt for each, and puts them back on the queue through dbos' public API;
- a workflow that was put back ``ATTEMPTS`` times without completing one more step is parked:
  cancelled, and reported to the room that owns it, which says so on its run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import sqlalchemy as sa
import structlog
from dbos import DBOS
from sqlalchemy.exc import SQLAlchemyError

BEAT_SECONDS = 1.0
DEAD_AFTER_SECONDS = 5.0
ATTEMPTS = 20
_LEASE_SECONDS = 10.0

log = structlog.get_logger(__name__)
_metadata = sa.MetaData()
_BEATS = sa.Table(
    "sallyport_executors",
    _metadata,
    sa.Column("executor_id", sa.String(255), primary_key=True),
    sa.Column("beat", sa.Double, nullable=False),
)
_ATTEMPTS = sa.Table(
    "sallyport_attempts",
    _metadata,
    sa.Column("workflow_id", sa.String(255), primary_key=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("steps", sa.Integer, nullable=False),
)
_LEASE = sa.Table(
    "sallyport_reaper",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("owner", sa.String(255), nullable=False),
    sa.Column("until", sa.Double, nullable=False),
)


class Reaper:
    """The heartbeat thread of one process, and its share of reaping."""

    def __init__(
        self, url: str, executor_id: str, *, on_parked: Callable[[str], None], queue: str
    ) -> None:
        self._engine = sa.create_engine(
            url, connect_args={"timeout": 30} if url.startswith("sqlite") else {}
        )
        clock = (
            "(julianday('now') - 2440587.5) * 86400.0"
            if url.startswith("sqlite")
            else "extract(epoch from clock_timestamp())"
        )
        self._now: sa.ColumnElement[float] = sa.literal_column(clock, sa.Double)
        self._executor_id = executor_id
        self._on_parked = on_parked
        self._queue = queue
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sallyport-reaper", daemon=True)

    def prepare(self) -> None:
        """Make the tables and write the first heartbeat, before any work can carry our id."""
        try:
            _metadata.create_all(self._engine)
        except SQLAlchemyError:  # two processes made them at the same moment: theirs are as good
            _metadata.create_all(self._engine)
        self._beat()

    def start(self) -> None:
        """Begin to beat and to sweep."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and withdraw the heartbeat so that others need not wait for it to grow old."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        with self._engine.begin() as connection:
            connection.execute(_BEATS.delete().where(_BEATS.c.executor_id == self._executor_id))
            connection.execute(_LEASE.delete().where(_LEASE.c.owner == self._executor_id))
        self._engine.dispose()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._beat()
                if self._holds_lease():
                    self._sweep()
            except Exception:
                # the thread must outlive a database that restarts; the next beat tries again
                log.exception("reaper.failed")
            self._stop.wait(BEAT_SECONDS)

    def _beat(self) -> None:
        mine = _BEATS.c.executor_id == self._executor_id
        with self._engine.begin() as connection:
            if not connection.execute(_BEATS.update().where(mine).values(beat=self._now)).rowcount:
                connection.execute(
                    _BEATS.insert().values(executor_id=self._executor_id, beat=self._now)
                )

    def _holds_lease(self) -> bool:
        until = self._now + _LEASE_SECONDS
        free = sa.or_(_LEASE.c.owner == self._executor_id, _LEASE.c.until < self._now)
        with self._engine.begin() as connection:
            taken = connection.execute(
                _LEASE.update()
                .where(_LEASE.c.id == 1, free)
                .values(owner=self._executor_id, until=until)
            )
            if taken.rowcount:
                return True
            if connection.execute(sa.select(_LEASE.c.owner)).first() is not None:
                return False
        try:
            with self._engine.begin() as connection:
                connection.execute(
                    _LEASE.insert().values(id=1, owner=self._executor_id, until=until)
                )
        except SQLAlchemyError:  # another process was first
            return False
        return True

    def _sweep(self) -> None:
        pending = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        if not pending:
            return
        with self._engine.begin() as connection:
            alive = set(
                connection.execute(
                    sa.select(_BEATS.c.executor_id).where(
                        _BEATS.c.beat > self._now - DEAD_AFTER_SECONDS
                    )
                ).scalars()
            )
            connection.execute(_BEATS.delete().where(_BEATS.c.beat < self._now - 3600.0))
        for workflow in pending:
            if workflow.executor_id not in alive:
                self._take_up(workflow.workflow_id, workflow.executor_id)

    def _take_up(self, workflow_id: str, executor_id: str | None) -> None:
        steps = len(DBOS.list_workflow_steps(workflow_id))
        attempts = self._count_attempt(workflow_id, steps)
        if attempts > ATTEMPTS:
            log.error("workflow.parked", workflow_id=workflow_id, attempts=attempts - 1)
            DBOS.cancel_workflow(workflow_id)
            self._on_parked(workflow_id)
            return
        log.info("workflow.taken_up", workflow_id=workflow_id, dead=executor_id, attempt=attempts)
        DBOS.resume_workflows([workflow_id], queue_name=self._queue)

    def _count_attempt(self, workflow_id: str, steps: int) -> int:
        """Count one more attempt; completing a step since the last one starts the count anew."""
        mine = _ATTEMPTS.c.workflow_id == workflow_id
        with self._engine.begin() as connection:
            row = connection.execute(sa.select(_ATTEMPTS).where(mine)).first()
            attempts = 1 if row is None or row.steps < steps else row.attempts + 1
            connection.execute(_ATTEMPTS.delete().where(mine))
            connection.execute(
                _ATTEMPTS.insert().values(workflow_id=workflow_id, attempts=attempts, steps=steps)
            )
        return attempts
