"""What an OpenID Connect client reads before anything else, and a form nobody may fill in.

What belongs here: ``/.well-known/…``. What does not: the keys themselves (``keys``).
Documented: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_openid_discovery_endpoint.htm
"""

from __future__ import annotations

from typing import Any

from sallyport_org import errors
from sallyport_org.identity.app_administration import SCOPES
from sallyport_org.web import Reply, Visit, json_reply

_CLAIMS = (
    *(
        "active",
        "address",
        "email",
        "email_verified",
        "family_name",
        "given_name",
        "is_app_installed",
    ),
    *("language", "locale", "name", "nickname", "organization_id", "phone_number"),
    *("photos", "picture", "preferred_username", "profile", "sub", "updated_at", "urls"),
    *("user_id", "user_type", "zoneinfo"),
)


def openid_configuration(visit: Visit) -> Reply:
    """Answer with the endpoints of the host that was asked."""
    base, org = visit.call.base_url, visit.place.org
    oauth = f"{base}/services/oauth2"
    body: dict[str, Any] = {
        "issuer": base if org is None else org.my_domain,
        "authorization_endpoint": f"{oauth}/authorize",
        "token_endpoint": f"{oauth}/token",
        "revocation_endpoint": f"{oauth}/revoke",
        "userinfo_endpoint": f"{oauth}/userinfo",
        "jwks_uri": f"{base}/id/keys",
        "registration_endpoint": f"{oauth}/register",
        "introspection_endpoint": f"{oauth}/introspect",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "grant_types_supported": [
            "authorization_code",
            "refresh_token",
            "password",
            "client_credentials",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
        ],
        "code_challenge_methods_supported": ["S256", "plain"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "display_values_supported": ["page", "popup", "touch"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": list(_CLAIMS),
    }
    return json_reply(body)


def auth_configuration(visit: Visit) -> Reply:
    """Answer with what a login page of this host offers, as far as there is any (minimal)."""
    org = visit.place.org
    body: dict[str, Any] = {
        "OrganizationId": org.id if org else None,
        "Url": visit.call.base_url,
        "LoginPage": {"LoginPageType": "standard"},
        "MobileSDK": {"UseAndroidNativeBrowserForAuthentication": False},
        "AuthProviders": [],
        "SamlProviders": [],
    }
    return json_reply(body)


def register(visit: Visit) -> Reply:
    """Refuse dynamic registration of clients plainly."""
    raise errors.rest.not_modelled("dynamic client registration")
