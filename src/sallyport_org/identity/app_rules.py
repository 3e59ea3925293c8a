"""May this app be used here, and by this user?

What belongs here: installation, blocking, enabling and permitted users, as the OAuth Usage page and
an app's Policies tab set them. What does not: whether the user may log in (``judge``) and wording
(``oauth``, ``pages``).

Documented: https://help.salesforce.com/s/articleView?id=005132365 (uninstalled apps) and
https://help.salesforce.com/s/articleView?id=xcloud.connected_app_manage_oauth.htm (policies).
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING

from sallyport_org.identity import approvals
from sallyport_org.identity.model import APPROVE_UNINSTALLED, USE_ANY_API_CLIENT, App, User

if TYPE_CHECKING:
    from sallyport_org.state import Org


class AppVerdict(Enum):
    """What asking for an app comes to."""

    USABLE = "usable"
    UNKNOWN = "unknown"
    """No such consumer key, or one not yet known everywhere."""
    NOT_IN_ORG = "not_in_org"
    """An external client app of another org, or a packaged one not installed here."""
    DISABLED = "disabled"
    """The external client app or its OAuth plugin is switched off."""
    BLOCKED = "blocked"
    """Blocked on the OAuth Usage page, or kept out by API Access Control."""
    NOT_ADMIN_APPROVED = "not_admin_approved"
    UNINSTALLED = "uninstalled"
    """A connected app not installed here, and a user who may not approve such."""


def find(org: Org, client_id: str) -> App | None:
    """Return the app of a consumer key once it is known everywhere, or None."""
    app = org.directory.app(client_id)
    if app is None or app.made_at is None:
        return app
    known_from = app.made_at + timedelta(seconds=org.settings.propagation_seconds)
    return app if org.clock.now() >= known_from else None


def judge_app(org: Org, app: App) -> AppVerdict:
    """Judge an app in an org, whoever the user is."""
    policy = org.directory.policy(app)
    if app.kind == "external_client_app":
        local_elsewhere = app.distribution == "local" and app.home[:15] != org.id[:15]
        if (local_elsewhere and app.home) or not policy.installed:
            return AppVerdict.NOT_IN_ORG
        if not (policy.enabled and policy.oauth_enabled):
            return AppVerdict.DISABLED
    return AppVerdict.BLOCKED if policy.blocked else AppVerdict.USABLE


def judge_user(org: Org, app: App, user: User) -> AppVerdict:
    """Judge whether an app is open to a user; what :func:`judge_app` refuses stays refused."""
    verdict = judge_app(org, app)
    if verdict is not AppVerdict.USABLE:
        return verdict
    directory = org.directory
    policy = directory.policy(app)
    if policy.permitted_users == "admin_approved" and not directory.is_preauthorized(user, app):
        return AppVerdict.NOT_ADMIN_APPROVED
    if (
        app.kind == "connected_app"
        and not policy.installed
        and org.settings.uninstalled_apps_restricted
        and not directory.may(user, APPROVE_UNINSTALLED)
        and not approvals.of(directory, user, app)
    ):
        return AppVerdict.UNINSTALLED
    return AppVerdict.USABLE if passes_access_control(org, app, user) else AppVerdict.BLOCKED


def passes_access_control(org: Org, app: App | None, user: User) -> bool:
    """Say whether API Access Control, if on, lets this app (None: no app) act for this user."""
    if not org.settings.api_access_control or org.directory.may(user, USE_ANY_API_CLIENT):
        return True
    return app is not None and org.directory.policy(app).allow_listed
