"""What the schema lacks, inferred from staged texts: fields of known objects, and whole objects.

What belongs here: guessing a type from all values of a column. What does not: reading files and
casting. A guess never loses anything: whatever fits no stricter type is text.
"""
# ruff: noqa: S608 - table and column names are made by the readers, texts are quoted

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sallyport_org.loading.refusals import EMAIL
from sallyport_org.loading.staging import Staged
from sallyport_org.rows.engine import Engine, text_literal
from sallyport_org.schema.model import Field, Schema, SObject
from sallyport_org.schema.notation import location_fields, read_field, read_object

_LONG = 255
_KNOWN_PREFIXES = {
    "Asset": "02i",
    "Contract": "800",
    "ContentDocument": "069",
    "ContentVersion": "068",
    "EmailMessage": "02s",
    "Group": "00G",
    "Order": "801",
    "OrderItem": "802",
    "UserRole": "00E",
}
"""Key prefixes of standard objects that have no definition here (documented)."""

_NEW_OBJECT = """
object {name} {prefix} | {label} | {label}s
can    -feed
scope  everything | All {label}s
Id | Record ID | id
OwnerId | Owner ID | reference(User) rel=Owner required defaulted
IsDeleted | Deleted | boolean readonly
Name | Name | string(255) name idlookup -fls
@system
"""

_PATTERNS = {
    "boolean": "(?i)true|false",
    "number": r"-?(0|[1-9][0-9]{0,14})(\.[0-9]+)?([eE][-+]?[0-9]+)?",
    "date": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "datetime": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}.*(Z|[+-][0-9]{2}:?[0-9]{2})",
    "email": EMAIL,
    "url": r"https?://\S+",
}


def extend(engine: Engine, schema: Schema, staged: Sequence[Staged]) -> None:
    """Add to the schema whatever the staged files name and it lacks."""
    for name in dict.fromkeys(one.sobject for one in staged):
        files = [one for one in staged if one.sobject.lower() == name.lower()]
        sobject = schema.find(name) or new_object(schema, name)
        missing: dict[str, str] = {}
        for one in files:
            for column in one.columns:
                if sobject.find(column) is None:
                    missing.setdefault(column.lower(), column)
        fields = [
            _field(engine, schema, name, column, files)
            for column in missing.values()
            if not _location_part(column, missing)
        ]
        schema.put(replace(sobject, fields=(*sobject.fields, *fields, *_locations(missing))))


def new_object(schema: Schema, name: str) -> SObject:
    """Return an object of that name with the usual fields, under a key prefix nobody uses."""
    label = name.removesuffix("__c").replace("_", " ")
    return read_object(_NEW_OBJECT.format(name=name, prefix=_prefix(schema, name), label=label))


def _prefix(schema: Schema, name: str) -> str:
    if name in _KNOWN_PREFIXES:
        return _KNOWN_PREFIXES[name]
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    taken = {one.prefix for one in schema}
    return next(prefix for a in letters for b in letters if (prefix := f"a{a}{b}") not in taken)


def _location_part(column: str, missing: Iterable[str]) -> bool:
    stem = column.lower().removesuffix("__latitude__s").removesuffix("__longitude__s")
    return {f"{stem}__latitude__s", f"{stem}__longitude__s"} <= set(missing)


def _locations(missing: dict[str, str]) -> list[Field]:
    """Return the three fields of every location whose two parts are there."""
    fields: list[Field] = []
    for column in missing.values():
        if column.lower().endswith("__latitude__s") and _location_part(column, missing):
            stem = column[: -len("__Latitude__s")]
            fields += location_fields(f"{stem}__c", stem.replace("_", " "))
    return fields


def _field(
    engine: Engine, schema: Schema, sobject: str, column: str, files: Sequence[Staged]
) -> Field:
    """Return a new field of the strictest type all its values have."""
    label = column.removesuffix("__c").replace("_", " ")
    targets = sorted({target for one in files for target in one.targets.get(column, ())})
    holders = [one for one in files if column in one.columns]
    texts = " UNION ALL ".join(
        f"SELECT {one.columns[column]} AS v FROM {one.table}" for one in holders
    )
    kind = _kind(engine, schema, texts, targets)
    if kind.startswith("reference") and column.endswith("__c"):
        stem = column.removesuffix("__c")
        natural = targets == [f"{stem}__c"] or targets == [stem]
        children = sobject.removesuffix("__c") + ("s__r" if natural else f"s_{stem}__r")
        kind += f" rel={stem}__r children={children}"
    elif kind.startswith("reference"):
        kind += f" rel={column.removesuffix('Id')}"
    return read_field(f"{column} | {label} | {kind}")


def _kind(engine: Engine, schema: Schema, texts: str, targets: Sequence[str]) -> str:
    """Return the type, written as in definitions."""
    if targets:
        return f"reference({','.join(targets)})"
    checks = ", ".join(
        f"bool_and(regexp_full_match(v, {text_literal(pattern)}))" for pattern in _PATTERNS.values()
    )
    fits, longest, *rest = engine.rows(
        f"SELECT [{checks}], max(length(v)), "
        "bool_and(TRY_CAST(v AS DATE) IS NOT NULL), "
        "max(length(regexp_extract(v, '\\.([0-9]+)', 1))) "
        f"FROM ({texts}) WHERE v IS NOT NULL"
    )[0]
    if longest is None:
        return f"string({_LONG})"
    found = dict(zip(_PATTERNS, fits, strict=True))
    if found["boolean"]:
        return "boolean"
    if found["number"]:
        return f"double(18,{min(rest[1] or 0, 15)})"
    if found["date"] and rest[0]:
        return "date"
    if found["datetime"]:
        return "datetime"
    target = _target(engine, schema, texts)
    if target is not None:
        return f"reference({target})"
    if longest > _LONG:
        return f"textarea({32_768 if longest <= 32_768 else 131_072})"
    if found["email"] and longest <= 80:
        return "email(80)"
    return f"url({_LONG})" if found["url"] else f"string({_LONG})"


def _target(engine: Engine, schema: Schema, texts: str) -> str | None:
    """Return the object all values are ids of, if there is one."""
    shape = text_literal("[0-9A-Za-z]{15}([0-9A-Za-z]{3})?")
    prefixes = engine.rows(
        f"SELECT DISTINCT CASE WHEN regexp_full_match(v, {shape}) THEN left(v, 3) END "
        f"FROM ({texts}) WHERE v IS NOT NULL LIMIT 2"
    )
    if len(prefixes) != 1 or prefixes[0][0] is None:
        return None
    found = schema.by_prefix(prefixes[0][0])
    return found.name if found else None
