"""The paths of the bulk interfaces.

2.0 lies below ``/services/data/vXX.0``, 1.0 below ``/services/async``.

Handlers of ``ROUTES`` take a :class:`~sallyport_org.web.Context` and the path's variables.
"""

from __future__ import annotations

from sallyport_org.bulk import listing, query
from sallyport_org.routing import Route, route

ROUTES: tuple[Route, ...] = (
    route("/jobs/query", GET=listing.list_queries, POST=query.create),
    route("/jobs/query/{}", GET=query.read, PATCH=query.change, DELETE=query.delete),
    route("/jobs/query/{}/results", GET=query.results),
    route("/jobs/query/{}/resultPages", GET=query.result_pages),
)
