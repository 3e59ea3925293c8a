"""Refusals of the token endpoint and its neighbours (observed unless said)."""

from __future__ import annotations

from sallyport_org.errors.kinds import BareRefusal, OAuthRefusal

_AS_DOCUMENTED = {"Content-Type": "application/json", "Cache-Control": "no-store"}
"""Headers of the answers Salesforce Help prints in full; observed ones have more (``answer``)."""

# -- the request and its client


def unsupported_grant() -> OAuthRefusal:
    """Unknown grant type, or a body that is no form."""
    return OAuthRefusal("unsupported_grant_type", "grant type not supported")


def unknown_client() -> OAuthRefusal:
    """No app with that consumer key, or one not yet known everywhere."""
    return OAuthRefusal("invalid_client_id", "client identifier invalid")


def wrong_secret() -> OAuthRefusal:
    """The consumer secret does not belong to that key."""
    return OAuthRefusal("invalid_client", "invalid client credentials")


def missing_parameter(name: str) -> OAuthRefusal:
    """A required form parameter is absent (assumed wording)."""
    return OAuthRefusal("invalid_request", f"missing required parameter: {name}")


def unknown_error() -> OAuthRefusal:
    """Something went wrong on Salesforce's side."""
    return OAuthRefusal("unknown_error", "retry your request")


def unavailable() -> BareRefusal:
    """The login service is down or in maintenance: 503 without a body."""
    return BareRefusal(503)


# -- the app


def app_not_in_org() -> OAuthRefusal:
    """An external client app the org does not have (words observed, status inferred)."""
    return OAuthRefusal("app_not_found", "External client app is not installed in this org")


def app_disabled() -> OAuthRefusal:
    """The external client app, or its OAuth plugin, is switched off."""
    return OAuthRefusal(
        "oauth_flow_disabled", "The external client app or the OAuth plugin is disabled."
    )


def app_blocked() -> OAuthRefusal:
    """Blocked by an administrator (words of the authorize page; inferred for the token call)."""
    return OAuthRefusal("OAUTH_APP_BLOCKED", "this app is blocked by admin")


def app_must_be_installed() -> OAuthRefusal:
    """A connected app not installed here (words of the authorize page; inferred here)."""
    return OAuthRefusal("invalid_client", "app must be installed into org")


def not_admin_approved() -> OAuthRefusal:
    """Only pre-authorized users may use the app, and this one is not."""
    return OAuthRefusal("invalid_app_access", "user is not admin approved to access this app")


def wrong_domain() -> OAuthRefusal:
    """Client credentials at login or test in place of the My Domain."""
    return OAuthRefusal("invalid_grant", "request not supported on this domain")


def no_run_as_user() -> OAuthRefusal:
    """Client credentials without a usable Run As user in the app's policies."""
    return OAuthRefusal("invalid_grant", "no client credentials user enabled")


def flow_not_enabled() -> OAuthRefusal:
    """Client credentials is not switched on for the app (error code inferred)."""
    return OAuthRefusal("invalid_grant", "client credentials flow not enabled")


def device_flow_not_enabled() -> OAuthRefusal:
    """Device flow is off for the app, or shut because it is not installed."""
    return OAuthRefusal("invalid_grant", "device flow is not enabled for the app")


# -- the user


def authentication_failure() -> OAuthRefusal:
    """One text for many causes; Login History tells them apart."""
    return OAuthRefusal("invalid_grant", "authentication failure")


def inactive_user() -> OAuthRefusal:
    """The user behind a token or an assertion was deactivated."""
    return OAuthRefusal("invalid_grant", "inactive user")


def inactive_organization() -> OAuthRefusal:
    """The org is suspended, closed or its trial over."""
    return OAuthRefusal("invalid_grant", "inactive organization")


def ip_restricted() -> OAuthRefusal:
    """The caller is outside the profile's ranges or the app's refresh allow list."""
    return OAuthRefusal("invalid_grant", "ip restricted")


def rate_exceeded() -> OAuthRefusal:
    """More than 3,600 logins of one user within an hour."""
    return OAuthRefusal("invalid_grant", "login rate exceeded")


# -- assertions


def invalid_assertion() -> OAuthRefusal:
    """Signature, algorithm, issuer or form of an assertion is wrong."""
    return OAuthRefusal("invalid_grant", "invalid assertion")


def wrong_audience() -> OAuthRefusal:
    """aud is not the login server of this org."""
    return OAuthRefusal("invalid_grant", "audience is invalid")


def audience_of_another_org() -> OAuthRefusal:
    """aud is the address of another org (words documented; that they are for this is assumed)."""
    return OAuthRefusal("invalid_grant", "Audience validation failed", headers=_AS_DOCUMENTED)


def unknown_user() -> OAuthRefusal:
    """sub is no username of this org (inferred wording)."""
    return OAuthRefusal("invalid_grant", "invalid user")


def user_not_approved() -> OAuthRefusal:
    """The user never let this app act without him."""
    return OAuthRefusal("invalid_grant", "user hasn't approved this consumer")


# -- codes and refresh tokens


def code_expired() -> OAuthRefusal:
    """A code used, outdated or of another app (inferred); an assertion past its exp (observed)."""
    return OAuthRefusal("invalid_grant", "expired authorization code")


def redirect_mismatch() -> OAuthRefusal:
    """redirect_uri differs from that of the authorize call (inferred for the token call)."""
    return OAuthRefusal("redirect_uri_mismatch", "redirect_uri must match configuration")


def verifier_missing() -> OAuthRefusal:
    """A challenge was given, and no verifier came (error documented, without a description)."""
    return OAuthRefusal("invalid_grant", None)


def verifier_wrong() -> OAuthRefusal:
    """The verifier does not hash to the challenge (error documented, description inferred)."""
    return OAuthRefusal("invalid_request", "invalid code verifier")


def refresh_token_expired() -> OAuthRefusal:
    """The refresh token is unknown here, revoked, used up, or ended by policy (documented)."""
    return OAuthRefusal("invalid_grant", "expired access/refresh token")


def already_being_processed() -> OAuthRefusal:
    """The same refresh token twice at once (documented)."""
    return OAuthRefusal(
        "invalid_grant", "token request is already being processed", headers=_AS_DOCUMENTED
    )


def authorization_pending() -> OAuthRefusal:
    """Nobody has entered the device's code yet (error observed, description unknown)."""
    return OAuthRefusal("authorization_pending", "")


def device_denied() -> OAuthRefusal:
    """The person with the device's code pressed Deny (words of the code flow; assumed here)."""
    return OAuthRefusal("access_denied", "end-user denied authorization")


def device_code_over() -> OAuthRefusal:
    """An unknown device code, or one older than ten minutes (assumed wording)."""
    return OAuthRefusal("invalid_grant", "expired device code")


# -- neighbours of the token endpoint


def unknown_token_to_revoke() -> OAuthRefusal:
    """Revoking a token that is not one (inferred)."""
    return OAuthRefusal("invalid_token", "the token is invalid or already revoked")


def missing_oauth_token() -> BareRefusal:
    """userinfo or the identity address without a token (documented)."""
    return BareRefusal(403, "Missing_OAuth_Token")


def bad_oauth_token() -> BareRefusal:
    """userinfo or the identity address with a dead token (words documented, form inferred)."""
    return BareRefusal(403, "Bad_OAuth_Token")


def wrong_org() -> BareRefusal:
    """The identity address of another org than the token's (documented)."""
    return BareRefusal(403, "Wrong_Org")


def bad_id() -> BareRefusal:
    """The identity address of a user this token may not ask about (documented)."""
    return BareRefusal(404, "Bad_Id")
