"""Bulk API 1.0's XML and JSON: reading requests, writing records and refusals.

What belongs here: spelling, and which of the two formats answers. What does not: what is said.

jobInfo comes back in the format of the request; everything about batches in the format of the
job's content: JSON for JSON, XML for XML and CSV (observed: clients parse it so). Moments end in
``.000Z`` in XML and in ``.000+0000`` in JSON (observed).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal
from xml.sax.saxutils import escape

from sallyport_org import errors, json_text, xml_text
from sallyport_org.bulk.classic.model import ClassicJob
from sallyport_org.bulk.jobs import spelled
from sallyport_org.errors import bulk_classic as refusals
from sallyport_org.web import Call, Reply, json_reply

NAMESPACE = "http://www.force.com/2009/06/asyncapi/dataload"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XML_TYPE, JSON_TYPE, CSV_TYPE = "application/xml", "application/json", "text/csv"
"""Without a charset, unlike everywhere else (observed: the client salesforce-bulk compares the
whole text)."""
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters XML cannot hold; they are left out (assumed)."""
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'

Format = Literal["JSON", "XML"]


def asked_format(call: Call, otherwise: Format = "XML") -> Format:
    """Return the format a request is written in, or asks for."""
    for name in ("Content-Type", "Accept"):
        kind = call.headers.get(name, "").lower()
        if "json" in kind:
            return "JSON"
        if "xml" in kind:
            return "XML"
    return otherwise


def batch_format(job: ClassicJob) -> Format:
    """Return the format of everything about a job's batches."""
    return "JSON" if job.content_type == "JSON" else "XML"


def read_properties(call: Call) -> dict[str, Any]:
    """Return the properties of a jobInfo in a request; raises InvalidJob."""
    if asked_format(call) == "JSON":
        try:
            value = json_text.read(call.body)
        except errors.Refusal as broken:
            raise refusals.invalid_job(
                f"The request cannot be read as JSON: {broken.message}"
            ) from broken
        if not isinstance(value, dict):
            raise refusals.invalid_job("The request must be a JSON object")
        return value
    try:
        root = xml_text.read(call.body)
    except xml_text.UnreadableXml as broken:
        raise refusals.invalid_job(f"The request cannot be read as XML: {broken}") from broken
    return {bare(one.tag): (one.text or "").strip() for one in root}


def bare(tag: str) -> str:
    """Return an element's name without its namespace."""
    return tag.rpartition("}")[2]


def record_reply(name: str, record: Mapping[str, Any], shape: Format, status: int = 200) -> Reply:
    """Answer with one jobInfo or batchInfo."""
    if shape == "JSON":
        return _json_reply(_json_ready(record), status)
    return xml_reply(f'<{name} xmlns="{NAMESPACE}">{_elements(record)}</{name}>', status)


def batches_reply(records: Iterable[Mapping[str, Any]], shape: Format) -> Reply:
    """Answer with a batchInfoList."""
    if shape == "JSON":
        return _json_reply({"batchInfo": [_json_ready(one) for one in records]})
    listed = "".join(f"<batchInfo>{_elements(one)}</batchInfo>" for one in records)
    return xml_reply(f'<batchInfoList xmlns="{NAMESPACE}">{listed}</batchInfoList>')


def results_reply(result_ids: Iterable[str], shape: Format) -> Reply:
    """Answer with the ids of a query batch's results."""
    if shape == "JSON":
        return _json_reply(list(result_ids))
    listed = "".join(f"<result>{one}</result>" for one in result_ids)
    return xml_reply(f'<result-list xmlns="{NAMESPACE}">{listed}</result-list>')


def refusal_reply(refusal: refusals.AsyncRefusal, shape: Format) -> Reply:
    """Answer with an error."""
    body = {"exceptionCode": refusal.code, "exceptionMessage": refusal.message}
    if shape == "JSON":
        return _json_reply(body, refusal.status)
    error = f'<error xmlns="{NAMESPACE}">{_elements(body)}</error>'
    return xml_reply(error, refusal.status)


def _json_reply(value: object, status: int = 200) -> Reply:
    return json_reply(value, status, {"Content-Type": JSON_TYPE})


def xml_reply(text: str, status: int = 200) -> Reply:
    """Answer with an XML document."""
    return Reply(status, {"Content-Type": XML_TYPE}, (_HEAD + text).encode())


def element(name: str, value: Any) -> str:
    """Return a value as an element; null is an ``xsi:nil`` one."""
    if value is None:
        return f'<{name} xsi:nil="true"/>'
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(_ILLEGAL.sub('', text))}</{name}>"


def _elements(record: Mapping[str, Any]) -> str:
    return "".join(
        element(name, _xml_moment(value) if isinstance(value, datetime) else value)
        for name, value in record.items()
        if value is not None
    )


def _xml_moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _json_ready(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: spelled(value) if isinstance(value, datetime) else value
        for name, value in sorted(record.items())
    }
