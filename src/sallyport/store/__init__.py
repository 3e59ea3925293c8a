"""Metadata: what exists, in which state, at which version.

Public names: ``Store`` (the port, with its promises), ``Record``, ``Scope``, ``Actor``, ``Kind``
(``base``), ``SqlStore`` (``sql``: SQLite and PostgreSQL by the same code).
"""

from sallyport.store.base import Actor, Kind, Page, Record, Scope, Store
from sallyport.store.sql import SqlStore

__all__ = ["Actor", "Kind", "Page", "Record", "Scope", "SqlStore", "Store"]
