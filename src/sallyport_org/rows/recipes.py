"""How each field of a made-up row is drawn.

What belongs here: rules by type, by field name and by object and field, and the fields that follow
from others of the same row. What does not: tasks and events (``activities``), the drawing tools
(``draw``) and word lists (``pools``).

Expressions may use fields defined earlier in the same object by name, and the hidden columns of
:func:`sallyport_org.rows.draw.hidden`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from sallyport_org.rows import pools
from sallyport_org.rows.activities import ACTIVITIES
from sallyport_org.rows.draw import GONE_ROWS, Draw, Recipe, Setting
from sallyport_org.rows.engine import sql_type, text_literal
from sallyport_org.schema.auto_number import auto_number_sql
from sallyport_org.schema.model import Field, SObject

LOCATED = 50
"""Percentage of rows whose addresses have coordinates."""


def expression(setting: Setting, sobject: SObject, one: Field) -> str:
    """Return the SQL of one field, cast to its column's type.

    The id is made by ``generate``; roll-ups are worked out once all rows are there.
    """
    if one.summary is not None:
        return f"NULL::{sql_type(one)}"
    draw = Draw(setting, sobject, one)
    recipe = (
        _BY_FIELD.get(f"{sobject.name}.{one.name}")
        or _BY_NAME.get(one.name)
        or (_auto_number if one.auto_number else _BY_TYPE[one.type])
    )
    made = recipe(draw)
    if one.type == "boolean":
        made = f"coalesce({made}, false)"
    return f"({made})::{sql_type(one)}"


def _always(sql: str) -> Recipe:
    return lambda draw: sql


def _nullable(percent: int, recipe: Recipe) -> Recipe:
    """Return the recipe with nulls, for fields that may be empty."""

    def drawn(draw: Draw) -> str:
        made = recipe(draw)
        return draw.sometimes(percent, made) if draw.field.nillable else made

    return drawn


def _pool(pool: Sequence[object], percent: int = 80) -> Recipe:
    return _nullable(percent, lambda draw: draw.pick(pool))


def _reference(draw: Draw) -> str:
    if draw.field.refers_to == (draw.sobject.name,):
        return draw.sometimes(70, draw.earlier())
    made = draw.reference(*draw.field.refers_to)
    if made is None:
        return "NULL"
    return draw.sometimes(70, made) if draw.field.nillable else made


def _auto_number(draw: Draw) -> str:
    return auto_number_sql(draw.field.display_format, "i + 1", draw.moment("_created"))


def _record_type(draw: Draw) -> str:
    """One of the object's active record types, as every row of such an object has."""
    active = [one.id for one in draw.sobject.record_types if one.active]
    return draw.pick(active) if active else "NULL"


def _picklist(draw: Draw) -> str:
    return draw.pick([value.value for value in draw.field.picklist if value.active] or [None])


def _multipicklist(draw: Draw) -> str:
    values = [value.value for value in draw.field.picklist]
    sets = [";".join(some) for size in (1, 2, 3) for some in combinations(values, size)]
    return draw.pick(sets or [None])


def _text(draw: Draw) -> str:
    number = draw.number(10_000, draw.field.name + "#")
    plain = f"{draw.pick(pools.WORDS)} || ' ' || {number}"
    odd = draw.pick([text for text in pools.ODD_TEXTS if len(text) <= draw.field.length])
    if draw.field.length < 12:
        return f"({number})::VARCHAR"
    return f"CASE WHEN {draw.number(50, draw.field.name + '!')} = 0 THEN {odd} ELSE {plain} END"


def _long_text(draw: Draw) -> str:
    first, second = (draw.pick(pools.SENTENCES, draw.field.name + salt) for salt in "ab")
    return (
        f"CASE WHEN {draw.number(3, draw.field.name + '2')} = 0 "
        f"THEN {first} || chr(10) || {second} ELSE {first} END"
    )


def _decimal(top: int) -> Recipe:
    """Return a recipe for numbers up to ``top`` with the decimal places of the field."""

    def drawn(draw: Draw) -> str:
        steps = 10 ** min(draw.field.scale, 4)
        whole = 10 ** max(draw.field.precision - draw.field.scale, 1) - 1
        return f"{draw.number(min(top, whole) * steps + 1)} / {float(steps)}"

    return drawn


def _double(draw: Draw) -> str:
    """Return a number, or the part of a custom location: near a known place, both parts or none."""
    if not draw.field.name.endswith("__s"):
        return _nullable(80, _decimal(100_000))(draw)
    place = _place(4 if draw.field.name.endswith("__Latitude__s") else 5)(draw)
    return f"round({place} + {draw.number(10_000)} / 1e6, {draw.field.scale})"


def _phone(draw: Draw) -> str:
    line = f"lpad(({draw.number(1000, draw.field.name + '#')})::VARCHAR, 3, '0')"
    return f"'+1 (' || (200 + {draw.number(800)}) || ') 555-0' || {line}"


def _email(draw: Draw) -> str:
    return f"{draw.pick(pools.WORDS)} || '.' || i || '@' || {draw.pick(pools.DOMAINS, 'domain')}"


def _date(draw: Draw) -> str:
    return f"({draw.moment('_created')})::DATE + ({draw.number(400)} - 200)::INTEGER"


def _datetime(draw: Draw) -> str:
    """What users enter may lie ahead; what the org stamps lies within the row's own history."""
    if draw.field.updateable:
        return draw.moment(f"_created + {draw.number(86_400 * 30)}")
    return draw.moment(f"_created + {draw.number(2**31)} % (_modified - _created + 1)")


def _birthdate(draw: Draw) -> str:
    return f"({draw.moment('_created')})::DATE - (365 * 18 + {draw.number(365 * 60)})::INTEGER"


def _system_reference(draw: Draw) -> str:
    return draw.reference("User") or "NULL"


def _place(column: int, percent: int = 85) -> Recipe:
    """Return a recipe for one part of an address; all parts of one address agree."""

    def drawn(draw: Draw) -> str:
        group = draw.field.compound or draw.sobject.name
        value = draw.pick([place[column] for place in pools.PLACES], group)
        return f"CASE WHEN {draw.number(100, group + '?')} < {percent} THEN {value} END"

    return drawn


def _accuracy(draw: Draw) -> str:
    """How exact a place is on the map: for the half of the addresses that have coordinates."""
    group = draw.field.compound or draw.sobject.name
    return f"CASE WHEN {draw.number(100, group + '?')} < {LOCATED} THEN {_picklist(draw)} END"


def _street(draw: Draw) -> str:
    group = draw.field.compound or draw.sobject.name
    second = draw.pick(pools.STREET_SECOND_LINES, draw.field.name + "2")
    line = f"(1 + {draw.number(999, draw.field.name + '#')}) || ' ' || {draw.pick(pools.STREETS)}"
    return (
        f"CASE WHEN {draw.number(100, group + '?')} >= 85 THEN NULL "
        f"WHEN {draw.number(4, draw.field.name + '2?')} = 0 THEN {line} || chr(10) || {second} "
        f"ELSE {line} END"
    )


def _company(draw: Draw) -> str:
    parts = (pools.COMPANY_HEADS, pools.COMPANY_TAILS, pools.COMPANY_FORMS)
    picked = [draw.pick(pool, f"company{number}") for number, pool in enumerate(parts)]
    odd = draw.pick(pools.ODD_TEXTS, "odd company")
    plain = " || ' ' || ".join(picked)
    return f"CASE WHEN {draw.number(200, 'company?')} = 0 THEN {odd} ELSE {plain} END"


def _person_name(draw: Draw) -> str:
    return "CASE WHEN FirstName IS NULL THEN LastName ELSE FirstName || ' ' || LastName END"


def _merged_into(draw: Draw) -> str:
    """A deleted row may have lost a merge; its winner is a live row of the same object."""
    winner = draw.reference(draw.sobject.name)
    return f"CASE WHEN _gone AND i % 2 = 0 THEN {winner} END" if winner else "NULL"


def _opportunity_amount(draw: Draw) -> str:
    return draw.sometimes(90, f"{draw.number(50_000_000)} / 100.0")


def _stage_share(draw: Draw) -> str:
    shares = {"Closed Won": 100, "Closed Lost": 0, "Negotiation/Review": 90, "Prospecting": 10}
    arms = " ".join(f"WHEN {text_literal(stage)} THEN {share}" for stage, share in shares.items())
    return f"CASE StageName {arms} ELSE 20 + 10 * {draw.number(6)} END"


def _file_name(draw: Draw) -> str:
    return f"'file ' || i || {draw.pick(['.txt', '.pdf', '.csv', ' (final).docx'])}"


def _bytes(draw: Draw) -> str:
    return f"encode(repeat({draw.pick(pools.SENTENCES)} || chr(0), 1 + {draw.number(20)}))"


def _body_length(draw: Draw) -> str:
    """The length of the very body that is drawn further down the row."""
    return f"octet_length({_bytes(replace(draw, field=draw.sobject.field('Body')))})"


def _member_lead(draw: Draw) -> str:
    """A campaign member is a lead or a contact, whichever the org has."""
    lead = draw.reference("Lead") or "NULL"
    return draw.sometimes(60, lead) if draw.setting.counts.get("Contact") else lead


def _converted_into(draw: Draw) -> str:
    target = draw.reference(*draw.field.refers_to)
    return f"CASE WHEN IsConverted THEN {target} END" if target else "NULL"


_BY_TYPE: dict[str, Recipe] = {
    "string": _nullable(80, _text),
    "textarea": _nullable(60, _long_text),
    "email": _nullable(85, _email),
    "phone": _nullable(75, _phone),
    "url": _nullable(60, lambda draw: f"'https://www.example.com/' || {draw.number(10_000)}"),
    "picklist": _nullable(80, _picklist),
    "combobox": _nullable(95, lambda draw: draw.pick(pools.SUBJECTS)),
    "multipicklist": _nullable(75, _multipicklist),
    "encryptedstring": _nullable(70, lambda draw: f"'****' || (1000 + {draw.number(9000)})"),
    "boolean": lambda draw: f"{draw.number(10)} < 3",
    "int": _nullable(80, lambda draw: draw.number(1000)),
    "long": _nullable(80, lambda draw: draw.number(10**12)),
    "double": _double,
    "currency": _nullable(80, _decimal(10_000_000)),
    "percent": _nullable(80, _decimal(100)),
    "date": _nullable(70, _date),
    "datetime": _nullable(50, _datetime),
    "time": _nullable(
        80, lambda draw: f"TIME '00:00:00' + to_minutes({draw.number(96)}::INTEGER * 15)"
    ),
    "reference": _reference,
    "base64": _bytes,
    "anyType": _nullable(80, _text),
}

_BY_NAME: dict[str, Recipe] = {
    "IsDeleted": lambda draw: (
        f"_gone AND i < {draw.setting.counts[draw.sobject.name]} + {GONE_ROWS}"
    ),
    "MasterRecordId": _merged_into,
    "RecordTypeId": _record_type,
    "OwnerId": _system_reference,
    "CreatedById": _system_reference,
    "LastModifiedById": _system_reference,
    "CreatedDate": lambda draw: draw.moment("_created"),
    "LastModifiedDate": lambda draw: draw.moment("_modified"),
    "SystemModstamp": lambda draw: draw.moment("_stamped"),
    "LastActivityDate": _nullable(60, lambda draw: f"({draw.moment('_modified')})::DATE"),
    "LastViewedDate": _nullable(40, lambda draw: draw.moment("_modified")),
    "LastReferencedDate": _nullable(40, lambda draw: draw.moment("_modified")),
    "FirstName": _pool(pools.FIRST_NAMES, 92),
    "LastName": _pool(pools.LAST_NAMES),
    "Company": _company,
    "Title": _pool(pools.TITLES, 75),
    "Department": _pool(pools.DEPARTMENTS, 60),
    "Subject": _pool(pools.SUBJECTS, 95),
    "PhotoUrl": lambda draw: "'/services/images/photo/' || Id",
    "Birthdate": _birthdate,
    "EmailBouncedReason": lambda draw: draw.sometimes(2, "'550 mailbox unavailable'"),
    "EmailBouncedDate": lambda draw: (
        f"CASE WHEN EmailBouncedReason IS NOT NULL THEN {draw.moment('_modified')} END"
    ),
    "JigsawCompanyId": _always("NULL"),
    "JigsawContactId": _always("NULL"),
    "RecurrenceActivityId": _always("NULL"),
}
for _prefix in ("Billing", "Shipping", "Mailing", "Other", ""):
    _BY_NAME |= {
        f"{_prefix}Street": _street,
        f"{_prefix}City": _place(0),
        f"{_prefix}State": _place(1),
        f"{_prefix}PostalCode": _place(2),
        f"{_prefix}Country": _place(3),
        f"{_prefix}Latitude": _place(4, LOCATED),
        f"{_prefix}Longitude": _place(5, LOCATED),
        f"{_prefix}GeocodeAccuracy": _accuracy,
    }

_SUMS = (
    "NumberOfLeads",
    "NumberOfConvertedLeads",
    "NumberOfContacts",
    "NumberOfResponses",
    "NumberOfOpportunities",
    "NumberOfWonOpportunities",
    "AmountAllOpportunities",
    "AmountWonOpportunities",
)
"""Sums of a campaign; ``generate`` counts them once all rows are there."""

_BY_FIELD: dict[str, Recipe] = {
    **ACTIVITIES,
    **{f"Campaign.{name}": _always("0") for name in _SUMS},
    "Account.Name": _company,
    "Account.NumberOfEmployees": _nullable(70, lambda draw: draw.number(20_000)),
    "Contact.Name": _person_name,
    "Contact.IsEmailBounced": lambda draw: "EmailBouncedDate IS NOT NULL",
    "Lead.Name": _person_name,
    "Lead.IsConverted": lambda draw: "Status = 'Closed - Converted'",
    "Lead.ConvertedDate": lambda draw: (
        f"CASE WHEN IsConverted THEN ({draw.moment('_modified')})::DATE END"
    ),
    "Lead.ConvertedAccountId": _converted_into,
    "Lead.ConvertedContactId": _converted_into,
    "Lead.ConvertedOpportunityId": _converted_into,
    "Opportunity.Name": lambda draw: (
        f"{draw.pick(pools.COMPANY_HEADS)} || ' - ' || {draw.pick(pools.COMPANY_TAILS, 'tail')} "
        f"|| ' #' || i"
    ),
    "Opportunity.Amount": _opportunity_amount,
    "Opportunity.Probability": _stage_share,
    "Opportunity.ExpectedRevenue": lambda draw: "round(Amount * Probability / 100, 2)",
    "Opportunity.IsClosed": lambda draw: "StageName IN ('Closed Won', 'Closed Lost')",
    "Opportunity.IsWon": lambda draw: "StageName = 'Closed Won'",
    "Opportunity.ForecastCategory": lambda draw: (
        "CASE WHEN IsWon THEN 'Closed' WHEN IsClosed THEN 'Omitted' "
        "WHEN Probability >= 70 THEN 'BestCase' ELSE 'Pipeline' END"
    ),
    "Opportunity.ForecastCategoryName": lambda draw: (
        "CASE ForecastCategory WHEN 'BestCase' THEN 'Best Case' ELSE ForecastCategory END"
    ),
    "Opportunity.FiscalYear": lambda draw: "year(CloseDate)",
    "Opportunity.FiscalQuarter": lambda draw: "quarter(CloseDate)",
    "Opportunity.Fiscal": lambda draw: "year(CloseDate) || ' ' || quarter(CloseDate)",
    "Opportunity.HasOpportunityLineItem": _always("false"),
    "Case.CaseNumber": lambda draw: "lpad((i + 1001)::VARCHAR, 8, '0')",
    "Case.IsClosed": lambda draw: "Status = 'Closed'",
    "Case.ClosedDate": lambda draw: f"CASE WHEN IsClosed THEN {draw.moment('_modified')} END",
    "Campaign.Name": lambda draw: f"{draw.pick(pools.WORDS)} || ' campaign ' || i",
    "Campaign.EndDate": lambda draw: f"StartDate + ({draw.number(120)})::INTEGER",
    "CampaignMember.HasResponded": lambda draw: "Status = 'Responded'",
    "CampaignMember.FirstRespondedDate": lambda draw: (
        f"CASE WHEN HasResponded THEN ({draw.moment('_modified')})::DATE END"
    ),
    "CampaignMember.LeadId": _member_lead,
    "CampaignMember.ContactId": lambda draw: (
        f"CASE WHEN LeadId IS NULL THEN {draw.reference('Contact') or 'NULL'} END"
    ),
    "CampaignMember.LeadOrContactId": lambda draw: "coalesce(LeadId, ContactId)",
    "CampaignMember.Type": lambda draw: "CASE WHEN LeadId IS NULL THEN 'Contact' ELSE 'Lead' END",
    "Product2.Name": lambda draw: f"{draw.pick(pools.WORDS)} || ' product ' || i",
    "Product2.ProductCode": lambda draw: "'P-' || lpad(i::VARCHAR, 6, '0')",
    "Product2.IsArchived": _always("false"),
    "Pricebook2.Name": lambda draw: (
        "CASE i WHEN 0 THEN 'Standard Price Book' ELSE 'Book ' || i END"
    ),
    "Pricebook2.IsStandard": lambda draw: "i = 0",
    "Pricebook2.IsArchived": _always("false"),
    "PricebookEntry.IsArchived": _always("false"),
    "OpportunityLineItem.TotalPrice": lambda draw: draw.sometimes(95, _decimal(100_000)(draw)),
    "OpportunityLineItem.Subtotal": lambda draw: "TotalPrice",
    "Attachment.Name": _file_name,
    "Attachment.ContentType": _pool(["text/plain", "application/pdf", "text/csv"]),
    "Attachment.BodyLength": _body_length,
    "AccountHistory.Field": lambda draw: draw.pick(["created", "Industry", "Name", "Phone"]),
    "Showcase__c.Name": lambda draw: f"coalesce({_nullable(80, _text)(draw)}, left(Id, 15))",
    "Showcase__c.Key__c": lambda draw: "'key-' || i",
    "User.Name": _person_name,
    "User.Username": lambda draw: "'user' || i || '@acme.example'",
    "User.Email": lambda draw: "'user' || i || '@example.com'",
    "User.Alias": lambda draw: "'user' || i",
    "User.CommunityNickname": lambda draw: "'user' || i",
    "User.IsActive": lambda draw: "i % 6 <> 5",
    "User.UserType": _always("'Standard'"),
    "User.FederationIdentifier": _always("NULL"),
    "User.ManagerId": _always("NULL"),
}
