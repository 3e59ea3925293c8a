"""The paths of Setup; handlers take a :class:`~sallyport_org.web.Visit`."""

from __future__ import annotations

import functools

from sallyport_org.routing import Handler, Route, route
from sallyport_org.setup import (
    access,
    app_policies,
    apps,
    clock,
    company,
    consumer_details,
    holders,
    login_history,
    oauth_usage,
    org_status,
    people,
    switches,
)
from sallyport_org.setup.menu import BASE
from sallyport_org.web import Reply, Visit


def _form(path: str, handler: Handler) -> Route:
    return route(f"{BASE}/{path}", GET=handler, POST=handler)


def _for(node: str, handler: Handler) -> Handler:
    """Return a handler that is told which menu node it is asked for."""

    @functools.wraps(handler)
    def answer(visit: Visit, *variables: str) -> Reply:
        return handler(visit, node, *variables)

    return answer


ROUTES = (
    route(BASE, GET=company.home),
    route(f"{BASE}/SetupOneHome/home", GET=company.home),
    route(f"{BASE}/CompanyProfileInfo/home", GET=company.information),
    route(f"{BASE}/SystemOverview/home", GET=company.overview),
    route(f"{BASE}/ManageUsers/home", GET=people.show_all),
    _form("ManageUsers/new", people.new),
    route(f"{BASE}/ManageUsers/{{}}", GET=people.show),
    _form("ManageUsers/{}/edit", people.edit),
    route(f"{BASE}/ManageUsers/{{}}/do/{{}}", POST=people.act),
    route(f"{BASE}/ManageUsers/{{}}/revoke/{{}}", POST=people.revoke),
    _form("PermSets/new", holders.new_set),
    _form("EnhancedProfiles/{}/clone", _for("EnhancedProfiles", holders.clone)),
    *(
        one
        for node in ("EnhancedProfiles", "PermSets")
        for one in (
            route(f"{BASE}/{node}/home", GET=_for(node, holders.show_all)),
            _form(f"{node}/{{}}", _for(node, holders.edit)),
            _form(f"{node}/{{}}/objects", _for(node, access.objects)),
            _form(f"{node}/{{}}/objects/{{}}", _for(node, access.fields)),
        )
    ),
    route(f"{BASE}/ConnectedAppsUsage/home", GET=oauth_usage.show),
    route(f"{BASE}/ConnectedAppsUsage/{{}}/{{}}", POST=oauth_usage.act),
    route(f"{BASE}/NavigationMenus/home", GET=apps.show_all),
    route(f"{BASE}/ManageExternalClientApplication/home", GET=apps.show_all),
    _form("ManageExternalClientApplication/new", apps.new),
    route(f"{BASE}/ManageExternalClientApplication/{{}}", GET=apps.show),
    _form("ManageExternalClientApplication/{}/edit", apps.edit),
    route(f"{BASE}/ManageExternalClientApplication/{{}}/delete", POST=apps.delete),
    _form("ManageExternalClientApplication/{}/policies", app_policies.edit),
    route(f"{BASE}/ManageExternalClientApplication/{{}}/consumer", GET=consumer_details.show),
    route(f"{BASE}/ManageExternalClientApplication/{{}}/consumer/{{}}", POST=consumer_details.act),
    route(f"{BASE}/OrgLoginHistory/home", GET=login_history.show),
    route(f"{BASE}/OrgLoginHistory/LoginHistory.csv", GET=login_history.download),
    *(_form(f"{node}/home", _for(node, switches.settings)) for node in switches.PAGES),
    _form("SimulatorClock/home", clock.move),
    route("/simulator/status", GET=org_status.show, POST=org_status.change),
)
