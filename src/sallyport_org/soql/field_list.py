"""The field list of a query: which values a row gives, and where each goes in the record.

What belongs here: the rules of SELECT, aliases among them. What does not: child queries and clauses
(``plan``), and how values are written (``output``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sallyport_org import errors
from sallyport_org.soql import functions
from sallyport_org.soql.functions import Value
from sallyport_org.soql.scope import Column, Source
from sallyport_org.soql.tree import (
    Call,
    ChildQuery,
    Distance,
    Expression,
    FieldGroup,
    FieldPath,
    Query,
    Selected,
    TypeOf,
)
from sallyport_org.soql.values import Values, aggregates

MAX_FIELDS_LIMIT = 200
"""FIELDS(ALL) and FIELDS(CUSTOM) need a LIMIT of at most this (documented:
https://developer.salesforce.com/docs/platform/soql-sosl/guide/sforce-api-calls-soql-select-fields.html)."""


@dataclass(frozen=True, slots=True)
class Output:
    """One value of a result row: where it goes in the record, and its SQL.

    A value of TYPEOF counts for parents of the ``kinds`` only; with ``others`` for all but these.
    """

    path: tuple[str, ...]
    value: Value
    source: Source | None = None
    kinds: tuple[str, ...] = ()
    others: bool = False

    def counts_for(self, kind: str) -> bool:
        """Tell whether a parent of that kind has this value."""
        return not (self.kinds or self.others) or (kind in self.kinds) != self.others


class FieldList:
    """Reads the field list of one query into outputs."""

    def __init__(self, query: Query, values: Values, grouped: bool) -> None:
        self._query, self._values, self._grouped = query, values, grouped
        self._unnamed = 0

    def outputs(self) -> tuple[Output, ...]:
        """Return the values of a row in the order selected; raises a refusal."""
        found: list[Output] = []
        for one in self._query.selected:
            match one.what:
                case ChildQuery():
                    if self._grouped:
                        raise errors.soql.grouped_children()
                case FieldGroup():
                    found.extend(self._group(one.what))
                case TypeOf():
                    found.extend(self._type_of(one.what))
                case _ if self._grouped:
                    found.append(self._grouped_value(one, one.what))
                case _:
                    found.append(self._plain(one, one.what))
        self._refuse_duplicates(found)
        return tuple(found)

    def _plain(self, one: Selected, what: Expression) -> Output:
        place = self._values.place(what.at)
        if isinstance(what, FieldPath):
            if one.alias is not None:
                raise errors.soql.aliased_field(place)
            return self._column(self._values.scope.find(what), self._values.of(what))
        value = self._values.of(what)
        if isinstance(what, Distance):
            return Output((one.alias or self._next_name(),), value)
        if value.function not in functions.RENDERINGS:
            raise errors.soql.not_grouped(place, value.name)
        path = (one.alias,) if one.alias else tuple(value.name.split("."))
        return Output(path, value)

    def _column(self, column: Column, value: Value) -> Output:
        return Output(column.path, value, column.source)

    def _grouped_value(self, one: Selected, what: Expression) -> Output:
        value = self._values.of(what)
        shown = what
        while isinstance(shown, Call) and shown.function in functions.RENDERINGS and shown.argument:
            shown = shown.argument
        base = self._values.of(shown)
        if not base.aggregate and not self._values.is_group(base):
            raise errors.soql.not_grouped(self._values.place(what.at), value.name)
        if isinstance(shown, FieldPath):
            return Output((one.alias or value.name.rsplit(".", 1)[-1],), value)
        return Output((one.alias or self._next_name(),), value)

    def _next_name(self) -> str:
        name = f"expr{self._unnamed}"
        self._unnamed += 1
        return name

    def _group(self, group: FieldGroup) -> Iterable[Output]:
        limit = self._query.limit
        if group.which != "STANDARD" and (limit is None or limit > MAX_FIELDS_LIMIT):
            raise errors.soql.fields_need_limit(self._values.place(group.at))
        if self._grouped:
            raise errors.soql.not_grouped(self._values.place(group.at), f"FIELDS({group.which})")
        wanted = {"ALL": (True, False), "STANDARD": (False,), "CUSTOM": (True,)}[group.which]
        for one in self._values.scope.root.sobject.fields:
            if one.custom in wanted:
                yield self._plain(Selected(path := FieldPath((one.name,), group.at)), path)

    # -- TYPEOF

    def _type_of(self, what: TypeOf) -> Iterable[Output]:
        """Documented: …/soql-sosl/guide/sforce-api-calls-soql-select-typeof.html."""
        if self._grouped:
            raise errors.soql.not_grouped(self._values.place(what.at), "TYPEOF")
        scope = self._values.scope
        parent = scope.follow(list(what.relationship.parts), what.relationship)
        if not parent.polymorphic:
            place = self._values.place(what.relationship.at)
            raise errors.soql.not_a_parent_of_several_kinds(place, str(what.relationship))
        named: list[str] = []
        for branch in what.branches:
            if branch.sobject is None:
                for path in branch.fields:
                    one = scope.field_of(parent, path)
                    value = Value(parent.column(one), one.type, one.name, one)
                    yield Output((*parent.path, one.name), value, parent, tuple(named), others=True)
                continue
            source = self._branch_source(parent, branch.sobject, branch.at)
            named.append(source.sobject.name)
            for path in branch.fields:
                one = scope.field_of(source, path)
                value = Value(source.column(one), one.type, one.name, one)
                yield Output((*parent.path, one.name), value, source, (source.sobject.name,))

    def _branch_source(self, parent: Source, name: str, at: int) -> Source:
        scope = self._values.scope
        sobject = scope.schema.find(name)
        if sobject is None:
            raise errors.soql.unknown_type(self._values.place(at), name)
        if sobject.name not in scope.kinds_of(parent):
            relationship = ".".join(parent.path)
            raise errors.soql.never_this_kind(self._values.place(at), relationship, name)
        return scope.join(sobject, f"{{}}.Id = {parent.alias}.Id")

    def _refuse_duplicates(self, outputs: list[Output]) -> None:
        seen: set[tuple[object, ...]] = set()
        for one in outputs:
            key = (tuple(part.lower() for part in one.path), one.kinds, one.others)
            if key in seen:
                name = ".".join(one.path)
                if self._grouped:
                    raise errors.soql.duplicate_alias(name)
                raise errors.soql.duplicate_field(name)
            seen.add(key)
        typed = {one.path[:-1] for one in outputs if one.kinds or one.others}
        for one in outputs:
            if one.path[:-1] in typed and not (one.kinds or one.others):
                raise errors.soql.typeof_and_field(".".join(one.path[:-1]))


def is_grouped(query: Query) -> bool:
    """Tell whether a query's rows are groups: it says GROUP BY, or selects an aggregate."""
    return bool(query.group_by) or any(aggregates(one.what) for one in query.selected)


def is_bare_count(query: Query, values: Values) -> bool:
    """Tell whether a query is ``SELECT COUNT()``, which must select nothing else."""
    bare = [
        one.what
        for one in query.selected
        if isinstance(one.what, Call) and one.what.function == "COUNT" and not one.what.argument
    ]
    if bare and (len(query.selected) > 1 or query.group_by):
        raise errors.soql.unexpected_token(values.place(bare[0].at), ")")
    return bool(bare)
