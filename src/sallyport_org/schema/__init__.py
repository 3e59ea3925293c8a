"""What the org's objects look like: definitions as data, and the describe answers made from them.

Public names: :func:`standard_schema`, :class:`Schema`, :class:`SObject`, :class:`Field`,
:class:`Child`, and the modules ``describe`` and ``notation``.
"""

from __future__ import annotations

from importlib.resources import files

from sallyport_org.schema.model import Child, Field, Schema, SObject
from sallyport_org.schema.notation import read_object

__all__ = ["Child", "Field", "SObject", "Schema", "standard_schema"]


def standard_schema() -> Schema:
    """Return a fresh copy of every object that ships with the simulator."""
    folder = files(__package__) / "objects"
    definitions = [entry for entry in folder.iterdir() if entry.name.endswith(".object")]
    return Schema(read_object(entry.read_text(encoding="utf-8")) for entry in definitions)
