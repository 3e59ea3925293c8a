"""One field's metadata as a :class:`Field`.

What belongs here: every field type, and what its elements say. What does not: values of picklists
(``picklists``), roll-ups (``summaries``), objects and files (``folder``).

Types and elements are documented at
https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/customfield.htm; what a
describe says of each was observed where a recorded one exists and is documented otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from sallyport_org.schema.metadata.picklists import ValueSets, with_values
from sallyport_org.schema.metadata.summaries import summary_field
from sallyport_org.schema.metadata.xml import Part
from sallyport_org.schema.model import Field
from sallyport_org.schema.notation import location_fields, read_field

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*__c")
_PLACEHOLDER = "F__c | F | "
_FORMULA_TYPES = ("Text", "Number", "Currency", "Percent", "Checkbox", "Date", "DateTime", "Time")


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
        made = summary_field(part)
    elif kind == "Location":
        parts = location_fields(name, label)
        scale = part.number("scale", 0, 15)
        return (*(replace(one, precision=scale + 3, scale=scale) for one in parts[:2]), parts[2])
    else:
        made = _READERS[kind](part)
        if kind in ("Picklist", "MultiselectPicklist"):
            made = with_values(part, made, value_sets)
        made = _with_default(part, made, kind)
    required = part.truth("required") and kind not in ("Checkbox", "AutoNumber")
    if required and not made.calculated:
        made = replace(made, nillable=False, permissionable=False)
    return (replace(made, name=name, label=label, help=part.text("inlineHelpText")),)


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


# -- formulas and defaults


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


def _with_default(part: Part, made: Field, kind: str) -> Field:
    """A default value is a formula, save for checkboxes and picklists (documented)."""
    formula = part.text("defaultValue")
    if formula is None or kind in ("Checkbox", "Picklist", "MultiselectPicklist", "AutoNumber"):
        return made
    return replace(made, default_formula=formula, defaulted=True)
