"""Faults of SOAP calls (how well each wording is known stands with it)."""

from __future__ import annotations

from sallyport_org.errors.kinds import SoapRefusal


def invalid_login() -> SoapRefusal:
    """One text for wrong names, passwords and tokens, and for locked users (observed)."""
    return SoapRefusal(
        "INVALID_LOGIN", "Invalid username, password, security token; or user locked out."
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


def version_retired(version: str) -> SoapRefusal:
    """Versions 30.0 and lower (text observed with older numbers)."""
    return SoapRefusal(
        "UNSUPPORTED_API_VERSION",
        f"The API version that was specified ({version}) is below the minimum supported (31.0). "
        "Change the version number and run the request again.",
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
    """A SOAP call other than login(): said plainly, not imitated."""
    return SoapRefusal(
        "UNKNOWN_EXCEPTION",
        f"The org simulator does not model the SOAP call {operation!r}; only login is modelled.",
        fault="UnexpectedErrorFault",
        prefixed=True,
    )


def unreadable(reason: str) -> SoapRefusal:
    """A body that is no SOAP envelope (assumed)."""
    return SoapRefusal("UNKNOWN_EXCEPTION", reason, fault="UnexpectedErrorFault", prefixed=True)
