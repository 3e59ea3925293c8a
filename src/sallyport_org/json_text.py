"""JSON of requests: bytes to values, and what is wrong with bytes that are none.

What belongs here: reading, and refusals that point at a line and a column (observed) in the words
of the parser Salesforce uses (assumed for the less usual mistakes). What does not: what the values
should be (whoever asked for them).
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from sallyport_org import errors


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


def _what(text: str, at: int) -> str:
    if not text[at:].strip():
        return "Unexpected end-of-input"
    sign = text[at]
    shown = f"'{sign}'" if sign.isprintable() else "CTRL-CHAR"
    return f"Unexpected character ({shown} (code {ord(sign)}))"


def _no_number(word: str) -> NoReturn:
    raise errors.rest.json_parser(f"Non-standard token '{word}'")
