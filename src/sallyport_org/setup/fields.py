"""The kinds of fields Setup's forms are made of: reading what was typed, showing what is.

What belongs here: one small class for each kind, and doing all fields of a form at once. What does
not: which fields a page has, and how a field looks (``templates/fields.html``).

A field that cannot be read raises :class:`FieldError`, whose text says what was received and the
cure; the page shows it beside the field and keeps what was typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sallyport_org.identity import addresses
from sallyport_org.identity.model import IpRange
from sallyport_org.pages.forms import Form

QUOTED = 80
"""Longer texts are cut when an error quotes them."""


class FieldError(ValueError):
    """What was typed into a field cannot be taken."""


def quoted(text: str) -> str:
    """Return a text as errors quote it."""
    return repr(text if len(text) <= QUOTED else text[:QUOTED] + "…")


class Field(Protocol):
    """What every kind can do; ``kind`` tells the template how to draw it."""

    @property
    def name(self) -> str: ...  # noqa: D102 - the class docstring says it

    @property
    def kind(self) -> str: ...  # noqa: D102 - the class docstring says it

    def read(self, form: Form) -> Any:
        """Return the value typed; raises :class:`FieldError`."""
        ...

    def typed(self, form: Form) -> Any:
        """Return what was typed, right or wrong, as the template shows it."""
        ...

    def shown(self, value: Any) -> Any:
        """Return a value as the template shows it."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; ``check`` may refuse or rewrite it (a ValueError says why)."""

    name: str
    label: str
    hint: str = ""
    required: bool = False
    check: Callable[[str], str] | None = None
    kind: str = "text"

    def read(self, form: Form) -> str:
        """Return the text, without blanks around it."""
        text = form.text(self.name)
        if self.required and not text:
            raise FieldError(f"{self.label}: nothing was entered; this field is required")
        if text and self.check is not None:
            try:
                return self.check(text)
            except ValueError as wrong:
                raise FieldError(f"{self.label}: {wrong}") from wrong
        return text

    def typed(self, form: Form) -> str:
        """Return the text as typed."""
        return form.raw(self.name)

    def shown(self, value: str | None) -> str:
        """Return the text; nothing for None."""
        return value or ""


@dataclass(frozen=True, slots=True)
class Lines:
    """Several lines, each a value of its own; ``check`` looks at each, and names the field."""

    name: str
    label: str
    hint: str = ""
    required: bool = False
    check: Callable[[str], str] | None = None
    kind: str = "area"

    def read(self, form: Form) -> list[str]:
        """Return the lines that are not empty."""
        lines = [line.strip() for line in form.raw(self.name).splitlines() if line.strip()]
        if self.required and not lines:
            raise FieldError(f"{self.label}: nothing was entered; give at least one line")
        if self.check is None:
            return lines
        try:
            return [self.check(line) for line in lines]
        except ValueError as wrong:
            raise FieldError(str(wrong)) from wrong

    def typed(self, form: Form) -> str:
        """Return the text as typed."""
        return form.raw(self.name)

    def shown(self, value: Iterable[str]) -> str:
        """Return the values, each on a line."""
        return "\n".join(value)


@dataclass(frozen=True, slots=True)
class Ranges:
    """IP ranges: first and last address on each line."""

    name: str
    label: str
    hint: str = "One range a line: first and last address, like 203.0.113.0 - 203.0.113.255."
    required: bool = False
    kind: str = "area"

    def read(self, form: Form) -> tuple[IpRange, ...]:
        """Return the ranges; a line with one address only is a range of one."""
        ranges = []
        for line in form.raw(self.name).splitlines():
            parts = line.replace(" - ", " ").replace(",", " ").split()
            if not parts:
                continue
            if len(parts) > 2:
                raise FieldError(
                    f"{self.label}: {quoted(line.strip())} has {len(parts)} parts; "
                    "give the first and the last address on a line"
                )
            try:
                ranges.append(addresses.checked_range(parts[0], parts[-1]))
            except ValueError as wrong:
                raise FieldError(f"{self.label}: {wrong}") from wrong
        return tuple(ranges)

    def typed(self, form: Form) -> str:
        """Return the text as typed."""
        return form.raw(self.name)

    def shown(self, value: Iterable[IpRange]) -> str:
        """Return the ranges, each on a line."""
        return "\n".join(f"{first} - {last}" for first, last in value)


@dataclass(frozen=True, slots=True)
class Number:
    """A number within bounds; left empty it is None where ``optional``."""

    name: str
    label: str
    hint: str = ""
    least: float = 0
    most: float = 1_000_000_000
    whole: bool = True
    optional: bool = False
    required: bool = False
    kind: str = "number"

    def read(self, form: Form) -> int | float | None:
        """Return the number."""
        text = form.text(self.name)
        if not text and self.optional:
            return None
        try:
            number = int(text) if self.whole else float(text)
        except ValueError as wrong:
            raise FieldError(
                f"{self.label}: {quoted(text)} is no {'whole ' if self.whole else ''}number; "
                f"{self._bounds()}"
            ) from wrong
        if not self.least <= number <= self.most:
            raise FieldError(f"{self.label}: {quoted(text)} is out of range; {self._bounds()}")
        return number

    def _bounds(self) -> str:
        return f"give one from {self.least:g} to {self.most:,.0f}"

    def typed(self, form: Form) -> str:
        """Return the text as typed."""
        return form.raw(self.name)

    def shown(self, value: float | None) -> str:
        """Return the number without needless decimals; nothing for None."""
        return "" if value is None else f"{value:g}" if value < 1e6 else f"{value:.0f}"


@dataclass(frozen=True, slots=True)
class Check:
    """A box to tick; ``inverted`` where the words say the opposite of the attribute."""

    name: str
    label: str
    hint: str = ""
    inverted: bool = False
    kind: str = "check"

    def read(self, form: Form) -> bool:
        """Say whether it was ticked (or not, when inverted)."""
        return (self.name in form) != self.inverted

    def typed(self, form: Form) -> bool:
        """Say whether it was ticked."""
        return self.name in form

    def shown(self, value: bool) -> bool:
        """Say whether it is to be drawn ticked."""
        return value != self.inverted


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several values; ``options`` gives the words for each."""

    name: str
    label: str
    options: Sequence[tuple[Any, str]]
    hint: str = ""
    required: bool = False
    kind: str = "choice"

    def read(self, form: Form) -> Any:
        """Return the value chosen."""
        text = form.text(self.name)
        for value, _ in self.options:
            if str(value) == text:
                return value
        known = ", ".join(words for _, words in self.options)
        raise FieldError(f"{self.label}: {quoted(text)} is not offered; choose one of: {known}")

    def typed(self, form: Form) -> str:
        """Return the text of the choice."""
        return form.text(self.name)

    def shown(self, value: Any) -> str:
        """Return the text of the choice."""
        return next((str(one) for one, _ in self.options if one == value), str(value))


@dataclass(frozen=True, slots=True)
class Checks:
    """Any number of several values."""

    name: str
    label: str
    options: Sequence[tuple[str, str]]
    hint: str = ""
    required: bool = False
    kind: str = "checks"

    def read(self, form: Form) -> set[str]:
        """Return the values ticked."""
        ticked = set(form.every(self.name))
        for one in sorted(ticked - {value for value, _ in self.options}):
            raise FieldError(f"{self.label}: {quoted(one)} is not offered; choose from the list")
        if self.required and not ticked:
            raise FieldError(f"{self.label}: nothing was chosen; choose at least one")
        return ticked

    def typed(self, form: Form) -> list[str]:
        """Return the values ticked."""
        return form.every(self.name)

    def shown(self, value: Iterable[str]) -> list[str]:
        """Return the values to be drawn ticked."""
        return list(value)


def read_all(fields: Iterable[Field], form: Form) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the values of a form's fields, and what is wrong with those that cannot be read."""
    values, wrong = {}, {}
    for field in fields:
        try:
            values[field.name] = field.read(form)
        except FieldError as error:
            wrong[field.name] = str(error)
    return values, wrong


def shown(fields: Iterable[Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as the template shows them."""
    return {field.name: field.shown(values[field.name]) for field in fields}


def typed(fields: Iterable[Field], form: Form) -> dict[str, Any]:
    """Return what was typed, as the template shows it again."""
    return {field.name: field.typed(form) for field in fields}
