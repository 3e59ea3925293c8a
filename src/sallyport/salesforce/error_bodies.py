"""Reading what Salesforce says when it says no: one shape in, code and text out.

What belongs here: the formats of refusals (REST arrays, OAuth objects, Bulk 1.0, SOAP faults, HTML
of the edge, bare words). What does not: deciding what a refusal means (``replies.py``,
``auth/refusals.py``).

Formats: https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.html (documented)
for REST; https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flow_errors.htm
(documented) for OAuth; SOAP faults, Bulk 1.0 objects and edge pages: observed in clients' recorded
exchanges.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qs
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

MAX_TEXT = 2_000
"""Characters of a body that is quoted at most: an edge page is not an error message."""


@dataclass(frozen=True)
class Words:
    """Salesforce's own words: its code and its text, verbatim; either may be empty."""

    code: str = ""
    text: str = ""
    fields: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.code or self.text)


def read_words(content_type: str, body: str) -> Words:
    """Return code and text of an error body, whatever of Salesforce's formats it has.

    An empty body gives empty words; a body in no known format gives its first characters as text.
    """
    stripped = body.strip()
    if not stripped:
        return Words()
    if stripped[0] in "[{":
        words = _from_json(stripped)
        if words:
            return words
    if "<html" in stripped[:1000].lower() or "text/html" in content_type.lower():
        return Words(text=_page_text(stripped))
    if stripped[0] == "<":
        words = _from_xml(stripped)
        if words:
            return words
    if stripped.startswith("error="):
        form = parse_qs(stripped)
        return Words(form["error"][0], form.get("error_description", [""])[0])
    # userinfo and the identity URL refuse with one bare word (Bad_OAuth_Token): it is the code.
    code = stripped if re.fullmatch(r"[A-Za-z][A-Za-z_]{3,60}", stripped) else ""
    return Words(code, stripped[:MAX_TEXT])


def _from_json(body: str) -> Words:
    try:
        value = json.loads(body)
    except ValueError:
        return Words()
    first = value[0] if isinstance(value, list) and value else value
    if not isinstance(first, dict):
        return Words()
    code = _first_text(first, "errorCode", "error", "exceptionCode", "statusCode")
    text = _first_text(first, "message", "error_description", "exceptionMessage")
    fields = first.get("fields")
    return Words(code, text, tuple(map(str, fields)) if isinstance(fields, list) else ())


def _first_text(found: dict[str, Any], *keys: str) -> str:
    return next((str(found[key]) for key in keys if found.get(key)), "")


def _from_xml(body: str) -> Words:
    """Read a SOAP fault, a Bulk 1.0 ``<error>`` or a REST ``<Errors>``; namespaces do not
    matter."""
    try:
        root: Element = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError):
        return Words()
    found: dict[str, str] = {}
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        found.setdefault(name, (element.text or "").strip())
    code = found.get("exceptionCode") or found.get("errorCode") or ""
    text = found.get("exceptionMessage") or found.get("message") or ""
    if not code and "faultstring" in found:
        # A fault without detail: "CODE: text" stands in faultstring, the code also in faultcode.
        code = found.get("faultcode", "").rpartition(":")[2]
        text = found["faultstring"].removeprefix(f"{code}: ")
    return Words(code, text)


def _page_text(page: str) -> str:
    """Return what a person would read on an HTML page, in one line."""
    visible = re.sub(r"(?is)<(script|style|head)\b.*?</\1\s*>", " ", page[:50_000])
    text = " ".join(unescape(re.sub(r"(?s)<[^>]*>", " ", visible)).split())
    if not text:
        title = re.search(r"(?is)<title[^>]*>(.*?)</title>", page)
        text = " ".join(unescape(title.group(1)).split()) if title else ""
    return text[:300]
