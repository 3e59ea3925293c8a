"""What hangs on a row: who goes with it when it is deleted, and who stands in the way.

What belongs here: rules about child references, as data. What does not: carrying them out
(``remove``).

Details go with their master (``Field.cascade``). Standard objects say so with ``Field.with_parent``
(observed: deleting an account takes its contacts, opportunities and activities along, and is
refused while it has cases), custom look-ups may forbid it with ``Field.restricted_delete``.
"""

from __future__ import annotations

from collections.abc import Iterator

from sallyport_org.schema.model import Child, Schema, SObject


def details(schema: Schema, sobject: SObject) -> Iterator[Child]:
    """Yield the references whose rows are deleted (and undeleted) with the row they point at."""
    for child in schema.children_of(sobject.name):
        if child.field.cascade or child.field.with_parent == "goes":
            yield child


def lookups(schema: Schema, sobject: SObject) -> Iterator[Child]:
    """Yield the references that are emptied when the row they point at is deleted."""
    gone = {(child.sobject.name, child.field.name) for child in details(schema, sobject)}
    for child in schema.children_of(sobject.name):
        place = (child.sobject.name, child.field.name)
        kept = child.field.name == "MasterRecordId" or not child.field.nillable
        if not kept and place not in gone and not _in_the_way(child):
            yield child


def obstacles(schema: Schema, sobject: SObject) -> Iterator[tuple[Child, str, str]]:
    """Yield the references that forbid a delete: child, plural and the field that names it."""
    for child in schema.children_of(sobject.name):
        if _in_the_way(child):
            named = next((one.name for one in child.sobject.fields if one.name_field), "Id")
            yield child, child.sobject.label_plural.lower(), named


def _in_the_way(child: Child) -> bool:
    return child.field.with_parent == "holds" or child.field.restricted_delete
