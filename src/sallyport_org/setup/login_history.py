"""Login History: who tried to log in, how it ended, as a table and as a CSV file.

What belongs here: filtering and showing. What does not: writing lines (``identity.history``).

Documented: https://help.salesforce.com/s/articleView?id=xcloud.users_login_history.htm
"""

from __future__ import annotations

import csv
import io

from sallyport_org.identity import Login
from sallyport_org.setup.desk import Desk, at_desk
from sallyport_org.web import Reply

NODE = "OrgLoginHistory"
SHOWN = 200
MOST_IN_FILE = 20_000

_COLUMNS = {
    "Username": "username",
    "Login Time": "at",
    "Source IP": "source_ip",
    "Login Type": "login_type",
    "Status": "status",
    "Application": "application",
    "Login URL": "login_url",
    "API Type": "api_type",
    "API Version": "api_version",
}


@at_desk
def show(desk: Desk) -> Reply:
    """The lines, newest first, filtered by username and Status."""
    lines = _wanted(desk)
    statuses = sorted({one.status for one in desk.org.directory.logins})
    return desk.page(
        "login_history.html",
        NODE,
        "Login History",
        logins=lines[:SHOWN],
        count=len(lines),
        most=SHOWN,
        statuses=statuses,
        username=_asked(desk, "username"),
        status=_asked(desk, "status"),
    )


@at_desk
def download(desk: Desk) -> Reply:
    """The same lines as a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for one in _wanted(desk)[:MOST_IN_FILE]:
        writer.writerow([_guarded(getattr(one, name)) for name in _COLUMNS.values()])
    headers = {
        "Content-Type": "text/csv;charset=UTF-8",
        "Content-Disposition": 'attachment; filename="LoginHistory.csv"',
    }
    return Reply(200, headers, text.getvalue().encode())


def _guarded(value: object) -> str:
    """Return a cell no spreadsheet takes for a formula: people type usernames freely."""
    text = str(value)
    return f"'{text}" if text[:1] in ("=", "+", "@", "\t", "\r") else text


def _wanted(desk: Desk) -> list[Login]:
    username, status = _asked(desk, "username").lower(), _asked(desk, "status")
    with desk.org.directory.lock:
        lines = list(desk.org.directory.logins)
    return [
        one
        for one in reversed(lines)
        if username in one.username.lower() and status in ("", one.status)
    ]


def _asked(desk: Desk, name: str) -> str:
    return desk.visit.call.query.get(name, "").strip()
