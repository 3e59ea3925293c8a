"""Setup's records as rows: what SOQL sees of people, permissions, apps, tokens and logins.

What belongs here: writing those rows when a query asks for them, and taking over what is written to
User rows. What does not: the records themselves (``identity``) and what the objects look like
(``schema``). Longer than most modules because a dozen objects each need a few lines that say what
their fields hold.

The directory is what counts; rows follow it. They are brought up to date when a query names one of
the objects and the directory has changed since, so that handing out tokens costs no transaction.
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema

from __future__ import annotations

import re
import threading
import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from sallyport_org import ids
from sallyport_org.identity import PermissionSet, User, administration, passwords
from sallyport_org.rows.engine import quoted

if TYPE_CHECKING:
    from sallyport_org.dml import Committed
    from sallyport_org.identity import Directory
    from sallyport_org.schema.model import SObject
    from sallyport_org.state import Org

Row = dict[str, Any]

_FOLLOWED = ("IsActive", "ProfileId", "Username", "Email")
"""Fields of User that mean the same here and in the directory."""


class SetupRows:
    """How far the rows of one org follow its directory. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._written: dict[str, object] = {}
        self._logins = 0

    def refresh(self, org: Org, text: str) -> None:
        """Bring up to date what a SOQL text may read.

        Not inside a transaction, which may be undone: what was current before it must do there.
        """
        named = {one.lower() for one in _NAMED.findall(text)}
        if not named or org.engine.version < 0:
            return
        with self._lock:
            if named & _PEOPLE:
                self._refresh_users(org)
            if "user" in named and _TELLS_LAST_LOGIN.search(text):
                self._refresh_last_logins(org)
            if "loginhistory" in named:
                self._append_logins(org)
            for name, rows in _TABLES.items():
                if any(name.lower().startswith(one) for one in named):
                    self._replace(org, name, rows(org))

    def take_over(self, org: Org, committed: Committed) -> None:
        """Follow what was written to User and UserLogin rows: a listener of the org."""
        if committed.operation not in ("insert", "update", "upsert"):
            return
        with self._lock:
            if committed.sobject == "User":
                for user_id in committed.ids:
                    _take_over_user(org, user_id)
                self._written["User"] = _user_states(org.directory)
            elif committed.sobject == "UserLogin":
                for login_id in committed.ids:
                    _take_over_login(org, login_id)
                self._written.pop("UserLogin", None)

    def _refresh_users(self, org: Org) -> None:
        states = _user_states(org.directory)
        if states == self._written.get("User"):
            return
        now = _naive(org.clock.now())
        sets = ", ".join(f"{name} = ?" for name in _FOLLOWED)
        differs = " OR ".join(f"{name} IS DISTINCT FROM ?" for name in _FOLLOWED)
        update = (
            f'UPDATE "User" SET {sets}, LastModifiedDate = ?, SystemModstamp = ? '
            f"WHERE Id = ? AND ({differs})"
        )
        with org.engine.writing() as cursor:
            for user_id, *values in states:
                cursor.execute(update, [*values, now, now, user_id, *values])
        self._written["User"] = states

    def _refresh_last_logins(self, org: Org) -> None:
        """A login is no change of the user: no stamp moves (assumed)."""
        last = {one.id: one.last_login for one in _users(org.directory) if one.last_login}
        if last == self._written.get("LastLoginDate"):
            return
        with org.engine.writing() as cursor:
            for user_id, moment in last.items():
                update = 'UPDATE "User" SET LastLoginDate = ? WHERE Id = ?'
                cursor.execute(update, [_naive(moment), user_id])
        self._written["LastLoginDate"] = last

    def _append_logins(self, org: Org) -> None:
        directory = org.directory
        with directory.lock:
            count = directory.login_count
            fresh = list(directory.logins)[max(0, len(directory.logins) - count + self._logins) :]
        if count != self._logins:
            rows = [
                {
                    "Id": one.id,
                    "UserId": one.user_id,
                    "LoginTime": _naive(one.at),
                    "LoginType": one.login_type,
                    "SourceIp": one.source_ip,
                    "LoginUrl": one.login_url,
                    "Status": one.status,
                    "Application": one.application,
                    "ApiType": one.api_type,
                    "ApiVersion": one.api_version,
                    "Browser": "Unknown",
                    "Platform": "Unknown",
                    "ClientVersion": "N/A",
                    "OptionsIsPost": True,
                }
                for one in fresh
            ]
            with org.engine.writing() as cursor:
                if self._logins == 0:
                    cursor.execute('DELETE FROM "LoginHistory"')
                _insert(cursor, org.schema.sobject("LoginHistory"), rows)
            self._logins = count

    def _replace(self, org: Org, name: str, rows: Iterable[Row]) -> None:
        found = list(rows)
        sobject = org.schema.find(name)
        if sobject is None or found == self._written.get(name):
            return
        stamped = [_stamped(org, one) for one in found]
        with org.engine.writing() as cursor:
            cursor.execute(f"DELETE FROM {quoted(name)}")
            _insert(cursor, sobject, stamped)
        self._written[name] = found


# -- rows out of the directory


def _oauth_tokens(org: Org) -> Iterable[Row]:
    """One row for each living approval; an app not installed has no AppMenuItemId (observed)."""
    directory = org.directory
    for one in list(directory.approvals.values()):
        app = directory.app(one.client_id)
        if not one.alive or app is None:
            continue
        installed = directory.policy(app).installed
        yield {
            "Id": one.id,
            "UserId": one.user_id,
            "AppName": app.name,
            "AppMenuItemId": _id("0DS", app.client_id) if installed else None,
            "LastUsedDate": _naive(one.used),
            "UseCount": one.uses,
            "CreatedDate": _naive(one.created),
        }


def _user_logins(org: Org) -> Iterable[Row]:
    now = org.clock.now()
    for user in _users(org.directory):
        locked = user.locked_until is not None and now < user.locked_until
        yield {
            "Id": _id("0Yw", user.id),
            "UserId": user.id,
            "IsFrozen": user.is_frozen,
            "IsPasswordLocked": locked,
        }


def _permission_sets(org: Org) -> Iterable[Row]:
    """Permission sets, and the hidden one every profile has (documented)."""
    directory, sobject = org.directory, org.schema.sobject("PermissionSet")
    columns = [one.name for one in sobject.stored_fields if one.name.startswith("Permissions")]
    for holder in _holders(directory):
        owned = holder.id in directory.profiles
        yield {
            "Id": _set_id(directory, holder),
            "Name": f"X{holder.id[:15]}" if owned else holder.name,
            "Label": holder.label,
            "ProfileId": holder.id if owned else None,
            "IsOwnedByProfile": owned,
            "IsCustom": not owned,
            "Type": "Profile" if owned else "Regular",
            **{name: name in holder.permissions for name in columns},
        }


def _assignments(org: Org) -> Iterable[Row]:
    directory = org.directory
    for user in _users(directory):
        for holder in directory.sets_of(user):
            yield {
                "Id": _id("0Pa", user.id + holder.id),
                "PermissionSetId": _set_id(directory, holder),
                "AssigneeId": user.id,
                "IsActive": True,
            }


def _object_permissions(org: Org) -> Iterable[Row]:
    directory = org.directory
    for holder in _holders(directory):
        for name, given in sorted(holder.objects.items()):
            yield {
                "Id": _id("110", holder.id + name),
                "ParentId": _set_id(directory, holder),
                "SobjectType": name,
                "PermissionsRead": given.read,
                "PermissionsCreate": given.create,
                "PermissionsEdit": given.edit,
                "PermissionsDelete": given.delete,
                "PermissionsViewAllRecords": given.view_all,
                "PermissionsModifyAllRecords": given.modify_all,
            }


def _field_permissions(org: Org) -> Iterable[Row]:
    directory = org.directory
    for holder in _holders(directory):
        for name, given in sorted(holder.fields.items()):
            yield {
                "Id": _id("01k", holder.id + name),
                "ParentId": _set_id(directory, holder),
                "SobjectType": name.partition(".")[0],
                "Field": name,
                "PermissionsRead": given.read,
                "PermissionsEdit": given.edit,
            }


def _connected_apps(org: Org) -> Iterable[Row]:
    """Connected apps installed here: others are known to the OAuth Usage page only."""
    directory = org.directory
    for app in list(directory.apps.values()):
        policy = directory.policy(app)
        if app.kind == "connected_app" and policy.installed:
            admin_only = policy.permitted_users == "admin_approved"
            yield {
                "Id": _id("0H4", app.client_id),
                "Name": app.name,
                "OptionsAllowAdminApprovedUsersOnly": admin_only,
                "OptionsHasSessionLevelPolicy": policy.high_assurance,
                "OptionsAppIssueJwtTokenEnabled": app.jwt_access_tokens,
            }


def _external_apps(org: Org) -> Iterable[Row]:
    for app in list(org.directory.apps.values()):
        here = app.home[:15] == org.id[:15] or app.distribution == "packaged"
        if app.kind == "external_client_app" and here and org.directory.policy(app).installed:
            yield {
                "Id": _id("0xI", app.client_id),
                "DeveloperName": re.sub(r"\W+", "_", app.name),
                "MasterLabel": app.name,
                "Language": "en_US",
                "ContactEmail": app.contact_email,
                "Description": app.description or None,
                "DistributionState": app.distribution.title(),
            }


def _entity_access(org: Org) -> Iterable[Row]:
    """Which profiles and permission sets an app is open to (pre-authorisation)."""
    directory = org.directory
    for app in list(directory.apps.values()):
        policy = directory.policy(app)
        external = app.kind == "external_client_app"
        for holder in _holders(directory):
            if holder.id in policy.profiles | policy.permission_sets:
                yield {
                    "Id": _id("0J0", app.client_id + holder.id),
                    "ParentId": _set_id(directory, holder),
                    "SetupEntityId": _id("0xI" if external else "0H4", app.client_id),
                    "SetupEntityType": "ExternalClientApplication"
                    if external
                    else "ConnectedApplication",
                }


_TABLES: Mapping[str, Callable[[Org], Iterable[Row]]] = {
    "OauthToken": _oauth_tokens,
    "UserLogin": _user_logins,
    "PermissionSet": _permission_sets,
    "PermissionSetAssignment": _assignments,
    "ObjectPermissions": _object_permissions,
    "FieldPermissions": _field_permissions,
    "ConnectedApplication": _connected_apps,
    "ExternalClientApplication": _external_apps,
    "SetupEntityAccess": _entity_access,
}

_PEOPLE = frozenset({"user", "owner", "createdby", "lastmodifiedby", "assignee", "profile"})

_WORDS = sorted({*_TABLES, "LoginHistory", *_PEOPLE} - {"PermissionSetAssignment"}, key=len)
_NAMED = re.compile("|".join(reversed(_WORDS)), re.IGNORECASE)


_TELLS_LAST_LOGIN = re.compile(r"LastLogin|FIELDS\s*\(|^\s*User\s*$", re.IGNORECASE)
"""Queries that tell of it; others do not wait for it to be written."""


# -- User rows into the directory


def _take_over_user(org: Org, user_id: str) -> None:
    """Make the directory's user what the row says; a new row makes a new user.

    A user made by a row has a password nobody knows until it is reset, and no security token.
    """
    columns = ", ".join((*_FOLLOWED, "Name"))
    found = org.engine.rows(f'SELECT {columns} FROM "User" WHERE Id = ?', [user_id])
    if not found:
        return
    active, profile_id, username, email, name = found[0]
    directory = org.directory
    user = directory.user_by_id(user_id)
    if profile_id not in directory.profiles or not username:
        return
    if user is None:
        password = passwords.new_password()
        user = User(user_id, username, password, "", email or "", name or "", profile_id)
        directory.admit([user])
    elif user.username != username:
        with directory.lock:
            directory.users.pop(user.username.lower(), None)
            user.username = username
            directory.users[username.lower()] = user
    user.email, user.name, user.profile_id = email or "", name or "", profile_id
    if active and not user.is_active:
        administration.activate(org, user)
    elif not active and user.is_active:
        administration.deactivate(org, user)
    directory.changed()


def _take_over_login(org: Org, login_id: str) -> None:
    """Freeze or unfreeze as the row of UserLogin says: how tools do it (documented)."""
    for user_id, frozen in org.engine.rows(
        'SELECT UserId, IsFrozen FROM "UserLogin" WHERE Id = ?', [login_id]
    ):
        user = org.directory.user_by_id(user_id)
        if user is not None and frozen:
            administration.freeze(org, user)
        elif user is not None:
            administration.unfreeze(org, user)


# -- writing


def _user_states(directory: Directory) -> list[tuple[Any, ...]]:
    return [
        (one.id, one.is_active, one.profile_id, one.username, one.email)
        for one in _users(directory)
    ]


def _users(directory: Directory) -> list[User]:
    with directory.lock:
        return list(directory.users.values())


def _holders(directory: Directory) -> list[PermissionSet]:
    with directory.lock:
        return [*directory.profiles.values(), *directory.permission_sets.values()]


def _set_id(directory: Directory, holder: PermissionSet) -> str:
    return _id("0PS", holder.id) if holder.id in directory.profiles else holder.id


def _id(prefix: str, text: str) -> str:
    """Return the id of a record that has none of its own: the same for the same text."""
    return ids.record_id(prefix, zlib.crc32(text.encode()) + (1 << 32))


def _stamped(org: Org, row: Row) -> Row:
    born = _naive(org.born)
    stamps = {"CreatedDate": born, "LastModifiedDate": born, "SystemModstamp": born}
    people = dict.fromkeys(("CreatedById", "LastModifiedById"), ids.record_id("005", 0))
    return {**stamps, **people, **row}


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None, microsecond=0)


def _insert(cursor: duckdb.DuckDBPyConnection, sobject: SObject, rows: list[Row]) -> None:
    """Insert rows; a boolean nobody gave is false, anything else empty."""
    if not rows:
        return
    wanted = {one.name: False if one.type == "boolean" else None for one in sobject.stored_fields}
    full = [{name: row.get(name, other) for name, other in wanted.items()} for row in rows]
    kept = [name for name in wanted if any(row[name] is not None for row in full)]
    columns = {name: [row[name] for row in full] for name in kept}
    cursor.register("arriving", pa.table(columns))
    cursor.execute(f"INSERT INTO {quoted(sobject.name)} BY NAME SELECT * FROM arriving")
    cursor.unregister("arriving")
