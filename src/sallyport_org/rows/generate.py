"""Making rows up: so many of each object, the same for the same seed and moment.

What belongs here: order of work, ids, the few fixed records every org has (its organization, users,
profiles) and what must agree between objects afterwards. What does not: how a field is drawn
(``recipes``).
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema, texts are quoted

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from sallyport_org import ids
from sallyport_org.rows.draw import ARCHIVED_ROWS, GONE_ROWS, Setting, hidden
from sallyport_org.rows.engine import Engine, quoted
from sallyport_org.rows.recipes import expression
from sallyport_org.schema.model import Schema, SObject

USERS = 12
"""How many users an org has unless told otherwise; the first is its administrator."""

DEFAULT_ROWS: Mapping[str, int] = {
    "Account": 200,
    "Contact": 500,
    "Lead": 200,
    "Opportunity": 300,
    "OpportunityContactRole": 300,
    "Case": 200,
    "Task": 200,
    "Event": 100,
    "Campaign": 10,
    "CampaignMember": 200,
    "Product2": 20,
    "Pricebook2": 2,
    "PricebookEntry": 40,
    "OpportunityLineItem": 300,
    "Attachment": 20,
    "AccountHistory": 100,
    "Showcase__c": 100,
}
"""What an org holds when nothing was asked for."""

FIXED = frozenset(
    {
        "ConnectedApplication",
        "ExternalClientApplication",
        "FieldPermissions",
        "LoginHistory",
        "OauthToken",
        "ObjectPermissions",
        "Organization",
        "PermissionSet",
        "PermissionSetAssignment",
        "Profile",
        "RecordType",
        "SetupEntityAccess",
        "User",
        "UserLogin",
    }
)
"""Objects whose rows are the org's own and cannot be asked for by number."""

PROFILES = ("System Administrator", "Standard User", "Minimum Access - API Only Integrations")


class UnknownRowsError(ValueError):
    """Rows were asked for that cannot be made; the text says which and what to do."""


@dataclass(frozen=True, slots=True)
class Organization:
    """The facts of an org that stand in its Organization record."""

    id: str
    name: str
    edition: str
    instance: str
    is_sandbox: bool


def check_counts(schema: Schema, counts: Mapping[str, int]) -> dict[str, int]:
    """Return the counts under the objects' own spelling.

    Raises :class:`UnknownRowsError` for unknown objects, negative numbers, objects whose rows are
    fixed, and rows whose required parents have none.
    """
    checked: dict[str, int] = {}
    for name, rows in counts.items():
        sobject = schema.find(name)
        if sobject is None:
            known = ", ".join(one.name for one in schema if one.name not in FIXED)
            raise UnknownRowsError(f"no object is called {name!r}; known objects: {known}")
        if sobject.name in FIXED:
            raise UnknownRowsError(f"{sobject.name} rows are part of the org; leave them out")
        if not 0 <= rows < ids.SQL_MAX_SEQUENCE:
            raise UnknownRowsError(
                f"{sobject.name}={rows}: a number of rows is 0 to {ids.SQL_MAX_SEQUENCE - 1}"
            )
        checked[sobject.name] = rows
    for name, rows in checked.items():
        _check_parents(schema.sobject(name), rows, checked)
    return checked


def _check_parents(sobject: SObject, rows: int, counts: Mapping[str, int]) -> None:
    for one in sobject.fields:
        if not rows or one.nillable or not one.refers_to or FIXED & set(one.refers_to):
            continue
        if not any(counts.get(target, 0) for target in one.refers_to):
            parent = one.refers_to[0]
            raise UnknownRowsError(
                f"{sobject.name} rows need {parent} rows ({one.name} is required); "
                f"add {parent}=<number>"
            )


def generate(
    engine: Engine,
    schema: Schema,
    counts: Mapping[str, int],
    *,
    seed: int,
    as_of: datetime,
    progress: Callable[[str], None] = lambda line: None,
) -> None:
    """Fill the tables with ``counts`` live rows each, beside a few deleted and archived ones.

    ``counts`` is the result of :func:`check_counts`; ``as_of`` is the latest moment of any row;
    ``progress`` is told one line per object.
    """
    known = {**counts, "User": USERS}
    setting = Setting(seed, known, int(as_of.timestamp()), schema)
    for name, live in known.items():
        if live:
            _fill(engine, setting, schema.sobject(name), live)
            progress(f"{name}: {live:,} rows")
    _agree(engine, counts)


def _fill(engine: Engine, setting: Setting, sobject: SObject, live: int) -> None:
    """Insert the rows of one object; row number and id agree, live rows first."""
    extra = GONE_ROWS if sobject.find("IsDeleted") else 0
    if sobject.name in ("Task", "Event"):
        extra += ARCHIVED_ROWS
    columns = [f"{ids.sql_id(sobject.prefix or '000', 'i')} AS Id"]
    columns += [
        f"{expression(setting, sobject, one)} AS {quoted(one.name)}"
        for one in sobject.stored_fields
        if one.name != "Id"
    ]
    drawn = ", ".join(hidden(setting, sobject, live) + columns)
    names = ", ".join(quoted(one.name) for one in sobject.stored_fields)
    with engine.writing() as cursor:
        cursor.execute(
            f"INSERT INTO {quoted(sobject.name)} ({names}) "
            f"SELECT {names} FROM (SELECT {drawn} FROM range({live + extra}) AS numbers(i))"
        )


_CAMPAIGN_SUMS = (
    "UPDATE Campaign AS c SET NumberOfLeads = s.leads, NumberOfConvertedLeads = s.converted, "
    "NumberOfContacts = s.contacts, NumberOfResponses = s.responses FROM ("
    "SELECT m.CampaignId AS id, count(m.LeadId) AS leads, count(m.ContactId) AS contacts, "
    "count(*) FILTER (l.IsConverted) AS converted, count(*) FILTER (m.HasResponded) AS responses "
    "FROM CampaignMember AS m LEFT JOIN Lead AS l ON l.Id = m.LeadId "
    "WHERE NOT m.IsDeleted GROUP BY m.CampaignId) AS s WHERE s.id = c.Id",
    "UPDATE Campaign AS c SET NumberOfOpportunities = s.found, NumberOfWonOpportunities = s.won, "
    "AmountAllOpportunities = s.amount, AmountWonOpportunities = s.amount_won FROM ("
    "SELECT CampaignId AS id, count(*) AS found, count(*) FILTER (IsWon) AS won, "
    "round(coalesce(sum(Amount), 0)) AS amount, "
    "round(coalesce(sum(Amount) FILTER (IsWon), 0)) AS amount_won "
    "FROM Opportunity WHERE NOT IsDeleted GROUP BY CampaignId) AS s WHERE s.id = c.Id",
)


def _agree(engine: Engine, counts: Mapping[str, int]) -> None:
    """Make copies of parents' values equal to the parents', as formulas and roll-ups would."""
    updates = []
    if counts.get("CampaignMember"):
        for parent, company in (("Contact", "NULL"), ("Lead", "p.Company")):
            copied = (
                "Salutation",
                "FirstName",
                "LastName",
                "Title",
                "Email",
                "Phone",
                "LeadSource",
            )
            sets = ", ".join(f"{name} = p.{name}" for name in copied)
            updates.append(
                f"UPDATE CampaignMember AS m SET {sets}, Name = p.Name, "
                f"LeadOrContactOwnerId = p.OwnerId, CompanyOrAccount = {company} "
                f"FROM {parent} AS p WHERE p.Id = m.{parent}Id"
            )
    if counts.get("Case") and counts.get("Contact"):
        updates.append(
            'UPDATE "Case" AS c SET AccountId = p.AccountId, ContactPhone = p.Phone, '
            "ContactMobile = p.MobilePhone, ContactEmail = p.Email, ContactFax = p.Fax "
            "FROM Contact AS p WHERE p.Id = c.ContactId"
        )
    if counts.get("PricebookEntry"):
        updates.append(
            "UPDATE PricebookEntry AS e SET Name = p.Name, ProductCode = p.ProductCode "
            "FROM Product2 AS p WHERE p.Id = e.Product2Id"
        )
    if counts.get("OpportunityLineItem"):
        updates.append(
            "UPDATE Opportunity SET HasOpportunityLineItem = true WHERE Id IN "
            "(SELECT OpportunityId FROM OpportunityLineItem WHERE NOT IsDeleted)"
        )
    if counts.get("Campaign"):
        updates += _CAMPAIGN_SUMS
    if updates:
        with engine.writing() as cursor:
            for update in updates:
                cursor.execute(update)


def write_org_records(
    engine: Engine,
    organization: Organization,
    people: Sequence[Mapping[str, str]],
    as_of: datetime,
) -> None:
    """Write the organization and profiles, and make the first users the org's own people.

    ``people`` map User field names, ``Id`` among them, to texts.
    """
    born = datetime(as_of.year - 6, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    admin_id = ids.record_id("005", 0)
    fixed = {
        "CreatedDate": born,
        "LastModifiedDate": born,
        "SystemModstamp": born,
        "CreatedById": admin_id,
        "LastModifiedById": admin_id,
    }
    with engine.writing() as cursor:
        _insert(cursor, "Organization", fixed | _organization_values(organization))
        for number, name in enumerate(PROFILES):
            api = {"PermissionsApiEnabled": True, "UserType": "Standard"}
            power = {"PermissionsModifyAllData": number == 0, "PermissionsViewAllData": number == 0}
            row = {"Id": ids.record_id("00e", number), "Name": name}
            _insert(cursor, "Profile", fixed | row | api | power)
        profile = f"'{ids.record_id('00e', 1)}'"
        cursor.execute(f'UPDATE "User" SET ProfileId = {profile}')
        for person in people:
            values = {**person, "IsActive": True}
            sets = ", ".join(f"{quoted(name)} = ?" for name in values)
            update = f'UPDATE "User" SET {sets} WHERE Id = ?'
            cursor.execute(update, [*values.values(), person["Id"]])


def _organization_values(organization: Organization) -> dict[str, object]:
    return {
        "Id": organization.id,
        "Name": organization.name,
        "OrganizationType": organization.edition,
        "InstanceName": organization.instance,
        "IsSandbox": organization.is_sandbox,
        "Country": "US",
        "PrimaryContact": "Org Administrator",
        "DefaultLocaleSidKey": "en_US",
        "TimeZoneSidKey": "America/Los_Angeles",
        "LanguageLocaleKey": "en_US",
        "FiscalYearStartMonth": 1,
        "ReceivesInfoEmails": False,
        "ReceivesAdminInfoEmails": True,
        "UsesStartDateAsFiscalYearName": False,
        "IsReadOnly": False,
        "MonthlyPageViewsUsed": 0,
        "MonthlyPageViewsEntitlement": 0,
        "DefaultAccountAccess": "Edit",
        "DefaultOpportunityAccess": "Edit",
        "DefaultContactAccess": "ControlledByParent",
        "DefaultLeadAccess": "ReadEditTransfer",
        "DefaultCaseAccess": "ReadEditTransfer",
        "DefaultCalendarAccess": "HideDetailsInsert",
        "DefaultPricebookAccess": "ReadSelect",
        "DefaultCampaignAccess": "All",
        "PreferencesRequireOpportunityProducts": False,
        "PreferencesTransactionSecurityPolicy": False,
        "PreferencesTerminateOldestSession": False,
        "PreferencesConsentManagementEnabled": True,
        "PreferencesAutoSelectIndividualOnMerge": False,
        "PreferencesLightningLoginEnabled": True,
        "PreferencesOnlyLLPermUserAllowed": False,
        "UiSkin": "Theme3",
        "SignupCountryIsoCode": "US",
        "NumKnowledgeService": 2,
        "WebToCaseDefaultOrigin": "Web",
    }


def _insert(cursor: duckdb.DuckDBPyConnection, table: str, row: Mapping[str, object]) -> None:
    names = ", ".join(quoted(name) for name in row)
    marks = ", ".join("?" for _ in row)
    cursor.execute(f"INSERT INTO {quoted(table)} ({names}) VALUES ({marks})", list(row.values()))
