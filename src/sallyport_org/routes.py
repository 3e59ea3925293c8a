"""Which path leads to which handler: the whole surface of the simulator on one page.

What belongs here: the tables, and counting the calls of the data API. What does not: who may call
(``gate``) and what handlers answer.

Handlers of ``OPEN_ROUTES`` take a :class:`~sallyport_org.web.Visit` and the path's variables, those
of ``DATA_ROUTES`` a :class:`~sallyport_org.web.Context`.
"""

from __future__ import annotations

from sallyport_org import addresses, errors, gate
from sallyport_org.admin import routes as admin_routes
from sallyport_org.bulk import routes as bulk_routes
from sallyport_org.cloud import Cloud, Place
from sallyport_org.faults import attend, transport
from sallyport_org.faults.actions import before_call
from sallyport_org.oauth import routes as oauth_routes
from sallyport_org.pages import routes as page_routes
from sallyport_org.rest import routes as rest_routes
from sallyport_org.rest import versions
from sallyport_org.routing import find, route
from sallyport_org.setup import routes as setup_routes
from sallyport_org.soap import routes as soap_routes
from sallyport_org.web import Call, Context, Reply, Visit, bare_reply, indented, refusal_reply

OPEN_ROUTES = (
    *admin_routes.ROUTES,
    route("/simulator/doors", GET=addresses.show),
    route("/services/data", GET=versions.list_versions),
    *oauth_routes.ROUTES,
    *soap_routes.ROUTES,
    *bulk_routes.ASYNC_ROUTES,
    *page_routes.ROUTES,
    *setup_routes.ROUTES,
)

DATA_ROUTES = (*rest_routes.ROUTES, *bulk_routes.ROUTES)

_UNMODELLED = (
    *("composite", "search", "parameterizedsearch", "recent", "tooling", "metadata"),
    *("tabs", "theme", "appmenu", "compactlayouts", "quickactions", "actions", "process"),
    *("connect", "chatter", "ui-api", "analytics", "wave", "eclair", "smartdatadiscovery"),
    *("knowledgemanagement", "support", "consent", "dedupe", "event", "folders", "licensing"),
    *("async-queries", "commerce", "payments", "scheduling", "domino", "prechatforms"),
)
"""Parts of the data API a real org answers (documented: the guides of REST, Connect, User Interface
and Analytics API); asked here they are refused plainly, but for the paths that have a route."""


def answer(cloud: Cloud, place: Place, call: Call) -> Reply:
    """Return the answer to any request; refusals become the wire's own error bodies."""
    try:
        return _dispatch(Visit(cloud, place, call))
    except errors.Refusal as refusal:
        return refusal_reply(refusal)
    except errors.BareRefusal as refusal:
        return bare_reply(refusal)
    except RecursionError:
        # Only what a client nested can go this deep: a body just below what JSON is read to.
        return refusal_reply(errors.rest.json_too_deep())


def _dispatch(visit: Visit) -> Reply:
    call = visit.call
    path = tuple(call.path.strip("/").split("/"))
    if visit.place.org is not None and visit.place.org.waking and path[0] != "simulator":
        return transport.edge_reply()
    found = find(OPEN_ROUTES, path, call.method)
    if found is not None:
        handler, variables = found
        return handler(visit, *variables)
    area = "/".join(path[:2]).lower()
    known = ("services/oauth2", "services/soap", "services/async", "services/apexrest")
    if area in known or path[0].lower() == "cometd":
        raise errors.rest.not_modelled(call.path)
    if len(path) < 3 or area != "services/data":
        raise errors.rest.not_found()
    return _data(visit, path)


def _data(visit: Visit, path: tuple[str, ...]) -> Reply:
    context = gate.admit(visit, path[2])
    attend(context.org, context.session.user.username, context.version)
    before_call(context.org)
    app = context.session.app
    used, most = context.org.count_call(app)
    refusal = gate.over_limit(context, used, most)
    if refusal is not None:
        reply = refusal_reply(refusal)
    else:
        with context.org.traffic.running():
            reply = _data_reply(context, path[3:])
        if visit.call.headers.get("X-PrettyPrint", "0").lower() not in ("", "0", "false"):
            reply = indented(reply)
    reply.headers["Sforce-Limit-Info"] = context.org.limit_info(app)
    return reply


def _data_reply(context: Context, path: tuple[str, ...]) -> Reply:
    try:
        if _only_xml(context.call.headers.get("Accept", "")):
            raise errors.rest.not_modelled("answers as XML over REST")
        return answer_in(context, path)
    except errors.Refusal as refusal:
        return refusal_reply(refusal)


def _only_xml(accepted: str) -> bool:
    return "xml" in accepted and not any(word in accepted for word in ("json", "csv", "*/*"))


def answer_in(context: Context, path: tuple[str, ...]) -> Reply:
    """Answer a call (or a part of a composite one) below ``/services/data/vXX.0``.

    Raises :class:`~sallyport_org.errors.Refusal`.
    """
    found = find(DATA_ROUTES, path or ("",), context.call.method)
    if found is None:
        raise _unknown(path)
    handler, variables = found
    return handler(context, *variables)


def _unknown(path: tuple[str, ...]) -> errors.Refusal:
    asked = "/".join(path).lower()
    for name in _UNMODELLED:
        if asked == name or asked.startswith(name + "/"):
            return errors.rest.not_modelled(f"/{'/'.join(path)}")
    return errors.rest.not_found()
