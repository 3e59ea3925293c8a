"""What a connection may tell about itself: the documented names, and reading what was given.

What belongs here: one table of facts. What does not: what they mean for a cause (``hints``).
Only what a connection, its administrator or one look into Setup can really know is a fact;
docs/diagnosis.md lists them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

FACTS: Mapping[str, str] = {
    "host_kind": "production, sandbox, developer, scratch, login, test, instance, browser, …;"
    " read from the host when absent",
    "app_kind": "connected-app or external-client-app",
    "grant_age_days": "days since the user approved (number)",
    "idle_days": "days since the refresh token was last used (number)",
    "last_success_days": "days since any call last succeeded (number)",
    "rotation": "a refresh has brought another refresh token before (true/false)",
    "last_rotation_days": "days since the refresh token last changed (number)",
    "token_reused": "the refresh token sent was not the newest one known (true/false)",
    "answer_lost": "an earlier refresh was sent and its answer never stored (true/false)",
    "refresh_in_flight": "another refresh with the same token was under way (true/false)",
    "approvals": "how often this user has approved this app, as far as known (number)",
    "usage_entries": "entries of the user for the app in Connected Apps OAuth Usage (number)",
    "usage_action": "the button that row offers: Block, Unblock or Install",
    "refresh_token_policy": "the app's Refresh Token Policy, in its own words",
    "app_policies": "other policies of the app or org, in their own words",
    "scopes": "scopes of the token (list or text)",
    "token_format": "jwt or opaque",
    "pkce_sent": "the authorization carried a code_challenge (true/false)",
    "verifier_sent": "the exchange carried a code_verifier (true/false)",
    "certificate_expired": "the certificate stored with the app is past its end (true/false)",
    "api_version": "API version of the call",
    "offered_versions": "API versions the host lists (list)",
    "edition": "OrganizationType of the org",
    "org_id": "id of the org that answers now",
    "org_id_before": "id of the org the connection was made with",
    "org_created": "when the org was made (date)",
    "sandbox": "the org is a sandbox (true/false)",
    "username": "the Salesforce username",
    "instance_url": "data host a new login names",
    "instance_url_before": "data host the refused call went to",
    "other_calls_work": "other calls with this token work right now (true/false)",
    "refresh_works": "a new token was obtained right after the refusal (true/false)",
    "works_elsewhere": "the same credentials work from another address (true/false)",
    "password_flow_setting": "Allow OAuth Username-Password Flows: on, off or absent",
    "mfa_for_api": "the user holds Multi-Factor Authentication for API Logins (true/false)",
    "login_history_status": "Status of the attempt in Setup > Login History; none if not listed",
    "page_address": "address of the page the browser stopped at",
    "now": "when it happened (date)",
    "probes": "answers of probes by name: yes, no or unknown",
}

_ALIASES = {
    "loginhistory": "login_history_status",
    "loginstatus": "login_history_status",
    "pageurl": "page_address",
    "stuckpage": "page_address",
    "orgidnow": "org_id",
    "organizationid": "org_id",
    "previousorgid": "org_id_before",
    "approvalscount": "approvals",
    "rotationseen": "rotation",
    "scope": "scopes",
    "issandbox": "sandbox",
    "concurrentrefresh": "refresh_in_flight",
    "timenow": "now",
    "status": "login_history_status",
    "loginhistorystatustext": "login_history_status",
    "grantage": "grant_age_days",
    "ageofgrant": "grant_age_days",
    "ageofgrantdays": "grant_age_days",
    "idle": "idle_days",
    "idletimedays": "idle_days",
    "daysidle": "idle_days",
    "daysidlesinceuse": "idle_days",
    "lastsuccess": "last_success_days",
    "rotationenabled": "rotation",
    "refreshtokenrotation": "rotation",
    "rotationon": "rotation",
    "usageentriescount": "usage_entries",
    "approvalcount": "approvals",
    "approvalsforuser": "approvals",
    "orgidbefore": "org_id_before",
    "oldorgid": "org_id_before",
    "neworgid": "org_id",
    "kindofhost": "host_kind",
    "hosttype": "host_kind",
    "appkind": "app_kind",
    "apptype": "app_kind",
    "pkce": "pkce_sent",
    "issuedscopes": "scopes",
    "tokenscopes": "scopes",
    "version": "api_version",
    "concurrency": "refresh_in_flight",
    "concurrent": "refresh_in_flight",
    "anotherrefreshinflight": "refresh_in_flight",
    "orgedition": "edition",
    "organizationtype": "edition",
    "user": "username",
    "othercallsworknow": "other_calls_work",
    "appworkselsewhere": "works_elsewhere",
    "sameappworkselsewhere": "works_elsewhere",
    "lastrotation": "last_rotation_days",
}
_BY_BARE_NAME = {name.replace("_", ""): name for name in FACTS} | _ALIASES


def fact_name(given: str) -> str | None:
    """Return the documented name of a fact however it is cased or joined; None for another."""
    return _BY_BARE_NAME.get(re.sub(r"[^a-z]", "", given.lower()))


def truth(value: Any) -> bool | None:
    """Return yes or no in any usual spelling; None for what is neither."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in {"true", "yes", "on", "1", "enabled"}:
        return True
    return False if word in {"false", "no", "off", "0", "disabled"} else None


def number(value: Any) -> float | None:
    """Return a number, also one with a unit behind it (``"31 days"``)."""
    if isinstance(value, bool):
        return None
    found = re.match(r"\s*(-?\d+(?:\.\d+)?)", str(value))
    return float(found[1]) if found else None
