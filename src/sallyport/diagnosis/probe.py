"""What a living session can be asked about itself, its user and its org: a call a probe.

What belongs here: asking, and keeping what was answered or why nothing was. What does not: what it
means for a connection (``preflight``), logging in (``auth``). A probe that is refused answers
"unknown", never "no": the permission to look may be what is missing.

Objects: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/
(Organization, LoginHistory, UserPermissionAccess, OauthToken: documented); permissions are matched
by their label, because the names of fields vary by version and an unknown one fails the query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sallyport.diagnosis.redaction import redact
from sallyport.errors import SallyportError
from sallyport.salesforce.describe import describe_object
from sallyport.salesforce.rest_query import query_rows
from sallyport.salesforce.session import OrgClient

PERMISSIONS = (
    "API Enabled",
    "View All Data",
    "Password Never Expires",
    "Convert Leads",
    "View and Edit Converted Leads",
    "Edit Tasks",
    "Edit Events",
    "Update Records with Inactive Owners",
    "Approve Uninstalled Connected Apps",
    "Multi-Factor Authentication for API Logins",
)
"""Labels of the permissions the set-up guide names, as Setup shows them in English."""


@dataclass(frozen=True)
class Answer:
    """What one probe learnt. ``values`` is empty when it was refused; ``said`` is for people."""

    name: str
    said: str
    known: bool
    values: Mapping[str, Any] = field(default_factory=dict)

    def as_document(self) -> dict[str, Any]:
        """Return the answer in terms of JSON."""
        return {
            "name": self.name,
            "said": self.said,
            "known": self.known,
            "values": dict(self.values),
        }


def ask_all(org: OrgClient) -> list[Answer]:
    """Ask everything; at most eight calls. Never raises: what is refused is unknown."""
    return [_asked(name, ask, org) for name, ask in PROBES.items()]


def _asked(name: str, ask: Callable[[OrgClient], Answer], org: OrgClient) -> Answer:
    try:
        return ask(org)
    except SallyportError as error:
        return Answer(name, f"unknown: {redact(error.message)}", known=False)
    except (KeyError, TypeError, ValueError) as error:  # an answer of another shape
        return Answer(name, f"unknown: the answer is of another shape ({error})", known=False)


def _versions(org: OrgClient) -> Answer:
    listed = [str(entry["version"]) for entry in org.get("/services/data").json()]
    said = f"the org offers {listed[0]} to {listed[-1]}; the connection uses {org.api_version}"
    values = {"offered_versions": listed, "offered": org.api_version in listed}
    return Answer("versions", said, known=True, values=values)


def _identity(org: OrgClient) -> Answer:
    told = org.get("/services/oauth2/userinfo").json()
    username = str(told.get("preferred_username") or told["user_id"])
    values = {"username": username, "org_id": told.get("organization_id")}
    return Answer("identity", f"signed in as {username}", known=True, values=values)


def _organization(org: OrgClient) -> Answer:
    row = _first(
        org,
        "SELECT Id, Name, OrganizationType, IsSandbox, InstanceName FROM Organization LIMIT 1",
    )
    edition, kind = row["OrganizationType"], "sandbox" if row["IsSandbox"] else "production"
    values = {"org_id": row["Id"], "edition": edition, "sandbox": row["IsSandbox"]}
    said = f"{row['Name']}, {edition}, {kind}, instance {row['InstanceName']}"
    return Answer("organization", said, known=True, values=values)


def _login_history(org: OrgClient) -> Answer:
    soql = "SELECT Status, LoginType, SourceIp, LoginTime FROM LoginHistory"
    rows = list(query_rows(org, f"{soql} ORDER BY LoginTime DESC LIMIT 5", limit=5))
    statuses = [str(row["Status"]) for row in rows]
    failed = next((status for status in statuses if status != "Success"), None)
    said = f"the last {len(rows)} logins: {', '.join(statuses)}" if rows else "no login is listed"
    values = {"statuses": statuses, "failed": failed}
    return Answer("login_history", said, known=True, values=values)


def _permissions(org: OrgClient) -> Answer:
    fields = {each.label: each.name for each in describe_object(org, "UserPermissionAccess").fields}
    asked = [label for label in PERMISSIONS if label in fields]
    names = ", ".join(fields[label] for label in asked)
    row = _first(org, f"SELECT {names} FROM UserPermissionAccess LIMIT 1")  # noqa: S608 - from describe
    held = {label: bool(row[fields[label]]) for label in asked}
    said = f"held: {_listed(held, True)}; not held: {_listed(held, False)}"
    return Answer("permissions", said, known=True, values=held)


def _approvals(org: OrgClient) -> Answer:
    rows = list(
        query_rows(org, "SELECT AppName, AppMenuItemId, UseCount FROM OauthToken LIMIT 200")
    )
    loose = sorted({str(row["AppName"]) for row in rows if row["AppMenuItemId"] is None})
    said = f"{len(rows)} approvals of this user"
    said += f"; of apps that are not installed: {', '.join(loose)}" if loose else ""
    return Answer("approvals", said, known=True, values={"count": len(rows), "uninstalled": loose})


def _limits(org: OrgClient) -> Answer:
    daily = org.get("limits").json()["DailyApiRequests"]
    most, left = int(daily["Max"]), int(daily["Remaining"])
    said = f"{left:,} of {most:,} API calls of the last 24 hours are left"
    return Answer("limits", said, known=True, values={"max": most, "remaining": left})


PROBES: Mapping[str, Callable[[OrgClient], Answer]] = {
    "versions": _versions,
    "identity": _identity,
    "organization": _organization,
    "login_history": _login_history,
    "permissions": _permissions,
    "approvals": _approvals,
    "limits": _limits,
}


def _first(org: OrgClient, soql: str) -> dict[str, Any]:
    row = next(iter(query_rows(org, soql, limit=1)), None)
    if row is None:
        raise ValueError("no row")
    return row


def _listed(held: Mapping[str, bool], wanted: bool) -> str:
    names: Iterable[str] = (label for label, has in held.items() if has is wanted)
    return ", ".join(names) or "none"
