"""Tokens to a :class:`Query`, by recursive descent.

What belongs here: the grammar and its "unexpected token" refusals. What does not: whether objects,
fields and types fit (``plan``). Parts of the grammar that are recognised but not modelled (TYPEOF,
ROLLUP, scopes other than everything) are refused with 501 and named.

Grammar documented at
https://developer.salesforce.com/docs/platform/soql-sosl/guide/sforce-api-calls-soql-select.html
"""

from __future__ import annotations

from dataclasses import replace

from sallyport_org import errors
from sallyport_org.soql.lexer import Token, tokens, unquoted
from sallyport_org.soql.tree import (
    Both,
    Call,
    ChildQuery,
    Comparison,
    Condition,
    Expression,
    FieldGroup,
    FieldPath,
    Literal,
    Membership,
    Not,
    Ordering,
    Query,
    Selected,
    SemiJoin,
)

_COMPARISONS = {"=", "!=", "<>", "<", "<=", ">", ">="}
_AFTER_SELECT_ITEM = {"FROM", ",", ")"}
_AFTER_FROM = {
    "WHERE",
    "WITH",
    "GROUP",
    "HAVING",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "FOR",
    "USING",
    "ALL",
}
_MODES = {"SECURITY_ENFORCED", "USER_MODE", "SYSTEM_MODE"}
_LOCKS = {"VIEW", "REFERENCE", "UPDATE"}


def parse(text: str) -> Query:
    """Return the query a SOQL text says; raises a :class:`~sallyport_org.errors.Refusal`."""
    parser = _Parser(text)
    query = parser.query()
    parser.expect_end()
    return replace(query, text=text)


class _Parser:
    """The position in one query text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.index = 0

    # -- moving over tokens

    @property
    def next(self) -> Token:
        return self.tokens[self.index]

    def take(self) -> Token:
        token = self.next
        self.index += 1
        return token

    def refused(self, token: Token, message: str | None = None) -> errors.Refusal:
        text = message or f"unexpected token: '{token.text}'"
        return errors.soql.at_position("MALFORMED_QUERY", text, self.text, token.at)

    def accept(self, *words: str) -> bool:
        """Take the words if they come next, in order."""
        ahead = self.tokens[self.index : self.index + len(words)]
        if len(ahead) < len(words) or any(
            token.kind == "string" or token.word != word
            for token, word in zip(ahead, words, strict=True)
        ):
            return False
        self.index += len(words)
        return True

    def expect(self, word: str) -> Token:
        token = self.next
        if not self.accept(word):
            raise self.refused(token)
        return token

    def expect_end(self) -> None:
        if self.next.kind != "end":
            raise self.refused(self.next)

    def name(self) -> Token:
        if self.next.kind not in ("name", "currency"):
            raise self.refused(self.next)
        return self.take()

    # -- the query

    def query(self) -> Query:
        self.expect("SELECT")
        selected = [self.selected()]
        while self.accept(","):
            selected.append(self.selected())
        self.expect("FROM")
        target = self.name()
        path = target.text
        while self.accept("."):
            path += "." + self.name().text
        alias = None
        if self.accept("AS"):
            alias = self.name().text
        elif self.next.kind == "name" and self.next.word not in _AFTER_FROM:
            alias = self.take().text
        if self.next.text == ",":
            raise errors.rest.not_modelled("several objects in FROM")
        self.scope()
        return self.clauses(Query(tuple(selected), path, target.at, alias=alias, text=self.text))

    def scope(self) -> None:
        if self.accept("USING"):
            self.expect("SCOPE")
            scope = self.name()
            if scope.word != "EVERYTHING":
                raise errors.rest.not_modelled(f"USING SCOPE {scope.text}")

    def clauses(self, query: Query) -> Query:
        if self.accept("WHERE"):
            query = replace(query, where=self.condition())
        while self.accept("WITH"):
            mode = self.name()
            if mode.word not in _MODES:
                raise errors.rest.not_modelled(f"WITH {mode.text}")
        if self.accept("GROUP", "BY"):
            if self.next.word in ("ROLLUP", "CUBE"):
                raise errors.rest.not_modelled(f"GROUP BY {self.next.word}")
            groups = [self.expression()]
            while self.accept(","):
                groups.append(self.expression())
            query = replace(query, group_by=tuple(groups))
            if self.accept("HAVING"):
                query = replace(query, having=self.condition())
        if self.accept("ORDER", "BY"):
            orders = [self.ordering()]
            while self.accept(","):
                orders.append(self.ordering())
            query = replace(query, order_by=tuple(orders))
        if self.accept("LIMIT"):
            query = replace(query, limit=self.whole_number())
        if self.accept("OFFSET"):
            query = replace(query, offset=self.whole_number())
        while self.accept("FOR"):
            if self.name().word not in _LOCKS:
                raise self.refused(self.tokens[self.index - 1])
        if self.accept("ALL", "ROWS"):
            raise errors.soql.malformed_query("ALL ROWS not allowed in this context")
        return query

    def whole_number(self) -> int:
        token = self.take()
        if token.kind != "number" or not token.text.isdigit():
            raise self.refused(token)
        return int(token.text)

    def ordering(self) -> Ordering:
        by = self.expression()
        descending = self.accept("DESC")
        if not descending:
            self.accept("ASC")
        nulls_last = False
        if self.accept("NULLS"):
            nulls_last = self.accept("LAST")
            if not nulls_last:
                self.expect("FIRST")
        return Ordering(by, descending, nulls_last)

    # -- the field list

    def selected(self) -> Selected:
        token = self.next
        if token.text == "(":
            self.take()
            child = self.query()
            self.expect(")")
            return Selected(ChildQuery(child, token.at), self.select_alias())
        if token.word == "TYPEOF" and self.tokens[self.index + 1].kind == "name":
            raise errors.rest.not_modelled("TYPEOF")
        if token.word == "FIELDS" and self.tokens[self.index + 1].text == "(":
            self.index += 2
            which = self.name()
            if which.word not in ("ALL", "STANDARD", "CUSTOM"):
                raise self.refused(which)
            self.expect(")")
            return Selected(FieldGroup(which.word, token.at))
        return Selected(self.expression(), self.select_alias())

    def select_alias(self) -> str | None:
        if self.next.kind != "name" or self.next.word in _AFTER_SELECT_ITEM:
            return None
        alias = self.take()
        if self.next.text not in (",", ")") and self.next.word != "FROM":
            raise self.refused(alias)
        return alias.text

    def expression(self) -> Expression:
        token = self.name()
        if self.accept("("):
            if self.accept(")"):
                return Call(token.word, None, token.at)
            argument = self.path(self.name())
            if self.next.text == "(":
                raise errors.rest.not_modelled(f"the function {argument} inside {token.text}()")
            self.expect(")")
            return Call(token.word, argument, token.at)
        return self.path(token)

    def path(self, first: Token) -> FieldPath:
        parts = [first.text]
        while self.accept("."):
            parts.append(self.name().text)
        return FieldPath(tuple(parts), first.at)

    # -- conditions: OR and AND do not mix without brackets, as in SOQL itself

    def condition(self) -> Condition:
        parts = [self.negation()]
        word = self.next.word if self.next.word in ("AND", "OR") else None
        while word is not None and self.accept(word):
            parts.append(self.negation())
        if word is not None and self.next.word in ("AND", "OR"):
            raise self.refused(self.next)
        return parts[0] if word is None else Both(word, tuple(parts))

    def negation(self) -> Condition:
        if self.accept("NOT"):
            return Not(self.negation())
        if self.accept("("):
            inside = self.condition()
            self.expect(")")
            return inside
        return self.comparison()

    def comparison(self) -> Condition:
        left = self.expression()
        token = self.take()
        if token.kind == "sign" and token.text in _COMPARISONS:
            operator = "!=" if token.text == "<>" else token.text
            return Comparison(left, operator, self.literal())
        word = token.word
        if word == "LIKE":
            return Comparison(left, "LIKE", self.literal())
        if word == "NOT" and self.accept("IN"):
            return self.membership(left, "NOT IN")
        if word in ("IN", "INCLUDES", "EXCLUDES"):
            return self.membership(left, word)
        raise self.refused(token)

    def membership(self, left: Expression, operator: str) -> Condition:
        self.expect("(")
        if self.next.word == "SELECT" and operator in ("IN", "NOT IN"):
            inner = self.query()
            self.expect(")")
            return SemiJoin(left, operator == "NOT IN", inner)
        values = [self.literal()]
        while self.accept(","):
            values.append(self.literal())
        self.expect(")")
        return Membership(left, operator, tuple(values))

    def literal(self) -> Literal:
        token = self.take()
        match token.kind:
            case "string":
                return Literal("string", unquoted(token, self.text), token.at)
            case "number" | "date" | "datetime" | "time":
                return Literal(token.kind, token.text, token.at)
            case "currency":
                return Literal("number", token.text[3:], token.at)
            case "name":
                return self.named_literal(token)
        raise self.refused(token)

    def named_literal(self, token: Token) -> Literal:
        if token.word in ("TRUE", "FALSE"):
            return Literal("boolean", token.word.lower(), token.at)
        if token.word == "NULL":
            return Literal("null", "", token.at)
        if self.accept(":"):
            return Literal("period", token.word, token.at, self.whole_number())
        return Literal("period", token.word, token.at)
