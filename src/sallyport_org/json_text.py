"""JSON of requests: bytes to values, and what is wrong with bytes that are none.

What belongs here: reading, and refusals that point at a line and a column (observed) in the words
of the parser Salesforce uses (assumed for the less usual mistakes). What does not: what the values
should be (whoever asked for them).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from sallyport_org import errors

_DECODER = json.JSONDecoder()
_BLANKS = frozenset(" \t\n\r")


def read(body: bytes) -> Any:
    """Return the value of a JSON text in UTF-8, UTF-16 or UTF-32; raises JSON_PARSER_ERROR.

    ``NaN`` and ``Infinity`` are no JSON, whatever Python thinks.
    """
    try:
        text = body.decode(json.detect_encoding(body))
    except UnicodeDecodeError as broken:
        first = body[broken.start]
        raise errors.rest.json_parser(f"Invalid UTF-8 start byte 0x{first:x}") from broken
    try:
        return json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as broken:
        where = f"at [line:{broken.lineno}, column:{broken.colno}]"
        raise errors.rest.json_parser(f"{_what(text, broken.pos)} {where}") from broken
    except RecursionError as deep:
        raise errors.rest.json_too_deep() from deep
    except ValueError as broken:  # a number of more digits than Python is willing to read
        raise errors.rest.json_parser("Number is longer than allowed") from broken


def after(body: bytes, path: Sequence[str | int]) -> tuple[int, int]:
    """Return line and column (from 1) just behind a value of a readable JSON text.

    ``path`` are the keys and places that lead to it; of an object or a list, which a reader meets
    by its bracket, it is the place behind the bracket. A path that leads nowhere means the end.
    """
    text = body.decode(json.detect_encoding(body))
    start = _find(text, path)
    if start is None:
        end = len(text)
    else:
        end = start + 1 if text[start] in "{[" else _DECODER.raw_decode(text, start)[1]
    return text.count("\n", 0, end) + 1, end - text.rfind("\n", 0, end)


def _find(text: str, path: Sequence[str | int]) -> int | None:
    """Return where the value of a path begins."""
    at = _skip(text, 0)
    for step in path:
        found = next((start for key, start in _parts(text, at) if key == step), None)
        if found is None:
            return None
        at = found
    return at


def _parts(text: str, at: int) -> Iterator[tuple[str | int, int]]:
    """Yield what an object or a list holds: key or place, and where its value begins."""
    keyed, number = text[at] == "{", 0
    if text[at] not in "{[":
        return
    at = _skip(text, at + 1)
    while text[at] not in "}]":
        key: str | int = number
        if keyed:
            key, at = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        yield key, at
        at = _skip(text, _DECODER.raw_decode(text, at)[1])
        if text[at] == ",":
            at = _skip(text, at + 1)
        number += 1


def _skip(text: str, at: int) -> int:
    """Return the place of the next sign that is no blank."""
    while text[at : at + 1] in _BLANKS:
        at += 1
    return at


def _what(text: str, at: int) -> str:
    if not text[at:].strip():
        return "Unexpected end-of-input"
    sign = text[at]
    shown = f"'{sign}'" if sign.isprintable() else "CTRL-CHAR"
    return f"Unexpected character ({shown} (code {ord(sign)}))"


def _no_number(word: str) -> NoReturn:
    raise errors.rest.json_parser(f"Non-standard token '{word}'")
