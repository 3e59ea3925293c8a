"""What a developer and an administrator do to apps, with all its consequences.

What belongs here: making and deleting apps, consumer details, and the buttons of *Connected Apps
OAuth Usage*. What does not: people (``administration``), and plain policies (attributes of
:class:`~sallyport_org.identity.model.AppPolicy`).
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from sallyport_org.identity import approvals
from sallyport_org.identity.administration import ChangeRefusedError
from sallyport_org.identity.model import App, Flow, Kind

if TYPE_CHECKING:
    from sallyport_org.identity.directory import Directory
    from sallyport_org.state import Org

SCOPES = {
    "api": "Manage user data via APIs (api)",
    "web": "Manage user data via Web browsers (web)",
    "full": "Full access (full)",
    "id": "Access the identity URL service (id, profile, email, address, phone)",
    "profile": "Access the identity URL service (id, profile, email, address, phone)",
    "email": "Access the identity URL service (id, profile, email, address, phone)",
    "address": "Access the identity URL service (id, profile, email, address, phone)",
    "phone": "Access the identity URL service (id, profile, email, address, phone)",
    "openid": "Access unique user identifiers (openid)",
    "refresh_token": "Perform requests at any time (refresh_token, offline_access)",
    "offline_access": "Perform requests at any time (refresh_token, offline_access)",
    "chatter_api": "Access Connect REST API resources (chatter_api)",
    "custom_permissions": "Access custom permissions (custom_permissions)",
    "visualforce": "Access Visualforce applications (visualforce)",
    "lightning": "Access Lightning applications (lightning)",
    "content": "Access content resources (content)",
    "cdp_query_api": "Perform ANSI SQL queries on Data 360 data (cdp_query_api)",
    "cdp_ingest_api": "Manage Data 360 Ingestion API data (cdp_ingest_api)",
    "cdp_profile_api": "Manage Data 360 profile data (cdp_profile_api)",
    "pardot_api": "Manage Pardot services (pardot_api)",
    "wave_api": "Manage user data via CRM Analytics (wave_api)",
    "eclair_api": "Manage CRM Analytics Charts Geodata (eclair_api)",
    "sfap_api": "Access the Salesforce API Platform (sfap_api)",
}
"""OAuth scopes and the words the app's settings offer them in (documented)."""

CERTIFICATE_BYTES = 4096
"""Largest certificate an app takes (documented through third parties)."""


def create_app(
    org: Org,
    name: str,
    *,
    contact_email: str = "",
    kind: Kind = "external_client_app",
    packaged: bool = False,
    callback_urls: Iterable[str] = (),
    scopes: Iterable[str] = ("api", "refresh_token"),
    flows: Iterable[Flow] = ("web_server",),
) -> App:
    """Make an app in an org, keys generated; raises :class:`ChangeRefusedError`.

    Further attributes can be set on the answer. It is known to the token endpoint after the org's
    ``propagation_seconds``.
    """
    if not name.strip():
        raise ChangeRefusedError("name: it is empty; give the app a name")
    app = App(
        client_id=new_client_id(),
        client_secret=new_client_secret(),
        name=name.strip(),
        home=org.id,
        kind=kind,
        distribution="packaged" if packaged else "local",
        contact_email=contact_email,
        callback_urls=[checked_callback(one) for one in callback_urls],
        scopes=checked_scopes(scopes),
        flows=set(flows),
        made_at=org.clock.now(),
    )
    org.directory.admit([], [app])
    return app


def new_client_id() -> str:
    """Return a consumer key: ``3MVG9`` and 80 characters (observed)."""
    return "3MVG9" + secrets.token_urlsafe(60).replace("-", ".")


def new_client_secret() -> str:
    """Return a consumer secret: 64 hexadecimal digits (observed)."""
    return secrets.token_hex(32).upper()


def checked_callback(url: str) -> str:
    """Return a Callback URL; raises :class:`ChangeRefusedError` unless HTTPS, localhost or custom.

    Schemes of an app's own (``myapp:/callback``) are for installed apps (documented).
    """
    parts = urlsplit(url.strip())
    local = parts.hostname == "localhost" or _is_loopback(parts.hostname or "")
    if not parts.scheme or (parts.scheme == "http" and not local):
        raise ChangeRefusedError(
            f"callback URL: {url!r} is neither HTTPS nor on localhost; begin it with https://"
        )
    return url.strip()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked_scopes(scopes: Iterable[str]) -> set[str]:
    """Return scopes an app may offer; raises :class:`ChangeRefusedError` for an unknown one."""
    chosen = set(scopes)
    for one in sorted(chosen - set(SCOPES)):
        raise ChangeRefusedError(f"scopes: {one!r} is unknown; choose from {', '.join(SCOPES)}")
    return chosen


def checked_certificate(pem: str) -> str:
    """Return an X.509 certificate or RSA public key in PEM; raises :class:`ChangeRefusedError`."""
    if len(pem.encode()) > CERTIFICATE_BYTES:
        raise ChangeRefusedError(
            f"certificate: it has {len(pem.encode())} bytes; upload one of at most "
            f"{CERTIFICATE_BYTES}, without its chain"
        )
    try:
        RSAKey.import_key(pem)
    except (JoseError, ValueError, TypeError) as broken:
        raise ChangeRefusedError(
            "certificate: it cannot be read as an RSA certificate or public key in PEM; paste the "
            "file beginning with -----BEGIN CERTIFICATE-----"
        ) from broken
    return pem


# -- the OAuth Usage page


def install(org: Org, app: App) -> None:
    """Install an app; it is then also let through API Access Control."""
    policy = org.directory.policy(app)
    policy.installed = policy.allow_listed = True


def uninstall(org: Org, app: App) -> None:
    """Uninstall: every token of the app in this org is dropped (documented)."""
    policy = org.directory.policy(app)
    policy.installed = policy.allow_listed = False
    revoke_tokens(org.directory, app, "app uninstalled")


def block(org: Org, app: App) -> None:
    """Block: running sessions end and no new one begins (documented)."""
    org.directory.policy(app).blocked = True
    _end_sessions(org.directory, app)


def unblock(org: Org, app: App) -> None:
    """Let a blocked app in again."""
    org.directory.policy(app).blocked = False


def revoke_tokens(directory: Directory, app: App, why: str = "revoked") -> int:
    """Revoke every user's grant to an app, and its sessions; returns how many grants there were."""
    ended = approvals.end_all(directory, lambda one: one.client_id == app.client_id, why)
    _end_sessions(directory, app)
    return ended


def delete_app(orgs: Iterable[Org], app: App) -> None:
    """Delete an app for good, everywhere: its key is unknown from now on.

    Its policies stay: they say for whom it acted, which Login History shows of later attempts.
    """
    for org in orgs:
        revoke_tokens(org.directory, app, "app deleted")
        org.directory.deleted_apps.add(app.client_id)
        org.directory.apps.pop(app.client_id, None)


# -- consumer details


def stage_consumer_details(app: App) -> tuple[str, str]:
    """Generate a new key and secret that do nothing until applied; return them."""
    app.staged_id, app.staged_secret = new_client_id(), new_client_secret()
    return app.staged_id, app.staged_secret


def apply_consumer_details(orgs: Iterable[Org], app: App) -> None:
    """Put the staged key and secret in force, which revokes all tokens of the app (documented).

    Raises :class:`ChangeRefusedError` when nothing is staged.
    """
    if app.staged_id is None or app.staged_secret is None:
        raise ChangeRefusedError("consumer details: none are staged; generate new ones first")
    old, new = app.client_id, app.staged_id
    for org in orgs:
        directory = org.directory
        revoke_tokens(directory, app, "consumer details rotated")
        with directory.lock:
            policy = directory.policies.pop(old, None)
            if policy is not None:
                policy.client_id = new
                directory.policies[new] = policy
            directory.apps.pop(old, None)
            directory.apps[new] = app
    app.client_id, app.client_secret = new, app.staged_secret
    app.staged_id = app.staged_secret = None


def _end_sessions(directory: Directory, app: App) -> None:
    directory.end_sessions(lambda one: one.app is not None and one.app.client_id == app.client_id)
