"""What an administrator does to people, with all its consequences.

What belongs here: the actions behind Setup's buttons on users, profiles and permission sets, and
what users do to their own secrets. What does not: apps (``app_administration``), and pages or paths
that call these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from sallyport_org.identity import addresses, approvals, passwords
from sallyport_org.identity.model import (
    API_ONLY,
    FOREVER,
    MFA_FOR_API,
    IpRange,
    Profile,
    User,
)
from sallyport_org.inbox import Mail

if TYPE_CHECKING:
    from sallyport_org.state import Org

MINUTES_A_DAY = 24 * 60


class ChangeRefusedError(ValueError):
    """A change Setup would not make; the text names the field, what was received and the cure."""


# -- may come in, or not


def freeze(org: Org, user: User) -> None:
    """Freeze: no login from now on, and every session ends (documented)."""
    user.is_frozen = True
    _end_sessions(org, user)


def unfreeze(org: Org, user: User) -> None:
    """Let a frozen user in again."""
    user.is_frozen = False


def deactivate(org: Org, user: User) -> None:
    """Deactivate: sessions end; approvals stay, and answer ``inactive user`` (observed)."""
    user.is_active = False
    _end_sessions(org, user)
    org.directory.changed()


def activate(org: Org, user: User) -> None:
    """Make a user active again."""
    user.is_active = True
    org.directory.changed()


def lock(org: Org, user: User) -> None:
    """Lock as too many wrong passwords do, for the time the password policy says."""
    minutes = org.settings.lockout_minutes
    user.failed_logins = org.settings.max_failed_logins
    user.locked_until = org.clock.now() + timedelta(minutes=minutes) if minutes else FOREVER


def unlock(org: Org, user: User) -> None:
    """Unlock, and forget the wrong passwords."""
    user.failed_logins, user.locked_until = 0, None


# -- passwords and tokens


def reset_password(org: Org, user: User) -> str:
    """Give a temporary password, mail it, and ask for a new one at the next login; returns it.

    A new security token follows by mail (documented: the old one is void after a reset).
    """
    password = passwords.new_password()
    set_password(org, user, password)
    user.password_expired = True
    unlock(org, user)
    _mail(
        org,
        user,
        "Your new Salesforce password",
        f"Username: {user.username}\nTemporary password: {password}\n"
        "You will be asked for a new one when you log in.",
    )
    return password


def set_password(org: Org, user: User, password: str) -> None:
    """Set the password a user chose; raises :class:`ChangeRefusedError` for a weak one.

    The security token becomes void; a new one is mailed to users who had one.
    """
    if len(password) < 8 or password.isalpha() or password.isdigit():
        raise ChangeRefusedError(
            "password: it has fewer than 8 characters or lacks letters or digits; "
            "choose at least 8, letters and digits mixed"
        )
    user.password, user.password_set = password, org.clock.now()
    user.password_expired = False
    if user.security_token:
        _issue_token(org, user)


def expire_password(org: Org, user: User) -> None:
    """Expire a password: sessions live on, but may only set a new one."""
    user.password_expired = True


def reset_security_token(org: Org, user: User) -> str:
    """Mail a new security token and return it; raises :class:`ChangeRefusedError`.

    Not offered to users whose profile has login IP ranges, to *API Only* users, and to those with
    *Multi-Factor Authentication for API Logins* (documented).
    """
    directory = org.directory
    if directory.profile_of(user).login_ip_ranges:
        raise ChangeRefusedError(
            f"security token of {user.username}: the profile has login IP ranges, so no token is "
            "used; log in from an address inside them"
        )
    for permission, name in ((API_ONLY, "API Only User"), (MFA_FOR_API, "MFA for API Logins")):
        if directory.may(user, permission):
            raise ChangeRefusedError(
                f"security token of {user.username}: users with {name} cannot reset it; "
                "take the permission away first"
            )
    return _issue_token(org, user)


def _issue_token(org: Org, user: User) -> str:
    user.security_token = passwords.new_security_token()
    _mail(
        org,
        user,
        "Your new Salesforce security token",
        f"Username: {user.username}\nSecurity token (case-sensitive): {user.security_token}",
    )
    return user.security_token


def send_identity_code(org: Org, user: User, what: str = "log in") -> str:
    """Mail an identity verification code and return it, for the page that will ask for it."""
    code = passwords.new_identity_code()
    _mail(
        org,
        user,
        "Verify your identity in Salesforce",
        f"Username: {user.username}\nVerification Code: {code}\nIt is asked for to {what}.",
    )
    return code


def register_authenticator(user: User) -> str:
    """Give a user an authenticator app's secret (base32) and return it."""
    user.totp_secret = passwords.new_totp_secret()
    return user.totp_secret


# -- profiles and permission sets


def assign(org: Org, user: User, permission_set_id: str) -> None:
    """Assign a permission set; raises :class:`ChangeRefusedError` when there is none."""
    if permission_set_id not in org.directory.permission_sets:
        raise ChangeRefusedError(
            f"permission set: {permission_set_id!r} is no permission set of this org; "
            "give the id of one"
        )
    user.permission_sets.add(permission_set_id)
    org.directory.changed()


def unassign(org: Org, user: User, permission_set_id: str) -> None:
    """Take a permission set away from a user."""
    user.permission_sets.discard(permission_set_id)
    org.directory.changed()


def grant(org: Org, holder_id: str, permissions: Iterable[str], *, on: bool = True) -> None:
    """Tick (or untick) permissions of a profile or permission set."""
    directory = org.directory
    holder = directory.profiles.get(holder_id) or directory.permission_sets.get(holder_id)
    if holder is None:
        raise ChangeRefusedError(
            f"profile or permission set: {holder_id!r} is none of this org; give the id of one"
        )
    for name in permissions:
        if on:
            holder.permissions.add(name)
        else:
            holder.permissions.discard(name)
    directory.changed()


def set_login_hours(
    org: Org, profile: Profile, hours: Mapping[int, tuple[int, int]] | None
) -> None:
    """Set when a profile's users may log in; raises :class:`ChangeRefusedError`."""
    for day, (first, last) in (hours or {}).items():
        if day not in range(7) or not 0 <= first <= last < MINUTES_A_DAY:
            raise ChangeRefusedError(
                f"login hours: day {day} from minute {first} to {last}; give days 0 (Monday) to 6, "
                f"and minutes 0 to {MINUTES_A_DAY - 1} in order"
            )
    profile.login_hours = dict(hours) if hours is not None else None
    org.directory.changed()


def set_login_ip_ranges(org: Org, profile: Profile, ranges: Iterable[IpRange]) -> None:
    """Set from where a profile's users may log in; raises :class:`ChangeRefusedError`."""
    try:
        profile.login_ip_ranges = [addresses.checked_range(*one) for one in ranges]
    except ValueError as wrong:
        raise ChangeRefusedError(f"login IP ranges: {wrong}") from wrong
    org.directory.changed()


# -- approvals


def revoke_approvals(org: Org, user: User, client_id: str | None = None) -> int:
    """Revoke a user's grants, of one app or of all; returns how many there were."""
    return approvals.end_all(
        org.directory,
        lambda one: one.user_id == user.id and client_id in (None, one.client_id),
        "revoked",
    )


def _end_sessions(org: Org, user: User) -> None:
    org.directory.end_sessions(lambda one: one.user.id == user.id)


def _mail(org: Org, user: User, subject: str, text: str) -> None:
    org.inbox.put(Mail(org.clock.now(), user.email, subject, text))
