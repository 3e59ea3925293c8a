"""``make describes``: the simulator's describes beside every recorded describe of a real org.

    python -m checks.describes ../shared

Compared are the keys of each answer, the attributes of each object, the 57 keys of each field, the
record types, the child relationships between objects both have, and the addresses. Every
difference is printed with its reason out of the table below; one without a reason fails.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks.tally import Tally, shared
from sallyport_org.schema import standard_schema
from sallyport_org.schema.describe import describe_global, describe_sobject
from sallyport_org.schema.model import Schema

VERSION = "59.0"
SITE = "https://orgname.my.salesforce.com"
APART = {"fields", "childRelationships", "recordTypeInfos", "urls", "supportedScopes"}
"""Parts of a describe compared piece by piece."""
FIELD_KEYS = 57

_OLD = r"Account|Case|OpportunityContactRole"
"""Recordings made with API 48.0; the others are of 59.0 or near."""

EXPLAINED: tuple[tuple[str, str, str], ...] = (
    # file, place, why
    (
        r".*",
        r"(field|relationship) \S+(__c|__s|__pc) is only in the recording|child \w+__c\..*",
        "a custom object or field of the recording org",
    ),
    (
        r".*",
        r"relationship Showcase__c\..* is only here",
        "a custom object of this simulator's own",
    ),
    (r".*", r"child .* is only in the recording", "the child object is not modelled here"),
    (
        _OLD,
        r"(object|top-level key) (sobjectDescribeOption|associateEntityType|associateParentEntity)"
        r" is only here",
        "recorded with API 48.0, before this key existed",
    ),
    (_OLD, r"url defaultValues is only in the recording", "recorded with API 48.0, gone since"),
    (
        _OLD,
        r"field \w+: (length is 255, recorded 40|byteLength is 765, recorded 120)",
        "recorded with API 48.0, when these picklists were 40 characters long",
    ),
    (_OLD, r"scope scopingRule is only here", "recorded with API 48.0, before scoping rules"),
    (
        r"Account(\.PersonAccount)?",
        r"(record type \S+|field RecordTypeId) is only in the recording|"
        r"record type Master: defaultRecordTypeMapping is True, recorded False",
        "the recording org made record types for accounts; this one made none",
    ),
    (
        r"Account\.PersonAccount",
        r"field (Person\w*|FirstName|LastName|Salutation|IsPersonAccount) is only in the recording|"
        r"field Name: .*|"
        r"relationship \w+\.\w*(ContactId|WhoId) is only in the recording",
        "the recording org has person accounts on, which are contacts too; this one has not",
    ),
    (
        r"Account\.PersonAccount",
        r"field (IsPartner|IsCustomerPortal|ChannelProgram(Level)?Name|OperatingHoursId) is only "
        r"here",
        "this org has partners and field service, as that of Account.json; the recording has not",
    ),
    (
        r"Account\.PersonAccount",
        r"field Type: picklistValues .*",
        "values an administrator of the recording org added",
    ),
    (
        r"Account(\.PersonAccount)?|Contact",
        r"relationship User\.(AccountId|ContactId) is only in the recording",
        "fields of portal users, which are not modelled here",
    ),
    (
        r"Event",
        r"field (WhatId|ServiceAppointmentId): referenceTo .*",
        "most of the objects an event may be about are not modelled here",
    ),
    (
        r"Event",
        r"field RecurrenceTimeZoneSidKey: picklistValues .*",
        "a few of the 423 time zones",
    ),
    (
        r"_global",
        r"object (Event|Lead)(:| url) .*",
        "the recording's last two entries were written by hand, with other objects' values",
    ),
    (
        r"sobject-fields-.*",
        r"field (PermissionSet|Profile)\.PermissionsUseAnyApiClient is only here",
        "there only where Salesforce switched API Access Control on",
    ),
    (
        r"sobject-fields-.*",
        r"relationship (Opportunity\.ContactId|(Event|Task)\.RecurrenceActivityId) is .*",
        "Apex has a relationship name where the recorded describe has none",
    ),
)
"""Why recordings differ from this org; the first row that fits is the reason."""


@dataclass(frozen=True)
class Difference:
    """One place where an answer is not the recorded one."""

    file: str
    place: str

    @property
    def reason(self) -> str | None:
        for file, place, why in EXPLAINED:
            if re.fullmatch(file, self.file) and re.fullmatch(place, self.place, re.DOTALL):
                return why
        return None


@dataclass(frozen=True)
class Compared:
    """One piece of an answer and how it differs."""

    name: str
    differences: list[Difference]


def main() -> int:
    """Run the target."""
    folder = Path(shared(sys.argv[1] if len(sys.argv) > 1 else "../shared", "describes"))
    recordings = sorted((folder / "data" / "describe").glob("*.json"))
    schema = standard_schema()
    results: list[Compared] = []
    for path in recordings:
        body = json.loads(path.read_text(encoding="utf-8"))
        if "sobjects" in body:
            results += compare_global(path.stem, body, schema)
        elif "fields" in body:
            results += compare_describe(path.stem, body, schema)
        else:
            results += compare_record(path.stem, body, schema)
    results += compare_names(folder / "data" / "sobject-fields", schema)
    tally = Tally("describes", len(results), "answers, objects, fields and relationships")
    for one in results:
        unexplained = [each for each in one.differences if each.reason is None]
        reasons = sorted({each.reason for each in one.differences if each.reason})
        detail = "; ".join(
            [f"UNEXPLAINED {each.place}" for each in unexplained]
            + [f"{_count(one, reason)} ({reason})" for reason in reasons]
        )
        tally.check(one.name, not unexplained, detail)
    return tally.end()


def _count(one: Compared, reason: str) -> str:
    places = [each.place for each in one.differences if each.reason == reason]
    return "; ".join(places)


# -- one describe


def compare_describe(file: str, real: dict[str, Any], schema: Schema) -> Iterator[Compared]:
    """Yield every piece of one recorded describe beside ours."""
    sobject = schema.find(real["name"])
    if sobject is None:
        yield from _compare_keys_only(file, real, schema)
        return
    ours = describe_sobject(schema, sobject, VERSION, SITE)
    yield Compared(f"{file}: top-level keys", _keys(file, "top-level key", real, ours))
    plain = {key for key in real if key not in APART and key in ours}
    yield Compared(f"{file}: attributes", _values(file, "object", real, ours, plain))
    theirs, mine = ({one["name"]: one for one in body["fields"]} for body in (real, ours))
    for name in [*theirs, *(name for name in mine if name not in theirs)]:
        yield Compared(f"{file}.{name}", _one(file, f"field {name}", theirs, mine, name))
    for key, label, title in (
        ("recordTypeInfos", "developerName", "record type"),
        ("supportedScopes", "name", "scope"),
    ):
        left, right = ({one[label]: one for one in body[key]} for body in (real, ours))
        yield Compared(f"{file}: {title}s", _listed(file, title, left, right))
    left, right = (_children(body["childRelationships"]) for body in (real, ours))
    both = {key for key in left if key.split(".")[0] in schema}
    differences = _listed(file, "child", _without(left, both), {})
    differences += _listed(file, "relationship", {key: left[key] for key in both}, right)
    yield Compared(f"{file}: child relationships", differences)
    yield Compared(
        f"{file}: addresses",
        [] if not real["urls"] else _keys(file, "url", real["urls"], ours["urls"]),
    )


def _compare_keys_only(file: str, real: dict[str, Any], schema: Schema) -> Iterator[Compared]:
    """Yield the keys of an object this org does not have, beside those of one it has."""
    ours = describe_sobject(schema, schema.sobject("Showcase__c"), VERSION, SITE)
    yield Compared(f"{file}: top-level keys", _keys(file, "top-level key", real, ours))
    for one in real["fields"]:
        yield Compared(
            f"{file}.{one['name']}: keys", _keys(file, "field key", one, ours["fields"][0])
        )


def compare_global(file: str, real: dict[str, Any], schema: Schema) -> Iterator[Compared]:
    """Yield the list of objects: its keys, and each object both have."""
    ours = describe_global(schema, VERSION)
    yield Compared(f"{file}: top-level keys", _keys(file, "top-level key", real, ours))
    mine = {one["name"]: one for one in ours["sobjects"]}
    for one in real["sobjects"]:
        if one["name"] in mine:
            here = mine[one["name"]]
            keys = set(one) - {"urls"}
            differences = _keys(file, "object key", one, here)
            differences += _values(file, f"object {one['name']}", one, here, keys & set(here))
            place = f"object {one['name']} url"
            differences += _keys(file, place, one["urls"], here["urls"])
            yield Compared(f"{file}: {one['name']}", differences)


def compare_record(file: str, real: dict[str, Any], schema: Schema) -> Iterator[Compared]:
    """Yield the fields of a recorded row beside those its object has here."""
    name = real["attributes"]["type"]
    here = {one.name: one for one in schema.sobject(name).fields}
    theirs = {key: None for key in real if key != "attributes"}
    yield Compared(f"{file}: fields", _keys(file, f"{name} field", theirs, dict.fromkeys(here)))


def compare_names(folder: Path, schema: Schema) -> Iterator[Compared]:
    """Yield each object's fields and parents beside the list of a feature-rich org.

    That list is wider than any one org, so only what it lacks is a difference.
    """
    for path in sorted(folder.glob("*.json")):
        known = json.loads(path.read_text(encoding="utf-8"))
        for sobject in schema:
            if sobject.name not in known or sobject.custom:
                continue
            there = {one["name"].lower(): one for one in known[sobject.name]["fields"]}
            differences = [
                Difference(path.stem, f"field {sobject.name}.{one.name} is only here")
                for one in sobject.fields
                if one.name.lower() not in there
            ]
            differences += [
                Difference(path.stem, f"relationship {sobject.name}.{one.name} is {have}")
                for one in sobject.fields
                if one.refers_to
                and (have := there.get(one.name.lower(), {}).get("relationshipName"))
                and have != one.relationship
            ]
            yield Compared(f"{path.stem}: {sobject.name}", differences)


# -- differences


def _one(
    file: str, place: str, real: dict[str, Any], ours: dict[str, Any], name: str
) -> list[Difference]:
    if name not in ours:
        return [Difference(file, f"{place} is only in the recording")]
    if name not in real:
        return [Difference(file, f"{place} is only here")]
    found = _keys(file, place, real[name], ours[name])
    if place.startswith("field ") and len(ours[name]) != FIELD_KEYS:
        found.append(Difference(file, f"{place} has {len(ours[name])} keys"))
    return found + _values(file, place, real[name], ours[name], set(real[name]) & set(ours[name]))


def _listed(file: str, title: str, real: dict[str, Any], ours: dict[str, Any]) -> list[Difference]:
    return [
        difference
        for name in dict.fromkeys([*real, *ours])
        for difference in _one(file, f"{title} {name}", real, ours, name)
    ]


def _keys(file: str, place: str, real: dict[str, Any], ours: dict[str, Any]) -> list[Difference]:
    return [
        *(
            Difference(file, f"{place} {key} is only in the recording")
            for key in real
            if key not in ours
        ),
        *(Difference(file, f"{place} {key} is only here") for key in ours if key not in real),
    ]


def _values(
    file: str, place: str, real: dict[str, Any], ours: dict[str, Any], keys: Iterable[str]
) -> list[Difference]:
    return [
        Difference(file, f"{place}: {key} is {ours[key]!r}, recorded {real[key]!r}")
        for key in sorted(keys)
        if _plain(real[key]) != _plain(ours[key])
    ]


def _plain(value: Any) -> Any:
    """Return a value without what names the recording's host and API version."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, str):
        return re.sub(r"/v(\d\d\.\d|xx\.0)/", "/v/", value)
    return value


def _without(children: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {key: one for key, one in children.items() if key not in names}


def _children(listed: list[dict[str, Any]]) -> dict[str, Any]:
    return {f"{one['childSObject']}.{one['field']}": one for one in listed}


if __name__ == "__main__":
    sys.exit(main())
