"""``/recent``: what was looked at lately.

Documented: https://developer.salesforce.com/docs/platform/api-rest/guide/resources-recent-items.html
Reading over an API marks nothing as viewed, so these are the views rows came with (documented: only
``FOR VIEW`` and the pages do).
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema

from __future__ import annotations

from sallyport_org.rest.records import attributes
from sallyport_org.rows.engine import live, quoted, text_literal
from sallyport_org.web import Context, Reply, json_reply

_MOST = 200


def recent(context: Context) -> Reply:
    """Answer with the rows viewed last, of all objects that keep such a list."""
    asked = context.call.query.get("limit", "")
    limit = min(int(asked), _MOST) if asked.isdecimal() else _MOST
    parts = []
    for sobject in context.schema:
        label = next((one.name for one in sobject.stored_fields if one.name_field), None)
        if label and "mru" in sobject.abilities and sobject.find("LastViewedDate"):
            parts.append(
                f"SELECT {text_literal(sobject.name)}, t.Id, t.{quoted(label)}, t.LastViewedDate, "
                f"{text_literal(label)} FROM {quoted(sobject.name)} AS t "
                f"WHERE t.LastViewedDate IS NOT NULL AND {live(sobject)}"
            )
    rows = []
    if parts:
        rows = context.org.engine.rows(
            f"{' UNION ALL '.join(parts)} ORDER BY 4 DESC, 2 LIMIT {limit}"
        )
    return json_reply(
        [
            {"attributes": attributes(kind, key, context.version), "Id": key, label: value}
            for kind, key, value, _, label in rows
        ]
    )
