"""Requests inside a request: made of JSON, sent through the same routes as any other call.

What belongs here: building a sub-request's call, references to earlier results, and the reply as
JSON. What does not: how many there may be and what a failure does to the others (``composite``,
``batch``). Documented:
https://developer.salesforce.com/docs/platform/api-rest/guide/using-resources-composite.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sallyport_org import errors
from sallyport_org.rest.versions import check_version
from sallyport_org.routing import tidy
from sallyport_org.web import Context, Reply, refusal_reply

_REFERENCE = re.compile(r"@\{([^}]+)\}")
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")
_KEPT_HEADERS = ("Authorization", "Sforce-Call-Options")


class CaseInsensitive(dict[str, str]):
    """Header names to values, whatever the names' letter case."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__({name.lower(): str(value) for name, value in headers.items()})

    def get(self, name: str, default: Any = None) -> Any:
        """Return a header's value."""
        return super().get(name.lower(), default)

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())


def perform(
    context: Context, method: str, url: str, body: Any, headers: Mapping[str, str]
) -> Reply:
    """Answer one sub-request; what it is refused with becomes its reply."""
    # The routes lead here: importing them at the top would go round in a circle.
    from sallyport_org import routes

    try:
        inner, path = _context(context, method, url, body, headers)
        reply = routes.answer_in(inner, path)
    except errors.Refusal as refusal:
        reply = refusal_reply(refusal)
    return reply


def content(reply: Reply) -> Any:
    """Return a reply's body as JSON; null when it is empty. Blobs cannot be read this way."""
    body = reply.body if isinstance(reply.body, bytes) else b"".join(reply.body)
    if not body:
        return None
    if "json" not in reply.headers.get("Content-Type", ""):
        raise errors.composite.no_blobs()
    return json.loads(body)


def _context(
    context: Context, method: str, url: str, body: Any, headers: Mapping[str, str]
) -> tuple[Context, tuple[str, ...]]:
    """Return the sub-request as a call of its own; raises for addresses outside the data API."""
    parts = urlsplit(url)
    path = tuple(tidy(parts.path).strip("/").split("/"))
    if [one.lower() for one in path[:2]] == ["services", "data"]:
        path = path[2:]
    if not path or not path[0]:
        raise errors.rest.not_found()
    settings = context.org.settings
    version = check_version(path[0], settings.oldest_version, settings.newest_version)
    kept = {name: context.call.headers.get(name, "") for name in _KEPT_HEADERS}
    call = replace(
        context.call,
        method=method.upper(),
        path="/services/data/" + "/".join(path),
        query=dict(parse_qsl(parts.query, keep_blank_values=True)),
        headers=CaseInsensitive({**kept, **headers}),
        body=b"" if body is None else json.dumps(body).encode(),
    )
    return replace(context, call=call, version=version), path[1:]


def resolve(value: Any, results: Mapping[str, Any]) -> Any:
    """Return a value with every ``@{id.path}`` replaced by what earlier results say there.

    Raises PROCESSING_HALTED for references that lead nowhere.
    """
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: _referred(found[1], results), value)
    if isinstance(value, list):
        return [resolve(one, results) for one in value]
    if isinstance(value, dict):
        return {name: resolve(one, results) for name, one in value.items()}
    return value


def references(value: Any) -> set[str]:
    """Return the reference ids a value mentions."""
    text = value if isinstance(value, str) else json.dumps(value)
    return {re.split(r"[.\[]", found, maxsplit=1)[0] for found in _REFERENCE.findall(text)}


def _referred(path: str, results: Mapping[str, Any]) -> str:
    steps = [name or int(index) for name, index in _STEP.findall(path)]
    found: Any = results
    for step in steps:
        try:
            found = found[step] if not isinstance(found, dict) else _entry(found, str(step))
        except (KeyError, IndexError, TypeError, StopIteration):
            raise errors.composite.bad_reference(path) from None
    if isinstance(found, bool):
        return str(found).lower()
    if found is None or isinstance(found, dict | list):
        raise errors.composite.bad_reference(path)
    return str(found)


def _entry(found: Mapping[str, Any], name: str) -> Any:
    """Return an entry whatever the letter case: both ``id`` and ``Id`` are used (observed)."""
    if name in found:
        return found[name]
    return next(value for key, value in found.items() if key.lower() == name.lower())
