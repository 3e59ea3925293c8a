"""Refusals any call of the data API may meet (codes documented, texts observed unless said)."""

from __future__ import annotations

from collections.abc import Iterable

from sallyport_org.errors.kinds import Refusal


def session_invalid() -> Refusal:
    """The token is unknown, expired or revoked."""
    return Refusal(
        401,
        "INVALID_SESSION_ID",
        "Session expired or invalid",
        {"WWW-Authenticate": "Token"},
    )


def session_not_for_rest() -> Refusal:
    """The session lives, and a policy keeps it from the API.

    One text for five causes: scope, IP enforcement, API Access Control, session level, app.
    """
    return Refusal(401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API")


def api_off_for_org() -> Refusal:
    """The edition comes without API."""
    return Refusal(
        403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization."
    )


def api_off_for_user() -> Refusal:
    """The user lacks *API Enabled*."""
    return Refusal(403, "API_CURRENTLY_DISABLED", "API is disabled for this User")


def password_expired() -> Refusal:
    """The user must set a new password first (status from client code)."""
    return Refusal(
        401,
        "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
        "The users password has expired, you must call SetPassword before attempting any other "
        "API operations",
    )


def server_busy() -> Refusal:
    """The instance is overloaded or in maintenance (status inferred)."""
    return Refusal(503, "SERVER_UNAVAILABLE", "Server too busy")


def bad_auth_header() -> Refusal:
    """An Authorization header of another kind than Bearer or OAuth (assumed)."""
    return Refusal(401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")


def url_not_reset() -> Refusal:
    """A data call at login or test in place of the address that came with the token (observed)."""
    return Refusal(
        400,
        "URL_NOT_RESET",
        "Destination URL not reset. The URL returned from login must be set",
        code_first=True,
    )


def not_found() -> Refusal:
    """No such path, version or record kind."""
    return Refusal(404, "NOT_FOUND", "The requested resource does not exist")


def version_retired(version: str, oldest: str) -> Refusal:
    """API versions 30.0 and lower: status and code are documented, the text is SOAP's.

    https://developer.salesforce.com/docs/platform/api-tooling/guide/tooling-api-eol.html
    """
    return Refusal(
        410,
        "GONE",
        f"The API version that was specified ({version}) is below the minimum supported "
        f"({oldest}). Change the version number and run the request again.",
    )


def too_many_calls() -> Refusal:
    """The org's API calls of the day are used up (observed)."""
    return Refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")


def too_many_long_calls() -> Refusal:
    """Too many calls have been running for twenty seconds or more (observed)."""
    return Refusal(
        403,
        "REQUEST_LIMIT_EXCEEDED",
        "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
    )


def method_not_allowed(method: str, allowed: Iterable[str]) -> Refusal:
    """The path exists for other methods only."""
    names = ",".join(allowed)
    return Refusal(
        405,
        "METHOD_NOT_ALLOWED",
        f"HTTP Method '{method}' not allowed. Allowed are {names}",
        {"Allow": names},
    )


def uri_too_long() -> Refusal:
    """Address above 16,384 bytes (limit documented, text assumed)."""
    return Refusal(414, "URI_TOO_LONG", "The length of the URI exceeds the 16,384 byte limit.")


def headers_too_large() -> Refusal:
    """Address and headers together above 16,384 bytes (limit documented, text assumed)."""
    return Refusal(
        431,
        "REQUEST_HEADER_FIELDS_TOO_LARGE",
        "The combined length of the URI and headers exceeds the 16,384 byte limit.",
    )


def json_parser(message: str) -> Refusal:
    """A body that is not the JSON it should be."""
    return Refusal(400, "JSON_PARSER_ERROR", message)


def json_too_deep() -> Refusal:
    """A body of brackets within brackets, hundreds of them (bound and text assumed)."""
    return json_parser("Document nesting depth exceeds the maximum allowed")


def unexpected() -> Refusal:
    """A mistake of the simulator itself; its log has the details."""
    return Refusal(
        500,
        "UNKNOWN_EXCEPTION",
        "An unexpected error occurred. The org simulator's log names the cause.",
    )


def not_modelled(what: str) -> Refusal:
    """Something a real org answers and this simulator does not: never a plausible lie."""
    return Refusal(501, "NOT_MODELLED", f"The org simulator does not model {what}.")
