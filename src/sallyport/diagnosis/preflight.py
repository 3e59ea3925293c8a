"""The prerequisites of the set-up guide, each with yes, no or unknown, what says so, and the cure.

What belongs here: judging probes' answers and a refusal. What does not: asking (``probe``). Unknown
is unknown: nothing is crossed out because it could not be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sallyport.diagnosis.findings import Finding
from sallyport.diagnosis.probe import Answer

Values = Mapping[str, Any]
_FEW_CALLS = 0.1


class State(StrEnum):
    """Whether a prerequisite is met."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Prerequisite:
    """One line of the list; ``cure`` is empty where nothing has to be done."""

    name: str
    title: str
    state: State
    said: str
    cure: str

    def as_document(self) -> dict[str, Any]:
        """Return the line in terms of JSON."""
        return {
            "name": self.name,
            "title": self.title,
            "state": self.state.value,
            "said": self.said,
            "cure": self.cure,
        }


@dataclass(frozen=True)
class Seen:
    """What the list is judged by: probes' values by name, what they said, the refusal's causes."""

    values: Mapping[str, Values]
    said: Mapping[str, str]
    refused: frozenset[str]
    username: str | None
    org_id: str | None


Judge = Callable[[Seen], bool | None]


@dataclass(frozen=True)
class Line:
    """A prerequisite before it is judged: the probe that tells, and causes that deny it."""

    name: str
    title: str
    cure: str
    probe: str
    denied_by: frozenset[str]
    judge: Judge


def preflight(
    answers: Sequence[Answer],
    findings: Sequence[Finding] = (),
    *,
    username: str | None = None,
    org_id: str | None = None,
) -> list[Prerequisite]:
    """Return the whole list, in the order of the set-up guide.

    ``findings`` are those of a refused login or call, if there was one: the first one counts when
    no question is open. ``username`` and ``org_id`` are the expected ones, if any.
    """
    first = findings[0] if findings else None
    decided = first is not None and first.next_question is None
    seen = Seen(
        values={answer.name: answer.values for answer in answers if answer.known},
        said={answer.name: answer.said for answer in answers},
        refused=frozenset({first.code}) if first is not None and decided else frozenset(),
        username=username,
        org_id=org_id,
    )
    return [_judged(line, seen, first) for line in LINES]


def _judged(line: Line, seen: Seen, first: Finding | None) -> Prerequisite:
    said = seen.said.get(line.probe, "no session to ask with" if line.probe else "")
    if line.name == "credentials" and first is not None and first.needs != "none":
        verdict: bool | None = False if seen.refused & line.denied_by else None
        said = first.title
    elif seen.refused & line.denied_by:
        verdict, said = False, first.title if first is not None else said
    else:
        verdict = line.judge(seen)
    state = State.UNKNOWN if verdict is None else State.YES if verdict else State.NO
    return Prerequisite(line.name, line.title, state, said, "" if state is State.YES else line.cure)


def _credentials(seen: Seen) -> bool | None:
    return True if seen.values else None


def _api_enabled(seen: Seen) -> bool | None:
    # Without the permission no call is answered at all, so one that is answered proves it.
    return True if "limits" in seen.values or "organization" in seen.values else None


def _edition(seen: Seen) -> bool | None:
    # The API told the edition, so this org has the API: a small edition by its add-on.
    return True if "organization" in seen.values else None


def _right_user(seen: Seen) -> bool | None:
    found = seen.values.get("identity", {}).get("username")
    if found is None or seen.username is None:
        return None
    return str(found).casefold() == seen.username.casefold()


def _same_org(seen: Seen) -> bool | None:
    told = seen.values.get("organization") or seen.values.get("identity") or {}
    if told.get("org_id") is None or seen.org_id is None:
        return None
    return str(told["org_id"])[:15] == seen.org_id[:15]


def _version(seen: Seen) -> bool | None:
    return seen.values.get("versions", {}).get("offered")


def _budget(seen: Seen) -> bool | None:
    limits = seen.values.get("limits")
    return None if limits is None else limits["remaining"] > limits["max"] * _FEW_CALLS


def _installed(seen: Seen) -> bool | None:
    approvals = seen.values.get("approvals")
    if approvals is None or not approvals["count"]:
        return None
    return not approvals["uninstalled"]


def _permission(label: str) -> Judge:
    return lambda seen: seen.values.get("permissions", {}).get(label)


def _no_probe(_: Seen) -> bool | None:
    return None


_LOGIN_CAUSES = frozenset(
    {"wrong-credentials", "security-token-required", "consumer-key-unknown", "grant-revoked"}
    | {"consumer-secret-wrong", "assertion-invalid", "assertion-expired", "user-locked"}
    | {"assertion-audience", "assertion-user-unknown", "user-inactive", "user-frozen"}
)

LINES = (
    Line("credentials", "Credentials are valid",
         "See the findings of the refused login.", "identity",
         _LOGIN_CAUSES, _credentials),
    Line("api_enabled", "The user may use the API",
         "An administrator gives the user API Enabled (Setup > Permission Sets).", "permissions",
         frozenset({"api-disabled-for-user"}), _api_enabled),
    Line("edition", "The org's edition has API access",
         "Buy API access or a higher edition (Setup > Company Information).", "organization",
         frozenset({"api-disabled-for-org"}), _edition),
    Line("right_user", "The right user is signed in",
         "Sign out of Salesforce, or use a private window, and connect as the integration user.",
         "identity", frozenset(), _right_user),
    Line("same_org", "It is the org the connection was made with",
         "Check the address; a refreshed sandbox is a new org and is connected anew.",
         "organization", frozenset({"sandbox-refreshed"}), _same_org),
    Line("api_version", "The org offers the connection's API version",
         "Choose a version that GET /services/data lists.", "versions",
         frozenset({"api-version-retired", "api-version-too-new"}), _version),
    Line("view_all_data", "The user sees all records",
         "An administrator gives View All Data, or read access to the objects that are copied.",
         "permissions", frozenset({"bulk-needs-view-all"}), _permission("View All Data")),
    Line("password_never_expires", "The user's password never expires",
         "Tick Password Never Expires in the integration user's profile (for password logins).",
         "permissions", frozenset({"password-expired"}), _permission("Password Never Expires")),
    Line("app_installed", "The app is installed",
         "Setup > Connected Apps OAuth Usage > (app) > Install, then Manage App Policies.",
         "approvals", frozenset({"app-not-installed", "external-app-not-installed"}), _installed),
    Line("app_not_blocked", "The app is not blocked",
         "In Setup > Connected Apps OAuth Usage the app's row must offer Block; if it offers"
         " Unblock, press it.", "", frozenset({"app-blocked", "api-access-control"}), _no_probe),
    Line("address_allowed", "This machine's address is allowed",
         "Setup > Login History shows Restricted IP if not; add the address to Login IP Ranges.",
         "login_history", frozenset({"ip-restricted", "session-ip-enforced"}),
         lambda seen: True if seen.values else None),
    Line("call_budget", "API calls are left",
         "Wait, or lower the number of calls (Setup > System Overview shows who makes them).",
         "limits", frozenset({"daily-api-limit"}), _budget),
    Line("popups", "The browser lets the sign-in window open",
         "Allow pop-ups for this site, or use the plain link beside the button.", "",
         frozenset(), _no_probe),
)  # fmt: skip
