"""``/search`` and ``/parameterizedSearch``.

What belongs here: HTTP's side of a search. What does not: SOSL (``sosl``). Documented:
https://developer.salesforce.com/docs/platform/api-rest/guide/resources-search.html
https://developer.salesforce.com/docs/platform/api-rest/guide/resources-search-parameterized.html
"""

from __future__ import annotations

from typing import Any

from sallyport_org import errors, sosl
from sallyport_org.rest.records import Record, records
from sallyport_org.soql import output
from sallyport_org.web import Context, Reply, json_reply

_OBJECT_ANSWER_VERSION = 37.0
"""Before this version the answer is the bare list of records (documented)."""


def search(context: Context) -> Reply:
    """Answer ``/search?q=FIND {…}``."""
    text = context.call.query.get("q", "")
    if not text.strip():
        raise errors.search.no_search()
    return _answer(context, sosl.parse(text))


def parameterized(context: Context) -> Reply:
    """Answer ``/parameterizedSearch``, asked by parameters or by a JSON body."""
    if context.call.method == "POST":
        return _answer(context, _from_body(context.call.json_object()))
    query = context.call.query
    names = [name for name in (query.get("sobject") or "").split(",") if name.strip()]
    common = query.get("fields")
    objects = [
        {
            "name": name.strip(),
            "fields": (query.get(f"{name.strip()}.fields") or common or "Id").split(","),
            "where": query.get(f"{name.strip()}.where"),
            "limit": query.get(f"{name.strip()}.limit"),
        }
        for name in names
    ]
    return _answer(
        context,
        _from_body(
            {
                "q": query.get("q"),
                "in": query.get("in"),
                "sobjects": objects,
                "overallLimit": query.get("overallLimit"),
            }
        ),
    )


def _from_body(body: dict[str, Any]) -> sosl.Search:
    term = body.get("q")
    if not isinstance(term, str) or not term.strip():
        raise errors.composite.required_parameter("q")
    returned = []
    for one in body.get("sobjects") or []:
        if not isinstance(one, dict) or not one.get("name"):
            raise errors.composite.required_parameter("sobjects.name")
        rest = f"WHERE {one['where']}" if one.get("where") else ""
        if one.get("orderBy"):
            rest += f" ORDER BY {one['orderBy']}"
        if one.get("limit"):
            rest += f" LIMIT {_number(one['limit'], 'limit')}"
        fields = tuple(str(name).strip() for name in one.get("fields") or body.get("fields") or ())
        returned.append(sosl.Returned(str(one["name"]), fields or ("Id",), rest))
    group = str(body.get("in") or "ALL").upper()
    if group not in ("ALL", "NAME", "EMAIL", "PHONE", "SIDEBAR"):
        raise errors.composite.unusable(f"in: {group} is none of ALL, NAME, EMAIL, PHONE, SIDEBAR")
    made = sosl.Search(term, group, tuple(returned))
    if body.get("overallLimit"):
        limit = _number(body["overallLimit"], "overallLimit")
        made = sosl.Search(term, group, tuple(returned), limit)
    return made


def _number(value: Any, name: str) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit()):
        raise errors.composite.unusable(f"{name}: {text} is no whole number")
    return int(text)


def _answer(context: Context, asked: sosl.Search) -> Reply:
    found: list[Record] = []
    org = context.org
    for plan in sosl.plans(context.schema, asked, org.clock.now().date()):
        rows = org.engine.rows(plan.select(output.json_projection(plan, context.version)))
        found += records(org.engine, plan, rows, context.version)
    found = found[: asked.limit]
    if float(context.version) < _OBJECT_ANSWER_VERSION:
        return json_reply(found)
    return json_reply({"searchRecords": found})
