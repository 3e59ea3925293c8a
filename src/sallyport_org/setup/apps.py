"""App Manager: the list of apps, and making an external client app by the documented steps.

What belongs here: the list, and the form of an app's Settings. What does not: policies and consumer
details (``app_policies``, ``consumer_details``) and what making an app means
(``identity.app_administration``).

Documented: https://help.salesforce.com/s/articleView?id=xcloud.create_a_local_external_client_app.htm
and https://help.salesforce.com/s/articleView?id=xcloud.configure_external_client_app_oauth_settings.htm
"""

from __future__ import annotations

from typing import Any

from sallyport_org.identity import App, app_administration
from sallyport_org.identity.administration import ChangeRefusedError
from sallyport_org.identity.model import Flow
from sallyport_org.pages import scopes
from sallyport_org.setup.desk import Desk, at_desk, not_here
from sallyport_org.setup.fields import Check, Checks, Choice, Lines, Text
from sallyport_org.setup.forms import Sections, form_page
from sallyport_org.setup.menu import home_of
from sallyport_org.setup.people import checked_email
from sallyport_org.web import Reply

NODE = "ManageExternalClientApplication"

FLOWS: tuple[tuple[Flow, str], ...] = (
    ("client_credentials", "Enable Client Credentials Flow"),
    ("device", "Enable Device Flow"),
    ("jwt_bearer", "Enable JWT Bearer Flow"),
)
"""The web server flow has no box: an app with a callback URL has it (documented)."""

SECURITY = (
    Check("require_secret", "Require secret for Web Server Flow"),
    Check("require_secret_for_refresh", "Require secret for Refresh Token Flow"),
    Check(
        "require_pkce",
        "Require Proof Key for Code Exchange (PKCE) extension for Supported Authorization Flows",
    ),
    Check("rotate_refresh_tokens", "Enable Refresh Token Rotation"),
    Check("jwt_access_tokens", "Issue JSON Web Token (JWT)-based access tokens for named users"),
    Check("introspect_all_tokens", "Introspect All Tokens"),
)

SECTIONS: Sections = (
    (
        "Basic Information",
        (
            Text("name", "External Client App Name", required=True),
            Text("contact_email", "Contact Email", required=True, check=checked_email),
            Choice(
                "distribution",
                "Distribution State",
                (("local", "Local"), ("packaged", "Packaged")),
                "Local: for this org only. Packaged: for other orgs, which must install it.",
            ),
            Text("description", "Description"),
        ),
    ),
    (
        "API (Enable OAuth Settings)",
        (
            Check("enable_oauth", "Enable OAuth"),
            Lines(
                "callback_urls",
                "Callback URL",
                "One a line; HTTPS, http://localhost, or a scheme of the app's own.",
                check=app_administration.checked_callback,
            ),
            Checks("scopes", "OAuth Scopes", scopes.offered()),
        ),
    ),
    (
        "Flow Enablement",
        (
            Checks("flows", "Flows", FLOWS),
            Lines(
                "certificate",
                "Certificate",
                "For JWT bearer: an X.509 certificate or RSA public key in PEM, up to 4 KB.",
            ),
        ),
    ),
    ("Security", SECURITY),
)

_NEW: dict[str, Any] = {
    "name": "",
    "contact_email": "",
    "distribution": "local",
    "description": "",
    "enable_oauth": False,
    "callback_urls": [],
    "scopes": [],
    "flows": [],
    "certificate": [],
    "require_secret": True,
    "require_secret_for_refresh": True,
    "require_pkce": True,
    "rotate_refresh_tokens": False,
    "jwt_access_tokens": False,
    "introspect_all_tokens": False,
}
"""What the form of a new app begins with."""


@at_desk
def show_all(desk: Desk) -> Reply:
    """The apps at home in this org."""
    mine = [one for one in desk.org.directory.apps.values() if one.home == desk.org.id]
    rows = [(app, desk.org.directory.policy(app)) for app in sorted(mine, key=lambda one: one.name)]
    is_manager = desk.visit.call.path.lower().endswith(f"{NODE.lower()}/home")
    return desk.page(
        "apps.html",
        NODE if is_manager else "NavigationMenus",
        "External Client App Manager" if is_manager else "Lightning Experience App Manager",
        rows=rows,
    )


@at_desk
def new(desk: Desk) -> Reply:
    """*New External Client App*."""

    def save(values: dict[str, Any]) -> Reply:
        _check(values)
        app = app_administration.create_app(
            desk.org, values["name"], packaged=values["distribution"] == "packaged", scopes=()
        )
        _apply(desk, app, values)
        return desk.done(home_of(NODE, app.client_id), f"{app.name} was created.")

    return form_page(
        desk,
        NODE,
        "New External Client App",
        SECTIONS,
        {**_NEW, "contact_email": desk.user.email},
        save,
        submit="Create",
        cancel=home_of(NODE),
    )


@at_desk
def show(desk: Desk, client_id: str) -> Reply:
    """The Settings tab of an app."""
    app = desk.org.directory.app(client_id)
    if app is None or app.home != desk.org.id:
        return not_here(desk, NODE, "This app")
    labels = dict(scopes.offered())
    return desk.page(
        "app.html",
        NODE,
        app.name,
        app=app,
        policy=desk.org.directory.policy(app),
        scopes=[labels[one] for one in labels if one in set(map(scopes.canonical, app.scopes))],
        flows=[words for flow, words in FLOWS if flow in app.flows],
        security=[one.label for one in SECURITY if getattr(app, one.name)],
    )


@at_desk
def edit(desk: Desk, client_id: str) -> Reply:
    """Edit an app's settings."""
    app = desk.org.directory.app(client_id)
    if app is None or app.home != desk.org.id:
        return not_here(desk, NODE, "This app")

    def save(values: dict[str, Any]) -> Reply:
        _check(values)
        _apply(desk, app, values)
        return desk.done(home_of(NODE, app.client_id), f"{app.name} was saved.")

    current = {name: getattr(app, name) for name in _NEW if name != "enable_oauth"}
    current["enable_oauth"] = desk.org.directory.policy(app).oauth_enabled
    current["certificate"] = (app.certificate or "").splitlines()
    current["scopes"] = {scopes.canonical(one) for one in app.scopes}
    return form_page(
        desk,
        NODE,
        f"Edit {app.name}",
        SECTIONS,
        current,
        save,
        cancel=home_of(NODE, app.client_id),
    )


def _check(values: dict[str, Any]) -> None:
    """Refuse what fits no app; raises ChangeRefusedError before anything is changed."""
    if values["enable_oauth"] and not values["scopes"]:
        raise ChangeRefusedError("OAuth Scopes: none was chosen; choose at least one")
    if values["enable_oauth"] and not values["callback_urls"]:
        raise ChangeRefusedError("Callback URL: nothing was entered; give at least one address")
    if "jwt_bearer" in values["flows"] and not values["certificate"]:
        raise ChangeRefusedError(
            "Certificate: nothing was entered; the JWT bearer flow needs one, pasted as PEM text"
        )
    pem = "\n".join(values["certificate"])
    values["certificate"] = app_administration.checked_certificate(pem) if pem else None


def _apply(desk: Desk, app: App, values: dict[str, Any]) -> None:
    desk.org.directory.policy(app).oauth_enabled = values.pop("enable_oauth")
    without_a_box = app.flows - {flow for flow, _ in FLOWS}
    for name, value in values.items():
        setattr(app, name, value)
    # the boxes know three flows; the code flow comes with the callback URL
    app.flows = (
        set(values["flows"]) | without_a_box | ({"web_server"} if app.callback_urls else set())
    )


@at_desk
def delete(desk: Desk, client_id: str) -> Reply:
    """Delete an app: its tokens are revoked, its key is unknown from now on."""
    app = desk.org.directory.app(client_id)
    if app is None or app.home != desk.org.id:
        return not_here(desk, NODE, "This app")
    app_administration.delete_app(desk.visit.cloud.orgs, app)
    return desk.done(home_of(NODE), f"{app.name} was deleted.")
