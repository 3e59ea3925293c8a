"""Findings: which cause comes first, what is asked, and what an answer changes."""

import re
from pathlib import Path
from typing import Any

import pytest
from checks.diagnosis.pastes import judge_pastes

from sallyport.diagnosis.catalogue import Needs, causes, questions
from sallyport.diagnosis.evidence import evidence_of, read_evidence
from sallyport.diagnosis.facts import FACTS
from sallyport.diagnosis.findings import diagnose
from sallyport.diagnosis.hints import HINTS
from sallyport.diagnosis.login_history import EVENTS, STATUSES
from sallyport.diagnosis.rules import RULES

PAGE = (Path(__file__).parents[2] / "docs" / "diagnosis.md").read_text("utf-8")
DEAD = {"error": "invalid_grant", "error_description": "expired access/refresh token"}
FAILED = {"error": "invalid_grant", "error_description": "authentication failure"}
NOT_FOR_REST = [
    {
        "message": "This session is not valid for use with the REST API",
        "errorCode": "INVALID_SESSION_ID",
    }
]


def first(body: Any, flow: str | None = None, **facts: Any) -> str:
    """Return the code of the first finding."""
    return diagnose(evidence_of({"body": body, "flow": flow, "facts": facts}))[0].code


def test_a_body_with_many_causes_lists_them_and_asks_for_login_history() -> None:
    found = diagnose(evidence_of({"body": FAILED, "flow": "password"}))

    assert {"wrong-credentials", "security-token-required", "user-locked", "user-frozen"} <= {
        finding.code for finding in found
    }
    assert found[0].next_question == questions()["login-history"]
    assert sum(finding.probability for finding in found) == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("Invalid Password", "wrong-credentials"),
        ("Failed: API security token required", "security-token-required"),
        ("Password Lockout", "user-locked"),
        ("User is frozen", "user-frozen"),
        ("Restricted Time", "login-hours"),
        ("Restricted IP", "ip-restricted"),
        ("none", "wrong-login-host"),
        ("LOGIN_ERROR_USER_INACTIVE", "user-inactive"),
    ],
)
def test_the_status_of_login_history_decides(status: str, code: str) -> None:
    found = diagnose(
        evidence_of({"body": FAILED, "flow": "password", "facts": {"login_history_status": status}})
    )

    assert (found[0].code, found[0].next_question) == (code, None)
    assert f"Login History says: {status}" in found[0].evidence


def test_facts_tell_causes_of_a_dead_grant_apart() -> None:
    assert first(DEAD, "refresh") == "grant-revoked"
    assert first(DEAD, "refresh", approvals=5) == "too-many-approvals"
    assert first(DEAD, "refresh", rotation=True, token_reused=True) == "rotated-token-reused"
    assert first(DEAD, "refresh", answer_lost=True) == "lost-in-rotation"
    assert first(DEAD, "refresh", refresh_token_policy="Immediately expire") == (
        "refresh-token-policy"
    )
    assert first(DEAD, "refresh", org_id="00Dxx2", org_id_before="00Dxx1") == "sandbox-refreshed"


def test_an_org_id_of_15_characters_is_the_one_of_18() -> None:
    same = {"org_id": "00Dxx0000001gPL", "org_id_before": "00Dxx0000001gPLEAY"}

    codes = [
        finding.code
        for finding in diagnose(evidence_of({"body": DEAD, "flow": "refresh", "facts": same}))
    ]

    assert "sandbox-refreshed" not in codes


def test_policies_tell_apart_why_a_session_is_not_for_rest() -> None:
    assert first(NOT_FOR_REST, scopes=["id", "openid"]) == "api-scope-missing"
    assert first(NOT_FOR_REST, scopes="api", app_policies="Enforce IP restrictions") == (
        "session-ip-enforced"
    )
    assert first(NOT_FOR_REST, scopes="api", app_policies="API Access Control: on") == (
        "api-access-control"
    )


def test_the_refused_refresh_counts_not_the_session_that_ended_before_it() -> None:
    log = "INVALID_SESSION_ID: Session expired or invalid\nthen: invalid_grant: inactive user"

    assert diagnose(read_evidence(log))[0].code == "user-inactive"


def test_an_unknown_code_is_quoted() -> None:
    found = diagnose(evidence_of([{"errorCode": "QUANTUM_LOST", "message": "gone astray"}]))

    assert [finding.code for finding in found] == ["unexplained"]
    assert "QUANTUM_LOST" in found[0].evidence[0]
    assert found[0].next_question == questions()["whole-answer"]


def test_raw_logs_of_clients_get_their_cause() -> None:
    assert [(name, wrong) for name, wrong in judge_pastes() if wrong] == []


def test_tables_name_only_causes_and_questions_there_are() -> None:
    named = {each.cause for rule in RULES for each in rule.candidates}
    named |= {hint.cause for hint in HINTS}
    named |= {code for codes in (*STATUSES.values(), *EVENTS.values()) for code in codes}

    assert named <= set(causes())
    assert {rule.question for rule in RULES} - {None} <= set(questions())
    assert set(causes()) - named == {"unexplained"}


def test_every_cause_says_what_to_do() -> None:
    for cause in causes().values():
        assert cause.title
        assert cause.cause.endswith(".")
        assert cause.steps
        assert all(step.endswith((".", "?")) for step in cause.steps), cause.code
        assert cause.setup_path
        assert cause.needs is not Needs.WAIT or cause.retryable, cause.code


def test_every_fact_and_every_code_is_documented() -> None:
    rows = set(re.findall(r"^\| `([\w-]+)` \|", PAGE, re.MULTILINE))

    assert set(FACTS) | set(causes()) <= rows
    asked = {fact for text in questions().values() for fact in re.findall(r"facts\.(\w+)", text)}
    assert asked <= set(FACTS)
