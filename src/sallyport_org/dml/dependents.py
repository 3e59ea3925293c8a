"""What hangs on a row: who goes with it when it is deleted, and who stands in the way.

What belongs here: rules about child references, as data. What does not: carrying them out
(``remove``).

Details go with their master (``Field.cascade``). Beyond that, standard objects have rules of their
own (observed: deleting an account takes its contacts, opportunities and activities along, and is
refused while it has cases).
"""

from __future__ import annotations

from collections.abc import Iterator

from sallyport_org.schema.model import Child, Schema, SObject

_GO_ALONG = frozenset(
    {
        ("Contact", "AccountId"),
        ("Opportunity", "AccountId"),
        ("Task", "WhatId"),
        ("Event", "WhatId"),
        ("Task", "WhoId"),
        ("Event", "WhoId"),
    }
)

_IN_THE_WAY = {
    ("Case", "AccountId"): ("cases", "CaseNumber"),
    ("Case", "ContactId"): ("cases", "CaseNumber"),
}


def details(schema: Schema, sobject: SObject) -> Iterator[Child]:
    """Yield the references whose rows are deleted (and undeleted) with the row they point at."""
    for child in schema.children_of(sobject.name):
        if child.field.cascade or (child.sobject.name, child.field.name) in _GO_ALONG:
            yield child


def lookups(schema: Schema, sobject: SObject) -> Iterator[Child]:
    """Yield the references that are emptied when the row they point at is deleted."""
    gone = {(child.sobject.name, child.field.name) for child in details(schema, sobject)}
    for child in schema.children_of(sobject.name):
        place = (child.sobject.name, child.field.name)
        kept = child.field.name == "MasterRecordId" or not child.field.nillable
        if not kept and place not in gone and place not in _IN_THE_WAY:
            yield child


def obstacles(schema: Schema, sobject: SObject) -> Iterator[tuple[Child, str, str]]:
    """Yield the references that forbid a delete: child, plural and the field that names it."""
    for child in schema.children_of(sobject.name):
        found = _IN_THE_WAY.get((child.sobject.name, child.field.name))
        if found is not None:
            yield child, *found
