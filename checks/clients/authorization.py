"""A person's way through the org's pages: log in, enter a mailed code, allow, come back.

What belongs here: the web server flow as a browser without scripts goes through it. What does not:
what the tokens are used for.
"""

import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from http.client import HTTPMessage, HTTPResponse
from http.cookiejar import CookieJar
from typing import IO, Any

from checks.clients.stage import Stage

LOGIN = "https://login.salesforce.com"
CALLBACK = "http://localhost:1717/callback"


@dataclass(frozen=True)
class Authorization:
    """An app's keys and the refresh token a person gave it."""

    client_id: str
    client_secret: str
    refresh_token: str


def authorize(stage: Stage, *, rotating: bool) -> Authorization:
    """Log in as the org's user, allow an app, exchange the code; returns what the app holds.

    ``rotating``: whether each refresh token of the app is good for one use.
    Raises ValueError naming the page that was another than expected.
    """
    app = stage.make_app("Nightly Reader", CALLBACK, rotating=rotating)
    browser = _Browser(stage.environment)
    asked = {
        "response_type": "code",
        "client_id": app["client_id"],
        "redirect_uri": CALLBACK,
        "scope": "api refresh_token",
        "state": "from the check",
    }
    browser.open(f"{LOGIN}/services/oauth2/authorize?{urllib.parse.urlencode(asked)}")
    basic = stage.credentials["basic"]
    browser.submit({"username": basic["username"], "pw": basic["password"]})
    if browser.asks_for("emc"):
        browser.submit({"emc": stage.mailed_code()})
    if not browser.url.startswith(CALLBACK):
        browser.submit({}, button="Allow")
    back = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(browser.url).query))
    if back.get("state") != asked["state"] or "code" not in back:
        raise ValueError(f"the app was called back with {browser.url}")
    form = {
        "grant_type": "authorization_code",
        "code": back["code"],
        "redirect_uri": CALLBACK,
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
    }
    tokens = json.loads(browser.post(f"{LOGIN}/services/oauth2/token", form))
    return Authorization(app["client_id"], app["client_secret"], tokens["refresh_token"])


class _StopAtCallback(urllib.request.HTTPRedirectHandler):
    """Follows redirects up to the app's own address, where nobody listens."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Return the next request; None at the callback, whose address is then in the error."""
        if newurl.startswith(CALLBACK):
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _Browser:
    """Pages, cookies and forms, through the proxy; ``url`` is where it is."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        trust = ssl.create_default_context(cafile=environment["SSL_CERT_FILE"])
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({"https": environment["HTTPS_PROXY"]}),
            urllib.request.HTTPSHandler(context=trust),
            urllib.request.HTTPCookieProcessor(CookieJar()),
            _StopAtCallback(),
        )
        self.url = ""
        self._form = _Form()

    def open(self, url: str, data: Mapping[str, str] | None = None) -> None:
        """Go to a page, by POST when there is data."""
        body = None if data is None else urllib.parse.urlencode(data).encode()
        try:
            with self._opener.open(url, body, timeout=30) as page:
                self._arrive(page)
        except urllib.error.HTTPError as answer:
            if not answer.headers.get("Location", "").startswith(CALLBACK):
                said = answer.read().decode(errors="replace")
                raise ValueError(f"{answer.code} at {answer.url}: {said[:500]}") from None
            self.url = answer.headers["Location"]

    def asks_for(self, name: str) -> bool:
        """Tell whether the page's form has a field."""
        return name in self._form.fields

    def submit(self, values: Mapping[str, str], button: str = "") -> None:
        """Fill in the page's form and send it, by the button that is called so."""
        form = self._form
        missing = [name for name in values if name not in form.fields]
        if missing or (button and button not in form.buttons):
            raise ValueError(
                f"the page {self.url} has no {missing or button}: "
                f"fields {sorted(form.fields)}, buttons {sorted(form.buttons)}"
            )
        pressed = form.buttons[button] if button else {}
        target = urllib.parse.urljoin(self.url, form.action)
        self.open(target, {**form.fields, **values, **pressed})

    def post(self, url: str, form: Mapping[str, str]) -> str:
        """Send a form as a program does and return the answer's text."""
        body = urllib.parse.urlencode(form).encode()
        with self._opener.open(url, body, timeout=30) as answer:
            content: bytes = answer.read()
        return content.decode()

    def _arrive(self, page: HTTPResponse) -> None:
        self.url = page.url
        self._form = _Form()
        self._form.feed(page.read().decode())


class _Form(HTMLParser):
    """The first form of a page: where it goes, its fields with their values, its buttons.

    ``buttons`` maps what a button shows to what pressing it sends.
    """

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.buttons: dict[str, dict[str, str]] = {}
        self._seen = self._over = False
        self._pressed: dict[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form, a field or a button."""
        given: dict[str, Any] = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._over, self._seen = self._seen, True
            self.action = self.action or given.get("action", "")
        if self._over or not self._seen:
            return
        sends = {given["name"]: given.get("value", "")} if given.get("name") else {}
        if tag == "button":
            self._pressed = sends
        elif tag == "input" and given.get("type") == "submit":
            self.buttons[given.get("value", "").strip()] = sends
        elif tag == "input" and given.get("type") != "checkbox":
            self.fields.update(sends)

    def handle_data(self, data: str) -> None:
        """Note what a button shows."""
        if self._pressed is not None and data.strip():
            self.buttons[data.strip()] = self._pressed

    def handle_endtag(self, tag: str) -> None:
        """Note that a button or the form ends."""
        if tag == "button":
            self._pressed = None
        self._over = self._over or tag == "form"
