"""Formulas as Salesforce works them out: each over one row, and the refusals of those it cannot."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from sallyport_org.formula import FormulaError, check_object, field_sql, rule_sql
from sallyport_org.rows.engine import Engine
from sallyport_org.schema import Schema, SObject
from sallyport_org.schema.model import ValidationRule
from sallyport_org.schema.notation import read_field, read_object

NOW = datetime(2026, 3, 31, 14, 30, 15, tzinfo=UTC)
DEAL = """
object Deal__c a01 | Deal | Deals
Id | Record ID | id
Name | Name | string(80) name
OwnerId | Owner ID | reference(Group,User) rel=Owner required
Parent__c | Parent | reference(Deal__c) rel=Parent__r
Amount__c | Amount | currency(18,2)
Count__c | Count | double(18,0)
Empty__c | Empty | double(18,2)
Share__c | Share | percent(5,2)
Stage__c | Stage | picklist(40) | Open; Won; Lost
Colours__c | Colours | multipicklist(4099) | Red; Green
Note__c | Note | string(255)
Blank__c | Blank | string(255)
Day__c | Day | date
Moment__c | Moment | datetime
Open_At__c | Open At | time
Flag__c | Flag | boolean
@location Spot__c | Spot
"""
USER = """
object User 005 | User | Users
Id | User ID | id
Name | Full Name | string(121) name
ProfileId | Profile | reference(Profile) rel=Profile
"""
PROFILE = """
object Profile 00e | Profile | Profile
Id | Profile ID | id
Name | Name | string(255) name
"""
ADA = "005al000000000BAAA"
FIRST, SECOND = "a01al000000000AAAQ", "a01al000000000BAAQ"
COLUMNS = {
    "Id": SECOND,
    "Name": "Beacon",
    "OwnerId": ADA,
    "Parent__c": FIRST,
    "Amount__c": 1234.5,
    "Count__c": 3.0,
    "Share__c": 25.0,
    "Stage__c": "Won",
    "Colours__c": "Red;Green",
    "Note__c": "O'Hara & Söhne",
    "Day__c": date(2024, 1, 31),
    "Moment__c": datetime(2024, 1, 31, 18, 0),
    "Open_At__c": datetime(1970, 1, 1, 9, 30).time(),
    "Flag__c": True,
    "Spot__Latitude__s": 48.85,
    "Spot__Longitude__s": 2.35,
}


class Desk:
    """Two deals, their owner and its profile, and formulas asked of the second deal."""

    def __init__(self) -> None:
        self.engine = Engine()
        objects = [read_object(text) for text in (DEAL, USER, PROFILE)]
        self.schema = Schema(objects, now=lambda: NOW, user_id=ADA)
        for one in objects:
            self.engine.create_table(one)
        self.insert("Deal__c", {"Id": FIRST, "Name": "Atlas", "OwnerId": ADA, "Amount__c": 10.0})
        self.insert("Deal__c", COLUMNS)
        self.insert("User", {"Id": ADA, "Name": "Ada", "ProfileId": "00eal000000000AAAQ"})
        self.insert("Profile", {"Id": "00eal000000000AAAQ", "Name": "Sales"})

    @property
    def deal(self) -> SObject:
        return self.schema.sobject("Deal__c")

    def insert(self, table: str, row: dict[str, Any]) -> None:
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" for _ in row)
        with self.engine.writing() as cursor:
            cursor.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', list(row.values()))

    def ask(self, formula: str, kind: str = "string(1300)", *, zero: bool = False) -> Any:
        field = read_field(f"Asked__c | Asked | {kind}")
        field = replace(field, formula=formula, blanks_as_zero=zero)
        sql = field_sql(self.schema, self.deal, field, "t")
        return self.engine.scalar(f"SELECT {sql} FROM Deal__c t WHERE Id = ?", [SECOND])


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.engine.close()


NUMBERS = [
    ("1 + 2 * 3 - 4 / 2", 5),
    ("-2 ^ 2 + 2 ^ 3", 12),
    ("(1 + 2) * 3", 9),
    ("Amount__c * Share__c", 308.63),
    ("Amount__c / 0", None),
    ("Amount__c + Empty__c", None),
    ("ROUND(2.675, 2) + TRUNC(9.87, 1)", 12.48),
    ("FLOOR(-2.5) * 10 + CEILING(-2.5)", -23),
    ("MFLOOR(-2.5) * 10 + MCEILING(-2.5)", -32),
    ("ABS(-7) + MOD(7, 4) + SQRT(16)", 14),
    ("LOG(1000) + LN(EXP(2)) + PI() - PI()", 5),
    ("SQRT(-1)", None),
    ("LN(0)", None),
    ("MAX(1, Count__c, 2) + MIN(5, 4)", 7),
    ("LEN(Note__c) + LEN(Blank__c)", 14),
    ("FIND('Söhne', Note__c) + FIND('x', Note__c)", 10),
    ("FIND('e', 'where there', 6)", 9),
    ("VALUE('12.5') * 2", 25),
    ("VALUE('twelve')", None),
    ("YEAR(Day__c) + MONTH(Day__c) + DAY(Day__c) + WEEKDAY(Day__c)", 2060),
    ("TODAY() - Day__c", 790),
    ("Moment__c - DATETIMEVALUE('2024-01-31 06:00:00')", 0.5),
    ("HOUR(Open_At__c) * 60 + MINUTE(Open_At__c)", 570),
    ("IF(Amount__c > 1000, 1, 0) + IF(Empty__c > 0, 1, 0)", 1),
    ("CASE(Stage__c, 'Open', 1, 'Won', 2, 0)", 2),
    ("CASE(MOD(Count__c, 2), 0, 10, 1, 20, 30)", 20),
    ("BLANKVALUE(Empty__c, 7) + NULLVALUE(Empty__c, 1)", 8),
    ("PICKLISTCOUNT(Colours__c)", 2),
    ("Parent__r.Amount__c + 1", 11),
    ("ROUND(DISTANCE(Spot__c, GEOLOCATION(51.51, -0.13), 'km'), 0)", 344),
    ("1 + /* a remark */ 1", 2),
]


@pytest.mark.parametrize(("formula", "value"), NUMBERS)
def test_a_formula_gives_a_number(desk: Desk, formula: str, value: float | None) -> None:
    assert desk.ask(formula, "double(18,2)") == value


TEXTS = [
    ('Name & " won " & TEXT(Count__c)', "Beacon won 3"),
    ("Name + ' ' + TEXT(Stage__c)", "Beacon Won"),
    ("Name & Blank__c", "Beacon"),
    ("Blank__c", None),
    (r'"a \"quoted\" text"', 'a "quoted" text'),
    ("LEFT(Name, 3) & RIGHT(Name, 2) & MID(Name, 2, 3)", "Beaoneac"),
    ("UPPER(Name) & LOWER(Name) & TRIM('  x ')", "BEACONbeaconx"),
    ("SUBSTITUTE(Note__c, '&', 'and')", "O'Hara and Söhne"),
    ("LPAD(Name, 8, '*') & RPAD(Name, 8, '-')", "**BeaconBeacon--"),
    ("TEXT(Day__c) & ' ' & TEXT(Moment__c)", "2024-01-31 2024-01-31 18:00:00Z"),
    ("TEXT(0.50) & TEXT(1200)", "0.51200"),
    ("IF(ISBLANK(Blank__c), 'none', Blank__c)", "none"),
    ("IF(ISNULL(Blank__c), 'null', 'a text is never null')", "a text is never null"),
    ("BLANKVALUE(Blank__c, 'x')", "x"),
    ("Id", SECOND[:15]),
    ("CASESAFEID(Id)", SECOND),
    ("CASESAFEID(Parent__c)", FIRST),
    ("Parent__r.Name & Parent__r.Parent__r.Name", "Atlas"),
    ("Owner:User.Name & '/' & Owner:User.Profile.Name", "Ada/Sales"),
    ("$User.Name & '/' & $Profile.Name & '/' & $User.Id", f"Ada/Sales/{ADA[:15]}"),
    ("HYPERLINK('/x', 'Go')", '<a href="/x" target="_blank">Go</a>'),
    (
        "IMAGE('/i.png', 'ok', 30, 20)",
        '<img src="/i.png" alt="ok" style="height:30px; width:20px;" border="0"/>',
    ),
    ("'one' & BR() & 'two'", "one_BR_ENCODED_two"),
    ("TEXT(TODAY()) & ' ' & TEXT(NOW())", "2026-03-31 2026-03-31 14:30:15Z"),
]


@pytest.mark.parametrize(("formula", "value"), TEXTS)
def test_a_formula_gives_a_text(desk: Desk, formula: str, value: str | None) -> None:
    assert desk.ask(formula) == value


TRUTHS = [
    ("AND(Flag__c, Amount__c > 1, NOT(ISBLANK(Name)))", True),
    ("Flag__c && Amount__c < 1 || Count__c = 3", True),
    ("OR(Amount__c <> 1234.5, Empty__c > 1)", False),
    ("Empty__c = NULL", True),
    ("ISPICKVAL(Stage__c, 'Won') && !ISPICKVAL(Stage__c, '')", True),
    ("INCLUDES(Colours__c, 'Green') && NOT(INCLUDES(Colours__c, 'Gre'))", True),
    ("CONTAINS(Note__c, 'Hara') && BEGINS(Note__c, 'O')", True),
    ("REGEX(Name, '[A-Z][a-z]+')", True),
    ("REGEX(Name, 'eac')", False),
    ("'a' = 'A'", False),
    ("Day__c < TODAY() && Day__c + 1 = DATE(2024, 2, 1)", True),
    ("ISBLANK(DATE(2024, 2, 30))", True),
    ("DATEVALUE(Moment__c) = Day__c", True),
    ("ISNUMBER('1.5') && NOT(ISNUMBER(''))", True),
]


@pytest.mark.parametrize(("formula", "value"), TRUTHS)
def test_a_formula_gives_a_truth(desk: Desk, formula: str, value: bool) -> None:
    assert desk.ask(formula, "boolean") is value


def test_formulas_give_dates_times_and_percents(desk: Desk) -> None:
    assert desk.ask("ADDMONTHS(Day__c, 1)", "date") == date(2024, 2, 29)
    assert desk.ask("ADDMONTHS(DATE(2024, 2, 29), 1)", "date") == date(2024, 3, 31)
    assert desk.ask("Day__c + 30.9", "date") == date(2024, 3, 1)
    assert desk.ask("Moment__c + 0.5", "datetime") == datetime(2024, 2, 1, 6, 0)
    assert desk.ask("Open_At__c + 60000", "time") == datetime(1970, 1, 1, 9, 31).time()
    assert desk.ask("Share__c / 2", "percent(5,2)") == 12.5


def test_blank_numbers_count_as_zero_only_where_the_formula_says_so(desk: Desk) -> None:
    assert desk.ask("Amount__c + Empty__c", "double(18,2)") is None
    assert desk.ask("Amount__c + Empty__c", "double(18,2)", zero=True) == 1234.5


ODD = {
    "Id": "a01al000000000CAAQ",
    "Amount__c": 1e308,
    "Count__c": -1e300,
    "Share__c": 0.0,
    "Day__c": date(9999, 12, 31),
    "Moment__c": datetime(9999, 12, 31, 23, 59),
    "Note__c": "2024-13-45",
    "Open_At__c": datetime(1970, 1, 1, 23, 59, 59).time(),
}
STRAINED = [
    ("Amount__c * Amount__c", "double(18,2)"),
    ("Amount__c ^ 2 + Count__c", "double(18,2)"),
    ("ROUND(Amount__c, Count__c)", "double(18,2)"),
    ("EXP(Amount__c)", "double(18,2)"),
    ("MOD(Amount__c, Share__c)", "double(18,2)"),
    ("Day__c + Amount__c", "date"),
    ("Moment__c + Amount__c", "datetime"),
    ("Open_At__c + Amount__c", "time"),
    ("ADDMONTHS(Day__c, Amount__c)", "date"),
    ("DATE(Amount__c, Count__c, 1)", "date"),
    ("DATEVALUE(Note__c)", "date"),
    ("FROMUNIXTIME(Amount__c)", "datetime"),
    ("VALUE(Note__c)", "double(18,2)"),
    ("DISTANCE(Spot__c, GEOLOCATION(Amount__c, 1), 'mi')", "double(18,2)"),
    ("LEFT(Note__c, Amount__c) & LPAD(Note__c, Count__c)", "string(9)"),
]


@pytest.mark.parametrize(("formula", "kind"), STRAINED)
def test_a_formula_out_of_range_is_blank_and_never_stops_a_query(formula: str, kind: str) -> None:
    odd = Desk()
    odd.insert("Deal__c", ODD)
    field = replace(read_field(f"Asked__c | Asked | {kind}"), formula=formula)
    sql = field_sql(odd.schema, odd.deal, field, "t")
    try:
        assert odd.engine.rows(f"SELECT {sql} FROM Deal__c t WHERE Id = ?", [ODD["Id"]]) == [
            (None,)
        ]
    finally:
        odd.engine.close()


WRONG = [
    ("Amount__c +", "Syntax error. The formula ends too early"),
    ("(1 + 2", "Syntax error. Missing ')'"),
    ("1 2", "Syntax error. Extra '2'"),
    ("#", "Syntax error. Found '#'"),
    ("Nothing__c + 1", "Field Nothing__c does not exist. Check spelling."),
    ("Nothing__r.Name", "Field Nothing__r does not exist. Check spelling."),
    ("Owner.Name", "Owner may be Group or User; write Owner:User"),
    ("VLOOKUP(1)", "Unknown function VLOOKUP. Check spelling."),
    ("LEN()", "Incorrect number of parameters for function 'LEN()'. Expected 1, received 0"),
    ("LEN(1)", "Incorrect parameter type for function 'LEN()'. Expected Text, received Number"),
    ("IF(1, 2, 3)", "Incorrect parameter type for function 'IF()'. Expected Boolean, received"),
    ("Stage__c = 'Won'", "Picklist fields are only supported in certain functions"),
    ("ISCHANGED(Name)", "Function ISCHANGED may not be used in this type of formula"),
    ("1", "Incorrect parameter type for field Asked__c. Expected Text, received Number"),
    ("REGEX(Name, '(?=x)')", "REGEX() cannot use the pattern"),
    ("(" * 120 + "1" + ")" * 120, "nested deeper than 100 levels"),
    ("'" + "x" * 3900 + "'", "Formula is too long"),
]


@pytest.mark.parametrize(("formula", "words"), WRONG)
def test_a_formula_that_cannot_be_used_is_refused_by_name(
    desk: Desk, formula: str, words: str
) -> None:
    with pytest.raises(FormulaError) as refused:
        desk.ask(formula)
    assert words in str(refused.value)
    assert str(refused.value).startswith("Deal__c.Asked__c: ")


def test_formulas_may_use_formulas_but_not_themselves(desk: Desk) -> None:
    twice = replace(read_field("Twice__c | Twice | double(18,2)"), formula="Amount__c * 2")
    four = replace(read_field("Four__c | Four | double(18,2)"), formula="Twice__c * 2")
    ring = replace(read_field("Ring__c | Ring | double(18,2)"), formula="Ring__c + 1")
    grown = Schema(desk.schema, now=lambda: NOW)
    grown.put(replace(desk.deal, fields=(*desk.deal.fields, twice, four, ring)))
    deal = grown.sobject("Deal__c")
    sql = field_sql(grown, deal, four, "t")
    assert desk.engine.scalar(f"SELECT {sql} FROM Deal__c t WHERE Id = ?", [SECOND]) == 4938.0
    with pytest.raises(FormulaError, match="refers to itself"):
        check_object(grown, deal)


def _breaks(desk: Desk, formula: str, prior: str | None) -> bool:
    rule = ValidationRule("Rule", formula, "no")
    sql = rule_sql(desk.schema, desk.deal, rule, "t", "p")
    found = desk.engine.scalar(
        f"SELECT {sql} FROM Deal__c t LEFT JOIN Deal__c p ON p.Id = ? WHERE t.Id = ?",
        [prior, SECOND],
    )
    assert isinstance(found, bool)
    return found


def test_rules_know_the_row_before_its_change(desk: Desk) -> None:
    assert _breaks(desk, "ISNEW()", None)
    assert not _breaks(desk, "ISNEW()", SECOND)
    assert not _breaks(desk, "ISCHANGED(Amount__c)", None)
    assert not _breaks(desk, "ISCHANGED(Amount__c)", SECOND)
    assert _breaks(desk, "ISCHANGED(Amount__c) && PRIORVALUE(Amount__c) = 10", FIRST)
    assert _breaks(desk, "ISPICKVAL(PRIORVALUE(Stage__c), '') && ISCHANGED(Stage__c)", FIRST)
    assert _breaks(desk, "PRIORVALUE(Amount__c) = Amount__c", None)


def test_a_rule_about_a_blank_is_not_met_rather_than_unknown(desk: Desk) -> None:
    assert not _breaks(desk, "Empty__c > 5", None)
    assert _breaks(desk, "NOT(Empty__c > 5)", None)
