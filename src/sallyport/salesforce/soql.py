"""Writing SOQL: literals, the few statements we send, and checking a condition a person wrote.

What belongs here: text in, text out. What does not: sending it (``rest_query.py``,
``bulk_query.py``), or knowing whether a field exists (the describe knows, and Salesforce says so).

Grammar: https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/ (documented).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sallyport.errors import InvalidRequest

_ESCAPES = str.maketrans(
    {"\\": r"\\", "'": r"\'", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\b": r"\b", "\f": r"\f"}
)
_NAME = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*)*", re.ASCII)

# What may not stand at the top level of a condition: clauses that would change the statement around
# it.
_CLAUSES = re.compile(
    r"(?<![\w.])(select|from|where|having|limit|offset|order\s+by|group\s+by|using\s+scope"
    r"|with|for\s+(?:view|reference|update)|all\s+rows|typeof)(?![\w.])",
    re.IGNORECASE | re.ASCII,
)
_TEXT = re.compile(r"'(?:[^'\\]|\\.)*'", re.DOTALL)


def quote(text: str) -> str:
    """Return a text as a SOQL literal, quotes included."""
    return f"'{text.translate(_ESCAPES)}'"


def datetime_literal(dt: datetime) -> str:
    """Return a moment as a SOQL date-time in UTC; fractions only where there are any.

    Raises InvalidRequest for a moment without time zone.
    """
    if dt.tzinfo is None:
        raise InvalidRequest("A moment needs a time zone to be asked for.", received=str(dt))
    moment = dt.astimezone(UTC).replace(tzinfo=None)
    if moment.microsecond == 0:
        return f"{moment.isoformat()}Z"
    precision = "milliseconds" if moment.microsecond % 1000 == 0 else "microseconds"
    return f"{moment.isoformat(timespec=precision)}Z"


def select(object: str, fields: Sequence[str], conditions: Sequence[str]) -> str:  # noqa: A002 - SOQL's own word
    """Return ``SELECT fields FROM object``, with the conditions joined by AND."""
    for name in (object, *fields):
        if not _NAME.fullmatch(name):
            raise InvalidRequest("This is not an API name.", received=name)
    return f"SELECT {', '.join(fields)} FROM {object}{_where(conditions)}"  # noqa: S608 - names checked


def count(object: str, conditions: Sequence[str]) -> str:  # noqa: A002 - SOQL's own word
    """Return the query that counts an object's rows under the conditions."""
    if not _NAME.fullmatch(object):
        raise InvalidRequest("This is not an API name.", received=object)
    return f"SELECT COUNT() FROM {object}{_where(conditions)}"  # noqa: S608 - names checked


def check_condition(where: str, *, field: str = "where") -> str:
    """Return a person's condition in brackets, fit to stand beside others with AND.

    Checks what could change the statement around it: quotes and brackets that do not close, a
    clause (ORDER BY, LIMIT, ...) at the top level, comments and semicolons. Names and types are
    left to Salesforce. Raises InvalidRequest naming ``field`` and the position (characters, from
    1).
    """
    if not where.strip():
        raise InvalidRequest(
            "The condition is empty.",
            field=field,
            received=where,
            cure="Leave it out to read every row, or write one like Amount > 1000.",
        )

    def refused(message: str, position: int, cure: str) -> InvalidRequest:
        sentence = f"{message} at position {position + 1} of the condition."
        return InvalidRequest(sentence, field=field, received=where, cure=cure)

    # Texts are blanked out, in place, so that what they hold is neither bracket nor clause.
    bare = _TEXT.sub(lambda match: "'" + " " * (len(match.group()) - 2) + "'", where)
    open_text = re.search(r"'", re.sub(r"' *'", lambda match: " " * len(match.group()), bare))
    if open_text:
        raise refused(
            "A text is not closed", open_text.start(), "Close it with a single quote (')."
        )
    odd = re.search(r'[;"`\x00]|--|/\*', bare)
    if odd:
        raise refused(
            f"{odd.group()!r} does not belong in a condition",
            odd.start(),
            "Write texts in single quotes, and the condition alone.",
        )
    top_level = _blank_brackets(bare, refused)
    clause = _CLAUSES.search(top_level)
    if clause:
        word = " ".join(clause.group().upper().split())
        cure = (
            "Write what would follow WHERE, without the word itself."
            if word == "WHERE"
            else "Write the condition alone; order, limits and grouping cannot be chosen."
        )
        raise refused(f"{word} is a clause of its own", clause.start(), cure)
    return f"({where.strip()})"


def _blank_brackets(bare: str, refused: Callable[[str, int, str], InvalidRequest]) -> str:
    """Return the text with everything inside brackets blanked; semi-joins hold clauses of their
    own."""
    opened: list[int] = []
    out: list[str] = []
    for position, character in enumerate(bare):
        if character == "(":
            opened.append(position)
        elif character == ")":
            if not opened:
                raise refused("A bracket closes that was not opened", position, "Open it with (.")
            opened.pop()
        out.append(" " if opened or character == ")" else character)
    if opened:
        raise refused("A bracket is not closed", opened[-1], "Close it with ).")
    return "".join(out)


def _where(conditions: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""
