"""People: users, profiles and permission sets.

What belongs here: paths about them. What does not: consequences
(:mod:`sallyport_org.identity.administration`) and how they come in (``activity``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from sallyport_org import ids, inputs
from sallyport_org.admin.access import NotThereError, NowNotError, body, done
from sallyport_org.identity import PermissionSet, Profile, User, administration, newcomers
from sallyport_org.inputs import BadInput
from sallyport_org.state import Org
from sallyport_org.web import Reply, Visit, json_reply

_WITH_CONSEQUENCES = ("is_active", "is_frozen", "password", "profile_id", "permission_sets")
_HOURS = ("login_hours", "login_ip_ranges")


def _others(kind: type, *names: str) -> tuple[str, ...]:
    return tuple(one for one in inputs.field_types(kind) if one not in names)


_PLAIN = _others(User, "id", "username", *_WITH_CONSEQUENCES)
"""Attributes of users that are simply set; the others have consequences."""
_HOLDER_PLAIN = _others(PermissionSet, "id", "name")
_PROFILE_PLAIN = _others(Profile, "id", "name", "standard", *_HOURS)

Action = Callable[[Org, User], object]
Holder = TypeVar("Holder", bound=PermissionSet)

ACTIONS: dict[str, Action] = {
    "freeze": administration.freeze,
    "unfreeze": administration.unfreeze,
    "activate": administration.activate,
    "deactivate": administration.deactivate,
    "lock": administration.lock,
    "unlock": administration.unlock,
    "reset-password": administration.reset_password,
    "expire-password": administration.expire_password,
    "reset-security-token": administration.reset_security_token,
    "send-identity-code": administration.send_identity_code,
    "register-authenticator": lambda org, user: administration.register_authenticator(user),
    "revoke-approvals": administration.revoke_approvals,
}
"""What can be done to a user; what an action returns (a new password, a number) is answered."""


def show_user(org: Org, user: User) -> dict[str, Any]:
    """Return a user as JSON has it, secrets included: they are made up."""
    shown: dict[str, Any] = inputs.plain(user)
    profile = org.directory.profiles.get(user.profile_id)
    return {**shown, "profile": profile.name if profile else None}


def list_users(visit: Visit, org: Org) -> Reply:
    """Answer with everybody who may log in."""
    return json_reply({"users": [show_user(org, one) for one in org.directory.users.values()]})


def read_user(visit: Visit, org: Org, name: str) -> Reply:
    """Answer with one user."""
    return json_reply(show_user(org, find_user(org, name)))


def make_user(visit: Visit, org: Org) -> Reply:
    """Make a user, with a User row; password and security token are made up unless given."""
    given = body(visit.call)
    inputs.known(given, ("username", "profile", *_PLAIN, *_WITH_CONSEQUENCES), "a new user")
    username = inputs.text(given.pop("username", None), "username")
    if org.directory.user(username) is not None:
        raise BadInput("username", username, "the org has that user; choose another name")
    profile_id = _profile_id(org, given)
    if profile_id is None:
        raise BadInput("profile", None, "name one of the org's profiles, or give profile_id")
    changes = _user_changes(org, given)
    user = newcomers.new_user(
        org,
        username,
        email=str(given.get("email", username)),
        name=str(given.get("name", username.partition("@")[0])),
        profile_id=profile_id,
    )
    _change_user(org, user, changes)
    newcomers.admit_user(org, user)
    return json_reply(show_user(org, user), 201)


def change_user(visit: Visit, org: Org, name: str) -> Reply:
    """Change a user's attributes; those with consequences have them."""
    user = find_user(org, name)
    given = body(visit.call)
    inputs.known(given, ("profile", *_PLAIN, *_WITH_CONSEQUENCES), "a user")
    profile_id = _profile_id(org, given)
    changes = _user_changes(org, given)
    if profile_id is not None:
        changes["profile_id"] = profile_id
    _change_user(org, user, changes)
    return json_reply(show_user(org, user))


def act_on_user(visit: Visit, org: Org, name: str, action: str) -> Reply:
    """Act on a user (see the list of actions)."""
    user = find_user(org, name)
    act = ACTIONS.get(action)
    if act is None:
        raise NotThereError(f"no action is called {action!r}; there are {', '.join(ACTIONS)}")
    result = act(org, user)
    return done(result=result, user=show_user(org, user))


def find_user(org: Org, name: str) -> User:
    """Return a user by name or id."""
    user = org.directory.user(name) or org.directory.user_by_id(name)
    if user is None:
        known = ", ".join(one.username for one in org.directory.users.values())
        raise NotThereError(f"no user is called {name!r}; there are {known}")
    return user


# -- profiles and permission sets


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
    read = inputs.attributes(given, Profile, allowed, "a profile")
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
    read = inputs.attributes(given, PermissionSet, ("name", *_HOLDER_PLAIN), "a permission set")
    name = _new_name(read, sets.values())
    made = PermissionSet(ids.record_id("0PS", 100 + len(sets)), name, read.get("label", name))
    sets[made.id] = made
    _change_holder(org, made, {key: value for key, value in read.items() if key != "name"})
    return json_reply(inputs.plain(made), 201)


def change_permission_set(visit: Visit, org: Org, name: str) -> Reply:
    """Change what a permission set gives."""
    found = find_holder(org.directory.permission_sets.values(), name, "permission set")
    read = inputs.attributes(body(visit.call), PermissionSet, _HOLDER_PLAIN, "a permission set")
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


# -- reading


def _profile_id(org: Org, given: dict[str, Any]) -> str | None:
    """Take the profile out of what was given, by name or id."""
    if "profile" in given and "profile_id" in given:
        raise BadInput("profile", given["profile"], "give either profile or profile_id")
    for field in ("profile", "profile_id"):
        if field in given:
            name = inputs.text(given.pop(field), field)
            try:
                return find_holder(org.directory.profiles.values(), name, "profile").id
            except NotThereError as missing:
                raise BadInput(field, name, str(missing)) from missing
    return None


def _user_changes(org: Org, given: dict[str, Any]) -> dict[str, Any]:
    """Return the changes asked for, all checked."""
    allowed = (*_PLAIN, *_WITH_CONSEQUENCES)
    read = inputs.attributes(given, User, allowed, "a user")
    known = org.directory.permission_sets
    for one in read.get("permission_sets", ()):
        if one not in known:
            raise BadInput("permission_sets", one, f"give ids of {', '.join(known) or 'none'}")
    return read


def _new_name(given: dict[str, Any], others: Iterable[PermissionSet]) -> str:
    name = inputs.text(given.get("name"), "name")
    if any(one.name.lower() == name.lower() for one in others):
        raise BadInput("name", name, "one of that name exists; choose another")
    return name


# -- changing


def _change_user(org: Org, user: User, changes: dict[str, Any]) -> None:
    """Change a user; a password that is refused comes first, so that nothing is half done."""
    if "password" in changes:
        administration.set_password(org, user, changes["password"])
    for name in _PLAIN:
        if name in changes:
            setattr(user, name, changes[name])
    if "profile_id" in changes:
        user.profile_id = changes["profile_id"]
        org.directory.changed()
    if "permission_sets" in changes:
        user.permission_sets = changes["permission_sets"]
        org.directory.changed()
    if "is_active" in changes:
        act = administration.activate if changes["is_active"] else administration.deactivate
        act(org, user)
    if "is_frozen" in changes:
        turn = administration.freeze if changes["is_frozen"] else administration.unfreeze
        turn(org, user)


def _change_holder(org: Org, holder: PermissionSet, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        setattr(holder, name, value)
    org.directory.changed()
