"""An org that outlives its process: everything in one DuckDB file.

What belongs here: opening and refusing files, and writing down what is not rows (people, apps,
policies, approvals, sessions, settings, deployed objects). What does not: rows; the engine keeps
its tables in the same file.

Public names: :func:`open_org`, :class:`Keeper`, :class:`DataFileError`.
"""

from __future__ import annotations

from sallyport_org.datafile.keeper import Keeper
from sallyport_org.datafile.opening import DataFileError, open_org

__all__ = ["DataFileError", "Keeper", "open_org"]
