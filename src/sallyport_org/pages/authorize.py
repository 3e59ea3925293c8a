"""What an app asks of ``/services/oauth2/authorize``, and whether it may have it.

What belongs here: reading the request and every reason to refuse it, in order. What does not: pages
(``consent``), who is asking (``browser``) and how a refusal is worded (``errors.authorize``).

The order (observed where the facts tell, else assumed): before anybody logs in the consumer key,
the callback, the response type and PKCE; after it the host, whether the app may be used here and
by this user, and the scopes.

Documented: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_web_server_flow.htm
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, urlencode

from sallyport_org.cloud import LOGIN_HOSTS, TEST_HOSTS
from sallyport_org.errors import authorize as refusals
from sallyport_org.identity import App, User, app_rules, approvals
from sallyport_org.identity.app_rules import AppVerdict
from sallyport_org.pages import scopes
from sallyport_org.state import Org
from sallyport_org.web import Visit


@dataclass(frozen=True, slots=True)
class AuthorizeRequest:
    """An authorize request: its parameters, and the host it came to first."""

    parameters: Mapping[str, str]
    came_to: str

    def text(self, name: str) -> str:
        """Return a parameter, or an empty text."""
        return self.parameters.get(name, "")

    @property
    def prompts(self) -> set[str]:
        """What ``prompt`` asks for: login, consent, select_account."""
        return set(self.text("prompt").split())

    @property
    def immediate(self) -> bool:
        """True when no page may be shown."""
        return self.text("immediate").lower() == "true"

    @property
    def method(self) -> Literal["S256", "plain"]:
        """How the code challenge was made; S256 unless said (assumed)."""
        return "plain" if self.text("code_challenge_method") == "plain" else "S256"

    @property
    def wants_token(self) -> bool:
        """True for the user-agent flow: a token comes back at once, behind ``#`` (documented)."""
        return self.text("response_type") == "token"

    def scopes_of(self, app: App) -> tuple[str, ...]:
        """Return the scopes asked for; without the parameter all the app has (documented)."""
        return tuple(self.text("scope").split()) or tuple(sorted(app.scopes))

    def as_source(self) -> str:
        """Return the request as the consent page's address and form carry it along."""
        return urlencode({**self.parameters, "_came_to": self.came_to})


def from_source(source: str) -> AuthorizeRequest:
    """Return the request a consent page's ``source`` carries; it is judged again like a new one."""
    parameters = dict(parse_qsl(source, keep_blank_values=True))
    came_to = parameters.pop("_came_to", "")
    return AuthorizeRequest(parameters, came_to)


def judge_request(visit: Visit, request: AuthorizeRequest) -> App:
    """Return the app that asks, whoever is going to log in.

    Raises :class:`~sallyport_org.errors.authorize.AuthorizeRefusal`.
    """
    app = _app(visit, request.text("client_id"))
    callback = request.text("redirect_uri")
    if not callback:
        raise refusals.redirect_missing()
    if callback not in app.callback_urls:
        raise refusals.redirect_mismatch()
    by_token = request.wants_token and "user_agent" in app.flows
    if request.text("response_type") != "code" and not by_token:
        raise refusals.unsupported_response_type()
    org = visit.place.org
    demanded = app.require_pkce or (org is not None and org.settings.require_pkce)
    if demanded and not request.wants_token and not request.text("code_challenge"):
        raise refusals.challenge_missing()
    if request.text("code_challenge_method") not in ("", "S256", "plain"):
        raise refusals.challenge_method()
    return app


def _app(visit: Visit, client_id: str) -> App:
    for org in visit.cloud.candidates(visit.place):
        app = app_rules.find(org, client_id)
        if app is not None:
            return app
    raise refusals.unknown_client()


def judge_user(org: Org, request: AuthorizeRequest, app: App, user: User) -> None:
    """Refuse an app that is not open to somebody who has logged in.

    Raises :class:`~sallyport_org.errors.authorize.AuthorizeRefusal`.
    """
    if app.kind == "external_client_app" and app.distribution == "local" and _is_generic(request):
        raise refusals.not_at_this_host()
    verdict = app_rules.judge_user(org, app, user)
    if verdict is not AppVerdict.USABLE:
        raise _REFUSALS[verdict]()
    if scopes.refused(request.scopes_of(app), app.scopes):
        raise refusals.scope_not_allowed()


_REFUSALS = {
    AppVerdict.UNKNOWN: refusals.unknown_client,
    AppVerdict.NOT_IN_ORG: refusals.app_not_found,
    AppVerdict.DISABLED: refusals.app_disabled,
    AppVerdict.BLOCKED: refusals.app_blocked,
    AppVerdict.NOT_ADMIN_APPROVED: refusals.app_access_denied,
    AppVerdict.UNINSTALLED: refusals.app_not_installed,
}


def _is_generic(request: AuthorizeRequest) -> bool:
    return request.came_to in LOGIN_HOSTS | TEST_HOSTS


def needs_consent(org: Org, request: AuthorizeRequest, app: App, user: User) -> bool:
    """Say whether the person must be asked.

    Not when an administrator approved the app for them, nor when they allowed the same before,
    unless the app asks for the page (documented).
    """
    if "consent" in request.prompts:
        return True
    directory = org.directory
    if directory.is_preauthorized(user, app):
        return False
    return not approvals.covers(directory, user, app, request.scopes_of(app))
