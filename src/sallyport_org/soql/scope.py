"""Where a query's names lead: field paths to columns, parents to joins.

What belongs here: resolving names against the schema and collecting the joins they need. What does
not: comparing values (``conditions``) and the shape of results (``plan``).
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema, texts are quoted

from __future__ import annotations

from dataclasses import dataclass, replace

from sallyport_org import errors
from sallyport_org.rows.engine import quoted, text_literal
from sallyport_org.schema.model import Field, Schema, SObject
from sallyport_org.soql.tree import FieldPath

MAX_PARENTS = 5
"""Most steps from child to parent in one path (documented)."""


@dataclass(frozen=True, slots=True)
class Source:
    """A table in the FROM clause: the object it shows and the alias its columns go by."""

    sobject: SObject
    alias: str
    path: tuple[str, ...] = ()
    polymorphic: bool = False

    def column(self, one: Field) -> str:
        """Return the SQL of a stored field."""
        return f"{self.alias}.{quoted(one.name)}"


@dataclass(frozen=True, slots=True)
class Column:
    """A field found: where it is, what it is, and how it was reached (real spelling)."""

    source: Source
    field: Field

    @property
    def sql(self) -> str:
        """The SQL of its value."""
        return self.source.column(self.field)

    @property
    def path(self) -> tuple[str, ...]:
        """The relationship names and the field name, in the describe's letter case."""
        return (*self.source.path, self.field.name)


class Scope:
    """The tables one query reads: its object, and parents joined as paths ask for them."""

    def __init__(
        self, schema: Schema, sobject: SObject, text: str, names: set[str], prefix: str = "t"
    ) -> None:
        self.schema = schema
        self.text = text
        self.root = Source(sobject, prefix)
        self._names = {name.lower() for name in names}
        self._sources: dict[tuple[str, ...], Source] = {}
        self._joins: list[str] = []

    def from_clause(self) -> str:
        """Return the tables and joins as SQL, without the word FROM."""
        head = f"{quoted(self.root.sobject.name)} AS {self.root.alias}"
        return " ".join([head, *self._joins])

    def parents(self) -> list[Source]:
        """Return the joined parents, nearest first."""
        return list(self._sources.values())

    def find(self, path: FieldPath) -> Column:
        """Return the field a path leads to; raises INVALID_FIELD in Salesforce's words."""
        parts = list(path.parts)
        if len(parts) > 1 and parts[0].lower() in self._names:
            parts = parts[1:]
        if len(parts) - 1 > MAX_PARENTS:
            raise self.refused(
                path, f"{path}: a field path may cross at most {MAX_PARENTS} relationships"
            )
        source = self.root
        for step in parts[:-1]:
            source = self._parent(source, step, path)
        one = source.sobject.find(parts[-1])
        if one is None:
            raise self.refused(path, errors.records.no_such_column(parts[-1], source.sobject.name))
        return Column(source, one)

    def refused(self, path: FieldPath, message: str, code: str = "INVALID_FIELD") -> errors.Refusal:
        """Return a refusal that points at a path in the query."""
        return errors.soql.at_position(code, message, self.text, path.at)

    def _parent(self, source: Source, step: str, path: FieldPath) -> Source:
        link = source.sobject.parent(step)
        if link is None or not link.refers_to:
            raise self.refused(path, errors.records.unknown_relationship(step))
        key = (*source.path, link.relationship or "")
        if key not in self._sources:
            targets = [one for name in link.refers_to if (one := self.schema.find(name))]
            if not targets:
                raise errors.rest.not_modelled(f"the object {link.refers_to[0]} behind {step}")
            alias = f"{self.root.alias}{len(self._sources) + 1}"
            joined = Source(targets[0], alias, key)
            table = quoted(targets[0].name)
            if len(targets) > 1:
                joined = replace(joined, sobject=_name_object(targets), polymorphic=True)
                table = _union(targets)
            condition = f"{alias}.Id = {source.column(link)}"
            self._joins.append(f"LEFT JOIN {table} AS {alias} ON {condition}")
            self._sources[key] = joined
        return self._sources[key]


def _name_object(targets: list[SObject]) -> SObject:
    """Return the pseudo-object *Name* that stands for a parent of several possible kinds.

    Documented: https://developer.salesforce.com/docs/platform/object-reference/guide/sforce-api-objects-name.html
    Of its fields Id, Name and Type are modelled.
    """
    of_id = targets[0].field("Id")
    text = Field("Name", "Name", "string", length=255, byte_length=765)
    fields = (of_id, text, replace(text, name="Type", label="Type"))
    return SObject("Name", "Name", "Names", None, fields, frozenset({"query"}))


def _union(targets: list[SObject]) -> str:
    arms = []
    for one in targets:
        name = next((field for field in one.fields if field.name_field), one.field("Id"))
        label = text_literal(one.name)
        arms.append(
            f"SELECT Id, {quoted(name.name)} AS Name, {label} AS Type FROM {quoted(one.name)}"
        )
    return "(" + " UNION ALL ".join(arms) + ")"
