"""Reading JSON bodies: what is wrong is said by place, field, what came and what to send.

What belongs here: bytes to checked values. What does not: what the values mean (the route).
Nothing of a body is ever echoed that may be a secret: the excerpt around a syntax error keeps
names and punctuation only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn

from fastapi import Depends, Request

from sallyport.api.problems import FlowProblem, WrongContentType

MOST_BYTES = 10 * 1024 * 1024
_LATEST = 253_402_300_799  # the end of the year 9999; a stamp in milliseconds lies far beyond
_KNOWN = (
    "name|description|auth|specName|params|environmentUrl|instanceUrl|username|password"
    "|securityToken|clientId|clientSecret|jwtToken|apiVersion|connectionSpec|flowSpec|id|version"
    "|baseConnectionId|data|format|schema|tableName|columns|type|xdm|dataSetId|schemaRef"
    "|contentType|outputSchema|mappings|source|destination|sourceType|sourceConnectionIds"
    "|targetConnectionIds|transformations|scheduleParams|frequency|startTime|flowId"
)
_TOKEN = re.compile(
    rf'(?P<plain>"(?:{_KNOWN})"(?=\s*:)|[\s{{}}\[\]:,]|\b(?:true|false|null)\b)'
    r'|"(?:[^"\\]|\\.)*"|.'
)
# a text or number put in the wrong place there may be a secret
_PRIVATE = re.compile(r"auth|auth\.params|auth\.params\.(?!apiVersion$).*")
_MOST_SHOWN = 80
_AROUND = 60  # characters of the line shown on each side of a syntax error


async def raw_body(request: Request) -> bytes:
    """Return the body as it came; 413 when it is larger than MOST_BYTES."""
    announced = request.headers.get("content-length", "")
    chunks: list[bytes] = []
    size = int(announced) if announced.isdigit() else 0
    if size <= MOST_BYTES:
        size = 0
        async for chunk in request.stream():
            chunks.append(chunk)
            size += len(chunk)
            if size > MOST_BYTES:
                break
    if size > MOST_BYTES:
        raise FlowProblem(
            "9413-413",
            f"the body is larger than {MOST_BYTES} bytes.",
            cure="Send less at once.",
        )
    return b"".join(chunks)


def json_object(request: Request, raw: Annotated[bytes, Depends(raw_body)]) -> Node:
    """Return the body's JSON object.

    Raises WrongContentType, FlowProblem 1405-400 (empty) and 9400-400 (not JSON, not an object).
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and kind not in ("application/json", "text/json") and not kind.endswith("+json"):
        raise WrongContentType("A valid content-type must be specified")
    if not raw.strip():
        raise FlowProblem("1405-400", "The request body is empty.", cure="Send a JSON object.")
    value = _parse(raw)
    if not isinstance(value, dict):
        raise FlowProblem(
            "9400-400",
            "The body must be a JSON object.",
            received=type_of(value) if isinstance(value, str) else shown(value),
            cure='Send an object, like {"name": "…"}.',
        )
    return Node("", value)


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON object of a body together with its place, for errors that name the field."""

    path: str
    value: Mapping[str, Any]

    def __contains__(self, name: str) -> bool:
        return self.value.get(name) is not None

    def place(self, name: str) -> str:
        """Return the full name of a key of this object, like ``auth.params``."""
        return f"{self.path}.{name}" if self.path else name

    def text(self, name: str, *, example: str = "…") -> str:
        """Return a text that must be there and not blank."""
        value = self.optional_text(name, example=example)
        if value is None:
            self.missing(name, f'Send a text, like "{example}".')
        if not value.strip():
            raise FlowProblem(
                "9400-400",
                "is empty.",
                field=self.place(name),
                received=value,
                cure=f'Send a text, like "{example}".',
            )
        return value

    def optional_text(self, name: str, *, example: str = "…") -> str | None:
        """Return a text, or None when it is absent or null."""
        value = self.value.get(name)
        if value is not None and not isinstance(value, str):
            self.wrong(name, "must be a text.", f'Send a text in quotes, like "{example}".')
        return value

    def node(self, name: str) -> Node:
        """Return an object that must be there."""
        found = self.optional_node(name)
        if found is None:
            self.missing(name, "Send a JSON object.")
        return found

    def optional_node(self, name: str) -> Node | None:
        """Return an object, or None when it is absent or null."""
        value = self.value.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.wrong(name, "must be a JSON object.", "Send an object: {…}.")
        return Node(self.place(name), value)

    def nodes(self, name: str) -> list[Node]:
        """Return a list of objects that must be there (it may be empty)."""
        entries = self.value.get(name)
        if entries is None:
            self.missing(name, "Send a list of objects: [{…}].")
        if not isinstance(entries, list):
            self.wrong(name, "must be a list.", "Send a list of objects: [{…}].")
        for number, entry in enumerate(entries):
            if not isinstance(entry, dict):
                place = f"{name}[{number}]"
                self.wrong(place, "must be a JSON object.", "Send an object: {…}.", entry)
        return [Node(f"{self.place(name)}[{n}]", entry) for n, entry in enumerate(entries)]

    def texts(self, name: str) -> list[str]:
        """Return a list of texts that must be there."""
        entries = self.value.get(name)
        if entries is None:
            self.missing(name, 'Send a list of texts: ["…"].')
        if not isinstance(entries, list):
            self.wrong(name, "must be a list.", 'Send a list of texts: ["…"].')
        for number, entry in enumerate(entries):
            if not isinstance(entry, str):
                place = f"{name}[{number}]"
                self.wrong(place, "must be a text.", "Send it in quotes.", entry)
        return list(entries)

    def whole_number(self, name: str) -> int | None:
        """Return a whole number, sent as one or as a text of digits; None when absent."""
        value = self.value.get(name)
        if value is None:
            return None
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,15}", value.strip()):
            return int(value)
        if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 10**15:
            self.wrong(name, "must be a whole number.", "Send a number, like 1567411548.")
        return value

    def moment(self, name: str) -> int | None:
        """Return seconds since 1970, sent as a number or as digits; None when absent."""
        seconds = self.whole_number(name)
        if seconds is not None and not 0 <= seconds <= _LATEST:
            self.wrong(name, "is not seconds since 1970.", "Milliseconds? Divide by 1000.")
        return seconds

    def missing(self, name: str, cure: str) -> NoReturn:
        """Refuse because a key is absent or null."""
        raise FlowProblem("9400-400", "is missing.", field=self.place(name), cure=cure)

    def wrong(self, name: str, message: str, cure: str, received: Any = None) -> NoReturn:
        """Refuse the value of a key, showing what came; only its type where credentials stand."""
        value = self.value.get(name) if received is None else received
        place = self.place(name)
        got = type_of(value) if _PRIVATE.fullmatch(place) else shown(value)
        raise FlowProblem("9400-400", message, field=place, received=got, cure=cure)


BODY: Mapping[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}
"""What the OpenAPI document says of a route that takes ``JsonBody`` (its ``openapi_extra``)."""

JsonBody = Annotated[Node, Depends(json_object)]


def shown(value: Any) -> str:
    """Return what was sent, for an error: plain values as they are, else the type."""
    match value:
        case None:
            return "null"
        case bool() | int() | float():
            return f"{json.dumps(value)[:_MOST_SHOWN]} ({type_of(value)})"
        case str() if len(value) > _MOST_SHOWN:
            return f"{value[:_MOST_SHOWN]}…"
        case str():
            return value
        case list() | dict() if not value:
            return f"{json.dumps(value)} (empty)"
        case list():
            return f"a list of {len(value)} entries" if len(value) > 1 else "a list of one entry"
    return type_of(value)


def type_of(value: Any) -> str:
    """Return the JSON type of a value that must not be shown itself."""
    match value:
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case dict():
            return "an object"
    return "null"


def _parse(raw: bytes) -> Any:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FlowProblem(
            "9400-400",
            f"The body is not UTF-8: byte {error.start + 1} is 0x{raw[error.start]:02x}.",
            cure="Send JSON in UTF-8.",
        ) from error
    try:
        value = json.loads(text, parse_constant=_no_constant)
        _check_characters(value)
    except json.JSONDecodeError as error:
        raise _not_json(text, error) from None  # its chain would carry the body, secrets and all
    except RecursionError:
        raise FlowProblem(
            "9400-400", "The body is nested too deeply.", cure="Send a flatter document."
        ) from None
    except UnicodeEncodeError:
        raise FlowProblem(
            "9400-400",
            "The body has half of a surrogate pair (a \\ud8xx escape without its other half).",
            cure="Send whole characters.",
        ) from None
    except ValueError:  # a number of thousands of digits
        raise FlowProblem(
            "9400-400", "The body has a number that is too long.", cure="Send a shorter one."
        ) from None
    return value


def _no_constant(name: str) -> NoReturn:
    raise FlowProblem(
        "9400-400",
        "The body is not JSON: it has no such number.",
        received=name,
        cure="Send a plain number or null.",
    )


def _not_json(text: str, error: json.JSONDecodeError) -> FlowProblem:
    start = text.rfind("\n", 0, error.pos) + 1
    end = text.find("\n", error.pos)
    spot = _masked(text[start : end if end >= 0 else len(text)], error.pos - start)
    cure = "Repair the JSON there."
    if text[error.pos : error.pos + 1] == ":" and text[: error.pos].rstrip().endswith('"'):
        cure = "A `{` seems to be missing before the name that stands there."
    elif error.pos >= len(text.rstrip()):
        cure = "The body ends too early: close what is open."
    return FlowProblem(
        "9400-400",
        f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno} "
        f"(position {error.pos}): {spot}",
        cure=cure,
    )


def _masked(line: str, column: int) -> str:
    """Return the line around a column, marked ⟶; values become … (they may be secrets)."""
    first = max(0, column - _AROUND)
    out = ""
    marked = False
    for token in _TOKEN.finditer(line[first : column + _AROUND]):
        if not marked and token.end() > column - first:
            out, marked = out + "⟶", True
        out += token["plain"] or "…"
    return re.sub("…+", "…", out if marked else out + "⟶").strip()


def _check_characters(value: Any) -> None:
    """Refuse texts no database keeps: NUL; halves of surrogate pairs (UnicodeEncodeError)."""
    text = json.dumps(value, ensure_ascii=False)
    text.encode("utf-8")
    if "\\u0000" in text and _has_nul(value):
        raise FlowProblem(
            "9400-400", "The body has a NUL character (\\u0000).", cure="Take it out."
        )


def _has_nul(value: Any) -> bool:
    match value:
        case str():
            return "\x00" in value
        case list():
            return any(map(_has_nul, value))
        case dict():
            return any("\x00" in key or _has_nul(entry) for key, entry in value.items())
    return False
