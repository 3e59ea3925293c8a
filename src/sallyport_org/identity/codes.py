"""Authorization codes and device codes: issued by a page, redeemed at the token endpoint.

What belongs here: making and finding them, and their time. What does not: pages and the token
endpoint's words.

Documented: a code lives 15 minutes and works once
(https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_web_server_flow.htm); device
codes live 10 minutes (https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_device_flow.htm).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from sallyport_org.identity.model import App, Code, DeviceRequest, User

if TYPE_CHECKING:
    from sallyport_org.state import Org

CODE_LIFE = timedelta(minutes=15)
DEVICE_LIFE = timedelta(minutes=10)
_USER_CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def issue_code(
    org: Org,
    user: User,
    app: App,
    *,
    redirect_uri: str,
    scopes: Iterable[str],
    challenge: str | None = None,
    method: Literal["S256", "plain"] = "S256",
    nonce: str | None = None,
    high_assurance: bool = False,
) -> Code:
    """Make the code a callback carries after the user allowed the app."""
    code = Code(
        code="aPrx" + secrets.token_urlsafe(64).replace("-", ".") + "==",
        user_id=user.id,
        client_id=app.client_id,
        redirect_uri=redirect_uri,
        scopes=tuple(scopes),
        issued_at=org.clock.now(),
        challenge=challenge,
        method=method,
        nonce=nonce,
        high_assurance=high_assurance,
    )
    with org.directory.lock:
        org.directory.codes[code.code] = code
    return code


def find_code(org: Org, text: str) -> Code | None:
    """Return an unspent code in time, or None."""
    code = org.directory.codes.get(text)
    if code is None or code.spent or org.clock.now() >= code.issued_at + CODE_LIFE:
        return None
    return code


def redeem(org: Org, code: Code) -> bool:
    """Spend a code; False when another request was faster."""
    with org.directory.lock:
        fresh = not code.spent
        code.spent = True
    return fresh


def ask_for_device(org: Org, app: App, scopes: Iterable[str]) -> DeviceRequest:
    """Start a device's request: its two codes."""
    request = DeviceRequest(
        device_code=secrets.token_urlsafe(48),
        user_code="".join(secrets.choice(_USER_CODE_LETTERS) for _ in range(8)),
        client_id=app.client_id,
        scopes=tuple(scopes),
        issued_at=org.clock.now(),
    )
    with org.directory.lock:
        org.directory.devices[request.device_code] = request
    return request


def device_of(org: Org, user_code: str) -> DeviceRequest | None:
    """Return the undecided request in time that a person's eight characters mean, or None."""
    wanted = user_code.replace("-", "").upper()
    for one in list(org.directory.devices.values()):
        if one.user_code == wanted and not decided(one) and not device_is_over(org, one):
            return one
    return None


def decide_device(request: DeviceRequest, user: User, *, allowed: bool) -> None:
    """Note what the person on ``/setup/connect`` answered."""
    request.user_id, request.denied = user.id, not allowed


def decided(request: DeviceRequest) -> bool:
    """Say whether somebody answered."""
    return request.user_id is not None


def device_is_over(org: Org, request: DeviceRequest) -> bool:
    """Say whether a device's ten minutes have passed."""
    return org.clock.now() >= request.issued_at + DEVICE_LIFE
