"""The compact notation objects are written in, and its reader.

What belongs here: turning the text of a ``*.object`` file into an :class:`SObject`, with the rules
that hold for every field of a type (what can be filtered, sorted, grouped, set). What does not:
facts about one object; those stand in its own file, next to this module.

A file reads (``*`` marks the default of a picklist, ``value = label`` where they differ)::

    object Account 001 | Account | Accounts
    can    merge -undelete                     differences from the usual abilities
    scope  mine | My accounts
    path   listviews |                         a resource it lacks, or one of its own
    Name   | Account Name | string(255) required name
    Type   | Account Type | picklist(40) | Prospect; *Customer; NotFound = Not Found
    ParentId | Parent Account ID | reference(Account) rel=Parent children=ChildAccounts
    @address Billing | Billing                 eight parts and their compound
    @location Spot__c | Spot                   two parts and their compound
    @system                                    CreatedDate … SystemModstamp

The per-type rules were read off recorded describes of a real org (observed) and the object
reference (documented): https://developer.salesforce.com/docs/platform/object-reference/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sallyport_org.schema.model import Field, PicklistValue, SObject

USUAL_ABILITIES = frozenset(
    [
        "compactlayout",
        "create",
        "delete",
        "layout",
        "query",
        "replicate",
        "retrieve",
        "searchlayout",
        "search",
        "trigger",
        "undelete",
        "update",
        "feed",
        "mru",
        "recordtype",
    ]
)
"""What a standard business object allows; ``can`` lines add and take away."""

_NOT_GROUPABLE = frozenset({"double", "currency", "percent", "datetime"})
_NOT_AGGREGATABLE = frozenset({"boolean", "multipicklist"})
_OPAQUE = frozenset({"base64", "anyType", "encryptedstring", "complexvalue", "json"})
_INTERNAL_TARGETS = frozenset({"User", "RecordType", "Group", "Profile", "UserRole"})
_LONG_TEXT = 255
_TYPE = re.compile(r"(?P<type>\w+)(?:\((?P<arguments>[^)]*)\))?$")

GEOCODE_ACCURACIES = (
    "Address; NearAddress; Block; Street; ExtendedZip; Zip; Neighborhood; City; County; State; "
    "Unknown"
)

_ADDRESS = f"""
{{0}}Street | {{1}}Street | textarea(255) compound={{0}}Address
{{0}}City | {{1}}City | string(40) compound={{0}}Address
{{0}}State | {{1}}State/Province | string(80) compound={{0}}Address
{{0}}PostalCode | {{1}}Zip/Postal Code | string(20) compound={{0}}Address
{{0}}Country | {{1}}Country | string(80) compound={{0}}Address
{{0}}Latitude | {{1}}Latitude | double(18,15) compound={{0}}Address
{{0}}Longitude | {{1}}Longitude | double(18,15) compound={{0}}Address
{{0}}GeocodeAccuracy | {{1}}Geocode Accuracy | picklist(40) restricted compound={{0}}Address | \
{GEOCODE_ACCURACIES}
{{0}}Address | {{1}}Address | address
"""

_SYSTEM = """
CreatedDate | Created Date | datetime required readonly defaulted
CreatedById | Created By ID | reference(User) rel=CreatedBy required readonly defaulted
LastModifiedDate | Last Modified Date | datetime required readonly defaulted
LastModifiedById | Last Modified By ID | reference(User) rel=LastModifiedBy required readonly \
defaulted
SystemModstamp | System Modstamp | datetime required readonly defaulted
"""


class NotationError(ValueError):
    """A definition that cannot be read; the text names the line and the cure."""


def read_object(text: str) -> SObject:
    """Return the object a definition describes.

    Raises :class:`NotationError` naming the line that cannot be read.
    """
    name = label = plural = ""
    prefix: str | None = None
    abilities = set(USUAL_ABILITIES)
    scopes: list[tuple[str, str]] = []
    paths: list[tuple[str, str | None]] = []
    fields: list[Field] = []
    for line in _lines(text):
        word, _, rest = line.partition(" ")
        match word:
            case "object":
                head, label, plural = (part.strip() for part in rest.split("|"))
                name, _, key = head.partition(" ")
                prefix = key.strip() or None
            case "can":
                for ability in rest.split():
                    (abilities.discard if ability[0] == "-" else abilities.add)(ability.strip("-"))
            case "scope":
                scope, text_of_scope = (part.strip() for part in rest.split("|"))
                scopes.append((scope, text_of_scope))
            case "path":
                name_of_path, path = (part.strip() for part in rest.split("|"))
                paths.append((name_of_path, path or None))
            case _:
                fields.extend(_field_lines(line))
    if not name or not fields:
        raise NotationError("a definition needs an `object` line and at least one field")
    return SObject(
        name,
        label,
        plural,
        prefix,
        tuple(fields),
        frozenset(abilities),
        tuple(scopes),
        paths=tuple(paths),
    )


def read_field(line: str) -> Field:
    """Return the field one line of a definition describes; raises :class:`NotationError`."""
    name, label, spec, *values = (part.strip() for part in line.split("|"))
    first, *flags = spec.split()
    found = _TYPE.match(first)
    if found is None:
        raise NotationError(f"{line!r}: {first!r} is no type; write e.g. string(80)")
    settings = _type_settings(found["type"], found["arguments"] or "")
    one = Field(name=name, label=label, type=found["type"], **settings)
    if values:
        one = replace(one, **_picklist(values[0], one.type))
    for flag in flags:
        one = replace(one, **_flag(flag, line))
    return _with_consequences(one, set(flags))


def _lines(text: str) -> Iterator[str]:
    """Yield the lines that say something, with continued ones joined."""
    for line in text.replace("\\\n", "").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            yield line.strip()


def _field_lines(line: str) -> Iterator[Field]:
    """Yield the field, or the fields a macro line stands for."""
    if line.startswith("@address"):
        prefix, label = (part.strip() for part in line.removeprefix("@address").split("|"))
        for part in _lines(_ADDRESS.format(prefix, f"{label} " if label else "")):
            yield read_field(part)
    elif line.startswith("@location"):
        name, label = (part.strip() for part in line.removeprefix("@location").split("|"))
        yield from location_fields(name, label)
    elif line.startswith("@system"):
        for part in _lines(_SYSTEM):
            yield read_field(part)
    else:
        yield read_field(line)


def location_fields(name: str, label: str) -> tuple[Field, Field, Field]:
    """Return the two parts of a custom location field (``Spot__c``) and the field itself."""
    stem = name.removesuffix("__c")
    parts = [
        read_field(f"{stem}__{part}__s | {label} ({part}) | double(9,6) compound={name}")
        for part in ("Latitude", "Longitude")
    ]
    return parts[0], parts[1], read_field(f"{name} | {label} | location")


def _type_settings(kind: str, arguments: str) -> dict[str, Any]:
    """Return what follows from the type and its arguments alone."""
    numbers = [int(part) for part in arguments.split(",") if part.strip().isdigit()]
    length = numbers[0] if numbers else 0
    plain = kind not in _OPAQUE and not (kind == "textarea" and length > _LONG_TEXT)
    compound = kind in ("address", "location")
    settings: dict[str, Any] = {
        "filterable": plain,
        "sortable": plain and not compound and kind != "multipicklist",
        "groupable": plain
        and not compound
        and kind not in _NOT_GROUPABLE
        and kind not in ("multipicklist", "combobox"),
        "aggregatable": plain and not compound and kind not in _NOT_AGGREGATABLE,
    }
    if kind in ("double", "currency", "percent"):
        settings |= {"precision": numbers[0], "scale": numbers[1]}
    elif kind in ("int", "long"):
        settings |= {"digits": length or 8}
    elif kind in ("id", "reference"):
        settings |= {"length": 18, "byte_length": 18}
    elif length:
        settings |= {"length": length, "byte_length": length if length == 4099 else 3 * length}
    if kind == "reference":
        settings |= {"refers_to": tuple(part.strip() for part in arguments.split(","))}
    if kind == "id":
        settings |= {"nillable": False, "createable": False, "updateable": False}
        settings |= {"defaulted": True, "id_lookup": True}
    if kind == "boolean":
        settings |= {"nillable": False, "defaulted": True, "default": False}
    if compound:
        settings |= {"createable": False, "updateable": False}
    if kind == "textarea":
        settings |= {"extra": "plaintextarea"}
    return settings


def _picklist(text: str, kind: str) -> dict[str, Any]:
    """Return the values of a picklist and the default among them."""
    entries = [entry.strip() for entry in text.split(";") if entry.strip()]
    values = tuple(_picklist_value(entry) for entry in entries)
    default = next((value.value for value in values if value.default), None)
    settings: dict[str, Any] = {"picklist": values, "default": default}
    if kind == "multipicklist":
        settings["precision"] = len(values)
    return settings | ({"defaulted": True} if default is not None else {})


def _picklist_value(entry: str) -> PicklistValue:
    value, _, label = (part.strip() for part in entry.lstrip("*").partition("="))
    return PicklistValue(value, label or value, entry.startswith("*"))


_SWITCHES: dict[str, dict[str, Any]] = {
    "required": {"nillable": False},
    "readonly": {"createable": False, "updateable": False},
    "nocreate": {"createable": False},
    "noupdate": {"updateable": False},
    "defaulted": {"defaulted": True},
    "true": {"default": True},
    "name": {"name_field": True},
    "idlookup": {"id_lookup": True},
    "unique": {"unique": True},
    "external": {"external_id": True, "id_lookup": True},
    "casesensitive": {"case_sensitive": True},
    "autonumber": {"auto_number": True, "defaulted": True},
    "restricted": {"restricted": True},
    "cascade": {"cascade": True},
    "goes": {"with_parent": "goes"},
    "holds": {"with_parent": "holds"},
    "namepointing": {"name_pointing": True},
    "html": {"html": True, "extra": "richtextarea"},
    "-filter": {"filterable": False},
    "-sort": {"sortable": False},
    "-group": {"groupable": False},
    "+group": {"groupable": True},
    "-aggregate": {"aggregatable": False},
    "+sort": {"sortable": True},
    "+aggregate": {"aggregatable": True},
    "+fls": {},
    "-fls": {},
    "-prefilter": {},
}


def _flag(flag: str, line: str) -> dict[str, Any]:
    """Return what one word after the type sets."""
    if flag in _SWITCHES:
        return _SWITCHES[flag]
    key, _, value = flag.partition("=")
    names = {"rel": "relationship", "children": "children", "compound": "compound"}
    names |= {"extra": "extra", "formula": "formula", "mask": "mask", "default": "default"}
    if key in names and value:
        return {names[key]: value}
    if key == "bytes" and value.isdigit():
        return {"byte_length": int(value)}
    raise NotationError(f"{line!r}: {flag!r} is no known word of the notation")


def _with_consequences(one: Field, flags: set[str]) -> Field:
    """Return the field with what follows from its type and words together."""
    writable = one.createable and one.updateable
    permissionable = (one.nillable and writable and one.compound != "Name") or (
        one.type in ("address", "location")
    )
    if one.custom:
        permissionable = one.nillable or one.type == "boolean"
    if one.formula:
        permissionable = True
    if "+fls" in flags or "-fls" in flags:
        permissionable = "+fls" in flags
    prefilterable = (
        one.type == "reference"
        and one.nillable
        and "-prefilter" not in flags
        and not set(one.refers_to) <= _INTERNAL_TARGETS
    )
    return replace(
        one,
        permissionable=permissionable,
        prefilterable=prefilterable,
        name_pointing=one.name_pointing or len(one.refers_to) > 1,
    )
