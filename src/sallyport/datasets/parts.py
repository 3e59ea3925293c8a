"""Writing one Parquet file of a run: row groups of bounded size, on disk before it counts.

What belongs here: Parquet options and fsync of data files. What does not: making files visible
(``delta.py``).
"""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sallyport.datasets.base import StagedFile
from sallyport.errors import Conflict, InvalidRequest

ROW_GROUP_ROWS = 32 * 1024
# 32k rows with a full 131,072-character text each would be 4 GB: a row group ends here at latest.
ROW_GROUP_BYTES = 32 * 1024 * 1024
# Statistics cost time on every column and help only where readers filter.
STATISTICS = ("Id", "SystemModstamp")
_SAMPLE_ROWS = 4096
_REPEATS_BELOW = 0.25


class ParquetPart:
    """A PartWriter (see ``base.PartWriter``) for a local Parquet file."""

    def __init__(self, root: Path, path: str, schema: pa.Schema) -> None:
        """``path`` is the new file's place, relative to the dataset's folder ``root``."""
        self._root = root
        self._path = path
        self._schema = schema
        self._file = root / path
        self._writer: pq.ParquetWriter | None = None
        self._held: list[pa.RecordBatch] = []
        self._held_rows = 0
        self._held_bytes = 0
        self._rows = 0
        self._staged: StagedFile | None = None

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows; a row group goes to disk as soon as it is full."""
        if not batch.schema.equals(self._schema, check_metadata=False):
            raise InvalidRequest(
                "The batch's columns are not those the part was opened with.",
                field="batch",
                received=_difference(batch.schema, self._schema),
                cure="Open the part with the schema of the rows it is to hold.",
            )
        for piece in _pieces(batch):
            self._held.append(piece)
            self._held_rows += piece.num_rows
            self._held_bytes += piece.nbytes
            if self._held_rows >= ROW_GROUP_ROWS or self._held_bytes >= ROW_GROUP_BYTES:
                self._flush()

    def close(self) -> StagedFile:
        """Write what is left, bring file and folder to disk, return the finished file."""
        if self._staged is None:
            self._flush()
            self._opened(self._schema.empty_table()).close()
            self._staged = StagedFile(
                path=self._path,
                rows=self._rows,
                bytes=self._bring_to_disk(),
                stats={"numRecords": self._rows},
            )
        return self._staged

    def _bring_to_disk(self) -> int:
        """Sync the file and the folders that lead to it; return its size in bytes."""
        try:
            sync_file(self._file)
            size = self._file.stat().st_size
            for folder in self._file.relative_to(self._root).parents:
                sync_folder(self._root / folder)
        except FileNotFoundError as error:
            raise Conflict(
                f"The staged file {self._path} was removed while it was written.",
                field="run_id",
                cure="The run was discarded meanwhile; start it again under a new run id.",
            ) from error
        return size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        elif self._staged is None:
            self._abandon()

    def _abandon(self) -> None:
        self._held.clear()
        try:
            if self._writer is not None:
                self._writer.close()
        finally:
            self._file.unlink(missing_ok=True)

    def _flush(self) -> None:
        if not self._held_rows:
            return
        table = pa.Table.from_batches(self._held, self._schema)
        self._opened(table).write_table(table, row_group_size=self._held_rows)
        self._rows += self._held_rows
        self._held, self._held_rows, self._held_bytes = [], 0, 0

    def _opened(self, sample: pa.Table) -> pq.ParquetWriter:
        """Return the writer, opened at the first row group so that its rows choose the encoding."""
        if self._writer is None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(
                self._file,
                self._schema,
                compression="zstd",
                compression_level=1,
                store_schema=False,
                use_dictionary=_repeating_columns(sample),
                write_statistics=[name for name in STATISTICS if name in self._schema.names],
            )
        return self._writer


def _pieces(batch: pa.RecordBatch) -> list[pa.RecordBatch]:
    """Cut a large batch, so that a row group stays below twice ``ROW_GROUP_ROWS``."""
    return [
        batch.slice(start, ROW_GROUP_ROWS) for start in range(0, batch.num_rows, ROW_GROUP_ROWS)
    ]


def _repeating_columns(sample: pa.Table) -> list[str]:
    """Return the text columns whose values repeat: only there does a dictionary pay.

    On unique columns (Id, Name, external keys) it costs time and makes the file larger.
    """
    head = sample.slice(0, _SAMPLE_ROWS)
    return [
        field.name
        for field in head.schema
        if pa.types.is_string(field.type)
        and pc.count_distinct(head[field.name]).as_py() <= head.num_rows * _REPEATS_BELOW
    ]


def _difference(got: pa.Schema, wanted: pa.Schema) -> str:
    """Say in one line which columns differ between two schemas."""
    texts = [f"{field.name} {field.type}" for field in got if field not in list(wanted)]
    texts += [f"no {field.name}" for field in wanted if field.name not in got.names]
    return ", ".join(texts) or "the same columns in another order"


def sync_file(path: Path) -> None:
    """Return when the file's content is on the disk."""
    _sync(path, os.O_RDONLY)


def sync_folder(path: Path) -> None:
    """Return when the folder's entries (names of new files, removals) are on the disk."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
