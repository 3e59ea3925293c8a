"""What SOQL says beyond conditions: parents of several kinds, groups, places, scopes, formats."""

from math import asin, cos, radians, sin, sqrt
from typing import Any

import pytest

from sallyport_org.server import OrgServer
from tests.org.wire import Client


def records(client: Client, soql: str) -> list[dict[str, Any]]:
    answer = client.query(soql)
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.json["records"]
    return found


def test_typeof_gives_each_kind_its_own_fields(org: OrgServer, client: Client) -> None:
    soql = (
        "SELECT Id, TYPEOF Who WHEN Contact THEN FirstName, Department WHEN Lead THEN Company "
        "ELSE Name END FROM Task WHERE WhoId != null"
    )
    departments = dict(org.sql("SELECT Id, Department FROM Contact"))
    companies = dict(org.sql("SELECT Id, Company FROM Lead"))
    kinds = set()
    for record in records(client, soql):
        who = record["Who"]
        key = who["attributes"]["url"].rsplit("/", 1)[1]
        kinds.add(who["attributes"]["type"])
        if who["attributes"]["type"] == "Contact":
            assert list(who) == ["attributes", "FirstName", "Department"]
            assert who["Department"] == departments[key]
        else:
            assert who == {"attributes": who["attributes"], "Company": companies[key]}
    assert kinds == {"Contact", "Lead"}


def test_typeof_without_a_match_tells_the_kind_alone(client: Client) -> None:
    soql = "SELECT TYPEOF Who WHEN Lead THEN Company END FROM Task WHERE Who.Type = 'Contact'"
    found = records(client, soql)
    assert found
    assert all(list(one["Who"]) == ["attributes"] for one in found)


def test_typeof_of_nobody_is_null(client: Client) -> None:
    found = records(
        client, "SELECT TYPEOF Who WHEN Lead THEN Company END FROM Task WHERE WhoId = null"
    )
    assert found
    assert all(one["Who"] is None for one in found)


@pytest.mark.parametrize("kind", ["ROLLUP", "CUBE"])
def test_rollup_and_cube_add_totals(org: OrgServer, client: Client, kind: str) -> None:
    keys = f"{kind}(Rating, Type)"
    found = client.values(
        "SELECT Rating, Type, GROUPING(Rating) r, GROUPING(Type) t, COUNT(Id) n FROM Account "
        f"GROUP BY {keys}"
    )
    expected = org.sql(
        "SELECT Rating, Type, grouping(Rating), grouping(Type), count(*) FROM Account "
        f"WHERE NOT IsDeleted GROUP BY {keys}"
    )
    assert sorted(found, key=str) == sorted(expected, key=str)
    assert [row[:4] for row in found if row[2:4] == (1, 1)] == [(None, None, 1, 1)]


def test_places_are_found_by_their_distance(org: OrgServer, client: Client) -> None:
    here = (48.2, 16.37)
    point = f"DISTANCE(Spot__c, GEOLOCATION({here[0]}, {here[1]}), 'km')"
    soql = (
        f"SELECT Id, {point} away FROM Showcase__c WHERE {point} < 6000 "
        f"ORDER BY {point} DESC LIMIT 500"
    )
    found = {one["Id"]: one["away"] for one in records(client, soql)}
    expected = {}
    for key, north, east in org.sql(
        "SELECT Id, Spot__Latitude__s, Spot__Longitude__s FROM Showcase__c "
        "WHERE NOT IsDeleted AND Spot__Latitude__s IS NOT NULL"
    ):
        half = (
            sin(radians(north - here[0]) / 2) ** 2
            + cos(radians(north)) * cos(radians(here[0])) * sin(radians(east - here[1]) / 2) ** 2
        )
        expected[key] = 2 * 6371.009 * asin(sqrt(half))
    near = {key: away for key, away in expected.items() if away < 6000}
    assert found == pytest.approx(near)
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert near


def test_aliases_in_from_stand_for_relationships(org: OrgServer, client: Client) -> None:
    found = client.values(
        "SELECT COUNT(c.Id) n FROM Contact c, c.Account a, a.Owner o WHERE a.Industry = 'Banking' "
        "AND o.IsActive = true"
    )
    expected = org.sql(
        'SELECT count(*) FROM Contact c JOIN Account a ON a.Id = c.AccountId JOIN "User" u ON '
        "u.Id = a.OwnerId WHERE NOT c.IsDeleted AND a.Industry = 'Banking' AND u.IsActive"
    )
    assert found == expected


def test_scopes_are_those_of_the_describe(org: OrgServer, client: Client) -> None:
    me = org.sql("SELECT Id FROM \"User\" WHERE Username = 'admin@acme.example'")[0][0]
    for scope, sql in {
        "mine": f"OwnerId = '{me}'",
        "everything": "true",
    }.items():
        found = client.values(f"SELECT Id FROM Account USING SCOPE {scope}")
        expected = org.sql(f"SELECT Id FROM Account WHERE NOT IsDeleted AND {sql}")
        assert sorted(found) == sorted(expected)
    refused = client.query("SELECT Id FROM Account USING SCOPE delegated").error
    assert refused[:2] == (400, "MALFORMED_QUERY")


def test_formats_and_labels_are_texts_of_the_locale(org: OrgServer, client: Client) -> None:
    for record in records(
        client,
        "SELECT Amount, FORMAT(Amount) shown, CloseDate, FORMAT(CloseDate) day FROM Opportunity "
        "WHERE Amount != null AND CloseDate != null LIMIT 50",
    ):
        year, month, day = record["CloseDate"].split("-")
        assert record["shown"] == f"${record['Amount']:,.2f}"
        assert record["day"] == f"{int(month)}/{int(day)}/{year}"
    labelled = records(client, "SELECT toLabel(Rating) FROM Account WHERE Rating = 'Hot' LIMIT 1")
    assert list(labelled[0]) == ["attributes", "Rating"]


def test_endings_that_ask_for_locks_and_views_change_nothing(client: Client) -> None:
    plain = client.values("SELECT Id FROM Account ORDER BY Id LIMIT 5")
    for ending in ("FOR VIEW", "FOR REFERENCE", "FOR UPDATE", "for view for reference"):
        assert client.values(f"SELECT Id FROM Account ORDER BY Id LIMIT 5 {ending}") == plain
    for mode in ("SECURITY_ENFORCED", "USER_MODE", "SYSTEM_MODE"):
        assert client.values(f"SELECT Id FROM Account WITH {mode} ORDER BY Id LIMIT 5") == plain


def test_keywords_may_be_names_and_texts_may_hold_anything(client: Client) -> None:
    assert client.query("SELECT COUNT(Id) like FROM Account").json["records"][0]["like"] == 300
    assert client.values(r"SELECT Id FROM Account WHERE Name = '\u00C9\uD83D\uDE00\uD800'") == []


def test_date_functions_take_time_zones(org: OrgServer, client: Client) -> None:
    found = client.values(
        "SELECT HOUR_IN_DAY(convertTimezone(CreatedDate)) h, COUNT(Id) n FROM Account "
        "GROUP BY HOUR_IN_DAY(convertTimezone(CreatedDate))"
    )
    expected = org.sql(
        "SELECT hour(CreatedDate), count(*) FROM Account WHERE NOT IsDeleted GROUP BY 1"
    )
    assert sorted(found) == sorted(expected)


def test_children_of_children_from_version_58(org: OrgServer, client: Client) -> None:
    soql = (
        "SELECT Id, (SELECT Id, (SELECT Id FROM Contacts) FROM ChildAccounts) FROM Account "
        "WHERE Id IN (SELECT AccountId FROM Contact)"
    )
    grandchildren = org.sql(
        "SELECT count(*) FROM Contact c JOIN Account a ON a.Id = c.AccountId WHERE NOT c.IsDeleted "
        "AND NOT a.IsDeleted AND a.ParentId IN (SELECT AccountId FROM Contact WHERE NOT IsDeleted) "
        "AND a.ParentId IN (SELECT Id FROM Account WHERE NOT IsDeleted)"
    )[0][0]
    seen = 0
    for record in records(client, soql):
        for child in (record["ChildAccounts"] or {"records": []})["records"]:
            seen += len((child["Contacts"] or {"records": []})["records"])
    assert seen == grandchildren > 0
    old = Client(org, "57.0").query(soql).error
    assert old[:2] == (400, "MALFORMED_QUERY")
    assert "more than 1 level away" in old[2]


REFUSED = [
    ("SELECT Id FROM Account WHERE AnnualRevenue > USD5", "MALFORMED_QUERY", "multiple currencies"),
    ("SELECT convertCurrency(AnnualRevenue) FROM Account", "MALFORMED_QUERY", "multiple"),
    ("SELECT Id FROM Account WHERE Name = :n", "MALFORMED_QUERY", "Bind variables only allowed"),
    ("SELECT Id FROM Account WHERE Id IN :ids", "MALFORMED_QUERY", "Bind variables only allowed"),
    ("SELECT Id FROM Account WHERE Id IN ()", "MALFORMED_QUERY", "unexpected token: ')'"),
    ("SELECT Id FROM Account WHERE BillingAddress = 'x'", "INVALID_FIELD", "can not be filtered"),
    ("SELECT Id FROM Account WHERE Rating = 'Hot' AND NOT", "MALFORMED_QUERY", "'<EOF>'"),
    (f"SELECT Id FROM Account WHERE {'(' * 200}", "QUERY_TOO_COMPLICATED", "too complicated"),
    (f"SELECT Id FROM Account WHERE {'NOT ' * 200}", "QUERY_TOO_COMPLICATED", "too complicated"),
    ("SELECT Id FROM Account WHERE NumberOfEmployees > 1e999", "MALFORMED_QUERY", "1e999"),
    ("SELECT Id FROM Account ORDER BY COUNT(Id)", "MALFORMED_QUERY", "grouped or aggregated"),
    (
        "SELECT Rating FROM Account GROUP BY Rating ORDER BY Name",
        "MALFORMED_QUERY",
        "Ordered field must be grouped or aggregated: Name",
    ),
    (
        "SELECT Rating, COUNT(Id) x, SUM(AnnualRevenue) x FROM Account GROUP BY Rating",
        "MALFORMED_QUERY",
        "duplicate alias: x",
    ),
    (
        "SELECT Rating, (SELECT Id FROM Contacts) FROM Account GROUP BY Rating",
        "MALFORMED_QUERY",
        "cannot use child relationships",
    ),
    ("SELECT MAX(Description) FROM Account", "MALFORMED_QUERY", "support aggregate operator MAX"),
    ("SELECT MAX(AnnualRevenue) FROM Account LIMIT 1", "MALFORMED_QUERY", "cannot also use LIMIT"),
    (
        "SELECT Id FROM Account WHERE Name = 'x' OR Id IN (SELECT AccountId FROM Contact)",
        "MALFORMED_QUERY",
        "not allowed with the 'OR' operator",
    ),
    (
        "SELECT Id FROM Account WHERE Name = 'x' AND (Site = 'y' OR Id IN (SELECT AccountId FROM "
        "Contact))",
        "MALFORMED_QUERY",
        "only allowed at the top level WHERE expressions",
    ),
    (
        "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE AccountId IN "
        "(SELECT AccountId FROM Opportunity))",
        "MALFORMED_QUERY",
        "Nesting of semi join sub-selects is not supported",
    ),
    (
        "SELECT Id FROM Contact WHERE AccountId IN (SELECT Id FROM Opportunity)",
        "MALFORMED_QUERY",
        "The selected field 'Id' in the subquery and the left operand field in the where "
        "expression in the outer query 'AccountId' should point to the same object type",
    ),
    (
        "SELECT Id FROM Account WHERE Name IN (SELECT AccountId FROM Contact)",
        "INVALID_FIELD",
        "should be an id field, cannot use: 'Name'",
    ),
    (
        "SELECT Id FROM Account WHERE Id IN (SELECT WhatId FROM Task)",
        "INVALID_FIELD",
        "Entity 'Task' is not supported",
    ),
    (
        "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact LIMIT 5)",
        "MALFORMED_QUERY",
        "LIMIT is not supported in inner selects",
    ),
    ("SELECT TYPEOF Owner WHEN User THEN Id END FROM Account", "INVALID_FIELD", "not a polymorph"),
    ("SELECT TYPEOF Who WHEN Account THEN Id END FROM Task", "INVALID_TYPE", "cannot reference"),
    ("SELECT Id FROM Task WHERE TYPEOF Who = 'Contact'", "MALFORMED_QUERY", "unexpected token"),
    (
        "SELECT " + ", ".join(["(SELECT Id FROM Contacts)"] * 21) + " FROM Account",
        "MALFORMED_QUERY",
        "20",
    ),
    (
        "SELECT Id FROM Account WHERE Parent.Parent.Parent.Parent.Parent.Parent.Name = 'x'",
        "INVALID_FIELD",
        "at most 5 relationships",
    ),
]


@pytest.mark.parametrize(("soql", "code", "part"), REFUSED)
def test_what_soql_does_not_allow_is_refused(
    client: Client, soql: str, code: str, part: str
) -> None:
    found = client.query(soql).error
    assert found[:2] == (400, code)
    assert part in found[2]


def test_a_query_has_at_most_100_000_characters(client: Client) -> None:
    found = client.job("SELECT Id FROM Account" + " " * 100_000).error
    assert found[:2] == (400, "MALFORMED_QUERY")
    assert "cannot be longer than 100000 characters" in found[2]
