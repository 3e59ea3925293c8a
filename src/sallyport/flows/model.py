"""Flows, runs and what they are made of, as typed views of stored records; the run state table.

What belongs here: shapes and allowed moves. What does not: storing (``service``, ``catalog``,
``runs``), moving rows (``pull``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sallyport.kernel import LifeCycle
from sallyport.store import Record, Scope


class RunState(StrEnum):
    """Where a run stands; each comment says who moves it on and when."""

    QUEUED = "queued"  # accepted; a process with room takes it up
    RUNNING = "running"  # a process works on it, or died and another will take it up
    SUCCESS = "success"  # every row counted at the source is landed; nobody moves it on
    INCOMPLETE = "incomplete"  # landed, but not as many as the source counts; run it again
    FAILED = "failed"  # ended early, nothing landed; error says why; run it again


LIFE: Final = LifeCycle(
    "a run",
    {
        RunState.QUEUED: frozenset({RunState.RUNNING, RunState.FAILED}),
        RunState.RUNNING: frozenset({RunState.SUCCESS, RunState.INCOMPLETE, RunState.FAILED}),
        RunState.SUCCESS: frozenset(),
        RunState.INCOMPLETE: frozenset(),
        RunState.FAILED: frozenset(),
    },
)
ENDED: Final = LIFE.ended


class FlowState(StrEnum):
    """Where a flow stands."""

    ENABLED = "enabled"  # may run; made so


@dataclass(frozen=True, slots=True)
class View:
    """What every typed view has: the record behind it."""

    record: Record

    @property
    def id(self) -> str:
        """Identifier."""
        return self.record.id

    @property
    def name(self) -> str:
        """Name for people."""
        return self.record.name

    @property
    def scope(self) -> Scope:
        """The tenant it belongs to."""
        return self.record.scope

    @property
    def body(self) -> Mapping[str, Any]:
        """The stored details."""
        return self.record.body


class Schema(View):
    """A schema of the target platform. Body: ``uri`` (its ``$id``) and ``document`` as posted."""

    @property
    def uri(self) -> str:
        """The schema's ``$id``."""
        return str(self.body["uri"])


class Dataset(View):
    """A dataset. Body: ``schema`` (uri); ``object`` and ``connection`` once a flow fills it."""

    @property
    def schema_uri(self) -> str:
        """``$id`` of its schema."""
        return str(self.body["schema"])


class MappingSet(View):
    """Which column becomes which. Body: ``pairs``, ``schema`` (uri), ``version`` (counted)."""

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """(source column, dataset column) in order."""
        return [(source, destination) for source, destination in self.body["pairs"]]


class Source(View):
    """What is read: an object of a connection. Parent: the connection."""

    @property
    def connection_id(self) -> str:
        """The connection it reads through."""
        return str(self.body["connection_id"])

    @property
    def object(self) -> str:
        """API name of the Salesforce object."""
        return str(self.body["object"])

    @property
    def columns(self) -> list[str] | None:
        """Columns to read; None: all that the user may see."""
        columns = self.body.get("columns")
        return None if columns is None else list(columns)


class Target(View):
    """Where rows land: a dataset. Parent: the dataset."""

    @property
    def dataset_id(self) -> str:
        """The dataset."""
        return str(self.body["dataset_id"])


class Flow(View):
    """Source, mapping and target put together. Parent: the source."""

    @property
    def source_id(self) -> str:
        """Its source connection."""
        return str(self.body["source_id"])

    @property
    def target_id(self) -> str:
        """Its target connection."""
        return str(self.body["target_id"])

    @property
    def mapping_id(self) -> str | None:
        """Its mapping set, if any; without one every column keeps its name."""
        mapping = self.body.get("mapping_id")
        return None if mapping is None else str(mapping)


class Run(View):
    """One execution of a flow. Parent: the flow.

    Body: ``request`` {"condition", "group", "not_before" (seconds since 1970), "params"},
    ``object``, ``progress`` {"stage", "rows", "total"},
    ``as_of`` (the upper bound, ISO 8601), ``proof`` {"source_rows", "landed_rows", "proven"},
    ``figures`` {"started", "copied", "completed" (ms), "bytes_read", "bytes_written", "files",
    "rows_read"}, ``error`` {"code", "message"} | None.
    """

    @property
    def state(self) -> RunState:
        """Where it stands."""
        return RunState(self.record.state)

    @property
    def flow_id(self) -> str:
        """The flow it executes."""
        return str(self.body["flow_id"])

    @property
    def object(self) -> str:
        """API name of the Salesforce object."""
        return str(self.body["object"])

    @property
    def group(self) -> str | None:
        """Id shared by the runs of one ``sync`` of several objects."""
        group = self.body["request"].get("group")
        return None if group is None else str(group)

    @property
    def condition(self) -> str | None:
        """SOQL condition of this run, if it reads a part only."""
        condition = self.body["request"].get("condition")
        return None if condition is None else str(condition)

    @property
    def not_before(self) -> int | None:
        """When it may begin, in seconds since 1970; None: at once."""
        moment = self.body["request"].get("not_before")
        return None if moment is None else int(moment)

    @property
    def source_rows(self) -> int | None:
        """Rows counted at the source as of the upper bound; None until counted."""
        return _count(self.body, "source_rows")

    @property
    def landed_rows(self) -> int | None:
        """Rows of this run found in the dataset; None until counted."""
        return _count(self.body, "landed_rows")

    @property
    def proven(self) -> bool:
        """Whether both counts are known and equal."""
        return bool((self.body.get("proof") or {}).get("proven"))

    @property
    def error(self) -> Mapping[str, Any] | None:
        """``{"code", "message"}`` of what went wrong, if anything did."""
        return self.body.get("error")


def _count(body: Mapping[str, Any], name: str) -> int | None:
    value = (body.get("proof") or {}).get(name)
    return None if value is None else int(value)
