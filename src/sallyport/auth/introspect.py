"""Introspect: is this token still alive? Asking does not spend it.

What belongs here: the one request and its answer. What does not: what follows from it
(``grant_keeper.py``).

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oidc_token_introspection.htm
(documented): an app may ask about its own tokens, and must prove itself with its secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sallyport.auth.grants import Conversation, oauth_request
from sallyport.auth.refusals import login_refusal
from sallyport.errors import RemoteUnavailable
from sallyport.kernel import Secret
from sallyport.salesforce.hosts import OrgUrl


@dataclass(frozen=True)
class TokenStatus:
    """What the org says of a token; all but ``active`` only of a living one."""

    active: bool
    username: str | None = None
    scope: tuple[str, ...] = ()
    expires_at: datetime | None = None


def introspect(
    login: OrgUrl,
    client_id: str,
    client_secret: Secret,
    token: Secret,
    kind: Literal["access_token", "refresh_token"],
) -> Conversation[TokenStatus]:
    """Ask whether a token is alive.

    Raises RemoteRefused when the app may not ask, RemoteUnavailable when the answer says neither
    yes nor no.
    """
    form = {
        "token": token.reveal(),
        "token_type_hint": kind,
        "client_id": client_id,
        "client_secret": client_secret.reveal(),
    }
    reply = yield oauth_request(login, "introspect", form)
    if not reply.ok:
        raise login_refusal(reply, flow="introspect")
    document = reply.json()
    if not isinstance(document, dict) or not isinstance(document.get("active"), bool):
        raise RemoteUnavailable(
            "The introspection answer does not say whether the token is active.",
            stage="body",
            status=reply.status,
        )
    exp = document.get("exp")
    return TokenStatus(
        active=document["active"],
        username=document.get("username"),
        scope=tuple(str(document.get("scope") or "").split()),
        expires_at=datetime.fromtimestamp(exp, UTC) if isinstance(exp, int) else None,
    )
