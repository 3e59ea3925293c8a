"""Writing rows: the one way every interface (REST, composite, bulk, SOAP) changes records.

Public names: :class:`Change`, :class:`Outcome`, :class:`RowError`, :class:`Committed`.
"""

from __future__ import annotations

from sallyport_org.dml.model import Change, Committed, Outcome, RowError

__all__ = ["Change", "Committed", "Outcome", "RowError"]
