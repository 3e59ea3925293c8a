"""The Policies tab of an app: what an administrator of this org decided about it.

What belongs here: the form. What does not: what a policy does (``identity.app_rules``, ``judge``).

Documented: https://help.salesforce.com/s/articleView?id=xcloud.manage_external_client_app_policies.htm
"""

from __future__ import annotations

from typing import Any

from sallyport_org.identity.administration import ChangeRefusedError
from sallyport_org.setup.apps import NODE
from sallyport_org.setup.desk import Desk, at_desk, not_here
from sallyport_org.setup.fields import Check, Checks, Choice, Number, Ranges, Text
from sallyport_org.setup.forms import Sections, form_page
from sallyport_org.setup.menu import home_of
from sallyport_org.web import Reply

PERMITTED = (
    ("all", "All users may self-authorize"),
    ("admin_approved", "Admin approved users are pre-authorized"),
)
IP_RELAXATION = (
    ("enforce", "Enforce IP restrictions"),
    ("enforce_relax_refresh", "Enforce IP restrictions, but relax for refresh tokens"),
    ("relax_activated", "Relax IP restrictions for activated devices"),
    ("relax", "Relax IP restrictions"),
)
REFRESH = (
    ("until_revoked", "Refresh token is valid until revoked"),
    ("immediately", "Immediately expire refresh token"),
    ("unused", "Expire refresh token if not used for the hours below"),
    ("after", "Expire refresh token after the hours below"),
)


def _sections(desk: Desk) -> Sections:
    directory = desk.org.directory
    profiles = [(one.id, one.label) for one in directory.profiles.values()]
    sets = [(one.id, one.label) for one in directory.permission_sets.values()]
    return (
        (
            "App Authorization",
            (
                Check("enabled", "Enable this external client app"),
                Check("oauth_enabled", "Enable the OAuth plugin"),
                Choice("permitted_users", "Permitted Users", PERMITTED),
                Checks("profiles", "Selected Profiles", profiles),
                Checks("permission_sets", "Selected Permission Sets", sets),
            ),
        ),
        (
            "OAuth Flows",
            (
                Text(
                    "run_as",
                    "Run As (Username)",
                    "Whom the client credentials flow logs in; empty for nobody.",
                ),
            ),
        ),
        (
            "App Session",
            (
                Choice("ip_relaxation", "IP Relaxation", IP_RELAXATION),
                Choice("refresh_policy", "Refresh Token Policy", REFRESH),
                Number("refresh_hours", "Refresh Token Validity (hours)", whole=False),
                Ranges("refresh_ip_ranges", "Refresh Token IP Allowlist"),
                Number(
                    "session_minutes",
                    "Session Timeout (minutes)",
                    "Empty: as the org's Session Settings say.",
                    least=0.01,
                    most=1440,
                    whole=False,
                    optional=True,
                ),
                Check("high_assurance", "High assurance session required"),
            ),
        ),
    )


@at_desk
def edit(desk: Desk, client_id: str) -> Reply:
    """Show or save an app's policies in this org."""
    directory, app = desk.org.directory, desk.org.directory.app(client_id)
    if app is None:
        return not_here(desk, NODE, "This app")
    policy = directory.policy(app)
    sections = _sections(desk)
    names = [field.name for _, fields in sections for field in fields]

    def save(values: dict[str, Any]) -> Reply:
        run_as = values["run_as"]
        if run_as and directory.user(run_as) is None:
            raise ChangeRefusedError(
                f"Run As: {run_as!r} is the username of nobody in this org; give a username, "
                "not an e-mail address or a name"
            )
        values["run_as"] = run_as or None
        values["refresh_ip_ranges"] = list(values["refresh_ip_ranges"])
        for name, value in values.items():
            setattr(policy, name, value)
        directory.changed()
        return desk.done(home_of(NODE, app.client_id, "policies"), "The policies were saved.")

    return form_page(
        desk,
        NODE,
        f"{app.name}: Policies",
        sections,
        {name: getattr(policy, name) for name in names},
        save,
        cancel=home_of(NODE, app.client_id),
        links=[(home_of(NODE, app.client_id), "Settings")],
    )
