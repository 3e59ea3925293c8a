"""Multipart bodies: a record as JSON and the bytes of its blob field.

Documented:
https://developer.salesforce.com/docs/platform/api-rest/guide/dome-sobject-insert-update-blob.html
"""

from __future__ import annotations

from email import message_from_bytes
from email.policy import HTTP
from typing import Any

from sallyport_org import errors, json_text


def record(content_type: str, body: bytes) -> dict[str, Any]:
    """Return the record of a multipart body; a blob's value is its bytes.

    The JSON part comes first; a further part's name is the field its bytes are for. Raises
    INVALID_MULTIPART_REQUEST and JSON_PARSER_ERROR.
    """
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    parts = list(message_from_bytes(head + body, policy=HTTP).iter_parts())
    if not parts:
        raise errors.records.multipart("no parts between the boundaries")
    values = json_text.read(_content(parts[0]))
    if not isinstance(values, dict):
        raise errors.records.multipart("the first part is no JSON object")
    for part in parts[1:]:
        name = part.get_param("name", header="content-disposition")
        if not isinstance(name, str):
            raise errors.records.multipart("a part without a name")
        values[name] = _content(part)
    values.pop("attributes", None)
    return values


def _content(part: Any) -> bytes:
    return bytes(part.get_payload(decode=True) or b"")
