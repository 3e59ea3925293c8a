"""No made-up value is one that Salesforce could not hold, in any field of any object."""

from collections.abc import Iterator

import pytest

from sallyport_org.rows.engine import quoted, text_literal
from sallyport_org.schema import Field, SObject, standard_schema
from sallyport_org.server import OrgServer

OBJECTS = [one.name for one in standard_schema()]

SHAPES = {
    "email": r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+",
    "phone": r"\+?[0-9][0-9 ()./-]{4,38}",
    "url": r"https?://[a-z0-9.-]+(/\S*)?|/services/images/photo/\w{18}",
}
STAMPED_LAST = ("SystemModstamp", "LastModifiedDate", "CreatedDate")

IMPOSSIBLE = [
    ("Attachment", "BodyLength IS DISTINCT FROM octet_length(Body)"),
    ("Campaign", "EndDate < StartDate"),
    ("Campaign", "NumberOfConvertedLeads > NumberOfLeads"),
    ("Campaign", "NumberOfResponses > NumberOfLeads + NumberOfContacts"),
    ("Campaign", "NumberOfWonOpportunities > NumberOfOpportunities"),
    ("Campaign", "AmountWonOpportunities > AmountAllOpportunities"),
    ("CampaignMember", "HasResponded <> (FirstRespondedDate IS NOT NULL)"),
    ("CampaignMember", "FirstRespondedDate < CreatedDate::DATE"),
    ("Case", "IsClosed <> (ClosedDate IS NOT NULL)"),
    ("Contact", "Birthdate > CreatedDate::DATE"),
    ("Contact", "IsEmailBounced <> (EmailBouncedDate IS NOT NULL)"),
    ("Event", "EndDateTime < StartDateTime OR EndDate < ActivityDate"),
    ("Event", "(EndDateTime IS NULL) <> (StartDateTime IS NULL)"),
    ("Event", "StartDateTime + to_minutes(DurationInMinutes) IS DISTINCT FROM EndDateTime"),
    ("Event", "DurationInMinutes NOT BETWEEN 0 AND 14 * 24 * 60"),
    ("Event", "ActivityDate <> StartDateTime::DATE"),
    ("Event", "ActivityDateTime IS DISTINCT FROM StartDateTime"),
    ("Event", "EndDate IS DISTINCT FROM EndDateTime::DATE"),
    ("Event", "RecurrenceEndDateOnly < RecurrenceStartDateTime::DATE"),
    ("Event", "NOT IsRecurrence AND RecurrenceType IS NOT NULL"),
    ("Event", "RecurrenceDayOfWeekMask NOT BETWEEN 1 AND 127"),
    ("Event", "RecurrenceDayOfMonth NOT BETWEEN 1 AND 31"),
    ("Event", "IsReminderSet <> (ReminderDateTime IS NOT NULL)"),
    ("Event", "IsGroupEvent <> (GroupEventType = '1')"),
    ("Event", "WhoId LIKE '00Q%' AND WhatId IS NOT NULL"),
    ("Lead", "IsConverted <> (ConvertedDate IS NOT NULL)"),
    ("Lead", "NOT IsConverted AND ConvertedAccountId IS NOT NULL"),
    ("Lead", "(EmailBouncedReason IS NULL) <> (EmailBouncedDate IS NULL)"),
    ("Opportunity", "IsWon AND Probability <> 100"),
    ("Showcase__c", "Name IS NULL"),
    ("Task", "IsClosed <> (CompletedDateTime IS NOT NULL)"),
    ("Task", "RecurrenceEndDateOnly < RecurrenceStartDateOnly"),
    ("Task", "NOT IsRecurrence AND RecurrenceType IS NOT NULL"),
    ("Task", "RecurrenceInterval < 1"),
    ("Task", "IsReminderSet <> (ReminderDateTime IS NOT NULL)"),
    ("Task", "WhoId LIKE '00Q%' AND WhatId IS NOT NULL"),
]
"""What contradicts itself within one row."""


@pytest.fixture(scope="module")
def full() -> Iterator[OrgServer]:
    """An org with rows of every object that can have some."""
    with OrgServer() as server:
        yield server


def impossible(sobject: SObject, one: Field) -> str:
    """Return SQL for what a field of this type, length and name cannot hold."""
    column = quoted(one.name)
    tests = ["false"]
    if one.length and one.type != "base64":
        tests.append(f"length({column}) > {one.length}")
    if one.type in SHAPES:
        tests.append(f"NOT regexp_full_match({column}, {text_literal(SHAPES[one.type])})")
    if one.picklist and one.type in ("picklist", "multipicklist"):
        listed = ", ".join(text_literal(value.value) for value in one.picklist)
        tests.append(f"NOT list_has_all([{listed}], string_split({column}, ';'))")
    if one.name.lower().endswith(("latitude", "latitude__s")):
        tests.append(f"abs({column}) > 90")
    elif one.name.lower().endswith(("longitude", "longitude__s")):
        tests.append(f"abs({column}) > 180")
    elif one.type == "percent":
        tests.append(f"{column} NOT BETWEEN 0 AND 100")
    elif one.type in ("int", "long", "double", "currency"):
        tests.append(f"{column} < 0")
    if one.precision and one.type in ("double", "currency", "percent"):
        tests.append(f"abs({column}) >= 1e{one.precision - one.scale}")
        tests.append(f"round({column}, {one.scale}) <> {column}")
    elif one.digits:
        tests.append(f"abs({column}) >= 1e{one.digits}")
    if one.type == "datetime" and not one.updateable and sobject.find("CreatedDate"):
        latest = next(name for name in STAMPED_LAST if sobject.find(name))
        tests.append(f"{column} NOT BETWEEN CreatedDate AND {latest}")
    if one.type == "date" and not one.updateable and one.name.startswith("Last"):
        tests.append(f"{column} < CreatedDate::DATE")
    if sobject.name in one.refers_to and sobject.name != "User":
        tests.append(f"{column} = Id")
    return " OR ".join(tests)


@pytest.mark.parametrize("name", OBJECTS)
def test_every_value_is_one_its_field_can_hold(full: OrgServer, name: str) -> None:
    sobject = full.org.schema.sobject(name)
    wrong = {}
    for one in sobject.stored_fields:
        sql = f"SELECT {quoted(one.name)} FROM {quoted(name)} WHERE {impossible(sobject, one)}"
        if found := full.sql(f"{sql} LIMIT 3"):
            wrong[one.name] = found
    assert wrong == {}


@pytest.mark.parametrize(("name", "contradiction"), IMPOSSIBLE)
def test_no_row_contradicts_itself(full: OrgServer, name: str, contradiction: str) -> None:
    assert full.sql(f"SELECT Id FROM {quoted(name)} WHERE {contradiction} LIMIT 3") == []


@pytest.mark.parametrize("name", OBJECTS)
def test_a_place_has_both_its_parts_and_an_accuracy_only_with_them(
    full: OrgServer, name: str
) -> None:
    sobject = full.org.schema.sobject(name)
    for one in sobject.stored_fields:
        if "Latitude" not in one.name:
            continue
        latitude, longitude = quoted(one.name), quoted(one.name.replace("Latitude", "Longitude"))
        halves = f"({latitude} IS NULL) <> ({longitude} IS NULL)"
        accuracy = sobject.find(one.name.replace("Latitude", "GeocodeAccuracy"))
        if accuracy is not None:
            halves += f" OR ({latitude} IS NULL AND {quoted(accuracy.name)} IS NOT NULL)"
        assert full.sql(f"SELECT Id FROM {quoted(name)} WHERE {halves} LIMIT 3") == [], one.name


def test_sums_of_a_campaign_are_those_of_its_members(full: OrgServer) -> None:
    sums = "NumberOfLeads, NumberOfContacts, NumberOfResponses"
    counted = full.sql(
        "SELECT CampaignId, count(LeadId), count(ContactId), count(*) FILTER (HasResponded) "
        "FROM CampaignMember WHERE NOT IsDeleted GROUP BY 1 ORDER BY 1"
    )
    assert len(counted) > 5
    assert (
        full.sql(
            f"SELECT Id, {sums} FROM Campaign WHERE NumberOfLeads + NumberOfContacts > 0 ORDER BY 1"
        )
        == counted
    )


def test_sums_of_a_campaign_are_those_of_its_opportunities(full: OrgServer) -> None:
    sums = "NumberOfOpportunities, NumberOfWonOpportunities, AmountWonOpportunities"
    counted = full.sql(
        "SELECT CampaignId, count(*), count(*) FILTER (IsWon), "
        "round(coalesce(sum(Amount) FILTER (IsWon), 0)) FROM Opportunity "
        "WHERE NOT IsDeleted AND CampaignId IS NOT NULL GROUP BY 1 ORDER BY 1"
    )
    assert len(counted) > 5
    found = full.sql(f"SELECT Id, {sums} FROM Campaign WHERE NumberOfOpportunities > 0 ORDER BY 1")
    assert found == counted


def test_parents_of_the_same_object_never_form_a_circle(full: OrgServer) -> None:
    for name, field in (("Account", "ParentId"), ("Contact", "ReportsToId"), ("Case", "ParentId")):
        links = dict(full.sql(f'SELECT Id, {field} FROM "{name}" WHERE {field} IS NOT NULL'))
        assert len(links) > 10
        for start in links:
            seen, at = {start}, links.get(start)
            while at is not None:
                assert at not in seen, f"{name} {start}"
                seen.add(at)
                at = links.get(at)
