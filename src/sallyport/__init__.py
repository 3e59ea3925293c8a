"""Sallyport connects to Salesforce, says why it refuses, and moves records with nothing lost.

The package is laid out in rooms (see docs/architecture.md); a room's public names are the ones
its ``__init__`` docstring lists. Nothing here does IO on import.
"""

__version__ = "0.1.0"
