"""What every Lake promises (``sallyport.datasets.base``); a new adapter joins in conftest.py."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest

from sallyport.datasets.base import Lake, StagedFile
from sallyport.errors import Conflict, InvalidRequest, NotFound
from tests.datasets.accounts import ACCOUNT, DATASET, account, land, stage, stored


def test_a_new_dataset_is_empty_and_creating_it_again_changes_nothing(lake: Lake) -> None:
    land(lake, "run-1", [account(1)])
    lake.create(DATASET, pa.schema([("Other", pa.string())]), name="Other")
    assert stored(lake) == [account(1)]
    assert lake.state(DATASET).schema == ACCOUNT


def test_an_empty_dataset_can_be_read(lake: Lake) -> None:
    state = lake.state(DATASET)
    assert (state.rows, state.bytes, state.schema) == (0, 0, ACCOUNT)
    assert lake.read(DATASET).to_table().schema == ACCOUNT
    assert list(lake.generations(DATASET)) == []


def test_staged_rows_are_invisible_until_the_commit(lake: Lake) -> None:
    files = [stage(lake, "run-1", [account(n)], part=f"{n:04d}") for n in range(3)]
    assert stored(lake) == []
    assert lake.rows_of(DATASET, run_id="run-1") is None
    done = lake.commit(DATASET, run_id="run-1", files=files, schema=ACCOUNT, mode="append")
    assert (done.rows, done.files, done.already_done) == (3, 3, False)
    assert done.bytes == sum(file.bytes for file in files)
    assert stored(lake) == [account(n) for n in range(3)]
    assert lake.rows_of(DATASET, run_id="run-1") == 3


def test_a_staged_file_survives_being_written_down(lake: Lake) -> None:
    staged = stage(lake, "run-1", [account(1)])
    again = StagedFile.from_json(json.loads(json.dumps(staged.to_json())))
    assert again == staged
    lake.commit(DATASET, run_id="run-1", files=[again], schema=ACCOUNT, mode="append")
    assert stored(lake) == [account(1)]


def test_a_run_is_committed_once_however_often_it_is_asked(
    new_lake: Callable[[], Lake], lake: Lake
) -> None:
    files = [stage(lake, "run-1", [account(1), account(2)])]
    first = lake.commit(DATASET, run_id="run-1", files=files, schema=ACCOUNT, mode="append")
    again = new_lake().commit(DATASET, run_id="run-1", files=files, schema=ACCOUNT, mode="append")
    assert (again.already_done, again.version, again.rows, again.files, again.bytes) == (
        True,
        first.version,
        first.rows,
        first.files,
        first.bytes,
    )
    assert lake.state(DATASET).rows == 2


def test_a_run_is_known_as_committed_after_its_rows_were_replaced(lake: Lake) -> None:
    files = [stage(lake, "run-1", [account(1)])]
    lake.commit(DATASET, run_id="run-1", files=files, schema=ACCOUNT, mode="append")
    land(lake, "run-2", [account(2)], mode="replace")
    assert lake.rows_of(DATASET, run_id="run-1") == 1
    again = lake.commit(DATASET, run_id="run-1", files=files, schema=ACCOUNT, mode="append")
    assert again.already_done
    assert stored(lake) == [account(2)]


def test_append_adds_and_replace_takes_the_place(lake: Lake) -> None:
    land(lake, "run-1", [account(1)])
    land(lake, "run-2", [account(2)])
    assert stored(lake) == [account(1), account(2)]
    land(lake, "run-3", [account(3)], mode="replace")
    assert stored(lake) == [account(3)]


def test_generations_come_in_the_order_of_their_commits(lake: Lake) -> None:
    for number in range(12):
        land(lake, f"run-{number}", [account(number)])
    generations = lake.generations(DATASET)
    assert [generation.order for generation in generations] == list(range(12))
    assert [f"/run-{n}/" in held.files[0] for n, held in enumerate(generations)] == [True] * 12
    land(lake, "run-all", [account(0)], mode="replace")
    assert [generation.order for generation in lake.generations(DATASET)] == [0]


def test_a_run_without_rows_is_a_commit(lake: Lake) -> None:
    land(lake, "run-1", [account(1)])
    none = lake.commit(DATASET, run_id="run-2", files=[], schema=ACCOUNT, mode="append")
    assert (none.rows, none.files, lake.rows_of(DATASET, run_id="run-2")) == (0, 0, 0)
    assert stored(lake) == [account(1)]
    empty = stage(lake, "run-3", [])
    assert empty.rows == 0
    lake.commit(DATASET, run_id="run-3", files=[empty], schema=ACCOUNT, mode="replace")
    assert stored(lake) == []
    assert lake.rows_of(DATASET, run_id="run-3") == 0


def test_a_new_column_arrives_with_the_rows_that_have_it(lake: Lake) -> None:
    land(lake, "run-1", [account(1)])
    wider = ACCOUNT.append(pa.field("Site", pa.string()))
    land(lake, "run-2", [account(2) | {"Site": "https://example.com"}], schema=wider)
    assert stored(lake) == [
        account(1) | {"Site": None},
        account(2) | {"Site": "https://example.com"},
    ]


def test_a_column_that_is_gone_stays_and_is_null(lake: Lake) -> None:
    land(lake, "run-1", [account(1)])
    narrower = pa.schema([field for field in ACCOUNT if field.name != "Name"])
    row = {name: value for name, value in account(2).items() if name != "Name"}
    land(lake, "run-2", [row], schema=narrower, mode="replace")
    assert lake.state(DATASET).schema == ACCOUNT
    assert lake.read(DATASET).to_table().to_pylist() == [account(2) | {"Name": None}]


def test_a_retyped_column_is_refused_on_append_and_taken_over_by_a_replace(lake: Lake) -> None:
    land(lake, "run-1", [account(1)])
    place = ACCOUNT.get_field_index("Size__c")
    retyped = ACCOUNT.set(place, pa.field("Size__c", pa.string()))
    row = account(2) | {"Size__c": "large"}
    with pytest.raises(Conflict, match=r"Size__c is stored as int32 .* string") as refused:
        land(lake, "run-2", [row], schema=retyped)
    assert refused.value.field == "Size__c"
    assert refused.value.cure is not None
    assert "replacing" in refused.value.cure
    assert stored(lake) == [account(1)]
    land(lake, "run-3", [row], schema=retyped, mode="replace")
    assert stored(lake) == [row]


def test_discard_removes_what_was_never_committed(lake: Lake) -> None:
    abandoned = stage(lake, "run-1", [account(1)])
    assert lake.discard(DATASET, run_id="run-1") == 1
    assert lake.discard(DATASET, run_id="run-1") == 0
    with pytest.raises(InvalidRequest, match="it is not there"):
        lake.commit(DATASET, run_id="run-1", files=[abandoned], schema=ACCOUNT, mode="append")


def test_discard_keeps_the_committed_files_of_a_run(lake: Lake) -> None:
    stage(lake, "run-1", [account(1)])  # a first try of the step, which crashed afterwards
    land(lake, "run-1", [account(1)])
    assert lake.discard(DATASET, run_id="run-1") == 1
    assert stored(lake) == [account(1)]


def test_a_part_left_by_an_exception_is_removed(lake: Lake) -> None:
    def cut_short() -> None:
        with lake.open_part(DATASET, run_id="run-1", part="0001", schema=ACCOUNT) as writer:
            rows = [account(row) for row in range(33_000)]
            writer.write(pa.RecordBatch.from_pylist(rows, schema=ACCOUNT))
            raise RuntimeError("cut")

    with pytest.raises(RuntimeError, match="cut"):
        cut_short()
    assert lake.discard(DATASET, run_id="run-1") == 0


def test_a_part_discarded_while_it_was_written_says_so(lake: Lake) -> None:
    writer = lake.open_part(DATASET, run_id="run-1", part="0001", schema=ACCOUNT)
    rows = [account(row) for row in range(33_000)]
    writer.write(pa.RecordBatch.from_pylist(rows, schema=ACCOUNT))
    assert lake.discard(DATASET, run_id="run-1") == 1
    with pytest.raises(Conflict, match="removed while it was written"):
        writer.close()


def test_a_batch_of_other_columns_is_refused(lake: Lake) -> None:
    with (
        pytest.raises(InvalidRequest, match="columns are not those") as refused,
        lake.open_part(DATASET, run_id="run-1", part="0001", schema=ACCOUNT) as writer,
    ):
        writer.write(pa.RecordBatch.from_pylist([{"Id": 1}]))
    assert refused.value.received == "Id int64, no Name, no Size__c, no SystemModstamp"


def test_files_that_are_not_what_they_say_are_refused(lake: Lake) -> None:
    staged = stage(lake, "run-1", [account(1)])
    wrong = StagedFile(staged.path, 2, staged.bytes, {"numRecords": 2})
    with pytest.raises(InvalidRequest, match="it has 1 rows"):
        lake.commit(DATASET, run_id="run-1", files=[wrong], schema=ACCOUNT, mode="append")
    with pytest.raises(InvalidRequest, match="not a file of run run-2"):
        lake.commit(DATASET, run_id="run-2", files=[staged], schema=ACCOUNT, mode="append")
    with pytest.raises(InvalidRequest, match="listed twice"):
        lake.commit(DATASET, run_id="run-1", files=[staged, staged], schema=ACCOUNT, mode="append")
    narrow = pa.schema([("Id", pa.string())])
    with pytest.raises(InvalidRequest, match="lacks its column Name string"):
        lake.commit(DATASET, run_id="run-1", files=[staged], schema=narrow, mode="append")
    assert stored(lake) == []


def test_a_dataset_that_is_not_there_is_named(lake: Lake) -> None:
    missing = "000000000000000000000000"
    assert not lake.exists(missing)
    for ask in (
        lambda: lake.state(missing),
        lambda: lake.read(missing),
        lambda: lake.generations(missing),
        lambda: lake.rows_of(missing, run_id="run-1"),
        lambda: lake.open_part(missing, run_id="run-1", part="1", schema=ACCOUNT),
        lambda: lake.commit(missing, run_id="run-1", files=[], schema=ACCOUNT, mode="append"),
    ):
        with pytest.raises(NotFound, match=missing):
            ask()
    assert lake.discard(missing, run_id="run-1") == 0
    assert not lake.exists(missing)


def test_a_deleted_dataset_is_gone_and_its_id_is_free(lake: Lake) -> None:
    land(lake, "run-1", [account(1)])
    lake.delete(DATASET)
    lake.delete(DATASET)
    assert not lake.exists(DATASET)
    lake.create(DATASET, ACCOUNT, name="Account")
    assert stored(lake) == []
    assert lake.rows_of(DATASET, run_id="run-1") is None


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "_hidden", "a b", "x" * 129])
def test_names_that_are_no_file_names_are_refused(lake: Lake, name: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        lake.open_part(DATASET, run_id=name, part="1", schema=ACCOUNT)
    assert refused.value.field == "run_id"
    with pytest.raises(InvalidRequest) as refused:
        lake.state(name)
    assert refused.value.field == "dataset_id"


def test_threads_that_commit_the_same_run_commit_it_once(
    new_lake: Callable[[], Lake], lake: Lake
) -> None:
    files = [stage(lake, "run-1", [account(1)])]

    def commit(_: int) -> bool:
        done = new_lake().commit(
            DATASET, run_id="run-1", files=files, schema=ACCOUNT, mode="append"
        )
        return done.already_done

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(commit, range(16)))
    assert answers.count(False) == 1
    assert stored(lake) == [account(1)]


def test_threads_that_commit_different_runs_lose_none(
    new_lake: Callable[[], Lake], lake: Lake
) -> None:
    with ThreadPoolExecutor(8) as pool:
        commits = list(pool.map(lambda n: land(new_lake(), f"run-{n}", [account(n)]), range(24)))
    assert sorted(commit.version for commit in commits) == list(range(1, 25))
    assert stored(lake) == [account(n) for n in range(24)]


def test_a_reader_keeps_the_version_it_opened(lake: Lake) -> None:
    land(lake, "run-1", [account(1)])
    before = lake.read(DATASET)
    land(lake, "run-2", [account(2)], mode="replace")
    assert before.to_table().to_pylist() == [account(1)]
