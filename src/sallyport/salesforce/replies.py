"""A request to Salesforce, its reply, and the error a refusing reply stands for.

What belongs here: the two value types every flow and call is written in, and the one place that
turns an HTTP answer into an error of ours. What does not: performing requests (``client.py``),
reading the formats of error bodies (``error_bodies.py``), the causes behind an authentication
refusal (``auth/refusals.py``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sallyport.errors import RemoteRefused, RemoteUnavailable, SallyportError, SessionRejected
from sallyport.salesforce.error_bodies import Words, read_words

DEFAULT_TIMEOUT = 60.0
MASKED_HEADERS = frozenset({"authorization", "x-sfdc-session", "cookie", "proxy-authorization"})


class Headers(Mapping[str, str]):
    """Headers of an answer, found whatever the letter case asked; the last of equal names
    counts."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._pairs = {name.lower(): (name, value) for name, value in pairs}

    def __getitem__(self, name: str) -> str:
        return self._pairs[name.lower()][1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._pairs.values())

    def __len__(self) -> int:
        return len(self._pairs)

    def __repr__(self) -> str:
        return f"Headers({sorted(self)})"


@dataclass(frozen=True, repr=False)
class Request:
    """One HTTP request; ``timeout`` is in seconds, for the whole answer (a stream: for each
    silence).

    Its ``repr`` shows method and address without query, never credentials or the body.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    timeout: float = DEFAULT_TIMEOUT

    def __repr__(self) -> str:
        headers = {
            name: "********" if name.lower() in MASKED_HEADERS else value
            for name, value in self.headers.items()
        }
        size = 0 if self.body is None else len(self.body)
        address = self.url.partition("?")[0]
        return f"Request({self.method} {address}, headers={headers}, body={size} bytes)"


@dataclass(frozen=True, repr=False)
class Reply:
    """One whole HTTP answer, decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def text(self) -> str:
        """Return the body as text (UTF-8, which Salesforce always uses; bad bytes become
        U+FFFD)."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """Return the body read as JSON; RemoteUnavailable(stage="body") when it is something
        else."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise RemoteUnavailable(
                f"An answer with status {self.status} should have been JSON and is not"
                f" ({len(self.body)} bytes of {self.headers.get('Content-Type', 'no type')}).",
                stage="body",
                status=self.status,
            ) from error

    def __repr__(self) -> str:
        return f"Reply({self.status}, {len(self.body)} bytes)"


class TemporarilyRefused(RemoteUnavailable):
    """Salesforce said no for now: busy, too many requests, a page of its edge; later it may say
    yes.

    ``code`` and ``text`` are Salesforce's own, as in RemoteRefused.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str,
        text: str,
        field: str | None = None,
        cure: str | None = None,
    ) -> None:
        super().__init__(message, stage="http", status=status, field=field, cure=cure)
        self.code = code
        self.text = text


# Refusals with a 4xx status, or a SOAP fault's 500, that time alone may heal (documented list of
# codes, https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.html; the two last
# observed).
TEMPORARY_CODES = frozenset(
    {"SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION", "REQUEST_LIMIT_EXCEEDED", "ORG_IN_MAINTENANCE"}
    | {"CustomNotAcceptable", "TXN_SECURITY_METERING_ERROR"}
)
TEMPORARY_STATUSES = frozenset({408, 420, 425, 429})
SESSION_CODES = frozenset({"INVALID_SESSION_ID", "InvalidSessionId"})

# One cure per code that has one cure; codes with many causes are the business of diagnosis.
CURES = {
    "API_DISABLED_FOR_ORG": "The org's edition has no API access: buy the add-on for it.",
    "API_CURRENTLY_DISABLED": "Give the integration user the permission API Enabled"
    " (Setup > Permission Sets).",
    "REQUEST_LIMIT_EXCEEDED": "Wait for the limit to free up, or lower the number of calls"
    " (Setup > Company Information shows API requests of the last 24 hours).",
    "URL_NOT_RESET": "Use the org's My Domain address for data calls, not a login host.",
    "UNSUPPORTED_API_VERSION": "Raise the connection's API version.",
    "GONE": "Raise the connection's API version: Salesforce has retired this one.",
}


def refusal(reply: Reply, *, during: str) -> SallyportError:
    """Return the error that a reply which is no success stands for; ``during`` says what was tried.

    RemoteUnavailable when retrying may help (5xx, 420, 429 and their like), SessionRejected when
    the token is no longer accepted, else RemoteRefused. Salesforce's code and text are kept
    verbatim.
    """
    words = read_words(reply.headers.get("Content-Type", ""), reply.text())
    status = reply.status
    code = words.code or ("GONE" if status == 410 else f"HTTP_{status}")
    message = f"Salesforce refused {during}: {_quoted(words, reply)} (HTTP {status})."
    cure = CURES.get(code)
    if status == 401 or code in SESSION_CODES:
        return SessionRejected(message, status=status, code=code, text=words.text, cure=cure)
    if is_temporary(status, words.code):
        return TemporarilyRefused(
            f"Salesforce could not answer {during}: {_quoted(words, reply)} (HTTP {status}).",
            status=status,
            code=code,
            text=words.text,
            cure=cure or "Try again later; https://status.salesforce.com tells of incidents.",
        )
    return RemoteRefused(message, status=status, code=code, text=words.text, cure=cure)


def is_temporary(status: int, code: str) -> bool:
    """Return whether an answer of this status, with Salesforce's code or none, may change by
    waiting.

    Every SOAP fault has status 500: with a code of its own such an answer is a verdict, not an
    outage.
    """
    if code in TEMPORARY_CODES or status in TEMPORARY_STATUSES:
        return True
    return status not in (501, 505) and (status > 501 or (status == 500 and not code))


def _quoted(words: Words, reply: Reply) -> str:
    if words.code and words.text and words.code != words.text:
        return f"{words.text.strip()} [{words.code}]"
    if words:
        return words.text or words.code
    if 300 <= reply.status < 400:
        return f"it points to another address, {_place(reply.headers.get('Location', 'not named'))}"
    return "no reason given"


def _place(location: str) -> str:
    """Return where a redirect leads, without its query (login redirects carry session ids
    there)."""
    return location.partition("?")[0]
