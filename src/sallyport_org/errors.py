"""Every refusal of the wire, exactly worded, in one place.

What belongs here: the texts, codes and HTTP statuses Salesforce answers with, as small functions
that build a :class:`Refusal`. What does not: deciding when to refuse, and how a refusal is written
as JSON, XML or text (``web``, ``soap``, ``oauth``).

Each group says how well its wording is known: documented (read at Salesforce), observed (seen in
recorded or published answers of real orgs) or assumed. One file on purpose, long as it is: it can
be compared with the reference in one go. Index of codes:
https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(eq=False, slots=True)
class Refusal(Exception):
    """A request turned down in Salesforce's own words: REST's array of errors."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


@dataclass(eq=False, slots=True)
class OAuthRefusal(Exception):
    """A token request turned down: ``{"error", "error_description"}`` with 400 (observed)."""

    error: str
    description: str
    status: int = 400

    def __str__(self) -> str:
        return f"{self.error}: {self.description}"


@dataclass(eq=False, slots=True)
class SoapRefusal(Exception):
    """A SOAP fault: ``fault`` names the element in its detail, ``prefixed`` puts sf: first."""

    code: str
    message: str
    fault: str = "LoginFault"
    prefixed: bool = False

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


# --- REST, any call (codes documented, texts observed unless said) ---------------------------


def session_invalid() -> Refusal:
    """The token is unknown, expired or revoked."""
    return Refusal(
        401,
        "INVALID_SESSION_ID",
        "Session expired or invalid",
        {"WWW-Authenticate": "Token"},
    )


def bad_auth_header() -> Refusal:
    """An Authorization header of another kind than Bearer or OAuth (assumed)."""
    return Refusal(401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")


def not_found() -> Refusal:
    """No such path, version or record kind."""
    return Refusal(404, "NOT_FOUND", "The requested resource does not exist")


def version_retired(version: str) -> Refusal:
    """API versions 30.0 and lower: the status is documented, the text is assumed."""
    return Refusal(
        410,
        "UNSUPPORTED_API_VERSION",
        f"The API version that was specified ({version}) is below the minimum supported (31.0). "
        "Change the version number and run the request again.",
    )


def too_many_calls() -> Refusal:
    """The org's API calls of the day are used up (observed)."""
    return Refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")


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


# --- Objects, fields, records ----------------------------------------------------------------


def unknown_type(name: str) -> Refusal:
    """A query names an object the org does not have (observed)."""
    return Refusal(
        400,
        "INVALID_TYPE",
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be "
        "sure to append the '__c' after the entity name. Please reference your WSDL or the "
        "describe call for the appropriate names.",
    )


def no_such_column(name: str, entity: str) -> str:
    """The text about an unknown field of a query, without its position (observed)."""
    return (
        f"No such column '{name}' on entity '{entity}'. If you are attempting to use a custom "
        "field, be sure to append the '__c' after the custom field name. Please reference your "
        "WSDL or the describe call for the appropriate names."
    )


def unknown_relationship(name: str) -> str:
    """The text about an unknown step of a field path, without its position (observed)."""
    return (
        f"Didn't understand relationship '{name}' in field path. If you are attempting to use a "
        "custom relationship, be sure to append the '__r' after the custom relationship name. "
        "Please reference your WSDL or the describe call for the appropriate names."
    )


def unknown_child_relationship(name: str) -> str:
    """The text about a child query on no known relationship, without its position (observed)."""
    return (
        f"Didn't understand relationship '{name}' in FROM part of query call. If you are "
        "attempting to use a custom relationship, be sure to append the '__r' after the "
        "custom relationship name. Please reference your WSDL or the describe call for the "
        "appropriate names."
    )


def record_not_found(name: str) -> Refusal:
    """An id that names no visible record (observed)."""
    return Refusal(
        404,
        "NOT_FOUND",
        f"Provided external ID field does not exist or is not accessible: {name}",
    )


def entity_is_deleted() -> Refusal:
    """An id of a row in the recycle bin (observed)."""
    return Refusal(404, "ENTITY_IS_DELETED", "entity is deleted")


def malformed_id(name: str, text: str) -> Refusal:
    """An id that cannot be one (assumed wording)."""
    return Refusal(400, "MALFORMED_ID", f"{name} ID: id value of incorrect type: {text}")


def no_such_field_in_list(name: str, entity: str) -> Refusal:
    """A ``fields=`` list of a record call names an unknown field (observed)."""
    return Refusal(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {entity}")


# --- SOQL ------------------------------------------------------------------------------------


def soql(code: str, message: str, text: str, at: int) -> Refusal:
    """A refusal that points into the query: its line, a caret, the row and column (observed)."""
    before = text[:at]
    row = before.count("\n") + 1
    start = before.rfind("\n") + 1
    line = text[start:].split("\n", 1)[0]
    column = at - start + 1
    caret = " " * (column - 1) + "^"
    return Refusal(400, code, f"\n{line}\n{caret}\nERROR at Row:{row}:Column:{column}\n{message}")


def malformed_query(message: str) -> Refusal:
    """A query refused as a whole, without a position."""
    return Refusal(400, "MALFORMED_QUERY", message)


def invalid_field(message: str) -> Refusal:
    """A field used in a way it cannot be, without a position."""
    return Refusal(400, "INVALID_FIELD", message)


def invalid_query_locator() -> Refusal:
    """A ``nextRecordsUrl`` that is unknown or no longer kept (code documented, text assumed)."""
    return Refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator")


# --- Bulk API 2.0 (query) --------------------------------------------------------------------


def bulk_unsupported_entity(name: str) -> Refusal:
    """Objects the bulk interface does not serve (observed)."""
    return Refusal(400, "INVALIDENTITY", f"Entity '{name}' is not supported by the Bulk API.")


def bulk_compound() -> Refusal:
    """Address or location fields in a bulk query (observed)."""
    return Refusal(400, "INVALID_FIELD", "Selecting compound data not supported in Bulk Query")


def bulk_base64(name: str) -> Refusal:
    """Blob fields in a bulk query (refusal documented, text assumed)."""
    return Refusal(
        400, "INVALID_FIELD", f"Selecting base64 data not supported in Bulk Query: {name}"
    )


def bulk_unsupported_clause(what: str) -> Refusal:
    """GROUP BY, OFFSET, TYPEOF, aggregates, child queries (documented; text assumed)."""
    return Refusal(
        400, "API_ERROR", f"Implementation restriction: {what} not supported in Bulk Query"
    )


def bulk_bad_request(message: str) -> Refusal:
    """A job request that lacks or mistakes a property (code observed, texts assumed)."""
    return Refusal(400, "INVALIDJOB", message)


def bulk_job_unknown() -> Refusal:
    """No such job, or not this user's (observed for ids of the wrong kind)."""
    return Refusal(404, "NOT_FOUND", "The requested resource does not exist")


def bulk_version_conflict(created: str, used: str) -> Refusal:
    """A job is read with another API version than it was made with (status documented)."""
    return Refusal(
        409,
        "VERSION_MISMATCH",
        f"This job was created with API version {created} and cannot be read with version {used}.",
    )


def bulk_not_complete(state: str) -> Refusal:
    """Results asked before JobComplete (code assumed; old pages name JOB_NOT_COMPLETE)."""
    return Refusal(
        400, "INVALIDJOBSTATE", f"Results are available once the job is JobComplete; it is {state}."
    )


def bulk_bad_locator(locator: str) -> Refusal:
    """A result locator that this job never gave out (assumed)."""
    return Refusal(400, "INVALID_QUERY_LOCATOR", f"invalid query locator: {locator}")


def bulk_state(message: str) -> Refusal:
    """A state change a job in this state does not allow (assumed)."""
    return Refusal(400, "INVALIDJOBSTATE", message)


# --- Token endpoint (observed unless said) ---------------------------------------------------


def unsupported_grant() -> OAuthRefusal:
    """Unknown grant type, or a body that is no form."""
    return OAuthRefusal("unsupported_grant_type", "grant type not supported")


def unknown_client() -> OAuthRefusal:
    """No app with that consumer key in this org."""
    return OAuthRefusal("invalid_client_id", "client identifier invalid")


def wrong_secret() -> OAuthRefusal:
    """The consumer secret does not belong to that key."""
    return OAuthRefusal("invalid_client", "invalid client credentials")


def missing_parameter(name: str) -> OAuthRefusal:
    """A required form parameter is absent (assumed wording)."""
    return OAuthRefusal("invalid_request", f"missing required parameter: {name}")


def no_run_as_user() -> OAuthRefusal:
    """Client credentials without a Run As user in the app's policies."""
    return OAuthRefusal("invalid_grant", "no client credentials user enabled")


def flow_not_enabled() -> OAuthRefusal:
    """Client credentials is not switched on for the app."""
    return OAuthRefusal("invalid_grant", "client credentials flow not enabled")


def invalid_assertion() -> OAuthRefusal:
    """Signature, algorithm, issuer or form of an assertion is wrong."""
    return OAuthRefusal("invalid_grant", "invalid assertion")


def expired_assertion() -> OAuthRefusal:
    """exp has passed; the words are those of the code flow (observed)."""
    return OAuthRefusal("invalid_grant", "expired authorization code")


def wrong_audience() -> OAuthRefusal:
    """aud is not the login server of this org."""
    return OAuthRefusal("invalid_grant", "audience is invalid")


def unknown_user() -> OAuthRefusal:
    """sub is no username of this org (inferred wording)."""
    return OAuthRefusal("invalid_grant", "invalid user")


def user_not_approved() -> OAuthRefusal:
    """The user may not use this app yet."""
    return OAuthRefusal("invalid_grant", "user hasn't approved this consumer")


def unknown_token_to_revoke() -> OAuthRefusal:
    """Revoking a token that is not one (inferred)."""
    return OAuthRefusal("invalid_token", "the token is invalid or already revoked")


# --- SOAP login ------------------------------------------------------------------------------


def invalid_login() -> SoapRefusal:
    """One text for wrong names, passwords and tokens, and for locked users (observed)."""
    return SoapRefusal(
        "INVALID_LOGIN", "Invalid username, password, security token; or user locked out."
    )


def soap_login_off() -> SoapRefusal:
    """The org does not allow SOAP login() (code and text observed, envelope inferred)."""
    return SoapRefusal(
        "INVALID_OPERATION",
        "SOAP API login() is disabled by default in this org. Contact the org administrator to "
        "enable SOAP API login().",
        fault="UnexpectedErrorFault",
    )


def soap_login_version(version: str) -> SoapRefusal:
    """login() does not exist from API 65.0 on (code and text observed)."""
    return SoapRefusal(
        "INVALID_OPERATION",
        f"The SOAP Login operation is not available in the API version specified ({version}). "
        "Refer to the documentation for supported versions.",
        fault="UnexpectedErrorFault",
    )


def soap_version_retired(version: str) -> SoapRefusal:
    """Versions 30.0 and lower (text observed with older numbers)."""
    return SoapRefusal(
        "UNSUPPORTED_API_VERSION",
        f"The API version that was specified ({version}) is below the minimum supported (31.0). "
        "Change the version number and run the request again.",
        fault="UnexpectedErrorFault",
        prefixed=True,
    )


def soap_version_unknown(version: str) -> SoapRefusal:
    """Versions that never existed (assumed)."""
    return SoapRefusal(
        "UNSUPPORTED_API_VERSION",
        f"Invalid Api version specified on URL: {version}",
        fault="UnexpectedErrorFault",
        prefixed=True,
    )


def soap_not_modelled(operation: str) -> SoapRefusal:
    """A SOAP call other than login(): said plainly, not imitated."""
    return SoapRefusal(
        "UNKNOWN_EXCEPTION",
        f"The org simulator does not model the SOAP call {operation!r}; only login is modelled.",
        fault="UnexpectedErrorFault",
        prefixed=True,
    )


def soap_unreadable(reason: str) -> SoapRefusal:
    """A body that is no SOAP envelope (assumed)."""
    return SoapRefusal("UNKNOWN_EXCEPTION", reason, fault="UnexpectedErrorFault", prefixed=True)
