"""Writing rows: the one way every interface (REST, composite, bulk, SOAP) changes records.

Build a :class:`Change` for every row and call::

    outcomes = dml.write(context.org, context.session.user, changes, all_or_none=False)

Public names: :func:`write`; :func:`together`, inside which everything a thread writes and reads is
one transaction, and :func:`as_one`, which also begins anew on conflicts; :func:`merge`,
:func:`empty_bin`; and the records :class:`Change`, :class:`Outcome`, :class:`RowError`,
:class:`Merged`, :class:`Committed`.
"""

from __future__ import annotations

from sallyport_org.dml.bin import empty_bin
from sallyport_org.dml.merge import Merged, merge
from sallyport_org.dml.model import Change, Committed, Outcome, RowError
from sallyport_org.dml.transaction import as_one, together
from sallyport_org.dml.write import write

__all__ = [
    "Change",
    "Committed",
    "Merged",
    "Outcome",
    "RowError",
    "as_one",
    "empty_bin",
    "merge",
    "together",
    "write",
]
