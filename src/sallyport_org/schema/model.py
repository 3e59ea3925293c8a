"""Objects and fields as data: what one org knows about its tables.

What belongs here: the records (:class:`Field`, :class:`SObject` and what they are made of) and
look-ups by name. What does not: the compact notation they are written in (``notation``), the
57-key answers made from them (``describe``), deploying changes (``deploy``), and rows.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

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
    active: bool = True
    valid_for: str | None = None


@dataclass(frozen=True, slots=True)
class SummaryFilter:
    """One condition of a roll-up: a field of the child, an operation's name, the values.

    Operations are those of metadata files: ``equals``, ``notEqual``, ``lessThan``,
    ``greaterThan``, ``lessOrEqual``, ``greaterOrEqual``, ``contains``, ``notContain``,
    ``startsWith``, ``includes``, ``excludes``.
    """

    field: str
    operation: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a roll-up summary field adds up: rows of ``child`` whose ``link`` names the parent."""

    function: Literal["count", "sum", "min", "max"]
    child: str
    link: str
    field: str | None = None
    filters: tuple[SummaryFilter, ...] = ()


@dataclass(frozen=True, slots=True)
class ValidationRule:
    """A condition no row may meet: its formula is true for rows that are refused.

    ``field`` is where the message is shown; None means the whole page (an error without fields).
    """

    name: str
    formula: str
    message: str
    field: str | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class RecordType:
    """A kind of rows an administrator told apart, other than the *Master* every object has."""

    id: str
    developer_name: str
    label: str
    active: bool = True
    default: bool = False
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One field of one object, before it is unfolded into the 57 keys of a describe.

    ``with_parent`` is what a parent's describe says of its children where the field's own does not:
    rows go along when the parent is deleted, or hold it back (observed). ``mask`` is the
    ``maskType`` of an encrypted text; ``masked`` says that the user meets its values masked.
    """

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
    with_parent: Literal["goes", "holds"] | None = None
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
    blanks_as_zero: bool = False
    summary: Summary | None = None
    mask: str | None = None
    masked: bool = False
    help: str | None = None
    default_formula: str | None = None
    display_format: str | None = None
    restricted_delete: bool = False
    relationship_order: int | None = None
    controller: str | None = None

    @property
    def custom(self) -> bool:
        """True for fields an administrator added (``…__c`` and the parts of such locations)."""
        return self.name.endswith(("__c", "__s"))

    @property
    def stored(self) -> bool:
        """True when rows have a column for it; compounds and formulas are made when read."""
        return self.type not in COMPOUND_TYPES and self.formula is None

    @property
    def calculated(self) -> bool:
        """True for formulas and roll-ups: their value is the org's, nobody writes it."""
        return self.formula is not None or self.summary is not None

    @property
    def master_detail(self) -> bool:
        """True when rows belong to the row referred to and go with it."""
        return self.relationship_order is not None


@dataclass(frozen=True, slots=True)
class SObject:
    """One object: its names, its key prefix, what may be done with it, and its fields in order.

    ``paths`` are resources of its own beside the usual ones (None: a usual one it lacks), by the
    name they have in ``urls``.
    """

    name: str
    label: str
    label_plural: str
    prefix: str | None
    fields: tuple[Field, ...]
    abilities: frozenset[str]
    scopes: tuple[tuple[str, str], ...] = ()
    record_types: tuple[RecordType, ...] = ()
    rules: tuple[ValidationRule, ...] = ()
    paths: tuple[tuple[str, str | None], ...] = ()
    _by_name: dict[str, Field] = field(default_factory=dict, init=False, repr=False, compare=False)

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
    """Every object of an org, found by name whatever the letter case, or by key prefix.

    A schema may be changed while others read it: every change replaces the whole table at once.
    ``user_id``, ``now`` and ``site`` (the org's address) are what formulas read as the current user
    and moment, and where they lead.
    """

    def __init__(
        self,
        sobjects: Iterable[SObject],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        user_id: str | None = None,
        site: str = "",
        whole: Schema | None = None,
    ) -> None:
        self._by_name: Mapping[str, SObject] = {one.name.lower(): one for one in sobjects}
        self._whole = whole
        self.now = now
        self.user_id = user_id
        self.site = site
        self.changing = threading.Lock()
        """Held by whoever changes several objects in one go."""
        self.version = 0
        self.changed_at: datetime | None = None

    def __iter__(self) -> Iterator[SObject]:
        return iter(sorted(self._by_name.values(), key=lambda one: one.name))

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._by_name

    @property
    def whole(self) -> Schema:
        """The org's full schema; formulas and rules are worked out past a user's permissions."""
        return self._whole or self

    def find(self, name: str) -> SObject | None:
        """Return the object of that name, or None."""
        return self._by_name.get(name.lower())

    def sobject(self, name: str) -> SObject:
        """Return the object of that name; a KeyError means the caller did not check first."""
        return self._by_name[name.lower()]

    def by_prefix(self, prefix: str) -> SObject | None:
        """Return the object whose ids begin with those three characters, or None."""
        return next((one for one in self._by_name.values() if one.prefix == prefix), None)

    def put(self, *sobjects: SObject) -> None:
        """Add objects, or replace those of the same names, all in one step."""
        self._replace({**self._by_name, **{one.name.lower(): one for one in sobjects}})

    def remove(self, *names: str) -> None:
        """Take objects away, all in one step; one that is not there is no error."""
        gone = {name.lower() for name in names}
        self._replace({key: one for key, one in self._by_name.items() if key not in gone})

    def copy(self) -> Schema:
        """Return a schema with the same objects, to try changes on."""
        return Schema(self, now=self.now, user_id=self.user_id, site=self.site)

    def seen_by(self, user_id: str, sobjects: Iterable[SObject] | None = None) -> Schema:
        """Return this schema as one user meets it; ``sobjects`` are those left, None all of them.

        It shows the objects of now: whoever keeps it looks at ``version``.
        """
        seen = Schema(
            self._by_name.values() if sobjects is None else sobjects,
            now=self.now,
            user_id=user_id,
            site=self.site,
            whole=self.whole,
        )
        seen.version, seen.changed_at = self.version, self.changed_at
        return seen

    def children_of(self, name: str) -> list[Child]:
        """Return every reference field that points at an object, by child object and field."""
        return [
            Child(sobject, one)
            for sobject in self
            for one in sobject.fields
            if any(target.lower() == name.lower() for target in one.refers_to)
        ]

    def _replace(self, by_name: Mapping[str, SObject]) -> None:
        self._by_name = by_name
        self.version += 1
