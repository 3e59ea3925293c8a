from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sallyport.errors import InvalidRequest
from sallyport.salesforce import soql


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("O'Reilly", r"'O\'Reilly'"),
        ("a\\b", r"'a\\b'"),
        ("line\nbreak\r\ttab", r"'line\nbreak\r\ttab'"),
        ("", "''"),
        ("Łódź 한국", "'Łódź 한국'"),
    ],
)
def test_a_text_is_quoted(text: str, literal: str) -> None:
    assert soql.quote(text) == literal


@given(st.text())
def test_a_quoted_text_never_ends_early(text: str) -> None:
    literal = soql.quote(text)
    assert soql.check_condition(f"Name = {literal}") == f"(Name = {literal})"


@pytest.mark.parametrize(
    ("moment", "literal"),
    [
        (datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), "2024-01-02T03:04:05Z"),
        (datetime(2024, 1, 2, 3, 4, 5, 678000, tzinfo=UTC), "2024-01-02T03:04:05.678Z"),
        (datetime(2024, 1, 2, 9, tzinfo=timezone(timedelta(hours=9))), "2024-01-02T00:00:00Z"),
    ],
)
def test_a_moment_is_written_in_utc(moment: datetime, literal: str) -> None:
    assert soql.datetime_literal(moment) == literal


def test_a_moment_without_time_zone_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="time zone"):
        soql.datetime_literal(datetime(2024, 1, 2))


def test_statements_are_built_from_conditions() -> None:
    assert soql.select("Account", ["Id", "Owner.Name"], []) == "SELECT Id, Owner.Name FROM Account"
    assert (
        soql.select("Account", ["Id"], ["A > 1", "(B = 2 OR C = 3)"])
        == "SELECT Id FROM Account WHERE A > 1 AND (B = 2 OR C = 3)"
    )
    assert soql.count("A__c", ["X = 1"]) == "SELECT COUNT() FROM A__c WHERE X = 1"


@pytest.mark.parametrize("name", ["Id FROM User --", "", "a b", "(SELECT Id FROM Contacts)"])
def test_a_name_that_is_none_never_enters_a_statement(name: str) -> None:
    with pytest.raises(InvalidRequest):
        soql.select("Account", [name], [])
    with pytest.raises(InvalidRequest):
        soql.count(name, [])


@pytest.mark.parametrize(
    "where",
    [
        "Amount > 1000",
        " Name LIKE 'A%' AND (Type = 'x' OR Type = null) ",
        "Name = 'it\\'s (not) ORDER BY; -- a clause'",
        "Id IN (SELECT AccountId FROM Contact WHERE Name = 'x' LIMIT 1)",
        "CreatedDate > 2024-01-01T00:00:00Z AND CreatedDate = LAST_N_DAYS:7",
        "Limit__c > 3 AND Group.Name = 'x' AND From__c = 'y'",
        "NOT (Industry INCLUDES ('a;b', 'c'))",
    ],
)
def test_a_condition_is_returned_in_brackets(where: str) -> None:
    assert soql.check_condition(where) == f"({where.strip()})"


@pytest.mark.parametrize(
    ("where", "position", "says"),
    [
        ("Name = 'x", 8, "not closed"),
        ("Name = 'x\\'", 8, "not closed"),
        ("(A = 1", 1, "not closed"),
        ("A = 1)", 6, "not opened"),
        ("A = 1) OR (B = 2", 6, "not opened"),
        ("A = 1 ORDER BY Name", 7, "ORDER BY"),
        ("A = 1 order\n by Name", 7, "ORDER BY"),
        ("A = 1 LIMIT 5", 7, "LIMIT"),
        ("A = 1 GROUP BY B", 7, "GROUP BY"),
        ("A = 1 ALL ROWS", 7, "ALL ROWS"),
        ("A = 1 FOR UPDATE", 7, "FOR UPDATE"),
        ("A = 1 WITH SECURITY_ENFORCED", 7, "WITH"),
        ("WHERE A = 1", 1, "WHERE"),
        ("SELECT Id FROM Account", 1, "SELECT"),
        ("A = 1; B = 2", 6, "';'"),
        ("A = 1 -- B", 7, "'--'"),
        ("A = 1 /* B */", 7, "'/\\*'"),
        ('Name = "x"', 8, "'\"'"),
    ],
)
def test_what_would_change_the_statement_is_refused_at_its_position(
    where: str, position: int, says: str
) -> None:
    with pytest.raises(InvalidRequest, match=says) as caught:
        soql.check_condition(where, field="--where")
    assert f"position {position} " in caught.value.message
    assert (caught.value.field, caught.value.received) == ("--where", where)
    assert caught.value.cure


@pytest.mark.parametrize("where", ["", "  \n"])
def test_an_empty_condition_is_refused(where: str) -> None:
    with pytest.raises(InvalidRequest, match="empty"):
        soql.check_condition(where)
