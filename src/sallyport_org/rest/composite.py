"""Requests that build on each other: ``/composite`` and ``/composite/graph``.

What belongs here: order, limits, and what a failure does to the others. What does not: one
sub-request (``subrequests``). Documented:
https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-composite.html
https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-graph-limits.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

from sallyport_org import dml, errors
from sallyport_org.rest.subrequests import content, perform, references, resolve
from sallyport_org.web import Context, Reply, json_reply, refusal_reply

MAX_REQUESTS = 25
MAX_QUERIES = 5
MAX_GRAPHS = 75
MAX_NODES = 500
MAX_KINDS = 15
MAX_DEPTH = 15
MAX_FAILED_GRAPHS = 14


class _Undo(Exception):
    """Leaves a transaction so that nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One sub-request as it was asked."""

    reference: str
    method: str
    url: str
    body: Any
    headers: Mapping[str, str]

    @property
    def needs(self) -> set[str]:
        """The reference ids it mentions."""
        return references(self.url) | references(self.body)

    @property
    def kind(self) -> str:
        """The resource it is about: the path without version, ids and parameters."""
        path = self.url.partition("?")[0].strip("/").split("/")
        return f"{self.method} {'/'.join(path[3:5])}".lower()

    @property
    def queries(self) -> bool:
        """True for those of which only a few may be in one call: queries and collections."""
        resource = self.url.partition("?")[0].strip("/").lower().split("/")[3:5]
        return resource[:1] in (["query"], ["queryall"]) or resource == ["composite", "sobjects"]


@dataclass(slots=True)
class _Run:
    """The replies so far, and what references may lead to."""

    replies: dict[str, Reply] = field(default_factory=dict)
    bodies: dict[str, Any] = field(default_factory=dict)
    failed: str | None = None
    undone: bool = False

    def forget(self) -> None:
        """Begin anew."""
        self.replies, self.bodies, self.failed = {}, {}, None


def composite(context: Context) -> Reply:
    """Answer ``POST /composite``: 200, with each sub-request's own status inside."""
    body = context.call.json_object()
    parts = _parts(body)
    if len(parts) > MAX_REQUESTS:
        raise errors.composite.too_many_subrequests(MAX_REQUESTS, "subrequests")
    if sum(part.queries for part in parts) > MAX_QUERIES:
        what = "query and sObject Collections subrequests"
        raise errors.composite.too_many_subrequests(MAX_QUERIES, what)
    if body.get("allOrNone") is True:
        run = _transaction(context, parts)
    else:
        run = _Run()
        for part in parts:
            _perform(context, part, run)
    return json_reply({"compositeResponse": _answers(parts, run)})


def graph(context: Context) -> Reply:
    """Answer ``POST /composite/graph``: each graph is kept as a whole or not at all."""
    graphs = context.call.json_object().get("graphs")
    if not isinstance(graphs, list) or not graphs:
        raise errors.composite.required_parameter("graphs")
    if len(graphs) > MAX_GRAPHS:
        raise errors.composite.too_many_subrequests(MAX_GRAPHS, "graphs")
    asked = [(_text(one, "graphId"), _ordered(_parts(one))) for one in graphs]
    if sum(len(parts) for _, parts in asked) > MAX_NODES:
        raise errors.composite.too_many_subrequests(MAX_NODES, "nodes")
    if len({name for name, _ in asked}) < len(asked):
        raise errors.composite.unusable("Each graphId may be used once only")
    answers = []
    failures = 0
    for name, parts in asked:
        halted = failures >= MAX_FAILED_GRAPHS
        run = _Run(failed="", undone=True) if halted else _transaction(context, parts)
        failures += run.failed is not None
        answers.append(
            {
                "graphId": name,
                "graphResponse": {"compositeResponse": _answers(parts, run)},
                "isSuccessful": run.failed is None,
            }
        )
    return json_reply({"graphs": answers})


def _transaction(context: Context, parts: Sequence[_Part]) -> _Run:
    """Perform sub-requests until one fails; then nothing of any of them is kept."""
    run = _Run()

    def act() -> None:
        run.forget()
        for part in parts:
            _perform(context, part, run)
            if run.failed is not None:
                raise _Undo

    try:
        dml.as_one(context.org, act)
    except _Undo:
        run.undone = True
    except errors.Refusal as refusal:
        run.failed, run.undone = parts[0].reference, True
        run.replies = {run.failed: refusal_reply(refusal)}
    return run


def _perform(context: Context, part: _Part, run: _Run) -> None:
    try:
        url, body = resolve(part.url, run.bodies), resolve(part.body, run.bodies)
        reply = perform(context, part.method, url, body, part.headers)
        run.bodies[part.reference] = content(reply)
    except errors.Refusal as refusal:
        reply = refusal_reply(refusal)
    run.replies[part.reference] = reply
    if reply.status >= 400:
        run.bodies.pop(part.reference, None)
        run.failed = part.reference


def _answers(parts: Sequence[_Part], run: _Run) -> list[dict[str, Any]]:
    """Return the sub-requests' answers; after a rollback all but the failed one say so."""
    halted = refusal_reply(errors.composite.rolled_back())
    answers = []
    for part in parts:
        reply = run.replies.get(part.reference, halted)
        if run.undone and part.reference != run.failed:
            reply = halted
        answers.append(_answer(part, reply))
    return answers


def _answer(part: _Part, reply: Reply) -> dict[str, Any]:
    kept = ("Location", "Last-Modified", "ETag")
    return {
        "body": content(reply),
        "httpHeaders": {name: reply.headers[name] for name in kept if name in reply.headers},
        "httpStatusCode": reply.status,
        "referenceId": part.reference,
    }


def _parts(body: Any) -> list[_Part]:
    requests = body.get("compositeRequest") if isinstance(body, dict) else None
    if not isinstance(requests, list) or not requests:
        raise errors.composite.required_parameter("compositeRequest")
    parts: list[_Part] = []
    for one in requests:
        reference = _text(one, "referenceId")
        if any(part.reference == reference for part in parts):
            raise errors.composite.unusable(f"The referenceId '{reference}' is used twice")
        headers = one.get("httpHeaders") or {}
        if not isinstance(headers, dict):
            raise errors.composite.unusable("httpHeaders must be an object")
        method, url = _text(one, "method"), _text(one, "url")
        parts.append(_Part(reference, method.upper(), url, one.get("body"), headers))
    return parts


def _text(value: Any, name: str) -> str:
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, str) or not found:
        raise errors.composite.required_parameter(name)
    return found


def _ordered(parts: list[_Part]) -> list[_Part]:
    """Return a graph's nodes, each after those it refers to; raises for what is no small graph."""
    known = {part.reference: part for part in parts}
    if len({part.kind for part in parts}) > MAX_KINDS:
        raise errors.composite.too_many_subrequests(MAX_KINDS, "different nodes in a graph")
    needs = {part.reference: part.needs & set(known) for part in parts}
    try:
        order = list(TopologicalSorter(needs).static_order())
    except CycleError:
        raise errors.composite.unusable("The requests of a graph refer to each other") from None
    depth: dict[str, int] = {}
    for name in order:
        depth[name] = 1 + max((depth[other] for other in needs[name]), default=0)
    if max(depth.values()) > MAX_DEPTH:
        raise errors.composite.too_many_subrequests(MAX_DEPTH, "levels of a graph")
    return [known[name] for name in order]
