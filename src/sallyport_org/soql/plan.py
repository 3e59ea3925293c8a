"""A parsed query against a schema: checked, and turned into SQL.

What belongs here: the rules of clauses, grouping and sorting, and putting the SQL together. What
does not: names (``scope``), the field list, conditions, and how values are written (``output``).

Ties of an ORDER BY are broken by id, so that the same query gives the same order. Without ORDER BY
the order is the engine's, which is stable within one result (Salesforce promises nothing).
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema, texts are quoted

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from sallyport_org import errors
from sallyport_org.rows.engine import live, text_literal
from sallyport_org.schema.model import Schema, SObject
from sallyport_org.soql import functions, restrictions, semi_joins
from sallyport_org.soql.conditions import Conditions
from sallyport_org.soql.cost import Index, leading
from sallyport_org.soql.field_list import FieldList, Output, is_bare_count, is_grouped
from sallyport_org.soql.functions import Value
from sallyport_org.soql.operands import Operands
from sallyport_org.soql.scope import Scope, Source
from sallyport_org.soql.tree import (
    Call,
    ChildQuery,
    Expression,
    FieldPath,
    Ordering,
    Query,
    ScopeName,
)
from sallyport_org.soql.values import Values, aggregates

__all__ = ["Asker", "Children", "Output", "Plan", "plan"]

MAX_OFFSET = 2000
"""Largest OFFSET (documented)."""
MAX_CHILD_QUERIES = 20
"""Most child queries of one query (documented:
https://developer.salesforce.com/docs/platform/soql-sosl/guide/sforce-api-calls-soql-relationships-query-limits.html)."""
MAX_ROLLUP = 3
"""Most fields of ROLLUP and CUBE (documented:
https://developer.salesforce.com/docs/platform/soql-sosl/guide/sforce-api-calls-soql-select-groupby-rollup.html)."""
NESTED_CHILDREN_FROM = 58.0
"""API version from which child queries may have child queries (documented: the page of 20)."""
MAX_CHILD_LEVELS = 5


@dataclass(frozen=True, slots=True)
class Asker:
    """What a query's meaning depends on besides its text.

    ``today`` is the day of date literals; ``all_rows`` includes deleted and archived rows, as
    queryAll does; ``user_id`` is who USING SCOPE is about (None: nobody); ``version`` the API's.
    """

    today: date
    all_rows: bool = False
    user_id: str | None = None
    version: float = 60.0


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
    """A query ready to run; its clauses are SQL, each with its keyword and a blank before it.

    ``index`` is the part of the condition a real org has an index for, if there is one.
    """

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
    grouping: str
    order: str
    index: Index | None

    @property
    def bounds(self) -> str:
        """LIMIT and OFFSET."""
        limit = "" if self.query.limit is None else f" LIMIT {self.query.limit}"
        return limit + (f" OFFSET {self.query.offset}" if self.query.offset else "")

    def select(self, projection: str) -> str:
        """Return the SQL that gives the projected values of every row.

        ``COUNT()`` counts all rows whatever its bounds; who asks applies them.
        """
        bounds = "" if self.count_only else self.bounds
        return (
            f"SELECT {projection} FROM {self.tables} WHERE {self.condition}"
            f"{self.grouping}{self.order}{bounds}"
        )


def plan(schema: Schema, query: Query, asker: Asker, *, prefix: str = "t", level: int = 0) -> Plan:
    """Check a query against the schema and plan it; raises a refusal in Salesforce's words."""
    sobject = schema.find(query.sobject)
    if sobject is None:
        raise errors.soql.unknown_type(errors.soql.Place(query.text, query.at), query.sobject)
    if "query" not in sobject.abilities:
        raise errors.soql.not_queryable(sobject.name)
    restrictions.check(sobject.name, query.where)
    return _Planner(schema, query, sobject, asker, prefix, level).plan()


class _Planner:
    """The state of planning one query."""

    def __init__(
        self, schema: Schema, query: Query, sobject: SObject, asker: Asker, prefix: str, level: int
    ) -> None:
        self.schema, self.query, self.sobject = schema, query, sobject
        self.asker, self.prefix, self.level = asker, prefix, level
        self.scope = Scope(schema, sobject, query.text, _aliases(query, sobject), prefix)
        self.values = Values(self.scope, query.group_by, query.grouping)
        self.grouped = is_grouped(query)
        operands = Operands(query.text, asker.today)
        self.where = Conditions(operands, self._where_value, self._inner)
        self.having = Conditions(operands, self._having_value, self._no_inner)
        self.inner_queries = 0

    def plan(self) -> Plan:
        query = self.query
        count_only = is_bare_count(query, self.values)
        self._check_bounds(count_only)
        fields = FieldList(query, self.values, self.grouped)
        outputs = fields.outputs()
        children = self._all_children()
        condition = self._condition()
        grouping = self._grouping()
        order = self._order_by(outputs)
        index = self._index()
        return Plan(
            query=query,
            sobject=self.sobject,
            outputs=outputs,
            parents=tuple(self.scope.parents()),
            children=children,
            grouped=self.grouped,
            count_only=count_only,
            source=self.scope.root,
            tables=self.scope.from_clause(),
            condition=condition,
            grouping=grouping,
            order=order,
            index=index,
        )

    def _check_bounds(self, count_only: bool) -> None:
        query = self.query
        if query.offset is not None and query.offset > MAX_OFFSET:
            raise errors.soql.offset_too_large(MAX_OFFSET)
        if self.grouped and not query.group_by and not count_only and query.limit is not None:
            raise errors.soql.ungrouped_limit()

    # -- child queries

    def _all_children(self) -> tuple[Children, ...]:
        queries = [one.what for one in self.query.selected if isinstance(one.what, ChildQuery)]
        if len(queries) > MAX_CHILD_QUERIES:
            raise errors.soql.too_many_subqueries(MAX_CHILD_QUERIES)
        found = [self._children(one, number) for number, one in enumerate(queries)]
        names: set[str] = set()
        for one in found:
            if one.name in names:
                raise errors.soql.duplicate_field(one.name)
            names.add(one.name)
        return tuple(found)

    def _children(self, child: ChildQuery, number: int) -> Children:
        inner = child.query
        place = self.values.place(inner.at)
        too_early = self.asker.version < NESTED_CHILDREN_FROM
        if self.level >= (1 if too_early else MAX_CHILD_LEVELS - 1):
            raise errors.soql.nested_children(place)
        if is_grouped(inner):
            raise errors.rest.not_modelled("aggregates inside child queries")
        name = inner.sobject.rsplit(".", 1)[-1]
        for link in self.schema.children_of(self.sobject.name):
            if link.field.children and link.field.children.lower() == name.lower():
                break
        else:
            message = errors.records.unknown_child_relationship(name)
            raise place.refuse("INVALID_TYPE", message)
        renamed = replace(inner, sobject=link.sobject.name, text=self.query.text)
        prefix = f"{self.prefix}c{number}_"
        planned = plan(self.schema, renamed, self.asker, prefix=prefix, level=self.level + 1)
        return Children(link.field.children, planned, planned.source.column(link.field))

    # -- WHERE

    def _where_value(self, what: Expression) -> Value:
        value = self.values.of(what)
        if isinstance(what, Call) and value.aggregate:
            raise errors.soql.unexpected_token(self.values.place(what.at), what.function)
        return value

    def _having_value(self, what: Expression) -> Value:
        value = self.values.of(what)
        if not value.aggregate and not self.values.is_group(value):
            raise errors.soql.not_grouped(self.values.place(what.at), value.name)
        return value

    def _condition(self) -> str:
        parts = [] if self.asker.all_rows else [live(self.sobject, self.scope.root.alias)]
        if self.query.scope is not None:
            parts.append(self._scope(self.query.scope))
        if self.query.where is not None:
            semi_joins.check_shape(self.query.where)
            parts.append(self.where.sql(self.query.where))
        return " AND ".join(parts) or "true"

    def _scope(self, scope: ScopeName) -> str:
        """Return USING SCOPE as SQL; an object takes the scopes its describe lists (documented)."""
        name = scope.name.lower()
        known = {word.lower() for word, _ in self.sobject.scopes}
        if name != "everything" and name not in known:
            place = self.values.place(scope.at)
            raise errors.soql.unsupported_scope(place, scope.name, self.sobject.name)
        if name == "everything":
            return "true"
        owner, maker = self.sobject.find("OwnerId"), self.sobject.find("CreatedById")
        if owner is None or maker is None or self.asker.user_id is None:
            raise errors.rest.not_modelled(f"USING SCOPE {scope.name}")
        column, me = self.scope.root.column, text_literal(self.asker.user_id)
        scopes = {
            "mine": f"{column(owner)} = {me}",
            "delegated": f"({column(maker)} = {me} AND {column(owner)} <> {me})",
            "queue_owned": f"starts_with({column(owner)}, '00G')",
            "user_owned": f"starts_with({column(owner)}, '005')",
        }
        if name not in scopes:
            raise errors.rest.not_modelled(f"USING SCOPE {scope.name}")
        return scopes[name]

    def _inner(self, query: Query, left: Value) -> str:
        """Return the SQL of a semi-join's query, which selects exactly one field."""
        self.inner_queries += 1
        place = self.values.place(query.at)
        semi_joins.check_inner(query, place)
        prefix = f"{self.prefix}i{self.inner_queries}_"
        text = replace(query, text=self.query.text)
        planned = plan(self.schema, text, replace(self.asker, all_rows=False), prefix=prefix)
        inner = planned.outputs[0].value
        objects = (self.sobject.name, planned.sobject.name)
        semi_joins.check_sides(left, inner, place, objects)
        return planned.select(inner.sql)

    def _no_inner(self, query: Query, left: Value) -> str:
        raise errors.soql.semi_join_outside_where()

    def _index(self) -> Index | None:
        if self.query.where is None:
            return None
        found = leading(self.query.where, self.values.of)
        if found is None:
            return None
        return Index(self.where.sql(found.condition), found.fields, found.single)

    # -- GROUP BY and ORDER BY

    def _grouping(self) -> str:
        query = self.query
        if not query.group_by:
            return ""
        if query.grouping and len(query.group_by) > MAX_ROLLUP:
            raise errors.soql.too_many_groups(MAX_ROLLUP)
        keys = ", ".join(self._group_key(one) for one in query.group_by)
        sql = f" GROUP BY {query.grouping}({keys})" if query.grouping else f" GROUP BY {keys}"
        if query.having is not None:
            sql += " HAVING " + self.having.sql(query.having)
        return sql

    def _group_key(self, what: Expression) -> str:
        value = self.values.of(what)
        place = self.values.place(what.at)
        plain = isinstance(what, FieldPath)
        if plain and value.field is not None and not value.field.groupable:
            raise errors.soql.not_groupable(place, value.name)
        if not plain and not functions.is_date_function(value.function):
            raise errors.soql.not_groupable(place, value.name)
        return value.sql

    def _order_by(self, outputs: tuple[Output, ...]) -> str:
        query = self.query
        orders = [self._order(one) for one in query.order_by]
        if not self.grouped:
            if orders:
                orders.append(f"{self.scope.root.alias}.Id")
        elif query.group_by and not orders:
            orders = [f"{one.value.sql} NULLS FIRST" for one in outputs if not one.value.aggregate]
        return " ORDER BY " + ", ".join(orders) if orders else ""

    def _order(self, order: Ordering) -> str:
        value = self.values.of(order.by)
        place = self.values.place(order.by.at)
        one = value.field
        if self.grouped and not value.aggregate and not self.values.is_group(value):
            raise errors.soql.not_grouped_but_ordered(place, value.name)
        of_groups = aggregates(order.by) or functions.is_date_function(value.function)
        if of_groups and not self.grouped:
            raise errors.soql.not_grouped(place, value.name)
        if one is not None and not one.sortable and value.function != "DISTANCE":
            raise errors.soql.not_sortable(place, value.name)
        sql = value.sql if value.aggregate else functions.sort_key(value)
        direction = "DESC" if order.descending else "ASC"
        return f"{sql} {direction} NULLS {'LAST' if order.nulls_last else 'FIRST'}"


def _aliases(query: Query, sobject: SObject) -> dict[str, tuple[str, ...]]:
    """Return the names of FROM: the object's own lead nowhere, others along relationships."""
    found: dict[str, tuple[str, ...]] = {sobject.name.lower(): ()}
    if query.alias:
        found[query.alias.lower()] = ()
    for name, path in query.aliases:
        first, *steps = path.parts
        base = found.get(first.lower())
        if base is None:
            place = errors.soql.Place(query.text, path.at)
            raise place.refuse("INVALID_TYPE", errors.records.unknown_relationship(first))
        found[name.lower()] = (*base, *steps)
    return found
