"""Faults of SOAP calls (how well each wording is known stands with it)."""

from __future__ import annotations

from sallyport_org.errors.kinds import SoapRefusal


def invalid_login() -> SoapRefusal:
    """One text for wrong names, passwords and tokens, and for locked users (observed)."""
    return SoapRefusal(
        "INVALID_LOGIN", "Invalid username, password, security token; or user locked out."
    )


def security_token_needed() -> SoapRefusal:
    """The password is right, the address is not trusted, and no token came (observed)."""
    return SoapRefusal(
        "LOGIN_MUST_USE_SECURITY_TOKEN",
        "Invalid username, password, security token; or user locked out. Are you at a new "
        "location? When accessing Salesforce--either via a desktop client or the API--from outside "
        "of your company’s trusted networks, you must add a security token to your password to log "  # noqa: RUF001 - as Salesforce writes it
        "in. To get your new security token, log in to Salesforce. From your personal settings, "
        "enter Reset My Security Token in the Quick Find box, then select Reset My Security Token.",
    )


def restricted_domain() -> SoapRefusal:
    """Outside the profile's addresses, or at a host My Domain policies closed (observed)."""
    return SoapRefusal("LOGIN_DURING_RESTRICTED_DOMAIN", "cannot log in from current domain")


def restricted_time() -> SoapRefusal:
    """Outside the profile's login hours (observed)."""
    return SoapRefusal("LOGIN_DURING_RESTRICTED_TIME", "cannot log in during restricted time")


def password_lockout() -> SoapRefusal:
    """The right password of a locked user (code documented, text and use assumed)."""
    return SoapRefusal("PASSWORD_LOCKOUT", "user is locked out after too many failed attempts")


def org_locked() -> SoapRefusal:
    """Salesforce locked or suspended the org (code documented, text assumed)."""
    return SoapRefusal("ORG_LOCKED", "organization is locked")


def trial_expired() -> SoapRefusal:
    """The org's trial is over (code documented, text assumed)."""
    return SoapRefusal("TRIAL_EXPIRED", "the trial of this organization has expired")


def org_in_maintenance() -> SoapRefusal:
    """The org or its instance is in maintenance (code documented, text assumed)."""
    return SoapRefusal("ORG_IN_MAINTENANCE", "organization is in maintenance")


def challenge_issued() -> SoapRefusal:
    """An identity code was mailed, as from a new place (code documented, text assumed)."""
    return SoapRefusal(
        "LOGIN_CHALLENGE_ISSUED", "an identity verification code has been sent to the user"
    )


def client_not_accessible() -> SoapRefusal:
    """This client is not open to the user (code documented, text assumed)."""
    return SoapRefusal("CLIENT_NOT_ACCESSIBLE_FOR_USER", "client not accessible for user")


def any_api_auth_missing() -> SoapRefusal:
    """The user lacks *Use Any API Auth* (code documented, text assumed)."""
    return SoapRefusal(
        "INSUFFICIENT_ACCESS",
        "the user needs the permission Use Any API Auth to call login()",
        fault="UnexpectedErrorFault",
    )


def api_off_for_user() -> SoapRefusal:
    """The user lacks *API Enabled* (inferred)."""
    return SoapRefusal(
        "API_CURRENTLY_DISABLED", "API is disabled for this User", fault="UnexpectedErrorFault"
    )


def api_off_for_org() -> SoapRefusal:
    """The edition comes without API (inferred)."""
    return SoapRefusal(
        "API_DISABLED_FOR_ORG",
        "API is not enabled for this Organization or Partner",
        fault="UnexpectedErrorFault",
    )


def illegal_session() -> SoapRefusal:
    """A dead session, or an access token in JWT format (observed)."""
    return SoapRefusal(
        "INVALID_SESSION_ID",
        "Invalid Session ID found in SessionHeader: Illegal Session",
        fault="UnexpectedErrorFault",
        prefixed=True,
    )


def refused_as_in_rest(code: str, message: str) -> SoapRefusal:
    """A session no call may be made with, in REST's code and words (assumed)."""
    return SoapRefusal(code, message, fault="UnexpectedErrorFault", prefixed=True)


def may_not_set_password() -> SoapRefusal:
    """Only administrators set other people's passwords (assumed text)."""
    return SoapRefusal(
        "INSUFFICIENT_ACCESS",
        "insufficient access rights on cross-reference id",
        fault="UnexpectedErrorFault",
        prefixed=True,
    )


def bad_password(reason: str) -> SoapRefusal:
    """A new password the policy does not take (code documented, text the simulator's)."""
    return SoapRefusal(
        "INVALID_NEW_PASSWORD", reason, fault="InvalidNewPasswordFault", prefixed=True
    )


def login_off() -> SoapRefusal:
    """The org does not allow SOAP login() (code and text observed, envelope inferred)."""
    return SoapRefusal(
        "INVALID_OPERATION",
        "SOAP API login() is disabled by default in this org. Contact the org administrator to "
        "enable SOAP API login().",
        fault="UnexpectedErrorFault",
    )


def login_version(version: str) -> SoapRefusal:
    """login() does not exist from API 65.0 on (code and text observed)."""
    return SoapRefusal(
        "INVALID_OPERATION",
        f"The SOAP Login operation is not available in the API version specified ({version}). "
        "Refer to the documentation for supported versions.",
        fault="UnexpectedErrorFault",
    )


def version_retired(version: str, oldest: str) -> SoapRefusal:
    """Versions 30.0 and lower (text observed with older numbers)."""
    return SoapRefusal(
        "UNSUPPORTED_API_VERSION",
        f"The API version that was specified ({version}) is below the minimum supported "
        f"({oldest}). Change the version number and run the request again.",
        fault="UnexpectedErrorFault",
        prefixed=True,
    )


def version_unknown(version: str) -> SoapRefusal:
    """Versions that never existed (assumed)."""
    return SoapRefusal(
        "UNSUPPORTED_API_VERSION",
        f"Invalid Api version specified on URL: {version}",
        fault="UnexpectedErrorFault",
        prefixed=True,
    )


def not_modelled(operation: str) -> SoapRefusal:
    """A SOAP call nobody answers here: said plainly, not imitated."""
    return SoapRefusal(
        "UNKNOWN_EXCEPTION",
        f"The org simulator does not model the SOAP call {operation!r}.",
        fault="UnexpectedErrorFault",
        prefixed=True,
        status=501,
    )


def unreadable(reason: str) -> SoapRefusal:
    """A body that is no SOAP envelope (assumed)."""
    return SoapRefusal("UNKNOWN_EXCEPTION", reason, fault="UnexpectedErrorFault", prefixed=True)
