"""What is right for each row of the reference: our code, and the answers that decide in a group.

What belongs here: two tables. What does not: ``needs`` and ``retryable``, which the row itself
holds.
"""

from collections.abc import Mapping
from typing import Any

CODES: Mapping[str, str] = {
    "tok-pw-bad-credentials": "wrong-credentials",
    "tok-pw-security-token-missing": "security-token-required",
    "tok-pw-flow-blocked": "password-flow-blocked",
    "tok-pw-flow-retired": "password-flow-retired",
    "tok-user-locked": "user-locked",
    "tok-user-frozen": "user-frozen",
    "tok-login-hours": "login-hours",
    "tok-api-only-or-mfa-api": "mfa-for-api-logins",
    "tok-wrong-host-prod-sandbox": "wrong-login-host",
    "refresh-revoked": "grant-revoked",
    "refresh-five-approvals": "too-many-approvals",
    "refresh-rotation-reuse": "rotated-token-reused",
    "refresh-policy-expired": "refresh-token-policy",
    "refresh-concurrent": "refresh-already-running",
    "refresh-inactive-user": "user-inactive",
    "refresh-inactive-org": "org-inactive",
    "tok-ip-restricted": "ip-restricted",
    "tok-invalid-client-secret": "consumer-secret-wrong",
    "tok-invalid-client-id": "consumer-key-unknown",
    "tok-unsupported-grant-type": "grant-type-unsupported",
    "cc-wrong-host": "client-credentials-host",
    "cc-no-run-as": "run-as-user-missing",
    "cc-flow-not-enabled": "client-credentials-disabled",
    "tok-not-admin-approved": "user-not-preauthorized",
    "jwt-not-approved": "user-never-approved",
    "jwt-audience": "assertion-audience",
    "jwt-audience-doc": "assertion-audience",
    "jwt-invalid-assertion": "assertion-invalid",
    "jwt-expired": "assertion-expired",
    "jwt-unknown-user": "assertion-user-unknown",
    "jwt-certificate-expired": "certificate-past-end-date",
    "tok-eca-not-installed": "external-app-not-installed",
    "tok-oauth-plugin-disabled": "external-app-disabled",
    "code-expired": "code-spent",
    "code-verifier-mismatch": "code-verifier-wrong",
    "code-verifier-missing": "code-verifier-missing",
    "code-redirect-mismatch": "callback-url-mismatch",
    "code-authentication-failure": "sign-in-stopped-by-policy",
    "tok-login-rate": "login-rate-exceeded",
    "tok-unknown-error": "salesforce-hiccup",
    "tok-503": "login-service-down",
    "device-pending": "device-code-pending",
    "device-not-enabled": "device-flow-off",
    "auth-user-denied": "consent-denied",
    "auth-redirect-mismatch": "callback-url-mismatch",
    "auth-invalid-client-id": "consumer-key-unknown",
    "auth-pkce-missing": "pkce-required",
    "auth-scope-not-allowed": "scope-not-allowed",
    "auth-app-not-installed": "app-not-installed",
    "auth-app-blocked": "app-blocked",
    "auth-app-access-denied": "user-not-preauthorized",
    "auth-eca-not-found": "external-app-not-installed",
    "auth-eca-generic-host": "external-app-needs-my-domain",
    "auth-unsupported-response-type": "response-type-unsupported",
    "auth-immediate": "silent-sign-in-impossible",
    "login-identity-code": "identity-code-asked",
    "login-mfa": "mfa-asked",
    "login-restricted-domain": "my-domain-login-only",
    "soap-invalid-login": "wrong-credentials",
    "soap-security-token": "security-token-required",
    "soap-login-disabled": "soap-login-disabled",
    "soap-login-version": "soap-login-version",
    "soap-any-api-auth": "any-api-auth-missing",
    "soap-restricted-domain": "ip-restricted",
    "soap-restricted-time": "login-hours",
    "soap-password-lockout": "user-locked",
    "soap-org-locked": "org-locked",
    "soap-trial-expired": "trial-expired",
    "soap-org-in-maintenance": "org-in-maintenance",
    "soap-login-challenge-issued": "identity-check-for-api",
    "soap-client-not-accessible-for-user": "client-not-allowed-for-user",
    "soap-api-user-disabled": "api-disabled-for-user",
    "soap-api-org-disabled": "api-disabled-for-org",
    "soap-version-retired": "api-version-retired",
    "soap-password-expired-flag": "password-expired",
    "soap-jwt-token-used": "jwt-token-refused-by-soap",
    "rest-session-expired": "session-expired",
    "rest-api-scope-missing": "api-scope-missing",
    "rest-ip-enforced": "session-ip-enforced",
    "rest-api-access-control": "api-access-control",
    "rest-high-assurance": "high-assurance-required",
    "rest-api-org-disabled": "api-disabled-for-org",
    "rest-api-user-disabled": "api-disabled-for-user",
    "rest-password-expired": "password-expired",
    "rest-daily-limit": "daily-api-limit",
    "rest-concurrent-limit": "concurrent-request-limit",
    "rest-url-not-reset": "data-call-at-login-host",
    "rest-version-retired": "api-version-retired",
    "rest-version-too-new": "api-version-too-new",
    "rest-identity-403": "identity-token-dead",
    "introspect-inactive": "introspection-inactive",
    "rest-server-busy": "server-busy",
    "edge-420": "edge-not-ready",
    "dns-my-domain": "host-not-found",
    "org-moved": "org-moved",
    "sandbox-refreshed": "sandbox-refreshed",
    "bulk1-session": "bulk1-session",
    "bulk1-version": "api-version-retired",
    "bulk2-session": "bulk2-session",
    "bulk2-daily-limit": "bulk-daily-limit",
    "bulk2-view-all": "bulk-needs-view-all",
}

Answer = tuple[str, Mapping[str, Any]]
"""A question's key in the catalogue, and the facts that answer it."""


def status(text: str) -> Answer:
    """Return the answer to the question for Login History."""
    return "login-history", {"login_history_status": text}


def policies(text: str, scopes: str = "api refresh_token") -> Answer:
    """Return the answer to the question for the app's settings and policies."""
    return "app-policies", {"app_policies": text, "scopes": scopes}


def usage(**facts: Any) -> Answer:
    """Return the answer to the question for the app's use; what is not told is as usual."""
    usual = {
        "usage_entries": 1,
        "refresh_token_policy": "Refresh token is valid until revoked",
        "org_id": "00Dxx0000000001EAA",
        "org_id_before": "00Dxx0000000001EAA",
    }
    return "oauth-usage", usual | facts


# Rows that share stage, status and body with another: the answers, in the order they are asked.
ANSWERS: Mapping[str, tuple[Answer, ...]] = {
    "tok-pw-bad-credentials": (status("Invalid Password"),),
    "tok-pw-security-token-missing": (status("Failed: API security token required"),),
    "tok-pw-flow-blocked": (
        status("Username-Password Flow Disabled"),
        ("password-flow", {"password_flow_setting": "off", "app_kind": "connected-app"}),
    ),
    "tok-pw-flow-retired": (
        status("Username-Password Flow Disabled"),
        ("password-flow", {"password_flow_setting": "absent", "app_kind": "connected-app"}),
    ),
    "tok-user-locked": (status("Password Lockout"),),
    "tok-user-frozen": (status("User is frozen"),),
    "tok-login-hours": (status("Restricted Time"),),
    "tok-api-only-or-mfa-api": (status("Multi-factor required"),),
    "tok-wrong-host-prod-sandbox": (status("none"),),
    "code-authentication-failure": (status("Success"),),
    "refresh-revoked": (usage(usage_entries=0),),
    "refresh-five-approvals": (usage(usage_entries=5),),
    # The connection itself knows which token it sent; the rest is as usual.
    "refresh-rotation-reuse": (usage(rotation=True, token_reused=True),),
    "refresh-policy-expired": (
        usage(refresh_token_policy="Expire refresh token if not used for 30 days", idle_days=41),
    ),
    "sandbox-refreshed": (usage(org_id="00Dxx0000000002EAA", host_kind="sandbox"),),
    "login-identity-code": (
        ("sign-in-page", {"login_history_status": "Failed: Computer activation required"}),
    ),
    "login-mfa": (("sign-in-page", {"login_history_status": "Multi-factor required"}),),
    "login-restricted-domain": (("sign-in-page", {"login_history_status": "Restricted Domain"}),),
    "rest-api-scope-missing": (policies("IP Relaxation: Relax IP restrictions", "id openid web"),),
    "rest-ip-enforced": (policies("IP Relaxation: Enforce IP restrictions"),),
    "rest-api-access-control": (
        policies("IP Relaxation: Relax IP restrictions; API Access Control: on"),
    ),
    "rest-high-assurance": (
        policies("IP Relaxation: Relax IP restrictions; High Assurance session required"),
    ),
    "rest-session-expired": (
        (
            "instance",
            {
                "instance_url": "https://acme.my.salesforce.com",
                "instance_url_before": "https://acme.my.salesforce.com",
            },
        ),
    ),
    "org-moved": (
        (
            "instance",
            {
                "instance_url": "https://acme.my.salesforce.com",
                "instance_url_before": "https://na15.salesforce.com",
            },
        ),
    ),
}
