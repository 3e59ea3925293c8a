"""Text to a :class:`Query`, by recursive descent: the field list and the clauses.

What belongs here: the grammar of SELECT and its "unexpected token" refusals. What does not:
conditions (``criteria``), expressions (``expressions``), and whether objects, fields and types fit
(``plan``).

Grammar documented at
https://developer.salesforce.com/docs/platform/soql-sosl/guide/sforce-api-calls-soql-select.html
"""

from __future__ import annotations

from dataclasses import replace

from sallyport_org import errors
from sallyport_org.soql.criteria import condition
from sallyport_org.soql.expressions import expression, path
from sallyport_org.soql.reader import Reader
from sallyport_org.soql.tree import (
    Branch,
    ChildQuery,
    Expression,
    FieldGroup,
    FieldPath,
    Ordering,
    Query,
    ScopeName,
    Selected,
    TypeOf,
)

_AFTER_SELECT_ITEM = frozenset({"FROM", ",", ")"})
_AFTER_FROM = frozenset(
    {"WHERE", "WITH", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "FOR", "USING", "ALL"}
)
_MODES = frozenset({"SECURITY_ENFORCED", "USER_MODE", "SYSTEM_MODE"})
_LOCKS = frozenset({"VIEW", "REFERENCE", "UPDATE"})
_UPDATES = frozenset({"TRACKING", "VIEWSTAT"})


def parse(text: str) -> Query:
    """Return the query a SOQL text says; raises a :class:`~sallyport_org.errors.Refusal`."""
    reader = Reader(text)
    query = _Parser(reader).query()
    if reader.next.kind != "end":
        raise reader.unexpected(reader.next)
    return replace(query, text=text)


class _Parser:
    """Reads queries from one reader."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def query(self) -> Query:
        reader = self.reader
        reader.expect("SELECT")
        selected = [self.selected()]
        while reader.accept(","):
            selected.append(self.selected())
        reader.expect("FROM")
        target = path(reader)
        query = Query(tuple(selected), str(target), target.at, self.alias(), text=reader.text)
        aliases: list[tuple[str, FieldPath]] = []
        while reader.accept(","):
            further = path(reader)
            name = self.alias()
            if name is None:
                raise reader.unexpected(reader.next)
            aliases.append((name, further))
        return self.clauses(replace(query, aliases=tuple(aliases), scope=self.scope()))

    def alias(self) -> str | None:
        """Read the alias of an object in FROM, if there is one."""
        if self.reader.accept("AS"):
            return self.reader.name().text
        if self.reader.next.kind == "name" and self.reader.next.word not in _AFTER_FROM:
            return self.reader.take().text
        return None

    def scope(self) -> ScopeName | None:
        if not self.reader.accept("USING"):
            return None
        self.reader.expect("SCOPE")
        token = self.reader.name()
        return ScopeName(token.text, token.at)

    # -- the clauses, in their one possible order

    def clauses(self, query: Query) -> Query:
        reader = self.reader
        if reader.accept("WHERE"):
            query = replace(query, where=condition(reader, self.query))
        while reader.accept("WITH"):
            mode = reader.name()
            if mode.word not in _MODES:
                raise errors.rest.not_modelled(f"WITH {mode.text}")
        if reader.accept("GROUP", "BY"):
            query = self.grouping(query)
        if reader.accept("ORDER", "BY"):
            orders = [self.ordering()]
            while reader.accept(","):
                orders.append(self.ordering())
            query = replace(query, order_by=tuple(orders))
        if reader.accept("LIMIT"):
            query = replace(query, limit=self.bound())
        if reader.accept("OFFSET"):
            query = replace(query, offset=self.bound())
        self.endings()
        return query

    def grouping(self, query: Query) -> Query:
        reader = self.reader
        kind = ""
        if reader.next.word in ("ROLLUP", "CUBE") and reader.after.text == "(":
            kind = reader.take().word
            reader.take()
        groups: list[Expression] = [expression(reader)]
        while reader.accept(","):
            groups.append(expression(reader))
        if kind:
            reader.expect(")")
        query = replace(query, group_by=tuple(groups), grouping=kind)
        if reader.accept("HAVING"):
            query = replace(query, having=condition(reader, self.query))
        return query

    def endings(self) -> None:
        """Read what asks for locks and view counts, which a read over REST does not feel."""
        reader = self.reader
        while reader.accept("FOR"):
            token = reader.name()
            if token.word not in _LOCKS:
                raise reader.unexpected(token)
        if reader.accept("ALL"):
            reader.expect("ROWS")
            raise errors.soql.all_rows()
        if reader.accept("UPDATE"):
            token = reader.name()
            if token.word not in _UPDATES:
                raise reader.unexpected(token)
            raise errors.rest.not_modelled(f"UPDATE {token.word}")

    def bound(self) -> int:
        token = self.reader.next
        number = self.reader.whole_number()
        if number > 2**31 - 1:
            raise errors.soql.number_too_large(token.text)
        return number

    def ordering(self) -> Ordering:
        reader = self.reader
        by = expression(reader)
        descending = reader.accept("DESC")
        if not descending:
            reader.accept("ASC")
        nulls_last = False
        if reader.accept("NULLS"):
            nulls_last = reader.accept("LAST")
            if not nulls_last:
                reader.expect("FIRST")
        return Ordering(by, descending, nulls_last)

    # -- the field list

    def selected(self) -> Selected:
        reader = self.reader
        token = reader.next
        if token.text == "(":
            reader.take()
            with reader.nested():
                child = self.query()
            reader.expect(")")
            return Selected(ChildQuery(child, token.at), self.select_alias())
        if token.word == "TYPEOF" and reader.after.kind == "name":
            return Selected(self.type_of())
        if token.word == "FIELDS" and reader.after.text == "(":
            reader.take()
            reader.take()
            which = reader.name()
            if which.word not in ("ALL", "STANDARD", "CUSTOM"):
                raise reader.unexpected(which)
            reader.expect(")")
            return Selected(FieldGroup(which.word, token.at))
        return Selected(expression(reader), self.select_alias())

    def select_alias(self) -> str | None:
        reader = self.reader
        if reader.next.kind != "name" or reader.next.word in _AFTER_SELECT_ITEM:
            return None
        alias = reader.take()
        if reader.next.text not in (",", ")") and reader.next.word != "FROM":
            raise reader.unexpected(alias)
        return alias.text

    def type_of(self) -> TypeOf:
        reader = self.reader
        start = reader.expect("TYPEOF")
        relationship = path(reader)
        branches: list[Branch] = []
        while reader.next.word == "WHEN":
            at = reader.take().at
            kind = reader.name().text
            reader.expect("THEN")
            branches.append(Branch(kind, self.paths(), at))
        if not branches:
            raise reader.unexpected(reader.next)
        if reader.next.word == "ELSE":
            at = reader.take().at
            branches.append(Branch(None, self.paths(), at))
        reader.expect("END")
        return TypeOf(relationship, tuple(branches), start.at)

    def paths(self) -> tuple[FieldPath, ...]:
        found = [path(self.reader)]
        while self.reader.accept(","):
            found.append(path(self.reader))
        return tuple(found)
