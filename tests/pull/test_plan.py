"""What a run will read, as tables: describe and request in, queries out."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sallyport.errors import InvalidRequest
from sallyport.pull.plan import Plan, make_plan
from sallyport.salesforce.describe import ObjectDescribe

UPPER = datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)


def described(name: str, **types: str) -> ObjectDescribe:
    fields: list[dict[str, Any]] = [
        {"name": field, "type": kind, "filterable": True} for field, kind in types.items()
    ]
    return ObjectDescribe.read({"name": name, "queryable": True, "fields": fields})


ACCOUNT = described(
    "Account",
    Id="id",
    Name="string",
    BillingAddress="address",
    BillingCity="string",
    SystemModstamp="datetime",
)
TASK = described("Task", Id="id", IsDeleted="boolean", SystemModstamp="datetime")
HISTORY = described("AccountHistory", Id="id", OldValue="anyType", CreatedDate="datetime")
UNSTAMPED = described("Thing__mdt", Id="id")
DOCUMENT = described("Attachment", Id="id", Body="base64", SystemModstamp="datetime")


def plan(of: ObjectDescribe, **request: Any) -> Plan:
    return make_plan(
        of, **{"wanted": None, "pairs": None, "condition": None, "upper": UPPER, **request}
    )


def test_a_full_read_is_bounded_above_by_the_stamp() -> None:
    made = plan(ACCOUNT)
    assert made.soql == (
        "SELECT Id, Name, BillingCity, SystemModstamp FROM Account "
        "WHERE SystemModstamp < 2026-03-01T12:30:15Z"
    )
    assert made.count_soql == (
        "SELECT COUNT() FROM Account WHERE SystemModstamp < 2026-03-01T12:30:15Z"
    )
    assert (made.as_of, made.whole, made.all_rows) == ("2026-03-01T12:30:15+00:00", True, False)


def test_compound_and_binary_fields_are_left_out_and_said() -> None:
    assert [name for name, _ in plan(ACCOUNT).skipped] == ["BillingAddress"]
    assert [name for name, _ in plan(DOCUMENT).skipped] == ["Body"]
    assert "Body" not in plan(DOCUMENT).soql


def test_tasks_are_read_and_counted_by_query_all_without_deleted_rows() -> None:
    made = plan(TASK)
    assert made.all_rows
    for soql in (made.soql, made.count_soql):
        assert soql.endswith("WHERE SystemModstamp < 2026-03-01T12:30:15Z AND IsDeleted = false")


def test_the_best_stamp_the_object_has_bounds_the_window() -> None:
    assert "WHERE CreatedDate < 2026" in plan(HISTORY).soql
    assert plan(UNSTAMPED).soql == "SELECT Id FROM Thing__mdt"
    assert plan(UNSTAMPED).as_of is None


def test_a_condition_narrows_read_and_count_alike_and_makes_the_run_partial() -> None:
    made = plan(ACCOUNT, condition="Name LIKE 'A%' OR Name = null")
    bound = "SystemModstamp < 2026-03-01T12:30:15Z AND (Name LIKE 'A%' OR Name = null)"
    assert made.soql.endswith(f"WHERE {bound}")
    assert made.count_soql.endswith(f"WHERE {bound}")
    assert not made.whole


def test_a_mapping_decides_what_is_read_and_how_it_lands() -> None:
    made = plan(ACCOUNT, pairs=[("Name", "title"), ("Id", "Id")])
    assert made.soql.startswith("SELECT Id, Name FROM")
    assert [(column.name, column.type, column.landed) for column in made.columns] == [
        ("Id", "id", "Id"),
        ("Name", "string", "title"),
    ]


def test_a_column_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(InvalidRequest) as refused:
        plan(ACCOUNT, wanted=["BillingAddress"])
    assert refused.value.received == "BillingAddress"


def test_a_plan_survives_being_written_down() -> None:
    made = plan(TASK, condition="Id != null")
    assert Plan.from_json(made.to_json()) == made
