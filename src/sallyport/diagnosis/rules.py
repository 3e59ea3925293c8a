"""The ordered table that recognises refusals: the first row whose sign holds gives the causes.

What belongs here: which codes and words stand for which causes, and the question that decides
between them. What does not: facts that make a cause likelier (``hints``), texts (``catalogue``).

Special rows stand before general ones; what a log says last (the refused refresh) before what it
says first (the session that ended). Codes count before words, and words are stems in the normal
form of ``Evidence.words``, so that truncation, escapes and wrappers do not matter.

Codes: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flow_errors.htm and
https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.html (documented); the
words beside them are documented or observed in reports of clients' users.

Longer than most modules: it is one table, and its order is its meaning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sallyport.diagnosis.evidence import Evidence
from sallyport.diagnosis.login_history import EVENTS

Test = Callable[[Evidence], bool]


@dataclass(frozen=True)
class Candidate:
    """A cause a rule allows, its weight beside the others, and the flows it exists in (or any)."""

    cause: str
    weight: float = 1.0
    flows: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """One row: when it speaks, of which causes, and which question decides between them."""

    name: str
    when: Test
    candidates: tuple[Candidate, ...]
    question: str | None = None


def code(*codes: str) -> Test:
    """Return a test for one of these codes."""
    return lambda evidence: evidence.has(*codes)


def said(*phrases: str) -> Test:
    """Return a test for one of these phrases in the words."""
    return lambda evidence: evidence.says(*phrases)


def stage(*stages: str) -> Test:
    """Return a test for one of these stages."""
    return lambda evidence: evidence.stage in stages


def status(*statuses: int) -> Test:
    """Return a test for one of these HTTP statuses."""
    return lambda evidence: evidence.http_status in statuses


def flow(*flows: str) -> Test:
    """Return a test for a known flow."""
    return lambda evidence: evidence.is_flow(*flows)


def either(*tests: Test) -> Test:
    """Return a test that holds when one of these does."""
    return lambda evidence: any(test(evidence) for test in tests)


def both(*tests: Test) -> Test:
    """Return a test that holds when all of these do."""
    return lambda evidence: all(test(evidence) for test in tests)


def silent(evidence: Evidence) -> bool:
    """Return whether no code was found."""
    return not evidence.codes


def is_page(evidence: Evidence) -> bool:
    """Return whether a page for people answered."""
    typed = "text/html" in evidence.headers.get("content-type", "")
    return typed or evidence.says("doctype html", "html ", "unexpected token in json at position 0",
                                  "unexpected token html", "unexpected token doctype")  # fmt: skip


def one(name: str, when: Test, cause: str) -> Rule:
    """Return a row with a single cause of the row's own name or another."""
    return Rule(name, when, (Candidate(cause),))


_OAUTH = ("web-server", "refresh", "jwt", "client-credentials", "user-agent", "saml-bearer")
_PASSWORDS = ("password", "soap")

AUTHENTICATION = (
    Candidate("wrong-credentials", 30, _PASSWORDS),
    Candidate("security-token-required", 22, _PASSWORDS),
    Candidate("password-flow-blocked", 18, ("password",)),
    Candidate("password-flow-retired", 6, ("password",)),
    Candidate("user-locked", 6, _PASSWORDS),
    Candidate("wrong-login-host", 9, (*_PASSWORDS, "refresh", "web-server", "jwt")),
    Candidate("ip-restricted", 3),
    Candidate("user-frozen", 5),
    Candidate("login-hours", 3, (*_PASSWORDS, "jwt", "refresh", "web-server")),
    Candidate("mfa-for-api-logins", 3, _PASSWORDS),
    Candidate("sign-in-stopped-by-policy", 14, ("web-server", "user-agent")),
)
SOAP_LOGIN = tuple(each for each in AUTHENTICATION if not each.flows or "soap" in each.flows)
REFRESH = (
    Candidate("grant-revoked", 40),
    Candidate("too-many-approvals", 22),
    Candidate("rotated-token-reused", 14),
    Candidate("refresh-token-policy", 14),
    Candidate("sandbox-refreshed", 6),
    Candidate("lost-in-rotation", 0.6),
    Candidate("wrong-login-host", 2),
)
SESSION = (Candidate("session-expired", 80), Candidate("org-moved", 20))
NOT_FOR_REST = (
    Candidate("api-scope-missing", 32, (*_OAUTH, "device")),
    Candidate("session-ip-enforced", 28, (*_OAUTH, "device")),
    Candidate("api-access-control", 22),
    Candidate("high-assurance-required", 14),
)
SIGN_IN_PAGE = (
    Candidate("identity-code-asked", 40),
    Candidate("mfa-asked", 32),
    Candidate("my-domain-login-only", 22),
)
APPROVAL_PAGE = (
    Candidate("external-app-needs-my-domain", 36),
    Candidate("app-not-installed", 34),
    Candidate("scope-not-allowed", 8),
    Candidate("user-not-preauthorized", 8),
    Candidate("app-blocked", 8),
    Candidate("sign-in-page-refused", 2),
)

RULES = (
    # --- The app and the org
    one("app not installed", said("app must be installed", "must be installed into org",
        "package for this consumer is not installed"), "app-not-installed"),
    one("external app missing", either(code("OAUTH_EC_APP_NOT_FOUND", "app_not_found"),
        said("external client app is not installed")), "external-app-not-installed"),
    one("external app disabled", either(code("oauth_flow_disabled"),
        said("oauth plugin is disabled", "external client app or the oauth")),
        "external-app-disabled"),
    one("app blocked", either(code("OAUTH_APP_BLOCKED"),
        said("app is blocked", "app has been blocked")), "app-blocked"),
    Rule("authorization blocked", code("OAUTH_AUTHORIZATION_BLOCKED"),
        (Candidate("app-blocked", 55), Candidate("app-not-installed", 35),
         Candidate("user-not-preauthorized", 10)), "usage-row"),
    Rule("app access denied", both(code("OAUTH_APP_ACCESS_DENIED"),
        lambda evidence: not evidence.says("user is not admin approved")),
        (Candidate("user-not-preauthorized", 75), Candidate("ip-restricted", 15),
         Candidate("consent-denied", 10)), "login-history"),
    one("user not admitted", either(code("invalid_app_access", "OAUTH_APP_ACCESS_DENIED"),
        said("user is not admin approved", "not admin approved")), "user-not-preauthorized"),
    one("never approved", said("approved this consumer", "hasn t approved", "has not approved"),
        "user-never-approved"),
    # --- The code and PKCE
    one("challenge missing", said("missing required code challenge", "code challenge is required",
        "code challenge required", "requires code challenge"), "pkce-required"),
    one("verifier wrong", said("invalid code verifier", "code verifier is invalid",
        "code verifier does not"), "code-verifier-wrong"),
    one("verifier missing", said("missing code verifier", "code verifier is missing",
        "missing required code verifier", "code verifier required"), "code-verifier-missing"),
    one("callback mismatch", either(code("redirect_uri_mismatch", "redirect_uri_missing",
        "invalid_redirect_uri"), said("redirect uri must match")), "callback-url-mismatch"),
    one("scope", either(code("invalid_scope"), said("requested scope is not allowed")),
        "scope-not-allowed"),
    one("denied", either(code("access_denied"), said("end user denied")), "consent-denied"),
    one("response type", code("unsupported_response_type"), "response-type-unsupported"),
    one("silent", code("immediate_unsuccessful", "login_required", "interaction_required",
        "consent_required"), "silent-sign-in-impossible"),
    # --- The client
    one("key", either(code("invalid_client_id"), said("client identifier invalid")),
        "consumer-key-unknown"),
    # No secret travels with an authorization, so it cannot be the reason there.
    Rule("client refused on a page", both(code("invalid_client"), either(
        stage("login-page", "authorize-redirect"), code("OAUTH_APPROVAL_ERROR_GENERIC"))),
        APPROVAL_PAGE, "page-address"),
    one("secret", either(code("invalid_client", "invalid_client_credentials"),
        said("invalid client credentials", "invalid client secret")), "consumer-secret-wrong"),
    one("client credentials host", said("not supported on this domain"), "client-credentials-host"),
    one("run as", said("no client credentials user", "client credentials user"),
        "run-as-user-missing"),
    one("client credentials off", said("client credentials flow not enabled",
        "client credentials flow is not enabled", "client credentials is not enabled"),
        "client-credentials-disabled"),
    one("device pending", code("authorization_pending", "slow_down"), "device-code-pending"),
    one("device off", said("device flow is not enabled", "device flow not enabled"),
        "device-flow-off"),
    Rule("flow not for this client", code("unauthorized_client"),
        (Candidate("client-credentials-disabled", 50, ("client-credentials",)),
         Candidate("grant-type-unsupported", 40), Candidate("user-not-preauthorized", 10)),
        "usage-row"),
    one("grant type", either(code("unsupported_grant_type", "invalid_assertion_type"),
        said("grant type not supported")), "grant-type-unsupported"),
    # --- The user and the org behind a token
    one("processing", said("token request is already being processed", "already being processed"),
        "refresh-already-running"),
    one("login rate", either(code("rate_limit_exceeded"), said("login rate exceeded")),
        "login-rate-exceeded"),
    one("inactive user", either(code("inactive_user"),
        said("inactive user", "user is inactive")), "user-inactive"),
    one("inactive org", either(code("inactive_org"),
        said("inactive organization", "inactive org ")), "org-inactive"),
    Rule("address or hours", said("ip restricted or invalid login hours", "invalid login hours"),
        (Candidate("ip-restricted", 80), Candidate("login-hours", 20)), "login-history"),
    one("address", said("ip restricted", "ip address not allowed"), "ip-restricted"),
    one("audience", either(said("audience is invalid", "audience validation failed",
        "invalid audience", "audience invalid")), "assertion-audience"),
    one("assertion", either(code("invalid_assertion"), said("invalid assertion",
        "assertion is invalid", "invalid signature")), "assertion-invalid"),
    Rule("expired code", said("expired authorization code", "authorization code expired",
        "authorization code has expired"),
        (Candidate("code-spent", 45, ("web-server",)), Candidate("assertion-expired", 40, ("jwt",)),
         Candidate("refresh-already-running", 15, ("refresh",))), "flow"),
    one("bad code", said("invalid authorization code", "authorization code invalid"), "code-spent"),
    one("expired assertion", said("assertion expired", "assertion has expired", "jwt expired"),
        "assertion-expired"),
    Rule("unknown user", both(code("invalid_grant"), said("invalid user ", "user does not exist")),
        (Candidate("assertion-user-unknown"),)),
    one("hiccup", either(code("unknown_error"), said("retry your request")), "salesforce-hiccup"),
    Rule("dead grant", either(said("expired access refresh token", "expired access ref",
        "expired refresh token", "invalid refresh token", "token validation failed",
        "activation secret invalid", "refresh token is invalid", "refresh token has expired"),
        code("expired_token")), REFRESH, "oauth-usage"),
    Rule("authentication failure", both(said("authentication failure", "authentication fail "),
        lambda evidence: evidence.has("invalid_grant") or not evidence.codes),
        AUTHENTICATION, "login-history"),
    one("token unknown", code("unsupported_token_type", "invalid_token"), "token-unknown"),
    # --- Salesforce's pages
    Rule("approval page", either(
        code("OAUTH_APPROVAL_ERROR_GENERIC"),
        said("can t authorize you because of an oauth error", "remoteaccesserrorpage",
            "problem in setting up your remote access")),
        APPROVAL_PAGE, "page-address"),
    # --- SOAP login
    one("security token", code("LOGIN_MUST_USE_SECURITY_TOKEN"), "security-token-required"),
    Rule("invalid login", either(code("INVALID_LOGIN"),
        said("invalid username password security token", "invalid username or password")),
        SOAP_LOGIN, "login-history"),
    Rule("restricted domain", code("LOGIN_DURING_RESTRICTED_DOMAIN"),
        (Candidate("ip-restricted", 65), Candidate("my-domain-login-only", 35)), "login-history"),
    one("restricted time", code("LOGIN_DURING_RESTRICTED_TIME"), "login-hours"),
    one("lockout", code("PASSWORD_LOCKOUT"), "user-locked"),
    one("org locked", code("ORG_LOCKED"), "org-locked"),
    one("trial", code("TRIAL_EXPIRED"), "trial-expired"),
    one("maintenance", code("ORG_IN_MAINTENANCE",
        "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE"), "org-in-maintenance"),
    one("challenge", code("LOGIN_CHALLENGE_ISSUED", "LOGIN_CHALLENGE_PENDING"),
        "identity-check-for-api"),
    one("client", code("CLIENT_NOT_ACCESSIBLE_FOR_USER", "CLIENT_REQUIRE_UPDATE_FOR_USER"),
        "client-not-allowed-for-user"),
    one("soap login off", said("soap api login is disabled", "soap api login"),
        "soap-login-disabled"),
    one("soap login version", said("soap login operation is not available",
        "login operation is not available"), "soap-login-version"),
    one("any api auth", both(code("INSUFFICIENT_ACCESS"), either(stage("soap-fault"),
        flow("soap"), said("any api auth"))), "any-api-auth-missing"),
    one("mutual tls", code("MUTUAL_AUTHENTICATION_FAILED"), "mutual-tls-required"),
    one("sso", either(code("INVALID_SSO_GATEWAY_URL", "SSO_SERVICE_DOWN"),
        said("saml assertion", "failed assertion")), "saml-assertion-refused"),
    one("client too old", either(code("UNSUPPORTED_CLIENT"), said("tls 1 0 has been disabled",
        "tls 1 1 has been disabled")), "tls-not-agreed"),
    one("password expired", either(code("INVALID_OPERATION_WITH_EXPIRED_PASSWORD"),
        said("passwordexpired true", "password has expired", "users password has expired")),
        "password-expired"),
    # --- What the org or user may do at all
    one("no api for user", either(code("API_CURRENTLY_DISABLED"),
        said("api is disabled for this user")), "api-disabled-for-user"),
    one("no api for org", either(code("API_DISABLED_FOR_ORG"),
        said("api is not enabled for this organization")), "api-disabled-for-org"),
    Rule("not for this api", said("session is not valid for use with",
        "not valid for use with the", "session is not valid for"),
        NOT_FOR_REST, "app-policies"),
    one("transaction security", either(code("TXN_SECURITY_NO_ACCESS",
        "TXN_SECURITY_RUNTIME_EXCEPTION", "TXN_SECURITY_METERING_ERROR"),
        said("transaction security polic")), "transaction-security"),
    one("version retired", either(code("UNSUPPORTED_API_VERSION", "InvalidVersion", "GONE"),
        status(410), said("below the minimum supported")), "api-version-retired"),
    one("login host", either(code("URL_NOT_RESET"), said("destination url not reset")),
        "data-call-at-login-host"),
    one("many at once", both(either(code("REQUEST_LIMIT_EXCEEDED"), silent),
        said("concurrentrequests", "concurrent api", "concurrent requests")),
        "concurrent-request-limit"),
    one("bulk limit", either(code("LIMIT_EXCEEDED", "ExceededQuota"),
        said("max bulk", "batches for organization exceeded"),
        both(code("REQUEST_LIMIT_EXCEEDED"), stage("bulk-job"), said("bulk", "batches"))),
        "bulk-daily-limit"),
    one("daily limit", either(code("REQUEST_LIMIT_EXCEEDED"), said("totalrequests limit")),
        "daily-api-limit"),
    one("view all", said("implementation restriction"), "bulk-needs-view-all"),
    # --- The session
    one("bulk 1 session", code("InvalidSessionId"), "bulk1-session"),
    one("identity", code("Bad_OAuth_Token", "Missing_OAuth_Token", "Wrong_Org", "No_Access",
        "Bad_Id"), "identity-token-dead"),
    Rule("soap session", both(code("INVALID_SESSION_ID"), either(stage("soap-fault"),
        said("illegal session", "sessionheader"))),
        (Candidate("jwt-token-refused-by-soap", 60, (*_OAUTH, "device")),
         Candidate("session-expired", 40)), "token-format"),
    Rule("bulk 2 session", both(code("INVALID_SESSION_ID"), stage("bulk-job")),
        (Candidate("bulk2-session", 90), Candidate("org-moved", 10)), "instance"),
    Rule("session", either(code("INVALID_SESSION_ID"), said("session expired or invalid")),
        SESSION, "instance"),
    # A JWT access token that has expired is called malformed too (observed in long reads).
    Rule("jwt session", code("INVALID_JWT_FORMAT"), (Candidate("session-expired", 70),
         Candidate("authorization-header-malformed", 30)), "token-format"),
    one("header", code("INVALID_AUTH_HEADER", "INVALID_AUTH"), "authorization-header-malformed"),
    one("introspection", both(said("active false"), either(stage("introspection-endpoint"),
        silent)), "introspection-inactive"),
    # --- Data, where the login is not the matter
    one("busy", either(code("SERVER_UNAVAILABLE", "ServerUnavailable"), said("server too busy")),
        "server-busy"),
    one("passing", code("UNABLE_TO_LOCK_ROW", "QUERY_TIMEOUT", "FAILED_WRITE"), "passing-conflict"),
    one("record", code("INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "ENTITY_IS_LOCKED"), "record-access-missing"),
    one("object", either(code("INVALID_TYPE", "INVALIDENTITY", "FUNCTIONALITY_NOT_ENABLED"),
        said("sobject type")), "object-not-visible"),
    one("field", code("INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE"), "field-not-visible"),
    one("data", code("MALFORMED_QUERY", "MALFORMED_ID", "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "FIELD_FILTER_VALIDATION_EXCEPTION", "FIELD_INTEGRITY_EXCEPTION", "REQUIRED_FIELD_MISSING",
        "CANNOT_UPDATE_CONVERTED_LEAD", "DUPLICATE_VALUE", "DUPLICATES_DETECTED",
        "JSON_PARSER_ERROR", "STRING_TOO_LONG", "ENTITY_IS_DELETED"), "data-refused"),
    Rule("not found", either(code("NOT_FOUND", "InvalidUrl"),
        said("requested resource does not exist", "no such api version")),
        (Candidate("api-version-too-new"),)),
    # --- What Salesforce's log of logins calls it
    *(
        Rule(event, code(event), tuple(
            Candidate(cause, 60 - 15 * place) for place, cause in enumerate(causes)
        ), "login-history")
        for event, causes in EVENTS.items()
    ),
    # --- Nothing of Salesforce's
    one("dns", either(code("ENOTFOUND", "EAI_AGAIN"), said("getaddrinfo", "nameresolutionerror",
        "name or service not known", "could not resolve host", "nodename nor servname",
        "name resolution", "unknownhost", "no such host", "is not known to dns",
        "name not resolved", "no address associated")), "host-not-found"),
    one("proxy", either(status(407), said("tunnel connection failed", "the proxy on the way",
        "proxyerror",
        "cannot connect to proxy", "proxy authentication required", "connect tunnel failed",
        "from proxy after connect")), "proxy-refused"),
    one("certificate", said("certificate verify failed", "self signed certificate",
        "certificate signed by unknown authority",
        "unable to get local issuer", "unable to get issuer",
        "unable to verify the first certificate", "pkix path building failed",
        "ssl certificate problem", "certificate has expired",
        "cert has expired", "certificate of", "unable to get local issuer cert",
        "depth zero self signed"), "certificate-not-trusted"),
    one("tls", either(code("EPROTO"), said("handshake",
        "did not agree on an encrypted", "wrong version number", "sslerror",
        "tlsv1 alert", "unsupported protocol", "ssl routines", "ssl error")), "tls-not-agreed"),
    one("reach", either(code("ECONNREFUSED", "ECONNRESET", "ETIMEDOUT"), said("connection refused",
        "connection reset", "timed out", "timeout", "socket hang up", "remote end closed",
        "network is unreachable", "no route to host", "remotedisconnected", "broken pipe",
        "connection aborted", "cannot connect to host", "i o timeout")), "host-not-reachable"),
    one("edge", either(status(420), both(status(406), silent), said("setting things up",
        "process can take a few minutes")), "edge-not-ready"),
    # --- Codes without words, statuses without codes
    Rule("grant without words", both(code("invalid_grant"), flow("web-server")),
        (Candidate("code-verifier-missing", 55), Candidate("code-spent", 30),
         Candidate("sign-in-stopped-by-policy", 15)), "login-history"),
    Rule("refresh without words", both(code("invalid_grant"), flow("refresh")),
        REFRESH, "oauth-usage"),
    Rule("grant of unknown cause", code("invalid_grant"),
        (*AUTHENTICATION, Candidate("grant-revoked", 14, ("refresh",))), "login-history"),
    one("request", code("invalid_request"), "token-request-malformed"),
    one("restart", code("temporarily_unavailable", "server_error", "UNKNOWN_EXCEPTION",
        "INTERNAL_ERROR", "CustomNotAcceptable", "FUNCTION_INVOCATION_TIMEOUT"),
        "salesforce-hiccup"),
    one("async", said("unknown exception in async api"), "salesforce-hiccup"),
    one("factor asked", both(silent, said("multi factor", "totp", "authenticator", "security key",
        "passkey", "two factor")), "mfa-asked"),
    one("identity asked", both(silent, said("verify your identity", "verification code")),
        "identity-code-asked"),
    one("own domain", both(silent, said("custom domain", "log in through your company",
        "login com is not allowed", "must log in from", "use your my domain")),
        "my-domain-login-only"),
    Rule("sign-in page", both(stage("login-page"), silent), SIGN_IN_PAGE, "sign-in-page"),
    one("page of another type", both(stage("login-page", "authorize-redirect"),
        lambda evidence: "error" in evidence.redirect), "sign-in-page-refused"),
    one("login service", both(status(500, 502, 503, 504), silent,
        stage("token-endpoint", "authorize-redirect")), "login-service-down"),
    one("gateway", both(status(503), silent), "server-busy"),
    one("failing", both(status(408, 425, 429, 500, 502, 504), silent), "answer-without-meaning"),
    one("page", both(is_page, silent), "not-an-api-host"),
    Rule("bare 401", both(status(401), silent, stage("rest-data-call", "bulk-job")),
        SESSION, "instance"),
    one("bare 404", both(status(404), silent), "api-version-too-new"),
    Rule("assertion accepted", both(status(200), silent, flow("jwt")),
        (Candidate("certificate-past-end-date", 60), Candidate("nothing-refused", 40))),
    one("success", both(status(200, 201, 204), silent), "nothing-refused"),
)  # fmt: skip
