"""The port of the lake: what a store of datasets must do, and what callers may rely on.

What belongs here: the protocol, its promises and the small values that cross it. What does not:
file formats (``parts.py``), the Delta log (``deltalog.py``), a particular store (``delta.py``).

A dataset is a table with a name, a schema and versions. A *run* writes *parts* (files nobody can
see), then makes all of them visible at once. Whoever implements ``Lake`` promises:

atomic
    ``commit`` is all or nothing: a reader, in this process or another one, sees the rows of a run
    and its schema together or not at all. With ``replace`` the old rows go in the same step.
idempotent
    ``create``, ``commit``, ``discard`` and ``delete`` may be repeated after a crash at any moment.
    A run is committed at most once: a second ``commit`` with its ``run_id`` changes nothing and
    answers ``already_done``, also when two processes try it at the same time.
durable
    When ``PartWriter.close`` returns, that file survives a power cut; when ``commit`` returns, the
    version does. ``kill -9`` at any moment leaves the last committed version readable, and at worst
    files of the unfinished run, which ``discard`` removes.
concurrent
    Any number of threads and processes may read, stage and commit at the same time. Commits to one
    dataset are ordered one after the other; readers are never blocked and keep the version they
    opened for as long as the store keeps replaced files (``DeltaLake.vacuum``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Protocol, Self

import pyarrow as pa
import pyarrow.dataset as pads

Mode = Literal["replace", "append"]


@dataclass(frozen=True)
class StagedFile:
    """One finished, invisible file of a run; plain data, so that a durable step can return it."""

    path: str
    """Relative to the dataset."""
    rows: int
    bytes: int
    stats: Mapping[str, Any]
    """What the store records about the file at commit (for Delta: ``numRecords``)."""

    def to_json(self) -> dict[str, Any]:
        """Return the value as JSON-able data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StagedFile:
        """Return the value ``to_json`` described."""
        return cls(
            path=str(data["path"]),
            rows=int(data["rows"]),
            bytes=int(data["bytes"]),
            stats=dict(data["stats"]),
        )


@dataclass(frozen=True)
class Commit:
    """What a commit made visible; ``already_done`` when an earlier call had done it."""

    version: int
    rows: int
    files: int
    bytes: int
    already_done: bool


@dataclass(frozen=True)
class DatasetState:
    """A dataset as of its newest version.

    ``rows`` and ``bytes`` count what is stored, so rows that a later append replaced count too;
    ``views.query`` shows each Id once.
    """

    version: int
    rows: int
    bytes: int
    schema: pa.Schema
    updated_at: datetime


@dataclass(frozen=True)
class Generation:
    """The files one commit left in the dataset; later generations hold newer rows.

    ``files`` are absolute paths or URLs a Parquet reader can open.
    """

    order: int
    files: tuple[str, ...]


class PartWriter(Protocol):
    """Writes one part of a run; leaving its ``with`` block by an exception removes the file.

    One thread at a time; several writers of one run may work side by side.
    """

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows. Memory stays bounded by one row group, whatever is written.

        Raises InvalidRequest when the batch's columns are not those the part was opened with.
        """
        ...

    def close(self) -> StagedFile:
        """Finish the file and return it; calling it again returns the same."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Lake(Protocol):
    """A store of datasets; see the module's docstring for what every method promises.

    Every method that takes an existing dataset raises NotFound when there is none of that id.
    """

    def create(self, dataset_id: str, schema: pa.Schema, *, name: str) -> None:
        """Make an empty dataset; leaves an existing one of that id as it is.

        Raises InvalidRequest for a type the store cannot hold.
        """
        ...

    def exists(self, dataset_id: str) -> bool:
        """Tell whether there is a dataset of that id."""
        ...

    def open_part(
        self, dataset_id: str, *, run_id: str, part: str, schema: pa.Schema
    ) -> PartWriter:
        """Start a file of the run. Opening the same part again starts another file."""
        ...

    def commit(
        self,
        dataset_id: str,
        *,
        run_id: str,
        files: Sequence[StagedFile],
        schema: pa.Schema,
        mode: Mode,
    ) -> Commit:
        """Make the run's files visible, beside the rows there are or in their place.

        ``schema`` is that of the run's rows; the dataset's grows to it by the rules of
        ``schema.grow``. No files is a commit too: it records that the run had no rows.

        Raises Conflict when the schema cannot grow, InvalidRequest when a staged file is missing
        or is not what its StagedFile says.
        """
        ...

    def discard(self, dataset_id: str, *, run_id: str) -> int:
        """Remove the run's files that were never committed; return how many there were."""
        ...

    def rows_of(self, dataset_id: str, *, run_id: str) -> int | None:
        """Return the rows the run committed, counted from the stored files; None before that."""
        ...

    def state(self, dataset_id: str) -> DatasetState:
        """Return version, size and schema of the newest version."""
        ...

    def generations(self, dataset_id: str) -> Sequence[Generation]:
        """Return the newest version's files by commit, oldest first."""
        ...

    def delete(self, dataset_id: str) -> None:
        """Remove a dataset with all its files; no error when there is none."""
        ...

    def read(self, dataset_id: str) -> pads.Dataset:
        """Return the newest version for scanning, every stored row of every generation."""
        ...
