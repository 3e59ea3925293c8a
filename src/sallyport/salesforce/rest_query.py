"""Small reads over REST: counting rows, and walking pages of records.

What belongs here: ``/query`` and ``/queryAll``. What does not: large reads (``bulk_query.py``):
pages of 2,000 JSON records are slow and count against the org's daily calls.

Wire: https://developer.salesforce.com/docs/platform/api-rest/guide/resources-query.html
(documented).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sallyport.salesforce.session import OrgClient

MAX_PAGE = 2_000
MIN_PAGE = 200


def count_rows(org: OrgClient, soql: str, *, all_rows: bool) -> int:
    """Return the number a ``SELECT COUNT()`` gives; ``all_rows`` includes deleted and archived
    rows."""
    return int(org.get(_resource(all_rows), {"q": soql}).json()["totalSize"])


def query_rows(
    org: OrgClient, soql: str, *, all_rows: bool = False, limit: int | None = None
) -> Iterator[dict[str, Any]]:
    """Yield records as Salesforce sends them, less the ``attributes`` of each, page after page.

    ``limit`` bounds the rows yielded and the size of the pages asked for (200 to 2,000, a hint).
    """
    size = MAX_PAGE if limit is None else max(MIN_PAGE, min(limit, MAX_PAGE))
    headers = {"Sforce-Query-Options": f"batchSize={size}"}
    page = org.get(_resource(all_rows), {"q": soql}, headers).json()
    left = limit
    while True:
        for record in page["records"]:
            if left is not None:
                if left <= 0:
                    return
                left -= 1
            yield _plain(record)
        # The address of the next page is taken as given: queryAll, too, continues at /query/.
        if page.get("done", True) or left == 0:
            return
        page = org.get(page["nextRecordsUrl"], headers=headers).json()


def _resource(all_rows: bool) -> str:
    return "queryAll" if all_rows else "query"


def _plain(value: Any) -> Any:
    """Return a record without ``attributes``, at every level (parents and children are records
    too)."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if key != "attributes"}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
