"""How REST words a value of the wrong type: with the line and column it stands at.

What belongs here: adding the place. What does not: finding it (``json_text``) and the sentence
(``errors.rows``).

The place at the end of the sentence is observed; that it is the one behind the value, where a
parser stands that has just read it, is assumed. Of records inside a composite request it counts
from the beginning of the record's own body (assumed), and bodies of several parts have none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sallyport_org import errors, json_text
from sallyport_org.dml.model import Wording
from sallyport_org.schema.model import Field
from sallyport_org.web import Call


def located(call: Call, *path: str | int) -> Wording | None:
    """Return the wording for the record a path leads to in a JSON body."""
    if call.headers.get("Content-Type", "").lower().startswith("multipart/"):
        return None

    def wording(
        plain: errors.Refusal, one: Field, given: Any, inner: tuple[str, ...]
    ) -> errors.Refusal:
        line, column = json_text.after(call.body, (*path, *inner))
        return replace(plain, message=f"{plain.message} at [line:{line}, column:{column}]")

    return wording
