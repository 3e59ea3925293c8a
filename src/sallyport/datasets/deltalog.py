"""One dataset's Delta log in a folder of this machine: read a version, add the next one.

What belongs here: files of the log, snapshots, the lock. What does not: what stands in an entry
(``actions.py``) and when it is written (``delta.py``), data files (``parts.py``).

Entries are read by deltalake and written by hand. deltalake links an entry into the log before its
content is on disk, and puts new columns into a commit of their own; a power cut between the two
would leave an empty newest entry, which makes the table unreadable, or new columns without rows.
Here content comes first, then the name, and one entry holds schema, rows and the run's id.
"""

from __future__ import annotations

import fcntl
import json
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from sallyport.datasets.actions import Action, LiveFile, metadata, plain
from sallyport.datasets.parts import sync_file, sync_folder
from sallyport.errors import BrokenInstallation


class Snapshot:
    """A dataset as of one version."""

    def __init__(self, table: DeltaTable) -> None:
        self._table = table
        self.version: int = table.version()
        self.schema: pa.Schema = plain(pa.schema(table.schema().to_arrow()))

    def files(self) -> list[LiveFile]:
        """Return the version's data files, oldest commit first."""
        columns = ("path", "size_bytes", "num_records", "modification_time")
        actions = pa.table(self._table.get_add_actions(flatten=True))
        rows = zip(*(actions[name].to_pylist() for name in columns), strict=True)
        return sorted((LiveFile(*row) for row in rows), key=lambda file: (file.stamp, file.path))

    def committed_at(self, run_id: str) -> int | None:
        """Return the version in which the run was committed, None when it was not."""
        version: int | None = self._table.transaction_version(run_id)
        return version

    def updated_at(self) -> datetime:
        """Return when the version was written."""
        return datetime.fromtimestamp(self._table.history(1)[0]["timestamp"] / 1000, UTC)

    def metadata(self, schema: pa.Schema) -> Action:
        """Return the metaData action that keeps all but the schema."""
        held = self._table.metadata()
        return metadata(
            schema,
            table_id=str(held.id),
            name=held.name or "",
            created=held.created_time,
            configuration=held.configuration,
        )


class DeltaLog:
    """The log of the dataset in ``folder``; opening it does no IO."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "_delta_log"

    def exists(self) -> bool:
        """Tell whether there is a first entry, or a checkpoint in its place."""
        return self._entry(0).exists() or (self._log / "_last_checkpoint").exists()

    def snapshot(self) -> Snapshot:
        """Return the newest version. Raises BrokenInstallation when the log cannot be read."""
        try:
            table = DeltaTable(self._folder)
            protocol = table.protocol()
            if protocol.min_reader_version > 1 or protocol.min_writer_version > 2:
                raise BrokenInstallation(
                    f"Another tool switched on Delta table features in {self._folder}.",
                    received=f"reader {protocol.min_reader_version}, "
                    f"writer {protocol.min_writer_version}",
                    cure="Restore the version before, and leave the table's protocol at 1/2.",
                )
            return Snapshot(table)
        except DeltaError as error:
            raise BrokenInstallation(
                f"The Delta log in {self._log} cannot be read: {error}",
                cure="Restore the folder from a copy, or delete the dataset and read it again.",
            ) from error

    def read(self, version: int) -> list[Action] | None:
        """Return the actions of one entry, None when its file is not there (any more)."""
        try:
            lines = self._entry(version).read_text("utf-8").splitlines()
        except FileNotFoundError:
            return None
        return [json.loads(line) for line in lines if line]

    def add(self, version: int, actions: Sequence[Action]) -> bool:
        """Add an entry unless the version is taken; on True it has reached the disk.

        The order matters: content, then the name that makes it visible, then the folder that holds
        the name. A crash in between leaves the version before, or the whole new one.
        """
        self._log.mkdir(parents=True, exist_ok=True)
        draft = self._log / f".{uuid.uuid4().hex}.draft"
        draft.write_text("".join(json.dumps(action) + "\n" for action in actions), "utf-8")
        sync_file(draft)
        try:
            # A hard link is made or refused in one step, which a rename over a file is not.
            os.link(draft, self._entry(version))
        except FileExistsError:
            return False
        except PermissionError as error:
            raise BrokenInstallation(
                f"The disk under {self._folder} does not allow hard links.",
                cure="Set SALLYPORT_LAKE_URL to a folder on a disk that does (ext4, xfs, NFS, …).",
            ) from error
        finally:
            draft.unlink()
        for folder in (self._log, self._folder, self._folder.parent):
            sync_folder(folder)
        return True

    def checkpoint(self) -> None:
        """Sum up the log so far in one file, so that opening it stays quick."""
        DeltaTable(self._folder).create_checkpoint()
        for file in self._log.glob("*checkpoint*"):
            sync_file(file)
        sync_folder(self._log)

    def vacuum(self, hours: int) -> list[str]:
        """Remove files that left the table more than ``hours`` ago; return their paths."""
        removed: list[str] = DeltaTable(self._folder).vacuum(
            retention_hours=hours, dry_run=False, enforce_retention_duration=False
        )
        for entry in self._log.glob("*.json"):
            sync_file(entry)
        sync_folder(self._log)
        return removed

    def drop_drafts(self) -> None:
        """Remove drafts a killed process left; call it while holding the lock."""
        for draft in self._log.glob(".*.draft"):
            draft.unlink(missing_ok=True)

    def _entry(self, version: int) -> Path:
        return self._log / f"{version:020d}.json"


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Hold ``lock`` against every thread and process; the kernel frees it when its holder dies."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
