"""Device flow: two codes, one for the device that polls and one for a person to type.

Shut for apps not installed in the org, whoever asks (documented, since September 2025:
https://help.salesforce.com/s/articleView?id=005132365).
Documented: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_device_flow.htm
"""

from __future__ import annotations

from sallyport_org import errors
from sallyport_org.identity import App, DeviceRequest, approvals, codes
from sallyport_org.oauth.answer import headers
from sallyport_org.oauth.request import Granted, TokenRequest, in_order, known_client
from sallyport_org.oauth.words import check_app, check_login, open_session
from sallyport_org.state import Org
from sallyport_org.web import Reply, json_reply

GRANT_TYPE = "device"
RESPONSE_TYPE = "device_code"

INTERVAL_SECONDS = 5


def start(request: TokenRequest) -> Reply:
    """Answer ``response_type=device_code`` with the two codes and where the person goes."""
    app = known_client(request)
    org = _org(request)
    check_app(org, app)
    _check_enabled(org, app)
    asked = set((request.parameter("scope") or "").split()) & app.scopes
    made = codes.ask_for_device(org, app, in_order(asked or app.scopes))
    body = {
        "device_code": made.device_code,
        "user_code": made.user_code,
        "verification_uri": f"{request.visit.address_of(org)}/setup/connect",
        "interval": INTERVAL_SECONDS,
    }
    return json_reply(body, headers=headers())


def grant(request: TokenRequest) -> Granted:
    """Grant for a device code once somebody allowed it."""
    app = known_client(request)
    org, waiting = _find(request, app, request.required("code"))
    check_app(org, app)
    _check_enabled(org, app)
    if waiting.denied:
        raise errors.tokens.device_denied()
    user = org.directory.user_by_id(waiting.user_id) if waiting.user_id else None
    if user is None:
        raise errors.tokens.authorization_pending()
    attempt = request.attempt("device", user, app)
    check_login(org, attempt)
    with org.directory.lock:
        if org.directory.devices.pop(waiting.device_code, None) is None:
            raise errors.tokens.device_code_over()
    approval = approvals.approve(org, user, app, waiting.scopes)
    session = open_session(org, attempt, app, waiting.scopes, approval=approval)
    return Granted(org, session, app, approval.token, approval)


def _find(request: TokenRequest, app: App, text: str) -> tuple[Org, DeviceRequest]:
    for org in request.orgs:
        waiting = org.directory.devices.get(text)
        if waiting is None or waiting.client_id != app.client_id:
            continue
        if not codes.device_is_over(org, waiting):
            return org, waiting
    raise errors.tokens.device_code_over()


def _check_enabled(org: Org, app: App) -> None:
    if "device" not in app.flows or not org.directory.policy(app).installed:
        raise errors.tokens.device_flow_not_enabled()


def _org(request: TokenRequest) -> Org:
    """Return the org a device waits in; at login and test the first there (assumed)."""
    if not request.orgs:
        raise errors.tokens.unknown_client()
    return request.orgs[0]
