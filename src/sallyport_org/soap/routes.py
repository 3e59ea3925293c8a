"""The paths of SOAP. Handlers take a :class:`~sallyport_org.web.Visit`."""

from __future__ import annotations

from sallyport_org.routing import Route, route
from sallyport_org.soap.endpoint import enterprise, partner

ROUTES: tuple[Route, ...] = (
    route("/services/soap/u/{}", POST=partner),
    route("/services/soap/c/{}", POST=enterprise),
    route("/services/soap/u/{}/{}", POST=partner),
    route("/services/soap/c/{}/{}", POST=enterprise),
)
