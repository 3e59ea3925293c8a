"""Web server flow: a person allows the app in a browser, and a code comes back for tokens.

What belongs here: the authorize address (PKCE S256, state, least scopes), reading the callback, the
exchange. What does not: keeping what is pending and showing pages (``connections``, ``web``).

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_web_server_flow.htm
(documented): a code lives 15 minutes and serves once. Errors of the authorize page often stay on
Salesforce's own page (observed): ``read_callback`` reads that page's address too.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

from sallyport.auth.grants import Flow, read_grant, token_request
from sallyport.auth.refusals import login_refusal
from sallyport.errors import InvalidRequest, RemoteRefused
from sallyport.kernel import Secret
from sallyport.salesforce.hosts import OrgUrl

LEAST_SCOPES = ("api", "id", "refresh_token")
"""Data, who the user is, and staying connected; nothing else is needed."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Authorization:
    """One attempt to be authorized, from the link to its callback; ``state`` serves once."""

    login: OrgUrl
    client_id: str
    redirect_uri: str
    state: str
    verifier: Secret
    scopes: tuple[str, ...] = LEAST_SCOPES
    prompt: str | None = None
    login_hint: str | None = None

    @property
    def challenge(self) -> str:
        """PKCE's S256 challenge."""
        digest = hashlib.sha256(self.verifier.reveal().encode()).digest()
        return urlsafe_b64encode(digest).decode().rstrip("=")

    @property
    def url(self) -> str:
        """Where the person's browser is sent."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": " ".join(self.scopes),
            "state": self.state,
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
            "prompt": self.prompt,
            "login_hint": self.login_hint,
        }
        sent = urlencode({name: value for name, value in asked.items() if value})
        return f"{self.login.text}/services/oauth2/authorize?{sent}"


def begin(
    login: OrgUrl,
    client_id: str,
    redirect_uri: str,
    *,
    prompt: str | None = "login consent",
    login_hint: str | None = None,
) -> Authorization:
    """Return a fresh attempt. InvalidRequest for a redirect address Salesforce refuses.

    ``prompt`` makes the person log in and consent anew: a browser that is still logged in would
    connect its user without a word.
    """
    check_redirect_uri(redirect_uri, field="redirect_uri")
    return Authorization(
        login,
        client_id,
        redirect_uri,
        state=secrets.token_urlsafe(24),
        verifier=Secret(secrets.token_urlsafe(64)),
        prompt=prompt,
        login_hint=login_hint,
    )


def check_redirect_uri(text: str, *, field: str) -> None:
    """Raise InvalidRequest naming ``field`` unless Salesforce takes such a callback address: HTTPS,
    or http on this very machine, without a fragment."""
    split = urlsplit(text)
    secure = split.scheme == "https" or (split.scheme == "http" and split.hostname in _LOOPBACK)
    if not secure or not split.hostname or split.fragment or "*" in text:
        raise InvalidRequest(
            "is not an address Salesforce can send people back to.",
            field=field,
            received=text,
            cure="Use an https:// address, or http://localhost, without a fragment.",
        )


def read_callback(address: str, pending: Authorization) -> Secret:
    """Return the code of a callback: its whole address, or its query alone, as it was pasted.

    Raises RemoteRefused with Salesforce's ``error`` (also from the address of its error page), and
    InvalidRequest for a missing or foreign ``state``, for error and code together, and for neither.
    """
    text = address.strip()
    query = urlsplit(text).query if "://" in text else text.removeprefix("?")
    found = {name: values[-1] for name, values in parse_qs(query).items()}
    code, error = found.get("code"), found.get("error")
    if error and code:
        raise _foreign("The callback carries an error and a code at once.")
    if error:
        said = found.get("error_description", "")
        raise RemoteRefused(
            f"Salesforce did not authorize the connection: {said or error} ({error}).",
            status=302,
            code=error,
            text=said,
        )
    if not code:
        raise InvalidRequest(
            "This is not the address of a callback: it carries neither a code nor an error.",
            field="callback",
            received=re.split(r"[?#]", text, maxsplit=1)[0][:200],
            cure="Paste the whole address of the page the browser ended on.",
        )
    if not hmac.compare_digest(found.get("state", "").encode(), pending.state.encode()):
        raise _foreign("The callback's state is not that of this attempt.")
    return Secret(code)


def exchange(pending: Authorization, client_secret: Secret | None, code: Secret) -> Flow:
    """Trade a code for tokens; a confidential client sends verifier and secret (documented).

    Raises RemoteRefused with Salesforce's words, and field and cure where they tell.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code.reveal(),
        "client_id": pending.client_id,
        "redirect_uri": pending.redirect_uri,
        "code_verifier": pending.verifier.reveal(),
    }
    if client_secret:
        form["client_secret"] = client_secret.reveal()
    reply = yield token_request(pending.login, form)
    if not reply.ok:
        raise login_refusal(reply, flow="web server")
    return read_grant(reply)


def _foreign(message: str) -> InvalidRequest:
    return InvalidRequest(
        message,
        field="state",
        cure="Start to connect again from the beginning; use the newest window only.",
    )
