"""What the connection's facts say for or against a cause: one table of factors.

What belongs here: a fact, the cause it speaks of, how strongly, and the sentence for the finding.
What does not: which causes are possible at all (``rules``). Factors are judgements: above 20 a fact
as good as proves the cause, between 2 and 10 it makes it likelier, below 1 it speaks against it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sallyport.diagnosis.evidence import Evidence
from sallyport.errors import InvalidRequest
from sallyport.salesforce.hosts import (
    BROWSER_SUFFIXES,
    AllowedHosts,
    HostKind,
    parse_instance_url,
)

PROOF = 60.0
STRONG = 25.0
LIKELY = 4.0
AGAINST = 0.1
RULED_OUT = 0.01

_GENERIC = {HostKind.LOGIN.value, HostKind.TEST.value}
_SANDBOXES = {HostKind.SANDBOX.value, HostKind.TEST.value, HostKind.SCRATCH.value}


@dataclass(frozen=True)
class Hint:
    """When the test holds, the cause's weight is multiplied; ``because`` stands in its evidence."""

    cause: str
    factor: float
    because: str
    when: Callable[[Evidence], bool]


def host_kind(evidence: Evidence) -> str | None:
    """Return the kind of host: as given, else as its name says; ``browser`` for pages."""
    given = evidence.told("host_kind")
    if given:
        return given.split()[0]
    if evidence.host is None:
        return None
    if evidence.host.endswith(tuple(BROWSER_SUFFIXES)):
        return "browser"
    try:
        return parse_instance_url(f"https://{evidence.host}", AllowedHosts()).kind.value
    except InvalidRequest:
        return None


def _kind(*kinds: str) -> Callable[[Evidence], bool]:
    return lambda evidence: host_kind(evidence) in kinds


def _yes(fact: str) -> Callable[[Evidence], bool]:
    return lambda evidence: evidence.yes(fact)


def _no(fact: str) -> Callable[[Evidence], bool]:
    return lambda evidence: evidence.no(fact)


def _told(fact: str, *words: str) -> Callable[[Evidence], bool]:
    return lambda evidence: any(word in evidence.told(fact) for word in words)


def _at_least(fact: str, least: float) -> Callable[[Evidence], bool]:
    return lambda evidence: (found := evidence.number(fact)) is not None and found >= least


def _below(fact: str, most: float) -> Callable[[Evidence], bool]:
    return lambda evidence: (found := evidence.number(fact)) is not None and found < most


def _since(fact: str, day: str) -> Callable[[Evidence], bool]:
    return lambda evidence: str(evidence.facts.get(fact, ""))[:10] >= day


def _org_ids(evidence: Evidence) -> tuple[str, str] | None:
    """Return the org's id now and before; of 15 or 18 characters, the first 15 tell the org."""
    now, before = evidence.told("org_id")[:15], evidence.told("org_id_before")[:15]
    return (now, before) if now and before else None


def _other_org(evidence: Evidence) -> bool:
    ids = _org_ids(evidence)
    return ids is not None and ids[0] != ids[1]


def _same_org(evidence: Evidence) -> bool:
    ids = _org_ids(evidence)
    return ids is not None and ids[0] == ids[1]


def _other_instance(evidence: Evidence) -> bool:
    first, second = evidence.told("instance_url"), evidence.told("instance_url_before")
    return bool(first and second) and first != second


def _has_scopes(evidence: Evidence) -> bool:
    return not {"api", "full"}.isdisjoint(evidence.told("scopes").split())


def _lacks_scopes(evidence: Evidence) -> bool:
    return bool(evidence.told("scopes")) and not _has_scopes(evidence)


def _expires(evidence: Evidence) -> bool:
    policy = evidence.told("refresh_token_policy")
    return "expire" in policy and "until revoked" not in policy


def _crossed(evidence: Evidence) -> bool:
    kind = host_kind(evidence)
    if evidence.yes("sandbox"):
        return kind in (HostKind.LOGIN.value, HostKind.PRODUCTION.value)
    return evidence.no("sandbox") and kind in _SANDBOXES


def _policy_on(*names: str) -> Callable[[Evidence], bool]:
    def test(evidence: Evidence) -> bool:
        policies = evidence.told("app_policies")
        return any(name in policies and f"{name} off" not in policies for name in names)

    return test


HINTS = (
    Hint("refresh-token-policy", 8, "the token was idle for 30 days or more",
         _at_least("idle_days", 30)),
    Hint("refresh-token-policy", 0.5, "the token was used within the last week",
         _below("idle_days", 7)),
    Hint("refresh-token-policy", STRONG * 2, "the app's Refresh Token Policy lets tokens expire",
         _expires),
    Hint("refresh-token-policy", 0.05, "the app's Refresh Token Policy lets tokens live",
         _told("refresh_token_policy", "until revoked")),
    Hint("too-many-approvals", STRONG * 2, "the user has approved the app five times or more",
         lambda evidence: _at_least("approvals", 5)(evidence)
         or _at_least("usage_entries", 5)(evidence)),
    Hint("too-many-approvals", AGAINST, "the user has fewer than five approvals",
         lambda evidence: _below("usage_entries", 5)(evidence)
         or _below("approvals", 5)(evidence)),
    Hint("grant-revoked", STRONG, "Connected Apps OAuth Usage has no entry of the user",
         _below("usage_entries", 1)),
    Hint("rotated-token-reused", PROOF * 2, "the refresh token sent was not the newest one",
         _yes("token_reused")),
    Hint("rotated-token-reused", 3, "the app rotates refresh tokens", _yes("rotation")),
    Hint("rotated-token-reused", 8, "two refreshes overlapped while the app rotates tokens",
         lambda evidence: evidence.yes("rotation") and evidence.yes("refresh_in_flight")),
    Hint("rotated-token-reused", AGAINST, "the app does not rotate refresh tokens",
         _no("rotation")),
    Hint("rotated-token-reused", AGAINST, "the newest refresh token was sent", _no("token_reused")),
    Hint("lost-in-rotation", PROOF * 20, "the answer to an earlier refresh was never stored",
         _yes("answer_lost")),
    Hint("sandbox-refreshed", PROOF * 4, "the org's id is another one than before",
         _other_org),
    Hint("sandbox-refreshed", RULED_OUT, "the org's id is the one of before", _same_org),
    Hint("sandbox-refreshed", LIKELY, "the host is a sandbox's", _kind("sandbox")),
    Hint("sandbox-refreshed", RULED_OUT, "the host is no sandbox's",
         lambda evidence: not _other_org(evidence)
         and _kind("production", "login", "developer", "government")(evidence)),
    Hint("wrong-login-host", PROOF, "the org and the login host are not of one kind", _crossed),
    Hint("wrong-login-host", 0.4, "the login goes to the org's own My Domain",
         _kind("production", "sandbox", "developer", "scratch", "government")),
    Hint("security-token-required", STRONG, "the same credentials work from another address",
         _yes("works_elsewhere")),
    Hint("password-flow-blocked", STRONG, "Allow OAuth Username-Password Flows is off",
         _told("password_flow_setting", "off", "disabled", "false")),
    Hint("password-flow-blocked", RULED_OUT, "Allow OAuth Username-Password Flows is not off",
         _told("password_flow_setting", "on", "absent", "missing", "gone")),
    Hint("password-flow-retired", PROOF, "the org has no such setting any more",
         _told("password_flow_setting", "absent", "missing", "gone")),
    Hint("password-flow-retired", PROOF, "an external client app never has this flow",
         _told("app_kind", "external")),
    Hint("password-flow-retired", PROOF, "the org was made after Salesforce ended this flow",
         _since("org_created", "2026-06-01")),
    Hint("password-flow-retired", STRONG, "it happened after the end Salesforce announced",
         _since("now", "2027-02-20")),
    Hint("mfa-for-api-logins", PROOF * 2, "the user holds the permission", _yes("mfa_for_api")),
    Hint("mfa-for-api-logins", RULED_OUT, "the user lacks the permission", _no("mfa_for_api")),
    Hint("api-scope-missing", PROOF, "the token's scopes lack api and full", _lacks_scopes),
    Hint("api-scope-missing", RULED_OUT, "the token's scopes hold api or full", _has_scopes),
    Hint("session-ip-enforced", PROOF, "the app's policies enforce IP restrictions",
         _policy_on("enforce ip", "enforced ip", "ip enforced")),
    Hint("session-ip-enforced", 8, "the same credentials work from another address",
         _yes("works_elsewhere")),
    Hint("session-ip-enforced", AGAINST, "the app's policies relax IP restrictions",
         _told("app_policies", "relax ip", "relaxed")),
    Hint("api-access-control", PROOF, "API Access Control is on", _policy_on("api access control")),
    Hint("api-access-control", 2, "the session comes from no app",
         lambda evidence: evidence.is_flow("soap")),
    Hint("high-assurance-required", PROOF, "a high-assurance session is demanded",
         _policy_on("high assurance")),
    Hint("org-moved", STRONG, "the host names an instance", _kind("instance")),
    Hint("org-moved", PROOF, "a new login names another data host", _other_instance),
    Hint("jwt-token-refused-by-soap", STRONG, "the access token is a JWT",
         _told("token_format", "jwt", "eyj")),
    Hint("jwt-token-refused-by-soap", RULED_OUT, "the access token is opaque",
         _told("token_format", "opaque", "00d")),
    Hint("jwt-token-refused-by-soap", 5, "other calls with this token work",
         _yes("other_calls_work")),
    Hint("session-expired", AGAINST, "other calls with this token work", _yes("other_calls_work")),
    Hint("certificate-past-end-date", PROOF, "the certificate is past its end date",
         _yes("certificate_expired")),
    Hint("certificate-past-end-date", RULED_OUT, "the certificate is not past its end date",
         _no("certificate_expired")),
    Hint("app-blocked", PROOF, "the app's row offers Unblock", _told("usage_action", "unblock")),
    Hint("app-not-installed", STRONG, "the app's row offers Install",
         _told("usage_action", "install")),
    Hint("external-app-needs-my-domain", 5, "the page was reached through a generic login host",
         _kind(*_GENERIC)),
    Hint("external-app-needs-my-domain", AGAINST, "the page was reached through the My Domain",
         _kind("production", "sandbox", "developer", "scratch")),
    Hint("external-app-needs-my-domain", LIKELY, "the app is an external client app",
         _told("app_kind", "external")),
    Hint("external-app-needs-my-domain", AGAINST, "the app is a connected app",
         _told("app_kind", "connected")),
    Hint("app-not-installed", AGAINST, "the app is an external client app",
         _told("app_kind", "external")),
    Hint("code-verifier-missing", STRONG, "the exchange carried no code_verifier",
         _no("verifier_sent")),
    Hint("code-verifier-missing", AGAINST, "the exchange carried a code_verifier",
         _yes("verifier_sent")),
    Hint("code-verifier-missing", AGAINST, "PKCE was not used", _no("pkce_sent")),
)  # fmt: skip
