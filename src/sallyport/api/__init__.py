"""The HTTP API: the Flow Service dialect, spoken nowhere else.

Public names: ``create_app`` (``app``), ``Services`` (``services``), ``run_server`` and
``Listening`` (``server``).

What belongs here: the spelling of requests, answers and errors on the wire. What does not: any
decision about connections, flows or runs (their own rooms make them). ``docs/api.md`` lists the
routes, and what differs from Adobe's own.
"""

from sallyport.api.app import create_app
from sallyport.api.server import Listening, run_server
from sallyport.api.services import Services

__all__ = ["Listening", "Services", "create_app", "run_server"]
