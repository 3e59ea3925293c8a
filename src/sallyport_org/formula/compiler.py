"""Formulas as SQL: what names lead to, operators, and the functions that look at the row itself.

What belongs here: resolving fields across parents and the ``$`` variables, the moment, and the
values before a change. What does not: plain functions (``functions``), ``operators`` and reading
the text (``parser``).

A formula sees past the permissions of whoever asks (documented), so names are looked up in the
whole schema. Fields of parents become sub-selects by id, at most ten relationships away.
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema, texts are quoted

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sallyport_org.formula import functions
from sallyport_org.formula.operators import operate
from sallyport_org.formula.parser import Call, FormulaError, Literal, Name, Node, Operation, parse
from sallyport_org.formula.values import (
    Kind,
    Value,
    finite,
    text_value,
    wanted,
)
from sallyport_org.rows.engine import quoted, sql_type, text_literal
from sallyport_org.schema.model import Field, Schema, SObject, ValidationRule

MAX_PARENTS = 10
"""Most relationships one name may cross (documented)."""
MAX_SQL = 400_000
"""Longest SQL of one formula with all the formulas in it; stands for the compiled-size limit."""

_KINDS: dict[str, Kind] = {
    "boolean": "boolean",
    "int": "number",
    "long": "number",
    "double": "number",
    "currency": "number",
    "percent": "number",
    "date": "date",
    "datetime": "datetime",
    "time": "time",
    "picklist": "picklist",
    "multipicklist": "multipicklist",
    "location": "place",
    "address": "place",
}
_RULES_ONLY = frozenset({"ISCHANGED", "ISNEW", "ISCLONE", "PRIORVALUE"})
_FROM_ORG = {"$organization": "Organization"}
_FROM_USER = {"$user": "User", "$profile": "Profile", "$userrole": "UserRole"}


@dataclass(frozen=True, slots=True)
class _Row:
    """Where names are looked up: an object, its row's alias, and the row before the change."""

    sobject: SObject
    alias: str
    prior: str | None = None
    crossed: int = 0


def field_sql(schema: Schema, sobject: SObject, one: Field, alias: str) -> str:
    """Return the SQL of a formula field's value for the row of that alias, typed as its column.

    Raises :class:`FormulaError` naming the field, the formula and what is wrong.
    """
    return _Compiler(schema).field(_Row(sobject, alias), one)


def rule_sql(
    schema: Schema, sobject: SObject, rule: ValidationRule, alias: str, prior: str | None = None
) -> str:
    """Return SQL that is true for a row a validation rule refuses, never null.

    ``alias`` is the row as it would be saved; ``prior`` the alias of the row as it was, joined so
    that its Id is null for a new row. Raises :class:`FormulaError` naming rule and formula.
    """
    compiler = _Compiler(schema, rules=True)
    try:
        value = compiler.value(parse(rule.formula), _Row(sobject, alias, prior))
        return f"coalesce({wanted(value, 'rule', 'boolean').sql}, false)"
    except FormulaError as wrong:
        raise _named(f"{sobject.name}, validation rule {rule.name}", rule.formula, wrong) from wrong


def value_sql(schema: Schema, sobject: SObject, one: Field, formula: str, alias: str) -> str:
    """Return the SQL of a formula whose value goes into a stored field, such as its default."""
    compiler = _Compiler(schema)
    try:
        value = compiler.value(parse(formula), _Row(sobject, alias))
        return compiler.typed(value, one)
    except FormulaError as wrong:
        raise _named(f"{sobject.name}.{one.name}, default value", formula, wrong) from wrong


def check_object(schema: Schema, sobject: SObject) -> None:
    """Raise :class:`FormulaError` for the first formula or rule of an object that cannot be used.

    Inactive rules are checked too, as a deployment does (documented).
    """
    for one in sobject.fields:
        if one.formula is not None:
            field_sql(schema, sobject, one, "t")
        if one.default_formula is not None:
            value_sql(schema, sobject, one, one.default_formula, "t")
    for rule in sobject.rules:
        rule_sql(schema, sobject, rule, "t", "p")


def _named(what: str, formula: str, wrong: FormulaError) -> FormulaError:
    return FormulaError(f"{what}: {wrong} (formula: {formula.strip()[:200]})")


class _Compiler:
    """Turns trees into values; remembers which formula fields it is inside of."""

    def __init__(self, schema: Schema, *, rules: bool = False) -> None:
        self._schema = schema.whole
        self._user_id = schema.user_id or ""
        self._now = schema.now()
        self._site = schema.site
        self._rules = rules
        self._inside: list[str] = []
        self._zero = False

    # -- fields

    def field(self, row: _Row, one: Field) -> str:
        """Return the SQL of one formula field, typed as a column would be."""
        assert one.formula is not None  # noqa: S101 - callers hold a formula field
        name = f"{row.sobject.name}.{one.name}"
        if name in self._inside:
            raise FormulaError(f"{name} refers to itself through {' and '.join(self._inside)}")
        self._inside.append(name)
        before, self._zero = self._zero, one.blanks_as_zero
        try:
            made = self.typed(self.value(parse(one.formula), row), one)
        except FormulaError as wrong:
            if len(self._inside) > 1:
                raise
            raise _named(name, one.formula, wrong) from wrong
        finally:
            self._inside.pop()
            self._zero = before
        if len(made) > MAX_SQL:
            raise FormulaError(f"{name}: Compiled formula is too big to execute")
        return made

    def typed(self, value: Value, one: Field) -> str:
        """Return a value as the type of a field; raises :class:`FormulaError` if it cannot be."""
        match _KINDS.get(one.type, "text"):
            case "number":
                number = wanted(value, f"field {one.name}", "number")
                percent = " * 100" if one.type == "percent" else ""
                # Numbers are rounded half up to the field's decimal places (documented).
                rounded = f"round({finite(number.sql)}{percent}, {one.scale})"
                return rounded if sql_type(one) == "DOUBLE" else f"({rounded})::{sql_type(one)}"
            case "boolean":
                return f"coalesce({wanted(value, f'field {one.name}', 'boolean').sql}, false)"
            case "date" | "datetime" | "time" as kind:
                return wanted(value, f"field {one.name}", kind).sql
        return f"nullif({wanted(value, f'field {one.name}', 'text').sql}, '')"

    def _stored(self, row: _Row, one: Field, alias: str) -> Value:
        """Return one field of a row as a value of formulas."""
        kind = _KINDS.get(one.type, "text")
        if kind == "place":
            if one.type == "address":
                raise FormulaError(f"Field {one.name} may not be used in this type of formula")
            stem = one.name.removesuffix("__c")
            parts = (
                f"{alias}.{quoted(f'{stem}__{part}__s')}" for part in ("Latitude", "Longitude")
            )
            return Value("NULL", "place", place=(next(parts), next(parts)))
        if one.formula is not None:
            sql = self.field(_Row(row.sobject, alias, crossed=row.crossed), one)
        else:
            sql = f"{alias}.{quoted(one.name)}"
        return Value(self._read(one, kind, sql), kind)

    def _read(self, one: Field, kind: Kind, sql: str) -> str:
        match one.type:
            case "id" | "reference":
                return f"coalesce(left({sql}, 15), '')"
            case "percent":
                sql = f"({sql} / 100)"
        if kind == "number":
            return f"coalesce({sql}, 0)::DOUBLE" if self._zero else f"{sql}::DOUBLE"
        return f"coalesce({sql}, '')" if kind == "text" else sql

    # -- names

    def _name(self, name: Name, row: _Row) -> Value:
        first, *rest = name.parts
        if first.startswith("$"):
            return self._global(first, rest, row)
        if not rest:
            one = row.sobject.find(first) or row.sobject.parent(first)
            if one is None:
                raise FormulaError(f"Field {first} does not exist. Check spelling.")
            value = self._stored(row, one, row.alias)
            if row.prior is None:
                return value
            return Value(
                value.sql,
                value.kind,
                place=value.place,
                prior=self._stored(row, one, row.prior).sql,
            )
        return self._through_parent(first, tuple(rest), row)

    def _through_parent(self, step: str, rest: tuple[str, ...], row: _Row) -> Value:
        """Return a field of a parent: the parent's row is looked up by id for every row."""
        if row.crossed >= MAX_PARENTS:
            raise FormulaError(f"A name may cross at most {MAX_PARENTS} relationships")
        relationship, _, target = step.partition(":")
        link = row.sobject.parent(relationship)
        if link is None:
            raise FormulaError(f"Field {step} does not exist. Check spelling.")
        targets = [target] if target else list(link.refers_to)
        if len(targets) > 1:
            raise FormulaError(
                f"{relationship} may be {' or '.join(targets)}; write {relationship}:{targets[-1]}"
            )
        parent = self._schema.find(targets[0]) if targets else None
        if parent is None or parent.name not in link.refers_to:
            raise FormulaError(f"Field {step} does not exist. Check spelling.")
        inner = _Row(parent, f"{row.alias}p", crossed=row.crossed + 1)
        value = self._name(Name(rest), inner)
        return self._looked_up(value, parent, inner.alias, f"{row.alias}.{quoted(link.name)}")

    def _looked_up(self, value: Value, sobject: SObject, alias: str, key: str) -> Value:
        """Return a value of another row, found by its id; blank where there is no such row."""

        def chosen(sql: str) -> str:
            return f"(SELECT {sql} FROM {quoted(sobject.name)} AS {alias} WHERE {alias}.Id = {key})"

        if value.place is not None:
            north, east = value.place
            return Value("NULL", "place", place=(chosen(north), chosen(east)))
        sql = chosen(value.sql)
        if value.kind == "text":
            sql = f"coalesce({sql}, '')"
        elif value.kind == "boolean":
            sql = f"coalesce({sql}, false)"
        elif value.kind == "number" and self._zero:
            sql = f"coalesce({sql}, 0)"
        return Value(sql, value.kind)

    def _global(self, first: str, rest: list[str], row: _Row) -> Value:
        """Return a field of ``$User``, ``$Profile``, ``$UserRole``, ``$Organization`` and the like.

        Documented: https://help.salesforce.com/s/articleView?id=sf.dev_understanding_global_variables.htm
        """
        variable = first.lower()
        name = ".".join([first, *rest])
        if len(rest) != 1:
            raise FormulaError(f"Field {name} does not exist. Check spelling.")
        if variable == "$recordtype":
            return self._through_parent("RecordType", tuple(rest), row)
        if variable == "$system" and rest[0].lower() == "origindatetime":
            return Value("TIMESTAMP '1900-01-01'", "datetime")
        if variable == "$api":
            return self._api_address(name, rest[0], row)
        target = _FROM_ORG.get(variable) or _FROM_USER.get(variable)
        sobject = self._schema.find(target or "")
        if sobject is None:
            raise FormulaError(f"{name} is not modelled by the org simulator")
        alias = f"{row.alias}g"
        value = self._name(Name(tuple(rest)), _Row(sobject, alias, crossed=row.crossed + 1))
        return self._looked_up(value, sobject, alias, self._key(sobject, alias))

    def _api_address(self, name: str, which: str, row: _Row) -> Value:
        """Return the address of a SOAP endpoint: ``$Api.Partner_Server_URL_260`` is 26.0's."""
        found = re.fullmatch(r"(?i)(partner|enterprise)_server_url_(\d+)(\d)", which)
        if found is None:
            raise FormulaError(f"{name} is not modelled by the org simulator")
        letter = "u" if found[1].lower() == "partner" else "c"
        base = text_literal(f"{self._site}/services/Soap/{letter}/{found[2]}.{found[3]}/")
        alias = f"{row.alias}g"
        org_id = f"(SELECT left({alias}.Id, 15) FROM Organization AS {alias})"
        return Value(f"({base} || coalesce({org_id}, ''))", "text")

    def _key(self, sobject: SObject, alias: str) -> str:
        """Return the SQL of the id of the current user, its profile or role, or of the org."""
        user = text_literal(self._user_id)
        if sobject.name == "User":
            return user
        if sobject.name == "Organization":
            return f"{alias}.Id"
        return f'(SELECT {sobject.name}Id FROM "User" WHERE Id = {user})'

    # -- expressions

    def value(self, node: Node, row: _Row) -> Value:
        """Return a tree's SQL and kind; raises :class:`FormulaError`."""
        match node:
            case Literal(text, True):
                return Value(f"{text}::DOUBLE", "number")
            case Literal(str(text)):
                return text_value(text)
            case Literal(None):
                return Value("NULL", "null")
            case Literal(truth):
                return Value(str(truth).lower(), "boolean")
            case Name():
                return self._name(node, row)
            case Call():
                return self._call(node, row)
            case Operation(operator, operands):
                return operate(operator, [self.value(one, row) for one in operands])

    def _call(self, call: Call, row: _Row) -> Value:
        if call.function in _RULES_ONLY and not self._rules:
            raise FormulaError(f"Function {call.function} may not be used in this type of formula")
        moments: dict[str, Callable[[], Value]] = {
            "TODAY": lambda: Value(f"DATE '{self._now:%Y-%m-%d}'", "date"),
            "NOW": lambda: Value(f"TIMESTAMP '{self._now:%Y-%m-%d %H:%M:%S}'", "datetime"),
            "TIMENOW": lambda: Value(f"TIME '{self._now:%H:%M:%S}'", "time"),
            "ISNEW": lambda: Value(
                "true" if row.prior is None else f"({row.prior}.Id IS NULL)", "boolean"
            ),
            "ISCLONE": lambda: Value("false", "boolean"),
        }
        if call.function in moments:
            if call.arguments:
                raise FormulaError(
                    f"Incorrect number of parameters for function '{call.function}()'. "
                    f"Expected 0, received {len(call.arguments)}"
                )
            return moments[call.function]()
        arguments = [self.value(one, row) for one in call.arguments]
        if call.function in ("ISCHANGED", "PRIORVALUE"):
            return _compared_with_prior(call, arguments, row)
        return functions.apply(call.function, arguments)


def _compared_with_prior(call: Call, arguments: list[Value], row: _Row) -> Value:
    """A new row has changed nothing; its prior values are those being saved (documented)."""
    if len(arguments) != 1 or not isinstance(call.arguments[0], Name):
        raise FormulaError(f"{call.function}() takes one field")
    one = arguments[0]
    if row.prior is None or one.prior is None:
        return Value("false", "boolean") if call.function == "ISCHANGED" else one
    known = f"{row.prior}.Id IS NOT NULL"
    if call.function == "ISCHANGED":
        return Value(f"({known} AND {one.sql} IS DISTINCT FROM {one.prior})", "boolean")
    return Value(f"(CASE WHEN {known} THEN {one.prior} ELSE {one.sql} END)", one.kind)
