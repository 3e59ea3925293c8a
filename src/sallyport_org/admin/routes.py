"""Every path of the admin API, what it does, and the page that lists them.

Handlers take a :class:`~sallyport_org.web.Visit`; those below ``/orgs/{org}`` the org as well.
"""

from __future__ import annotations

from dataclasses import dataclass

from sallyport_org.addresses import ADMIN_API
from sallyport_org.admin import activity, apps, faults, orgs, people, permissions, settings, tables
from sallyport_org.admin.access import Handler, guarded, of_org
from sallyport_org.routing import Route, route
from sallyport_org.web import Reply, Visit, json_reply

ROOT = ADMIN_API


@dataclass(frozen=True, slots=True)
class Entry:
    """One method of one path (below :data:`ROOT`); ``{name}`` stands for a variable part."""

    method: str
    path: str
    does: str
    handler: Handler


def _any(method: str, path: str, handler: Handler) -> Entry:
    return Entry(method, path, _first_line(handler), guarded(handler))


def _one(method: str, path: str, handler: Handler) -> Entry:
    return Entry(method, f"/orgs/{{org}}{path}", _first_line(handler), of_org(handler))


def _first_line(handler: Handler) -> str:
    return (handler.__doc__ or "").partition("\n")[0]


def index(visit: Visit) -> Reply:
    """Answer with this list."""
    shown = [{"method": one.method, "path": ROOT + one.path, "does": one.does} for one in ENTRIES]
    return json_reply({"paths": shown})


ENTRIES: tuple[Entry, ...] = (
    _any("GET", "", index),
    _any("GET", "/orgs", orgs.list_orgs),
    _any("POST", "/orgs", orgs.make),
    _one("GET", "", orgs.show_org),
    _one("PATCH", "", orgs.change),
    _one("DELETE", "", orgs.close),
    _one("POST", "/move", orgs.move),
    _one("POST", "/refresh", orgs.refresh),
    _one("POST", "/api-calls", settings.count_calls),
    _one("GET", "/settings", settings.show_settings),
    _one("PATCH", "/settings", settings.change_settings),
    _one("GET", "/clock", settings.show_clock),
    _one("PUT", "/clock", settings.set_clock),
    _one("POST", "/clock/advance", settings.advance_clock),
    _one("GET", "/users", people.list_users),
    _one("POST", "/users", people.make_user),
    _one("GET", "/users/{user}", people.read_user),
    _one("PATCH", "/users/{user}", people.change_user),
    _one("POST", "/users/{user}/{action}", people.act_on_user),
    _one("GET", "/profiles", permissions.list_profiles),
    _one("POST", "/profiles", permissions.make_profile),
    _one("PATCH", "/profiles/{profile}", permissions.change_profile),
    _one("GET", "/permission-sets", permissions.list_permission_sets),
    _one("POST", "/permission-sets", permissions.make_permission_set),
    _one("PATCH", "/permission-sets/{set}", permissions.change_permission_set),
    _one("DELETE", "/permission-sets/{set}", permissions.delete_permission_set),
    _one("GET", "/apps", apps.list_apps),
    _one("POST", "/apps", apps.make_app),
    _one("GET", "/apps/{app}", apps.read_app),
    _one("PATCH", "/apps/{app}", apps.change_app),
    _one("DELETE", "/apps/{app}", apps.delete_app),
    _one("PATCH", "/apps/{app}/policy", apps.change_policy),
    _one("POST", "/apps/{app}/{action}", apps.act_on_app),
    _one("GET", "/approvals", apps.list_approvals),
    _one("POST", "/approvals", apps.make_approval),
    _one("DELETE", "/approvals", apps.end_approvals),
    _one("GET", "/sessions", activity.list_sessions),
    _one("DELETE", "/sessions", activity.end_sessions),
    _one("GET", "/logins", activity.list_logins),
    _one("GET", "/faults", faults.list_faults),
    _one("POST", "/faults", faults.add_fault),
    _one("DELETE", "/faults", faults.clear),
    _one("GET", "/faults/{fault}", faults.read_one),
    _one("DELETE", "/faults/{fault}", faults.remove),
    _one("POST", "/metadata", tables.deploy_metadata),
    _one("POST", "/fields", tables.change_fields),
    _one("POST", "/sql", tables.select),
    _any("GET", "/fault-kinds", faults.list_kinds),
    _any("GET", "/mails", activity.list_mails),
    _any("DELETE", "/mails", activity.clear_mails),
    _any("GET", "/requests", activity.list_requests),
    _any("DELETE", "/requests", activity.clear_requests),
)


def _routes() -> tuple[Route, ...]:
    by_path: dict[str, dict[str, Handler]] = {}
    for one in ENTRIES:
        parts = ["{}" if part.startswith("{") else part for part in one.path.split("/")]
        by_path.setdefault(ROOT + "/".join(parts), {})[one.method] = one.handler
    return tuple(route(path, **handlers) for path, handlers in by_path.items())


ROUTES = _routes()
