"""What must be the same when a connection is authorized anew, and what may differ.

What belongs here: comparing the org and user that answer now with those a connection was made with.
What does not: logging in (``verify``), storing (``service``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sallyport.connections.model import Connection
from sallyport.errors import Conflict


def check_same_org(connection: Connection, found: Mapping[str, Any]) -> None:
    """Raise Conflict, with both named, unless the org is the one the connection was made with.

    A sandbox that was refreshed answers under the old name with a new id; that is said as such.
    """
    before = connection.org
    if not before.get("id") or _same_id(before["id"], found.get("id")):
        return
    sandbox_before, sandbox_now = before.get("sandbox"), found.get("sandbox")
    both = f"{_named(before)} before, {_named(found)} now"
    same_place = before.get("instance_url") == found.get("instance_url")
    if same_place and sandbox_before and sandbox_now:
        raise Conflict(
            f"the sandbox was refreshed: it is another org under the old name ({both}).",
            field="environment_url",
            received=str(found.get("instance_url")),
            cure="Make a new connection to it; the old one's data belongs to the org that is gone.",
        )
    if sandbox_before is not None and sandbox_now is not None and sandbox_before != sandbox_now:
        raise Conflict(
            f"a sandbox cannot take the place of production, nor the other way round ({both}).",
            field="environment_url",
            received=str(found.get("instance_url")),
            cure="Log in to the org the connection was made with, or make a new connection.",
        )
    raise Conflict(
        f"this is another org than the connection was made with ({both}).",
        field="environment_url",
        received=str(found.get("instance_url")),
        cure="Log in to the org the connection was made with, or make a new connection.",
    )


def check_same_user(connection: Connection, found: Mapping[str, Any], *, accepted: bool) -> None:
    """Raise Conflict for another user, who may see other records, unless ``accepted``."""
    before, now = connection.org.get("user_id"), found.get("user_id")
    if accepted or not before or _same_id(before, now):
        return
    raise Conflict(
        f"this is another user than before ({before} before, {now} now), who may see other records"
        " and fields.",
        field="username",
        received=str(now),
        cure="Log in as the user of before, or say that another user is meant.",
    )


def _same_id(one: Any, other: Any) -> bool:
    """Compare Salesforce ids, of which some answers give 15 characters and others 18."""
    return str(one)[:15] == str(other or "")[:15]


def _named(org: Mapping[str, Any]) -> str:
    return f"{org['name']} ({org['id']})" if org.get("name") else str(org.get("id"))
