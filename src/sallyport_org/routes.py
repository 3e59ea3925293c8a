"""Which path leads to which handler: the whole surface of the simulator on one page.

What belongs here: the table, matching, and the checks every call of the data API goes through
(version, token, call counting). What does not: what handlers answer.
"""

from __future__ import annotations

from sallyport_org import errors, oauth, soap
from sallyport_org.bulk import routes as bulk_routes
from sallyport_org.rest import routes as rest_routes
from sallyport_org.rest import versions
from sallyport_org.routing import find, route
from sallyport_org.state import Org, Session
from sallyport_org.web import Call, Context, Reply, refusal_reply

OPEN_ROUTES = (
    route("/services/data", GET=versions.list_versions),
    route("/services/oauth2/token", POST=oauth.token_endpoint),
    route("/services/oauth2/revoke", POST=oauth.revoke_endpoint, GET=oauth.revoke_endpoint),
    route("/services/oauth2/userinfo", GET=oauth.userinfo, POST=oauth.userinfo),
    route("/id/{}/{}", GET=oauth.identity),
    route("/services/soap/u/{}", POST=soap.partner),
    route("/services/soap/c/{}", POST=soap.enterprise),
    route("/services/soap/u/{}/{}", POST=soap.partner),
    route("/services/soap/c/{}/{}", POST=soap.enterprise),
)

DATA_ROUTES = (*rest_routes.ROUTES, *bulk_routes.ROUTES)

_UNMODELLED = (
    "composite",
    "jobs/ingest",
    "search",
    "parameterizedsearch",
    "tooling",
    "recent",
    "tabs",
    "theme",
    "quickactions",
    "actions",
    "process",
    "metadata",
)
"""Parts of the data API a real org answers; asked here they are refused plainly."""


def answer(org: Org, call: Call) -> Reply:
    """Return the answer to any request; refusals become the wire's own error bodies."""
    try:
        return _dispatch(org, call)
    except errors.Refusal as refusal:
        return refusal_reply(refusal)


def _dispatch(org: Org, call: Call) -> Reply:
    path = tuple(call.path.strip("/").split("/"))
    found = find(OPEN_ROUTES, path, call.method)
    if found is not None:
        handler, variables = found
        return handler(org, call, *variables)
    area = "/".join(path[:2]).lower()
    if area in ("services/oauth2", "services/soap", "services/async", "services/apexrest"):
        raise errors.rest.not_modelled(call.path)
    if len(path) < 3 or area != "services/data":
        raise errors.rest.not_found()
    return _data(org, call, path)


def _data(org: Org, call: Call, path: tuple[str, ...]) -> Reply:
    version = versions.check_version(path[2])
    session = _session(org, call)
    used, most = org.count_call()
    try:
        if used > most:
            raise errors.rest.too_many_calls()
        found = find(DATA_ROUTES, path[3:] or ("",), call.method)
        if found is None:
            raise _unknown(path[3:])
        handler, variables = found
        reply = handler(Context(org, call, session, version), *variables)
    except errors.Refusal as refusal:
        reply = refusal_reply(refusal)
    reply.headers["Sforce-Limit-Info"] = f"api-usage={used}/{most}"
    return reply


def _unknown(path: tuple[str, ...]) -> errors.Refusal:
    asked = "/".join(path).lower()
    for name in _UNMODELLED:
        if asked == name or asked.startswith(name + "/"):
            return errors.rest.not_modelled(f"/{'/'.join(path)}")
    return errors.rest.not_found()


def _session(org: Org, call: Call) -> Session:
    """Return the caller's session from ``Authorization: Bearer`` (or ``OAuth``)."""
    kind, _, token = call.headers.get("Authorization", "").partition(" ")
    if kind and kind.lower() not in ("bearer", "oauth"):
        raise errors.rest.bad_auth_header()
    session = org.session(token.strip())
    if session is None:
        raise errors.rest.session_invalid()
    return session
