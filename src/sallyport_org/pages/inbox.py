"""``/simulator/inbox``: the mails to the people of every org, newest first.

What belongs here: the page. What does not: the mails (``sallyport_org.inbox``).
"""

from __future__ import annotations

from sallyport_org.pages.html import page
from sallyport_org.web import Reply, Visit


def show(visit: Visit) -> Reply:
    """Show all mails, or with ``?to=`` those to one address."""
    to = visit.call.query.get("to")
    mails = list(reversed(visit.cloud.inbox.mails(to)))
    return page("pages/inbox.html", mails=mails, to=to)
