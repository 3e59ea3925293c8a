"""What raw text gives away: which step, which flow, which host and status, which codes.

What belongs here: patterns of clients' logs and of Salesforce's addresses. What does not: the
meaning of a code (``rules``). Forms of messages are observed in the sources of simple-salesforce,
jsforce, requests/urllib3, curl, the Salesforce CLI and Airbyte's connector.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

STAGES = (
    "token-endpoint",
    "authorize-redirect",
    "login-page",
    "soap-fault",
    "rest-data-call",
    "introspection-endpoint",
    "bulk-job",
    "network",
)

# OAuth's codes in small letters are words too: they count only as whole tokens.
OAUTH_CODES = re.findall(
    r"\S+",
    "access_denied app_not_found authorization_pending expired_token immediate_unsuccessful"
    " inactive_org inactive_user interaction_required invalid_app_access invalid_assertion"
    " invalid_assertion_type invalid_client invalid_client_credentials invalid_client_id"
    " invalid_grant invalid_redirect_uri invalid_request invalid_scope invalid_token login_required"
    " oauth_flow_disabled rate_limit_exceeded redirect_uri_mismatch redirect_uri_missing"
    " server_error slow_down temporarily_unavailable unauthorized_client unknown_error"
    " unsupported_grant_type unsupported_response_type unsupported_token_type consent_required",
)
_MIXED_CODES = re.findall(
    r"\S+",
    "Bad_OAuth_Token Missing_OAuth_Token Wrong_Org Bad_Id No_Access InvalidSessionId InvalidVersion"
    " InvalidUrl InvalidUser ExceededQuota ServerUnavailable FeatureNotEnabled ClientInputError"
    " CustomNotAcceptable",
)
_BARE_CODES = re.findall(
    r"\S+", "GONE NOT_FOUND ENOTFOUND EAI_AGAIN ECONNREFUSED ECONNRESET ETIMEDOUT EPROTO"
)

_CODE = re.compile(
    r"(?<![\w/.])(?:"
    + "|".join([*OAUTH_CODES, *_MIXED_CODES, *_BARE_CODES])
    + r"|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?![\w])"
)
# Names in capitals that are constants of clients and platforms, never Salesforce's.
_NOT_CODES = re.compile(
    r"^(?:HTTP|HTTPS|SSL|TLS|HTTPS?_PROXY|NO_PROXY|SF|SFDX|NODE|PYTHON|AIRBYTE|USER|ORG|CLIENT|CONSUMER"
    r"|SALESFORCE)_(?:PROXY|URL|HOST|HOME|PATH|ENV|ID|KEY|NAME|TIMEOUT|OPTIONS|USERNAME|ALIAS)\w*$"
)

_STAGE_BY_ADDRESS = (
    ("login-page", r"RemoteAccessErrorPage|/secur/|/_nc_external/|OAUTH_APPROVAL_ERROR"),
    ("introspection-endpoint", r"/services/oauth2/introspect"),
    ("token-endpoint", r"/services/oauth2/(?:token|revoke)"),
    ("authorize-redirect", r"/services/oauth2/authorize"),
    ("soap-fault", r"/services/Soap/|<soapenv:|soapenv:Fault|faultstring|LoginFault|loginResponse"),
    ("bulk-job", r"/services/async/|/jobs/(?:query|ingest)|asyncapi/dataload"),
    ("rest-data-call", r"/services/data/|/services/oauth2/userinfo|/services/apexrest/|/id/00D"),
)
_FLOW_BY_TRACE = (
    ("refresh", r"grant_type\W{1,6}(?:refresh_token|hybrid_refresh)|refresh[_ ]?token flow"
                r"|\brefreshing (?:the )?(?:access |oauth )?token|Error refreshing|refreshToken\("
                r"|RefreshTokenAuthError|token refresh"),
    ("web-server", r"grant_type\W{1,6}(?:authorization_code|hybrid_auth_code)|AuthCodeExchange"
                   r"|org login web|auth:web:login|authorization code flow|response_type=code"),
    ("jwt", r"jwt-bearer|org login jwt|auth:jwt:grant|JwtGrantError|JwtAuthError|JWT bearer"),
    ("client-credentials", r"grant_type\W{1,6}client_credentials|client.credentials flow"),
    ("password", r"grant_type\W{1,6}password\b|username-password flow"),
    ("device", r"grant_type\W{1,6}device\b|device_code|auth:device|deviceOauth"),
    ("soap", r"/services/Soap/[uc]/|loginBySoap|SoapLogin|SalesforceLogin\("
             r"|<(?:\w+:)?login\b|LoginFault"),
)  # fmt: skip
_FLOW_NAMES = {
    "password": ("password", "usernamepassword", "basicoauth", "resourceowner"),
    "refresh": ("refresh", "refreshtoken"),
    "web-server": ("webserver", "authorizationcode", "authcode", "code", "web", "pkce", "oauth"),
    "jwt": ("jwt", "jwtbearer", "urnietfparamsoauthgranttypejwtbearer", "jwttoken"),
    "client-credentials": ("clientcredentials", "clientcredential", "oauth2clientcredential"),
    "soap": ("soap", "soaplogin", "basic", "usernamepasswordtoken"),
    "device": ("device", "devicecode"),
    "saml-bearer": ("saml", "samlbearer"),
    "user-agent": ("useragent", "implicit", "token"),
}
_STATUS = re.compile(
    r"HTTP/[\d.]+\"?\s+([1-5]\d\d)\b|\bstatus[ _-]?(?:code)?\W{1,4}(?:is |of )?([1-5]\d\d)\b"
    r"|\b([45]\d\d)\s+(?:Client|Server) Error|\bHTTP(?: error| status| response)?(?: code)?"
    r"[:\s]+([1-5]\d\d)\b|\bresponded? with(?: a)? ([1-5]\d\d)\b|returned error: ([45]\d\d)\b"
    r"|\bERROR_HTTP_([45]\d\d)\b|\b([45]\d\d) (?:Bad Request|Unauthorized|Forbidden|Not Found)"
    r"|\b([45]\d\d) (?:Gone|Bad Gateway|Service Unavailable|Gateway Time)"
    r"|\bResponse \[?([45]\d\d)\b",
    re.IGNORECASE | re.MULTILINE,
)
_HOST = re.compile(
    r"(?i)(?<![\w.-])((?:[a-z0-9-]{1,63}\.){1,6}(?:salesforce\.com|salesforce\.mil|force\.com"
    r"|site\.com|crmforce\.mil|salesforce-setup\.com|sfcrmproducts\.cn))\b"
)
_NETWORK = re.compile(
    r"(?i)getaddrinfo|NameResolutionError|Name or service not known|Could not resolve host"
    r"|nodename nor servname|name resolution|UnknownHost|ECONNREFUSED|ECONNRESET|ETIMEDOUT"
    r"|Connection refused|timed out|CERTIFICATE_VERIFY_FAILED|certificate verify|SSLError"
    r"|handshake|self.signed certificate|Tunnel connection failed|ProxyError|socket hang up"
)
_PARAMETERS = re.compile(
    r"[?&\s](error|error_description|ErrorCode|ErrorDescription)=([^&\"'<>\n]+)"
)


@dataclass(frozen=True)
class Clues:
    """What a raw text gives away; everything may be unknown."""

    stage: str | None = None
    flows: frozenset[str] = frozenset()
    host: str | None = None
    status: int | None = None
    redirect: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


def read(text: str) -> Clues:
    """Return what a text (escapes undone, redacted) gives away."""
    flows = frozenset(flow for flow, trace in _FLOW_BY_TRACE if re.search(trace, text, re.I))
    hosts = hosts_in(text)
    statuses = [
        int(next(group for group in found.groups() if group)) for found in _STATUS.finditer(text)
    ]
    refused = [status for status in statuses if status >= 400]
    return Clues(
        stage=_stage(text),
        # A web server log may hold the code exchange and the refresh; then it tells nothing.
        flows=flows if len(flows) == 1 else frozenset(),
        host=hosts[-1] if hosts else None,
        status=last[-1] if (last := refused or statuses) else None,
        redirect={
            ("error_description" if "escription" in name else "error"): value.strip()
            for name, value in _PARAMETERS.findall(text)
        },
        facts=_facts(text),
    )


def codes_in(text: str) -> tuple[str, ...]:
    """Return every code a text holds, in order."""
    found = dict.fromkeys(match[0] for match in _CODE.finditer(text))
    return tuple(code for code in found if not _NOT_CODES.match(code))


def hosts_in(text: str) -> list[str]:
    """Return the hosts of Salesforce's that a text names, in order."""
    ignored = ("help.", "developer.", "status.", "trust.", "docs.", "www.", "releasenotes.")
    found = [host.lower() for host in _HOST.findall(text)]
    return [host for host in found if not host.startswith(ignored)]


def stage_named(given: str) -> str | None:
    """Return the documented stage a person's word for it means."""
    word = re.sub(r"[^a-z0-9]", "", given.lower())
    if not word:
        return None
    for stage in STAGES:
        bare = stage.replace("-", "")
        if word == bare or word in bare or bare in word:
            return stage
    for part, stage in (
        ("token", "token-endpoint"), ("refresh", "token-endpoint"),
        ("callback", "authorize-redirect"),
        ("redirect", "authorize-redirect"), ("authorize", "authorize-redirect"),
        ("page", "login-page"), ("soap", "soap-fault"), ("bulk", "bulk-job"),
        ("introspect", "introspection-endpoint"), ("rest", "rest-data-call"),
        ("query", "rest-data-call"), ("data", "rest-data-call"), ("dns", "network"),
        ("connect", "network"), ("tls", "network"),
    ):  # fmt: skip
        if part in word:
            return stage
    return None


def flows_named(given: Iterable[str]) -> frozenset[str]:
    """Return the documented flows some words for them mean."""
    words = {
        re.sub(r"[^a-z0-9]", "", word.lower())
        for each in given
        for word in re.split(r"[,;|/]| or ", each)
    }
    words |= {word.removesuffix("flow").removesuffix("grant") for word in words}
    return frozenset(flow for flow, names in _FLOW_NAMES.items() if not words.isdisjoint((*names,)))


def _stage(text: str) -> str | None:
    for stage, trace in _STAGE_BY_ADDRESS:
        if re.search(trace, text):
            return stage
    return "network" if _NETWORK.search(text) else None


def _facts(text: str) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if version := re.search(r"/services/(?:data/v|Soap/[uc]/|async/)(\d+\.\d)", text):
        facts["api_version"] = version[1]
    if re.search(r"(?i)(?:bearer|access_token|sessionid)\W{1,6}\[JWT,", text):
        facts |= {"token_format": "jwt"}
    if status := re.search(r"(?i)login history[^\n]{0,80}?\bstatus\b\W+([^\n\"<|]{4,80})", text):
        facts["login_history_status"] = status[1].strip()
    if used := re.search(r"api-usage=(\d+)/(\d+)", text):
        facts["probes"] = {"api_usage": f"{used[1]}/{used[2]}"}
    return facts
