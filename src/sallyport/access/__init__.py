"""Who may call our API: credentials per org, and the tokens traded for them.

Public names: ``Access``, ``Caller``, ``NewClient``, ``TOKEN_SECONDS`` (``clients``); ``Actor`` and
``Scope``, who acts and for which tenant, for rooms that do not reach the store.
"""

from sallyport.access.clients import TOKEN_SECONDS, Access, Caller, NewClient
from sallyport.store import Actor, Scope

__all__ = ["TOKEN_SECONDS", "Access", "Actor", "Caller", "NewClient", "Scope"]
