"""What a login gives, and how to read it from a token endpoint's answer.

What belongs here: the grant value, the type of a flow, and reading the OAuth success document all
OAuth flows share. What does not: one flow's own requests (a file each), refusals (``refusals.py``),
performing anything (``driver.py``).

Token answer: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flow_errors.htm
(documented, errors); keys of the success document observed in clients' tests.
"""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar
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

    Salesforce sends no expiry: an opaque token lives by the org's session time-out, and its end
    shows as a 401. ``lifetime`` (seconds) is known of JWT-format tokens alone, which say it.
    ``issued_at`` is absent where a flow does not tell (JWT bearer, SOAP); ``refresh_token`` where
    the flow gives none, and in a refresh's answer unless the app rotates them.
    """

    access_token: Secret
    instance_url: str
    org_id: str | None = None
    user_id: str | None = None
    identity_url: str | None = None
    issued_at: datetime | None = None
    scope: tuple[str, ...] = ()
    refresh_token: Secret | None = None
    lifetime: float | None = None


Outcome = TypeVar("Outcome")
Conversation: TypeAlias = Generator[Request, Reply, Outcome]
"""A flow of any purpose: yields requests, is sent replies, returns its outcome; does no IO."""
Flow: TypeAlias = Generator[Request, Reply, Grant]
"""A login as a conversation: returns the grant."""


def token_request(login: OrgUrl, form: Mapping[str, str]) -> Request:
    """Return the POST of a form to a host's token endpoint."""
    return oauth_request(login, "token", form)


def oauth_request(login: OrgUrl, endpoint: str, form: Mapping[str, str]) -> Request:
    """Return the POST of a form to one of a host's OAuth endpoints (``token``, ``revoke``, …)."""
    return Request(
        "POST",
        f"{login.text}/services/oauth2/{endpoint}",
        {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        },
        urlencode(form).encode(),
        timeout=TOKEN_TIMEOUT,
    )


def read_grant(reply: Reply, *, instance_url: str | None = None) -> Grant:
    """Read a token endpoint's success document.

    ``instance_url`` is the data host known before, for answers that leave it out. Raises
    RemoteUnavailable(stage="body") when a 2xx answer holds no token or no data host is known.
    """
    document = reply.json()
    if not isinstance(document, dict):
        document = {}
    token = document.get("access_token")
    instance_url = document.get("instance_url") or instance_url
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
        refresh_token=_secret(document.get("refresh_token")),
        lifetime=token_lifetime(token),
    )


def token_lifetime(token: str) -> float | None:
    """Return the seconds a JWT-format access token lives; None for an opaque one.

    Counted from its own ``iat``, not by any clock of ours: a wrong clock must not make a new token
    look expired. https://help.salesforce.com/s/articleView?id=xcloud.jwt_access_tokens.htm
    (documented).
    """
    parts = token.split(".")
    if len(parts) != 3:
        return None
    claims = read_token_part(parts[1]) or {}
    try:
        lifetime = float(claims["exp"]) - float(claims["iat"])
    except (KeyError, TypeError, ValueError):
        return None
    return lifetime if lifetime > 0 else None


def read_token_part(part: str) -> dict[str, Any] | None:
    """Return the JSON object of a JWT's part (base64url), unproven; None when it is no such
    thing."""
    try:
        value = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError):
        return None
    return value if isinstance(value, dict) else None


def _secret(value: Any) -> Secret | None:
    return Secret(value) if isinstance(value, str) and value else None


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
