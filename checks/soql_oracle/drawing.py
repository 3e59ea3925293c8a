"""How questions are drawn.

What belongs here: the strategies. Values mostly come from the rows themselves, so that most
questions have answers; whatever Salesforce leaves open (the order of ties, rows without an order
under a LIMIT) is not asked.

Longer than most modules here: the strategies call one another throughout.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from hypothesis import strategies as st

from checks.soql_oracle.questions import (
    Aggregate,
    Among,
    Children,
    Compare,
    Condition,
    Count,
    Either,
    Every,
    Groups,
    Having,
    Includes,
    Joined,
    Like,
    No,
    Order,
    Part,
    Question,
    Ref,
    Rows,
    Within,
    has_join,
    last_name,
)
from checks.soql_oracle.world import TABLES, Cell, Column, Table, World

_PARTS = {
    "date": (
        *("CALENDAR_YEAR", "CALENDAR_QUARTER", "CALENDAR_MONTH", "FISCAL_YEAR", "FISCAL_QUARTER"),
        *("DAY_IN_MONTH", "DAY_IN_WEEK", "DAY_IN_YEAR", "WEEK_IN_MONTH", "WEEK_IN_YEAR"),
    ),
    "datetime": ("CALENDAR_YEAR", "CALENDAR_MONTH", "HOUR_IN_DAY", "DAY_IN_WEEK", "DAY_ONLY"),
}
_PERIODS = (
    *("YESTERDAY", "TODAY", "TOMORROW", "LAST_WEEK", "THIS_WEEK", "NEXT_WEEK", "LAST_MONTH"),
    *("THIS_MONTH", "NEXT_MONTH", "LAST_90_DAYS", "NEXT_90_DAYS", "THIS_QUARTER", "LAST_QUARTER"),
    *("THIS_YEAR", "LAST_YEAR", "NEXT_YEAR", "THIS_FISCAL_QUARTER", "LAST_FISCAL_YEAR"),
)
_COUNTED = (
    *("LAST_N_DAYS", "NEXT_N_DAYS", "N_DAYS_AGO", "LAST_N_WEEKS", "NEXT_N_WEEKS", "N_WEEKS_AGO"),
    *("LAST_N_MONTHS", "N_MONTHS_AGO", "LAST_N_QUARTERS", "N_QUARTERS_AGO", "LAST_N_YEARS"),
    *("N_YEARS_AGO", "LAST_N_FISCAL_YEARS", "N_FISCAL_QUARTERS_AGO", "NEXT_N_MONTHS"),
)
_EQUALITY = ("=", "!=", "<>")
_ORDERED = (*_EQUALITY, "<", "<=", ">", ">=")


Parameters = ParamSpec("Parameters")
Made = TypeVar("Made")


def once(
    make: Callable[Concatenate["Drawing", Parameters], Made],
) -> Callable[Concatenate["Drawing", Parameters], Made]:
    """Make each strategy once for its arguments: making them costs more than drawing."""

    @wraps(make)
    def kept(self: "Drawing", /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Made:
        key = (make.__name__, args, tuple(kwargs.items()))
        if key not in self.made:
            self.made[key] = make(self, *args, **kwargs)
        return cast(Made, self.made[key])

    return kept


class Drawing:
    """Strategies for questions about one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.made: dict[object, object] = {}

    def question(self) -> st.SearchStrategy[Question]:
        """Draw any question."""
        rows, groups, count = self._rows(), self._groups(), self._count()
        return st.one_of(rows, rows, rows, rows, groups, groups, count)

    # -- names

    @once
    def _ref(
        self, table: Table, kinds: tuple[str, ...] = (), deep: bool = True
    ) -> st.SearchStrategy[Ref]:
        def fits(column: Column) -> bool:
            return column.kind in kinds if kinds else column.kind != "long"

        def beyond(step: Column) -> st.SearchStrategy[Ref]:
            return self._ref(TABLES[step.target], kinds, deep=False).map(
                lambda ref: Ref((step, *ref.steps), ref.column)
            )

        own = [Ref((), one) for one in table.columns if fits(one)]
        options = [st.sampled_from(own)] * 3 if own else []
        if deep:
            options += [beyond(one) for one in table.columns if one.relationship]
        return st.one_of(options)

    @once
    def _value(self, ref: Ref, owner: Table) -> st.SearchStrategy[Cell]:
        """Draw a value: mostly one the column holds, now and then null or a neighbour."""
        table = TABLES[ref.steps[-1].target] if ref.steps else owner
        held = self._world.values(table.name, ref.column.name)
        there = st.sampled_from(held)
        if ref.column.kind in ("text", "picklist"):
            there = st.one_of(there, there.map(lambda one: str(one).upper()))
        if ref.column.kind == "boolean":
            return there
        return st.one_of(there, there, there, there, st.none())

    # -- conditions

    @once
    def _leaf(self, table: Table) -> st.SearchStrategy[Condition]:
        return st.one_of(
            self._compare(table),
            self._compare(table),
            self._among(table),
            self._like(table),
            self._within(table),
            self._part(table),
            *([self._includes(table)] if table.name == "Showcase__c" else []),
        )

    @once
    def condition(self, table: Table) -> st.SearchStrategy[Condition]:
        """Draw a condition without semi-joins."""
        return st.recursive(
            self._leaf(table),
            lambda inner: st.one_of(
                st.lists(inner, min_size=2, max_size=3).map(lambda parts: Every(tuple(parts))),
                st.lists(inner, min_size=2, max_size=3).map(lambda parts: Either(tuple(parts))),
                st.lists(inner, min_size=2, max_size=3).map(lambda parts: Either(tuple(parts))),
                inner.map(No),
            ),
            max_leaves=4,
        )

    @once
    def _where(self, table: Table) -> st.SearchStrategy[Condition | None]:
        plain = self.condition(table)
        joined = self._joined(table)
        both = st.builds(lambda one, other: Every((one, other)), joined, self._leaf(table))
        return st.one_of(st.none(), plain, plain, plain, joined, both)

    @staticmethod
    def _operators(kind: str, value: Cell) -> tuple[str, ...]:
        equality = kind in ("boolean", "multipicklist") or value is None
        return _EQUALITY if equality else _ORDERED

    @once
    def _compare(self, table: Table) -> st.SearchStrategy[Condition]:
        @st.composite
        def drawn(draw: st.DrawFn) -> Condition:
            ref = draw(self._ref(table))
            value = draw(self._value(ref, table))
            operator = draw(st.sampled_from(self._operators(ref.column.kind, value)))
            return Compare(ref, operator, value, draw(st.integers(0, 3)))

        return drawn()

    @once
    def _among(self, table: Table) -> st.SearchStrategy[Condition]:
        @st.composite
        def drawn(draw: st.DrawFn) -> Condition:
            ref = draw(self._ref(table, ("id", "reference", "text", "picklist", "date", "integer")))
            values = draw(st.lists(self._value(ref, table), min_size=1, max_size=4))
            return Among(ref, tuple(values), draw(st.booleans()))

        return drawn()

    @once
    def _like(self, table: Table) -> st.SearchStrategy[Condition]:
        @st.composite
        def drawn(draw: st.DrawFn) -> Condition:
            ref = draw(self._ref(table, ("text", "picklist")))
            text = str(draw(self._value(ref, table).filter(lambda one: one is not None)))
            start = draw(st.integers(0, max(0, len(text) - 1)))
            end = draw(st.integers(start + 1, len(text)))
            middle = text[start:end]
            if draw(st.booleans()):
                middle = middle.swapcase()
            before = "" if start == 0 and draw(st.booleans()) else "%"
            return Like(ref, before, middle, draw(st.sampled_from(["%", "%", "_", ""])))

        return drawn()

    @once
    def _within(self, table: Table) -> st.SearchStrategy[Condition]:
        @st.composite
        def drawn(draw: st.DrawFn) -> Condition:
            ref = draw(self._ref(table, ("date", "datetime")))
            operator = draw(st.sampled_from(_ORDERED))
            if draw(st.booleans()):
                return Within(ref, operator, draw(st.sampled_from(_PERIODS)), None)
            count = draw(st.integers(1, 20))
            return Within(ref, operator, draw(st.sampled_from(_COUNTED)), count)

        return drawn()

    @once
    def _part(self, table: Table) -> st.SearchStrategy[Condition]:
        @st.composite
        def drawn(draw: st.DrawFn) -> Condition:
            ref = draw(self._ref(table, ("date", "datetime")))
            names = [one for one in _PARTS[ref.column.kind] if one != "DAY_ONLY"]
            part = Part(draw(st.sampled_from(names)), ref)
            value = draw(st.sampled_from([1, 2, 3, 5, 12, 20, 2024, 2025, 2026]))
            return Compare(part, draw(st.sampled_from(_ORDERED)), value, 0)

        return drawn()

    @once
    def _includes(self, table: Table) -> st.SearchStrategy[Condition]:
        column = table.column("Colours__c")
        group = st.lists(st.sampled_from(column.listed), min_size=1, max_size=2, unique=True)
        groups = st.lists(group.map(tuple), min_size=1, max_size=2).map(tuple)
        return st.builds(Includes, st.just(Ref((), column)), groups, st.booleans())

    @once
    def _joined(self, table: Table) -> st.SearchStrategy[Condition]:
        """Draw a semi-join on a child's reference, or on a parent's id."""

        @st.composite
        def drawn(draw: st.DrawFn) -> Condition:
            links: list[tuple[Ref, Table, Column]] = [
                (Ref((), table.column("Id")), TABLES[child], TABLES[child].column(link))
                for _, child, link in table.children
                if child != table.name
            ]
            links += [
                (Ref((), one), TABLES[one.target], TABLES[one.target].column("Id"))
                for one in table.columns
                if one.kind == "reference" and one.target != table.name
            ]
            ref, other, column = draw(st.sampled_from(links))
            where = draw(st.one_of(st.none(), self.condition(other)))
            return Joined(ref, other, column, where, draw(st.booleans()))

        return drawn()

    # -- whole questions

    @once
    def _table(self) -> st.SearchStrategy[Table]:
        return st.sampled_from(list(TABLES.values()))

    @once
    def _orders(self, table: Table) -> st.SearchStrategy[tuple[Order, ...]]:
        """Draw an order that leaves no ties: the id comes last."""
        kinds = ("text", "picklist", "number", "integer", "date", "datetime", "time", "boolean")
        order = st.builds(
            Order,
            self._ref(table, kinds),
            st.booleans(),
            st.sampled_from([None, None, True, False]),
        )
        last = Order(Ref((), table.column("Id")), False, None)
        orders = st.lists(order, max_size=2).map(lambda some: (*some, last))
        return st.one_of(st.just(()), orders)

    @once
    def _fields(self, table: Table) -> st.SearchStrategy[tuple[Ref, ...]]:
        some = st.lists(self._ref(table), min_size=1, max_size=5, unique=True)
        return some.map(lambda refs: (*(one for one in refs if one.column.name != "Id"),)).map(
            lambda refs: (Ref((), table.column("Id")), *refs)
        )

    @once
    def _children(self, table: Table) -> st.SearchStrategy[tuple[Children, ...]]:
        @st.composite
        def child(draw: st.DrawFn) -> Children:
            name, other, link = draw(st.sampled_from(table.children))
            inner = TABLES[other]
            order = draw(self._orders(inner).filter(bool))
            return Children(
                name,
                inner,
                inner.column(link),
                draw(self._fields(inner)),
                draw(st.one_of(st.none(), st.none(), self.condition(inner))),
                order,
                draw(st.one_of(st.none(), st.integers(1, 4))),
            )

        if not table.children:
            return st.just(())
        one = child().map(lambda drawn: (drawn,))
        return st.one_of(st.just(()), st.just(()), one)

    @once
    def _rows(self) -> st.SearchStrategy[Question]:
        @st.composite
        def drawn(draw: st.DrawFn) -> Question:
            table = draw(self._table())
            where = draw(self._where(table))
            children = draw(self._children(table))
            order = draw(self._orders(table))
            limit = draw(st.one_of(st.none(), st.integers(1, 40))) if order else None
            offset = draw(st.one_of(st.none(), st.integers(0, 5))) if order else None
            plain = not children and not has_join(where)
            return Rows(
                table=table,
                fields=draw(self._fields(table)),
                children=children,
                where=where,
                order=order,
                limit=limit,
                offset=offset,
                all_rows=plain and draw(st.booleans()),
                style=draw(st.integers(0, 3)),
            )

        return drawn()

    @once
    def _groups(self) -> st.SearchStrategy[Question]:
        @st.composite
        def drawn(draw: st.DrawFn) -> Question:
            table = draw(self._table())
            groupable = self._ref(table, ("picklist", "boolean", "date", "reference"))
            dated = self._ref(table, ("date", "datetime")).flatmap(
                lambda ref: (
                    st.sampled_from(_PARTS[ref.column.kind]).map(lambda f: Part(f, ref))
                    if ref.column.kind == "datetime"
                    else st.sampled_from(_PARTS["date"]).map(lambda f: Part(f, ref))
                )
            )
            key = st.one_of(groupable, groupable, dated)
            keys = draw(st.lists(key, max_size=2, unique_by=lambda one: last_name(one)))
            aggregates = draw(st.lists(self._aggregate(table), min_size=1, max_size=3))
            having = draw(st.one_of(st.none(), self._having(table))) if keys else None
            rollup = bool(keys) and draw(st.integers(0, 5)) == 0
            where = draw(self._where(table))
            style = draw(st.integers(0, 3))
            named = tuple(
                Aggregate(one.function, one.ref, f"a{at}" if one.alias else None)
                for at, one in enumerate(aggregates)
            )
            return Groups(table, tuple(keys), named, where, having, rollup, style)

        return drawn()

    @once
    def _aggregate(self, table: Table) -> st.SearchStrategy[Aggregate]:
        numbers = ("number", "integer")
        moments = (*numbers, "date", "datetime")
        kinds: dict[str, tuple[str, ...]] = {
            "COUNT": ("id", "text", "picklist", "reference", "date"),
            "COUNT_DISTINCT": ("id", "text", "picklist", "reference", "date"),
            "MIN": moments,
            "MAX": moments,
            "SUM": numbers,
            "AVG": numbers,
        }
        return st.sampled_from(list(kinds)).flatmap(
            lambda function: st.builds(
                Aggregate,
                st.just(function),
                self._ref(table, kinds[function]),
                st.sampled_from([None, "a"]),
            )
        )

    @once
    def _having(self, table: Table) -> st.SearchStrategy[Having]:
        operators = st.sampled_from(("=", ">", ">=", "<", "!="))
        key = st.just(Ref((), table.column("Id")))
        return st.builds(Having, st.just("COUNT"), key, operators, st.integers(1, 6))

    @once
    def _count(self) -> st.SearchStrategy[Question]:
        @st.composite
        def drawn(draw: st.DrawFn) -> Question:
            table = draw(self._table())
            limit = draw(st.one_of(st.none(), st.integers(1, 60)))
            return Count(table, draw(self._where(table)), limit, draw(st.integers(0, 3)))

        return drawn()
