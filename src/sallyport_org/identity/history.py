"""Login History: one line for every attempt, with the Status text Setup shows.

What belongs here: writing a line and counting a user's logins. What does not: judging (``judge``).

Columns documented:
https://developer.salesforce.com/docs/platform/object-reference/guide/sforce-api-objects-loginhistory.html
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from sallyport_org import ids
from sallyport_org.faults import attend
from sallyport_org.identity.model import Login

if TYPE_CHECKING:
    from sallyport_org.identity.judge import Attempt, Verdict
    from sallyport_org.identity.model import User
    from sallyport_org.state import Org

RATE_WINDOW = timedelta(hours=1)

LOGIN_TYPES = {
    "browser": "Application",
    "soap": "Other Apex API",
    "password": "Remote Access 2.0",
    "jwt_bearer": "Remote Access 2.0",
    "client_credentials": "Remote Access 2.0",
    "refresh": "Remote Access 2.0",
    "code": "Remote Access 2.0",
    "device": "Remote Access 2.0",
}
"""LoginType by the way in (documented values of the picklist)."""


def record(org: Org, attempt: Attempt, verdict: Verdict) -> Login:
    """Write down how an attempt ended."""
    return note(org, attempt, verdict.status)


def note(org: Org, attempt: Attempt, status: str) -> Login:
    """Write down an attempt under a Status text of one's own knowledge."""
    attend(org, attempt.user.username)
    directory = org.directory
    application = attempt.app.name if attempt.app else attempt.client or "N/A"
    with directory.lock:
        directory.login_count += 1
        line = Login(
            id=ids.record_id("0Ya", directory.login_count),
            at=org.clock.now().replace(microsecond=0),
            username=attempt.user.username,
            user_id=attempt.user.id,
            login_type=LOGIN_TYPES[attempt.how],
            status=status,
            source_ip=attempt.remote,
            application=application,
            login_url=attempt.host,
            api_type="SOAP Partner" if attempt.how == "soap" else "N/A",
            api_version=attempt.api_version or "N/A",
        )
        directory.logins.append(line)
    return line


def of_user(org: Org, user: User) -> Iterator[Login]:
    """Yield a user's lines, newest first."""
    with org.directory.lock:
        lines = list(org.directory.logins)
    return (line for line in reversed(lines) if line.user_id == user.id)
