"""Questions said in SOQL, in several styles: letter case, aliases, spellings of moments."""

from datetime import date, datetime, time, timedelta

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
)
from checks.soql_oracle.world import Cell

_ESCAPES = str.maketrans(
    {"\\": "\\\\", "'": "\\'", "\n": "\\n", '"': '\\"', "Ω": "\\u03A9", "😀": "\\uD83D\\uDE00"}
)


def soql(question: Question) -> str:
    """Return the question as SOQL."""
    said = _Voice(question.style, question.table.name)
    match question:
        case Rows():
            text = said.rows(question)
        case Groups():
            text = said.groups(question)
        case Count():
            text = said.count(question)
    return text


class _Voice:
    """One way of saying things: style 1 is lower case, 2 uses an alias, 3 breaks lines."""

    def __init__(self, style: int, table: str) -> None:
        self._style, self._table = style, table

    def _words(self, text: str) -> str:
        return text.lower() if self._style == 1 else text

    def _prefix(self) -> str:
        return "q." if self._style == 2 else ""

    def _from(self, table: str) -> str:
        alias = " q" if self._style == 2 else ""
        gap = "\n" if self._style == 3 else " "
        return f"{gap}{self._words('FROM')} {self._words(table)}{alias}"

    def rows(self, one: Rows) -> str:
        fields = [self.ref(ref) for ref in one.fields]
        fields += [self.children(child) for child in one.children]
        text = f"{self._words('SELECT')} {', '.join(fields)}{self._from(one.table.name)}"
        text += self.where(one.where) + self.order(one.order)
        return text + self.bounds(one.limit, one.offset)

    def children(self, one: Children) -> str:
        inner = _Voice(0, one.table.name)
        fields = ", ".join(inner.ref(ref) for ref in one.fields)
        text = f"(SELECT {fields} FROM {one.name}{inner.where(one.where)}{inner.order(one.order)}"
        return text + inner.bounds(one.limit, None) + ")"

    def groups(self, one: Groups) -> str:
        keys = [self.operand(key) for key in one.keys]
        shown = keys + [self.aggregate(aggregate) for aggregate in one.aggregates]
        text = f"{self._words('SELECT')} {', '.join(shown)}{self._from(one.table.name)}"
        text += self.where(one.where)
        if keys:
            listed = ", ".join(keys)
            listed = f"ROLLUP({listed})" if one.rollup else listed
            text += f" {self._words('GROUP BY')} {listed}"
        return text + (self.having(one.having) if one.having else "")

    def count(self, one: Count) -> str:
        text = f"{self._words('SELECT COUNT()')}{self._from(one.table.name)}"
        return text + self.where(one.where) + self.bounds(one.limit, None)

    # -- parts

    def ref(self, ref: Ref) -> str:
        path = [step.relationship for step in ref.steps] + [ref.column.name]
        return self._prefix() + self._words(".".join(path))

    def operand(self, one: Ref | Part) -> str:
        if isinstance(one, Ref):
            return self.ref(one)
        return f"{self._words(one.function)}({self.ref(one.ref)})"

    def aggregate(self, one: Aggregate) -> str:
        alias = f" {one.alias}" if one.alias else ""
        return f"{self._words(one.function)}({self.ref(one.ref)}){alias}"

    def having(self, one: Having) -> str:
        return f" HAVING {one.function}({self.ref(one.ref)}) {one.operator} {one.value}"

    def order(self, orders: tuple[Order, ...]) -> str:
        if not orders:
            return ""
        said = []
        for one in orders:
            text = self.ref(one.ref) + (" DESC" if one.descending else "")
            if one.nulls_last is not None:
                text += " NULLS LAST" if one.nulls_last else " NULLS FIRST"
            said.append(text)
        return f" {self._words('ORDER BY')} {', '.join(said)}"

    def bounds(self, limit: int | None, offset: int | None) -> str:
        text = "" if limit is None else f" {self._words('LIMIT')} {limit}"
        return text + ("" if offset is None else f" OFFSET {offset}")

    def where(self, condition: Condition | None) -> str:
        if condition is None:
            return ""
        return f" {self._words('WHERE')} {self.condition(condition, outermost=True)}"

    def condition(self, one: Condition, outermost: bool = False) -> str:
        match one:
            case Every(parts) | Either(parts):
                word = self._words(" AND " if isinstance(one, Every) else " OR ")
                text = word.join(self.condition(part) for part in parts)
                return text if outermost else f"({text})"
            case No(part):
                return f"{self._words('NOT')} ({self.condition(part, outermost=True)})"
            case Compare(left, operator, value, spelling):
                return f"{self.operand(left)} {operator} {literal(value, spelling)}"
            case Like(ref, before, text, after):
                pattern = text.translate(_ESCAPES).replace("%", "\\%").replace("_", "\\_")
                return f"{self.ref(ref)} {self._words('LIKE')} '{before}{pattern}{after}'"
            case Among(ref, values, negated):
                listed = ", ".join(literal(value, 0) for value in values)
                return f"{self.ref(ref)} {self._words('NOT IN' if negated else 'IN')} ({listed})"
            case Includes(ref, groups, negated):
                listed = ", ".join(literal(";".join(group), 0) for group in groups)
                return f"{self.ref(ref)} {'EXCLUDES' if negated else 'INCLUDES'} ({listed})"
            case Within(ref, operator, period, count):
                number = "" if count is None else f":{count}"
                return f"{self.ref(ref)} {operator} {self._words(period)}{number}"
            case Joined(ref, table, column, where, negated):
                inner = _Voice(0, table.name)
                select = f"SELECT {column.name} FROM {table.name}{inner.where(where)}"
                return f"{self.ref(ref)} {'NOT IN' if negated else 'IN'} ({select})"


def literal(value: Cell, spelling: int) -> str:
    """Return a value as SOQL writes it; moments have several spellings."""
    match value:
        case None:
            return ("null", "NULL", "null", "Null")[spelling]
        case bool():
            return str(value).upper() if spelling % 2 else str(value).lower()
        case str():
            return "'" + value.translate(_ESCAPES) + "'"
        case datetime():
            return _moment(value, spelling)
        case date():
            return value.isoformat()
        case time():
            return value.strftime("%H:%M:%S.000Z")
        case float() if spelling % 2 and value == int(value):
            return str(int(value))
    return str(value)


def _moment(value: datetime, spelling: int) -> str:
    match spelling:
        case 0:
            return value.strftime("%Y-%m-%dT%H:%M:%SZ")
        case 1:
            return value.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
        case 2:
            return value.isoformat() + "+00:00"
    return (value + timedelta(hours=5, minutes=30)).isoformat() + ".000+0530"
