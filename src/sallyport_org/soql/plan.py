"""A parsed query against a schema: checked, and turned into SQL.

What belongs here: the rules of the field list, of grouping and sorting, and putting the SQL
together. What does not: names (``scope``), conditions, and how values are written (``output``).

Ties of an ORDER BY are broken by id, so that the same query gives the same order. Without ORDER BY
the order is the engine's, which is stable within one result (Salesforce promises nothing).
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema, texts are quoted

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from sallyport_org import errors
from sallyport_org.rows.engine import live, text_literal
from sallyport_org.schema.model import COMPOUND_TYPES, TEXT_TYPES, Schema, SObject
from sallyport_org.soql import functions
from sallyport_org.soql.conditions import Conditions
from sallyport_org.soql.functions import Value
from sallyport_org.soql.scope import Scope, Source
from sallyport_org.soql.tree import (
    Call,
    ChildQuery,
    Expression,
    FieldGroup,
    FieldPath,
    Ordering,
    Query,
    Selected,
)

MAX_OFFSET = 2000
"""Largest OFFSET (documented)."""
MAX_FIELDS_LIMIT = 200
"""FIELDS(ALL) and FIELDS(CUSTOM) need a LIMIT of at most this (documented)."""


@dataclass(frozen=True, slots=True)
class Output:
    """One value of a result row: where it goes in the record, and its SQL."""

    path: tuple[str, ...]
    value: Value
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Children:
    """A child query: its name in the record, and the rows of all parents ordered within each.

    ``link`` is the SQL of the child's reference to its parent.
    """

    name: str
    plan: Plan
    link: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A query ready to run. ``tail`` is all that follows WHERE, LIMIT and OFFSET included."""

    query: Query
    sobject: SObject
    outputs: tuple[Output, ...]
    parents: tuple[Source, ...]
    children: tuple[Children, ...]
    grouped: bool
    count_only: bool
    source: Source
    tables: str
    condition: str
    tail: str

    def select(self, projection: str) -> str:
        """Return the SQL that gives the projected values of every row."""
        return f"SELECT {projection} FROM {self.tables} WHERE {self.condition}{self.tail}"


def plan(
    schema: Schema, query: Query, *, today: date, all_rows: bool = False, prefix: str = "t"
) -> Plan:
    """Check a query against the schema and plan it; raises a refusal in Salesforce's words.

    ``all_rows`` includes deleted and archived rows, as queryAll does.
    """
    sobject = schema.find(query.sobject)
    if sobject is None:
        raise errors.records.unknown_type(query.sobject)
    return _Planner(schema, query, sobject, today, all_rows, prefix).plan()


class _Planner:
    """The state of planning one query."""

    def __init__(
        self,
        schema: Schema,
        query: Query,
        sobject: SObject,
        today: date,
        all_rows: bool,
        prefix: str,
    ) -> None:
        self.schema, self.query, self.sobject = schema, query, sobject
        self.today, self.all_rows, self.prefix = today, all_rows, prefix
        names = {sobject.name} | ({query.alias} if query.alias else set())
        self.scope = Scope(schema, sobject, query.text, names, prefix)
        self.inner_queries = 0

    def plan(self) -> Plan:
        query = self.query
        grouped = bool(query.group_by) or any(
            isinstance(one.what, Call) and one.what.function in functions.AGGREGATES
            for one in query.selected
        )
        count_only = grouped and self._is_bare_count()
        outputs, children = self._outputs(grouped)
        condition = self._condition()
        tail = self._tail(grouped, outputs)
        return Plan(
            query=query,
            sobject=self.sobject,
            outputs=tuple(outputs),
            parents=tuple(self.scope.parents()),
            children=tuple(children),
            grouped=grouped,
            count_only=count_only,
            source=self.scope.root,
            tables=self.scope.from_clause(),
            condition=condition,
            tail=tail,
        )

    def _is_bare_count(self) -> bool:
        calls = [one.what for one in self.query.selected]
        bare = [one for one in calls if isinstance(one, Call) and one.argument is None]
        if bare and (len(calls) > 1 or self.query.group_by):
            raise errors.soql.at_position(
                "MALFORMED_QUERY", "unexpected token: ')'", self.query.text, bare[0].at
            )
        return bool(bare)

    # -- the field list

    def _outputs(self, grouped: bool) -> tuple[list[Output], list[Children]]:
        outputs: list[Output] = []
        children: list[Children] = []
        unnamed = 0
        for one in self.query.selected:
            match one.what:
                case FieldGroup():
                    outputs.extend(self._field_group(one.what))
                case ChildQuery():
                    children.append(self._children(one.what))
                case FieldPath() if not grouped:
                    outputs.append(self._plain(one.what, one))
                case _:
                    output = self._grouped(one, one.what, unnamed)
                    unnamed += isinstance(one.what, Call) and one.alias is None
                    outputs.append(output)
        self._refuse_duplicates(outputs)
        return outputs, children

    def _plain(self, path: FieldPath, one: Selected) -> Output:
        if one.alias is not None:
            message = "only aggregate expressions use field aliasing"
            raise errors.soql.at_position("MALFORMED_QUERY", message, self.query.text, path.at)
        column = self.scope.find(path)
        value = self.value(path)
        return Output(column.path, value, column.source)

    def _grouped(self, one: Selected, what: Expression, unnamed: int) -> Output:
        value = self.value(what)
        keys = [self.value(group).sql for group in self.query.group_by]
        if not value.aggregate and value.sql not in keys and isinstance(what, FieldPath):
            message = f"Field must be grouped or aggregated: {value.name}"
            raise errors.soql.at_position("MALFORMED_QUERY", message, self.query.text, what.at)
        name = one.alias or (f"expr{unnamed}" if isinstance(what, Call) else value.name)
        return Output((name.rsplit(".", 1)[-1],), value)

    def _field_group(self, group: FieldGroup) -> list[Output]:
        limit = self.query.limit
        if group.which != "STANDARD" and (limit is None or limit > MAX_FIELDS_LIMIT):
            message = "The SOQL FIELDS function must have a LIMIT of at most 200"
            raise errors.soql.at_position("MALFORMED_QUERY", message, self.query.text, group.at)
        wanted = {"ALL": (True, False), "STANDARD": (False,), "CUSTOM": (True,)}[group.which]
        return [
            self._plain(path, Selected(path))
            for one in self.sobject.fields
            if one.custom in wanted
            for path in [FieldPath((one.name,), group.at)]
        ]

    def _refuse_duplicates(self, outputs: list[Output]) -> None:
        seen: set[tuple[str, ...]] = set()
        for one in outputs:
            if one.path in seen:
                raise errors.soql.invalid_field(f"duplicate field selected: {'.'.join(one.path)}")
            seen.add(one.path)

    def _children(self, child: ChildQuery) -> Children:
        inner = child.query
        if any(isinstance(one.what, ChildQuery) for one in inner.selected):
            raise errors.rest.not_modelled("child queries inside child queries")
        if inner.group_by or any(isinstance(one.what, Call) for one in inner.selected):
            raise errors.rest.not_modelled("aggregates inside child queries")
        for link in self.schema.children_of(self.sobject.name):
            if link.field.children and link.field.children.lower() == inner.sobject.lower():
                break
        else:
            message = errors.records.unknown_child_relationship(inner.sobject)
            raise errors.soql.at_position("INVALID_TYPE", message, self.query.text, inner.at)
        renamed = replace(inner, sobject=link.sobject.name, text=self.query.text)
        planned = plan(
            self.schema, renamed, today=self.today, all_rows=self.all_rows, prefix=self.prefix + "c"
        )
        return Children(link.field.children, planned, planned.source.column(link.field))

    # -- values

    def value(self, what: Expression) -> Value:
        """Return an expression as SQL with its type."""
        if isinstance(what, FieldPath):
            column = self.scope.find(what)
            name = ".".join(column.path)
            sql = "NULL" if column.field.type in COMPOUND_TYPES else column.sql
            return Value(sql, column.field.type, name, column.field)
        argument = None if what.argument is None else self.value(what.argument)
        return functions.apply(what.function, argument, self.query.text, what.at)

    # -- the rest of the query

    def _conditions(self) -> Conditions:
        return Conditions(self.query.text, self.value, self._inner, self.today)

    def _condition(self) -> str:
        parts = [] if self.all_rows else [live(self.sobject, self.scope.root.alias)]
        if self.query.where is not None:
            parts.append(self._conditions().sql(self.query.where))
        return " AND ".join(parts) or "true"

    def _inner(self, query: Query) -> str:
        """Return the SQL of a semi-join's query, which selects exactly one field."""
        self.inner_queries += 1
        text = replace(query, text=self.query.text)
        prefix = f"{self.prefix}i{self.inner_queries}_"
        planned = plan(self.schema, text, today=self.today, prefix=prefix)
        if len(planned.outputs) != 1 or planned.grouped or planned.children:
            message = "Inner selects must select exactly one field"
            raise errors.soql.at_position("MALFORMED_QUERY", message, self.query.text, query.at)
        return planned.select(planned.outputs[0].value.sql)

    def _tail(self, grouped: bool, outputs: list[Output]) -> str:
        query = self.query
        tail = ""
        if query.group_by:
            tail += " GROUP BY " + ", ".join(self._group_key(one) for one in query.group_by)
        if query.having is not None:
            tail += " HAVING " + self._conditions().sql(query.having)
        orders = [self._order(one) for one in query.order_by]
        if not grouped:
            orders.append(f"{self.scope.root.alias}.Id")
        elif query.group_by and not orders:
            orders = [f"{one.value.sql} NULLS FIRST" for one in outputs if not one.value.aggregate]
        if orders and (query.order_by or query.group_by or query.limit or query.offset):
            tail += " ORDER BY " + ", ".join(orders)
        if query.limit is not None and not self._is_bare_count():
            tail += f" LIMIT {query.limit}"
        if query.offset is not None:
            if query.offset > MAX_OFFSET:
                raise errors.Refusal(
                    400,
                    "NUMBER_OUTSIDE_VALID_RANGE",
                    f"Maximum SOQL offset allowed is {MAX_OFFSET}",
                )
            tail += f" OFFSET {query.offset}"
        return tail

    def _group_key(self, what: Expression) -> str:
        value = self.value(what)
        if value.field is not None and not value.field.groupable:
            message = f"field '{value.name}' can not be grouped in a query call"
            raise errors.soql.at_position("INVALID_FIELD", message, self.query.text, what.at)
        return value.sql

    def _order(self, order: Ordering) -> str:
        value = self.value(order.by)
        one = value.field
        if one is not None and not one.sortable:
            message = f"field '{value.name}' can not be sorted in a query call"
            raise errors.soql.at_position("INVALID_FIELD", message, self.query.text, order.by.at)
        sql = value.sql
        if one is not None and one.type == "picklist" and one.picklist:
            known = ", ".join(text_literal(entry.value) for entry in one.picklist)
            sql = f"list_position([{known}], {sql})"
        elif value.kind in TEXT_TYPES and value.kind not in ("id", "reference"):
            sql = f"lower({sql})"
        direction = "DESC" if order.descending else "ASC"
        return f"{sql} {direction} NULLS {'LAST' if order.nulls_last else 'FIRST'}"
