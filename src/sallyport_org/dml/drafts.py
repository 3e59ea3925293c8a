"""A change read against the schema: names found, values judged, what is still to be looked up.

What belongs here: everything that can be said about one row without looking at the tables. What
does not: the tables (``references``, ``store``) and writing (``save``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sallyport_org import errors, ids
from sallyport_org.dml.model import Change, RowError
from sallyport_org.dml.values import judge
from sallyport_org.schema.model import Field, Schema, SObject


@dataclass(frozen=True, slots=True)
class Lookup:
    """A reference given by a key of its target: ``Parent__r: {"Ext__c": "A-1"}``."""

    field: Field
    target: SObject
    key: Field
    value: Any


@dataclass(slots=True)
class Draft:
    """A row on its way: what it will say, and what was found wrong with it so far.

    ``given`` are the fields the caller named, in canonical spelling; ``row`` grows from the judged
    values to everything that will be written.
    """

    place: int
    change: Change
    given: dict[str, Field] = field(default_factory=dict)
    row: dict[str, Any] = field(default_factory=dict)
    lookups: list[Lookup] = field(default_factory=list)
    id: str | None = None
    key: Any = None
    created: bool = False
    problems: list[RowError] = field(default_factory=list)
    status: int = 400

    @property
    def good(self) -> bool:
        """True while nothing was found wrong."""
        return not self.problems

    def refuse(self, refusal: errors.Refusal) -> None:
        """Note why this row cannot be written; the first refusal decides the HTTP status."""
        if not self.problems:
            self.status = refusal.status
        self.problems.append(RowError(refusal.code, refusal.message, refusal.fields or ()))


def read_draft(schema: Schema, sobject: SObject, place: int, change: Change) -> Draft:
    """Return the draft of an insert, update or upsert; what is wrong with it stands in it."""
    draft = Draft(place, change)
    if change.undecodable is not None:
        draft.problems.append(change.undecodable)
        return draft
    unwritable: list[str] = []
    for name, given in change.values.items():
        try:
            _read_value(schema, sobject, draft, name, given, unwritable)
        except errors.Refusal as refusal:
            draft.refuse(refusal)
    if unwritable:
        draft.refuse(errors.rows.not_writable(unwritable))
    try:
        _read_identity(schema, sobject, draft)
    except errors.Refusal as refusal:
        draft.refuse(refusal)
    return draft


def read_id(sobject: SObject, given: Any) -> str:
    """Return the 18-character id that names a row; raises MALFORMED_ID."""
    try:
        found = ids.to_18(str(given).strip())
    except ids.MalformedIdError:
        raise errors.rows.malformed_id(given) from None
    if sobject.prefix and not found.startswith(sobject.prefix):
        raise errors.rows.id_of_wrong_type("Id", f"{sobject.label} ID", str(given))
    return found


def _read_value(
    schema: Schema, sobject: SObject, draft: Draft, name: str, given: Any, unwritable: list[str]
) -> None:
    one = sobject.find(name)
    if one is None:
        lookup = _read_lookup(schema, sobject, draft.change, name, given)
        one = lookup.field
        if lookup.value is None:
            draft.row[one.name] = None
        else:
            draft.lookups.append(lookup)
    elif one.name == "Id":
        _refuse_id(draft, given)
        return
    if not _writable(one, draft.change.operation):
        unwritable.append(one.name)
        return
    draft.given[one.name] = one
    if sobject.find(name) is not None:
        draft.row[one.name] = _judged(schema, draft.change, one, given, (name,))


def _judged(schema: Schema, change: Change, one: Field, given: Any, path: tuple[str, ...]) -> Any:
    """Return a judged value; refusals of its type are worded as the interface does."""
    try:
        return judge_key(schema, one, given, texts=change.texts)
    except errors.Refusal as refusal:
        if change.wording is None or refusal.code not in errors.rows.WRONG_TYPE:
            raise
        raise change.wording(refusal, one, given, path) from refusal


def _refuse_id(draft: Draft, given: Any) -> None:
    if draft.change.operation == "insert" and given not in (None, ""):
        raise errors.rows.id_in_insert()
    if draft.change.id is None and given not in (None, ""):
        raise errors.rows.field_in_body("Id")


def _writable(one: Field, operation: str) -> bool:
    """An upsert that may become an insert or an update is judged again once that is known."""
    if operation == "insert":
        return one.createable
    return one.updateable if operation == "update" else one.createable or one.updateable


def _read_lookup(schema: Schema, sobject: SObject, change: Change, name: str, given: Any) -> Lookup:
    """Return the look-up behind ``Parent__r`` with an object, or ``[Type:]Parent__r.Ext__c``."""
    head, _, dotted = name.partition(".")
    kind, _, relationship = head.rpartition(":")
    path: tuple[str, ...] = (name,)
    one = sobject.parent(relationship)
    if one is None or not (dotted or isinstance(given, Mapping)):
        raise errors.rows.no_such_column(name, sobject.name)
    if isinstance(given, Mapping):
        kind = str(given.get("attributes", {}).get("type", kind))
        keys = [(key, value) for key, value in given.items() if key != "attributes"]
        if len(keys) != 1:
            raise errors.rows.not_a_key(", ".join(key for key, _ in keys) or "null", one.name)
        dotted, given = keys[0]
        path = (name, dotted)
    targets = [schema.find(target) for target in one.refers_to if not kind or target == kind]
    for target in targets:
        key = target.find(dotted) if target is not None else None
        if target is not None and key is not None and (key.id_lookup or key.external_id):
            return Lookup(one, target, key, _judged(schema, change, key, given, path))
    raise errors.rows.not_a_key(dotted, kind or "/".join(one.refers_to))


def judge_key(schema: Schema, key: Field, given: Any, *, texts: bool) -> Any:
    """Return the value of a key as rows keep it."""
    if key.type != "id" or given in (None, ""):
        return judge(schema, key, given, texts=texts)
    try:
        return ids.to_18(str(given).strip())
    except ids.MalformedIdError:
        raise errors.rows.malformed_id(given) from None


def _read_identity(schema: Schema, sobject: SObject, draft: Draft) -> None:
    """Find out which row is meant, as far as the change itself says."""
    change = draft.change
    match change.operation:
        case "update":
            if change.id in (None, ""):
                raise errors.rows.id_missing("update")
            draft.id = read_id(sobject, change.id)
        case "upsert" if (change.key_field or "Id").lower() == "id":
            given = change.key if change.key_field else change.id
            draft.id = None if given in (None, "") else read_id(sobject, given)
        case "upsert":
            key = key_field(sobject, change.key_field or "")
            path = (change.key_field or key.name,)
            draft.key = _judged(schema, change, key, change.key, path)
            if draft.key is None:
                raise errors.rows.key_missing(key.name)


def key_field(sobject: SObject, name: str) -> Field:
    """Return the field rows are upserted by; raises INVALID_FIELD if it identifies nothing."""
    one = sobject.find(name)
    if one is None or not (one.external_id or one.id_lookup):
        raise errors.rows.not_a_key(name, sobject.name)
    return one
