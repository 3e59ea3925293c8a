"""Which path leads to which handler: the whole surface of the simulator on one page.

What belongs here: the table, matching, and the checks every call of the data API goes through
(version, token, call counting). What does not: what handlers answer.

Fixed parts of a path match whatever their letter case; clients differ (observed:
``unprocessedrecords`` and ``unprocessedRecords``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sallyport_org import errors, oauth, soap
from sallyport_org.bulk import query as bulk_query
from sallyport_org.rest import limits, query, sobjects, versions
from sallyport_org.state import Org, Session
from sallyport_org.web import Call, Context, Reply, refusal_reply

Handler = Callable[..., Reply]
"""Takes the path's variables after org and call (it then checks callers itself) or a context."""


@dataclass(frozen=True, slots=True)
class Route:
    """A path (``{}`` stands for a variable part), and its handler by method."""

    parts: tuple[str, ...]
    handlers: Mapping[str, Handler]

    def match(self, path: tuple[str, ...]) -> list[str] | None:
        """Return the variable parts if the path is this route's, else None."""
        if len(path) != len(self.parts):
            return None
        variables = []
        for part, given in zip(self.parts, path, strict=True):
            if part == "{}":
                variables.append(given)
            elif part != given.lower():
                return None
        return variables


def _route(path: str, **handlers: Handler) -> Route:
    return Route(tuple(path.lower().strip("/").split("/")), handlers)


OPEN_ROUTES = (
    _route("/services/data", GET=versions.list_versions),
    _route("/services/oauth2/token", POST=oauth.token_endpoint),
    _route("/services/oauth2/revoke", POST=oauth.revoke_endpoint, GET=oauth.revoke_endpoint),
    _route("/services/oauth2/userinfo", GET=oauth.userinfo, POST=oauth.userinfo),
    _route("/id/{}/{}", GET=oauth.identity),
    _route("/services/soap/u/{}", POST=soap.partner),
    _route("/services/soap/c/{}", POST=soap.enterprise),
    _route("/services/soap/u/{}/{}", POST=soap.partner),
    _route("/services/soap/c/{}/{}", POST=soap.enterprise),
)

DATA_ROUTES = (
    _route("/", GET=versions.resources),
    _route("/limits", GET=limits.limits),
    _route("/limits/recordCount", GET=limits.record_count),
    _route("/sobjects", GET=sobjects.list_sobjects),
    _route("/sobjects/{}", GET=sobjects.basic_info, POST=sobjects.write),
    _route("/sobjects/{}/describe", GET=sobjects.describe),
    _route("/sobjects/{}/{}", GET=sobjects.read, PATCH=sobjects.write, DELETE=sobjects.write),
    _route("/sobjects/{}/{}/{}", GET=sobjects.blob, PATCH=sobjects.write, DELETE=sobjects.write),
    _route("/query", GET=query.query),
    _route("/query/{}", GET=query.more),
    _route("/queryAll", GET=query.query_all),
    _route("/queryAll/{}", GET=query.more),
    _route("/jobs/query", GET=bulk_query.list_jobs, POST=bulk_query.create),
    _route(
        "/jobs/query/{}", GET=bulk_query.read, PATCH=bulk_query.change, DELETE=bulk_query.delete
    ),
    _route("/jobs/query/{}/results", GET=bulk_query.results),
    _route("/jobs/query/{}/resultPages", GET=bulk_query.result_pages),
)

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
    found = _find(OPEN_ROUTES, path, call.method)
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
        found = _find(DATA_ROUTES, path[3:] or ("",), call.method)
        if found is None:
            raise _unknown(path[3:])
        handler, variables = found
        reply = handler(Context(org, call, session, version), *variables)
    except errors.Refusal as refusal:
        reply = refusal_reply(refusal)
    reply.headers["Sforce-Limit-Info"] = f"api-usage={used}/{most}"
    return reply


def _find(
    routes: tuple[Route, ...], path: tuple[str, ...], method: str
) -> tuple[Handler, list[str]] | None:
    """Return handler and variables; raises 405 when the path is only known for other methods."""
    for route in routes:
        variables = route.match(path)
        if variables is None:
            continue
        asked = "GET" if method == "HEAD" else method
        handler = route.handlers.get(asked)
        if handler is None:
            allowed = [*route.handlers, *(["HEAD"] if "GET" in route.handlers else [])]
            raise errors.rest.method_not_allowed(method, allowed)
        return handler, variables
    return None


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
