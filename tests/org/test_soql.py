"""Queries over real HTTP, each compared with SQL written by hand for the same question.

The SQL goes straight to the tables and shares nothing with the simulator's own translation.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from sallyport_org.server import OrgServer
from tests.org.wire import Client

LIVE = "WHERE NOT IsDeleted"

QUESTIONS: list[tuple[str, str]] = [
    ("SELECT Id FROM Account WHERE Industry = 'banking'", "lower(Industry) = 'banking'"),
    (
        "select id from account where industry != 'Banking'",
        "(Industry <> 'Banking' OR Industry IS NULL)",
    ),
    ("SELECT Id FROM Account WHERE Industry = null", "Industry IS NULL"),
    ("SELECT Id FROM Account WHERE Industry <> ''", "Industry IS NOT NULL"),
    (
        "SELECT Id FROM Account WHERE NOT Industry = 'Banking'",
        "(Industry <> 'Banking' OR Industry IS NULL)",
    ),
    (
        "SELECT Id FROM Account WHERE NumberOfEmployees >= 1000 AND NumberOfEmployees < 9e3",
        "NumberOfEmployees BETWEEN 1000 AND 8999",
    ),
    (
        "SELECT Id FROM Account WHERE (Rating IN ('hot', 'COLD') OR Type LIKE 'custom%') "
        "AND AnnualRevenue > 100",
        "(Rating IN ('Hot', 'Cold') OR Type ILIKE 'custom%') AND AnnualRevenue > 100",
    ),
    (
        "SELECT Id FROM Account WHERE Rating NOT IN ('Hot')",
        "(Rating <> 'Hot' OR Rating IS NULL)",
    ),
    ("SELECT Id FROM Account WHERE Name LIKE '%o_k%'", "Name ILIKE '%o_k%'"),
    (r"SELECT Id FROM Account WHERE Name LIKE '%\%%'", "contains(Name, '%')"),
    (r"SELECT Id FROM Account WHERE BillingStreet LIKE '%l\'%'", "BillingStreet ILIKE '%l''%'"),
    (r"SELECT Id FROM Account WHERE Name = 'line one\nline two'", "Name = 'line one\nline two'"),
    (
        "SELECT Id FROM Account WHERE CreatedDate >= 2024-01-01T00:00:00.000+02:00",
        "CreatedDate >= TIMESTAMP '2023-12-31 22:00:00'",
    ),
    (
        "SELECT Id FROM Account WHERE SystemModstamp >= 2024-01-01T00:00:00.000000Z  AND "
        "SystemModstamp < 2025-06-01T12:30:00Z ORDER BY SystemModstamp ASC",
        "SystemModstamp >= TIMESTAMP '2024-01-01' AND SystemModstamp < '2025-06-01 12:30:00'",
    ),
    (
        "SELECT Id FROM Account a WHERE a.Owner.IsActive = true AND Account.Parent.Name != null",
        'OwnerId IN (SELECT Id FROM "User" WHERE IsActive) AND ParentId IN '
        "(SELECT Id FROM Account WHERE Name IS NOT NULL)",
    ),
    (
        "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE LastName = 'kim')",
        "Id IN (SELECT AccountId FROM Contact WHERE NOT IsDeleted AND LastName = 'Kim')",
    ),
    (
        "SELECT Id FROM Account WHERE Id NOT IN (SELECT AccountId FROM Opportunity)",
        "NOT EXISTS (SELECT 1 FROM Opportunity o WHERE NOT o.IsDeleted "
        "AND o.AccountId = Account.Id)",
    ),
    (
        "SELECT Id FROM Account WITH SECURITY_ENFORCED LIMIT 0",
        "false",
    ),
    (
        "SELECT Id FROM Opportunity WHERE CloseDate > 2024-02-29 AND IsWon = FALSE",
        "CloseDate > DATE '2024-02-29' AND NOT IsWon",
    ),
    (
        "SELECT Id FROM Opportunity WHERE CALENDAR_YEAR(CloseDate) = 2024",
        "year(CloseDate) = 2024",
    ),
    (
        "SELECT Id FROM Showcase__c WHERE Colours__c INCLUDES ('Red;Green', 'Écru')",
        "(list_has_all(string_split(Colours__c, ';'), ['Red', 'Green']) "
        "OR list_contains(string_split(Colours__c, ';'), 'Écru'))",
    ),
    (
        "SELECT Id FROM Showcase__c WHERE Colours__c EXCLUDES ('Blue')",
        "(Colours__c IS NULL OR NOT contains(Colours__c, 'Blue'))",
    ),
    ("SELECT Id FROM Showcase__c WHERE Opens__c < 10:30:00.000Z", "Opens__c < TIME '10:30:00'"),
]


def table_of(soql: str) -> str:
    words = soql.split()
    return words[[word.lower() for word in words].index("from") + 1]


@pytest.mark.parametrize(("soql", "where"), QUESTIONS)
def test_conditions_find_what_sql_finds(
    org: OrgServer, client: Client, soql: str, where: str
) -> None:
    expected = org.sql(f"SELECT Id FROM {table_of(soql)} {LIVE} AND {where}")
    assert sorted(client.values(soql)) == sorted(expected)


def test_values_keep_the_select_order_and_the_describes_spelling(
    org: OrgServer, client: Client
) -> None:
    answer = client.query("select createddate, amount, NAME, iswon, closedate FROM opportunity")
    record = answer.json["records"][0]
    assert list(record) == ["attributes", "CreatedDate", "Amount", "Name", "IsWon", "CloseDate"]
    url = record["attributes"]["url"]
    created, amount, name, won, close = org.sql(
        "SELECT CreatedDate, Amount, Name, IsWon, CloseDate FROM Opportunity WHERE Id = ?",
        [url.rsplit("/", 1)[1]],
    )[0]
    assert record["CreatedDate"] == created.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    assert (record["Amount"], record["Name"], record["IsWon"]) == (amount, name, won)
    assert record["CloseDate"] == close.isoformat()


def test_every_row_of_every_type_comes_back_as_it_is(org: OrgServer, client: Client) -> None:
    soql = "SELECT Id, Share__c, Weight__c, Seats__c, Public__c, Notes__c, Card__c FROM Showcase__c"
    expected = org.sql(soql + " WHERE NOT IsDeleted")
    assert sorted(client.values(soql)) == sorted(expected)
    spot = client.query("SELECT Spot__c, Spot__Latitude__s FROM Showcase__c").json["records"]
    filled = [one for one in spot if one["Spot__c"] and one["Spot__c"]["latitude"] is not None]
    assert filled
    assert all(one["Spot__c"]["latitude"] == one["Spot__Latitude__s"] for one in filled)


def test_parents_are_nested_and_missing_parents_are_null(org: OrgServer, client: Client) -> None:
    answer = client.query("SELECT Id, Account.Name, Account.Owner.Username FROM Contact LIMIT 200")
    expected = {
        row[0]: row[1:]
        for row in org.sql(
            "SELECT c.Id, a.Name, u.Username FROM Contact c JOIN Account a ON a.Id = c.AccountId "
            'JOIN "User" u ON u.Id = a.OwnerId WHERE NOT c.IsDeleted'
        )
    }
    seen = {True: 0, False: 0}
    for record in answer.json["records"]:
        account = record["Account"]
        seen[account is None] += 1
        if account is None:
            assert record["Id"] not in expected
        else:
            assert account["attributes"]["type"] == "Account"
            assert (account["Name"], account["Owner"]["Username"]) == expected[record["Id"]]
    assert all(seen.values())


def test_a_parent_of_several_kinds_tells_its_kind(org: OrgServer, client: Client) -> None:
    records = client.query("SELECT Who.Name, Who.Type FROM Task WHERE WhoId != null").json[
        "records"
    ]
    kinds = {record["Who"]["attributes"]["type"] for record in records}
    assert kinds == {record["Who"]["Type"] for record in records} == {"Contact", "Lead"}


def test_child_queries_give_each_parent_its_rows(org: OrgServer, client: Client) -> None:
    soql = (
        "SELECT Id, (SELECT Id FROM Contacts WHERE LastName != 'Kim' ORDER BY Id DESC LIMIT 2) "
        "FROM Account ORDER BY Id LIMIT 50"
    )
    expected: dict[str, list[str]] = {}
    for account, contact in org.sql(
        "SELECT AccountId, Id FROM Contact WHERE NOT IsDeleted AND LastName <> 'Kim' "
        "AND AccountId IS NOT NULL ORDER BY Id DESC"
    ):
        expected.setdefault(account, []).append(contact)
    for record in client.query(soql).json["records"]:
        wanted = expected.get(record["Id"], [])[:2]
        found = record["Contacts"]
        assert [one["Id"] for one in (found or {"records": []})["records"]] == wanted
        assert found is None or found["totalSize"] == len(wanted)


def test_counting(org: OrgServer, client: Client) -> None:
    (live,), (everything,) = (
        *org.sql("SELECT count(*) FROM Contact WHERE NOT IsDeleted"),
        *org.sql("SELECT count(*) FROM Contact"),
    )
    answer = client.query("SELECT COUNT() FROM Contact").json
    assert answer == {"totalSize": live, "done": True, "records": []}
    assert client.query("select count() from contact", "/queryAll").json["totalSize"] == everything
    assert client.query("SELECT COUNT() FROM Contact LIMIT 7").json["totalSize"] == 7
    assert live == 5000
    assert everything > live


def test_archived_activities_are_seen_by_query_all_only(org: OrgServer, client: Client) -> None:
    assert client.values("SELECT Id FROM Task WHERE IsArchived = true") == []
    archived = client.values("SELECT Id FROM Task WHERE IsArchived = true", "/queryAll")
    assert sorted(archived) == sorted(org.sql("SELECT Id FROM Task WHERE IsArchived"))
    assert archived


def test_groups_and_sums(org: OrgServer, client: Client) -> None:
    soql = (
        "SELECT Industry, COUNT(Id) n, SUM(AnnualRevenue), MAX(CreatedDate), "
        "AVG(NumberOfEmployees) average FROM Account GROUP BY Industry HAVING COUNT(Id) > 2 "
        "ORDER BY Industry NULLS LAST"
    )
    found = client.query(soql).json["records"]
    assert list(found[0]) == ["attributes", "Industry", "n", "expr0", "expr1", "average"]
    assert found[0]["attributes"] == {"type": "AggregateResult"}
    expected = org.sql(
        "SELECT Industry, count(*), sum(AnnualRevenue), strftime(max(CreatedDate), "
        "'%Y-%m-%dT%H:%M:%S.000+0000'), avg(NumberOfEmployees) FROM Account WHERE NOT IsDeleted "
        "GROUP BY Industry HAVING count(*) > 2 ORDER BY Industry NULLS LAST"
    )
    assert sorted(client.values(soql), key=str) == sorted(expected, key=str)


def test_grouping_by_a_parents_field(org: OrgServer, client: Client) -> None:
    found = client.values(
        "SELECT Account.Industry, COUNT(Id) FROM Contact GROUP BY Account.Industry"
    )
    expected = org.sql(
        "SELECT a.Industry, count(*) FROM Contact c LEFT JOIN Account a ON a.Id = c.AccountId "
        "WHERE NOT c.IsDeleted GROUP BY a.Industry"
    )
    assert sorted(found, key=str) == sorted(expected, key=str)


@pytest.mark.parametrize(
    ("order", "sql"),
    [
        ("Name", "lower(Name) NULLS FIRST"),
        ("Name DESC NULLS LAST", "lower(Name) DESC NULLS LAST"),
        ("AnnualRevenue", "AnnualRevenue NULLS FIRST"),
        ("AnnualRevenue DESC", "AnnualRevenue DESC NULLS FIRST"),
        ("CreatedDate, Name DESC", "CreatedDate, lower(Name) DESC NULLS FIRST"),
    ],
)
def test_sorting_puts_nulls_first_unless_told(
    org: OrgServer, client: Client, order: str, sql: str
) -> None:
    found = client.values(f"SELECT Id FROM Account ORDER BY {order} LIMIT 50 OFFSET 10")
    expected = org.sql(
        f"SELECT Id FROM Account WHERE NOT IsDeleted ORDER BY {sql}, Id LIMIT 50 OFFSET 10"
    )
    assert found == expected


def test_picklists_sort_as_their_values_are_listed(client: Client) -> None:
    found = client.values("SELECT Rating FROM Account WHERE Rating != null ORDER BY Rating")
    values = list(dict.fromkeys(found))
    assert values == [("Hot",), ("Warm",), ("Cold",)]


def test_field_groups(client: Client) -> None:
    every = client.query("SELECT FIELDS(ALL) FROM Showcase__c LIMIT 1").json["records"][0]
    described = client.get("/sobjects/Showcase__c/describe").json["fields"]
    assert list(every)[1:] == [field["name"] for field in described]
    standard = client.query("SELECT FIELDS(STANDARD) FROM Showcase__c").json["records"][0]
    assert not any(name.endswith("__c") for name in standard)
    refused = client.query("SELECT FIELDS(ALL) FROM Account")
    assert refused.error[:2] == (400, "MALFORMED_QUERY")
    assert "must have a LIMIT of at most 200" in refused.error[2]


def test_date_literals_are_whole_days_in_utc(org: OrgServer, client: Client) -> None:
    today = datetime.now(UTC).date()
    year = today.replace(month=1, day=1)
    since = today - timedelta(days=400)
    cases = {
        "CreatedDate = LAST_N_DAYS:400": f"CreatedDate >= DATE '{since}'",
        "CreatedDate < THIS_YEAR": f"CreatedDate < DATE '{year}'",
        "CreatedDate = LAST_YEAR": f"year(CreatedDate) = {today.year - 1}",
        "CreatedDate > LAST_N_YEARS:3": f"year(CreatedDate) > {today.year - 1}",
        "CreatedDate > TODAY": "false",
        "CreatedDate != THIS_YEAR": f"CreatedDate < DATE '{year}'",
    }
    for condition, sql in cases.items():
        found = client.values(f"SELECT Id FROM Account WHERE {condition}")
        assert sorted(found) == sorted(org.sql(f"SELECT Id FROM Account {LIVE} AND {sql}"))


def test_pages_follow_locators_without_gap_or_repeat(org: OrgServer, client: Client) -> None:
    first = client.query("SELECT Id FROM Contact ORDER BY LastName, Id").json
    assert (first["totalSize"], first["done"], len(first["records"])) == (5000, False, 2000)
    assert first["nextRecordsUrl"].endswith("-2000")
    ids = [record["Id"] for record in first["records"]]
    page: dict[str, Any] = first
    while not page["done"]:
        page = client.get(page["nextRecordsUrl"]).json
        ids += [record["Id"] for record in page["records"]]
    expected = org.sql("SELECT Id FROM Contact WHERE NOT IsDeleted ORDER BY lower(LastName), Id")
    assert ids == [key for (key,) in expected]


def test_the_page_size_is_a_hint_within_200_and_2000(client: Client) -> None:
    small = client.query("SELECT Id FROM Contact", Sforce_Query_Options="batchSize=250").json
    assert len(small["records"]) == 250
    least = client.query("SELECT Id FROM Contact", Sforce_Query_Options="batchSize=1").json
    assert len(least["records"]) == 200


def test_unknown_locators_are_refused(client: Client) -> None:
    expected = (400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    assert client.get("/query/0r8gL0000000zzzAAA-2000").error == expected
    first = client.query("SELECT Id FROM Contact").json["nextRecordsUrl"]
    assert client.get(first.replace("-2000", "-999999")).error == expected


POINTED = [
    (
        "SELECT Id, Foo FROM Account",
        "INVALID_FIELD",
        "\nSELECT Id, Foo FROM Account\n           ^\nERROR at Row:1:Column:12\n"
        "No such column 'Foo' on entity 'Account'. If you are attempting to use a custom field, be "
        "sure to append the '__c' after the custom field name. Please reference your WSDL or the "
        "describe call for the appropriate names.",
    ),
    (
        "SELECT Id FORM Account",
        "MALFORMED_QUERY",
        "\nSELECT Id FORM Account\n          ^\nERROR at Row:1:Column:11\nunexpected token: 'FORM'",
    ),
    (
        "SELECT Id\nFROM Account\nWHERE Description = 'x'",
        "INVALID_FIELD",
        "\nWHERE Description = 'x'\n      ^\nERROR at Row:3:Column:7\n"
        "field 'Description' can not be filtered in a query call",
    ),
    (
        "SELECT Id FROM Account WHERE IsDeleted = 'false'",
        "INVALID_FIELD",
        "\nSELECT Id FROM Account WHERE IsDeleted = 'false'\n" + " " * 41 + "^\n"
        "ERROR at Row:1:Column:42\nvalue of filter criterion for field 'IsDeleted' must be of type "
        "boolean and should not be enclosed in quotes",
    ),
]


@pytest.mark.parametrize(("soql", "code", "message"), POINTED)
def test_refusals_point_into_the_query(client: Client, soql: str, code: str, message: str) -> None:
    assert client.query(soql).error == (400, code, message)


@pytest.mark.parametrize(
    ("soql", "status", "code", "part"),
    [
        ("SELECT Id FROM Nothing", 400, "INVALID_TYPE", "sObject type 'Nothing' is not supported."),
        (
            "SELECT Id FROM Account WHERE Name = 5",
            400,
            "INVALID_FIELD",
            "of type string and should",
        ),
        (
            "SELECT Id FROM Account WHERE Id = 'x'",
            400,
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid ID",
        ),
        ("SELECT Nope.Id FROM Account", 400, "INVALID_FIELD", "understand relationship 'Nope'"),
        ("SELECT Id, Id FROM Account", 400, "INVALID_FIELD", "duplicate field selected: Id"),
        ("SELECT Id FROM Account WHERE A = 'x", 400, "MALFORMED_QUERY", "quoted string"),
        ("SELECT Name, COUNT(Id) FROM Account", 400, "MALFORMED_QUERY", "grouped or aggregated"),
        ("SELECT Id FROM Account ORDER BY Description", 400, "INVALID_FIELD", "not be sorted"),
        (
            "SELECT AnnualRevenue FROM Account GROUP BY AnnualRevenue",
            400,
            "INVALID_FIELD",
            "grouped",
        ),
        ("SELECT Id FROM Account OFFSET 2001", 400, "NUMBER_OUTSIDE_VALID_RANGE", "2000"),
        ("SELECT Id FROM Account ALL ROWS", 400, "MALFORMED_QUERY", "ALL ROWS not allowed"),
        ("SELECT Id, (SELECT Id FROM Nopes) FROM Account", 400, "INVALID_TYPE", "'Nopes' in FROM"),
        ("", 400, "MALFORMED_QUERY", "query string"),
        ("SELECT Id FROM Account USING SCOPE team", 501, "NOT_MODELLED", "SCOPE team"),
        ("SELECT Id FROM Account WITH DATA CATEGORY x__c", 501, "NOT_MODELLED", "WITH DATA"),
    ],
)
def test_wrong_and_unmodelled_queries_are_refused(
    client: Client, soql: str, status: int, code: str, part: str
) -> None:
    found = client.query(soql).error
    assert found[:2] == (status, code)
    assert part in found[2]


def test_explain_gives_a_plan(client: Client) -> None:
    soql = "SELECT Id FROM Account WHERE Rating = 'Hot'"
    body = client.get(f"/query?explain={quote(soql)}").json
    assert body["sourceQuery"] == soql
    assert body["plans"][0]["leadingOperationType"] == "TableScan"
    assert body["plans"][0]["cardinality"] <= body["plans"][0]["sobjectCardinality"] == 305


def test_columns_describe_a_query(client: Client) -> None:
    answer = client.get(f"/query?q={quote('SELECT Id, Amount FROM Opportunity')}&columns=true").json
    assert [one["columnName"] for one in answer["columnMetadata"]] == ["Id", "Amount"]
    assert answer["entityName"] == "Opportunity"
    assert answer["columnMetadata"][1]["numberType"] is True


def test_the_orgs_own_records_can_be_asked(org: OrgServer, client: Client) -> None:
    organization = client.values("SELECT Id, IsSandbox, OrganizationType FROM Organization")
    assert organization == [(org.org.id, False, "Developer Edition")]
    admin = client.values(
        "SELECT Name, Profile.Name FROM User WHERE Username = 'admin@acme.example'"
    )
    assert admin[0][0] == "Ada Administrator"
    assert admin[0][1]["Name"] == "System Administrator"
