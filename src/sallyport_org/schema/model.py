"""Objects and fields as data: what one org knows about its tables.

What belongs here: the two records (:class:`Field`, :class:`SObject`) and look-ups by name. What
does not: the compact notation they are written in (``notation``), the 57-key answers made from
them (``describe``), and rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

COMPOUND_TYPES = frozenset({"address", "location"})
"""Types whose value is made of other fields; they have no storage of their own."""

TEXT_TYPES = frozenset(
    {
        "id",
        "reference",
        "string",
        "textarea",
        "email",
        "phone",
        "url",
        "picklist",
        "multipicklist",
        "combobox",
        "encryptedstring",
        "anyType",
        "json",
    }
)
"""Types stored and compared as text."""


@dataclass(frozen=True, slots=True)
class PicklistValue:
    """One entry of a picklist: what is stored, and what people see."""

    value: str
    label: str
    default: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One field of one object, before it is unfolded into the 57 keys of a describe."""

    name: str
    label: str
    type: str
    length: int = 0
    byte_length: int = 0
    digits: int = 0
    precision: int = 0
    scale: int = 0
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    filterable: bool = True
    sortable: bool = True
    groupable: bool = True
    aggregatable: bool = True
    permissionable: bool = True
    defaulted: bool = False
    default: bool | str | None = None
    picklist: tuple[PicklistValue, ...] = ()
    restricted: bool = False
    refers_to: tuple[str, ...] = ()
    relationship: str | None = None
    children: str | None = None
    cascade: bool = False
    prefilterable: bool = False
    name_pointing: bool = False
    name_field: bool = False
    id_lookup: bool = False
    unique: bool = False
    external_id: bool = False
    case_sensitive: bool = False
    auto_number: bool = False
    html: bool = False
    compound: str | None = None
    extra: str | None = None
    formula: str | None = None
    mask: str | None = None

    @property
    def custom(self) -> bool:
        """True for fields an administrator added (``…__c`` and the parts of such locations)."""
        return self.name.endswith(("__c", "__s"))

    @property
    def stored(self) -> bool:
        """True when rows have a column for it; compounds are put together when read."""
        return self.type not in COMPOUND_TYPES


@dataclass(frozen=True, slots=True)
class SObject:
    """One object: its names, its key prefix, what may be done with it, and its fields in order."""

    name: str
    label: str
    label_plural: str
    prefix: str | None
    fields: tuple[Field, ...]
    abilities: frozenset[str]
    scopes: tuple[tuple[str, str], ...] = ()
    _by_name: dict[str, Field] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._by_name.update((one.name.lower(), one) for one in self.fields)

    @property
    def custom(self) -> bool:
        """True for objects an administrator added."""
        return self.name.endswith("__c")

    def find(self, name: str) -> Field | None:
        """Return the field of that name, whatever its letter case, or None."""
        return self._by_name.get(name.lower())

    def field(self, name: str) -> Field:
        """Return the field of that name; a KeyError means a mistake in this package."""
        return self._by_name[name.lower()]

    def parent(self, relationship: str) -> Field | None:
        """Return the reference field behind a parent relationship name (``Owner``), or None."""
        wanted = relationship.lower()
        for one in self.fields:
            if one.relationship is not None and one.relationship.lower() == wanted:
                return one
        return None

    @property
    def stored_fields(self) -> tuple[Field, ...]:
        """The fields rows have a column for, in order."""
        return tuple(one for one in self.fields if one.stored)


@dataclass(frozen=True, slots=True)
class Child:
    """One child relationship, seen from the parent."""

    sobject: SObject
    field: Field


class Schema:
    """Every object of an org, found by name whatever the letter case, or by key prefix."""

    def __init__(self, sobjects: Iterable[SObject]) -> None:
        self._by_name = {one.name.lower(): one for one in sobjects}

    def __iter__(self) -> Iterator[SObject]:
        return iter(sorted(self._by_name.values(), key=lambda one: one.name))

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._by_name

    def find(self, name: str) -> SObject | None:
        """Return the object of that name, or None."""
        return self._by_name.get(name.lower())

    def sobject(self, name: str) -> SObject:
        """Return the object of that name; a KeyError means the caller did not check first."""
        return self._by_name[name.lower()]

    def by_prefix(self, prefix: str) -> SObject | None:
        """Return the object whose ids begin with those three characters, or None."""
        return next((one for one in self._by_name.values() if one.prefix == prefix), None)

    def put(self, sobject: SObject) -> None:
        """Add an object, or replace the one of the same name."""
        self._by_name[sobject.name.lower()] = sobject

    def children_of(self, name: str) -> list[Child]:
        """Return every reference field that points at an object, by child object and field."""
        return [
            Child(sobject, one)
            for sobject in self
            for one in sobject.fields
            if any(target.lower() == name.lower() for target in one.refers_to)
        ]
