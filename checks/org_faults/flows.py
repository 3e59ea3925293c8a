"""Every way to a token, as requests: prepared while all is well, sent whenever a scenario likes.

What belongs here: what each flow sends, and a person's walk through the pages before it. What does
not: states, and what is answered.
"""

import base64
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from checks.browsing import Browser, PageError
from checks.doors import Answer, Request, form
from checks.org_faults.world import CALLBACK, LOGIN, TEST, World

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SAML_BEARER = "urn:ietf:params:oauth:grant-type:saml2-bearer"
VERIFIER = "a-verifier-of-enough-characters-0123456789abc"
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
)
ASSERTION_SECONDS = 180
PARTNER = "urn:partner.soap.sforce.com"
ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?><env:Envelope '
    'xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Header>{head}</env:Header>'
    "<env:Body>{body}</env:Body></env:Envelope>"
)


def prepare(world: World, flow: str, at: str = "", **changed: str) -> Request:
    """Return the request of a flow, its codes and tokens had by the user; ``at`` is its host.

    ``changed`` are parameters that are to be other than right.
    """
    fields = {**_FORMS[flow](world), **changed}
    return form(f"{at or world.my_domain}/services/oauth2/token", fields)


def change(request: Request, **parameters: str) -> Request:
    """Return a token request with other parameters."""
    added = urlencode(parameters).encode()
    return Request(request.method, request.url, request.body + b"&" + added, request.headers)


def moved(request: Request, host: str) -> Request:
    """Return a request that goes to another host."""
    _, _, path = request.url.removeprefix("https://").partition("/")
    return Request(request.method, f"{host}/{path}", request.body, request.headers)


def secret_of(world: World) -> str:
    """Return the user's password with the security token behind it."""
    return f"{world.user['password']}{world.user['security_token']}"


def _client(world: World) -> dict[str, str]:
    return {key: world.app[key] for key in ("client_id", "client_secret")}


def _password(world: World) -> dict[str, str]:
    person = {"username": world.user["username"], "password": secret_of(world)}
    return {"grant_type": "password", **_client(world), **person}


def _client_credentials(world: World) -> dict[str, str]:
    return {"grant_type": "client_credentials", **_client(world)}


def _web_server(world: World) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "code": code_for(world),
        "redirect_uri": CALLBACK,
        **_client(world),
    }


def _refresh(world: World) -> dict[str, str]:
    token = tokens(world, "web-server")["refresh_token"]
    return {"grant_type": "refresh_token", "refresh_token": token, **_client(world)}


def _jwt(world: World) -> dict[str, str]:
    approve(world)
    return {"grant_type": JWT_BEARER, "assertion": assertion(world)}


def _saml(world: World) -> dict[str, str]:
    return {"grant_type": SAML_BEARER, "assertion": saml_assertion(world, LOGIN)}


_FORMS: Mapping[str, Callable[[World], dict[str, str]]] = {
    "password": _password,
    "client-credentials": _client_credentials,
    "web-server": _web_server,
    "refresh": _refresh,
    "jwt": _jwt,
    "saml-bearer": _saml,
}


def approve(world: World) -> None:
    """Let the user have allowed the app before."""
    world.administer(
        "POST", "/approvals", {"user": world.user["username"], "app": world.app["client_id"]}
    )


def assertion(world: World, **changed: Any) -> str:
    """Return an assertion about the user, signed by the world's key."""
    claims = {
        "iss": world.app["client_id"],
        "sub": world.user["username"],
        "aud": TEST if world.made["is_sandbox"] else LOGIN,
        "exp": int(time.time()) + ASSERTION_SECONDS,
    }
    return world.key.sign({**claims, **changed})


def saml_assertion(world: World, audience: str) -> str:
    """Return a SAML assertion about the user, as the SAML bearer flow sends it."""
    text = (
        '<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" Version="2.0">'
        f"<saml:Issuer>{world.app['client_id']}</saml:Issuer>"
        f"<saml:Subject><saml:NameID>{world.user['username']}</saml:NameID></saml:Subject>"
        f"<saml:Conditions><saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience>"
        "</saml:AudienceRestriction></saml:Conditions></saml:Assertion>"
    )
    return base64.urlsafe_b64encode(text.encode()).decode()


# -- tokens and sessions


def tokens(world: World, flow: str, at: str = "", **changed: str) -> dict[str, Any]:
    """Return what the token endpoint answers to a flow that works."""
    answer = world.send(prepare(world, flow, at, **changed))
    assert answer.status == 200, f"{flow}: {answer.status} {answer.text}"
    answered: dict[str, Any] = answer.json
    return answered


def session(world: World, flow: str) -> str:
    """Return a session's token got by a flow, SOAP login() among them."""
    if flow == "any":
        flow = "client-credentials"
    if flow != "soap":
        return str(tokens(world, flow)["access_token"])
    answer = world.send(soap_login(world))
    assert answer.status == 200, answer.text
    return answer.text.partition("<sessionId>")[2].partition("</sessionId>")[0]


def data_call(world: World, token: str, path: str = "/limits", at: str = "") -> Request:
    """Return a GET of the data API."""
    return bearer(token, f"{at or world.my_domain}/services/data/v60.0{path}")


def bearer(token: str, url: str, body: Mapping[str, Any] | None = None) -> Request:
    """Return a call with a token: a POST of JSON when there is a body."""
    headers = (("Authorization", f"Bearer {token}"), ("Content-Type", "application/json"))
    if body is None:
        return Request("GET", url, b"", headers[:1])
    return Request("POST", url, json.dumps(body).encode(), headers)


# -- pages


def authorize(world: World, browser: Browser, at: str = "", **parameters: str) -> None:
    """Open the authorize endpoint as the app does; a parameter that is empty is left out."""
    asked = {
        "response_type": "code",
        "client_id": world.app["client_id"],
        "redirect_uri": CALLBACK,
        "state": world.state,
        **parameters,
    }
    sent = urlencode({name: value for name, value in asked.items() if value})
    browser.open(f"{at or world.my_domain}/services/oauth2/authorize?{sent}")


def log_in(world: World, browser: Browser) -> None:
    """Log the user in on the login page that is shown, with the code that is mailed."""
    enter_password(world, browser)
    if browser.asks_for("emc"):
        browser.submit({"emc": world.mailed_code(world.user["username"])})


def enter_password(world: World, browser: Browser) -> None:
    """Send the login page."""
    browser.submit({"username": world.user["username"], "pw": world.user["password"]})


def code_for(world: World, browser: Browser | None = None, **parameters: str) -> str:
    """Walk through the pages until the app's callback and return its code."""
    browser = browser or world.browser()
    authorize(world, browser, **parameters)
    if browser.asks_for("pw"):
        log_in(world, browser)
    if not browser.url.startswith(CALLBACK):
        browser.submit({}, "Allow")
    if "code" not in browser.query:
        raise PageError(f"no code came back: {browser.url} {browser.text}")
    return browser.query["code"]


def shown(browser: Browser) -> Answer:
    """Return the page, or the redirect out of Salesforce, under the address it is shown at."""
    answer = browser.answer
    return Answer(browser.url, answer.status, answer.headers, answer.cookies, answer.body)


# -- SOAP


def soap_login(
    world: World, secret: str = "", at: str = "", version: str = "60.0", client: str = ""
) -> Request:
    """Return a login() at the partner address."""
    body = (
        f'<login xmlns="{PARTNER}"><username>{escape(world.user["username"])}</username>'
        f"<password>{escape(secret or secret_of(world))}</password></login>"
    )
    head = f'<CallOptions xmlns="{PARTNER}"><client>{client}</client></CallOptions>'
    return soap(world, body, head if client else "", at, version)


def soap_call(world: World, token: str, operation: str) -> Request:
    """Return a call without parameters, made with a session."""
    head = f'<SessionHeader xmlns="{PARTNER}"><sessionId>{token}</sessionId></SessionHeader>'
    return soap(world, f'<{operation} xmlns="{PARTNER}"/>', head)


def soap(world: World, body: str, head: str = "", at: str = "", version: str = "60.0") -> Request:
    """Return a call to the partner address."""
    url = f"{at or world.my_domain}/services/Soap/u/{version}"
    headers = (("Content-Type", "text/xml;charset=UTF-8"), ("SOAPAction", '""'))
    return Request("POST", url, ENVELOPE.format(head=head, body=body).encode(), headers)
