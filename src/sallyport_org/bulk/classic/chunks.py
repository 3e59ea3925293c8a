"""PK chunking: splitting a query batch into one batch for each range of ids.

What belongs here: the header's options and the ranges. What does not: batches (``running``).

Deleted rows count towards a chunk's width, so chunks hold fewer rows than that, or none
(documented: https://developer.salesforce.com/docs/platform/api-asynch/guide/async-api-headers-enable-pk-chunking.html).
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema, texts are quoted

from __future__ import annotations

from sallyport_org import ids
from sallyport_org.bulk.classic.model import Chunking, IdRange
from sallyport_org.bulk.query import is_count
from sallyport_org.bulk.work import WorkFailed
from sallyport_org.errors import bulk_classic as refusals
from sallyport_org.rows.engine import Engine, quoted, text_literal
from sallyport_org.schema import Schema
from sallyport_org.schema.model import SObject

HEADER = "Sforce-Enable-PKChunking"
DEFAULT_ROWS = 100_000
MOST_ROWS = 250_000


def read_chunking(text: str | None) -> Chunking | None:
    """Return what the header asks, or None where chunking is off; raises InvalidJob.

    ``true``, ``false``, or options: ``chunkSize=50000; parent=Account; startRow=001…``.
    """
    if text is None or text.strip().lower() in ("", "false"):
        return None
    options: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        word = name.strip().lower()
        if not equals and word in ("true", ""):
            continue
        if not equals or word not in ("chunksize", "parent", "startrow"):
            raise refusals.invalid_job(
                f"{HEADER}: true, false, or chunkSize, parent and startRow are expected, not {part}"
            )
        options[word] = value.strip()
    size = options.get("chunksize", str(DEFAULT_ROWS))
    if not is_count(size) or not 1 <= int(size) <= MOST_ROWS:
        raise refusals.invalid_job(f"{HEADER}: chunkSize goes from 1 to {MOST_ROWS}, not {size}")
    start = options.get("startrow")
    try:
        first = None if start is None else ids.to_18(start)
    except ids.MalformedIdError:
        raise refusals.invalid_job(f"{HEADER}: startRow is a record's id, not {start}") from None
    return Chunking(int(size), options.get("parent"), first)


def ranges(engine: Engine, schema: Schema, sobject: SObject, asked: Chunking) -> list[IdRange]:
    """Return the ranges of ids that make up an object, deleted rows and all.

    The last one is open, so that rows made meanwhile are in it (assumed). Raises
    :class:`~sallyport_org.bulk.work.WorkFailed`.
    """
    whole, field = sobject, "Id"
    if sobject.name.endswith(("History", "Share", "__history", "__share")) or asked.parent:
        whole, field = _parent(schema, sobject, asked.parent)
    start = "" if asked.start_row is None else f"WHERE Id >= {text_literal(asked.start_row)}"
    numbered = (
        f"SELECT Id, row_number() OVER (ORDER BY Id) - 1 AS place FROM {quoted(whole.name)} {start}"
    )
    firsts: list[str | None] = [
        str(row[0])
        for row in engine.rows(
            f"SELECT Id FROM ({numbered}) WHERE place % {asked.size} = 0 ORDER BY place"
        )
    ]
    if not firsts:
        return [IdRange(field, asked.start_row, None)]
    return [
        IdRange(field, first, after)
        for first, after in zip(firsts, [*firsts[1:], None], strict=True)
    ]


def _parent(schema: Schema, sobject: SObject, name: str | None) -> tuple[SObject, str]:
    """Return the object whose ids are split, and the field that refers to it."""
    parent = schema.find(name or "")
    if parent is None:
        raise WorkFailed(
            f"InvalidBatch : PK chunking of {sobject.name} needs the parent object, "
            f"{'not ' + name if name else 'which the header does not name'}"
        )
    for one in sobject.fields:
        if parent.name in one.refers_to:
            return parent, one.name
    raise WorkFailed(f"InvalidBatch : {parent.name} is not the parent object of {sobject.name}")
