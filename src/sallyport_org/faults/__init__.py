"""What goes wrong on purpose: named faults an administrator of the simulator adds to one org.

Public names: :class:`Fault`, :class:`Faults`, :class:`Journal`, :func:`add_fault`, :func:`attend`,
:func:`skew`, :data:`KINDS`, :func:`read_fault`; ``transport`` is what the doors call. What does not
belong here: how a refusal reads (``errors``); the place in the code a fault strikes words it.
"""

from __future__ import annotations

from sallyport_org.faults.journal import Journal, attend, skew
from sallyport_org.faults.kinds import KINDS, add_fault, read_fault
from sallyport_org.faults.model import Fault, Faults

__all__ = ["KINDS", "Fault", "Faults", "Journal", "add_fault", "attend", "read_fault", "skew"]
