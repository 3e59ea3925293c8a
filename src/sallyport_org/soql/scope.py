"""Where a query's names lead: field paths to columns, parents to joins.

What belongs here: resolving names against the schema and collecting the joins they need. What does
not: comparing values (``conditions``) and the shape of results (``plan``).
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema, texts are quoted

from __future__ import annotations

from dataclasses import dataclass, replace

from sallyport_org import errors, formula
from sallyport_org.rows.engine import quoted, text_literal
from sallyport_org.schema.model import COMPOUND_TYPES, Field, Schema, SObject
from sallyport_org.soql.tree import FieldPath

MAX_PARENTS = 5
"""Most steps from child to parent in one path (documented)."""
MAX_RELATIONSHIPS = 55
"""Most child-to-parent relationships of one query (documented:
https://developer.salesforce.com/docs/platform/soql-sosl/guide/sforce-api-calls-soql-relationships-query-limits.html)."""

_ADDRESS_KEYS = {
    "city": "City",
    "country": "Country",
    "geocodeAccuracy": "GeocodeAccuracy",
    "latitude": "Latitude",
    "longitude": "Longitude",
    "postalCode": "PostalCode",
    "state": "State",
    "street": "Street",
}
_NAME_FIELDS = ("FirstName", "LastName", "Email", "Phone", "Title", "Username", "Alias", "IsActive")
"""Fields of the pseudo-object *Name* besides Id, Name and Type, null where a kind lacks them."""


@dataclass(frozen=True, slots=True)
class Source:
    """A table in the FROM clause: the object it shows and the alias its columns go by.

    ``schema`` is what formula fields are worked out with.
    """

    sobject: SObject
    alias: str
    schema: Schema
    path: tuple[str, ...] = ()
    polymorphic: bool = False

    def column(self, one: Field) -> str:
        """Return the SQL of a stored field or a formula; compounds have no value of their own."""
        if one.type in COMPOUND_TYPES:
            return "NULL"
        if one.formula is not None:
            return f"({formula.field_sql(self.schema, self.sobject, one, self.alias)})"
        return f"{self.alias}.{quoted(one.name)}"

    def parts(self, compound: Field) -> dict[str, str]:
        """Return the parts of an address or location: the JSON key and the SQL of each."""
        if compound.type == "location":
            stem = compound.name.removesuffix("__c")
            names = {"latitude": f"{stem}__Latitude__s", "longitude": f"{stem}__Longitude__s"}
        else:
            prefix = compound.name.removesuffix("Address")
            names = {key: f"{prefix}{part}" for key, part in _ADDRESS_KEYS.items()}
        found = {key: self.sobject.find(name) for key, name in names.items()}
        return {key: self.column(one) for key, one in found.items() if one is not None}


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
    """The tables one query reads: its object, and parents joined as paths ask for them.

    ``aliases`` are the names FROM gives: lower case, each standing for a path of relationships.
    """

    def __init__(
        self,
        schema: Schema,
        sobject: SObject,
        text: str,
        aliases: dict[str, tuple[str, ...]],
        prefix: str = "t",
    ) -> None:
        self.schema = schema
        self.text = text
        self.root = Source(sobject, prefix, schema)
        self._aliases = aliases
        self._sources: dict[tuple[str, ...], Source] = {}
        self._kinds: dict[tuple[str, ...], tuple[str, ...]] = {}
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
        *steps, name = self._without_alias(path)
        source = self.follow(steps, path)
        one = source.sobject.find(name)
        if one is None:
            raise self.refused(path, errors.records.no_such_column(name, source.sobject.name))
        return Column(source, one)

    def follow(self, steps: list[str], path: FieldPath) -> Source:
        """Return the parent some relationship names lead to, joined; raises INVALID_FIELD."""
        if len(steps) > MAX_PARENTS:
            place = errors.soql.Place(self.text, path.at)
            raise errors.soql.too_deep(place, str(path), MAX_PARENTS)
        source = self.root
        for step in steps:
            source = self._parent(source, step, path)
        return source

    def field_of(self, source: Source, path: FieldPath) -> Field:
        """Return the field of a joined object a branch of TYPEOF names; raises INVALID_FIELD."""
        if len(path.parts) > 1:
            raise errors.rest.not_modelled(f"the path {path} inside TYPEOF")
        one = source.sobject.find(path.parts[0])
        if one is None:
            message = errors.records.no_such_column(path.parts[0], source.sobject.name)
            raise self.refused(path, message)
        return one

    def kinds_of(self, parent: Source) -> tuple[str, ...]:
        """Return the objects a parent of several kinds may be."""
        return self._kinds[parent.path]

    def join(self, table: SObject, condition: str) -> Source:
        """Join a further table, as TYPEOF needs them; ``{}`` in the condition is its alias."""
        alias = f"{self.root.alias}x{len(self._joins) + 1}"
        self._joins.append(
            f"LEFT JOIN {quoted(table.name)} AS {alias} ON {condition.format(alias)}"
        )
        return Source(table, alias, self.schema)

    def refused(self, path: FieldPath, message: str, code: str = "INVALID_FIELD") -> errors.Refusal:
        """Return a refusal that points at a path in the query."""
        return errors.soql.at_position(code, message, self.text, path.at)

    def _without_alias(self, path: FieldPath) -> list[str]:
        first, *rest = path.parts
        if rest and first.lower() in self._aliases:
            return [*self._aliases[first.lower()], *rest]
        return list(path.parts)

    def _parent(self, source: Source, step: str, path: FieldPath) -> Source:
        link = source.sobject.parent(step)
        if link is None or not link.refers_to:
            raise self.refused(path, errors.records.unknown_relationship(step))
        key = (*source.path, link.relationship or "")
        if key not in self._sources:
            if len(self._sources) >= MAX_RELATIONSHIPS:
                raise errors.soql.too_many_parents(MAX_RELATIONSHIPS)
            targets = [one for name in link.refers_to if (one := self.schema.find(name))]
            if not targets:
                if any(name in self.schema.whole for name in link.refers_to):
                    # It is there, but not for this user.
                    raise self.refused(path, errors.records.unknown_relationship(step))
                raise errors.rest.not_modelled(f"the object {link.refers_to[0]} behind {step}")
            alias = f"{self.root.alias}{len(self._sources) + 1}"
            joined = Source(targets[0], alias, self.schema, key)
            table = quoted(targets[0].name)
            if len(link.refers_to) > 1:
                joined = replace(joined, sobject=_name_object(targets), polymorphic=True)
                table = _union(self.schema, targets)
                self._kinds[key] = tuple(one.name for one in targets)
            condition = f"{alias}.Id = {source.column(link)}"
            self._joins.append(f"LEFT JOIN {table} AS {alias} ON {condition}")
            self._sources[key] = joined
        return self._sources[key]


def _name_object(targets: list[SObject]) -> SObject:
    """Return the pseudo-object *Name* that stands for a parent of several possible kinds.

    Documented: https://developer.salesforce.com/docs/platform/object-reference/guide/sforce-api-objects-name.html
    """
    of_id = targets[0].field("Id")
    text = Field("Name", "Name", "string", length=255, byte_length=765)
    kind = replace(text, name="Type", label="Type")
    more = [
        next((one for target in targets if (one := target.find(name))), None)
        for name in _NAME_FIELDS
    ]
    fields = (of_id, text, kind, *(replace(one, formula=None) for one in more if one is not None))
    return SObject("Name", "Name", "Names", None, fields, frozenset({"query"}))


def _union(schema: Schema, targets: list[SObject]) -> str:
    shared = [name for name in _NAME_FIELDS if any(target.find(name) for target in targets)]
    arms = []
    for one in targets:
        name = next((field for field in one.fields if field.name_field), one.field("Id"))
        source = Source(one, "kind", schema)
        columns = ["kind.Id", f"{source.column(name)} AS Name", f"{text_literal(one.name)} AS Type"]
        for wanted in shared:
            field = one.find(wanted)
            columns.append(f"{source.column(field) if field else 'NULL'} AS {quoted(wanted)}")
        arms.append(f"SELECT {', '.join(columns)} FROM {quoted(one.name)} AS kind")
    return "(" + " UNION ALL ".join(arms) + ")"
