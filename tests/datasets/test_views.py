"""Read-only SQL over datasets; what is expected is worked out in Python from the rows written."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from sallyport.datasets.base import Lake
from sallyport.datasets.delta import DeltaLake
from sallyport.datasets.views import query
from sallyport.errors import InvalidRequest, NotFound
from tests.datasets.accounts import ACCOUNT, DATASET, account, land

TABLES = {"Account": DATASET}


def ask(lake: Lake, sql: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = query(lake, TABLES, sql).to_pylist()
    return rows


def test_a_table_is_called_as_its_object_in_any_letter_case(lake: Lake) -> None:
    land(lake, "run-1", [account(1), account(2)])
    for name in ("Account", "account", '"ACCOUNT"'):
        assert ask(lake, f"SELECT count(*) AS n FROM {name}") == [{"n": 2}]
    assert ask(lake, "FROM Account ORDER BY Id") == [account(1), account(2)]
    assert ask(lake, "WITH a AS (FROM Account) SELECT max(Size__c) AS n FROM a") == [{"n": 2}]


def test_types_come_back_as_they_were_written(lake: Lake) -> None:
    land(lake, "run-1", [account(1)])
    assert query(lake, TABLES, "FROM Account").schema == ACCOUNT


def test_folders_above_the_lake_add_no_columns(tmp_path: Path) -> None:
    lake = DeltaLake(str(tmp_path / "env=prod" / "lake"))
    lake.create(DATASET, ACCOUNT, name="Account")
    land(lake, "run-1", [account(1)])
    assert ask(lake, "FROM Account") == [account(1)]


def test_a_dataset_nothing_has_landed_in_stands_in_nobodys_way(lake: Lake) -> None:
    land(lake, "run-1", [account(1)])
    tables = {**TABLES, "Attachment": "f17a10760f84f17a10760f84"}
    assert query(lake, tables, "SELECT 1 AS x").to_pylist() == [{"x": 1}]
    assert query(lake, tables, "SHOW TABLES").to_pylist() == [{"name": "Account"}]
    with pytest.raises(NotFound, match="Nothing has landed in Attachment yet") as refused:
        query(lake, tables, "SELECT * FROM Attachment")
    assert (refused.value.field, refused.value.received) == ("sql", "Attachment")
    assert refused.value.cure == "Tables: Account."


def test_an_empty_dataset_has_columns_and_no_rows(lake: Lake) -> None:
    assert query(lake, TABLES, "FROM Account").schema == ACCOUNT
    assert ask(lake, "SELECT count(*) AS n FROM Account") == [{"n": 0}]


def test_the_newest_row_of_each_id_is_shown(lake: Lake) -> None:
    land(lake, "run-1", [account(n, "first") for n in range(5)])
    land(lake, "run-2", [account(1, "second", day=2), account(2, "same stamp"), account(9, "new")])
    land(lake, "run-3", [account(1, "read late, older", day=1)])
    assert lake.state(DATASET).rows == 9
    assert ask(lake, "SELECT Id, Name FROM Account ORDER BY Id") == [
        {"Id": account(0)["Id"], "Name": "first"},
        {"Id": account(1)["Id"], "Name": "second"},
        {"Id": account(2)["Id"], "Name": "same stamp"},
        {"Id": account(3)["Id"], "Name": "first"},
        {"Id": account(4)["Id"], "Name": "first"},
        {"Id": account(9)["Id"], "Name": "new"},
    ]


def test_the_last_commit_wins_where_nothing_else_tells(lake: Lake) -> None:
    """Twelve generations: ten come before two in the order of names, not of commits."""
    schema = pa.schema([("Id", pa.string()), ("Name", pa.string())])
    lake.create("plain", schema, name="Plain")
    for number in range(12):
        with lake.open_part("plain", run_id=f"run-{number}", part="1", schema=schema) as part:
            part.write(pa.record_batch({"Id": ["a"], "Name": [f"{number}"]}, schema=schema))
        lake.commit(
            "plain", run_id=f"run-{number}", files=[part.close()], schema=schema, mode="append"
        )
    got = query(lake, {"Plain": "plain"}, "FROM Plain").to_pylist()
    assert got == [{"Id": "a", "Name": "11"}]


def test_rows_without_an_id_are_all_shown(lake: Lake) -> None:
    nameless = account(1) | {"Id": None}
    land(lake, "run-1", [nameless, nameless])
    land(lake, "run-2", [nameless])
    assert ask(lake, "SELECT count(*) AS n FROM Account") == [{"n": 3}]


def test_a_dataset_with_one_generation_is_shown_as_it_is(lake: Lake) -> None:
    land(lake, "run-1", [account(5)])
    land(lake, "run-2", [account(1), account(1)], mode="replace")
    assert ask(lake, "SELECT count(*) AS n FROM Account") == [{"n": 2}]


def test_columns_that_came_or_went_are_null_where_they_were_not(lake: Lake) -> None:
    land(lake, "run-1", [account(1)])
    wider = ACCOUNT.append(pa.field("Site", pa.string()))
    land(lake, "run-2", [account(2) | {"Site": "x"}], schema=wider)
    assert ask(lake, "SELECT Site FROM Account ORDER BY Id") == [{"Site": None}, {"Site": "x"}]
    land(lake, "run-3", [account(3)], mode="replace")
    assert query(lake, TABLES, "SELECT Site FROM Account").to_pylist() == [{"Site": None}]
    assert query(lake, TABLES, "FROM Account").schema == wider


def test_values_are_stored_and_shown_without_loss(lake: Lake) -> None:
    name = 'O\'Neil \0 "한🚀"\r\n'
    row = account(1, name) | {"SystemModstamp": datetime(1700, 1, 1, 0, 0, 0, 1000, UTC)}
    land(lake, "run-1", [row])
    assert ask(lake, "FROM Account") == [row]


def test_describe_and_show_tell_what_there_is(lake: Lake) -> None:
    assert ask(lake, "SHOW TABLES") == [{"name": "Account"}]
    described = ask(lake, "DESCRIBE Account")
    assert [row["column_name"] for row in described] == ACCOUNT.names


def test_no_more_rows_are_fetched_than_asked_for(lake: Lake) -> None:
    land(lake, "run-1", [account(n) for n in range(10)])
    few = query(lake, TABLES, "FROM Account ORDER BY Id", limit_rows=3)
    assert few.to_pylist() == [account(0), account(1), account(2)]
    assert query(lake, TABLES, "FROM Account", limit_rows=0).num_rows == 0


def test_an_unknown_table_names_those_there_are(lake: Lake) -> None:
    with pytest.raises(NotFound, match="no table Acount") as refused:
        ask(lake, "SELECT * FROM Acount")
    assert refused.value.cure == "Tables: Account."


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELEC 1", "LINE 1: SELEC 1\n        ^^^^^"),
        ("SELECT Id,\n Nmae FROM Account", "LINE 2:  Nmae FROM Account\n         ^^^^"),
        ("SELECT nofn(Id) FROM Account", "nofn"),
        ("SELECT 'x'::INTEGER FROM Account", "Could not convert string 'x'"),
    ],
)
def test_wrong_sql_is_told_in_duckdbs_words_with_the_place(
    lake: Lake, sql: str, words: str
) -> None:
    land(lake, "run-1", [account(1)])
    with pytest.raises(InvalidRequest) as refused:
        ask(lake, sql)
    assert words in refused.value.message
    assert refused.value.field == "sql"


def test_an_object_named_like_a_word_of_sql_needs_quotes(lake: Lake) -> None:
    with pytest.raises(InvalidRequest) as refused:
        query(lake, {"Order": DATASET}, "SELECT * FROM Order")
    assert refused.value.cure == 'Order is a word of SQL: write "Order" in double quotes.'
    assert query(lake, {"Order": DATASET}, 'SELECT * FROM "Order"').num_rows == 0


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "SELECT 1; SELECT 2",
        "DROP VIEW Account",
        "CREATE TABLE x (a INTEGER)",
        "INSERT INTO Account VALUES (1)",
        "COPY (SELECT 1) TO '/tmp/out.csv'",
        "ATTACH '/tmp/x.db'",
        "SET memory_limit = '10GB'",
        "PRAGMA database_list",
        "CALL pragma_version()",
        "INSTALL httpfs",
        "EXPORT DATABASE '/tmp/x'",
    ],
)
def test_only_one_reading_statement_is_allowed(lake: Lake, sql: str) -> None:
    with pytest.raises(InvalidRequest, match="Only one statement that reads"):
        ask(lake, sql)


def test_files_and_variables_are_out_of_reach(lake: Lake, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("password\nhunter2\n")
    hunter = pa.table({"password": ["hunter2"]})
    assert hunter.num_rows == 1
    for sql in (
        f"SELECT * FROM '{secret}'",
        f"SELECT * FROM read_csv('{secret}')",
        f"SELECT * FROM read_text('{secret}')",
        f"SELECT * FROM read_blob('{tmp_path}/**')",
        f"SELECT * FROM glob('{tmp_path}/*')",
        "SELECT * FROM 'https://example.com/x.csv'",
        "SELECT * FROM hunter",
        "WITH w AS (INSERT INTO Account VALUES ('x') RETURNING *) SELECT * FROM w",
    ):
        with pytest.raises(InvalidRequest):
            ask(lake, sql)


def test_another_dataset_of_the_lake_is_out_of_reach(lake: Lake, tmp_path: Path) -> None:
    land(lake, "run-1", [account(1)])
    lake.create("other", ACCOUNT, name="Other")
    with pytest.raises(InvalidRequest):
        query(lake, {"Other": "other"}, "SELECT * FROM Account")
    file = lake.generations(DATASET)[0].files[0]
    with pytest.raises(InvalidRequest, match="Permission"):
        query(lake, {"Other": "other"}, f"SELECT * FROM read_parquet('{file}')")


def test_a_query_too_large_for_its_memory_says_so(lake: Lake) -> None:
    with pytest.raises(InvalidRequest, match="Out of Memory") as refused:
        query(
            lake,
            TABLES,
            "SELECT list(i) FROM range(50000000) t(i)",
            memory_limit="32MB",
        )
    assert refused.value.cure is not None
    assert "more memory" in refused.value.cure


def test_two_tables_that_differ_in_letter_case_are_refused(lake: Lake) -> None:
    with pytest.raises(InvalidRequest, match="letter case"):
        query(lake, {"Account": DATASET, "ACCOUNT": DATASET}, "SELECT 1")
