"""One field's metadata as a :class:`Field`.

What belongs here: every field type, and what its elements say. What does not: objects and files.

Types and elements are documented at
https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/customfield.htm; what a
describe says of each was observed where a recorded one exists and is documented otherwise.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from sallyport_org.schema.metadata.xml import Part
from sallyport_org.schema.model import Field, PicklistValue, Summary, SummaryFilter
from sallyport_org.schema.notation import location_fields, read_field

ValueSets = Mapping[str, tuple[PicklistValue, ...]]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*__c")
_PLACEHOLDER = "F__c | F | "
_FORMULA_TYPES = ("Text", "Number", "Currency", "Percent", "Checkbox", "Date", "DateTime", "Time")
_OPERATIONS = (
    "equals",
    "notEqual",
    "lessThan",
    "greaterThan",
    "lessOrEqual",
    "greaterOrEqual",
    "contains",
    "notContain",
    "startsWith",
    "includes",
    "excludes",
)


def fields_of(part: Part, value_sets: ValueSets) -> tuple[Field, ...]:
    """Return the field an element describes, or the three of a location.

    Raises :class:`~sallyport_org.schema.metadata.MetadataError` naming the element at fault.
    """
    name = part.needed("fullName", "a field needs its API name, such as Score__c")
    if _NAME.fullmatch(name) is None or len(name) > 43:
        raise part.refused(
            "fullName", f"is {name!r}; write letters, digits and single underscores, then __c"
        )
    label = part.text("label") or name.removesuffix("__c").replace("_", " ")
    kind = part.one_of("type", [*_READERS, "Summary"])
    if part.text("formula") is not None:
        made = _formula(part, kind)
    elif kind == "Summary":
        made = _summary(part)
    elif kind == "Location":
        parts = location_fields(name, label)
        scale = part.number("scale", 0, 15)
        return (*(replace(one, precision=scale + 3, scale=scale) for one in parts[:2]), parts[2])
    else:
        made = _READERS[kind](part)
        if kind in ("Picklist", "MultiselectPicklist"):
            made = _with_values(part, made, value_sets)
        made = _with_default(part, made, kind)
    required = part.truth("required") and kind not in ("Checkbox", "AutoNumber")
    if required and not made.calculated:
        made = replace(made, nillable=False, permissionable=False)
    return (replace(made, name=name, label=label, help=part.text("inlineHelpText")),)


def value_set(part: Part, values: str) -> tuple[PicklistValue, ...]:
    """Return the entries of a value set whose elements have the given name."""
    entries = []
    for one in part.parts(values):
        value = one.needed("fullName", "every value needs one")
        entries.append(
            PicklistValue(
                value,
                one.text("label") or value,
                one.truth("default"),
                one.truth("isActive", default=True),
            )
        )
    seen: set[str] = set()
    for entry in entries:
        if entry.value.lower() in seen:
            raise part.refused(values, f"names {entry.value!r} twice; leave one out")
        seen.add(entry.value.lower())
    return tuple(entries)


# -- the types


def _plain(notation: str) -> Callable[[Part], Field]:
    return lambda part: read_field(_PLACEHOLDER + notation)


def _text(part: Part) -> Field:
    length = part.number("length", 1, 255)
    made = _keyed(part, read_field(f"{_PLACEHOLDER}string({length})"))
    return replace(made, case_sensitive=part.truth("caseSensitive"))


def _email(part: Part) -> Field:
    return _keyed(part, read_field(f"{_PLACEHOLDER}email(80)"))


def _keyed(part: Part, made: Field) -> Field:
    """Return a field with what makes it a key: external id, unique."""
    external, unique = part.truth("externalId"), part.truth("unique")
    return replace(made, external_id=external, unique=unique, id_lookup=external or made.id_lookup)


def _long_text(flags: str) -> Callable[[Part], Field]:
    def made(part: Part) -> Field:
        length = part.number("length", 256, 131_072, 32_768)
        return read_field(f"{_PLACEHOLDER}textarea({length}) {flags}")

    return made


def _encrypted(part: Part) -> Field:
    mask = part.one_of(
        "maskType", ("all", "creditCard", "lastFour", "nino", "ssn", "sin"), default="all"
    )
    length = part.number("length", 1, 175)
    return read_field(f"{_PLACEHOLDER}encryptedstring({length}) mask={mask}")


def _number(kind: str) -> Callable[[Part], Field]:
    def made(part: Part) -> Field:
        precision = part.number("precision", 1, 18, default=18)
        scale = part.number("scale", 0, precision)
        notation = f"{_PLACEHOLDER}{kind}({precision},{scale})"
        return _keyed(part, read_field(notation)) if kind == "double" else read_field(notation)

    return made


def _checkbox(part: Part) -> Field:
    default = part.truth("defaultValue")
    return replace(read_field(f"{_PLACEHOLDER}boolean"), default=default)


def _lookup(part: Part) -> Field:
    made = _reference(part)
    constraint = part.one_of(
        "deleteConstraint", ("SetNull", "Restrict", "Cascade"), default="SetNull"
    )
    return replace(
        made, cascade=constraint == "Cascade", restricted_delete=constraint == "Restrict"
    )


def _master_detail(part: Part) -> Field:
    """Rows belong to their parent, go with it, and change it only if the field allows that."""
    order = part.number("relationshipOrder", 0, 1, default=0)
    return replace(
        _reference(part),
        nillable=False,
        cascade=True,
        permissionable=False,
        updateable=part.truth("reparentableMasterDetail"),
        relationship_order=order,
    )


def _reference(part: Part) -> Field:
    target = part.needed("referenceTo", "name the object the field points at")
    name = part.text("fullName") or ""
    made = read_field(f"{_PLACEHOLDER}reference({target}) rel={name.removesuffix('__c')}__r")
    children = part.text("relationshipName")
    return replace(made, children=f"{children}__r" if children else None)


def _hierarchy(part: Part) -> Field:
    name = part.text("fullName") or ""
    made = read_field(f"{_PLACEHOLDER}reference(User) rel={name.removesuffix('__c')}__r")
    children = part.text("relationshipName")
    return replace(made, children=f"{children}__r" if children else None)


def _auto_number(part: Part) -> Field:
    """``{0000}`` counts, ``{YYYY}`` and the like are parts of the day it was made (documented)."""
    pattern = part.text("displayFormat") or "{0}"
    check_display_format(part, pattern)
    made = read_field(f"{_PLACEHOLDER}string(30) readonly autonumber")
    return replace(_keyed(part, made), display_format=pattern, nillable=False)


def check_display_format(part: Part, pattern: str) -> None:
    """Raise a MetadataError for a display format without exactly one counter."""
    places = re.findall(r"\{([^{}]*)\}", pattern)
    counters = [one for one in places if re.fullmatch("0{1,10}", one)]
    others = set(places) - set(counters) - {"YYYY", "YY", "MM", "DD"}
    if len(counters) != 1 or others:
        raise part.refused(
            "displayFormat", f"is {pattern!r}; write one counter such as {{0000}}, as in A-{{0000}}"
        )


_READERS: dict[str, Callable[[Part], Field]] = {
    "AutoNumber": _auto_number,
    "Checkbox": _checkbox,
    "Currency": _number("currency"),
    "Date": _plain("date"),
    "DateTime": _plain("datetime"),
    "Email": _email,
    "EncryptedText": _encrypted,
    "Hierarchy": _hierarchy,
    "Html": _long_text("html"),
    "Location": _plain("location"),
    "LongTextArea": _long_text(""),
    "Lookup": _lookup,
    "MasterDetail": _master_detail,
    "MultiselectPicklist": _plain("multipicklist(4099)"),
    "Number": _number("double"),
    "Percent": _number("percent"),
    "Phone": _plain("phone(40)"),
    "Picklist": _plain("picklist(255)"),
    "Text": _text,
    "TextArea": _plain("textarea(255)"),
    "Time": _plain("time"),
    "Url": _plain("url(255)"),
}


# -- formulas and roll-ups


def _formula(part: Part, kind: str) -> Field:
    """A formula field: never written, groupable only where its type is exact (observed)."""
    if kind not in _FORMULA_TYPES:
        raise part.refused("type", f"is {kind}; a formula gives one of {', '.join(_FORMULA_TYPES)}")
    if kind in ("Number", "Currency", "Percent"):
        scale = part.number("scale", 0, 17, default=2)
        word = {"Number": "double"}.get(kind, kind.lower())
        made = read_field(f"{_PLACEHOLDER}{word}(18,{scale}) readonly")
    else:
        plain = {"Text": "string(1300)", "Checkbox": "boolean"}.get(kind, kind.lower())
        made = read_field(f"{_PLACEHOLDER}{plain} readonly")
    blanks = part.one_of(
        "formulaTreatBlanksAs", ("BlankAsZero", "BlankAsBlank"), default="BlankAsZero"
    )
    return replace(
        made,
        formula=part.text("formula"),
        blanks_as_zero=blanks == "BlankAsZero"
        and kind in ("Text", "Number", "Currency", "Percent"),
        groupable=kind in ("Checkbox", "Date"),
        permissionable=True,
    )


_SUMMARY_FUNCTIONS: dict[str, Literal["count", "sum", "min", "max"]] = {
    "count": "count",
    "sum": "sum",
    "min": "min",
    "max": "max",
}


def _summary(part: Part) -> Field:
    """A roll-up; the type of the field added up is put in once all objects are known."""
    operation = part.one_of("summaryOperation", tuple(_SUMMARY_FUNCTIONS))
    child, _, link = part.needed(
        "summaryForeignKey", "name the child's field, as in Line__c.Order__c"
    ).partition(".")
    if not link:
        raise part.refused("summaryForeignKey", "must name object and field, as Line__c.Order__c")
    summed: str | None = None
    if operation != "count":
        cure = "name the child's field to add up, as in Line__c.Price__c"
        owner, _, summed = part.needed("summarizedField", cure).partition(".")
        if owner.lower() != child.lower() or not summed:
            raise part.refused("summarizedField", f"must be a field of {child}")
    filters = tuple(
        SummaryFilter(
            one.needed("field", "name the child's field").split(".")[-1],
            one.one_of("operation", _OPERATIONS),
            tuple(text.strip() for text in (one.text("value") or "").split(",")),
        )
        for one in part.parts("summaryFilterItems")
    )
    made = read_field(f"{_PLACEHOLDER}double(18,0) readonly")
    function = _SUMMARY_FUNCTIONS[operation]
    return replace(
        made, summary=Summary(function, child, link, summed, filters), permissionable=True
    )


# -- picklists and defaults


def _with_values(part: Part, made: Field, value_sets: ValueSets) -> Field:
    """Return a picklist with its values: its own, a global set's, or of the older spelling."""
    holder = part.part("valueSet")
    old = part.part("picklist")
    restricted = False
    controller: str | None = None
    values: tuple[PicklistValue, ...] = ()
    if holder is not None:
        restricted = holder.truth("restricted")
        controller = holder.text("controllingField")
        shared = holder.text("valueSetName")
        own = holder.part("valueSetDefinition")
        if shared is not None:
            restricted = True
            values = _shared_values(holder, shared, value_sets)
        elif own is not None:
            values = value_set(own, "value")
            values = _sorted(own, values)
    elif old is not None:
        restricted = old.truth("restrictedPicklist")
        controller = old.text("controllingField")
        values = _sorted(old, value_set(old, "picklistValues"))
    else:
        raise part.refused("valueSet", "is missing; a picklist needs its values")
    default = next((one.value for one in values if one.default), None)
    return replace(
        made,
        picklist=values,
        restricted=restricted,
        default=default,
        defaulted=default is not None,
        controller=controller,
        precision=len(values) if made.type == "multipicklist" else made.precision,
    )


def _shared_values(holder: Part, name: str, value_sets: ValueSets) -> tuple[PicklistValue, ...]:
    found = value_sets.get(name.lower())
    if found is None:
        raise holder.refused(
            "valueSetName", f"names {name}, which no globalValueSet file defines; add that file"
        )
    return found


def _sorted(holder: Part, values: tuple[PicklistValue, ...]) -> tuple[PicklistValue, ...]:
    if not holder.truth("sorted"):
        return values
    return tuple(sorted(values, key=lambda one: one.label.lower()))


def with_dependency(part: Part, made: Field, siblings: Sequence[Field]) -> Field:
    """Return a dependent picklist whose values say which of the controlling ones allow them.

    Each is a bit set in base64, the controlling values in order, highest bit first (documented).
    """
    if made.controller is None:
        return made
    controlling = next((one for one in siblings if one.name == made.controller), None)
    if controlling is None:
        raise part.refused(
            "valueSet/controllingField",
            f"names {made.controller}, which the object lacks; add that field",
        )
    truths = ["false", "true"]
    order = [one.value for one in controlling.picklist] or truths
    allowed: dict[str, set[int]] = {}
    holder = part.part("valueSet")
    for setting in holder.parts("valueSettings") if holder else []:
        for value in setting.texts("valueName"):
            places = allowed.setdefault(value, set())
            places |= {
                order.index(one) for one in setting.texts("controllingFieldValue") if one in order
            }
    values = tuple(
        replace(one, valid_for=_bits(allowed.get(one.value, set()), len(order)))
        for one in made.picklist
    )
    return replace(made, picklist=values)


def _bits(places: set[int], count: int) -> str:
    content = bytearray((count + 7) // 8)
    for place in places:
        content[place // 8] |= 128 >> place % 8
    return base64.b64encode(bytes(content)).decode()


def _with_default(part: Part, made: Field, kind: str) -> Field:
    """A default value is a formula, save for checkboxes and picklists (documented)."""
    formula = part.text("defaultValue")
    if formula is None or kind in ("Checkbox", "Picklist", "MultiselectPicklist", "AutoNumber"):
        return made
    return replace(made, default_formula=formula, defaulted=True)
