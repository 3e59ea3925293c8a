"""Questions said in SQLite's SQL, by the rules Salesforce documents for SOQL.

Texts are equal whatever their letter case; ``!=``, ``NOT`` and the excluding operators find rows
that have no value; nulls come first; picklists sort as they are listed; weeks begin on Sunday.
"""

from datetime import date, timedelta

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
    Includes,
    Joined,
    Like,
    No,
    Order,
    Part,
    Ref,
    Rows,
    Within,
)
from checks.soql_oracle.world import NOW, Cell, Column, Table, stored

TODAY = NOW.date()

_PARTS = {
    "CALENDAR_YEAR": "CAST(strftime('%Y', {}) AS INTEGER)",
    "FISCAL_YEAR": "CAST(strftime('%Y', {}) AS INTEGER)",
    "CALENDAR_QUARTER": "(CAST(strftime('%m', {}) AS INTEGER) + 2) / 3",
    "FISCAL_QUARTER": "(CAST(strftime('%m', {}) AS INTEGER) + 2) / 3",
    "CALENDAR_MONTH": "CAST(strftime('%m', {}) AS INTEGER)",
    "DAY_IN_MONTH": "CAST(strftime('%d', {}) AS INTEGER)",
    "DAY_IN_WEEK": "CAST(strftime('%w', {}) AS INTEGER) + 1",
    "DAY_IN_YEAR": "CAST(strftime('%j', {}) AS INTEGER)",
    "WEEK_IN_MONTH": "(CAST(strftime('%d', {}) AS INTEGER) + 6) / 7",
    "WEEK_IN_YEAR": "(CAST(strftime('%j', {}) AS INTEGER) + 6) / 7",
    "HOUR_IN_DAY": "CAST(strftime('%H', {}) AS INTEGER)",
    "DAY_ONLY": "date({})",
}


class Sql:
    """The SQL of one select, collecting the joins its paths need."""

    def __init__(self, table: Table, alias: str = "m") -> None:
        self._table, self._alias = table, alias
        self._joins: dict[tuple[str, ...], tuple[str, str]] = {}
        self._inner = 0

    def ref(self, ref: Ref) -> str:
        """Return a column, its parents joined."""
        alias, done = self._alias, ()
        path: tuple[str, ...] = done
        for step in ref.steps:
            path = (*path, step.relationship)
            if path not in self._joins:
                joined = f"{self._alias}_{len(self._joins)}"
                text = f'LEFT JOIN "{step.target}" {joined} ON {joined}.Id = {alias}.{step.name}'
                self._joins[path] = (joined, text)
            alias = self._joins[path][0]
        return f"{alias}.{ref.column.name}"

    def operand(self, one: Ref | Part) -> str:
        """Return a column or a part of a date."""
        if isinstance(one, Ref):
            return self.ref(one)
        return "(" + _PARTS[one.function].format(self.ref(one.ref)) + ")"

    def tables(self) -> str:
        """Return the FROM clause; ask for it after everything else."""
        joins = "".join(f" {text}" for _, text in self._joins.values())
        return f' FROM "{self._table.name}" {self._alias}{joins}'

    def where(self, condition: Condition | None, all_rows: bool = False) -> str:
        """Return the WHERE clause: live rows unless all are asked for."""
        parts = [] if all_rows else [f"{self._alias}.IsDeleted = 0"]
        if condition is not None:
            parts.append(self.condition(condition))
        return f" WHERE {' AND '.join(parts)}" if parts else ""

    def condition(self, one: Condition) -> str:
        """Return a condition that is 0 or 1, never null."""
        match one:
            case Every(parts):
                return "(" + " AND ".join(self.condition(part) for part in parts) + ")"
            case Either(parts):
                return "(" + " OR ".join(self.condition(part) for part in parts) + ")"
            case No(part):
                return f"(NOT {self.condition(part)})"
            case Compare(left, operator, value, _):
                column = left.column if isinstance(left, Ref) else None
                return self._compared(self.operand(left), column, operator, value)
            case Like(ref, before, text, after):
                escaped = text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
                pattern = _quoted(f"{before}{escaped}{after}".lower())
                return f"coalesce(folded({self.ref(ref)}) LIKE {pattern} ESCAPE '!', 0)"
            case Among(ref, values, negated):
                tests = [self._compared(self.ref(ref), ref.column, "=", one) for one in values]
                return f"({'NOT ' if negated else ''}({' OR '.join(tests)}))"
            case Includes(ref, groups, negated):
                held = f"(';' || {self.ref(ref)} || ';')"
                tests = [
                    " AND ".join(f"instr({held}, {_quoted(f';{value};')}) > 0" for value in group)
                    for group in groups
                ]
                found = " OR ".join(f"({test})" for test in tests)
                return f"({'NOT ' if negated else ''}coalesce({found}, 0))"
            case Within(ref, operator, period, count):
                return self._within(self.ref(ref), ref.column, operator, period, count)
            case Joined(ref, table, column, where, negated):
                self._inner += 1
                inner = Sql(table, f"{self._alias}i{self._inner}")
                shown, kept = inner.ref(Ref((), column)), inner.where(where)
                rows = f"SELECT {shown}{inner.tables()}{kept} AND {shown} IS NOT NULL"
                test = f"coalesce({self.ref(ref)} IN ({rows}), 0)"
                return f"({'NOT ' if negated else ''}{test})"

    def _compared(self, sql: str, column: Column | None, operator: str, value: Cell) -> str:
        if operator == "<>":
            operator = "!="
        if value is None:
            return f"({sql} IS {'NOT ' if operator == '!=' else ''}NULL)"
        right = _written(value)
        if column is not None and column.kind in ("text", "picklist", "multipicklist"):
            sql, right = f"folded({sql})", _quoted(str(value).lower())
        if operator == "!=":
            return f"({sql} IS NOT {right})"
        return f"coalesce({sql} {operator} {right}, 0)"

    def _within(
        self, sql: str, column: Column, operator: str, period: str, count: int | None
    ) -> str:
        first, after = days(period, count)
        time = " 00:00:00" if column.kind == "datetime" else ""
        start, end = _quoted(f"{first}{time}"), _quoted(f"{after}{time}")
        inside = f"coalesce({sql} >= {start} AND {sql} < {end}, 0)"
        match operator:
            case "=":
                return inside
            case "!=" | "<>":
                return f"(NOT {inside})"
            case "<":
                return f"coalesce({sql} < {start}, 0)"
            case "<=":
                return f"coalesce({sql} < {end}, 0)"
            case ">":
                return f"coalesce({sql} >= {end}, 0)"
        return f"coalesce({sql} >= {start}, 0)"

    def order(self, orders: tuple[Order, ...]) -> str:
        """Return the ORDER BY clause."""
        said = []
        for one in orders:
            sql = self.ref(one.ref)
            if one.ref.column.kind == "picklist":
                arms = " ".join(
                    f"WHEN {_quoted(value)} THEN {at}"
                    for at, value in enumerate(one.ref.column.listed)
                )
                sql = f"CASE {sql} {arms} END"
            elif one.ref.column.kind == "text":
                sql = f"folded({sql})"
            direction = "DESC" if one.descending else "ASC"
            said.append(f"{sql} {direction} NULLS {'LAST' if one.nulls_last else 'FIRST'}")
        return f" ORDER BY {', '.join(said)}" if said else ""

    def aggregate(self, one: Aggregate) -> str:
        """Return an aggregate; distinct texts are told apart regardless of letter case."""
        sql = self.ref(one.ref)
        if one.function == "COUNT_DISTINCT":
            return f"count(DISTINCT folded({sql}))"
        return f"{one.function.lower()}({sql})"


def rows_sql(one: Rows) -> str:
    """Return the SQL of the fields of a question's rows."""
    sql = Sql(one.table)
    shown = ", ".join(sql.ref(ref) for ref in one.fields)
    where, order = sql.where(one.where, one.all_rows), sql.order(one.order)
    limit = -1 if one.limit is None else one.limit
    return f"SELECT {shown}{sql.tables()}{where}{order} LIMIT {limit} OFFSET {one.offset or 0}"


def children_sql(one: Children, parent: str) -> str:
    """Return the SQL of one parent's children."""
    sql = Sql(one.table)
    shown = ", ".join(sql.ref(ref) for ref in one.fields)
    where, order = sql.where(one.where), sql.order(one.order)
    link = sql.ref(Ref((), one.link))
    limit = -1 if one.limit is None else one.limit
    return (
        f"SELECT {shown}{sql.tables()}{where} AND {link} = {_quoted(parent)}{order} LIMIT {limit}"
    )


def groups_sql(one: Groups) -> list[str]:
    """Return the SQL of the groups: one select, or one for each level of a ROLLUP."""
    levels = range(len(one.keys), -1, -1) if one.rollup else [len(one.keys)]
    return [_groups_sql(one, level) for level in levels]


def _groups_sql(one: Groups, level: int) -> str:
    sql = Sql(one.table)
    keys = [sql.operand(key) if at < level else "NULL" for at, key in enumerate(one.keys)]
    shown = ", ".join([*keys, *(sql.aggregate(aggregate) for aggregate in one.aggregates)])
    where = sql.where(one.where)
    grouping = f" GROUP BY {', '.join(keys[:level])}" if level else ""
    having = ""
    if one.having is not None:
        counted = f"{one.having.function}({sql.ref(one.having.ref)})"
        having = f" HAVING {counted} {one.having.operator} {one.having.value}"
        if not level:
            having = f" GROUP BY NULL{having}"
    return f"SELECT {shown}{sql.tables()}{where}{grouping}{having}"


def count_sql(one: Count) -> str:
    """Return the SQL that counts."""
    sql = Sql(one.table)
    where = sql.where(one.where)
    limit = -1 if one.limit is None else one.limit
    return f"SELECT count(*) FROM (SELECT 1{sql.tables()}{where} LIMIT {limit})"


def _written(value: Cell) -> str:
    kept = stored(value)
    return _quoted(kept) if isinstance(kept, str) else repr(kept)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


# -- date literals, as https://developer.salesforce.com/docs/platform/soql-sosl/guide/
#    sforce-api-calls-soql-select-dateformats.html tells them


def days(period: str, count: int | None) -> tuple[date, date]:
    """Return the first day of a date literal and the day after its last."""
    words = [word for word in period.split("_") if word != "FISCAL"]
    if period in ("YESTERDAY", "TODAY", "TOMORROW"):
        first = TODAY + timedelta(days=("YESTERDAY", "TODAY", "TOMORROW").index(period) - 1)
        return first, first + timedelta(days=1)
    if "90" in words:
        words, count = [words[0], "N", "DAYS"], 90
    unit = next(word for word in words if word.rstrip("S") in _STEPS).rstrip("S")
    if count is None:
        shift = {"LAST": -1, "THIS": 0, "NEXT": 1}[words[0]]
        return _start(unit, shift), _start(unit, shift + 1)
    if words[-1] == "AGO":
        return _start(unit, -count), _start(unit, 1 - count)
    if words[0] == "NEXT":
        return _start(unit, 1), _start(unit, count + 1)
    # the last n days go on until now; the last n of anything longer end before the present one
    return _start(unit, -count), _start(unit, 1 if unit == "DAY" else 0)


_STEPS = {"DAY": 1, "WEEK": 7, "MONTH": 1, "QUARTER": 3, "YEAR": 12}


def _start(unit: str, shift: int) -> date:
    """Return the first day of the unit that is ``shift`` units from the present one."""
    if unit in ("DAY", "WEEK"):
        first = TODAY
        while unit == "WEEK" and first.isoweekday() != 7:
            first -= timedelta(days=1)
        return first + timedelta(days=shift * _STEPS[unit])
    size = _STEPS[unit]
    months = TODAY.year * 12 + TODAY.month - 1
    months = (months // size + shift) * size
    return date(months // 12, months % 12 + 1, 1)
