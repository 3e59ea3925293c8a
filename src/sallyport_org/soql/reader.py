"""The position in one query's tokens: looking, taking, refusing.

What belongs here: moving over tokens. What does not: any rule of the grammar.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sallyport_org import errors
from sallyport_org.soql.lexer import Token, tokens

MOST_NESTED = 100
"""Most brackets, NOTs and queries inside one another (assumed; it bounds the reader's own work)."""


class Reader:
    """The tokens of a text and the next one to read. Raises MALFORMED_QUERY for what none is."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = tokens(text)
        self._index = 0
        self._depth = 0

    @property
    def next(self) -> Token:
        """The token to come."""
        return self._tokens[self._index]

    @property
    def after(self) -> Token:
        """The token behind the next one."""
        return self._tokens[min(self._index + 1, len(self._tokens) - 1)]

    def take(self) -> Token:
        """Return the next token and move on; the end is never left behind."""
        token = self.next
        if token.kind != "end":
            self._index += 1
        return token

    def accept(self, *words: str) -> bool:
        """Take the words if they come next, in order."""
        ahead = self._tokens[self._index : self._index + len(words)]
        if len(ahead) < len(words) or any(
            token.kind == "string" or token.word != word
            for token, word in zip(ahead, words, strict=True)
        ):
            return False
        self._index += len(words)
        return True

    def expect(self, word: str) -> Token:
        """Take a word that must come; raises "unexpected token" otherwise."""
        token = self.next
        if not self.accept(word):
            raise self.unexpected(token)
        return token

    def name(self) -> Token:
        """Take a name; SOQL has no reserved ones. Raises "unexpected token" otherwise."""
        if self.next.kind not in ("name", "currency"):
            raise self.unexpected(self.next)
        return self.take()

    def whole_number(self) -> int:
        """Take a number without sign and fraction; raises "unexpected token" otherwise."""
        token = self.take()
        if token.kind != "number" or not token.text.isdigit():
            raise self.unexpected(token)
        return int(token.text)

    def unexpected(self, token: Token) -> errors.Refusal:
        """Return the refusal of a token that cannot stand where it does."""
        return errors.soql.unexpected_token(self.place(token), token.text)

    def place(self, token: Token) -> errors.soql.Place:
        """Return where a token stands."""
        return errors.soql.Place(self.text, token.at)

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Go one level deeper; raises QUERY_TOO_COMPLICATED beyond the bound."""
        self._depth += 1
        if self._depth > MOST_NESTED:
            raise errors.soql.too_complicated()
        yield
        self._depth -= 1
