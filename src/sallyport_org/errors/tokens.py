"""Refusals of the token endpoint and its neighbours (observed unless said)."""

from __future__ import annotations

from sallyport_org.errors.kinds import OAuthRefusal


def unsupported_grant() -> OAuthRefusal:
    """Unknown grant type, or a body that is no form."""
    return OAuthRefusal("unsupported_grant_type", "grant type not supported")


def unknown_client() -> OAuthRefusal:
    """No app with that consumer key in this org."""
    return OAuthRefusal("invalid_client_id", "client identifier invalid")


def wrong_secret() -> OAuthRefusal:
    """The consumer secret does not belong to that key."""
    return OAuthRefusal("invalid_client", "invalid client credentials")


def missing_parameter(name: str) -> OAuthRefusal:
    """A required form parameter is absent (assumed wording)."""
    return OAuthRefusal("invalid_request", f"missing required parameter: {name}")


def no_run_as_user() -> OAuthRefusal:
    """Client credentials without a Run As user in the app's policies."""
    return OAuthRefusal("invalid_grant", "no client credentials user enabled")


def flow_not_enabled() -> OAuthRefusal:
    """Client credentials is not switched on for the app."""
    return OAuthRefusal("invalid_grant", "client credentials flow not enabled")


def invalid_assertion() -> OAuthRefusal:
    """Signature, algorithm, issuer or form of an assertion is wrong."""
    return OAuthRefusal("invalid_grant", "invalid assertion")


def expired_assertion() -> OAuthRefusal:
    """exp has passed; the words are those of the code flow (observed)."""
    return OAuthRefusal("invalid_grant", "expired authorization code")


def wrong_audience() -> OAuthRefusal:
    """aud is not the login server of this org."""
    return OAuthRefusal("invalid_grant", "audience is invalid")


def unknown_user() -> OAuthRefusal:
    """sub is no username of this org (inferred wording)."""
    return OAuthRefusal("invalid_grant", "invalid user")


def user_not_approved() -> OAuthRefusal:
    """The user may not use this app yet."""
    return OAuthRefusal("invalid_grant", "user hasn't approved this consumer")


def unknown_token_to_revoke() -> OAuthRefusal:
    """Revoking a token that is not one (inferred)."""
    return OAuthRefusal("invalid_token", "the token is invalid or already revoked")
