"""Lists: filters, projection, pages, counts.

What belongs here: the query parameters of every list and its ``items`` and ``_links``. What does
not: what an item looks like (``resources``, the route).

A filter is ``path operator value[,value…]`` over the item's own JSON; several are joined by AND.
The next page is ``/<collection>?continuationToken=<token>``, with no other parameter, and a token
of letters, digits, ``-`` and ``_`` only: clients cut it out of the address by hand
(https://github.com/adobe/aepp, flowservice.py; observed). Pages follow (createdAt, id), so items
made meanwhile neither repeat nor hide others.
"""

from __future__ import annotations

import base64
import csv
import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from fastapi import Request

from sallyport.api.problems import FlowProblem

DEFAULT_LIMIT: Final = 100
MOST: Final = 1000
STAMPED: Final = frozenset(
    {"id", "createdAt", "updatedAt", "createdBy", "updatedBy", "createdClient", "updatedClient"}
    | {"sandboxId", "sandboxName", "imsOrgId"}
    | {"name", "description", "state", "version", "etag"}
)
"""Fields every resource has."""

OPERATORS: Final = ("==", "!=", "<", ">", "<=", ">=", "=")
_RANGES: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_FILTER = re.compile(r"([\w.:@\[\]-]+)\s*([=!<>~]+)(.*)", re.DOTALL)
_NAMES = re.compile(r"[A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*")
_WORDS = frozenset({"state", "status"})  # compared without regard to letter case


QUERY: Final[Mapping[str, Any]] = {
    "parameters": [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in (
            ("property", {"type": "array", "items": {"type": "string"}}),
            ("limit", {"type": "integer", "minimum": 1, "maximum": MOST}),
            ("count", {"type": "boolean"}),
            ("continuationToken", {"type": "string"}),
        )
    ]
}
"""What the OpenAPI document says of a list's query (its ``openapi_extra``)."""

Item = TypeVar("Item")
Pages = Callable[[int], tuple[list[Item], bool]]
"""Returns the items from an offset, newest first, and whether more follow."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition over an item's JSON."""

    path: str
    operator: str
    values: tuple[str, ...]

    def holds(self, item: Mapping[str, Any]) -> bool:
        """Tell whether an item meets the condition."""
        found = list(_at(item, self.path.split(".")))
        words = self.path.rpartition(".")[2] in _WORDS
        if self.operator in ("==", "="):
            return any(_same(one, value, words) for one in found for value in self.values)
        if self.operator == "!=":
            return not any(_same(one, value, words) for one in found for value in self.values)
        return any(self._compare(one, self.values[0]) for one in found if one is not None)

    def _compare(self, one: Any, value: str) -> bool:
        compare = _RANGES[self.operator]
        if isinstance(one, int | float) and not isinstance(one, bool):
            return compare(one, self._number(value))
        return isinstance(one, str) and compare(one, value)

    def _number(self, value: str) -> float:
        try:
            return float(value)
        except ValueError:
            raise FlowProblem(
                "1452-400",
                f"{self.path} is a number.",
                field="property",
                received=value,
                cure="Compare it with a number.",
            ) from None


@dataclass(frozen=True, slots=True)
class Listing:
    """A list request, read; ``after`` is the (createdAt, id) of the last item already given."""

    filters: tuple[Filter, ...]
    projection: tuple[str, ...]
    texts: tuple[str, ...]
    limit: int
    count: bool
    after: tuple[int, str] | None

    def only(self, path: str) -> str | None:
        """Return the one value ``path`` must equal, if a filter says so: to look there alone."""
        for found in self.filters:
            if found.path == path and found.operator in ("==", "=") and len(found.values) == 1:
                return found.values[0]
        return None

    def shown(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return the item, cut to the fields asked for."""
        if not self.projection:
            return item
        return {name: item[name] for name in self.projection if name in item}


def allow(request: Request, *names: str) -> None:
    """Refuse query parameters that would be ignored: 1451-400 naming the parameter."""
    for name in request.query_params:
        if name not in names:
            known = f"This address takes: {', '.join(names)}." if names else "It takes none here."
            raise FlowProblem(
                "1451-400", "is not a query parameter of this release.", field=name, cure=known
            )


def flag(request: Request, name: str) -> bool:
    """Return a boolean query parameter (Python's ``True`` too: aepp sends it); absent: False."""
    text = request.query_params.get(name, "false")
    if text.lower() not in ("true", "false"):
        raise FlowProblem(
            "1451-400",
            "must be true or false.",
            field=name,
            received=text,
            cure="Send true or false.",
        )
    return text.lower() == "true"


def read(request: Request, fields: frozenset[str]) -> Listing:
    """Read a list's query parameters; ``fields`` are the top-level names its items may have.

    Raises FlowProblem with the catalogue's code for whatever is not understood.
    """
    allow(request, "property", "limit", "count", "continuationToken")
    query = request.query_params
    count = flag(request, "count")
    if count and "limit" in query:
        raise FlowProblem(
            "1401-400",
            "limit and count=true cannot be combined.",
            field="limit",
            received=query["limit"],
            cure="Leave one of them out.",
        )
    token = _read_token(query["continuationToken"]) if "continuationToken" in query else None
    texts = tuple(token[2] if token else query.getlist("property"))
    limit = _limit(query["limit"]) if "limit" in query else token[1] if token else DEFAULT_LIMIT
    filters: list[Filter] = []
    projection: list[str] = []
    for text in texts:
        found = _read_property(text, fields)
        if isinstance(found, Filter):
            filters.append(found)
        else:
            projection += found
    after = token[0] if token else None
    return Listing(tuple(filters), tuple(projection), texts, limit, count, after)


def page(
    collection: str, listing: Listing, pages: Pages[Item], show: Callable[[Item], dict[str, Any]]
) -> dict[str, Any]:
    """Return the answer to a list request over stored resources."""
    if listing.count:
        matching = _matching(listing, pages, show)
        return {"count": sum(1 for _ in matching)}
    items: list[dict[str, Any]] = []
    last: dict[str, Any] | None = None
    links: dict[str, Any] = {}
    for item in _matching(listing, pages, show):
        if len(items) == listing.limit and last is not None:
            token = _token(listing, (last["createdAt"], last["id"]))
            links = {"next": {"href": f"/{collection}?continuationToken={token}"}}
            break
        items.append(listing.shown(item))
        last = item
    return {"items": items, "_links": links}


def _matching(
    listing: Listing, pages: Pages[Item], show: Callable[[Item], dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yield matching items after the cursor, newest first.

    Offsets shift when items are made meanwhile; the key, which only falls, keeps out repeats.
    """
    below = listing.after
    offset, more = 0, True
    while more:
        found, more = pages(offset)
        offset += len(found)
        for one in found:
            item = show(one)
            key = (item["createdAt"], item["id"])
            if below is not None and key >= below:
                continue
            below = key
            if all(condition.holds(item) for condition in listing.filters):
                yield item


def _at(value: Any, path: list[str]) -> Iterator[Any]:
    """Yield every value at a dotted path; ``[]`` marks (and a list implies) all of its entries."""
    if isinstance(value, list):
        for entry in value:
            yield from _at(entry, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping):
        name = path[0].removesuffix("[]")
        if name in value:
            yield from _at(value[name], path[1:])


def _same(one: Any, value: str, words: bool) -> bool:
    if isinstance(one, bool):
        return value.lower() == str(one).lower()
    if isinstance(one, int | float):
        try:
            return one == (int(value) if isinstance(one, int) else float(value))
        except ValueError:
            return False
    text = "null" if one is None else str(one)
    # an etag's value bears quotes of its own, which the query's quotes have taken the place of
    same = value in (text, text.strip('"'))
    return same or (words and text.lower() == value.lower())


def _read_property(text: str, fields: frozenset[str]) -> Filter | list[str]:
    found = _FILTER.fullmatch(text.strip())
    if found is None:
        if not _NAMES.fullmatch(text.strip()):
            raise FlowProblem(
                "1450-400",
                "has no operator that is known.",
                field="property",
                received=text,
                cure=f"Write path, operator ({' '.join(OPERATORS[:-1])}) and value.",
            )
        names = [name.strip() for name in text.split(",")]
        for name in names:
            _check_field(name, fields, text)
        return names
    path, sign, rest = found.groups()
    if "~" in sign:
        raise FlowProblem(
            "1440-400", "the operator ~ is not implemented.", field="property", received=text
        )
    if sign not in OPERATORS:
        raise FlowProblem(
            "1450-400",
            f"{sign} is not an operator.",
            field="property",
            received=text,
            cure=f"Use one of {' '.join(OPERATORS[:-1])}.",
        )
    _check_field(path, fields, text)
    return Filter(path, sign, _values(rest, sign, text))


def _values(rest: str, sign: str, text: str) -> tuple[str, ...]:
    try:
        row = next(csv.reader([rest.strip()], skipinitialspace=True), [])
    except csv.Error as error:
        raise FlowProblem(
            "1452-400",
            "has a line break in its value.",
            field="property",
            received=text,
            cure="Write the value on one line.",
        ) from error
    values = [value.strip() for value in row]
    if not values or not all(values):
        raise FlowProblem(
            "1453-400",
            "has no value behind the operator.",
            field="property",
            received=text,
            cure="Write a value, in double quotes if you like.",
        )
    if len(values) > 1 and sign not in ("==", "!=", "="):
        raise FlowProblem(
            "1443-400",
            f"{sign} takes one value.",
            field="property",
            received=text,
            cure="Give one value, or use == or !=.",
        )
    return tuple(values)


def _check_field(path: str, fields: frozenset[str], text: str) -> None:
    if path.split(".")[0].removesuffix("[]") not in fields:
        raise FlowProblem(
            "1449-400",
            f"{path} is not a field of these resources.",
            field="property",
            received=text,
            cure=f"Use one of {', '.join(sorted(fields))}.",
        )


def _limit(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= MOST:
        raise FlowProblem(
            "1451-400",
            f"must be a whole number from 1 to {MOST}.",
            field="limit",
            received=text,
            cure=f"Send one, or leave it out for {DEFAULT_LIMIT}.",
        )
    return int(text)


def _token(listing: Listing, after: tuple[int, str]) -> str:
    text = json.dumps([*after, listing.limit, list(listing.texts)], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_token(token: str) -> tuple[tuple[int, str], int, list[str]]:
    """Return (createdAt, id), limit and the ``property`` texts a token stands for."""
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        created, last, limit, texts = json.loads(text)
        if not all(isinstance(one, str) for one in texts):
            raise ValueError("property is not a list of texts")
        return (int(created), str(last)), _limit(str(limit)), list(texts)
    except (ValueError, TypeError) as error:
        raise FlowProblem(
            "1451-400",
            "is not a token of ours.",
            field="continuationToken",
            received=token[:80],
            cure="Take it unchanged from _links.next.href of the page before.",
        ) from error
