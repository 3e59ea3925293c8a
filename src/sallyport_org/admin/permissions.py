"""Profiles and permission sets: what they give, and when and from where their users log in.

What belongs here: paths about them. What does not: who has them (``people``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from sallyport_org import ids, inputs
from sallyport_org.admin.access import NotThereError, NowNotError, body, done
from sallyport_org.identity import PermissionSet, Profile, administration, newcomers
from sallyport_org.identity.permissions import NAMES
from sallyport_org.inputs import BadInput
from sallyport_org.state import Org
from sallyport_org.web import Reply, Visit, json_reply

Holder = TypeVar("Holder", bound=PermissionSet)

_HOURS = ("login_hours", "login_ip_ranges")
_PLAIN = inputs.other_fields(PermissionSet, "id", "name")
_PROFILE_PLAIN = inputs.other_fields(Profile, "id", "name", "standard", *_HOURS)


def list_profiles(visit: Visit, org: Org) -> Reply:
    """Answer with every profile."""
    return json_reply({"profiles": inputs.plain(list(org.directory.profiles.values()))})


def make_profile(visit: Visit, org: Org) -> Reply:
    """Make a profile like another one: ``name`` and, if given, ``like`` (its name or id)."""
    given = body(visit.call)
    inputs.known(given, ("name", "like"), "a new profile")
    profiles = org.directory.profiles
    name = _new_name(given, profiles.values())
    like = find_holder(profiles.values(), str(given.get("like", "Standard User")), "profile")
    made = newcomers.clone_profile(org, name, like)
    return json_reply(inputs.plain(made), 201)


def change_profile(visit: Visit, org: Org, name: str) -> Reply:
    """Change a profile: permissions, objects, fields, login hours, login IP ranges and the rest."""
    profile = find_holder(org.directory.profiles.values(), name, "profile")
    given = body(visit.call)
    allowed = (*_PROFILE_PLAIN, *_HOURS)
    read = _read(given, Profile, allowed, "a profile")
    before = profile.login_hours
    if "login_hours" in read:
        administration.set_login_hours(org, profile, read.pop("login_hours"))
    try:
        if "login_ip_ranges" in read:
            administration.set_login_ip_ranges(org, profile, read.pop("login_ip_ranges"))
    except administration.ChangeRefusedError:
        profile.login_hours = before
        raise
    _change_holder(org, profile, read)
    return json_reply(inputs.plain(profile))


def list_permission_sets(visit: Visit, org: Org) -> Reply:
    """Answer with every permission set."""
    return json_reply({"permission_sets": inputs.plain([*org.directory.permission_sets.values()])})


def make_permission_set(visit: Visit, org: Org) -> Reply:
    """Make a permission set; ``name`` and whatever it gives."""
    given = body(visit.call)
    sets = org.directory.permission_sets
    read = _read(given, PermissionSet, ("name", *_PLAIN), "a permission set")
    name = _new_name(read, sets.values())
    made = PermissionSet(ids.record_id("0PS", 100 + len(sets)), name, read.get("label", name))
    sets[made.id] = made
    _change_holder(org, made, {key: value for key, value in read.items() if key != "name"})
    return json_reply(inputs.plain(made), 201)


def change_permission_set(visit: Visit, org: Org, name: str) -> Reply:
    """Change what a permission set gives."""
    found = find_holder(org.directory.permission_sets.values(), name, "permission set")
    read = _read(body(visit.call), PermissionSet, _PLAIN, "a permission set")
    _change_holder(org, found, read)
    return json_reply(inputs.plain(found))


def delete_permission_set(visit: Visit, org: Org, name: str) -> Reply:
    """Delete a permission set nobody has any more."""
    directory = org.directory
    found = find_holder(directory.permission_sets.values(), name, "permission set")
    holders = [one.username for one in directory.users.values() if found.id in one.permission_sets]
    if holders:
        raise NowNotError(f"{found.name} is assigned to {', '.join(holders)}; take it away first")
    del directory.permission_sets[found.id]
    directory.changed()
    return done(deleted=found.id)


def find_holder(among: Iterable[Holder], name: str, what: str) -> Holder:
    """Return a profile or permission set by name or id."""
    listed = list(among)
    for one in listed:
        if name.lower() in (one.name.lower(), one.label.lower()) or one.id[:15] == name[:15]:
            return one
    known = ", ".join(one.name for one in listed) or "none"
    raise NotThereError(f"no {what} is called {name!r}; there are {known}")


def _read(given: object, kind: type, allowed: Sequence[str], what: str) -> dict[str, Any]:
    """Return typed attributes; a permission there is none of would give nothing, so it is refused.

    Raises :class:`~sallyport_org.inputs.BadInput` before anything was changed.
    """
    read = inputs.attributes(given, kind, allowed, what)
    for one in sorted(read.get("permissions", ())):
        if one not in NAMES:
            raise BadInput("permissions", one, f"give some of {', '.join(sorted(NAMES))}")
    return read


def _new_name(given: dict[str, Any], others: Iterable[PermissionSet]) -> str:
    name = inputs.text(given.get("name"), "name")
    if any(one.name.lower() == name.lower() for one in others):
        raise BadInput("name", name, "one of that name exists; choose another")
    return name


def _change_holder(org: Org, holder: PermissionSet, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        setattr(holder, name, value)
    org.directory.changed()
