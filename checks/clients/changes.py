"""Known changes made to a loaded org while a client looks away, and what must be seen of them.

What belongs here: the changes, through plain REST calls to the plain address. What does not: the
client that must notice them.
"""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from checks.clients.oracle import Record, Table
from checks.clients.stage import Stage

_STAMPS = ("CreatedDate", "LastModifiedDate", "SystemModstamp")
_VERSION = "v62.0"


@dataclass(frozen=True)
class Changes:
    """What a client must see of one object afterwards: the changed records, without stamps.

    ``table`` has the columns to compare, ``IsDeleted`` among them.
    """

    table: Table
    records: list[Record]


def change_some(stage: Stage) -> dict[str, Changes]:
    """Change and delete records of every loaded object; returns what must be seen.

    No account with opportunities is deleted: they would go with it.
    """
    api = _Rest(stage.credentials)
    field = {"Account": "Phone", "Opportunity": "NextStep", "Ledger__c": "Text__c"}
    fathers = {one["AccountId"] for one in stage.table("Opportunity").records}
    return {name: _change(api, stage.table(name), field[name], fathers) for name in field}


def _change(api: "_Rest", table: Table, field: str, spared: set[str]) -> Changes:
    """Change seven records and delete two of one object."""
    ids = api.ids(table)
    seen: list[Record] = []
    for one in table.records[10:17]:
        path = f"/sobjects/{table.name}/{ids[one[table.key]]}"
        api.send("PATCH", path, {field: 'changed, "x"'})
        seen.append({**one, field: 'changed, "x"', "IsDeleted": "false"})
    lonely = [one for one in table.records[20:] if one.get("Id") not in spared]
    for one in lonely[:2]:
        api.send("DELETE", f"/sobjects/{table.name}/{ids[one[table.key]]}", None)
        seen.append({**one, "IsDeleted": "true"})
    kinds = {name: kind for name, kind in table.kinds.items() if name not in _STAMPS}
    return Changes(replace(table, kinds={**kinds, "IsDeleted": "boolean"}), seen)


class _Rest:
    """The REST API at the plain address, with a token of its own."""

    def __init__(self, credentials: Mapping[str, Any]) -> None:
        self._url = credentials["url"]
        form = {"grant_type": "client_credentials", **credentials["client_credentials"]}
        answer = self._open("POST", "/services/oauth2/token", urllib.parse.urlencode(form), {})
        self._token = json.loads(answer)["access_token"]

    def ids(self, table: Table) -> dict[str, str]:
        """Return the id of each record by its key."""
        names = ", ".join(dict.fromkeys(("Id", table.key)))
        soql = urllib.parse.quote(f"SELECT {names} FROM {table.name}")
        path = f"/services/data/{_VERSION}/query?q={soql}"
        found: dict[str, str] = {}
        while path:
            page = json.loads(self._open("GET", path, None, self._headers()))
            found.update((row[table.key], row["Id"]) for row in page["records"])
            path = page.get("nextRecordsUrl", "")
        return found

    def send(self, method: str, path: str, body: Any) -> None:
        """Write; raises ValueError with the refusal."""
        text = None if body is None else json.dumps(body)
        self._open(method, f"/services/data/{_VERSION}{path}", text, self._headers())

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}

    def _open(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> bytes:
        data = None if body is None else body.encode()
        request = urllib.request.Request(self._url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                content: bytes = answer.read()
        except urllib.error.HTTPError as refused:
            said = refused.read().decode(errors="replace")
            raise ValueError(f"{method} {path}: {refused.code} {said[:500]}") from None
        return content
