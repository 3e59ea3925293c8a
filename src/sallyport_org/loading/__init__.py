"""Loading anybody's records: CSV files, ``sf data import tree`` files and their plans.

Files are read into staging tables of plain text (``csv_files``, ``tree_files``), what the schema
lacks is inferred from the texts (``infer``), then everything is cast into the objects' tables and
the system fields nobody gave are filled in (``insert``), unless Salesforce would not take it
(``refusals``).

Public names: :class:`Loader`, :class:`LoadError`.
"""

from __future__ import annotations

from sallyport_org.loading.loader import Loader
from sallyport_org.loading.staging import LoadError

__all__ = ["LoadError", "Loader"]
