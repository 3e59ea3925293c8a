"""Salesforce → dataset: planned, read, landed and proven.

Public names: ``Pull`` (``run``: the durable workflow that executes a run).
"""

from sallyport.pull.run import Pull

__all__ = ["Pull"]
