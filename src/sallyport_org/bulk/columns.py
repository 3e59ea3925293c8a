"""Columns of an upload: from names in a header to changes of rows.

What belongs here: finding out what each column sets, and turning a row of texts into a
:class:`~sallyport_org.dml.Change`. What does not: reading CSV, XML or JSON (``table``,
``classic.content``) and writing (``dml``).

An empty cell leaves the field as it is, ``#N/A`` clears it; parents may be named by a key of
theirs, as ``Owner.Email``, ``Parent__r.Ext__c`` or ``Lead:Who.Email``. Documented:
https://developer.salesforce.com/docs/platform/api-asynch/guide/datafiles-csv-rel-field-header-row.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sallyport_org import errors
from sallyport_org.bulk.work import WorkFailed
from sallyport_org.dml import Change
from sallyport_org.dml.model import Operation
from sallyport_org.schema import Schema
from sallyport_org.schema.describe import SOAP_TYPES
from sallyport_org.schema.model import Field, SObject

NULL = "#N/A"
ID_ONLY = ("delete", "hardDelete")


_ABLE = {
    "insert": ("create",),
    "update": ("update",),
    "upsert": ("create", "update"),
    "delete": ("delete",),
    "hardDelete": ("delete",),
}
"""Operation → the abilities of an object of which one is needed."""


def loadable(schema: Schema, sobject: SObject, operation: str) -> bool:
    """Say whether an object takes an operation at all, whatever this user may do with it.

    What the user may not do is refused row by row (assumed).
    """
    able = schema.whole.sobject(sobject.name).abilities
    return any(one in able for one in _ABLE[operation])


@dataclass(frozen=True, slots=True)
class Column:
    """What a column sets: a field, or a relationship by a ``key`` field of the parent.

    ``kind`` is the parent's object where the header names it.
    """

    name: str
    key: str | None = None
    kind: str | None = None

    def value(self, text: str) -> Any:
        """Return what a cell that is not empty means."""
        if text == NULL:
            return None
        if self.key is None:
            return text
        if self.kind is None:
            return {self.key: text}
        return {"attributes": {"type": self.kind}, self.key: text}


class Columns:
    """The columns of one upload to one object."""

    def __init__(
        self,
        schema: Schema,
        sobject: SObject,
        operation: Operation,
        header: Sequence[str],
        key_field: str | None,
    ) -> None:
        """Read a header; raises :class:`~sallyport_org.bulk.work.WorkFailed`."""
        self._operation: Operation = operation
        self._sobject = sobject.name
        names = [name.lower() for name in header]
        if operation in ID_ONLY and names != ["id"]:
            raise WorkFailed(errors.bulk.ids_only(operation))
        columns = [_column(schema, sobject, name) for name in header]
        self._key_field = key_field if operation == "upsert" else None
        self._key_at = _place(names, self._key_field) if self._key_field else None
        id_is_value = operation == "insert" or (self._key_field or "id").lower() != "id"
        self._id_at = names.index("id") if "id" in names and not id_is_value else None
        keys = (self._key_at, self._id_at)
        self._places = {one.name.lower(): at for at, one in reversed([*enumerate(columns)])}
        self._columns = [(at, one) for at, one in enumerate(columns) if at not in keys]

    def change(self, row: Sequence[str]) -> Change:
        """Return the change a row asks for."""
        values = {one.name: one.value(text) for at, one in self._columns if (text := row[at]) != ""}
        key = None if self._key_at is None else row[self._key_at]
        return Change(
            self._operation,
            self._sobject,
            values,
            id=None if self._id_at is None else row[self._id_at] or None,
            key_field=self._key_field,
            key=None if key in ("", NULL) else key,
            texts=True,
            wording=self._misfit,
        )

    def _misfit(
        self, plain: errors.Refusal, one: Field, given: Any, path: tuple[str, ...]
    ) -> errors.Refusal:
        """Say in which column a value of the wrong type stood."""
        kind = SOAP_TYPES.get(one.type, "xsd:string")
        return errors.bulk.misfit(self._places[path[0].lower()], str(given), kind, one.name)


def _place(names: list[str], wanted: str) -> int:
    if wanted.lower() not in names:
        raise WorkFailed(errors.bulk.no_such_field(wanted))
    return names.index(wanted.lower())


def _column(schema: Schema, sobject: SObject, name: str) -> Column:
    if "." in name:
        return _parent_column(schema, sobject, name)
    one = sobject.find(name)
    if one is None:
        raise WorkFailed(errors.bulk.no_such_field(name))
    return Column(one.name)


def _parent_column(schema: Schema, sobject: SObject, name: str) -> Column:
    path, key = name.rsplit(".", 1)
    kind, colon, relationship = path.rpartition(":")
    link = sobject.parent(relationship)
    if link is None:
        raise WorkFailed(errors.bulk.no_such_field(name))
    targets = [one for target in link.refers_to if (one := schema.find(target)) is not None]
    if colon:
        targets = [one for one in targets if one.name.lower() == kind.lower()]
    for target in targets:
        found = target.find(key)
        if found is not None and (found.id_lookup or found.external_id or found.type == "id"):
            return Column(
                link.relationship or relationship, found.name, target.name if colon else None
            )
    raise WorkFailed(errors.bulk.no_such_field(name))
