"""What an org says about its objects and fields.

What belongs here: reading describes, and the facts that follow from one (which fields Bulk reads,
which date to follow). What does not: Arrow types (``columns.py``), the query itself (``soql.py``).

Wire: https://developer.salesforce.com/docs/platform/api-rest/guide/resources-sobject-describe.html
(documented); compound rules observed in recorded describes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from sallyport.errors import NotFound, RemoteRefused
from sallyport.salesforce.session import OrgClient

READ_BY_QUERY_ALL = frozenset({"Task", "Event"})
"""Objects whose archived rows only queryAll shows (documented)."""

COMPOUND_TYPES = frozenset({"address", "location"})
WINDOW_FIELDS = ("SystemModstamp", "LastModifiedDate", "CreatedDate", "LoginTime")


@dataclass(frozen=True)
class FieldDescribe:
    """One field: the keys of its describe that are used here, under their own names."""

    name: str
    label: str
    type: str
    soap_type: str
    length: int
    precision: int
    scale: int
    digits: int
    nillable: bool
    filterable: bool
    sortable: bool
    createable: bool
    updateable: bool
    calculated: bool
    custom: bool
    external_id: bool
    id_lookup: bool
    unique: bool
    encrypted: bool
    compound_field_name: str | None
    reference_to: tuple[str, ...]
    relationship_name: str | None

    @classmethod
    def read(cls, raw: dict[str, Any]) -> FieldDescribe:
        """Read one entry of a describe's ``fields``."""
        return cls(
            name=raw["name"],
            label=raw.get("label") or raw["name"],
            type=raw["type"],
            soap_type=raw.get("soapType") or "",
            length=raw.get("length") or 0,
            precision=raw.get("precision") or 0,
            scale=raw.get("scale") or 0,
            digits=raw.get("digits") or 0,
            nillable=bool(raw.get("nillable", True)),
            filterable=bool(raw.get("filterable")),
            sortable=bool(raw.get("sortable")),
            createable=bool(raw.get("createable")),
            updateable=bool(raw.get("updateable")),
            calculated=bool(raw.get("calculated")),
            custom=bool(raw.get("custom")),
            external_id=bool(raw.get("externalId")),
            id_lookup=bool(raw.get("idLookup")),
            unique=bool(raw.get("unique")),
            encrypted=bool(raw.get("encrypted")),
            compound_field_name=raw.get("compoundFieldName"),
            reference_to=tuple(raw.get("referenceTo") or ()),
            relationship_name=raw.get("relationshipName"),
        )


@dataclass(frozen=True)
class ObjectDescribe:
    """One object with the fields this user may see, in the describe's order."""

    name: str
    label: str
    queryable: bool
    fields: tuple[FieldDescribe, ...]

    @classmethod
    def read(cls, raw: dict[str, Any]) -> ObjectDescribe:
        """Read the document ``/sobjects/X/describe`` answers with."""
        return cls(
            name=raw["name"],
            label=raw.get("label") or raw["name"],
            queryable=bool(raw.get("queryable")),
            fields=tuple(FieldDescribe.read(entry) for entry in raw["fields"]),
        )

    def has(self, name: str) -> bool:
        """Return whether there is such a field; letter case does not matter, as in SOQL."""
        return name.lower() in self._by_name

    def field(self, name: str) -> FieldDescribe:
        """Return a field by its API name in any letter case; NotFound naming close matches."""
        found = self._by_name.get(name.lower())
        if found is None:
            raise _no_such("field", name, [field.name for field in self.fields], f" on {self.name}")
        return found

    @cached_property
    def _by_name(self) -> dict[str, FieldDescribe]:
        return {field.name.lower(): field for field in self.fields}


@dataclass(frozen=True)
class ObjectEntry:
    """One line of the list of objects."""

    name: str
    label: str
    queryable: bool
    custom: bool
    key_prefix: str | None


@dataclass(frozen=True)
class Skipped:
    """A field that is left out, and the sentence that says why."""

    field: str
    reason: str


def describe_global(org: OrgClient) -> list[ObjectEntry]:
    """Return every object this user may see (``GET /sobjects``), in Salesforce's order."""
    return [
        ObjectEntry(
            name=raw["name"],
            label=raw.get("label") or raw["name"],
            queryable=bool(raw.get("queryable")),
            custom=bool(raw.get("custom")),
            key_prefix=raw.get("keyPrefix"),
        )
        for raw in org.get("sobjects").json()["sobjects"]
    ]


def describe_object(org: OrgClient, name: str) -> ObjectDescribe:
    """Return one object's describe; NotFound naming close matches when this user sees no such
    object."""
    if not re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII):
        raise NotFound(
            f"{name!r} is not an object's API name.",
            received=name,
            cure="Write the API name Setup > Object Manager shows, like Account or Invoice__c.",
        )
    try:
        return ObjectDescribe.read(org.get(f"sobjects/{name}/describe").json())
    except RemoteRefused as error:
        if error.status != 404:
            raise
        known = [entry.name for entry in describe_global(org)]
        raise _no_such("object", name, known, " visible to this user in the org") from error


def bulk_fields(d: ObjectDescribe) -> tuple[list[FieldDescribe], list[Skipped]]:
    """Split an object's fields into those a Bulk query reads and those it refuses, with the reason.

    Refused are compound addresses and locations (their parts are fields of their own and come
    along) and binary content. A name made of parts (Contact.Name) is an ordinary text and is read;
    so is Account.Name, whose ``compoundFieldName`` is its own name.
    """
    readable: list[FieldDescribe] = []
    skipped: list[Skipped] = []
    for field in d.fields:
        if field.type in COMPOUND_TYPES:
            reason = f"compound {field.type}: its parts are read as fields of their own"
            skipped.append(Skipped(field.name, reason))
        elif field.type == "base64":
            reason = "binary content: Bulk queries do not carry it"
            skipped.append(Skipped(field.name, reason))
        else:
            readable.append(field)
    return readable, skipped


def window_field(d: ObjectDescribe) -> str | None:
    """Return the filterable date-time that moves when a row changes, the best the object has.

    SystemModstamp also moves on automated changes, LastModifiedDate does not; history objects only
    have CreatedDate, LoginHistory only LoginTime. None when a window cannot be asked for.
    """
    for name in WINDOW_FIELDS:
        if d.has(name) and d.field(name).type == "datetime" and d.field(name).filterable:
            return name
    return None


def _no_such(kind: str, name: str, known: list[str], where: str) -> NotFound:
    by_lower = {text.lower(): text for text in known}
    close = [by_lower[match] for match in get_close_matches(name.lower(), by_lower, n=3)]
    cure = f"Did you mean {', '.join(close)}?" if close else None
    return NotFound(
        f"There is no {kind} {name}{where}.",
        received=name,
        cure=cure or f"Check the {kind}'s API name and that the user's profile may see it.",
    )
