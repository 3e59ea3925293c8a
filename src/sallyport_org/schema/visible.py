"""What a user may see and do, as a schema of their own.

What belongs here: object and field permissions applied to definitions, and keeping the results.
What does not: who has which permissions (``identity``) and which rows a user may see; every org
here shares all rows with everybody.

Objects and fields without permission do not exist for a caller: a query says "No such column", a
describe leaves them out (documented:
https://developer.salesforce.com/docs/platform/api/guide/access-for-fields.html).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from sallyport_org.identity.model import (
    MODIFY_ALL_DATA,
    VIEW_ALL_DATA,
    VIEW_ENCRYPTED,
    FieldPermission,
    ObjectPermission,
    PermissionSet,
)
from sallyport_org.schema.model import Field, Schema, SObject

_GRANTED = frozenset(
    {"Account", "Campaign", "Case", "Contact", "Lead", "Opportunity", "Pricebook2", "Product2"}
)
"""Standard objects with permissions of their own, beside every custom object (documented)."""

_FOLLOWS = {
    "CampaignMember": "Campaign",
    "OpportunityContactRole": "Opportunity",
    "OpportunityLineItem": "Opportunity",
    "PricebookEntry": "Pricebook2",
}
"""Objects whose permissions are another one's; history follows its object too (documented)."""

_EVERYTHING = ObjectPermission(True, True, True, True, True, True)


def has_permissions(sobject: SObject) -> bool:
    """Say whether profiles and permission sets give an object; others are open or follow one."""
    return sobject.custom or sobject.name in _GRANTED


class Views:
    """The schemas of an org's users, each made when first asked for after a change."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[tuple[int, int], Schema]] = {}

    def of(
        self,
        schema: Schema,
        user_id: str,
        permissions: Callable[[], Sequence[PermissionSet]],
        version: int,
    ) -> Schema:
        """Return the schema as a user meets it.

        ``permissions`` gives the user's profile and permission sets; ``version`` is a number that
        changes when any of them does.
        """
        key = (schema.version, version)
        kept = self._kept.get(user_id)
        if kept is not None and kept[0] == key:
            return kept[1]
        made = seen_with(schema, user_id, permissions())
        if kept is not None:
            # Describes the user was given before say otherwise from this moment on.
            changed = kept[1].changed_at if kept[0][1] == version else schema.now()
            made.changed_at = max(filter(None, (made.changed_at, changed)), default=None)
        self._kept[user_id] = (key, made)
        return made


def seen_with(schema: Schema, user_id: str, sets: Sequence[PermissionSet]) -> Schema:
    """Return the schema as a user with these permissions meets it."""
    everything = any(one.all_objects for one in sets)
    seen: Iterable[SObject] = schema if everything else _visible(schema, sets)
    if not any(VIEW_ENCRYPTED in one.permissions for one in sets):
        seen = map(_masked, seen)
    return schema.seen_by(user_id, list(seen))


def _masked(sobject: SObject) -> SObject:
    """Mark encrypted texts: without *View Encrypted Data* even administrators meet masks.

    Documented: https://help.salesforce.com/s/articleView?id=sf.fields_about_encrypted_fields.htm
    """
    if not any(one.type == "encryptedstring" for one in sobject.fields):
        return sobject
    fields = [replace(one, masked=one.type == "encryptedstring") for one in sobject.fields]
    return replace(sobject, fields=tuple(fields))


def _visible(schema: Schema, sets: Sequence[PermissionSet]) -> Iterable[SObject]:
    fields = _fields(sets)
    for sobject in schema:
        permission = _permission(schema, sobject, sets)
        if permission.read:
            yield _limited(sobject, permission, fields)


def _permission(
    schema: Schema, sobject: SObject, sets: Sequence[PermissionSet]
) -> ObjectPermission:
    """Return what all permission sets together allow with an object."""
    followed = _FOLLOWS.get(sobject.name) or sobject.name.removesuffix("History")
    governing = schema.find(followed) or sobject
    if not has_permissions(governing):
        return _EVERYTHING
    if any(MODIFY_ALL_DATA in one.permissions for one in sets):
        return _EVERYTHING
    reads = any(VIEW_ALL_DATA in one.permissions for one in sets)
    given = [one.objects[governing.name] for one in sets if governing.name in one.objects]
    allowed = ObjectPermission(
        read=reads or any(one.read or one.view_all or one.modify_all for one in given),
        create=any(one.create for one in given),
        edit=any(one.edit or one.modify_all for one in given),
        delete=any(one.delete or one.modify_all for one in given),
        view_all=reads or any(one.view_all or one.modify_all for one in given),
        modify_all=any(one.modify_all for one in given),
    )
    if governing is not sobject and allowed.edit:
        # Whoever may edit the parent may add and remove what hangs on it (documented).
        return replace(allowed, create=True, delete=True)
    return allowed


def _fields(sets: Sequence[PermissionSet]) -> dict[str, FieldPermission]:
    """Return field permissions of all sets together, by lower-case ``object.field``."""
    together: dict[str, FieldPermission] = {}
    for one in sets:
        for name, given in one.fields.items():
            before = together.get(name.lower(), FieldPermission())
            together[name.lower()] = FieldPermission(
                before.read or given.read or given.edit, before.edit or given.edit
            )
    return together


def _limited(
    sobject: SObject, allowed: ObjectPermission, permissions: dict[str, FieldPermission]
) -> SObject:
    abilities = set(sobject.abilities)
    if not allowed.create:
        abilities -= {"create", "deepclone"}
    if not allowed.edit:
        abilities -= {"update", "merge"}
    if not allowed.delete:
        abilities -= {"delete", "undelete", "merge"}
    governed = has_permissions(sobject) or sobject.name in _FOLLOWS
    fields = []
    for one in sobject.fields:
        given = (
            _field_permission(sobject, one, permissions)
            if governed
            else FieldPermission(True, True)
        )
        if given.read:
            fields.append(
                replace(
                    one,
                    createable=one.createable and allowed.create and given.edit,
                    updateable=one.updateable and allowed.edit and given.edit,
                )
            )
    return replace(sobject, abilities=frozenset(abilities), fields=tuple(fields))


def _field_permission(
    sobject: SObject, one: Field, permissions: dict[str, FieldPermission]
) -> FieldPermission:
    """Return what may be done with a field; a part of an address or place goes by the whole."""
    names = [one.name, *([one.compound] if one.compound and one.compound != "Name" else [])]
    for name in names:
        given = permissions.get(f"{sobject.name}.{name}".lower())
        if given is not None:
            return given
    governing = sobject.find(one.compound) if len(names) > 1 and one.compound else one
    if one.permissionable or (governing is not None and governing.permissionable):
        return FieldPermission()
    return FieldPermission(True, True)
