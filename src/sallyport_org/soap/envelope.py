"""SOAP envelopes: reading a request, writing an answer or a fault.

What belongs here: XML. What does not: what is asked and answered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from sallyport_org import errors, xml_text
from sallyport_org.web import Reply

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
CONTENT_TYPE = "text/xml;charset=UTF-8"

Dialect = Literal["partner", "enterprise"]

LETTERS: Mapping[Dialect, str] = {"partner": "u", "enterprise": "c"}
"""The path segment of each dialect."""


@dataclass(frozen=True, slots=True)
class Request:
    """The one call of an envelope: its name and element, and the headers by local name."""

    operation: str
    element: Element
    headers: Mapping[str, Element]

    def value(self, name: str) -> str:
        """Return the text of a parameter, or an empty one."""
        return _text_of(self.element, name)

    def header(self, name: str, part: str) -> str:
        """Return the text of a part of a header, or an empty one."""
        header = self.headers.get(name)
        return "" if header is None else _text_of(header, part)


def read(body: bytes) -> Request:
    """Return the call of an envelope, whatever its namespaces' prefixes.

    Raises :class:`~sallyport_org.errors.SoapRefusal`.
    """
    try:
        root = xml_text.read(body)
    except xml_text.UnreadableXml as broken:
        raise errors.soap.unreadable(f"The request cannot be read as XML: {broken}") from broken
    content, head = root.find(f"{{{ENVELOPE}}}Body"), root.find(f"{{{ENVELOPE}}}Header")
    call = next(iter(content), None) if content is not None else None
    if call is None:
        raise errors.soap.unreadable("The request has no SOAP body.")
    headers = {local(one.tag): one for one in head} if head is not None else {}
    return Request(local(call.tag), call, headers)


def local(tag: str) -> str:
    """Return a name without its namespace."""
    return re.sub(r"^\{.*\}", "", tag)


def elements(values: Mapping[str, str | None]) -> str:
    """Return named texts as elements; None is ``xsi:nil``."""
    return "".join(
        f'<{name} xsi:nil="true"/>' if value is None else f"<{name}>{escape(value)}</{name}>"
        for name, value in values.items()
    )


def answer(content: str, dialect: Dialect) -> Reply:
    """Return an answer around the XML of its body."""
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{ENVELOPE}" '
        f'xmlns="urn:{dialect}.soap.sforce.com" xmlns:xsi="{XSI}"><soapenv:Body>{content}'
        "</soapenv:Body></soapenv:Envelope>"
    )
    return Reply(200, {"Content-Type": CONTENT_TYPE}, text.encode())


def fault(refusal: errors.SoapRefusal, dialect: Dialect) -> Reply:
    """Return a fault: the code twice, once more inside ``detail`` (observed)."""
    code, message, name = refusal.code, escape(refusal.message), refusal.fault
    prefix = "sf:" if refusal.prefixed else ""
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{ENVELOPE}" '
        f'xmlns:sf="urn:fault.{dialect}.soap.sforce.com" xmlns:xsi="{XSI}"><soapenv:Body>'
        f"<soapenv:Fault><faultcode>{prefix}{code}</faultcode>"
        f"<faultstring>{code}: {message}</faultstring><detail>"
        f'<sf:{name} xsi:type="sf:{name}"><sf:exceptionCode>{code}</sf:exceptionCode>'
        f"<sf:exceptionMessage>{message}</sf:exceptionMessage></sf:{name}></detail>"
        "</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )
    return Reply(refusal.status, {"Content-Type": CONTENT_TYPE}, text.encode())


def _text_of(parent: Element, name: str) -> str:
    return next((one.text or "" for one in parent if local(one.tag) == name), "")
