"""The REST data API: versions, limits, describes, records and queries.

Public names: the handlers of ``versions``, ``limits``, ``sobjects`` and ``query``; ``routes`` (one
floor up) says which path leads to which.
"""
