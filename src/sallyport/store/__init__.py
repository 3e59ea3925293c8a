"""Metadata: what exists, in which state, at which version.

Public names: ``Store`` (the port, with its promises), ``Record``, ``Scope``, ``Actor``, ``Kind``
(``base``); ``GrantStore`` (a second port, with its own), ``GrantRecord``, ``GrantState``,
``NewTokens`` (``grants``); ``SqlStore`` (``sql``: both, on SQLite and PostgreSQL by the same code).
"""

from sallyport.store.base import Actor, Kind, Page, Record, Scope, Store
from sallyport.store.grants import GrantRecord, GrantState, GrantStore, NewTokens
from sallyport.store.sql import SqlStore

__all__ = [
    "Actor",
    "GrantRecord",
    "GrantState",
    "GrantStore",
    "Kind",
    "NewTokens",
    "Page",
    "Record",
    "Scope",
    "SqlStore",
    "Store",
]
