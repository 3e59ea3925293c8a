"""The paths of OAuth and OpenID Connect. Handlers take a :class:`~sallyport_org.web.Visit`."""

from __future__ import annotations

from sallyport_org.oauth.discovery import auth_configuration, openid_configuration, register
from sallyport_org.oauth.identity import identity, userinfo
from sallyport_org.oauth.introspect import introspect_endpoint
from sallyport_org.oauth.keys import jwks
from sallyport_org.oauth.revoke import revoke_endpoint
from sallyport_org.oauth.token import token_endpoint
from sallyport_org.routing import Route, route

ROUTES: tuple[Route, ...] = (
    route("/services/oauth2/token", POST=token_endpoint),
    route("/services/oauth2/revoke", POST=revoke_endpoint, GET=revoke_endpoint),
    route("/services/oauth2/introspect", POST=introspect_endpoint),
    route("/services/oauth2/userinfo", GET=userinfo, POST=userinfo),
    route("/services/oauth2/register", POST=register),
    route("/id/keys", GET=jwks),
    route("/id/{}/{}", GET=identity, POST=identity),
    route("/.well-known/openid-configuration", GET=openid_configuration),
    route("/.well-known/auth-configuration", GET=auth_configuration),
)
