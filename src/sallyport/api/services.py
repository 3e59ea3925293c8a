"""What the API is given to work with; ``wiring`` builds it.

What belongs here: the list of services, nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

from sallyport.access import Access
from sallyport.connections import Connections
from sallyport.flows import Catalog, Flows, Runs
from sallyport.kernel import Clock


@dataclass(frozen=True)
class Services:
    """The use cases of the other rooms.

    ``verify_seconds``: how long creating a connection waits for Salesforce before it answers
    ``initializing``.
    """

    access: Access
    connections: Connections
    catalog: Catalog
    flows: Flows
    runs: Runs
    clock: Clock
    verify_seconds: float
