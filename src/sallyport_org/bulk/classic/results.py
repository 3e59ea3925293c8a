"""What Bulk API 1.0 answers about rows: outcomes of writes, and rows of queries, in three formats.

What belongs here: spelling rows. What does not: records about jobs and batches (``wire``).

In JSON query results datetimes are milliseconds since 1970 (observed); a CSV result without any
row is one sentence (observed).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sallyport_org.bulk.classic.model import Batch, ContentType, QueryResult
from sallyport_org.bulk.classic.wire import CSV_TYPE, JSON_TYPE, NAMESPACE, XML_TYPE, XSI, element
from sallyport_org.bulk.loads import spelled
from sallyport_org.bulk.pages import Dialect, Page, plain
from sallyport_org.bulk.table import Shape
from sallyport_org.dml import Outcome
from sallyport_org.errors import bulk
from sallyport_org.rest.records import recorder
from sallyport_org.soql import Plan, output
from sallyport_org.web import Reply

NO_ROWS = b"Records not found for this query"
TYPES: Mapping[ContentType, str] = {"CSV": CSV_TYPE, "JSON": JSON_TYPE, "XML": XML_TYPE}
_QUERY_TYPES = {**TYPES, "CSV": f"{CSV_TYPE}; charset=UTF-8"}
"""Only rows of a query say their charset (observed: tap-salesforce decodes them by it)."""


def written(outcomes: Sequence[Outcome], kind: ContentType) -> bytes:
    """Return the outcomes of a batch's rows, in the order they were sent."""
    return _WRITTEN[kind](outcomes)


def _written_csv(outcomes: Sequence[Outcome]) -> bytes:
    header = ("Id", "Success", "Created", "Error")
    rows = [
        (
            (one.success and one.id) or "",
            spelled(one.success),
            spelled(one.created),
            bulk.row_error(one.errors),
        )
        for one in outcomes
    ]
    return Shape().lines([header, *rows])


def _written_json(outcomes: Sequence[Outcome]) -> bytes:
    results = [
        {
            "success": one.success,
            "created": one.created,
            "id": one.id if one.success else None,
            "errors": [
                {
                    "message": error.message,
                    "fields": list(error.fields),
                    "statusCode": error.code,
                    "extendedErrorDetails": None,
                }
                for error in one.errors
            ],
        }
        for one in outcomes
    ]
    return json.dumps(results, ensure_ascii=False, separators=(",", ":")).encode()


def _written_xml(outcomes: Sequence[Outcome]) -> bytes:
    rows = "".join(f"<result>{_outcome_xml(one)}</result>" for one in outcomes)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><results xmlns="{NAMESPACE}" xmlns:xsi="{XSI}">'
        f"{rows}</results>"
    ).encode()


def _outcome_xml(one: Outcome) -> str:
    errors = "".join(
        "<errors>"
        + "".join(element("fields", name) for name in error.fields)
        + element("message", error.message)
        + element("statusCode", error.code)
        + "</errors>"
        for error in one.errors
    )
    found = element("id", one.id if one.success else None)
    return f"{errors}{found}{element('success', one.success)}{element('created', one.created)}"


_WRITTEN: Mapping[ContentType, Callable[[Sequence[Outcome]], bytes]] = {
    "CSV": _written_csv,
    "JSON": _written_json,
    "XML": _written_xml,
}


def query_sql(plan: Plan, kind: ContentType, version: str) -> str:
    """Return the SQL of a query's rows as a format needs them."""
    if kind != "JSON":
        return plan.select(output.csv_projection(plan))
    return plan.select(output.json_projection(in_milliseconds(plan), version))


def in_milliseconds(plan: Plan) -> Plan:
    """Return a plan whose datetimes are milliseconds since 1970."""
    outputs = tuple(
        replace(one, value=replace(one.value, sql=f"epoch_ms({one.value.sql})", kind="long"))
        if one.value.kind == "datetime"
        else one
        for one in plan.outputs
    )
    return replace(plan, outputs=outputs)


def query_reply(found: QueryResult, kind: ContentType, version: str) -> Reply:
    """Answer with the rows of a query batch; records point at the API ``version``."""
    headers = {"Content-Type": _QUERY_TYPES[kind]}
    if kind == "CSV":
        if not found.snapshot.rows:
            return Reply(200, headers, NO_ROWS)
        dialect = Dialect(",", "\n", found.header)
        return Reply(200, headers, plain(Page(found.snapshot, dialect, 0, found.snapshot.rows)))
    if kind == "JSON":
        return Reply(200, headers, _json_rows(found, version))
    return Reply(200, headers, _xml_rows(found))


def _rows(found: QueryResult) -> Iterator[list[tuple[Any, ...]]]:
    for batch in found.snapshot.batches(0, found.snapshot.rows):
        yield list(zip(*(column.to_pylist() for column in batch.columns), strict=True))


def _json_rows(found: QueryResult, version: str) -> Iterator[bytes]:
    """Yield an array of records, a line each."""
    before = b"["
    record = recorder(found.plan, version)
    for rows in _rows(found):
        records = [
            json.dumps(record(row), ensure_ascii=False, separators=(",", ":")) for row in rows
        ]
        yield before + ",\n".join(records).encode()
        before = b",\n"
    yield b"[]" if before == b"[" else b"]"


def _xml_rows(found: QueryResult) -> Iterator[bytes]:
    """Yield a queryResult; its values are the texts CSV has."""
    yield (
        f'<?xml version="1.0" encoding="UTF-8"?><queryResult xmlns="{NAMESPACE}" xmlns:xsi="{XSI}">'
    ).encode()
    for rows in _rows(found):
        yield "".join(_record_xml(found, row) for row in rows).encode()
    yield b"</queryResult>"


def _record_xml(found: QueryResult, row: Sequence[str]) -> str:
    values = [element("type", found.plan.sobject.name)]
    values += [
        _nested(name.split("."), text or None) for name, text in zip(found.header, row, strict=True)
    ]
    return f'<records xsi:type="sObject">{"".join(values)}</records>'


def _nested(path: Sequence[str], text: str | None) -> str:
    if len(path) == 1:
        return element(path[0], text)
    return f'<{path[0]} xsi:type="sObject">{_nested(path[1:], text)}</{path[0]}>'


def load_reply(batch: Batch, kind: ContentType) -> Reply:
    """Answer with the outcomes of a batch's rows."""
    return Reply(200, {"Content-Type": TYPES[kind]}, batch.results.pieces())
