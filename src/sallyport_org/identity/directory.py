"""The people, apps, approvals and sessions of one org: where each is kept and found.

What belongs here: look-ups, and opening and ending sessions. What does not: what an administrator
does (``administration``, ``app_administration``), tokens' lives (``approvals``, ``codes``),
judging a login (``judge``) and wires.
"""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterable, MutableMapping
from datetime import datetime

from joserfc.jwk import RSAKey

from sallyport_org.identity.model import (
    App,
    AppPolicy,
    Approval,
    Code,
    DeviceRequest,
    Login,
    PermissionSet,
    Profile,
    Session,
    User,
)
from sallyport_org.identity.sessions import ends_at

REMEMBERED_LOGINS = 20_000
"""Salesforce keeps six months of login history; this is more than a test makes."""

SESSIONS_BEFORE_SWEEP = 1_000
"""So many sessions are kept before it is looked for those that ended by time."""


class Directory:
    """Who and what one org knows. Safe to use from many threads.

    ``apps`` is shared by all orgs of a cloud: a connected app made in one is known to the others.
    """

    def __init__(self, org_id: str, apps: MutableMapping[str, App]) -> None:
        self.org_id = org_id
        self.apps = apps
        self.users: dict[str, User] = {}
        self.profiles: dict[str, Profile] = {}
        self.permission_sets: dict[str, PermissionSet] = {}
        self.policies: dict[str, AppPolicy] = {}
        self.approvals: dict[str, Approval] = {}
        self.codes: dict[str, Code] = {}
        self.devices: dict[str, DeviceRequest] = {}
        self.deleted_apps: set[str] = set()
        self.in_flight: set[str] = set()
        """Refresh tokens a request is just being answered for."""
        self.logins: deque[Login] = deque(maxlen=REMEMBERED_LOGINS)
        self.login_count = 0
        self.signing_key: RSAKey | None = None
        self._recent: dict[str, deque[datetime]] = {}
        self.lock = threading.RLock()
        self.version = 0
        """Grows with every change of permissions: what callers may cache their view by."""
        self._sessions: dict[str, Session] = {}
        self._sweep_at = SESSIONS_BEFORE_SWEEP

    # -- looking up

    def user(self, username: str) -> User | None:
        """Return the user of that name, whatever its letter case, or None."""
        return self.users.get(username.lower())

    def user_by_id(self, user_id: str) -> User | None:
        """Return the user with that 15- or 18-character id, or None."""
        return next((one for one in self.users.values() if one.id[:15] == user_id[:15]), None)

    def profile_of(self, user: User) -> Profile:
        """Return a user's profile; a KeyError means the org was put together wrongly."""
        return self.profiles[user.profile_id]

    def sets_of(self, user: User) -> list[PermissionSet]:
        """Return everything that gives a user permissions: profile first, then permission sets."""
        assigned = (self.permission_sets.get(one) for one in sorted(user.permission_sets))
        return [self.profile_of(user), *(one for one in assigned if one is not None)]

    def may(self, user: User, permission: str) -> bool:
        """Say whether profile or permission sets give a user a permission (``Permissions…``)."""
        return any(permission in one.permissions for one in self.sets_of(user))

    def policy(self, app: App) -> AppPolicy:
        """Return this org's policies for an app; one never met here is not installed."""
        with self.lock:
            if app.client_id not in self.policies:
                at_home = app.home in ("", self.org_id)
                self.policies[app.client_id] = AppPolicy(app.client_id, installed=at_home)
            return self.policies[app.client_id]

    def is_preauthorized(self, user: User, app: App) -> bool:
        """Say whether an administrator approved an app for a user's profile or permission sets."""
        policy = self.policy(app)
        return policy.permitted_users == "admin_approved" and (
            user.profile_id in policy.profiles
            or bool(policy.permission_sets & user.permission_sets)
        )

    def app(self, client_id: str) -> App | None:
        """Return the app of that consumer key, or None."""
        return self.apps.get(client_id)

    def recent_logins(self, user: User) -> deque[datetime]:
        """Return when a user came in lately, oldest first; to be changed under the lock only."""
        return self._recent.setdefault(user.id, deque())

    # -- people and apps

    def admit(self, users: Iterable[User], apps: Iterable[App] = ()) -> None:
        """Add users and apps."""
        with self.lock:
            self.users.update((user.username.lower(), user) for user in users)
            self.apps.update((app.client_id, app) for app in apps)
            self.version += 1

    def changed(self) -> None:
        """Note that permissions changed."""
        with self.lock:
            self.version += 1

    # -- sessions

    def new_token(self) -> str:
        """Return a fresh opaque token: the org's 15-character id, ``!`` and a secret."""
        return f"{self.org_id[:15]}!AQ{secrets.token_urlsafe(72).replace('-', '.')}"

    def open_session(self, user: User, app: App | None, now: datetime) -> Session:
        """Hand out a session with an opaque token."""
        return self.keep(Session(self.new_token(), user, app, now))

    def keep(self, session: Session) -> Session:
        """Keep a session under its token; now and then those are forgotten whose time is over."""
        with self.lock:
            self._sessions[session.token] = session
            if len(self._sessions) >= self._sweep_at:
                now = session.issued_at
                self.end_sessions(lambda one: ends_at(one) <= now)
                self._sweep_at = max(SESSIONS_BEFORE_SWEEP, 2 * len(self._sessions))
        return session

    def session(self, token: str) -> Session | None:
        """Return the session of a token, or None."""
        return self._sessions.get(token)

    def sessions(self) -> list[Session]:
        """Return every session."""
        return list(self._sessions.values())

    def end_session(self, session: Session) -> None:
        """End one session."""
        with self.lock:
            self._sessions.pop(session.token, None)

    def end_sessions(self, chosen: Callable[[Session], bool] = lambda one: True) -> int:
        """End the chosen sessions; returns how many there were."""
        with self.lock:
            doomed = [token for token, one in self._sessions.items() if chosen(one)]
            for token in doomed:
                del self._sessions[token]
            return len(doomed)
