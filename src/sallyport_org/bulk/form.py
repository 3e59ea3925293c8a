"""The one-call form of Bulk API 2.0 ingest: a job and its CSV as multipart/form-data.

What belongs here: taking the two parts out of a body. What does not: what they say (``ingest``).
Documented: https://developer.salesforce.com/docs/platform/api-asynch/guide/walkthrough-upload-data-with-multipart.html
"""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass
from typing import Any

from sallyport_org import errors, json_text


@dataclass(frozen=True, slots=True)
class Form:
    """The two parts: the job's properties and the CSV as sent."""

    job: dict[str, Any]
    content: bytes


def read_form(content_type: str, body: bytes) -> Form:
    """Return the parts ``job`` and ``content``; raises INVALIDJOB or JSON_PARSER_ERROR."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.message_from_bytes(head + body, policy=email.policy.HTTP)
    parts: dict[str, bytes] = {}
    for part in message.walk():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            parts[str(part.get_param("name", header="content-disposition"))] = content
    for name in ("job", "content"):
        if name not in parts:
            raise errors.bulk.bad_request(
                f"{name}: the request needs a part of this name (multipart/form-data)"
            )
    job = json_text.read(parts["job"])
    if not isinstance(job, dict):
        raise errors.rest.json_parser("The part job must hold a JSON object")
    return Form(job, parts["content"])
