"""Object and field permissions of a profile or permission set, as tables of boxes.

What belongs here: the two tables. What does not: what they let through (``schema.visible``).
"""

from __future__ import annotations

from dataclasses import fields as parts_of

from sallyport_org.identity import FieldPermission, ObjectPermission
from sallyport_org.schema.visible import has_permissions
from sallyport_org.setup.desk import Desk, at_desk, not_here
from sallyport_org.setup.holders import KINDS
from sallyport_org.setup.menu import home_of
from sallyport_org.web import Reply

OBJECT_RIGHTS = tuple(part.name for part in parts_of(ObjectPermission))
FIELD_RIGHTS = tuple(part.name for part in parts_of(FieldPermission))


@at_desk
def objects(desk: Desk, node: str, holder_id: str) -> Reply:
    """What may be done with each object."""
    kind = KINDS[node.lower()]
    holder = kind.held(desk).get(holder_id)
    if holder is None:
        return not_here(desk, kind.node, f"This {kind.one}")
    address = home_of(kind.node, holder.id, "objects")
    if desk.is_post:
        holder.all_objects = "all_objects" in desk.form
        given = {}
        for sobject in filter(has_permissions, desk.org.schema):
            ticked = {right: f"{sobject.name}.{right}" in desk.form for right in OBJECT_RIGHTS}
            if any(ticked.values()):
                given[sobject.name] = ObjectPermission(**ticked)
        holder.objects = given
        desk.org.directory.changed()
        return desk.done(address, "The object permissions were saved.")
    rows = [
        (sobject.name, sobject.label, holder.objects.get(sobject.name, ObjectPermission()))
        for sobject in sorted(desk.org.schema, key=lambda one: one.label.lower())
        if has_permissions(sobject)
    ]
    return desk.page(
        "objects.html",
        kind.node,
        f"Object Permissions: {holder.label}",
        holder=holder,
        kind=kind,
        rows=rows,
        rights=OBJECT_RIGHTS,
    )


@at_desk
def fields(desk: Desk, node: str, holder_id: str, sobject_name: str) -> Reply:
    """What may be done with each field of one object."""
    kind = KINDS[node.lower()]
    holder = kind.held(desk).get(holder_id)
    sobject = next((one for one in desk.org.schema if one.name == sobject_name), None)
    if holder is None or sobject is None:
        return not_here(desk, kind.node, f"This {kind.one} or object")
    given = [one for one in sobject.fields if one.permissionable]
    names = [f"{sobject.name}.{one.name}" for one in given]
    if desk.is_post:
        kept = {name: one for name, one in holder.fields.items() if name not in names}
        for name in names:
            ticked = {right: f"{name}.{right}" in desk.form for right in FIELD_RIGHTS}
            if any(ticked.values()):
                kept[name] = FieldPermission(**ticked)
        holder.fields = kept
        desk.org.directory.changed()
        address = home_of(kind.node, holder.id, "objects", sobject.name)
        return desk.done(address, "The field permissions were saved.")
    rows = [
        (name, one.label, holder.fields.get(name, FieldPermission()))
        for name, one in zip(names, given, strict=True)
    ]
    return desk.page(
        "fields_of_object.html",
        kind.node,
        f"Field Permissions: {sobject.label}, {holder.label}",
        holder=holder,
        kind=kind,
        rows=rows,
        rights=FIELD_RIGHTS,
    )
