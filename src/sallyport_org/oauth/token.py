"""``POST /services/oauth2/token``: from a form to a grant, or to the words of a refusal.

What belongs here: choosing the grant, and the trouble on Salesforce's side a fault brings. What
does not: what a grant demands (``grants``).

Documented: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_endpoints.htm
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sallyport_org import errors
from sallyport_org.faults import attend
from sallyport_org.identity import approvals
from sallyport_org.oauth.answer import granted, refused
from sallyport_org.oauth.deleted_apps import note_deleted_app
from sallyport_org.oauth.grants import (
    authorization_code,
    client_credentials,
    device,
    jwt_bearer,
    password,
    refresh_token,
    saml_bearer,
)
from sallyport_org.oauth.request import Granted, TokenRequest, read_request
from sallyport_org.state import Org
from sallyport_org.web import Reply, Visit

Grant = Callable[[TokenRequest], Granted]

GRANTS: Mapping[str, Grant] = {
    authorization_code.GRANT_TYPE: authorization_code.grant,
    client_credentials.GRANT_TYPE: client_credentials.grant,
    device.GRANT_TYPE: device.grant,
    jwt_bearer.GRANT_TYPE: jwt_bearer.grant,
    password.GRANT_TYPE: password.grant,
    refresh_token.GRANT_TYPE: refresh_token.grant,
    saml_bearer.GRANT_TYPE: saml_bearer.grant,
}

NOT_MODELLED = frozenset(
    {
        "hybrid_auth_code",
        "hybrid_refresh",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "assertion",
    }
)
"""Grants Salesforce has and this org does not: said plainly."""


def token_endpoint(visit: Visit) -> Reply:
    """Answer a token request with a session or, in OAuth's words, with the reason there is none."""
    try:
        request = read_request(visit)
        _meet_trouble(request)
        note_deleted_app(request)
        if request.parameter("response_type") == device.RESPONSE_TYPE:
            return device.start(request)
        kind = request.parameter("grant_type") or ""
        if kind in NOT_MODELLED:
            raise errors.rest.not_modelled(f"the grant type {kind}")
        if kind not in GRANTS:
            raise errors.tokens.unsupported_grant()
        return granted(visit, GRANTS[kind](request))
    except errors.OAuthRefusal as refusal:
        return refused(refusal)


def _meet_trouble(request: TokenRequest) -> None:
    org, path = _meant(request), request.visit.call.path
    if org is None:
        return
    attend(org)
    if org.faults.strike("server_busy", path=path):
        raise errors.tokens.unavailable()
    if org.faults.strike("unknown_error", path=path):
        raise errors.tokens.unknown_error()


def _meant(request: TokenRequest) -> Org | None:
    """Return the org of the host; at login and test that of the user, code or token sent."""
    if request.visit.place.org is not None:
        return request.visit.place.org
    assertion = request.parameter("assertion")
    username = request.parameter("username") or (
        jwt_bearer.subject_of(assertion) if assertion else ""
    )
    code, token = request.parameter("code") or "", request.parameter("refresh_token") or ""
    for org in request.orgs:
        directory = org.directory
        if directory.user(username) or code in directory.codes or code in directory.devices:
            return org
        if token and approvals.holding(directory, token):
            return org
    return None
