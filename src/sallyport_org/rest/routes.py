"""The paths of the REST data API, below ``/services/data/vXX.0``.

Handlers take a :class:`~sallyport_org.web.Context` and the path's variables.
"""

from __future__ import annotations

from sallyport_org.rest import limits, query, sobjects, versions
from sallyport_org.routing import Route, route

ROUTES: tuple[Route, ...] = (
    route("/", GET=versions.resources),
    route("/limits", GET=limits.limits),
    route("/limits/recordCount", GET=limits.record_count),
    route("/sobjects", GET=sobjects.list_sobjects),
    route("/sobjects/{}", GET=sobjects.basic_info, POST=sobjects.write),
    route("/sobjects/{}/describe", GET=sobjects.describe),
    route("/sobjects/{}/{}", GET=sobjects.read, PATCH=sobjects.write, DELETE=sobjects.write),
    route("/sobjects/{}/{}/{}", GET=sobjects.blob, PATCH=sobjects.write, DELETE=sobjects.write),
    route("/query", GET=query.query),
    route("/query/{}", GET=query.more),
    route("/queryAll", GET=query.query_all),
    route("/queryAll/{}", GET=query.more),
)
