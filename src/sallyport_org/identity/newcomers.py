"""New users and profiles: the record, and the row SOQL sees of it.

What belongs here: making them, with ids nobody has. What does not: what an administrator changes
later (``administration``), and forms or paths that ask for one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sallyport_org import ids
from sallyport_org.identity import passwords
from sallyport_org.identity.administration import ChangeRefusedError
from sallyport_org.identity.model import APPROVE_UNINSTALLED, Profile, User
from sallyport_org.rows.engine import quoted

if TYPE_CHECKING:
    from sallyport_org.state import Org

FIRST_OWN_PROFILE = 100
"""Standard profiles have the numbers below."""


def new_user(org: Org, username: str, *, email: str, name: str, profile_id: str) -> User:
    """Return a user with a made-up password and security token, not yet admitted.

    Raises :class:`~sallyport_org.identity.administration.ChangeRefusedError` for a username the org
    has.
    """
    if org.directory.user(username) is not None:
        raise ChangeRefusedError(
            f"username: {username!r} cannot be used; the org has that user; choose another name"
        )
    return User(
        id=_next_user_id(org),
        username=username,
        password=passwords.new_password(),
        security_token=passwords.new_security_token(),
        email=email,
        name=name,
        profile_id=profile_id,
    )


def admit_user(org: Org, user: User) -> None:
    """Let a new user be known, with a User row."""
    org.directory.admit([user])
    first, _, last = user.name.rpartition(" ")
    values = {
        "Id": user.id,
        "Username": user.username,
        "Email": user.email,
        "Name": user.name,
        "FirstName": first or None,
        "LastName": last,
        "Alias": user.username[:8],
        "ProfileId": user.profile_id,
        "IsActive": user.is_active,
    }
    _write_like(org, "User", values, ids.record_id("005", 0))


def clone_profile(org: Org, name: str, like: Profile) -> Profile:
    """Make a profile with another one's permissions, and its Profile row.

    *Approve Uninstalled Connected Apps* is not passed on: only the standard System Administrator
    profile has it (documented: https://help.salesforce.com/s/articleView?id=005132365). Raises
    :class:`~sallyport_org.identity.administration.ChangeRefusedError` for a name that is taken.
    """
    profiles = org.directory.profiles
    if any(one.name.lower() == name.lower() for one in profiles.values()):
        raise ChangeRefusedError(
            f"name: {name!r} cannot be used; one of that name exists; choose another"
        )
    number = FIRST_OWN_PROFILE + len(profiles)
    made = Profile(
        id=ids.record_id("00e", number),
        name=name,
        label=name,
        permissions=set(like.permissions) - {APPROVE_UNINSTALLED},
        objects=dict(like.objects),
        fields=dict(like.fields),
        all_objects=like.all_objects,
        standard=False,
    )
    profiles[made.id] = made
    _write_like(org, "Profile", {"Id": made.id, "Name": made.name}, like.id)
    org.directory.changed()
    return made


def _next_user_id(org: Org) -> str:
    taken = {one.id for one in org.directory.users.values()}
    taken |= {str(one) for (one,) in org.engine.rows('SELECT Id FROM "User"')}
    number = len(taken)
    while ids.record_id("005", number) in taken:
        number += 1
    return ids.record_id("005", number)


def _write_like(org: Org, table: str, values: dict[str, Any], like: str) -> None:
    """Write a row like another one of its table, but for some values and its stamps."""
    now = org.clock.now().replace(tzinfo=None, microsecond=0)
    stamps = dict.fromkeys(("CreatedDate", "LastModifiedDate", "SystemModstamp"), now)
    changed = {**values, **stamps}
    marks = ", ".join(f"? AS {quoted(name)}" for name in changed)
    with org.engine.writing() as cursor:
        cursor.execute(
            f"INSERT INTO {quoted(table)} SELECT * REPLACE ({marks}) "  # noqa: S608 - fixed names
            f"FROM {quoted(table)} WHERE Id = ?",
            [*changed.values(), like],
        )
