"""Apps: connected apps and external client apps, what one org decided about each, and approvals.

What belongs here: paths about them. What does not: consequences
(:mod:`sallyport_org.identity.app_administration`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sallyport_org import inputs
from sallyport_org.admin.access import NotThereError, body, done
from sallyport_org.admin.people import find_user
from sallyport_org.admin.permissions import find_holder
from sallyport_org.identity import App, AppPolicy, app_administration, approvals
from sallyport_org.identity.addresses import checked_range
from sallyport_org.inputs import BadInput
from sallyport_org.state import Org
from sallyport_org.web import Reply, Visit, json_reply

_MAKING = ("name", "kind", "packaged", "contact_email", "callback_urls", "scopes", "flows")
_CHANGING = tuple(
    name
    for name in inputs.field_types(App)
    if name not in ("client_id", "home", "kind", "made_at", "staged_id", "staged_secret")
)
_POLICY = tuple(name for name in inputs.field_types(AppPolicy) if name != "client_id")


def _for_org(act: Callable[[Org, App], object]) -> Callable[[Visit, Org, App], object]:
    return lambda visit, org, app: act(org, app)


ACTIONS: dict[str, Callable[[Visit, Org, App], object]] = {
    "install": _for_org(app_administration.install),
    "uninstall": _for_org(app_administration.uninstall),
    "block": _for_org(app_administration.block),
    "unblock": _for_org(app_administration.unblock),
    "revoke-tokens": lambda visit, org, app: app_administration.revoke_tokens(org.directory, app),
    "stage-consumer-details": lambda visit, org, app: app_administration.stage_consumer_details(
        app
    ),
    "apply-consumer-details": lambda visit, org, app: app_administration.apply_consumer_details(
        visit.cloud.orgs, app
    ),
}
"""What can be done to an app; what an action returns is answered."""


def show_app(org: Org, app: App) -> dict[str, Any]:
    """Return an app and an org's policy for it as JSON has them, the secret included."""
    return {**inputs.plain(app), "policy": inputs.plain(org.directory.policy(app))}


def list_apps(visit: Visit, org: Org) -> Reply:
    """Answer with every app the org may meet."""
    return json_reply({"apps": [show_app(org, one) for one in list(org.apps.values())]})


def read_app(visit: Visit, org: Org, name: str) -> Reply:
    """Answer with one app."""
    return json_reply(show_app(org, find_app(org, name)))


def make_app(visit: Visit, org: Org) -> Reply:
    """Make an app, its keys generated; further attributes can be changed afterwards."""
    given = body(visit.call)
    inputs.known(given, _MAKING, "a new app")
    read = inputs.attributes(
        {key: value for key, value in given.items() if key != "packaged"}, App, _MAKING, "a new app"
    )
    packaged = inputs.boolean(given.get("packaged", False), "packaged")
    name = inputs.text(read.pop("name", None), "name")
    app = app_administration.create_app(org, name, packaged=packaged, **read)
    return json_reply(show_app(org, app), 201)


def change_app(visit: Visit, org: Org, name: str) -> Reply:
    """Change an app's settings, as its developer does."""
    app = find_app(org, name)
    read = inputs.attributes(body(visit.call), App, _CHANGING, "an app")
    if "callback_urls" in read:
        read["callback_urls"] = [
            app_administration.checked_callback(one) for one in read["callback_urls"]
        ]
    if "scopes" in read:
        read["scopes"] = app_administration.checked_scopes(read["scopes"])
    if read.get("certificate") is not None:
        read["certificate"] = app_administration.checked_certificate(read["certificate"])
    for field, value in read.items():
        setattr(app, field, value)
    return json_reply(show_app(org, app))


def delete_app(visit: Visit, org: Org, name: str) -> Reply:
    """Delete an app for good, in every org."""
    app = find_app(org, name)
    app_administration.delete_app(visit.cloud.orgs, app)
    return done(deleted=app.client_id)


def act_on_app(visit: Visit, org: Org, name: str, action: str) -> Reply:
    """Act on an app, in this org (see the list of actions)."""
    app = find_app(org, name)
    act = ACTIONS.get(action)
    if act is None:
        raise NotThereError(f"no action is called {action!r}; there are {', '.join(ACTIONS)}")
    result = act(visit, org, app)
    return done(result=result, app=show_app(org, app))


def change_policy(visit: Visit, org: Org, name: str) -> Reply:
    """Change what the org's administrator decided about an app."""
    app = find_app(org, name)
    policy = org.directory.policy(app)
    read = inputs.attributes(body(visit.call), AppPolicy, _POLICY, "a policy")
    _check_policy(org, read)
    for field, value in read.items():
        setattr(policy, field, value)
    return json_reply(inputs.plain(policy))


def find_app(org: Org, name: str) -> App:
    """Return an app by consumer key or name; of that name one of the org's own comes first."""
    named = [one for one in list(org.apps.values()) if name in (one.client_id, one.name)]
    if named:
        return min(named, key=lambda one: one.home != org.id)
    known = ", ".join(one.name for one in org.apps.values())
    raise NotThereError(f"no app is called {name!r}; there are {known}")


# -- approvals


def list_approvals(visit: Visit, org: Org) -> Reply:
    """Answer with the grants of users to apps, ended ones too; ``user`` and ``app`` narrow it."""
    user_id, client_id = _about(visit, org)
    kept = [
        inputs.plain(one)
        for one in list(org.directory.approvals.values())
        if user_id in (None, one.user_id) and client_id in (None, one.client_id)
    ]
    return json_reply({"approvals": kept})


def make_approval(visit: Visit, org: Org) -> Reply:
    """Let a user approve an app without a browser: ``user``, ``app`` and, if given, ``scopes``."""
    given = body(visit.call)
    inputs.known(given, ("user", "app", "scopes"), "an approval")
    user = find_user(org, inputs.text(given.get("user"), "user"))
    app = find_app(org, inputs.text(given.get("app"), "app"))
    asked = inputs.convert(given.get("scopes", sorted(app.scopes)), list[str], "scopes")
    made = approvals.approve(org, user, app, app_administration.checked_scopes(asked))
    return json_reply(inputs.plain(made), 201)


def end_approvals(visit: Visit, org: Org) -> Reply:
    """Revoke the grants that ``user`` and ``app`` name; all of them if neither is given."""
    user_id, client_id = _about(visit, org)
    ended = approvals.end_all(
        org.directory,
        lambda one: user_id in (None, one.user_id) and client_id in (None, one.client_id),
        "revoked",
    )
    return done(ended=ended)


def _about(visit: Visit, org: Org) -> tuple[str | None, str | None]:
    asked = visit.call.query
    user = find_user(org, asked["user"]).id if "user" in asked else None
    return user, find_app(org, asked["app"]).client_id if "app" in asked else None


def _check_policy(org: Org, read: dict[str, Any]) -> None:
    directory = org.directory
    if read.get("run_as") is not None and directory.user(read["run_as"]) is None:
        raise BadInput("run_as", read["run_as"], "give the username of one of the org's users")
    for field, among in (
        ("profiles", directory.profiles),
        ("permission_sets", directory.permission_sets),
    ):
        try:
            read_ids = {find_holder(among.values(), one, field).id for one in read.get(field, ())}
        except NotThereError as missing:
            raise BadInput(field, sorted(read[field]), str(missing)) from missing
        if field in read:
            read[field] = read_ids
    for first, last in read.get("refresh_ip_ranges", ()):
        try:
            checked_range(first, last)
        except ValueError as wrong:
            raise BadInput("refresh_ip_ranges", [first, last], str(wrong)) from wrong
    for field in ("refresh_hours", "session_minutes"):
        if read.get(field) is not None:
            inputs.number(read[field], field, 0)
