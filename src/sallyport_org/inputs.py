"""What administrators send, read with care: every refusal names field, what came and the cure.

What belongs here: turning JSON values into typed ones for settings, faults and the attributes of
people, apps and orgs. What does not: Salesforce's own refusals (``errors``); nobody but the
simulator says these sentences.
"""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

SHOWN = 80
"""Longer values are cut when they are quoted back."""


class BadInput(ValueError):
    """A value that cannot be used: ``field`` is its name, ``cure`` what to write instead."""

    def __init__(self, field: str, received: object, cure: str) -> None:
        shown = repr(received)
        shown = shown if len(shown) <= SHOWN else shown[:SHOWN] + "…"
        super().__init__(f"{field}: {shown} cannot be used; {cure}")
        self.field, self.received, self.cure = field, received, cure


def known(given: Mapping[str, Any], names: Sequence[str], what: str) -> None:
    """Refuse keys that are none of ``names``; ``what`` says what has these keys."""
    for name in given:
        if name not in names:
            raise BadInput(name, given[name], f"{what} takes {', '.join(sorted(names))}")


def text(value: object, field: str) -> str:
    """Return a text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise BadInput(field, value, "give a text")
    return value


def boolean(value: object, field: str) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise BadInput(field, value, "give true or false")
    return value


def number(
    value: object, field: str, least: float = -math.inf, most: float = math.inf, unit: str = ""
) -> float:
    """Return a finite number within bounds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        read = float(value)
        if math.isfinite(read) and least <= read <= most:
            return read
    raise BadInput(field, value, f"give a number{_span(least, most, unit)}")


def whole(
    value: object, field: str, least: float = -math.inf, most: float = math.inf, unit: str = ""
) -> int:
    """Return a whole number within bounds."""
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    raise BadInput(field, value, f"give a whole number{_span(least, most, unit)}")


def moment(value: object, field: str) -> datetime:
    """Return a moment written in ISO 8601 with its zone (``2026-01-31T08:00:00Z``), in UTC."""
    cure = "give a moment with its zone, like 2026-01-31T08:00:00Z"
    if not isinstance(value, str | datetime):
        raise BadInput(field, value, cure)
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise BadInput(field, value, cure) from None
    if read.tzinfo is None:
        raise BadInput(field, value, cure)
    return read.astimezone(UTC)


def convert(value: object, kind: Any, field: str) -> Any:
    """Return a JSON value as a type made of plain types, unions, collections and dataclasses."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _one_of(value, parts, field)
    if origin is Literal:
        if value not in parts:
            raise BadInput(field, value, f"give one of {', '.join(map(str, parts))}")
        return value
    if origin in (list, set, frozenset) or (origin is tuple and parts[-1] is Ellipsis):
        return origin(_items(value, parts[0], field))
    if origin is tuple:
        if not isinstance(value, list | tuple) or len(value) != len(parts):
            raise BadInput(field, value, f"give a list of {len(parts)} values")
        return tuple(convert(one, each, field) for one, each in zip(value, parts, strict=True))
    if origin is dict:
        return _mapping(value, parts, field)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _record(value, kind, field)
    return _plain(value, kind, field)


def attributes(given: object, kind: type, allowed: Sequence[str], what: str) -> dict[str, Any]:
    """Return a JSON object's values typed like a dataclass's fields of the same names.

    Only the ``allowed`` fields may be given. All are read before any is used, so that a refusal
    leaves nothing half done.
    """
    if not isinstance(given, Mapping):
        raise BadInput(what, given, "give a JSON object")
    known(given, allowed, what)
    hints = field_types(kind)
    return {name: convert(value, hints[name], name) for name, value in given.items()}


@cache
def field_types(kind: type) -> dict[str, Any]:
    """Return the types of a dataclass's fields."""
    return get_type_hints(kind)


def other_fields(kind: type, *names: str) -> tuple[str, ...]:
    """Return the names of a dataclass's fields but for those named."""
    return tuple(one for one in field_types(kind) if one not in names)


def plain(value: object) -> Any:
    """Return a typed value as JSON has it: sets and tuples as lists, moments as texts."""
    if isinstance(value, datetime):
        fine = "microseconds" if value.microsecond % 1000 else "milliseconds"
        return value.astimezone(UTC).isoformat(timespec=fine).replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(one) for one in value)
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [one.name for one in dataclasses.fields(value) if not one.name.startswith("_")]
        return {name: plain(getattr(value, name)) for name in names}
    return value


def _one_of(value: object, parts: tuple[Any, ...], field: str) -> Any:
    """Return a value as the first type of a union that takes it."""
    if value is None and type(None) in parts:
        return None
    refused: BadInput | None = None
    for one in parts:
        if one is type(None):
            continue
        try:
            return convert(value, one, field)
        except BadInput as wrong:
            refused = refused or wrong
    raise refused or BadInput(field, value, "leave it out")


def _items(value: object, kind: Any, field: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise BadInput(field, value, "give a list")
    return [convert(one, kind, field) for one in value]


def _mapping(value: object, parts: tuple[Any, ...], field: str) -> dict[Any, Any]:
    if not isinstance(value, Mapping):
        raise BadInput(field, value, "give a JSON object")
    keys, values = parts
    return {
        _key(name, keys, field): convert(one, values, f"{field}.{name}")
        for name, one in value.items()
    }


def _key(name: str, kind: Any, field: str) -> Any:
    """Return a JSON object's key; numbers are written as texts there."""
    if kind is not int:
        return convert(name, kind, field)
    if not name.isdecimal():
        raise BadInput(field, name, "its keys are whole numbers")
    return int(name)


def _record(value: object, kind: type, field: str) -> Any:
    names = [one.name for one in dataclasses.fields(kind)]
    return kind(**attributes(value, kind, names, field))


def _plain(value: object, kind: Any, field: str) -> Any:
    if kind is bool:
        return boolean(value, field)
    if kind is int:
        return whole(value, field)
    if kind is float:
        return number(value, field)
    if kind is datetime:
        return moment(value, field)
    if kind is not str:
        raise TypeError(f"{field}: values of {kind} cannot be read from JSON")
    if not isinstance(value, str):
        raise BadInput(field, value, "give a text")
    return value


def _span(least: float, most: float, unit: str) -> str:
    words = f" of {unit}" if unit else ""
    if math.isfinite(least) and math.isfinite(most):
        return f"{words} from {least:g} to {most:g}"
    return f"{words} from {least:g} up" if math.isfinite(least) else words
