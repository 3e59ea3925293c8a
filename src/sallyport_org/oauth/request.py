"""A token request, read once, and the checks of the client that grants share.

What belongs here: the form, recognising the client, and what a grant hands back. What does not: the
grants themselves.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus

from sallyport_org import errors
from sallyport_org.identity import App, Approval, Session, app_rules, approvals, history
from sallyport_org.identity.judge import Attempt, Way, is_generic, same_text
from sallyport_org.identity.model import User
from sallyport_org.state import Org
from sallyport_org.web import Call, Visit


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """The parameters of a request to the token endpoint, and where it was sent."""

    form: Mapping[str, str]
    visit: Visit

    def parameter(self, name: str) -> str | None:
        """Return a parameter that is there and not empty, or None."""
        return self.form.get(name) or None

    def required(self, name: str) -> str:
        """Return a parameter; raises ``invalid_request`` if it is missing."""
        value = self.parameter(name)
        if value is None:
            raise errors.tokens.missing_parameter(name)
        return value

    @property
    def orgs(self) -> list[Org]:
        """The orgs the request can be meant for."""
        return self.visit.cloud.candidates(self.visit.place)

    def attempt(self, how: Way, user: User, app: App | None, secret: str | None = None) -> Attempt:
        """Return the login this request stands for; ``app`` is None once it was deleted."""
        call, place = self.visit.call, self.visit.place
        return Attempt(
            how=how,
            user=user,
            remote=call.remote,
            host=call.host,
            generic=is_generic(place),
            secret=secret,
            app=app,
        )


@dataclass(frozen=True, slots=True)
class Granted:
    """What a grant came to: a session, and what goes with it into the answer.

    ``refresh_token`` is None where none is handed out; ``bare`` leaves signature and time out, as
    answers to assertions do; ``scoped`` says whether the scope is told.
    """

    org: Org
    session: Session
    app: App
    refresh_token: str | None = None
    approval: Approval | None = None
    nonce: str | None = None
    bare: bool = False
    scoped: bool = True


def read_request(visit: Visit) -> TokenRequest:
    """Return the form parameters, with the client's key and secret from wherever they stand.

    They stand in the body or in an ``Authorization: Basic`` header; the body wins (assumed).
    """
    call = visit.call
    form = form_of(call)
    kind, _, encoded = call.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            client_id, _, secret = base64.b64decode(encoded).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            client_id = secret = ""
        form.setdefault("client_id", unquote_plus(client_id))
        form.setdefault("client_secret", unquote_plus(secret))
    return TokenRequest(form, visit)


def form_of(call: Call) -> dict[str, str]:
    """Return what stands in the address and in the form; of a name given twice, the first.

    Parameters of a POST may stand in its address (observed: many recipes have them there), as
    servlets read them.
    """
    pairs = list(call.query.items())
    content_type = call.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if content_type == "application/x-www-form-urlencoded":
        pairs += parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)
    return dict(reversed(pairs))


def known_client(request: TokenRequest) -> App:
    """Return the app of ``client_id``; raises ``invalid_client_id`` where it is not known."""
    return app_of(request, request.required("client_id"))


def app_of(request: TokenRequest, client_id: str) -> App:
    """Return the app of a consumer key: apps are known at every host, also where no org is."""
    for org in request.orgs or request.visit.cloud.orgs:
        app = app_rules.find(org, client_id)
        if app is not None:
            return app
    _note_deleted(request, client_id)
    raise errors.tokens.unknown_client()


def _note_deleted(request: TokenRequest, client_id: str) -> None:
    """Write down whose login failed for an app that is no more."""
    for org in request.orgs:
        if client_id not in org.directory.deleted_apps:
            continue
        approval = approvals.holding(org.directory, request.form.get("refresh_token", ""))
        user = (
            org.directory.user_by_id(approval.user_id)
            if approval is not None
            else org.directory.user(request.form.get("username", ""))
        )
        if user is not None:
            call = request.visit.call
            how: Way = "password" if approval is None else "refresh"
            attempt = Attempt(how, user, call.remote, call.host)
            history.note(org, attempt, "Failed: Consumer Deleted")


def is_at_wrong_login_host(request: TokenRequest, knows: Callable[[Org], bool]) -> bool:
    """Say whether the request is known at the other of login and test: sandboxes have their own.

    Then its refusal is ``authentication failure`` (inferred).
    """
    if request.visit.place.kind not in ("login", "test"):
        return False
    here = request.orgs
    return any(knows(org) for org in request.visit.cloud.orgs if org not in here)


def authenticated_client(request: TokenRequest, *, secret_needed: bool | None = None) -> App:
    """Return the app whose key and secret were sent.

    A secret that is not needed may be left out, but a wrong one is refused. ``secret_needed`` None
    asks the app (*Require Secret for Web Server Flow*). Raises ``invalid_client_id`` and
    ``invalid_client``.
    """
    app = known_client(request)
    secret = request.parameter("client_secret")
    needed = app.require_secret if secret_needed is None else secret_needed
    if (secret is not None or needed) and not same_text(secret or "", app.client_secret):
        raise errors.tokens.wrong_secret()
    return app


def in_order(scopes: set[str]) -> tuple[str, ...]:
    """Return scopes in the order answers give them: that of the names (assumed)."""
    return tuple(sorted(scopes))
