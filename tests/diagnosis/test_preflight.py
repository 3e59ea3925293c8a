"""The list of prerequisites: yes, no, unknown, and nothing crossed out that could not be seen."""

from sallyport.diagnosis.evidence import evidence_of
from sallyport.diagnosis.findings import diagnose
from sallyport.diagnosis.preflight import LINES, State, preflight
from sallyport.diagnosis.probe import Answer

IDENTITY = Answer(
    "identity", "signed in as kim@acme.example", True, {"username": "kim@acme.example"}
)
LIMITS = Answer("limits", "5 of 1,000 left", True, {"max": 1000, "remaining": 5})
DENIED = Answer("permissions", "unknown: refused", known=False)


def states(*answers: Answer, username: str | None = None) -> dict[str, State]:
    """Return each line's state by its name."""
    return {line.name: line.state for line in preflight(answers, username=username)}


def test_without_a_session_everything_is_unknown() -> None:
    assert set(states().values()) == {State.UNKNOWN}
    assert len(states()) == len(LINES)


def test_a_denied_probe_is_unknown_never_no() -> None:
    assert states(DENIED, IDENTITY)["view_all_data"] is State.UNKNOWN


def test_another_user_and_a_spent_budget_are_crossed_out() -> None:
    seen = states(IDENTITY, LIMITS, username="lee@acme.example")

    assert seen["right_user"] is State.NO
    assert seen["call_budget"] is State.NO
    assert seen["credentials"] is State.YES
    assert seen["api_enabled"] is State.YES
    assert states(IDENTITY, username="KIM@acme.example")["right_user"] is State.YES


def test_a_refusal_crosses_out_what_it_denies() -> None:
    found = diagnose(evidence_of([{"errorCode": "API_CURRENTLY_DISABLED", "message": "off"}]))
    lines = {line.name: line for line in preflight([], found)}

    assert lines["api_enabled"].state is State.NO
    assert "API Enabled" in lines["api_enabled"].cure
    assert lines["edition"].state is State.UNKNOWN
