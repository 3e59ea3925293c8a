"""Refusals of ``/services/oauth2/authorize``, and where each is told.

What belongs here: error, description and the place it is shown. What does not: when to refuse
(``pages.authorize``) and how a page looks.

Three places (observed): a bare text on the Salesforce host, as long as the callback cannot be
trusted; an error page on the Salesforce host, whose address carries error and description; the
callback, with the client's ``state``. Codes documented:
https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flow_errors.htm
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Shown = Literal["text", "page", "callback"]


@dataclass(eq=False, slots=True)
class AuthorizeRefusal(Exception):
    """An authorize request turned down."""

    error: str
    description: str
    shown: Shown = "callback"

    def __str__(self) -> str:
        return f"{self.error}: {self.description}"


def unknown_client() -> AuthorizeRefusal:
    """No app with that consumer key is known at this host (observed)."""
    return AuthorizeRefusal("invalid_client_id", "client identifier invalid", "text")


def redirect_mismatch() -> AuthorizeRefusal:
    """``redirect_uri`` is no Callback URL of the app (observed)."""
    return AuthorizeRefusal(
        "redirect_uri_mismatch", "redirect_uri must match configuration", "text"
    )


def redirect_missing() -> AuthorizeRefusal:
    """``redirect_uri`` was not sent (code documented, words assumed)."""
    return AuthorizeRefusal(
        "redirect_uri_missing", "missing required parameter: redirect_uri", "text"
    )


def unsupported_response_type() -> AuthorizeRefusal:
    """``response_type`` is not ``code``, or that flow is blocked (inferred: no description)."""
    return AuthorizeRefusal("unsupported_response_type", "")


def challenge_missing() -> AuthorizeRefusal:
    """App or org demand PKCE (observed)."""
    return AuthorizeRefusal("invalid_request", "missing required code challenge")


def challenge_method() -> AuthorizeRefusal:
    """``code_challenge_method`` is neither ``S256`` nor ``plain`` (assumed)."""
    return AuthorizeRefusal("invalid_request", "invalid code challenge method")


def immediate_unsuccessful() -> AuthorizeRefusal:
    """``immediate=true``, but a person would have to act (inferred: no description)."""
    return AuthorizeRefusal("immediate_unsuccessful", "")


def denied() -> AuthorizeRefusal:
    """The person pressed Deny (documented)."""
    return AuthorizeRefusal("access_denied", "end-user denied authorization")


def scope_not_allowed() -> AuthorizeRefusal:
    """A scope is not among the app's selected ones (observed)."""
    return AuthorizeRefusal("invalid_scope", "the requested scope is not allowed", "page")


def app_not_installed() -> AuthorizeRefusal:
    """A connected app that is not installed, and nobody who may approve such (observed)."""
    return AuthorizeRefusal("invalid_client", "app must be installed into org", "page")


def not_at_this_host() -> AuthorizeRefusal:
    """A local external client app opened through login or test (page observed, words assumed)."""
    return AuthorizeRefusal(
        "invalid_client", "external client app is only available on its My Domain", "page"
    )


def app_blocked() -> AuthorizeRefusal:
    """Blocked by an administrator, or kept out by API Access Control (observed)."""
    return AuthorizeRefusal("OAUTH_APP_BLOCKED", "this app is blocked by admin")


def app_access_denied() -> AuthorizeRefusal:
    """Admin-approved users only, and this one is not (observed)."""
    return AuthorizeRefusal(
        "OAUTH_APP_ACCESS_DENIED", "user is not admin approved to access this app"
    )


def app_not_found() -> AuthorizeRefusal:
    """The external client app is not installed in the org logged in to (observed)."""
    return AuthorizeRefusal(
        "OAUTH_EC_APP_NOT_FOUND", "External client app is not installed in this org"
    )


def app_disabled() -> AuthorizeRefusal:
    """The app or its OAuth plugin is switched off (the token endpoint's words; assumed here)."""
    return AuthorizeRefusal(
        "oauth_flow_disabled", "The external client app or the OAuth plugin is disabled."
    )
