"""The org's own clock.

What belongs here: reading it. What does not: deciding windows by it (``pull``).
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from sallyport.errors import RemoteUnavailable
from sallyport.salesforce.session import OrgClient


def org_time(org: OrgClient) -> datetime:
    """Return the org's present time (UTC, whole seconds) from the ``Date`` of a cheap answer.

    Stamps like SystemModstamp are written by Salesforce's clock, so windows are cut by it too.
    RemoteUnavailable when the answer has no usable date (RFC 9110 asks every server for one).
    """
    text = org.get("").headers.get("Date", "")
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except ValueError as error:
        raise RemoteUnavailable(
            "Salesforce's answer does not tell its time.", stage="http", received=text
        ) from error
