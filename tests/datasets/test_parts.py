"""The Parquet files runs leave, judged by pyarrow's own reader."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sallyport.datasets.parts import ROW_GROUP_BYTES, ROW_GROUP_ROWS, ParquetPart
from tests.datasets.accounts import ACCOUNT, account

ROWS = 100_000


def written(tmp_path: Path, batches: list[pa.RecordBatch]) -> pq.ParquetFile:
    with ParquetPart(tmp_path, "part.parquet", batches[0].schema) as part:
        for batch in batches:
            part.write(batch)
    staged = part.close()
    file = pq.ParquetFile(tmp_path / staged.path)
    assert staged.rows == file.metadata.num_rows == sum(batch.num_rows for batch in batches)
    assert staged.bytes == (tmp_path / staged.path).stat().st_size
    assert staged.stats == {"numRecords": staged.rows}
    return file


def accounts(rows: int) -> pa.RecordBatch:
    stages = ["Hot", "Warm", "Cold"]
    table = pa.table(
        {
            "Id": [f"001{n:012d}AAA" for n in range(rows)],
            "Name": [f"Account {n}" for n in range(rows)],
            "Rating": [stages[n % 3] for n in range(rows)],
        }
    )
    return table.combine_chunks().to_batches()[0]


def test_row_groups_have_a_bounded_number_of_rows(tmp_path: Path) -> None:
    whole = accounts(ROWS)
    small = [whole.slice(at, 700) for at in range(0, ROWS, 700)]
    for name, batches in (("small", small), ("one", [whole])):
        (tmp_path / name).mkdir()
        file = written(tmp_path / name, batches)
        sizes = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
        assert max(sizes) < 2 * ROW_GROUP_ROWS
        assert min(sizes[:-1]) >= ROW_GROUP_ROWS
        assert file.read().to_batches()[0].schema == whole.schema
        assert file.read().equals(pa.Table.from_batches([whole]))


def test_wide_rows_end_a_row_group_early(tmp_path: Path) -> None:
    row = account(1, name="x" * 131_072)
    batch = pa.RecordBatch.from_pylist([row] * 100, schema=ACCOUNT)
    file = written(tmp_path, [batch] * 6)
    assert file.num_row_groups == 2
    assert file.metadata.row_group(0).num_rows * 131_072 >= ROW_GROUP_BYTES


def test_only_repeating_texts_get_a_dictionary(tmp_path: Path) -> None:
    group = written(tmp_path, [accounts(ROWS)]).metadata.row_group(0)
    encodings = {
        group.column(n).path_in_schema: group.column(n).encodings for n in range(group.num_columns)
    }
    dictionary = {name for name, used in encodings.items() if "RLE_DICTIONARY" in used}
    assert dictionary == {"Rating"}


def test_statistics_are_kept_where_readers_filter(tmp_path: Path) -> None:
    batch = pa.RecordBatch.from_pylist([account(1)], schema=ACCOUNT)
    group = written(tmp_path, [batch]).metadata.row_group(0)
    kept = {
        group.column(n).path_in_schema
        for n in range(group.num_columns)
        if group.column(n).is_stats_set
    }
    assert kept == {"Id", "SystemModstamp"}


def test_arrow_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    batch = accounts(10_000)
    before = pa.total_allocated_bytes()
    most = 0
    with ParquetPart(tmp_path, "part.parquet", batch.schema) as part:
        for _ in range(100):
            part.write(batch)
            most = max(most, pa.total_allocated_bytes() - before)
    assert part.close().rows == 1_000_000
    assert most < 64 << 20
