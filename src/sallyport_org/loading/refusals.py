"""What of a staged file Salesforce would not take: misfits, lost references, ids used twice.

What belongs here: the conditions, and saying where the first such value stands. What does not:
casting (``insert``) and whatever makes a file unreadable (``csv_files``, ``tree_files``).
"""
# ruff: noqa: S608 - names come from the schema and the readers, texts are quoted

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sallyport_org import ids
from sallyport_org.loading.staging import LoadError, Staged
from sallyport_org.rows.engine import Engine, quoted, text_literal
from sallyport_org.rows.generate import FIXED
from sallyport_org.schema.model import Field, Schema, SObject

_NO_PART = r"@\s,;:<>()\[\]\\\""
EMAIL = f"[^{_NO_PART}]+@[^{_NO_PART}.]+(\\.[^{_NO_PART}.]+)+"
"""What an e-mail looks like (assumed: no grammar is documented; Salesforce refuses more)."""

_SHOWN = 40


def coordinate_limit(one: Field) -> int | None:
    """Return how far from zero a latitude or longitude may be, None for any other field."""
    name = one.name.lower().removesuffix("__s")
    if one.compound is None:
        return None
    return 90 if name.endswith("latitude") else 180 if name.endswith("longitude") else None


def refuse_misfits(
    engine: Engine, staged: Staged, given: Mapping[Field, str], casts: Mapping[str, str]
) -> None:
    """Refuse the first value that has no place in its field.

    ``given`` maps fields to staged columns, ``casts`` field names to the SQL of their values.
    Raises :class:`LoadError`.
    """
    if not given:
        return
    tests = {one: _misfit(one, column, casts[one.name]) for one, column in given.items()}
    found = engine.rows(
        f"SELECT {', '.join(f'bool_or({test})' for test in tests.values())} FROM {staged.table}"
    )[0]
    for (one, test), bad in zip(tests.items(), found, strict=True):
        if bad:
            record, value = engine.rows(
                f"SELECT record, v FROM (SELECT rowid AS record, {given[one]} AS v, {test} AS bad "
                f"FROM {staged.table}) WHERE bad ORDER BY record LIMIT 1"
            )[0]
            raise _refusal(staged, record, one, value, f"is no {_kind(one)}")


def refuse_lost_references(
    engine: Engine, schema: Schema, staged: Staged, waiting: Sequence[Staged]
) -> None:
    """Refuse the first reference to a row that is neither there nor waiting to be loaded.

    ``waiting`` are the files still to come, this one included. Fields that refer to the org's own
    records (users, profiles, record types) keep ids of another org, and so do fields whose objects
    this org does not have. Raises :class:`LoadError`.
    """
    sobject = schema.sobject(staged.sobject)
    for name, column in staged.columns.items():
        one = sobject.field(name)
        targets = [found for target in one.refers_to if (found := schema.find(target))]
        if not targets or FIXED & set(one.refers_to):
            continue
        known = [f"SELECT Id FROM {quoted(target.name)}" for target in targets]
        known += [
            f"SELECT {ids.sql_to_18(held)} FROM {other.table}"
            for other in waiting
            if schema.find(other.sobject) in targets and (held := _id_column(other))
        ]
        lost = engine.rows(
            f"SELECT r.record, r.v FROM (SELECT rowid AS record, {column} AS v, "
            f"{ids.sql_to_18(column)} AS wanted FROM {staged.table} "
            f"WHERE {ids.sql_is_id(column)}) AS r "
            f"ANTI JOIN ({' UNION ALL '.join(known)}) AS k(id) ON r.wanted = k.id "
            "ORDER BY r.record LIMIT 1"
        )
        if lost:
            record, value = lost[0]
            names = " or ".join(target.name for target in targets)
            problem = f"is the id of no {names} here; load that record too, or leave the value out"
            raise _refusal(staged, record, one, value, problem)


def refuse_repeated_ids(engine: Engine, sobject: SObject, staged: Staged) -> None:
    """Refuse an id two rows of an object share, once they are in; raises :class:`LoadError`."""
    repeated = engine.rows(
        f"SELECT Id FROM {quoted(sobject.name)} GROUP BY Id HAVING count(*) > 1 LIMIT 1"
    )
    if repeated:
        raise LoadError(staged.path, f"column Id: {repeated[0][0]} is used by two records")


def _misfit(one: Field, column: str, made: str) -> str:
    """Return SQL that is true for a value the field cannot hold."""
    if one.type in ("id", "reference"):
        return f"NOT {ids.sql_is_id(column)}"
    if made != column:
        return f"{column} IS NOT NULL AND ({made}) IS NULL"
    tests = [f"length({column}) > {one.length}"] if one.length else []
    if one.type == "email":
        tests.append(f"NOT regexp_full_match({column}, {text_literal(EMAIL)})")
    return " OR ".join(tests) or "false"


def _kind(one: Field) -> str:
    """Return what a field holds, in words."""
    limit = coordinate_limit(one)
    if limit is not None:
        return f"{one.type} from -{limit} to {limit}"
    return one.type + (f" of at most {one.length} characters" if one.length else "")


def _id_column(staged: Staged) -> str | None:
    return next((held for name, held in staged.columns.items() if name.lower() == "id"), None)


def _refusal(staged: Staged, record: int, one: Field, value: str, problem: str) -> LoadError:
    shown = value if len(value) <= _SHOWN else value[:_SHOWN] + "…"
    place = staged.place(record)
    return LoadError(staged.path, f"{place}, column {one.name}: {shown!r} {problem}")
