"""Setup's pages of switches: each shows and sets some of the org's settings.

What belongs here: which setting stands on which page, under which words. What does not: what a
setting does (``state.Settings``).

Salesforce's own words where they are documented; the last page is the simulator's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sallyport_org.identity.administration import ChangeRefusedError
from sallyport_org.setup.desk import Desk, at_desk
from sallyport_org.setup.fields import Check, Choice, Number, Ranges
from sallyport_org.setup.forms import Sections, form_page
from sallyport_org.setup.menu import home_of
from sallyport_org.state import FIRST_VERSION, NEWEST_VERSION, OLDEST_VERSION, Settings
from sallyport_org.web import Reply


@dataclass(frozen=True, slots=True)
class SwitchPage:
    """A page of switches; the fields are named like the settings."""

    title: str
    sections: Sections
    intro: str = ""


_DAYS = ((30.0, "30 days"), (60.0, "60 days"), (90.0, "90 days"), (180.0, "180 days"))

PAGES: Mapping[str, SwitchPage] = {
    "OauthOidcSettings": SwitchPage(
        "OAuth and OpenID Connect Settings",
        (
            (
                "OAuth Flows",
                (
                    Check("password_flow", "Allow OAuth Username-Password Flows"),
                    Check(
                        "require_pkce",
                        "Require Proof Key for Code Exchange (PKCE) Extension for Supported "
                        "Authorization Flows",
                    ),
                ),
            ),
        ),
    ),
    "UserInterfaceUI": SwitchPage(
        "User Interface",
        (
            (
                "API Login",
                (
                    Check(
                        "soap_login",
                        "Enable SOAP API login()",
                        "In a real org this cannot be switched off again here.",
                    ),
                ),
            ),
        ),
    ),
    "OrgDomain": SwitchPage(
        "My Domain",
        (
            (
                "Routing and Policies",
                (
                    Check(
                        "generic_login",
                        "Prevent login from https://login.salesforce.com",
                        "In a sandbox: https://test.salesforce.com.",
                        inverted=True,
                    ),
                    Check(
                        "generic_soap_login",
                        "Prevent SOAP API login from https://login.salesforce.com",
                        inverted=True,
                    ),
                ),
            ),
        ),
        "Your My Domain URL is the address of every login that no policy restricts.",
    ),
    "ApiAccessControl": SwitchPage(
        "API Access Control",
        (
            (
                "API Access Control Settings",
                (
                    Check(
                        "api_access_control",
                        "For admin-approved users, limit API access to only allowed apps",
                        "Installing an app under Connected Apps OAuth Usage allows it.",
                    ),
                    Check(
                        "uninstalled_apps_restricted",
                        "Restrict uninstalled connected apps to users with Approve Uninstalled "
                        "Connected Apps",
                    ),
                    Check(
                        "any_api_auth_required",
                        "Require the Use Any API Auth permission for SOAP API login()",
                    ),
                ),
            ),
        ),
    ),
    "SecuritySession": SwitchPage(
        "Session Settings",
        (
            (
                "Session Timeout",
                (
                    Number(
                        "session_minutes",
                        "Timeout Value (minutes)",
                        "Salesforce offers 15 minutes to 24 hours; the simulator also less.",
                        least=0.01,
                        most=1440,
                        whole=False,
                    ),
                ),
            ),
        ),
    ),
    "NetworkAccess": SwitchPage(
        "Network Access",
        (("Trusted IP Ranges", (Ranges("trusted_ip_ranges", "Trusted IP Ranges"),)),),
        "Users logging in from these addresses need neither a verification code nor a security "
        "token.",
    ),
    "SecurityPolicies": SwitchPage(
        "Password Policies",
        (
            (
                "Password Policies",
                (
                    Choice(
                        "password_days",
                        "User passwords expire in",
                        (*_DAYS, (365.0, "One year"), (None, "Never expires")),
                    ),
                    Choice(
                        "max_failed_logins",
                        "Maximum invalid login attempts",
                        ((3, "3"), (5, "5"), (10, "10"), (1_000_000_000, "No limit")),
                    ),
                    Choice(
                        "lockout_minutes",
                        "Lockout effective period",
                        (
                            (15.0, "15 minutes"),
                            (30.0, "30 minutes"),
                            (60.0, "60 minutes"),
                            (0.0, "Forever (must be reset by admin)"),
                        ),
                    ),
                ),
            ),
        ),
    ),
    "SimulatorLimits": SwitchPage(
        "Limits and Timing",
        (
            (
                "What Salesforce allows the org",
                (
                    Number("api_limit", "Daily API requests", least=1),
                    Number("concurrent_limit", "Concurrent long API requests", least=1),
                    Number("long_call_seconds", "A request is long after (seconds)", whole=False),
                    Number("logins_per_hour", "Logins an hour and user", least=1),
                    Number("approvals_per_app", "Approvals for each user and app", least=1),
                    Number(
                        "oldest_version",
                        "Oldest API version served",
                        least=FIRST_VERSION,
                        most=NEWEST_VERSION,
                    ),
                    Number(
                        "newest_version",
                        "Newest API version served",
                        least=OLDEST_VERSION,
                        most=NEWEST_VERSION,
                    ),
                    Check(
                        "password_flow_retired", "The username-password flow is retired for good"
                    ),
                ),
            ),
            (
                "How long things take (seconds)",
                (
                    Number("propagation_seconds", "Until a new app is known", whole=False),
                    Number("token_seconds", "A token request", most=600, whole=False),
                    Number("job_seconds", "A bulk job", whole=False),
                    Number("rollup_seconds", "Recalculating a roll-up", whole=False),
                    Number("lock_wait_seconds", "Waiting for a locked row", whole=False),
                    Number(
                        "rows_per_second",
                        "Rows a second a slow query reads",
                        "Empty: no query is slow.",
                        least=1,
                        whole=False,
                        optional=True,
                    ),
                    Number("query_timeout_seconds", "Until QUERY_TIMEOUT", whole=False),
                ),
            ),
        ),
        "No page of Salesforce: what its operators, its age and its load decide.",
    ),
}


@at_desk
def settings(desk: Desk, node: str) -> Reply:
    """Show or save one page of switches."""
    name = next(one for one in PAGES if one.lower() == node.lower())
    page = PAGES[name]
    intro = page.intro
    if name == "OrgDomain":
        intro = f"My Domain URL: {desk.org.my_domain}. {intro}"

    def save(values: dict[str, Any]) -> Reply:
        if values.get("oldest_version", 0) > values.get("newest_version", 0):
            raise ChangeRefusedError(
                "Oldest API version served: it is above the newest; give one that is not"
            )
        for setting, value in values.items():
            setattr(desk.org.settings, setting, value)
        return desk.done(home_of(name), f"{page.title}: your changes were saved.")

    current = asdict(desk.org.settings)
    sections = _with_current(page.sections, desk.org.settings)
    return form_page(desk, name, page.title, sections, current, save, intro=intro)


def _with_current(sections: Sections, settings: Settings) -> Sections:
    """Offer the value that is set also where it is none of those Salesforce offers."""
    return [(heading, [_offering(one, settings) for one in fields]) for heading, fields in sections]


def _offering(field: Any, settings: Settings) -> Any:
    if not isinstance(field, Choice):
        return field
    current = getattr(settings, field.name)
    if any(value == current for value, _ in field.options):
        return field
    return Choice(field.name, field.label, (*field.options, (current, f"{current:g}")), field.hint)
