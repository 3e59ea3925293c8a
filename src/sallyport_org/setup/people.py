"""Users: the list, one user's page, and its buttons.

What belongs here: showing people and calling what a button does. What does not: the consequences
(``identity.administration``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sallyport_org.identity import User, administration, approvals, history, newcomers, passwords
from sallyport_org.identity.model import FOREVER
from sallyport_org.setup.desk import Desk, at_desk, not_here
from sallyport_org.setup.fields import Checks, Choice, Text, quoted
from sallyport_org.setup.forms import form_page
from sallyport_org.setup.menu import home_of
from sallyport_org.state import Org
from sallyport_org.web import Reply

NODE = "ManageUsers"
SHOWN_LOGINS = 10


@at_desk
def show_all(desk: Desk) -> Reply:
    """The list of users."""
    people = sorted(desk.org.directory.users.values(), key=lambda one: one.name.lower())
    return desk.page(
        "users.html",
        NODE,
        "Users",
        people=[(one, state_of(desk.org, one)) for one in people],
        profiles=desk.org.directory.profiles,
    )


def state_of(org: Org, user: User) -> str:
    """Return in a word or two whether a user may log in."""
    if not user.is_active:
        return "Inactive"
    if user.is_frozen:
        return "Frozen"
    if user.locked_until is not None and org.clock.now() < user.locked_until:
        return "Locked"
    return "Password expired" if passwords.is_expired(org, user) else "Active"


@at_desk
def show(desk: Desk, user_id: str) -> Reply:
    """One user: facts, buttons, approvals, and the last logins."""
    directory, user = desk.org.directory, desk.org.directory.user_by_id(user_id)
    if user is None:
        return not_here(desk, NODE, "This user")
    granted = [one for one in directory.approvals.values() if one.user_id == user.id and one.alive]
    return desk.page(
        "user.html",
        NODE,
        user.name,
        person=user,
        state=state_of(desk.org, user),
        is_locked=state_of(desk.org, user) == "Locked",
        locked_for_good=user.locked_until == FOREVER,
        profile=directory.profile_of(user),
        sets=directory.sets_of(user)[1:],
        approvals=granted,
        apps=directory.apps,
        sessions=[one for one in directory.sessions() if one.user is user],
        logins=list(history.of_user(desk.org, user))[:SHOWN_LOGINS],
    )


def _end_sessions(org: Org, user: User) -> None:
    org.directory.end_sessions(lambda one: one.user is user)


def _forget_browsers(_org: Org, user: User) -> None:
    user.known_browsers.clear()


def _drop_authenticator(_org: Org, user: User) -> None:
    user.totp_secret = None


_ACTIONS: Mapping[str, tuple[Callable[[Org, User], object], str]] = {
    "freeze": (administration.freeze, "is frozen"),
    "unfreeze": (administration.unfreeze, "is unfrozen"),
    "deactivate": (administration.deactivate, "is inactive"),
    "activate": (administration.activate, "is active"),
    "unlock": (administration.unlock, "is unlocked"),
    "reset_password": (administration.reset_password, "was mailed a new password"),
    "expire_password": (administration.expire_password, "must change the password"),
    "reset_token": (administration.reset_security_token, "was mailed a new security token"),
    "revoke_all": (administration.revoke_approvals, "has no approved apps any more"),
    "end_sessions": (_end_sessions, "has no sessions any more"),
    "forget_browsers": (_forget_browsers, "will be asked for a code from every browser"),
    "drop_authenticator": (_drop_authenticator, "has no authenticator app any more"),
}


@at_desk
def act(desk: Desk, user_id: str, action: str) -> Reply:
    """Carry out a button of the user's page."""
    user = desk.org.directory.user_by_id(user_id)
    if user is None or action not in _ACTIONS:
        return not_here(desk, NODE, "This user or button")
    carry_out, said = _ACTIONS[action]
    address = home_of(NODE, user.id)
    try:
        carry_out(desk.org, user)
    except administration.ChangeRefusedError as refused:
        return desk.done(address, f"Not done. {refused}")
    return desk.done(address, f"{user.username} {said}.")


@at_desk
def revoke(desk: Desk, user_id: str, approval_id: str) -> Reply:
    """Revoke one approval of a user."""
    directory, user = desk.org.directory, desk.org.directory.user_by_id(user_id)
    approval = directory.approvals.get(approval_id)
    if user is None or approval is None or approval.user_id != user.id:
        return not_here(desk, NODE, "This approval")
    approvals.end(directory, approval, "revoked")
    return desk.done(home_of(NODE, user.id), "The app's access was revoked.")


@at_desk
def new(desk: Desk) -> Reply:
    """*New User*: a password to be changed at the first login arrives by mail."""
    profiles = [(one.id, one.label) for one in desk.org.directory.profiles.values()]
    sections = (
        (
            "General Information",
            (
                Text("name", "Name", required=True),
                Text("email", "Email", required=True, check=checked_email),
                Text(
                    "username",
                    "Username",
                    "In the form of an email address; it need not be one.",
                    required=True,
                    check=checked_email,
                ),
                Choice("profile_id", "Profile", profiles),
            ),
        ),
    )

    def save(values: dict[str, Any]) -> Reply:
        user = newcomers.new_user(desk.org, values.pop("username"), **values)
        newcomers.admit_user(desk.org, user)
        administration.reset_password(desk.org, user)
        return desk.done(home_of(NODE, user.id), f"{user.username} was mailed a password.")

    first = profiles[0][0] if profiles else ""
    current = {"name": "", "email": "", "username": "", "profile_id": first}
    return form_page(desk, NODE, "New User", sections, current, save, cancel=home_of(NODE))


@at_desk
def edit(desk: Desk, user_id: str) -> Reply:
    """Edit e-mail, profile, and assigned permission sets."""
    directory, user = desk.org.directory, desk.org.directory.user_by_id(user_id)
    if user is None:
        return not_here(desk, NODE, "This user")
    profiles = [(one.id, one.label) for one in directory.profiles.values()]
    sets = [(one.id, one.label) for one in directory.permission_sets.values()]
    sections = (
        (
            "General Information",
            (
                Text("email", "Email", required=True, check=checked_email),
                Choice("profile_id", "Profile", profiles),
            ),
        ),
        ("Permission Set Assignments", (Checks("permission_sets", "Permission Sets", sets),)),
    )

    def save(values: dict[str, Any]) -> Reply:
        wanted = values.pop("permission_sets")
        for name, value in values.items():
            setattr(user, name, value)
        for one in user.permission_sets - wanted:
            administration.unassign(desk.org, user, one)
        for one in wanted:
            administration.assign(desk.org, user, one)
        directory.changed()
        return desk.done(home_of(NODE, user.id), "The user was saved.")

    current = {
        "email": user.email,
        "profile_id": user.profile_id,
        "permission_sets": user.permission_sets,
    }
    return form_page(
        desk,
        NODE,
        f"Edit {user.name}",
        sections,
        current,
        save,
        cancel=home_of(NODE, user.id),
    )


def checked_email(text: str) -> str:
    """Return what has the form of an e-mail address; raises ValueError for what has not."""
    name, _, host = text.partition("@")
    if not name or "." not in host or " " in text:
        raise ValueError(f"{quoted(text)} is no e-mail address; write it like name@example.com")
    return text
