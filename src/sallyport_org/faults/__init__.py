"""What goes wrong on purpose: named faults an administrator of the simulator adds to one org.

Public names: :class:`Fault`, :class:`Faults`. What does not belong here: how a refusal reads
(``errors``); the place in the code a fault strikes words it.
"""

from __future__ import annotations

from sallyport_org.faults.model import Fault, Faults

__all__ = ["Fault", "Faults"]
