"""What a Status of Setup > Login History means, by its text and by the code of the same event.

What belongs here: one table. What does not: weighing it against other evidence (``findings``).

Texts and codes:
https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_eventlogfile_login_status.htm
(documented). Salesforce itself shows ``LOGIN_ERROR_RESTRICTED_DOMAIN`` as "Restricted IP"; the My
Domain policy is ``LOGIN_ERROR_ORG_DOMAIN_ONLY``, shown as "Restricted Domain".
"""

from __future__ import annotations

from collections.abc import Mapping

# Normal form of the text (lower case, no punctuation) -> causes, likeliest first.
STATUSES: Mapping[str, tuple[str, ...]] = {
    "none": ("wrong-login-host",),
    "success": ("sign-in-stopped-by-policy",),
    "invalid password": ("wrong-credentials",),
    "invalid login": ("wrong-credentials",),
    "invalid username": ("wrong-credentials", "wrong-login-host"),
    "failed api security token required": ("security-token-required",),
    "username password flow disabled": ("password-flow-blocked", "password-flow-retired"),
    "password lockout": ("user-locked",),
    "user is frozen": ("user-frozen",),
    "user is inactive": ("user-inactive",),
    "restricted ip": ("ip-restricted",),
    "failed ip address not allowed": ("ip-restricted",),
    "restricted domain": ("my-domain-login-only",),
    "restricted time": ("login-hours",),
    "login rate exceeded": ("login-rate-exceeded",),
    "failed oauth api access disabled": ("access-denied-by-app",),
    "failed consumer deleted": ("consumer-key-unknown",),
    "failed signature invalid": ("assertion-invalid",),
    "failed invalid code challenge": ("pkce-required",),
    "failed invalid code verifier": ("code-verifier-wrong",),
    "failed invalid callback url": ("callback-url-mismatch",),
    "package for this consumer is not installed": (
        "app-not-installed", "external-app-not-installed"),
    "organization locked": ("org-locked",),
    "organization suspended": ("org-inactive",),
    "organization is inactive": ("org-inactive",),
    "organization closed": ("org-inactive",),
    "organization is closed": ("org-inactive",),
    "organization is in maintenance": ("org-in-maintenance",),
    "trial expired": ("trial-expired", "org-inactive"),
    "failed api version removed": ("api-version-retired", "soap-login-version"),
    "failed computer activation required": ("identity-check-for-api", "identity-code-asked"),
    "failed computer activation pending": ("identity-check-for-api", "identity-code-asked"),
    "multi factor required": ("mfa-for-api-logins", "mfa-asked"),
    "two factor required": ("mfa-for-api-logins", "mfa-asked"),
    "failed token request is already being processed": ("refresh-already-running",),
    "failed mobile device not allowed": ("client-not-allowed-for-user",),
    "failed client not allowed": ("client-not-allowed-for-user",),
}  # fmt: skip

EVENTS: Mapping[str, tuple[str, ...]] = {
    "LOGIN_ERROR_INVALID_PASSWORD": ("wrong-credentials",),
    "LOGIN_ERROR_INVALID_USERNAME": ("wrong-credentials", "wrong-login-host"),
    "LOGIN_ERROR_MUST_USE_API_TOKEN": ("security-token-required",),
    "LOGIN_ERROR_PASSWORD_LOCKOUT": ("user-locked",),
    "LOGIN_ERROR_USER_FROZEN": ("user-frozen",),
    "LOGIN_ERROR_USER_INACTIVE": ("user-inactive",),
    # People meet it as "restricted domain": both readings are told, the login host first.
    "LOGIN_ERROR_RESTRICTED_DOMAIN": ("my-domain-login-only", "ip-restricted"),
    "LOGIN_ERROR_ORG_DOMAIN_ONLY": ("my-domain-login-only",),
    "LOGIN_ERROR_RESTRICTED_TIME": ("login-hours",),
    "LOGIN_ERROR_LOGINS_EXCEEDED": ("login-rate-exceeded",),
    "LOGIN_ERROR_RATE_EXCEEDED": ("login-rate-exceeded",),
    "LOGIN_ERROR_API_TOO_OLD": ("api-version-retired",),
    "LOGIN_ERROR_CLIENT_NO_ACCESS": ("client-not-allowed-for-user",),
    "LOGIN_ERROR_CLIENT_REQ_UPDATE": ("client-not-allowed-for-user",),
    "LOGIN_ERROR_INSECURE_LOGIN": ("tls-not-agreed",),
    "LOGIN_ERROR_MUTUAL_AUTHENTICATION": ("mutual-tls-required",),
    "LOGIN_ERROR_ORG_LOCKOUT": ("org-locked",),
    "LOGIN_ERROR_ORG_CLOSED": ("org-inactive",),
    "LOGIN_ERROR_ORG_INACTIVE": ("org-inactive",),
    "LOGIN_ERROR_ORG_SUSPENDED": ("org-inactive",),
    "LOGIN_ERROR_ORG_IN_MAINTENANCE": ("org-in-maintenance",),
    "LOGIN_ERROR_SYSTEM_DOWN": ("login-service-down",),
    "LOGIN_ERROR_SSO_PWD_INVALID": ("saml-assertion-refused",),
    "LOGIN_ERROR_SSO_SVC_DOWN": ("saml-assertion-refused",),
    "LOGIN_ERROR_SSO_URL_INVALID": ("saml-assertion-refused",),
    "LOGIN_ERROR_USER_API_ONLY": ("api-only-user-in-browser",),
    "LOGIN_CHALLENGE_ISSUED": ("identity-check-for-api", "identity-code-asked"),
    "LOGIN_CHALLENGE_PENDING": ("identity-check-for-api", "identity-code-asked"),
    "LOGIN_TWOFACTOR_REQ": ("mfa-for-api-logins", "mfa-asked"),
    "LOGIN_OAUTH_API_DISABLED": ("access-denied-by-app",),
    "LOGIN_OAUTH_CONSUMER_DELETED": ("consumer-key-unknown",),
    "LOGIN_OAUTH_NO_CONSUMER": ("consumer-key-unknown",),
    "LOGIN_OAUTH_INVALID_DSIG": ("assertion-invalid",),
    "LOGIN_OAUTH_INVALID_DS": ("grant-revoked",),
    "LOGIN_OAUTH_INVALID_IP": ("ip-restricted",),
    "LOGIN_OAUTH_INVALID_CODE_CHALLENGE": ("pkce-required",),
    "LOGIN_OAUTH_INVALID_CODE_VERIFIER": ("code-verifier-wrong",),
    "LOGIN_OAUTH_INVALID_TOKEN": ("grant-revoked",),
    "LOGIN_OAUTH_NO_TOKEN": ("grant-revoked",),
    "LOGIN_OAUTH_EXCEED_GET_AT_LMT": ("login-rate-exceeded",),
    "LOGIN_OAUTH_NO_CALLBACK_URL": ("callback-url-mismatch",),
    "LOGIN_OAUTH_PACKAGE_MISSING": ("app-not-installed", "external-app-not-installed"),
    "LOGIN_ORG_TRIAL_EXP": ("trial-expired", "org-inactive"),
    "LOGIN_END_SESSION_TXN_SECURITY_POLICY": ("transaction-security",),
}
_NOT_LISTED = ("not listed", "no entry", "no attempt", "nothing", "not there", "empty", "no rows")


def causes_of(status: str) -> tuple[str, ...]:
    """Return the causes a Status (in the normal form of words) stands for; none when not known."""
    if not status:
        return ()
    for event, causes in EVENTS.items():
        if event.lower().replace("_", " ") in status:
            return causes
    if status.startswith(_NOT_LISTED):
        return STATUSES["none"]
    exact = STATUSES.get(status)
    if exact is not None:
        return exact
    for text, causes in STATUSES.items():
        bare = text.removeprefix("failed ")
        if len(bare) > len("success") and (bare in status or status == bare):
            return causes
    return ()
