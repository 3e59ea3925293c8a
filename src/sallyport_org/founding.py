"""The people and apps a new org starts with, and the keys they are given.

What belongs here: who they are, what they may do, and :class:`Credentials`. What does not: putting
the org together (``build``) and what administrators change later (``identity``).
"""

from __future__ import annotations

import random
import string
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from sallyport_org import ids
from sallyport_org.identity import App, PermissionSet, Profile, User
from sallyport_org.identity.model import (
    API_ENABLED,
    API_ONLY,
    APPROVE_UNINSTALLED,
    CUSTOMIZE,
    MANAGE_USERS,
    MARKETING_USER,
    MODIFY_ALL_DATA,
    PASSWORD_NEVER_EXPIRES,
    USE_ANY_API_AUTH,
    VIEW_ALL_DATA,
    Flow,
    Kind,
)
from sallyport_org.rows.generate import PROFILES
from sallyport_org.state import Org

AUDIENCE = "https://login.salesforce.com"
SANDBOX_AUDIENCE = "https://test.salesforce.com"
JWT_DAYS = 120
"""How long the ready-made assertion stays valid."""

REDIRECT_URIS = (
    "http://localhost:8765/callback",
    "https://localhost:8765/callback",
    "http://localhost:1717/OauthRedirect",
)
"""Callback URLs of the ready-made web server app; the last is what Salesforce's CLI uses."""

INTEGRATION_ACCESS = "Integration_Access"
"""The permission set that gives the integration user every object."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Working credentials of every kind the org accepts; all are made up at start.

    ``web_client_…`` are those of an app for the web server flow, ``password_client_…`` of a
    connected app for the username-password flow.
    """

    username: str
    password: str
    security_token: str
    client_id: str
    client_secret: str
    jwt_client_id: str
    jwt_client_secret: str
    jwt_audience: str
    private_key_pem: str
    jwt_token: str
    web_client_id: str
    web_client_secret: str
    redirect_uris: tuple[str, ...]
    password_client_id: str
    password_client_secret: str

    def as_json(self) -> dict[str, Any]:
        """Return them grouped by kind, as the command line prints them."""
        return {
            "basic": {
                "username": self.username,
                "password": self.password,
                "security_token": self.security_token,
            },
            "client_credentials": {
                "client_id": self.client_id,
                "client_secret": self.client_secret,
            },
            "jwt": {
                "client_id": self.jwt_client_id,
                "client_secret": self.jwt_client_secret,
                "username": self.username,
                "audience": self.jwt_audience,
                "private_key_pem": self.private_key_pem,
                "jwt_token": self.jwt_token,
            },
            "web_server": {
                "client_id": self.web_client_id,
                "client_secret": self.web_client_secret,
                "redirect_uris": list(self.redirect_uris),
            },
            "password": {
                "client_id": self.password_client_id,
                "client_secret": self.password_client_secret,
                "note": "send the password with the security token right behind it",
            },
        }


@dataclass(frozen=True, slots=True)
class Founders:
    """Who and what an org starts with."""

    people: tuple[User, ...]
    profiles: tuple[Profile, ...]
    permission_sets: tuple[PermissionSet, ...]
    server_app: App
    jwt_app: App
    web_app: App
    password_app: App
    key: RSAKey

    @property
    def admin(self) -> User:
        """The administrator: the first user."""
        return self.people[0]

    def rows(self) -> list[dict[str, str]]:
        """Return what the people's User records say."""
        return [_user_record(one) for one in self.people]

    def move_in(self, org: Org, now: datetime) -> Credentials:
        """Put everybody into an org's directory and return the keys."""
        directory = org.directory
        directory.profiles.update((one.id, one) for one in self.profiles)
        directory.permission_sets.update((one.id, one) for one in self.permission_sets)
        apps = (self.server_app, self.jwt_app, self.web_app, self.password_app)
        for app in apps:
            app.home = org.id
        directory.admit(self.people, apps)
        directory.policy(self.server_app).run_as = self.admin.username
        jwt_policy = directory.policy(self.jwt_app)
        jwt_policy.permitted_users = "admin_approved"
        jwt_policy.profiles.add(self.admin.profile_id)
        return self._credentials(org, now)

    def _credentials(self, org: Org, now: datetime) -> Credentials:
        audience = SANDBOX_AUDIENCE if org.organization.is_sandbox else AUDIENCE
        claims = {
            "iss": self.jwt_app.client_id,
            "sub": self.admin.username,
            "aud": audience,
            "exp": int((now + timedelta(days=JWT_DAYS)).timestamp()),
        }
        return Credentials(
            username=self.admin.username,
            password=self.admin.password,
            security_token=self.admin.security_token,
            client_id=self.server_app.client_id,
            client_secret=self.server_app.client_secret,
            jwt_client_id=self.jwt_app.client_id,
            jwt_client_secret=self.jwt_app.client_secret,
            jwt_audience=audience,
            private_key_pem=self.key.as_pem(private=True).decode(),
            jwt_token=jwt.encode({"alg": "RS256"}, claims, self.key),
            web_client_id=self.web_app.client_id,
            web_client_secret=self.web_app.client_secret,
            redirect_uris=REDIRECT_URIS,
            password_client_id=self.password_app.client_id,
            password_client_secret=self.password_app.client_secret,
        )


def found(draw: random.Random, my_domain: str) -> Founders:
    """Make everybody up, secrets from ``draw``: the same for the same seed."""
    suffix = _suffix(my_domain)
    profiles = _profiles()
    admin = _person(draw, 0, "admin", "Ada Administrator", profiles[0], suffix)
    key = RSAKey.generate_key(2048)
    server_app = _app(draw, "Nightly Sync", {"client_credentials"})
    jwt_app = _app(draw, "Signed Sync", {"jwt_bearer"})
    jwt_app.certificate = key.as_pem(private=False).decode()
    access = PermissionSet(
        id=ids.record_id("0PS", len(PROFILES)),
        name=INTEGRATION_ACCESS,
        label="Integration Access",
        permissions={API_ENABLED, VIEW_ALL_DATA, MODIFY_ALL_DATA, PASSWORD_NEVER_EXPIRES},
        all_objects=True,
    )
    standard = _person(draw, 1, "stan", "Stan Standard", profiles[1], suffix)
    integration = _person(draw, 2, "sync", "Ines Integration", profiles[2], suffix)
    integration.permission_sets.add(access.id)
    web_app = _app(draw, "Connect", {"web_server"})
    web_app.callback_urls = list(REDIRECT_URIS)
    web_app.scopes = {"api", "refresh_token", "id", "openid"}
    web_app.require_pkce = True
    password_app = _app(draw, "Desk Agent", {"password"}, "connected_app")
    return Founders(
        people=(admin, standard, integration),
        profiles=profiles,
        permission_sets=(access,),
        server_app=server_app,
        jwt_app=jwt_app,
        web_app=web_app,
        password_app=password_app,
        key=key,
    )


def _suffix(my_domain: str) -> str:
    """Return what usernames end in; a sandbox's carry its name behind it (documented)."""
    label = my_domain.removeprefix("https://").partition(".")[0]
    domain, _, sandbox = label.removesuffix("-dev-ed").partition("--")
    return f"{domain}.example" + (f".{sandbox}" if sandbox else "")


def _person(
    draw: random.Random, number: int, alias: str, name: str, profile: Profile, suffix: str
) -> User:
    """Return the user whose record is the org's ``number``-th."""
    return User(
        id=ids.record_id("005", number),
        username=f"{alias}@{suffix}",
        password="Harbor-" + _letters(draw, 8),
        security_token=_letters(draw, 24),
        email=f"{alias}@example.com",
        name=name,
        profile_id=profile.id,
    )


def _user_record(user: User) -> dict[str, str]:
    first, _, last = user.name.partition(" ")
    return {
        "Id": user.id,
        "Username": user.username,
        "Email": user.email,
        "Name": user.name,
        "FirstName": first,
        "LastName": last,
        "Alias": user.username.partition("@")[0],
        "ProfileId": user.profile_id,
    }


def _app(
    draw: random.Random, name: str, flows: set[Flow], kind: Kind = "external_client_app"
) -> App:
    return App(
        client_id="3MVG9" + _letters(draw, 80),
        client_secret=_letters(draw, 64, "0123456789ABCDEF"),
        name=name,
        kind=kind,
        contact_email="admin@example.com",
        flows=flows,
    )


def _profiles() -> tuple[Profile, ...]:
    """Return the profiles every org has; their ids are those of the Profile rows."""
    ids_of = [ids.record_id("00e", number) for number in range(len(PROFILES))]
    power = {VIEW_ALL_DATA, MODIFY_ALL_DATA, CUSTOMIZE, MANAGE_USERS, APPROVE_UNINSTALLED}
    given = (
        {API_ENABLED, MARKETING_USER, USE_ANY_API_AUTH} | power,
        {API_ENABLED},
        {API_ENABLED, API_ONLY},
    )
    return tuple(
        Profile(
            id=ids_of[number],
            name=name,
            label=name,
            permissions=set(given[number]),
            all_objects=number < 2,
        )
        for number, name in enumerate(PROFILES)
    )


def _letters(
    draw: random.Random, count: int, alphabet: str = string.ascii_letters + string.digits
) -> str:
    return "".join(draw.choices(alphabet, k=count))
