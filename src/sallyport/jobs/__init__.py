"""The durable engine: work that goes on after a crash. The only room that imports dbos.

Public names: ``engine.Engine``, ``engine.Steps``, ``retry.Retry``. They are not imported here: the
engine costs a second of start-up that most terminal commands need not pay.
"""
