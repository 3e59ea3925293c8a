"""One request and one answer, free of any web framework.

What belongs here: the records every room speaks (:class:`Call`, :class:`Reply`), JSON, and who is
asking (:class:`Context`). What does not: sockets (``server``) and which handler answers
(``routes``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sallyport_org import errors, json_text

if TYPE_CHECKING:
    from sallyport_org.cloud import Cloud, Place
    from sallyport_org.identity import Session
    from sallyport_org.schema import Schema
    from sallyport_org.state import Org

JSON_TYPE = "application/json;charset=UTF-8"

Body = bytes | Iterator[bytes | memoryview]


@dataclass(frozen=True, slots=True)
class Call:
    """A request: header names are case-insensitive, the path has no doubled or trailing slashes.

    ``base_url`` is scheme and host as the client wrote them: what answers point back at; ``remote``
    is the address the client comes from.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    base_url: str
    remote: str = "127.0.0.1"

    @property
    def host(self) -> str:
        """The host name the client asked for, in lower case, without a port."""
        return urlsplit(self.base_url).hostname or ""

    def json(self) -> Any:
        """Return the body as JSON; raises JSON_PARSER_ERROR."""
        return json_text.read(self.body)

    def json_object(self) -> dict[str, Any]:
        """Return the body as a JSON object; raises JSON_PARSER_ERROR for anything else."""
        value = self.json()
        if not isinstance(value, dict):
            raise errors.rest.json_parser(
                "Cannot deserialize the request body: a JSON object is expected"
            )
        return value


@dataclass(frozen=True, slots=True)
class Visit:
    """A call nobody's session stands behind: where in Salesforce it came to, and what it says."""

    cloud: Cloud
    place: Place
    call: Call

    def address_of(self, org: Org) -> str:
        """Return where an org's clients are sent: the address they came to if it is its own."""
        own = self.place.org is org and self.place.kind in ("my_domain", "local")
        return self.call.base_url if own else org.my_domain


@dataclass(slots=True)
class Reply:
    """An answer; an iterator as body is sent piece by piece as it is made.

    ``cookies`` are values of Set-Cookie headers, which may come more than once.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: Body = b""
    cookies: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Context:
    """A call to the data API: the org asked, by whom, in which API version (``60.0``)."""

    org: Org
    call: Call
    session: Session
    version: str

    @property
    def schema(self) -> Schema:
        """The objects and fields this caller may see, each with what this caller may do to it."""
        return self.org.schema_for(self.session.user)


def json_reply(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Return a JSON answer, in UTF-8 and without blanks."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(status, {"Content-Type": JSON_TYPE, **(headers or {})}, body)


def indented(reply: Reply) -> Reply:
    """Return a JSON answer laid out for people (``X-PrettyPrint: 1``); others as they are."""
    if reply.headers.get("Content-Type") != JSON_TYPE or not isinstance(reply.body, bytes):
        return reply
    value = json.loads(reply.body or b"null")
    body = json.dumps(value, ensure_ascii=False, indent=2, separators=(",", " : ")).encode()
    return Reply(reply.status, reply.headers, body, reply.cookies)


def refusal_reply(refusal: errors.Refusal) -> Reply:
    """Return REST's way of refusing: an array with one error."""
    error: dict[str, Any] = {"message": refusal.message, "errorCode": refusal.code}
    if refusal.code_first:
        error = {"errorCode": refusal.code, "message": refusal.message}
    if refusal.fields is not None:
        error["fields"] = list(refusal.fields)
    return json_reply([error], refusal.status, refusal.headers)


def bare_reply(refusal: errors.BareRefusal) -> Reply:
    """Return a refusal of bare text, or of nothing but its status."""
    headers = {"Content-Type": "text/html;charset=UTF-8"} if refusal.text else {}
    return Reply(refusal.status, headers, refusal.text.encode())
