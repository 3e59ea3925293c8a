"""What a login gives, and how to read it from a token endpoint's answer.

What belongs here: the grant value, the type of a flow, and reading the OAuth success document all
OAuth flows share. What does not: one flow's own requests (a file each), refusals (``refusals.py``),
performing anything (``driver.py``).

Token answer: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flow_errors.htm
(documented, errors); keys of the success document observed in clients' tests.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias
from urllib.parse import urlencode, urlsplit

from sallyport.errors import RemoteUnavailable
from sallyport.kernel import Secret
from sallyport.salesforce.hosts import OrgUrl
from sallyport.salesforce.replies import Reply, Request

TOKEN_TIMEOUT = 30.0
"""Seconds a login may take before it counts as unanswered."""


@dataclass(frozen=True)
class Grant:
    """An access token and what Salesforce said with it.

    There is never an expiry: a token lives by the org's session time-out, and its end shows as a
    401. ``issued_at`` is absent where a flow does not tell (JWT bearer, SOAP).
    """

    access_token: Secret
    instance_url: str
    org_id: str | None = None
    user_id: str | None = None
    identity_url: str | None = None
    issued_at: datetime | None = None
    scope: tuple[str, ...] = ()


Flow: TypeAlias = Generator[Request, Reply, Grant]
"""A login as a conversation: yields requests, is sent replies, returns the grant; does no IO."""


def token_request(login: OrgUrl, form: Mapping[str, str]) -> Request:
    """Return the POST of a form to a host's token endpoint."""
    return Request(
        "POST",
        f"{login.text}/services/oauth2/token",
        {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        },
        urlencode(form).encode(),
        timeout=TOKEN_TIMEOUT,
    )


def read_grant(reply: Reply) -> Grant:
    """Read a token endpoint's success document.

    Raises RemoteUnavailable(stage="body") when a 2xx answer holds no token or names no data host.
    """
    document = reply.json()
    if not isinstance(document, dict):
        document = {}
    token, instance_url = document.get("access_token"), document.get("instance_url")
    if not isinstance(token, str) or not token or not isinstance(instance_url, str):
        raise RemoteUnavailable(
            "The token endpoint answered with success but without access_token and instance_url.",
            stage="body",
            status=reply.status,
        )
    org_id, user_id = read_identity_url(document.get("id"))
    return Grant(
        access_token=Secret(token),
        instance_url=instance_url,
        org_id=org_id,
        user_id=user_id,
        identity_url=document.get("id"),
        issued_at=_moment(document.get("issued_at")),
        scope=tuple(str(document.get("scope") or "").split()),
    )


def read_identity_url(url: Any) -> tuple[str | None, str | None]:
    """Return org id and user id of ``https://login.salesforce.com/id/<org>/<user>``, if it is
    one."""
    match urlsplit(url).path.split("/") if isinstance(url, str) else []:
        case ["", "id", org_id, user_id]:
            return org_id, user_id
        case _:
            return None, None


def _moment(issued_at: Any) -> datetime | None:
    """Read milliseconds since 1970, which Salesforce writes as a string."""
    if not str(issued_at).isdecimal():
        return None
    return datetime.fromtimestamp(int(issued_at) / 1000, UTC)
