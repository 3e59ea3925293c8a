"""How a step's result or refusal is written down, so that a replay gives exactly the same.

What belongs here: JSON for outcomes. A step that Salesforce refused has *ended*: the refusal is its
result, recorded like any other, and raised again from the record when the workflow is replayed.
"""

from __future__ import annotations

from typing import Any

from sallyport import errors
from sallyport.errors import SallyportError


def failed(error: SallyportError) -> dict[str, Any]:
    """Return an error as JSON values; a room's own kind of error as the root kind it is."""
    details = {key: value for key, value in vars(error).items() if value is not None}
    kinds = (kind for kind in type(error).__mro__ if getattr(errors, kind.__name__, None) is kind)
    return {"failed": {"class": next(kinds).__name__, **details}}


def value_of(outcome: dict[str, Any]) -> Any:
    """Return the recorded value, or raise the recorded error as the class it was."""
    if "failed" not in outcome:
        return outcome["value"]
    details = dict(outcome["failed"])
    name = details.pop("class")
    error_class = getattr(errors, name, SallyportError)
    error = error_class.__new__(error_class)
    Exception.__init__(error, details["message"])
    for key in ("message", "field", "received", "cure", "status", "stage", "code", "text"):
        setattr(error, key, details.get(key))
    raise error
