"""The text of a formula as a tree.

What belongs here: tokens, precedence, and the errors of texts that are no formula. What does not:
whether names and functions exist, and types (``compiler``).

Operators and their order are documented at
https://help.salesforce.com/s/articleView?id=sf.formula_operators_and_functions.htm
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

MAX_LENGTH = 3900
"""Most characters of a formula (documented)."""
MAX_DEPTH = 100
"""Most brackets and calls inside one another; a limit of this simulator."""


class FormulaError(ValueError):
    """A formula that cannot be used; the text names it and says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a text, TRUE, FALSE or NULL."""

    value: str | bool | None
    number: bool = False


@dataclass(frozen=True, slots=True)
class Name:
    """``Amount``, ``Account.Owner.Name``, ``Owner:User.Email`` or ``$User.Id``, as written."""

    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function (upper case) and its arguments."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """Two operands and an operator between them; ``-`` and ``!`` may stand before one alone."""

    operator: str
    operands: tuple[Node, ...]


Node = Literal | Name | Call | Operation

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|/\*.*?\*/)
  | (?P<number>\d+(?:\.\d+)?|\.\d+)
  | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<name>\$?[A-Za-z_]\w*(?::[A-Za-z_]\w*)?(?:\.[A-Za-z_]\w*(?::[A-Za-z_]\w*)?)*)
  | (?P<operator>&&|\|\||<>|!=|==|<=|>=|[-+*/^&=<>!(),])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_LEVELS = {
    "||": 1,
    "&&": 2,
    "=": 3,
    "==": 3,
    "<>": 3,
    "!=": 3,
    "<": 4,
    ">": 4,
    "<=": 4,
    ">=": 4,
    "&": 5,
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "^": 7,
}
_SAME = {"==": "=", "!=": "<>"}
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """Return the tree of a formula; raises :class:`FormulaError` saying what is wrong."""
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"Formula is too long ({len(text):,} of {MAX_LENGTH:,} characters)")
    return _Parser(_tokens(text)).whole()


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise FormulaError(f"Syntax error. Found {text[at : at + 20]!r}")
        if token.lastgroup != "space":
            found.append((token.lastgroup or "", token.group()))
        at = token.end()
    return found


class _Parser:
    """Precedence climbing over the tokens."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens, self._at, self._depth = tokens, 0, 0

    def whole(self) -> Node:
        node = self._expression(1)
        if self._at < len(self._tokens):
            raise FormulaError(f"Syntax error. Extra {self._tokens[self._at][1]!r}")
        return node

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _take(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise FormulaError("Syntax error. The formula ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, wanted: str) -> None:
        if self._peek() != wanted:
            raise FormulaError(f"Syntax error. Missing {wanted!r}")
        self._at += 1

    def _expression(self, lowest: int) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise FormulaError(f"Formula is nested deeper than {MAX_DEPTH} levels")
        left = self._operand()
        while _LEVELS.get(self._peek(), 0) >= lowest:
            operator = self._take()[1]
            right = self._expression(_LEVELS[operator] + 1)
            left = Operation(_SAME.get(operator, operator), (left, right))
        self._depth -= 1
        return left

    def _operand(self) -> Node:
        kind, text = self._take()
        if kind == "number":
            return Literal(text, number=True)
        if kind == "text":
            inner = text[1:-1]
            return Literal(re.sub(r"\\(.)", _unescaped, inner, flags=re.DOTALL))
        if kind == "name":
            return self._named(text)
        if text == "(":
            node = self._expression(1)
            self._expect(")")
            return node
        if text in ("-", "+", "!"):
            # A sign binds tighter than any operator: -2^2 is (-2)^2, as in spreadsheets (assumed).
            operand = self._expression(_LEVELS["^"] + 1)
            return operand if text == "+" else Operation(text, (operand,))
        raise FormulaError(f"Syntax error. Found {text!r}")

    def _named(self, text: str) -> Node:
        if self._peek() != "(" or "." in text:
            if text.lower() in _WORDS:
                return Literal(_WORDS[text.lower()])
            return Name(tuple(text.split(".")))
        self._expect("(")
        arguments: list[Node] = []
        while self._peek() != ")":
            arguments.append(self._expression(1))
            if self._peek() != ")":
                self._expect(",")
        self._expect(")")
        return Call(text.upper(), tuple(arguments))


def _unescaped(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[1], found[1])
