"""The records of identity: what an administrator sees in Setup, and what the org remembers.

What belongs here: shapes and the words Salesforce uses for them. What does not: judging a login
and changing anything with consequences (``directory`` and its neighbours).

Permissions go by the API names of the PermissionSet object (``PermissionsApiEnabled``), documented:
https://developer.salesforce.com/docs/platform/object-reference/guide/sforce-api-objects-permissionset.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

API_ENABLED = "PermissionsApiEnabled"
API_ONLY = "PermissionsApiUserOnly"
APPROVE_UNINSTALLED = "PermissionsCanApproveUninstalledApps"
USE_ANY_API_CLIENT = "PermissionsUseAnyApiClient"
USE_ANY_API_AUTH = "PermissionsUseAnyApiAuth"
MFA_FOR_API = "PermissionsTwoFactorApi"
MFA_FOR_UI = "PermissionsForceTwoFactor"
VIEW_ENCRYPTED = "PermissionsViewEncryptedData"
VIEW_ALL_DATA = "PermissionsViewAllData"
MODIFY_ALL_DATA = "PermissionsModifyAllData"
BULK_HARD_DELETE = "PermissionsBulkApiHardDelete"
CUSTOMIZE = "PermissionsCustomizeApplication"
MANAGE_USERS = "PermissionsManageUsers"
VIEW_SETUP = "PermissionsViewSetup"
MARKETING_USER = "PermissionsMarketingUser"
PASSWORD_NEVER_EXPIRES = "PermissionsPasswordNeverExpires"  # noqa: S105 - a permission's name

FOREVER = datetime.max.replace(tzinfo=UTC)
"""When a lock ends that only an administrator lifts."""

IpRange = tuple[str, str]
"""First and last address of a range, both included."""


@dataclass(frozen=True, slots=True)
class ObjectPermission:
    """What may be done with one object."""

    read: bool = False
    create: bool = False
    edit: bool = False
    delete: bool = False
    view_all: bool = False
    modify_all: bool = False


@dataclass(frozen=True, slots=True)
class FieldPermission:
    """What may be done with one field."""

    read: bool = False
    edit: bool = False


@dataclass(slots=True)
class PermissionSet:
    """Permissions that can be given to users.

    ``objects`` goes by object name, ``fields`` by ``Object.Field``. ``all_objects`` gives every
    object and field there is, as the System Administrator's profile does.
    """

    id: str
    name: str
    label: str
    permissions: set[str] = field(default_factory=set)
    objects: dict[str, ObjectPermission] = field(default_factory=dict)
    fields: dict[str, FieldPermission] = field(default_factory=dict)
    all_objects: bool = False


@dataclass(slots=True)
class Profile(PermissionSet):
    """A user's one profile: permissions, and when and from where its users may log in.

    ``login_hours`` maps a weekday (0 = Monday) to the first and last minute of the day (UTC); a day
    left out is closed; None means any time. ``high_assurance`` is *Session security level required
    at login*. ``login_flow`` names a flow the users must walk through in a browser before anything
    else (Setup > Login Flows). ``barred_clients`` are names of SOAP clients (``CallOptions``) the
    users may not use.
    """

    login_ip_ranges: list[IpRange] = field(default_factory=list)
    login_hours: dict[int, tuple[int, int]] | None = None
    high_assurance: bool = False
    login_flow: str = ""
    barred_clients: set[str] = field(default_factory=set)
    standard: bool = True


@dataclass(slots=True)
class User:
    """Somebody who may log in.

    ``password_set`` is when the password was last set (None: it does not age); ``security_token``
    is empty until one was issued; ``locked_until`` is :data:`FOREVER` until somebody unlocks.
    ``known_browsers`` are the cookies of browsers that passed the identity check; ``totp_secret``
    (base32) is the registered authenticator app; ``last_login`` is when a login last worked.
    """

    id: str
    username: str
    password: str
    security_token: str
    email: str
    name: str
    profile_id: str = ""
    permission_sets: set[str] = field(default_factory=set)
    is_active: bool = True
    is_frozen: bool = False
    failed_logins: int = 0
    locked_until: datetime | None = None
    password_set: datetime | None = None
    password_expired: bool = False
    language: str = "en_US"
    locale: str = "en_US"
    time_zone: str = "GMT"
    known_browsers: set[str] = field(default_factory=set)
    totp_secret: str | None = None
    last_login: datetime | None = None


Kind = Literal["connected_app", "external_client_app"]
Flow = Literal["web_server", "user_agent", "client_credentials", "jwt_bearer", "password", "device"]


@dataclass(slots=True)
class App:
    """A connected app or external client app as its developer made it (the *Settings* tab).

    It lives in ``home`` (an org's id). ``distribution``: a *local* external client app exists in
    its own org only; a *packaged* one, and any connected app, is known to every org.
    ``certificate`` is the PEM certificate or public key that verifies JWT assertions.
    ``staged_id`` and ``staged_secret`` are consumer details generated but not yet applied.
    """

    client_id: str
    client_secret: str
    name: str
    home: str = ""
    kind: Kind = "external_client_app"
    distribution: Literal["local", "packaged"] = "local"
    contact_email: str = ""
    description: str = ""
    callback_urls: list[str] = field(default_factory=list)
    scopes: set[str] = field(default_factory=lambda: {"api", "id", "refresh_token"})
    flows: set[Flow] = field(default_factory=set)
    certificate: str | None = None
    require_secret: bool = True
    require_secret_for_refresh: bool = True
    require_pkce: bool = False
    rotate_refresh_tokens: bool = False
    introspect_all_tokens: bool = False
    jwt_access_tokens: bool = False
    made_at: datetime | None = None
    staged_id: str | None = None
    staged_secret: str | None = None


@dataclass(slots=True)
class AppPolicy:
    """What one org's administrator decided about an app (the *Policies* tab, OAuth Usage).

    ``permitted_users``: *All users may self-authorize* or *Admin approved users are
    pre-authorized* (``profiles``, ``permission_sets``: ids). ``refresh_policy``: until_revoked,
    immediately, unused (``refresh_hours`` idle) or after (``refresh_hours`` old).
    """

    client_id: str
    installed: bool = True
    blocked: bool = False
    enabled: bool = True
    oauth_enabled: bool = True
    permitted_users: Literal["all", "admin_approved"] = "all"
    profiles: set[str] = field(default_factory=set)
    permission_sets: set[str] = field(default_factory=set)
    ip_relaxation: Literal["enforce", "enforce_relax_refresh", "relax_activated", "relax"] = "relax"
    refresh_ip_ranges: list[IpRange] = field(default_factory=list)
    refresh_policy: Literal["until_revoked", "immediately", "unused", "after"] = "until_revoked"
    refresh_hours: float = 0.0
    session_minutes: float | None = None
    high_assurance: bool = False
    run_as: str | None = None
    allow_listed: bool = False


@dataclass(slots=True)
class Approval:
    """One user's grant to one app: a family of refresh tokens, one of which is alive.

    ``token`` is the live refresh token (None: approved without ``refresh_token`` scope); ``spent``
    are those rotation replaced; ``ended`` says why the whole family is dead.
    """

    id: str
    user_id: str
    client_id: str
    scopes: tuple[str, ...]
    created: datetime
    used: datetime
    uses: int = 1
    token: str | None = None
    spent: set[str] = field(default_factory=set)
    ended: str | None = None

    @property
    def alive(self) -> bool:
        """True until it was revoked, pushed out, or ended by its policy or a reused token."""
        return self.ended is None


@dataclass(slots=True)
class Code:
    """An authorization code: 15 minutes, once (documented). ``challenge`` is PKCE's."""

    code: str
    user_id: str
    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    issued_at: datetime
    challenge: str | None = None
    method: Literal["S256", "plain"] = "S256"
    nonce: str | None = None
    high_assurance: bool = False
    spent: bool = False


@dataclass(slots=True)
class DeviceRequest:
    """A device waiting for somebody to enter its code on ``/setup/connect``.

    ``user_id`` is who allowed it; ``denied`` says that somebody did not.
    """

    device_code: str
    user_code: str
    client_id: str
    scopes: tuple[str, ...]
    issued_at: datetime
    user_id: str | None = None
    denied: bool = False
    polled_at: datetime | None = None


Source = Literal["oauth", "soap", "ui"]


@dataclass(slots=True)
class Session:
    """An access token handed out: for whom, to which app (None: SOAP or browser login), how far.

    ``limited`` marks the crippled session of an expired password. ``minutes`` is how long it lives
    without being used; one with ``expires_at`` (a JWT) ends then, used or not.
    """

    token: str
    user: User
    app: App | None
    issued_at: datetime
    scopes: tuple[str, ...] = ("api", "id")
    source: Source = "oauth"
    remote: str = "127.0.0.1"
    used_at: datetime | None = None
    minutes: float = 120.0
    high_assurance: bool = False
    limited: bool = False
    approval_id: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """One line of Setup > Login History."""

    id: str
    at: datetime
    username: str
    user_id: str | None
    login_type: str
    status: str
    source_ip: str
    application: str
    login_url: str
    api_type: str = "N/A"
    api_version: str = "N/A"
