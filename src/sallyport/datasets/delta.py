"""The lake as Delta tables in a folder of this machine, one subfolder a dataset.

What belongs here: what a commit contains, and the order of things around it. What does not: log
entries and locks (``deltalog.py``), Parquet (``parts.py``), rules of schemas (``schema.py``).

::

    <lake>/<dataset id>/_delta_log/00000000000000000007.json   one entry a version
    <lake>/<dataset id>/parts/<run id>/<part>-<random>.parquet  invisible until an entry names it
    <lake>/.locks/<dataset id>                                  serialises commits on this machine

A run's id is the ``appId`` of the entry's ``txn`` action and the entry's version its number, so the
table itself tells whether a run was committed, and where to find what it brought. The lock keeps
commit, discard and delete of one dataset apart; against writers elsewhere (a shared disk, another
Delta tool) an entry's version can be taken only once, and a commit that loses reads anew.

Any Delta reader can open these tables (protocol 1/2, no table features).
"""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.parquet as pq

from sallyport.datasets.actions import (
    Action,
    LiveFile,
    add,
    added,
    as_commit,
    creation,
    remove,
    write_of_run,
)
from sallyport.datasets.base import (
    Commit,
    DatasetState,
    Generation,
    Lake,
    Mode,
    StagedFile,
)
from sallyport.datasets.deltalog import DeltaLog, Snapshot, exclusive
from sallyport.datasets.parts import ParquetPart, sync_folder
from sallyport.datasets.schema import check_storable, grow
from sallyport.errors import Conflict, InvalidRequest, NotFound
from sallyport.kernel import Clock, SystemClock, epoch_ms

CHECKPOINT_EVERY = 20
KEEP_REPLACED = timedelta(days=7)
# No leading dot or underscore: Delta and Spark readers take such files for hidden ones.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class DeltaLake(Lake):
    """Datasets in a folder: ``url`` is a path or a ``file://`` URL; the folder is made when needed.

    Object storage is another class behind the same port: entries need a conditional put there
    instead of a link, and data files an upload instead of a sync.
    """

    def __init__(self, url: str, *, clock: Clock | None = None) -> None:
        self._root = _folder_of(url)
        self._clock = clock or SystemClock()

    def create(self, dataset_id: str, schema: pa.Schema, *, name: str) -> None:
        """Make an empty dataset (see ``Lake.create``)."""
        check_storable(schema)
        log = self._log(dataset_id)
        if log.exists():
            return
        now = epoch_ms(self._clock.now())
        # A taken version 0 means somebody else made it a moment ago, which is as good.
        log.add(0, creation(schema, table_id=str(uuid.uuid4()), name=name, now=now))

    def exists(self, dataset_id: str) -> bool:
        """Tell whether there is a dataset of that id."""
        return self._log(dataset_id).exists()

    def open_part(
        self, dataset_id: str, *, run_id: str, part: str, schema: pa.Schema
    ) -> ParquetPart:
        """Start a file of the run (see ``Lake.open_part``)."""
        self._existing(dataset_id)
        check_storable(schema)
        file = f"{_checked('part', part)}-{uuid.uuid4().hex[:12]}.parquet"
        path = f"parts/{_checked('run_id', run_id)}/{file}"
        return ParquetPart(self._folder(dataset_id), path, schema)

    def commit(
        self,
        dataset_id: str,
        *,
        run_id: str,
        files: Sequence[StagedFile],
        schema: pa.Schema,
        mode: Mode,
    ) -> Commit:
        """Make the run's files visible in one log entry (see ``Lake.commit``)."""
        _checked("run_id", run_id)
        with self._exclusive(dataset_id):
            log = self._existing(dataset_id)
            log.drop_drafts()
            snapshot = log.snapshot()
            if snapshot.version and snapshot.version % CHECKPOINT_EVERY == 0:
                log.checkpoint()
            while (done := snapshot.committed_at(run_id)) is None:
                self._check_staged(dataset_id, run_id, files, schema)
                kept = [file for file in files if file.rows]
                entry = self._entry(snapshot, run_id, kept, schema, mode)
                if log.add(snapshot.version + 1, entry):
                    return as_commit(entry, version=snapshot.version + 1, already_done=False)
                snapshot = log.snapshot()
            return as_commit(_entry_of(log, done), version=done, already_done=True)

    def discard(self, dataset_id: str, *, run_id: str) -> int:
        """Remove the run's uncommitted files; 0 also when there is no such dataset."""
        _checked("run_id", run_id)
        log = self._log(dataset_id)
        with self._exclusive(dataset_id):
            staged = self._folder(dataset_id) / "parts" / run_id
            if not log.exists() or not staged.is_dir():
                return 0
            done = log.snapshot().committed_at(run_id)
            kept = set() if done is None else {file.path for file in added(_entry_of(log, done))}
            doomed = [f for f in staged.iterdir() if f"parts/{run_id}/{f.name}" not in kept]
            for file in doomed:
                file.unlink()
            if not kept:
                staged.rmdir()
            sync_folder(staged if kept else staged.parent)
            return len(doomed)

    def rows_of(self, dataset_id: str, *, run_id: str) -> int | None:
        """Return the rows in the footers of the run's committed files; None before the commit.

        A file a later replace removed, and ``vacuum`` deleted, counts by its log entry.
        """
        log = self._existing(dataset_id)
        done = log.snapshot().committed_at(run_id)
        if done is None:
            return None
        files = added(_entry_of(log, done))
        folder = self._folder(dataset_id)
        return sum(
            _rows_in(folder / file.path) if (folder / file.path).exists() else file.rows or 0
            for file in files
        )

    def state(self, dataset_id: str) -> DatasetState:
        """Return version, size and schema of the newest version."""
        snapshot = self._existing(dataset_id).snapshot()
        files = snapshot.files()
        return DatasetState(
            version=snapshot.version,
            rows=sum(self._rows(dataset_id, file) for file in files),
            bytes=sum(file.bytes for file in files),
            schema=snapshot.schema,
            updated_at=snapshot.updated_at(),
        )

    def generations(self, dataset_id: str) -> list[Generation]:
        """Return the newest version's files by commit, oldest first."""
        stamped: dict[int, list[str]] = {}
        for file in self._existing(dataset_id).snapshot().files():
            stamped.setdefault(file.stamp, []).append(str(self._folder(dataset_id) / file.path))
        return [Generation(i, tuple(stamped[stamp])) for i, stamp in enumerate(sorted(stamped))]

    def delete(self, dataset_id: str) -> None:
        """Remove a dataset: it is gone at once (a rename), its files right after."""
        with self._exclusive(dataset_id):
            folder = self._folder(dataset_id)
            if folder.exists():
                folder.rename(self._root / f".deleted-{dataset_id}-{uuid.uuid4().hex[:12]}")
                sync_folder(self._root)
            for remains in self._root.glob(f".deleted-{dataset_id}-*"):
                shutil.rmtree(remains)

    def vacuum(self, dataset_id: str, *, keep: timedelta = KEEP_REPLACED) -> int:
        """Remove files a replace took out of the table longer than ``keep`` ago; return how many.

        Until then older versions can be read (Delta's time travel), and slow readers finish.
        """
        with self._exclusive(dataset_id):
            hours = int(keep.total_seconds() // 3600)
            return len(self._existing(dataset_id).vacuum(hours))

    def read(self, dataset_id: str) -> pads.Dataset:
        """Return the newest version for scanning, every stored row of every generation."""
        snapshot = self._existing(dataset_id).snapshot()
        folder = self._folder(dataset_id)
        paths = [str(folder / file.path) for file in snapshot.files()]
        if not paths:
            return pads.dataset(snapshot.schema.empty_table())
        return pads.dataset(paths, schema=snapshot.schema, format="parquet")

    def _entry(
        self,
        snapshot: Snapshot,
        run_id: str,
        files: Sequence[StagedFile],
        schema: pa.Schema,
        mode: Mode,
    ) -> list[Action]:
        """Return the one log entry that makes ``files`` part of the table after ``snapshot``."""
        live = snapshot.files()
        now = epoch_ms(self._clock.now())
        # Later commits have later stamps whatever the clock does: readers order generations by it.
        stamp = max([now, *(file.stamp + 1 for file in live)])
        grown, _ = grow(snapshot.schema, schema, replacing=mode == "replace" or not live)
        entry = write_of_run(run_id, version=snapshot.version + 1, mode=mode, now=now)
        if grown != snapshot.schema:
            entry.append(snapshot.metadata(grown))
        if mode == "replace":
            entry += [remove(file, now=now) for file in live]
        return entry + [add(file, stamp=stamp) for file in files]

    def _check_staged(
        self, dataset_id: str, run_id: str, files: Sequence[StagedFile], schema: pa.Schema
    ) -> None:
        """Refuse files that are gone, of another run, or not what their StagedFile says."""
        check_storable(schema)
        seen: set[str] = set()
        for file in files:
            if file.path in seen:
                raise _not_as_staged(file, "it is listed twice")
            seen.add(file.path)
            path = self._folder(dataset_id) / file.path
            if not file.path.startswith(f"parts/{run_id}/") or ".." in file.path:
                raise _not_as_staged(file, f"it is not a file of run {run_id}")
            if not path.exists():
                raise _not_as_staged(file, "it is not there")
            footer = pq.read_metadata(path)
            if (footer.num_rows, path.stat().st_size) != (file.rows, file.bytes):
                raise _not_as_staged(
                    file, f"it has {footer.num_rows} rows, {path.stat().st_size} bytes"
                )
            for field in footer.schema.to_arrow_schema():
                if field.name not in schema.names or schema.field(field.name).type != field.type:
                    raise _not_as_staged(
                        file, f"the commit's schema lacks its column {field.name} {field.type}"
                    )

    def _rows(self, dataset_id: str, file: LiveFile) -> int:
        """Return the rows of a live file; other Delta writers may not log the count."""
        if file.rows is not None:
            return file.rows
        return _rows_in(self._folder(dataset_id) / file.path)

    def _folder(self, dataset_id: str) -> Path:
        return self._root / _checked("dataset_id", dataset_id)

    def _log(self, dataset_id: str) -> DeltaLog:
        return DeltaLog(self._folder(dataset_id))

    def _existing(self, dataset_id: str) -> DeltaLog:
        log = self._log(dataset_id)
        if not log.exists():
            raise NotFound(
                f"There is no dataset {dataset_id}.",
                field="dataset_id",
                received=dataset_id,
                cure="Run the flow that fills it once, or name another dataset.",
            )
        return log

    def _exclusive(self, dataset_id: str) -> AbstractContextManager[None]:
        return exclusive(self._root / ".locks" / _checked("dataset_id", dataset_id))


def _folder_of(url: str) -> Path:
    """Return the folder a path or a file:// URL names."""
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path:
        return Path(unquote(parts.path))
    if "://" in url or not url.strip():
        raise InvalidRequest(
            "Datasets are kept in a folder of this machine; other places are not supported yet.",
            field="SALLYPORT_LAKE_URL",
            received=f"{parts.scheme}://…" if parts.scheme else url,
            cure="Give a path (/var/lib/sallyport/lake) or a file:///… URL.",
        )
    return Path(url).expanduser().absolute()


def _checked(field: str, name: str) -> str:
    """Return ``name`` when it is safe as the name of a file or folder."""
    if not _NAME.fullmatch(name):
        raise InvalidRequest(
            f"{field} must be a letter or digit, then up to 127 more, dots, dashes, underscores.",
            field=field,
            received=name[:200],
            cure="Use an identifier like 65f0c2a1e4b0a1b2c3d4e5f6.",
        )
    return name


def _entry_of(log: DeltaLog, version: int) -> list[Action]:
    """Return the entry a run was committed in."""
    entry = log.read(version)
    if entry is None:
        raise Conflict(
            f"Entry {version} of the Delta log is gone, so what the run committed cannot be told.",
            cure="Another Delta tool cleaned up the log: switch its log clean-up off.",
        )
    return entry


def _rows_in(path: Path) -> int:
    """Return the rows a Parquet file's footer counts."""
    return int(pq.read_metadata(path).num_rows)


def _not_as_staged(file: StagedFile, why: str) -> InvalidRequest:
    return InvalidRequest(
        f"Staged file {file.path} ({file.rows} rows, {file.bytes} bytes) cannot be committed: "
        f"{why}.",
        field="files",
        received=file.path,
        cure="Stage the run's parts again and commit what their writers returned.",
    )
