"""An error of ours as evidence: what a refused or unanswered call left behind.

What belongs here: reading SallyportError. What does not: raising it (``salesforce``, ``auth``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sallyport.diagnosis.evidence import Evidence, evidence_of
from sallyport.errors import SallyportError

# How far an unanswered call got, in the words the rules of the network look for.
_STAGES = {"dns": "ENOTFOUND", "connect": "ECONNREFUSED", "timeout": "ETIMEDOUT"}


def evidence_of_error(
    error: SallyportError, *, flow: str | None, host: str | None, facts: Mapping[str, Any]
) -> Evidence:
    """Return the evidence of an error: Salesforce's status, code and text, or how far it got."""
    reached = getattr(error, "stage", None)
    code = getattr(error, "code", None) or ""
    told: dict[str, Any] = {
        "flow": flow,
        "host": host,
        "http_status": getattr(error, "status", None),
        "body": {"error": code, "message": getattr(error, "text", None) or error.message},
        "facts": dict(facts),
    }
    if reached in {"dns", "connect", "tls", "timeout"}:
        told["stage"] = "network"
        told["network"] = f"{error.message} {_STAGES.get(str(reached), '')}"
    return evidence_of({name: value for name, value in told.items() if value is not None})
