"""What DeltaLake promises beyond the port, judged by deltalake and the files themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from sallyport.datasets.delta import CHECKPOINT_EVERY, DeltaLake
from sallyport.errors import BrokenInstallation, InvalidRequest
from tests.datasets.accounts import ACCOUNT, DATASET, account, land, stored


class HandClock:
    """A clock the test sets."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()


@pytest.fixture
def delta(tmp_path: Path) -> DeltaLake:
    lake = DeltaLake(str(tmp_path))
    lake.create(DATASET, ACCOUNT, name="Account")
    return lake


def test_any_delta_reader_opens_the_table(delta: DeltaLake, tmp_path: Path) -> None:
    land(delta, "run-1", [account(1), account(2)])
    land(delta, "run-2", [account(3)])
    table = DeltaTable(tmp_path / DATASET)
    assert (table.version(), table.metadata().name) == (2, "Account")
    assert pa.schema(table.schema().to_arrow()) == ACCOUNT
    rows = table.to_pyarrow_dataset().to_table().sort_by("Id")
    assert rows.to_pylist() == [account(1), account(2), account(3)]


def test_older_versions_stay_readable_until_they_are_vacuumed(
    delta: DeltaLake, tmp_path: Path
) -> None:
    land(delta, "run-1", [account(1)])
    land(delta, "run-2", [account(2)], mode="replace")
    before = DeltaTable(tmp_path / DATASET, version=1).to_pyarrow_dataset()
    assert before.to_table().to_pylist() == [account(1)]
    assert delta.vacuum(DATASET) == 0
    assert delta.vacuum(DATASET, keep=timedelta(0)) == 1
    assert stored(delta) == [account(2)]
    assert delta.rows_of(DATASET, run_id="run-1") == 1
    land(delta, "run-3", [account(3)])
    assert stored(delta) == [account(2), account(3)]


def test_a_run_is_remembered_beyond_a_checkpoint(delta: DeltaLake, tmp_path: Path) -> None:
    for number in range(CHECKPOINT_EVERY + 2):
        land(delta, f"run-{number}", [account(number)])
    assert list((tmp_path / DATASET / "_delta_log").glob("*.checkpoint.parquet"))
    again = land(delta, "run-0", [account(0)])
    assert again.already_done
    assert stored(delta) == [account(n) for n in range(CHECKPOINT_EVERY + 2)]


def test_generations_keep_their_order_when_the_clock_goes_back(tmp_path: Path) -> None:
    clock = HandClock(datetime(2026, 1, 2, tzinfo=UTC))
    lake = DeltaLake(str(tmp_path), clock=clock)
    lake.create(DATASET, ACCOUNT, name="Account")
    land(lake, "run-1", [account(1)])
    clock.moment = datetime(2026, 1, 1, tzinfo=UTC)
    land(lake, "run-2", [account(2)])
    first, second = lake.generations(DATASET)
    assert "/run-1/" in first.files[0]
    assert "/run-2/" in second.files[0]
    assert lake.state(DATASET).updated_at == clock.moment


def test_rows_another_delta_writer_added_are_there(delta: DeltaLake, tmp_path: Path) -> None:
    land(delta, "run-1", [account(1)])
    other = pa.Table.from_pylist([account(2)], schema=ACCOUNT)
    write_deltalake(tmp_path / DATASET, other, mode="append")
    land(delta, "run-2", [account(3)])
    assert stored(delta) == [account(1), account(2), account(3)]
    assert delta.state(DATASET).rows == 3


def test_a_table_with_features_we_cannot_read_is_refused(delta: DeltaLake, tmp_path: Path) -> None:
    DeltaTable(tmp_path / DATASET).alter.set_table_properties(
        {"delta.enableDeletionVectors": "true"}
    )
    with pytest.raises(BrokenInstallation, match="table features"):
        delta.state(DATASET)


def test_a_damaged_log_says_where_it_is(delta: DeltaLake, tmp_path: Path) -> None:
    land(delta, "run-1", [account(1)])
    entry = tmp_path / DATASET / "_delta_log" / f"{1:020d}.json"
    entry.write_text("not json\n")
    with pytest.raises(BrokenInstallation, match="_delta_log cannot be read"):
        delta.state(DATASET)


@pytest.mark.parametrize("place", ["s3://bucket/lake", "abfss://x@y/z", "file://host/lake", ""])
def test_places_that_are_no_folder_are_refused(place: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        DeltaLake(place)
    assert refused.value.field == "SALLYPORT_LAKE_URL"


def test_a_file_url_is_a_folder(tmp_path: Path) -> None:
    DeltaLake((tmp_path / "a lake").as_uri()).create(DATASET, ACCOUNT, name="Account")
    assert DeltaLake(str(tmp_path / "a lake")).exists(DATASET)


@pytest.mark.parametrize(
    "kind", [pa.time64("us"), pa.timestamp("ms", "UTC"), pa.timestamp("us"), pa.large_string()]
)
def test_a_type_delta_would_change_is_refused(delta: DeltaLake, kind: pa.DataType) -> None:
    with pytest.raises(InvalidRequest, match="Column At") as refused:
        delta.create("other", pa.schema([("At", kind)]), name="Other")
    assert refused.value.received == str(kind)
    assert not delta.exists("other")
