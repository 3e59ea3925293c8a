"""Staged texts into the objects' tables: casts, missing ids, and the system fields nobody gave.

What belongs here: the SQL of casting and of filling in. What does not: reading files, inferring,
and saying no to what does not fit (``refusals``). A value is kept or refused; nothing is dropped.
"""
# ruff: noqa: S608 - names come from the schema and the readers, texts are quoted

from __future__ import annotations

from datetime import datetime

from sallyport_org import ids
from sallyport_org.loading.refusals import coordinate_limit, refuse_misfits, refuse_repeated_ids
from sallyport_org.loading.staging import LoadError, Staged
from sallyport_org.rows.engine import Engine, quoted, sql_type, text_literal
from sallyport_org.schema.model import Field, SObject

_TIMES = ("CreatedDate", "LastModifiedDate", "SystemModstamp")
_PEOPLE = ("OwnerId", "CreatedById", "LastModifiedById")


def insert(
    engine: Engine, sobject: SObject, staged: Staged, first: int, admin_id: str, as_of: datetime
) -> int:
    """Put one staged file into its object's table; returns the number of rows.

    Records without an id get those from sequence number ``first`` on. Owner and authors default to
    ``admin_id``, stamps to the ones given or else to ``as_of``. Raises :class:`LoadError`.
    """
    given: dict[Field, str] = {}
    for name, column in staged.columns.items():
        one = sobject.field(name)
        if one.calculated:
            raise LoadError(staged.path, f"column {name} is worked out by the org; leave it out")
        if not one.stored:
            raise LoadError(staged.path, f"column {name} is made of its parts; give those instead")
        given[one] = column
    casts = {one.name: cast(one, column) for one, column in given.items()}
    refuse_misfits(engine, staged, given, casts)
    values = {one.name: casts.get(one.name, "NULL") for one in sobject.stored_fields}
    _fill_in(sobject, values, first, admin_id, as_of)
    names = ", ".join(quoted(name) for name in values)
    with engine.writing() as cursor:
        cursor.execute(
            f"INSERT INTO {quoted(sobject.name)} ({names}) "
            f"SELECT {', '.join(values.values())} FROM "
            f"(SELECT *, rowid AS record FROM {staged.table})"
        )
        cursor.execute(f"DROP TABLE {staged.table}")
    refuse_repeated_ids(engine, sobject, staged)
    return int(engine.scalar(f"SELECT count(*) FROM {quoted(sobject.name)}"))


def cast(one: Field, column: str) -> str:
    """Return SQL for a text column as the field's type, null where it does not fit."""
    match one.type:
        case "id" | "reference":
            return ids.sql_to_18(column)
        case "boolean":
            return (
                f"CASE WHEN lower({column}) IN ('true', '1') THEN true "
                f"WHEN lower({column}) IN ('false', '0') THEN false END"
            )
        case "int" | "long":
            exact, whole = (f"TRY_CAST({column} AS DECIMAL({size}))" for size in ("38,9", "18,0"))
            return f"CASE WHEN {exact} = {whole} THEN TRY_CAST({whole} AS {sql_type(one)}) END"
        case "double" | "currency" | "percent":
            number = f"TRY_CAST({column} AS DOUBLE)"
            limit = coordinate_limit(one)
            fits = f"isfinite({number})" if limit is None else f"abs({number}) <= {limit}"
            return f"CASE WHEN {fits} THEN {number} END"
        case "date":
            return f"TRY_CAST({column} AS DATE)"
        case "datetime":
            return _datetime(column)
        case "time":
            return f"TRY_CAST(rtrim({column}, 'Z') AS TIME)"
        case "base64":
            return f"TRY(from_base64({column}))"
    return column


def _datetime(column: str) -> str:
    """Stamps are kept in UTC; one without an offset is UTC already."""
    zoned = f"regexp_matches({column}, '(Z|[+-][0-9]{{2}}:?[0-9]{{2}})$')"
    text = f"CASE WHEN {zoned} THEN {column} ELSE {column} || 'Z' END"
    return f"make_timestamp(epoch_us(TRY_CAST({text} AS TIMESTAMPTZ)))"


def _fill_in(
    sobject: SObject, values: dict[str, str], first: int, admin_id: str, as_of: datetime
) -> None:
    """Complete the SQL of what every row has: id, owner, authors, stamps, switches, name.

    A custom record without a name is called by its id, as Salesforce does (observed).
    """
    made_id = ids.sql_id(sobject.prefix or "000", f"({first} + record)")
    values["Id"] = made_id if values["Id"] == "NULL" else f"coalesce({values['Id']}, {made_id})"
    for name in _PEOPLE:
        if name in values:
            values[name] = f"coalesce({values[name]}, {text_literal(admin_id)})"
    moment = f"TIMESTAMP '{as_of.replace(tzinfo=None).isoformat(sep=' ')}'"
    stamps = [values[name] for name in _TIMES if name in values]
    for name in _TIMES:
        if name in values:
            others = ", ".join([values[name], *stamps])
            values[name] = f"coalesce({others}, {moment})"
    for one in sobject.stored_fields:
        if one.type == "boolean":
            default = str(bool(one.default)).lower()
            values[one.name] = f"coalesce({values[one.name]}, {default})"
        elif one.picklist and isinstance(one.default, str):
            values[one.name] = f"coalesce({values[one.name]}, {text_literal(one.default)})"
        elif one.auto_number:
            values[one.name] = (
                f"coalesce({values[one.name]}, lpad(({first} + record)::VARCHAR, 8, '0'))"
            )
    if sobject.find("BodyLength") and values.get("Body", "NULL") != "NULL":
        values["BodyLength"] = f"octet_length({values['Body']})"
    if sobject.find("LastName") and values.get("Name") == "NULL":
        first_name, last_name = values["FirstName"], values["LastName"]
        values["Name"] = f"concat_ws(' ', {first_name}, {last_name})"
    if sobject.custom and "Name" in values:
        values["Name"] = f"coalesce({values['Name']}, left({values['Id']}, 15))"
