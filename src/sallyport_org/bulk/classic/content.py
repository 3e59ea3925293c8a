"""What clients put into the batches of Bulk API 1.0: rows as CSV, JSON or XML.

What belongs here: making a header and rows of texts out of each. What does not: what the columns
mean (``bulk.columns``).

In JSON and XML a parent is an object of its own, ``{"Owner": {"Email": …}}``; it becomes the column
``Owner.Email``. A value left out leaves the field as it is, a null clears it. Documented:
https://developer.salesforce.com/docs/platform/api-asynch/guide/datafiles-json-preparing.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from sallyport_org import errors, json_text, xml_text
from sallyport_org.bulk.classic.model import ContentType
from sallyport_org.bulk.classic.wire import XSI, bare
from sallyport_org.bulk.columns import NULL
from sallyport_org.bulk.spool import Spool
from sallyport_org.bulk.table import read_table
from sallyport_org.bulk.work import WorkFailed
from sallyport_org.errors import bulk_classic as refusals

Rows = tuple[tuple[str, ...], list[list[str]]]
"""A header and the rows below it, each as long as the header."""


def read_rows(content: Spool, kind: ContentType, most: int) -> Rows:
    """Return what a batch holds; raises :class:`~sallyport_org.bulk.work.WorkFailed`."""
    header, rows = _READERS[kind](content)
    if len(rows) > most:
        raise WorkFailed(refusals.too_many_rows(most))
    return header, rows


def _csv_rows(content: Spool) -> Rows:
    table = read_table(content.text(), None)
    return table.header, list(table.rows)


def _json_rows(content: Spool) -> Rows:
    try:
        value = json_text.read(b"".join(content.pieces()))
    except errors.Refusal as broken:
        raise WorkFailed(f"InvalidBatch : Failed to parse JSON: {broken.message}") from broken
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise WorkFailed("InvalidBatch : Failed to parse JSON: a list of objects is expected")
    return _even([dict(_flat(one)) for one in value])


def _flat(record: dict[str, Any], prefix: str = "") -> Iterable[tuple[str, str]]:
    """Yield the columns of a JSON record and their texts."""
    for name, value in record.items():
        if name == "attributes" or value == "":
            continue
        if isinstance(value, dict):
            attributes = value.get("attributes")
            kind = attributes.get("type") if isinstance(attributes, dict) else None
            yield from _flat(value, f"{kind}:{name}." if kind else f"{name}.")
        else:
            yield prefix + name, _text(value)


def _text(value: object) -> str:
    if value is None:
        return NULL
    return value if isinstance(value, str) else json.dumps(value)


def _xml_rows(content: Spool) -> Rows:
    try:
        root = xml_text.read(b"".join(content.pieces()))
    except xml_text.UnreadableXml as broken:
        raise WorkFailed(f"InvalidBatch : Failed to parse XML: {broken}") from broken
    return _even([dict(_elements(one)) for one in root if bare(one.tag) == "sObject"])


def _elements(record: Element, prefix: str = "") -> Iterable[tuple[str, str]]:
    """Yield the columns of an sObject element and their texts."""
    kind = next((one.text for one in record if prefix and bare(one.tag) == "type"), None)
    for one in record:
        name = bare(one.tag)
        parent = next((inner for inner in one if bare(inner.tag) == "sObject"), None)
        if parent is not None:
            yield from _elements(parent, f"{name}.")
        elif one.get(f"{{{XSI}}}nil") in ("true", "1"):
            yield prefix + name, NULL
        elif one.text and not (prefix and name == "type"):
            yield (f"{kind}:{prefix}{name}" if kind else prefix + name), one.text


def _even(records: Sequence[dict[str, str]]) -> Rows:
    """Return records under the union of their names, in the order these appeared."""
    header = tuple(dict.fromkeys(name for one in records for name in one))
    return header, [[one.get(name, "") for name in header] for one in records]


_READERS = {"CSV": _csv_rows, "JSON": _json_rows, "XML": _xml_rows}
