"""Faults that change the org itself: an administrator at work between two calls.

What belongs here: carrying them out. What does not: the way answers take (``transport``), and
faults other rooms ask for and word.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sallyport_org.schema.deploy import (
    AddFields,
    Change,
    RemoveField,
    RenameField,
    apply,
    deploy,
)
from sallyport_org.schema.model import Field

if TYPE_CHECKING:
    from sallyport_org.state import Org

log = logging.getLogger(__name__)

NEW_FIELD_LENGTH = 255


def before_call(org: Org) -> None:
    """Let ``schema_changed`` strike just before a data call is answered.

    Raises :class:`~sallyport_org.schema.metadata.MetadataError` when the change cannot be made; it
    was possible when the fault was added (:func:`check`).
    """
    fault = org.faults.strike("schema_changed")
    if fault is not None:
        change = schema_change(fault.settings)
        deploy(org.schema, org.engine, [change], org.clock.now())
        log.info("fault %s: %s", fault.id, change)


def check(org: Org, settings: Mapping[str, Any]) -> None:
    """Raise MetadataError unless a ``schema_changed`` fault could strike now; changes nothing."""
    apply(org.schema.copy(), [schema_change(settings)])


def schema_change(settings: Mapping[str, Any]) -> Change:
    """Return the change a ``schema_changed`` fault makes."""
    sobject = str(settings["object"])
    if "remove" in settings:
        return RemoveField(sobject, str(settings["remove"]))
    if "rename" in settings:
        return RenameField(sobject, str(settings["rename"]), str(settings["to"]))
    name = str(settings["add"])
    label = name.removesuffix("__c").replace("_", " ")
    size = NEW_FIELD_LENGTH
    return AddFields(sobject, (Field(name, label, "string", length=size, byte_length=size * 3),))
