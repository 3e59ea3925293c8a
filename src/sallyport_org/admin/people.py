"""People: the users of an org.

What belongs here: paths about them. What does not: consequences
(:mod:`sallyport_org.identity.administration`), what profiles and permission sets give
(``permissions``), and how people came in (``activity``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sallyport_org import inputs
from sallyport_org.admin.access import NotThereError, body, done
from sallyport_org.admin.permissions import find_holder
from sallyport_org.identity import User, administration, newcomers
from sallyport_org.inputs import BadInput
from sallyport_org.state import Org
from sallyport_org.web import Reply, Visit, json_reply

_WITH_CONSEQUENCES = ("is_active", "is_frozen", "password", "profile_id", "permission_sets")

_PLAIN = inputs.other_fields(User, "id", "username", *_WITH_CONSEQUENCES)
"""Attributes of users that are simply set; the others have consequences."""

Action = Callable[[Org, User], object]

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
