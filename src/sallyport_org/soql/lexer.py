"""SOQL text to tokens.

What belongs here: spelling of names, numbers, dates and quoted texts. What does not: which words
mean something where; SOQL has no reserved field names, so the parser decides that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sallyport_org import errors

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|z|[+-]\d\d:?\d\d))
  | (?P<date>\d{4}-\d\d-\d\d(?![\dT]))
  | (?P<time>\d\d:\d\d:\d\d(?:\.\d+)?[Zz]?)
  | (?P<number>[+-]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?(?![A-Za-z_]))
  | (?P<currency>[A-Za-z]{3}\d+(?:\.\d+)?(?![A-Za-z0-9_]))
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<string>'(?:[^'\\]|\\.)*')
  | (?P<sign><=|>=|!=|<>|[=<>(),.:*])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "N": "\n", "R": "\r", "T": "\t"}
_ESCAPED |= {"B": "\b", "F": "\f", "'": "'", '"': '"', "\\": "\\"}
_LIKE_ESCAPED = {"%", "_"}

MAX_LENGTH = 100_000
"""Longest SOQL text (documented for the APIs)."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token; ``kind`` is a group name of the pattern, or ``end``."""

    kind: str
    text: str
    at: int

    @property
    def word(self) -> str:
        """The text in upper case, for comparing with keywords."""
        return self.text.upper()


def tokens(text: str) -> list[Token]:
    """Return the tokens of a query, the last one being ``end``.

    Raises MALFORMED_QUERY for characters no token begins with and for unclosed texts.
    """
    if len(text) > MAX_LENGTH:
        raise errors.soql.too_long()
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            place = errors.soql.Place(text, at)
            if text[at] == "'":
                raise errors.soql.unclosed_text(place)
            raise errors.soql.unexpected_token(place, text[at])
        kind = match.lastgroup or ""
        if kind != "space":
            found.append(Token(kind, match.group(), at))
        at = match.end()
    found.append(Token("end", "<EOF>", len(text.rstrip())))
    return found


def unquoted(token: Token, text: str, *, like: bool = False) -> str:
    r"""Return what a quoted token says.

    ``like`` gives the pattern it is to LIKE instead: ``\%``, ``\_`` and ``\\`` stay escaped there.
    Raises MALFORMED_QUERY for unknown escapes, which Salesforce calls illegal (documented list:
    https://developer.salesforce.com/docs/platform/soql-sosl/guide/sforce-api-calls-soql-select-quotedstringescapes.html).
    """

    def replaced(match: re.Match[str]) -> str:
        escape = match.group(1)
        if len(escape) == 5:
            return chr(int(escape[1:], 16))
        if escape in _LIKE_ESCAPED or (like and escape == "\\"):
            return "\\" + escape if like else escape
        if escape not in _ESCAPED:
            place = errors.soql.Place(text, token.at)
            raise errors.soql.illegal_escape(place, token.text[1:-1], escape)
        return _ESCAPED[escape]

    said = _ESCAPE.sub(replaced, token.text[1:-1])
    # escapes write characters beyond the first plane as two halves; a lone half is no character
    return said.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
