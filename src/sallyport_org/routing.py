"""Paths and their handlers: what a route is, and finding the one a request asks for.

What belongs here: the record and the matching. What does not: which routes there are; each room
lists its own in its ``routes`` module, and ``routes`` puts them together.

A slash or percent sign inside a part stays encoded until the part is one by itself: external ids
hold slashes (observed: clients send them as ``%2F``).

Fixed parts of a path match whatever their letter case; clients differ (observed:
``unprocessedrecords`` and ``unprocessedRecords``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from sallyport_org import errors
from sallyport_org.web import Reply

Handler = Callable[..., Reply]
"""Takes the path's variables after what its table's users agree on (see ``routes``)."""


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
                variables.append(unquote(given))
            elif part != given.lower():
                return None
        return variables


def tidy(raw_path: str) -> str:
    """Return a path, percent-encoded as it came, decoded and without doubled or trailing slashes.

    Slashes and percent signs that were encoded stay so: ``%2F`` and ``%25``.
    """
    parts = (unquote(part) for part in raw_path.split("/") if part)
    return "/" + "/".join(part.replace("%", "%25").replace("/", "%2F") for part in parts)


def route(path: str, **handlers: Handler) -> Route:
    """Return the route of a path; keywords are methods."""
    return Route(tuple(path.lower().strip("/").split("/")), handlers)


def find(
    routes: Iterable[Route], path: tuple[str, ...], method: str
) -> tuple[Handler, list[str]] | None:
    """Return handler and variables; raises 405 when the path is only known for other methods."""
    allowed: list[str] = []
    for one in routes:
        variables = one.match(path)
        if variables is None:
            continue
        handler = one.handlers.get("GET" if method == "HEAD" else method)
        if handler is not None:
            return handler, variables
        allowed += [known for known in one.handlers if known not in allowed]
    if allowed:
        heads = ["HEAD"] if "GET" in allowed else []
        raise errors.rest.method_not_allowed(method, [*allowed, *heads])
    return None
