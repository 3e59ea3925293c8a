"""Elements of metadata files, asked by name, with errors that name file, element and cure.

What belongs here: reading XML and single values. What does not: what the elements mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"


class MetadataError(ValueError):
    """Metadata that cannot be used; the text names file, element and cure."""


@dataclass(frozen=True, slots=True)
class Part:
    """One element of a file. ``of`` is the file, as the user named it; ``where`` the path to it."""

    of: Path
    where: str
    element: Any

    def refused(self, name: str, problem: str) -> MetadataError:
        """Return the error about an element of this one."""
        place = f"{self.where}/{name}" if name else self.where
        return MetadataError(f"{self.of}: <{place}>: {problem}")

    def text(self, name: str) -> str | None:
        """Return the text of an element, or None where it is absent or empty."""
        found = self.element.find(NAMESPACE + name)
        if found is None or found.text is None or not found.text.strip():
            return None
        return str(found.text).strip()

    def needed(self, name: str, cure: str) -> str:
        """Return the text of an element; raises :class:`MetadataError` where it is absent."""
        found = self.text(name)
        if found is None:
            raise self.refused(name, f"is missing; {cure}")
        return found

    def truth(self, name: str, default: bool = False) -> bool:
        """Return ``true`` or ``false``; raises :class:`MetadataError` for any other text."""
        found = self.text(name)
        if found is None:
            return default
        if found.lower() not in ("true", "false"):
            raise self.refused(name, f"is {found!r}; write true or false")
        return found.lower() == "true"

    def number(self, name: str, least: int, most: int, default: int | None = None) -> int:
        """Return a whole number within bounds; raises :class:`MetadataError` for anything else."""
        found = self.text(name)
        if found is None and default is not None:
            return default
        if found is None or not found.isdigit() or not least <= int(found) <= most:
            received = "missing" if found is None else repr(found)
            raise self.refused(name, f"is {received}; write a whole number from {least} to {most}")
        return int(found)

    def one_of(self, name: str, known: Sequence[str], default: str | None = None) -> str:
        """Return a text out of a list; raises :class:`MetadataError` for any other."""
        found = self.text(name) or default
        if found is None or found not in known:
            raise self.refused(name, f"is {found!r}; write one of {', '.join(known)}")
        return found

    def part(self, name: str) -> Part | None:
        """Return the first element of a name, or None."""
        found = self.element.find(NAMESPACE + name)
        return None if found is None else Part(self.of, f"{self.where}/{name}", found)

    def parts(self, name: str) -> list[Part]:
        """Return every element of a name, in order."""
        return [
            Part(self.of, f"{self.where}/{name}", one)
            for one in self.element.findall(NAMESPACE + name)
        ]

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts of every element of a name, in order."""
        return tuple((one.element.text or "").strip() for one in self.parts(name))


def read_file(path: Path, root: str) -> Part:
    """Return the root element of a file; raises :class:`MetadataError` if it is another one."""
    try:
        element = ElementTree.parse(path).getroot()
    except ParseError as broken:
        raise MetadataError(f"{path}: is no XML ({broken}); fetch or write it anew") from broken
    except DefusedXmlException as harmful:
        raise MetadataError(f"{path}: declares entities; take the DOCTYPE out") from harmful
    except OSError as unreadable:
        raise MetadataError(f"{path}: cannot be read ({unreadable.strerror})") from unreadable
    if element.tag != NAMESPACE + root:
        received = str(element.tag).removeprefix(NAMESPACE)
        raise MetadataError(
            f"{path}: <{received}>: the file must hold <{root}> in the namespace {NAMESPACE[1:-1]}"
        )
    return Part(path, root, element)
