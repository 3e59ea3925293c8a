"""A folder of metadata files as changes of a schema.

What belongs here: which files count, whole objects, rules and record types. What does not: fields
(``fields``) and making the changes (``schema.deploy``).

Files about other things (layouts, list views, tabs) are passed over; objects and fields of kinds
that are not modelled are named in ``left_out``, never made into something else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from sallyport_org import ids
from sallyport_org.schema.metadata.fields import check_display_format, fields_of
from sallyport_org.schema.metadata.picklists import ValueSets, value_set, with_dependency
from sallyport_org.schema.metadata.summaries import with_summaries
from sallyport_org.schema.metadata.xml import MetadataError, Part, read_file
from sallyport_org.schema.model import Field, RecordType, Schema, SObject, ValidationRule
from sallyport_org.schema.notation import read_field, read_object

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_OTHER_KINDS = ("__mdt", "__e", "__x", "__b", "__kav")
"""Custom metadata types, platform events, external and big objects, articles: not modelled."""
_LEFT_OUT_TYPES = frozenset({"MetadataRelationship", "ExternalLookup", "IndirectLookup", "File"})

_HEAD = """
object {name} {prefix} | {name} | {name}
scope  everything | All {name}
Id | Record ID | id
{owner}
IsDeleted | Deleted | boolean readonly
{called}
@system
LastViewedDate | Last Viewed Date | datetime readonly
LastReferencedDate | Last Referenced Date | datetime readonly
"""
_OWNER = "OwnerId | Owner ID | reference(Group,User) rel=Owner required defaulted"
_RECORD_TYPE_FIELD = (
    "RecordTypeId | Record Type ID | reference(RecordType) rel=RecordType defaulted +fls"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a folder says: objects to put into the schema, complete, and what was left out."""

    changes: tuple[SObject, ...]
    left_out: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    """The parts about one object, from however many files."""

    head: Part | None = None
    fields: list[Part] = field(default_factory=list)
    rules: list[Part] = field(default_factory=list)
    record_types: list[Part] = field(default_factory=list)


def read(folder: Path, schema: Schema) -> Reading:
    """Return the objects a folder defines or extends, as they will be in that schema.

    Nothing is changed. Raises :class:`MetadataError` for the first file that cannot be used, and
    for a folder without any; what it names is relative to the folder.
    """
    if not folder.is_dir():
        raise MetadataError(f"{folder}: is no folder; name one that holds objects/")
    left_out: list[str] = []
    found = _collect(folder, left_out)
    if not found:
        raise MetadataError(
            f"{folder}: holds no *.object-meta.xml, *.field-meta.xml or *.object file; name the "
            "folder that holds objects/"
        )
    value_sets = _value_sets(folder)
    grown = schema.copy()
    for name, parts in found.items():
        grown.put(_object(grown, name, parts, value_sets, left_out))
    for name, parts in found.items():
        _check_references(grown, grown.sobject(name), parts)
        grown.put(with_summaries(grown, grown.sobject(name), parts.fields))
    return Reading(tuple(grown.sobject(name) for name in found), tuple(left_out))


# -- files


def _collect(folder: Path, left_out: list[str]) -> dict[str, _Found]:
    found: dict[str, _Found] = {}
    for path in sorted(folder.rglob("*")):
        kind = _kind(path)
        if kind is None:
            continue
        name = _object_name(path, kind)
        if name.endswith(_OTHER_KINDS):
            left_out.append(f"{path.name}: objects of the kind {name[name.rindex('__') :]}")
            continue
        one = found.setdefault(name, _Found())
        match kind:
            case "object":
                part = read_file(path, "CustomObject")
                if part.text("customSettingsType"):
                    left_out.append(f"{path.name}: custom settings")
                    found.pop(name)
                    continue
                one.head = part
                one.fields += part.parts("fields")
                one.rules += part.parts("validationRules")
                one.record_types += part.parts("recordTypes")
            case "field":
                one.fields.append(read_file(path, "CustomField"))
            case "rule":
                one.rules.append(read_file(path, "ValidationRule"))
            case "recordType":
                one.record_types.append(read_file(path, "RecordType"))
    return found


_SUFFIXES = {
    ".object-meta.xml": "object",
    ".object": "object",
    ".field-meta.xml": "field",
    ".validationRule-meta.xml": "rule",
    ".recordType-meta.xml": "recordType",
}


def _kind(path: Path) -> str | None:
    for suffix, kind in _SUFFIXES.items():
        if path.name.endswith(suffix):
            return kind
    return None


def _object_name(path: Path, kind: str) -> str:
    if kind == "object":
        return path.name.removesuffix(".object-meta.xml").removesuffix(".object")
    return path.parent.parent.name


def _value_sets(folder: Path) -> ValueSets:
    sets = {}
    for suffix in (".globalValueSet-meta.xml", ".globalValueSet"):
        for path in sorted(folder.rglob(f"*{suffix}")):
            part = read_file(path, "GlobalValueSet")
            values = value_set(part, "customValue")
            sets[path.name.removesuffix(suffix).lower()] = values
    return sets


# -- objects


def _object(
    schema: Schema, name: str, found: _Found, value_sets: ValueSets, left_out: list[str]
) -> SObject:
    """Return one object with everything the files say of it, over what the schema has."""
    sobject = schema.find(name)
    if sobject is None:
        sobject = _new_object(schema, name, found)
    fields = {one.name: one for one in sobject.fields}
    for part in found.fields:
        for one in _fields(part, name, value_sets, left_out):
            fields[one.name] = one
    for part in found.fields:
        made = fields.get(part.text("fullName") or "")
        if made is not None and made.controller is not None:
            fields[made.name] = with_dependency(part, made, list(fields.values()))
    record_types = _record_types(schema, sobject, found.record_types)
    if record_types and "RecordTypeId" not in fields:
        fields["RecordTypeId"] = read_field(_RECORD_TYPE_FIELD)
    rules = {rule.name: rule for rule in sobject.rules}
    rules |= {rule.name: rule for rule in map(_rule, found.rules)}
    return replace(
        sobject,
        fields=tuple(fields.values()),
        record_types=record_types,
        rules=tuple(rules.values()),
    )


def _fields(
    part: Part, sobject: str, value_sets: ValueSets, left_out: list[str]
) -> Iterator[Field]:
    name = part.needed("fullName", "a field needs its API name, such as Score__c")
    if not name.endswith("__c"):
        left_out.append(f"{sobject}.{name}: settings of a standard field")
    elif part.text("type") in _LEFT_OUT_TYPES:
        left_out.append(f"{sobject}.{name}: fields of the type {part.text('type')}")
    else:
        if part.part("lookupFilter") is not None:
            left_out.append(f"{sobject}.{name}: its lookup filter")
        yield from fields_of(part, value_sets)


def _new_object(schema: Schema, name: str, found: _Found) -> SObject:
    """Return a custom object with the fields every one has (documented)."""
    if not name.endswith("__c"):
        first = (found.head or (found.fields + found.rules + found.record_types)[0]).of
        raise MetadataError(
            f"{first}: the org has no standard object {name}; its name may be misspelt, or the org "
            "simulator does not have it: take the file out"
        )
    if found.head is None:
        first = (found.fields + found.rules + found.record_types)[0].of
        raise MetadataError(
            f"{first}: belongs to {name}, which no file defines; add {name}.object-meta.xml"
        )
    head = found.head
    label = head.needed("label", "an object needs the name people see")
    plural = head.text("pluralLabel") or label
    owned = not any(part.text("type") == "MasterDetail" for part in found.fields)
    made = read_object(
        _HEAD.format(
            name=name,
            prefix=_free_prefix(schema),
            owner=_OWNER if owned else "",
            called=_name_field(head),
        )
    )
    called = head.part("nameField")
    abilities = set(made.abilities)
    if not head.truth("enableFeeds"):
        abilities.discard("feed")
    if not head.truth("enableSearch", default=True):
        abilities -= {"search"}
    fields = tuple(
        replace(
            one,
            label=(called.text("label") if called else None) or f"{label} Name",
            display_format=(called.text("displayFormat") if called else None)
            if one.auto_number
            else None,
        )
        if one.name_field
        else one
        for one in made.fields
    )
    scopes = (("everything", f"All {plural}"), ("mine", f"My {plural}"))
    return replace(
        made,
        label=label,
        label_plural=plural,
        abilities=frozenset(abilities),
        fields=fields,
        scopes=scopes if owned else scopes[:1],
    )


def _name_field(head: Part) -> str:
    called = head.part("nameField")
    kind = called.one_of("type", ("Text", "AutoNumber")) if called else "Text"
    if kind == "Text" or called is None:
        return "Name | Name | string(80) name idlookup defaulted -fls"
    check_display_format(called, called.text("displayFormat") or "{0}")
    return "Name | Name | string(80) required readonly name idlookup autonumber -fls"


def _free_prefix(schema: Schema) -> str:
    taken = {one.prefix for one in schema}
    return next(p for a in _DIGITS for b in _DIGITS if (p := f"a{a}{b}") not in taken)


def _rule(part: Part) -> ValidationRule:
    formula = part.needed(
        "errorConditionFormula", "write the formula that is true for refused rows"
    )
    return ValidationRule(
        name=part.needed("fullName", "a validation rule needs its API name"),
        formula=formula,
        message=part.needed("errorMessage", "write what users are told"),
        field=part.text("errorDisplayField"),
        active=part.truth("active"),
    )


def _record_types(schema: Schema, sobject: SObject, parts: list[Part]) -> tuple[RecordType, ...]:
    """Return the object's record types; new ones get the next ids that begin with 012."""
    known = {one.developer_name: one for one in sobject.record_types}
    # The schema grows object by object, so types added before are counted; 0 is *Master*.
    number = 1 + sum(len(one.record_types) for one in schema)
    for part in parts:
        name = part.needed("fullName", "a record type needs its API name")
        before = known.get(name)
        if before is None:
            number += 1
        known[name] = RecordType(
            id=before.id if before else ids.record_id("012", number),
            developer_name=name,
            label=part.text("label") or name,
            active=part.truth("active", default=True),
            default=before.default if before else not known,
            description=part.text("description"),
        )
    return tuple(known.values())


def _check_references(schema: Schema, sobject: SObject, found: _Found) -> None:
    """Raise for look-ups to custom objects nobody defines, and rules shown at unknown fields."""
    for part in found.fields:
        target = part.text("referenceTo")
        if target and target.endswith("__c") and target not in schema:
            raise part.refused(
                "referenceTo",
                f"names {target}, which neither the org nor any file defines; add its "
                "object-meta.xml",
            )
    for part in found.rules:
        shown = part.text("errorDisplayField")
        if shown and sobject.find(shown) is None:
            raise part.refused(
                "errorDisplayField", f"names {shown}, which {sobject.name} lacks; add that field"
            )
