"""Records as XML: out of requests, and into answers.

What belongs here: the partner and the enterprise spelling of a record. What does not: envelopes
(``soap.envelope``) and what is done with records.

The partner dialect names a record's object in ``type`` and writes its Id twice (observed in
clients' fixtures); the enterprise dialect names it in ``xsi:type``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from sallyport_org import errors
from sallyport_org.soap.envelope import XSI, Dialect, local

_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000")


def read_record(element: Element) -> tuple[str, str | None, dict[str, Any]]:
    """Return object name, id and values of a record; fields to be nulled are None.

    A value with elements of its own is a look-up by external id. Raises INVALID_TYPE.
    """
    kind = element.get(f"{{{XSI}}}type", "").rpartition(":")[2]
    record_id = None
    values: dict[str, Any] = {}
    for child in element:
        name, text = local(child.tag), child.text or ""
        if name == "type":
            kind = text.strip()
        elif name.lower() == "id":
            record_id = text.strip() or record_id
        elif name == "fieldsToNull":
            values[text.strip()] = None
        elif len(child):
            target, _, keys = read_record(child)
            values[name] = {"attributes": {"type": target}, **keys}
        elif child.get(f"{{{XSI}}}nil") != "true":
            values[name] = text
    if not kind:
        raise errors.soap.refused_as_in_rest("INVALID_TYPE", "Must send a concrete entity type.")
    return kind, record_id, values


def texts(parent: Element, name: str) -> list[str]:
    """Return the texts of every element of that name."""
    return [(one.text or "").strip() for one in parent if local(one.tag) == name]


def write_record(record: Mapping[str, Any], dialect: Dialect, tag: str = "records") -> str:
    """Return a REST record as SOAP writes it."""
    kind = record["attributes"]["type"]
    head = f'<{tag} xmlns:sf="urn:sobject.{dialect}.soap.sforce.com" xsi:type="sf:'
    if dialect == "enterprise":
        head += f'{kind}">'
    else:
        head += f'sObject"><sf:type>{kind}</sf:type>'
        head += _value("Id", record.get("Id"), dialect)
    fields = "".join(
        _value(name, value, dialect) for name, value in record.items() if name != "attributes"
    )
    return f"{head}{fields}</{tag}>"


def write_result(page: Mapping[str, Any], dialect: Dialect, tag: str = "result") -> str:
    """Return a page of a REST query as a QueryResult."""
    more = str(page.get("nextRecordsUrl") or "").rpartition("/")[2]
    locator = f"<queryLocator>{more}</queryLocator>" if more else '<queryLocator xsi:nil="true"/>'
    records = "".join(write_record(one, dialect) for one in page["records"])
    done = str(page["done"]).lower()
    return (
        f'<{tag} xsi:type="QueryResult"><done>{done}</done>{locator}{records}'
        f"<size>{page['totalSize']}</size></{tag}>"
    )


def write_value(name: str, value: Any) -> str:
    """Return plain data as elements: lists repeat, mappings nest, None is left out."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "".join(write_value(name, one) for one in value)
    if isinstance(value, dict):
        inside = "".join(write_value(key, one) for key, one in value.items() if key != "urls")
        return f"<{name}>{inside}</{name}>"
    return f"<{name}>{escape(spelled(value))}</{name}>"


def spelled(value: Any) -> str:
    """Return a JSON value as XML spells it."""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return text.replace("+0000", "Z") if _DATETIME.fullmatch(text) else text


def _value(name: str, value: Any, dialect: Dialect) -> str:
    tag = f"sf:{name}"
    if value is None:
        return f'<{tag} xsi:nil="true"/>'
    if isinstance(value, dict):
        if "records" in value:
            return write_result(value, dialect, tag)
        if "attributes" in value:
            return write_record(value, dialect, tag)
        inside = "".join(write_value(key, one) for key, one in value.items())
        return f"<{tag}>{inside}</{tag}>"
    return f"<{tag}>{escape(spelled(value))}</{tag}>"
