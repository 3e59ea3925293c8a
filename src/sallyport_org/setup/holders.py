"""Profiles and permission sets: what their users may do, and when and from where they log in.

What belongs here: lists and forms of both, which differ in little. What does not: permissions on
objects and fields (``access``) and what a permission does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sallyport_org import ids
from sallyport_org.identity import PermissionSet, Profile, administration, newcomers
from sallyport_org.identity.administration import ChangeRefusedError
from sallyport_org.identity.permissions import PERMISSIONS
from sallyport_org.setup.desk import Desk, at_desk, not_here
from sallyport_org.setup.fields import Check, Checks, Lines, Ranges, Text, quoted
from sallyport_org.setup.forms import Sections, form_page
from sallyport_org.setup.login_hours import hours_as_lines, read_hours
from sallyport_org.setup.menu import home_of
from sallyport_org.web import Reply


@dataclass(frozen=True, slots=True)
class HolderKind:
    """Profiles or permission sets: their menu node and their words."""

    node: str
    one: str
    many: str
    prefix: str

    def held(self, desk: Desk) -> Mapping[str, PermissionSet]:
        """Return all there are, by id."""
        directory = desk.org.directory
        return directory.profiles if self is PROFILES else directory.permission_sets


PROFILES = HolderKind("EnhancedProfiles", "profile", "Profiles", "00e")
PERMISSION_SETS = HolderKind("PermSets", "permission set", "Permission Sets", "0PS")
KINDS = {one.node.lower(): one for one in (PROFILES, PERMISSION_SETS)}


@at_desk
def show_all(desk: Desk, node: str) -> Reply:
    """The list of profiles, or of permission sets."""
    kind = KINDS[node.lower()]
    people = desk.org.directory.users.values()
    rows = [
        (one, sum(1 for user in people if one.id in (user.profile_id, *user.permission_sets)))
        for one in sorted(kind.held(desk).values(), key=lambda one: one.label.lower())
    ]
    return desk.page("holders.html", kind.node, kind.many, kind=kind, rows=rows)


@at_desk
def edit(desk: Desk, node: str, holder_id: str) -> Reply:
    """One profile or permission set: everything but objects and fields."""
    kind = KINDS[node.lower()]
    holder = kind.held(desk).get(holder_id)
    if holder is None:
        return not_here(desk, kind.node, f"This {kind.one}")
    sections: list[Any] = [
        ("Administrative Permissions", (Checks("permissions", "Permissions", PERMISSIONS),))
    ]
    current: dict[str, Any] = {"permissions": holder.permissions}
    links = [(home_of(kind.node, holder.id, "objects"), "Object and Field Permissions")]
    if isinstance(holder, Profile):
        sections += _profile_sections()
        current |= _profile_values(holder)

        links.insert(0, (home_of(kind.node, holder.id, "clone"), "Clone"))

    def save(values: dict[str, Any]) -> Reply:
        if isinstance(holder, Profile):
            _save_profile(desk, holder, values)
        holder.permissions.clear()
        holder.permissions.update(values["permissions"])
        desk.org.directory.changed()
        return desk.done(home_of(kind.node, holder.id), f"The {kind.one} was saved.")

    return form_page(
        desk,
        kind.node,
        holder.label,
        sections,
        current,
        save,
        links=links,
        cancel=home_of(kind.node),
    )


@at_desk
def clone(desk: Desk, node: str, holder_id: str) -> Reply:
    """*Clone* a profile."""
    like = desk.org.directory.profiles.get(holder_id)
    if like is None:
        return not_here(desk, PROFILES.node, "This profile")
    sections = (("Clone Profile", (Text("name", "Profile Name", required=True),)),)

    def save(values: dict[str, Any]) -> Reply:
        made = newcomers.clone_profile(desk.org, values["name"], like)
        return desk.done(
            home_of(PROFILES.node, made.id), f"The profile is a clone of {like.label}."
        )

    return form_page(
        desk,
        PROFILES.node,
        f"Clone {like.label}",
        sections,
        {"name": ""},
        save,
        cancel=home_of(PROFILES.node, like.id),
    )


def _profile_sections() -> Sections:
    return [
        (
            "Session Settings",
            (
                Check(
                    "high_assurance",
                    "Session security level required at login: High Assurance",
                    "Its users log in with an authenticator app.",
                ),
                Text(
                    "login_flow",
                    "Login Flow",
                    "Name of the login flow users must pass in a browser; empty for none.",
                ),
            ),
        ),
        (
            "Login Hours",
            (
                Check("any_time", "Users may log in at any time"),
                Lines(
                    "hours",
                    "Login Hours (UTC)",
                    "Used when the box is not ticked. A day a line, like Monday 08:00 - 17:30; "
                    "on days left out nobody logs in.",
                ),
            ),
        ),
        (
            "Login IP Ranges",
            (
                Ranges(
                    "login_ip_ranges",
                    "Login IP Ranges",
                    "One range a line, like 203.0.113.0 - 203.0.113.255; empty: from anywhere.",
                ),
            ),
        ),
        (
            "Connected App Access",
            (
                Lines(
                    "barred_clients",
                    "SOAP clients these users may not use",
                    "Names as in CallOptions, one a line.",
                ),
            ),
        ),
    ]


def _profile_values(profile: Profile) -> dict[str, Any]:
    return {
        "high_assurance": profile.high_assurance,
        "login_flow": profile.login_flow,
        "any_time": profile.login_hours is None,
        "hours": hours_as_lines(profile.login_hours or {}),
        "login_ip_ranges": profile.login_ip_ranges,
        "barred_clients": sorted(profile.barred_clients),
    }


def _save_profile(desk: Desk, profile: Profile, values: Mapping[str, Any]) -> None:
    hours = None if values["any_time"] else read_hours(values["hours"])
    administration.set_login_hours(desk.org, profile, hours)
    administration.set_login_ip_ranges(desk.org, profile, values["login_ip_ranges"])
    profile.high_assurance = values["high_assurance"]
    profile.login_flow = values["login_flow"]
    profile.barred_clients = set(values["barred_clients"])


@at_desk
def new_set(desk: Desk) -> Reply:
    """Make a permission set."""
    kind = PERMISSION_SETS
    sections = (
        (
            "Enter permission set information",
            (
                Text("label", "Label", required=True),
                Text(
                    "name",
                    "API Name",
                    "Letters, digits and underscores.",
                    required=True,
                    check=_api_name,
                ),
            ),
        ),
    )

    def save(values: dict[str, Any]) -> Reply:
        sets = desk.org.directory.permission_sets
        if any(one.name.lower() == values["name"].lower() for one in sets.values()):
            raise ChangeRefusedError(
                f"API Name: {values['name']!r} is taken by another permission set; choose another"
            )
        number = len(sets) + 1
        while ids.record_id(kind.prefix, number) in sets:
            number += 1
        made = PermissionSet(ids.record_id(kind.prefix, number), values["name"], values["label"])
        sets[made.id] = made
        desk.org.directory.changed()
        return desk.done(home_of(kind.node, made.id), "The permission set was made.")

    return form_page(
        desk,
        kind.node,
        "New Permission Set",
        sections,
        {"label": "", "name": ""},
        save,
        cancel=home_of(kind.node),
    )


def _api_name(text: str) -> str:
    if not (text.isascii() and text.replace("_", "").isalnum() and text[0].isalpha()):
        raise ValueError(
            f"{quoted(text)} holds more than letters, digits and underscores, or does not "
            "begin with a letter; write it like Sync_Users"
        )
    return text
