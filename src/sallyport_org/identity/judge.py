"""May this user come in now, this way, from here? One judgement for every door.

What belongs here: the reasons a login is refused, their order, and the Status text Login History
shows for each. What does not: how a wire words a refusal (``oauth``, ``soap``, ``pages`` map a
:class:`Verdict` to their own words), and whether the user may use an app (``app_rules``).

The order (assumed but for what is said beside a step): the org, the way in, the host, the user, the
password, the hour, the address, the second secret, the permissions. Status texts are documented:
https://help.salesforce.com/s/articleView?id=xcloud.users_login_history.htm
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Literal

from sallyport_org.identity import addresses, history, passwords
from sallyport_org.identity.model import (
    API_ENABLED,
    FOREVER,
    MFA_FOR_API,
    USE_ANY_API_AUTH,
    App,
    User,
)

if TYPE_CHECKING:
    from sallyport_org.cloud import Cloud, Place
    from sallyport_org.state import Org

Way = Literal[
    "browser", "soap", "password", "jwt_bearer", "client_credentials", "refresh", "code", "device"
]


class Verdict(Enum):
    """What a login comes to."""

    SUCCESS = "success"
    ORG_SUSPENDED = "org_suspended"
    ORG_CLOSED = "org_closed"
    ORG_LOCKED = "org_locked"
    ORG_IN_MAINTENANCE = "org_in_maintenance"
    TRIAL_EXPIRED = "trial_expired"
    PASSWORD_FLOW_OFF = "password_flow_off"  # noqa: S105 - a verdict's name
    RESTRICTED_DOMAIN = "restricted_domain"
    RATE_EXCEEDED = "rate_exceeded"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - a verdict's name
    LOCKED = "locked"
    INACTIVE = "inactive"
    FROZEN = "frozen"
    RESTRICTED_TIME = "restricted_time"
    RESTRICTED_IP = "restricted_ip"
    REFRESH_IP_NOT_ALLOWED = "refresh_ip_not_allowed"
    MFA_NEEDED = "mfa_needed"
    TOKEN_NEEDED = "token_needed"  # noqa: S105 - a verdict's name
    CHALLENGE = "challenge"
    LOGIN_FLOW = "login_flow"
    CLIENT_BARRED = "client_barred"
    ANY_API_AUTH_MISSING = "any_api_auth_missing"
    API_OFF_FOR_ORG = "api_off_for_org"
    API_OFF_FOR_USER = "api_off_for_user"
    APP_BLOCKED = "app_blocked"
    APP_NOT_ADMIN_APPROVED = "app_not_admin_approved"

    @property
    def status(self) -> str:
        """The Status text of Login History."""
        return _STATUS[self]


_API_OFF = "Failed: OAuth API access disabled"

_STATUS = {
    Verdict.SUCCESS: "Success",
    Verdict.ORG_SUSPENDED: "Organization Suspended",
    Verdict.ORG_CLOSED: "Organization is Inactive",
    Verdict.ORG_LOCKED: "Organization Locked",
    Verdict.ORG_IN_MAINTENANCE: "Organization is in maintenance",
    Verdict.TRIAL_EXPIRED: "Trial Expired",
    Verdict.PASSWORD_FLOW_OFF: "Username-Password Flow Disabled",
    Verdict.RESTRICTED_DOMAIN: "Restricted Domain",
    Verdict.RATE_EXCEEDED: "Login Rate Exceeded",
    Verdict.WRONG_PASSWORD: "Invalid Password",
    Verdict.LOCKED: "Password Lockout",
    Verdict.INACTIVE: "User is Inactive",
    Verdict.FROZEN: "User is frozen",
    Verdict.RESTRICTED_TIME: "Restricted Time",
    Verdict.RESTRICTED_IP: "Restricted IP",
    Verdict.REFRESH_IP_NOT_ALLOWED: "Failed: IP Address Not Allowed",
    Verdict.MFA_NEEDED: "Multi-factor required",
    Verdict.TOKEN_NEEDED: "Failed: API security token required",
    Verdict.CHALLENGE: "Failed: Computer activation required",
    Verdict.LOGIN_FLOW: _API_OFF,
    Verdict.CLIENT_BARRED: "-",
    Verdict.ANY_API_AUTH_MISSING: _API_OFF,
    Verdict.API_OFF_FOR_ORG: _API_OFF,
    Verdict.API_OFF_FOR_USER: _API_OFF,
    Verdict.APP_BLOCKED: _API_OFF,
    Verdict.APP_NOT_ADMIN_APPROVED: _API_OFF,
}
"""Assumed for the last seven and MFA_NEEDED's use outside the browser; the others documented."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody at a door.

    ``secret`` is what was typed as password (for the API with the security token right behind it);
    None when the way in does not ask for one. ``generic`` says that the host belongs to no single
    org (login, test, or an instance). ``client`` is the name in SOAP's ``CallOptions``.
    """

    how: Way
    user: User
    remote: str
    host: str
    generic: bool = False
    secret: str | None = None
    app: App | None = None
    client: str = ""
    api_version: str = ""


def find_user(cloud: Cloud, place: Place, username: str) -> tuple[Org, User] | None:
    """Return the org and user a name means at a place, or None."""
    for org in cloud.candidates(place):
        user = org.directory.user(username)
        if user is not None:
            return org, user
    return None


def is_generic(place: Place) -> bool:
    """Say whether a place is a login host that My Domain policies can close."""
    return place.kind in ("login", "test", "instance")


def judge(org: Org, attempt: Attempt) -> Verdict:
    """Judge an attempt, count a wrong password, and write every ending but success down.

    The caller writes success down (:func:`admitted`) once its own checks have passed.
    """
    for check in _CHECKS:
        verdict = check(org, attempt)
        if verdict is not Verdict.SUCCESS:
            history.record(org, attempt, verdict)
            return verdict
    return Verdict.SUCCESS


def admitted(org: Org, attempt: Attempt) -> None:
    """Write a login that worked down, and forget earlier wrong passwords."""
    if attempt.secret is not None:
        attempt.user.failed_logins = 0
    now = org.clock.now()
    with org.directory.lock:
        org.directory.recent_logins(attempt.user).append(now)
        attempt.user.last_login = now.replace(microsecond=0)
    history.record(org, attempt, Verdict.SUCCESS)


# -- the checks, in their order


def _org(org: Org, attempt: Attempt) -> Verdict:
    return {
        "active": Verdict.SUCCESS,
        "suspended": Verdict.ORG_SUSPENDED,
        "closed": Verdict.ORG_CLOSED,
        "locked": Verdict.ORG_LOCKED,
        "maintenance": Verdict.ORG_IN_MAINTENANCE,
        "trial_expired": Verdict.TRIAL_EXPIRED,
    }[org.status]


def _way(org: Org, attempt: Attempt) -> Verdict:
    """The username-password flow can be off, and ends for good with its retirement."""
    if attempt.how == "password" and (
        org.settings.password_flow_retired or not org.settings.password_flow
    ):
        return Verdict.PASSWORD_FLOW_OFF
    return Verdict.SUCCESS


def _domain(org: Org, attempt: Attempt) -> Verdict:
    """*Prevent login from login.salesforce.com*, and its sister for SOAP (documented)."""
    if not attempt.generic or attempt.how in ("refresh", "code", "jwt_bearer"):
        return Verdict.SUCCESS
    allowed = org.settings.generic_login and (
        attempt.how != "soap" or org.settings.generic_soap_login
    )
    return Verdict.SUCCESS if allowed else Verdict.RESTRICTED_DOMAIN


def _rate(org: Org, attempt: Attempt) -> Verdict:
    """3,600 logins an hour and user (documented); refused ones do not count (assumed)."""
    recent = org.directory.recent_logins(attempt.user)
    since = org.clock.now() - history.RATE_WINDOW
    with org.directory.lock:
        while recent and recent[0] <= since:
            recent.popleft()
        full = len(recent) >= org.settings.logins_per_hour
    return Verdict.RATE_EXCEEDED if full else Verdict.SUCCESS


def _activity(org: Org, attempt: Attempt) -> Verdict:
    return Verdict.SUCCESS if attempt.user.is_active else Verdict.INACTIVE


def _password(org: Org, attempt: Attempt) -> Verdict:
    """A wrong password counts, and the last allowed one locks; a lock outlives the right one."""
    if attempt.secret is None:
        return Verdict.SUCCESS
    user, now = attempt.user, org.clock.now()
    right = _begins_right(org, attempt)
    if user.locked_until is not None and now < user.locked_until:
        return Verdict.LOCKED if right else Verdict.WRONG_PASSWORD
    if right:
        return Verdict.SUCCESS
    with org.directory.lock:
        if user.locked_until is not None:
            user.locked_until, user.failed_logins = None, 0
        user.failed_logins += 1
        if user.failed_logins >= org.settings.max_failed_logins:
            minutes = org.settings.lockout_minutes
            user.locked_until = now + timedelta(minutes=minutes) if minutes else FOREVER
    return Verdict.WRONG_PASSWORD


def _frozen(org: Org, attempt: Attempt) -> Verdict:
    return Verdict.FROZEN if attempt.user.is_frozen else Verdict.SUCCESS


def _hours(org: Org, attempt: Attempt) -> Verdict:
    hours = org.directory.profile_of(attempt.user).login_hours
    if hours is None:
        return Verdict.SUCCESS
    now = org.clock.now()
    first, last = hours.get(now.weekday(), (1, 0))
    open_now = first <= now.hour * 60 + now.minute <= last
    return Verdict.SUCCESS if open_now else Verdict.RESTRICTED_TIME


def _address(org: Org, attempt: Attempt) -> Verdict:
    """Profile ranges, which an app's IP Relaxation may lift; refresh tokens have a list of theirs.

    Never lifted for JWT bearer (documented), passwords and browsers; client credentials meet them
    at the data call instead.
    """
    policy = org.directory.policy(attempt.app) if attempt.app else None
    if (
        attempt.how == "refresh"
        and policy is not None
        and policy.refresh_ip_ranges
        and not addresses.inside(attempt.remote, policy.refresh_ip_ranges)
    ):
        return Verdict.REFRESH_IP_NOT_ALLOWED
    if attempt.how == "client_credentials":
        return Verdict.SUCCESS
    if policy is not None and attempt.how in ("code", "refresh", "device"):
        enforced = policy.ip_relaxation == "enforce" or (
            policy.ip_relaxation == "enforce_relax_refresh" and attempt.how != "refresh"
        )
        if not enforced:
            return Verdict.SUCCESS
    ranges = org.directory.profile_of(attempt.user).login_ip_ranges
    if ranges and not addresses.inside(attempt.remote, ranges):
        return Verdict.RESTRICTED_IP
    return Verdict.SUCCESS


def _second_secret(org: Org, attempt: Attempt) -> Verdict:
    """From outside the trusted networks the security token must follow the password.

    Users with *Multi-Factor Authentication for API Logins* append a code of their authenticator app
    instead. Somebody who never had a token is sent an identity code (assumed).
    """
    if attempt.secret is None or attempt.how == "browser":
        return Verdict.SUCCESS
    user = attempt.user
    behind = attempt.secret[len(user.password) :]
    if org.directory.may(user, MFA_FOR_API):
        right = passwords.is_totp(user.totp_secret, behind, org.clock.now())
        return Verdict.SUCCESS if right else Verdict.MFA_NEEDED
    if behind or is_trusted(org, user, attempt.remote):
        return Verdict.SUCCESS
    return Verdict.TOKEN_NEEDED if user.security_token else Verdict.CHALLENGE


def _permissions(org: Org, attempt: Attempt) -> Verdict:
    directory, user = org.directory, attempt.user
    profile = directory.profile_of(user)
    if attempt.how == "code" and profile.login_flow:
        return Verdict.LOGIN_FLOW
    if attempt.how != "soap":
        return Verdict.SUCCESS
    if attempt.client and attempt.client in profile.barred_clients:
        return Verdict.CLIENT_BARRED
    if not org.has_api:
        return Verdict.API_OFF_FOR_ORG
    if org.settings.any_api_auth_required and not directory.may(user, USE_ANY_API_AUTH):
        return Verdict.ANY_API_AUTH_MISSING
    if not directory.may(user, API_ENABLED):
        return Verdict.API_OFF_FOR_USER
    return Verdict.SUCCESS


_CHECKS: Sequence[Callable[[Org, Attempt], Verdict]] = (
    _org,
    _way,
    _domain,
    _rate,
    _activity,
    _password,
    _frozen,
    _hours,
    _address,
    _second_secret,
    _permissions,
)


# -- what the checks, and the pages, ask


def is_trusted(org: Org, user: User, remote: str) -> bool:
    """Say whether an address needs no further proof: Network Access, or the profile's ranges."""
    ranges = org.directory.profile_of(user).login_ip_ranges
    return addresses.inside(remote, org.settings.trusted_ip_ranges) or (
        bool(ranges) and addresses.inside(remote, ranges)
    )


def _begins_right(org: Org, attempt: Attempt) -> bool:
    """Say whether the secret is the password, alone or with what may stand behind it."""
    user, secret = attempt.user, attempt.secret or ""
    if attempt.how == "browser":
        return same_text(secret, user.password)
    if org.directory.may(user, MFA_FOR_API):
        return same_text(secret[: len(user.password)], user.password)
    right = same_text(secret, user.password)
    with_token = same_text(secret, user.password + user.security_token)
    return right or with_token


def same_text(given: str, kept: str) -> bool:
    """Compare two secrets without telling their common length."""
    return hmac.compare_digest(given.encode(), kept.encode())
