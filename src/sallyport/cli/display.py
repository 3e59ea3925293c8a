"""Printing: JSON documents, tables, plain lines.

What belongs here: how values look. What does not: which values (the commands). Results go to
standard output, everything else (progress, remarks, questions, errors) to standard error.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import typer
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from sallyport.kernel import from_epoch_ms

_UNBOUNDED = 100_000  # a pipe has no edge to wrap at


def emit(document: Any) -> None:
    """Print one JSON document; dates as ISO 8601, what JSON cannot hold as null or text."""
    text = json.dumps(_plain(document), indent=2, ensure_ascii=not _speaks_unicode())
    typer.echo(text)


def say(line: str) -> None:
    """Print a remark (of one or several lines) for a person on standard error."""
    typer.echo("\n".join(map(printable, line.split("\n"))), err=True)


def table(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Sequence[int] = ()
) -> None:
    """Print rows as a table; ``right`` holds the positions of columns of numbers."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_UNBOUNDED)
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for position, column in enumerate(columns):
        justify: JustifyMethod = "right" if position in right else "left"
        shown.add_column(Text(column), justify=justify, overflow="fold")
    for row in rows:
        shown.add_row(*(Text(cell(value)) for value in row))
    console.print(shown)


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show on a terminal that something takes its time."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(f"{what} …"):
        yield


def facts(pairs: Mapping[str, Any]) -> None:
    """Print names and values, one pair a line; what is unknown is left out."""
    known = {name: value for name, value in pairs.items() if value not in (None, "")}
    width = max((len(name) for name in known), default=0)
    for name, value in known.items():
        typer.echo(f"{name.ljust(width)}  {cell(value)}")


def cell(value: Any) -> str:
    """Return a value as one line of printable text: nothing in it can move the cursor."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    plain = _plain(value)
    return printable(plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False))


def printable(text: str) -> str:
    """Return a text as one line that leaves the terminal as it is: no escapes, no line ends."""
    return "".join(_visible(character) for character in text)


def shortened(text: str | None, most: int = 160) -> str | None:
    """Return a text with its middle left out when it is longer than ``most`` characters.

    Salesforce repeats the query first and says what is wrong with it last.
    """
    if text is None or len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half].rstrip()} … {text[-half:].lstrip()}"


def moment(stamp: int | None) -> str | None:
    """Return a stamp in milliseconds as ISO 8601 in UTC, to the second."""
    if stamp is None:
        return None
    return from_epoch_ms(stamp).strftime("%Y-%m-%dT%H:%M:%SZ")


def count(number: int | None) -> str:
    """Return a number with thousands apart, or ``?`` for one that is not known."""
    return "?" if number is None else f"{number:,}"


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return {"\n": "⏎", "\t": " "}.get(character, "\N{REPLACEMENT CHARACTER}")


def _plain(value: Any) -> Any:
    """Return the value in terms of JSON."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)


def _number(value: Decimal) -> int | float | str:
    """Return a decimal as a JSON number if that is exact, else its digits as text."""
    if not value.is_finite():
        return str(value)
    if value == value.to_integral_value():
        return int(value)
    return float(value) if Decimal(repr(float(value))) == value else str(value)


def _speaks_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
