"""Who may call our API: credentials per org, and the tokens traded for them.

Public names: ``Access``, ``Caller``, ``NewClient`` (``clients``).
"""

from sallyport.access.clients import Access, Caller, NewClient

__all__ = ["Access", "Caller", "NewClient"]
