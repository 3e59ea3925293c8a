"""From evidence to ranked findings: the rule that speaks, weighed by facts, told in plain words.

What belongs here: the record of a finding, ranking, and when a question is still open. What does
not: the tables themselves (``rules``, ``hints``, ``login_history``), texts (``catalogue``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sallyport.diagnosis.catalogue import UNEXPLAINED, causes, questions
from sallyport.diagnosis.evidence import Evidence
from sallyport.diagnosis.hints import HINTS, host_kind
from sallyport.diagnosis.login_history import causes_of
from sallyport.diagnosis.rules import RULES, Candidate, Rule

CERTAIN = 0.95
"""The most that is claimed of a cause: evidence is not proof."""
DECIDED = 0.85
"""From this probability on no further question is asked."""
_STATUS_WEIGHT = 300.0
_LEAST = 0.005


@dataclass(frozen=True)
class Finding:
    """One possible cause with what speaks for it, who must act and how; see docs/diagnosis.md."""

    code: str
    title: str
    cause: str
    probability: float
    needs: str
    retryable: bool
    steps: tuple[str, ...]
    setup_path: str
    evidence: tuple[str, ...]
    next_question: str | None

    def as_document(self) -> dict[str, Any]:
        """Return the finding in terms of JSON."""
        return {
            "code": self.code,
            "title": self.title,
            "cause": self.cause,
            "probability": self.probability,
            "needs": self.needs,
            "retryable": self.retryable,
            "steps": list(self.steps),
            "setup_path": self.setup_path,
            "evidence": list(self.evidence),
            "next_question": self.next_question,
        }


def diagnose(evidence: Evidence) -> list[Finding]:
    """Return the findings, likeliest first; always at least one."""
    rule = next((row for row in RULES if row.when(evidence)), None)
    weights, because = _weighed(rule, evidence)
    if not weights:
        return [_unexplained(evidence)]
    total = sum(weights.values())
    ranked = sorted(weights, key=lambda code: -weights[code])
    question = _question(rule, evidence, ranked, weights[ranked[0]] / total)
    seen = _seen(evidence)
    return [
        _finding(
            code,
            min(CERTAIN, weights[code] / total),
            (*seen, *because.get(code, ())),
            question,
        )
        for code in ranked
        if weights[code] / total >= _LEAST
    ]


def _weighed(
    rule: Rule | None, evidence: Evidence
) -> tuple[dict[str, float], dict[str, list[str]]]:
    """Return the weight of every cause that is possible, and what speaks for or against it."""
    candidates = () if rule is None else rule.candidates
    weights = {each.cause: each.weight for each in candidates if _possible(each, evidence)}
    if not weights:  # the flow that was named has none of them: then the words count
        weights = {each.cause: each.weight for each in candidates}
    because: dict[str, list[str]] = {}
    for place, code in enumerate(_by_status(evidence, weights)):
        weights[code] = max(weights.get(code, 0.0), 1.0) * _STATUS_WEIGHT / 1.5**place
        because[code] = [f"Login History says: {evidence.facts['login_history_status']}"]
    for hint in HINTS:
        if hint.cause in weights and hint.when(evidence):
            weights[hint.cause] *= hint.factor
            because.setdefault(hint.cause, []).append(hint.because)
    return weights, because


def _possible(candidate: Candidate, evidence: Evidence) -> bool:
    return not candidate.flows or evidence.may_be(*candidate.flows)


def _by_status(evidence: Evidence, weights: dict[str, float]) -> list[str]:
    """Return the causes Login History names: those the rule allows, or else all of them."""
    named = causes_of(evidence.told("login_history_status"))
    return [code for code in named if code in weights] or list(named)


def _question(
    rule: Rule | None, evidence: Evidence, ranked: list[str], highest: float
) -> str | None:
    if highest >= DECIDED or len(ranked) < 2:
        return None
    if set(ranked[:2]) == {"password-flow-blocked", "password-flow-retired"}:
        return "password-flow"
    question = rule.question if rule is not None else "whole-answer"
    if question == "login-history" and causes_of(evidence.told("login_history_status")):
        return None  # answered; nobody is asked twice
    return question


def _finding(
    code: str, probability: float, evidence: tuple[str, ...], question: str | None
) -> Finding:
    cause = causes()[code]
    return Finding(
        code=code,
        title=cause.title,
        cause=cause.cause,
        probability=round(probability, 3),
        needs=cause.needs.value,
        retryable=cause.retryable,
        steps=cause.steps,
        setup_path=cause.setup_path,
        evidence=evidence,
        next_question=None if question is None else questions()[question],
    )


def _unexplained(evidence: Evidence) -> Finding:
    return _finding(UNEXPLAINED, 0.5, _seen(evidence) or ("nothing was given",), "whole-answer")


def _seen(evidence: Evidence) -> tuple[str, ...]:
    """Return what the evidence holds, a sentence each, for the finding to stand on."""
    seen = []
    if evidence.codes:
        seen.append(f"Salesforce's code: {', '.join(evidence.codes[:5])}")
    description = evidence.redirect.get("error_description")
    if description or evidence.excerpt:
        seen.append(f"the words: {description or evidence.excerpt}")
    if evidence.http_status is not None:
        seen.append(f"HTTP status {evidence.http_status}")
    if evidence.stage is not None:
        seen.append(f"step: {evidence.stage}")
    if evidence.flows:
        seen.append(f"flow: {', '.join(sorted(evidence.flows))}")
    if evidence.host is not None:
        kind = host_kind(evidence)
        seen.append(f"host: {evidence.host}{f' ({kind})' if kind else ''}")
    return tuple(seen)
