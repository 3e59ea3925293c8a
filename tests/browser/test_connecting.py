"""An administrator connects an app, all in a browser, and then takes the access away."""

import base64
import hashlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from sallyport_org.server import OrgServer
from tests.browser.steps import code_in_inbox, log_in, open_setup
from tests.org.wire import Answer, ask, token_request

VERIFIER = "a-verifier-of-at-least-forty-three-characters-1"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:-1]


class _Callback(BaseHTTPRequestHandler):
    """The app's side: the address Salesforce sends the browser back to."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>App</title><p>Back at the app.</p>")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@pytest.fixture(scope="module")
def callback() -> Iterator[str]:
    listening = HTTPServer(("127.0.0.1", 0), _Callback)
    Thread(target=listening.serve_forever, daemon=True).start()
    yield f"http://localhost:{listening.server_port}/callback"
    listening.shutdown()
    listening.server_close()


def make_app(page: Page, callback: str) -> tuple[str, str]:
    """Follow the documented steps to a new external client app; returns key and secret."""
    open_setup(page, "App Manager")
    page.get_by_role("link", name="New External Client App").click()
    page.get_by_label("External Client App Name").fill("Marketo Engage")
    page.get_by_label("Contact Email").fill("crm@example.com")
    page.get_by_label("Distribution State").select_option(label="Local")
    page.get_by_label("Enable OAuth", exact=True).check()
    page.get_by_label("Callback URL").fill(callback)
    for scope in page.get_by_role("group", name="OAuth Scopes").get_by_role("checkbox").all():
        scope.check()
    expect(page.get_by_label("Require secret for Web Server Flow")).to_be_checked()
    expect(page.get_by_label("Require secret for Refresh Token Flow")).to_be_checked()
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="Marketo Engage")).to_be_visible()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Consumer Key and Secret").click()
    details = opened.value
    expect(details.get_by_role("heading", name="Verify Your Identity")).to_be_visible()
    details.get_by_label("Verification Code").fill(code_in_inbox(page))
    details.get_by_role("button", name="Verify").click()
    key = details.locator("#consumer-key").inner_text()
    secret = details.locator("#consumer-secret").inner_text()
    details.close()
    return key, secret


def authorize_address(key: str, callback: str) -> str:
    asked = {
        "response_type": "code",
        "client_id": key,
        "redirect_uri": callback,
        "scope": "api refresh_token",
        "state": "from-here",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "display": "popup",
    }
    return f"/services/oauth2/authorize?{urlencode(asked)}"


def query_of(page: Page) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(page.url).query))


def identity_of(server: OrgServer, token: str) -> Answer:
    headers = {"Authorization": f"Bearer {token}"}
    return ask(server, "GET", "/services/data/v62.0/sobjects", headers=headers)


def test_an_app_is_made_allowed_and_blocked(
    page: Page, browser: Browser, server: OrgServer, callback: str
) -> None:
    page.goto("/lightning/setup/SetupOneHome/home")
    log_in(page, server)
    key, secret = make_app(page, callback)

    # somebody else's browser: the app sends them to Salesforce
    popup = browser.new_context(base_url=server.url).new_page()
    popup.goto(authorize_address(key, callback))
    log_in(popup, server)
    expect(popup.get_by_role("heading", name="Allow Access?")).to_be_visible()
    expect(popup.locator("#app-name")).to_have_text("Marketo Engage")
    popup.get_by_role("button", name="Allow").click()
    expect(popup.get_by_text("Back at the app.")).to_be_visible()
    told = query_of(popup)
    assert told["state"] == "from-here"
    answer = token_request(
        server,
        grant_type="authorization_code",
        code=told["code"],
        client_id=key,
        client_secret=secret,
        redirect_uri=callback,
        code_verifier=VERIFIER,
    )
    assert answer.status == 200, answer.body
    assert identity_of(server, answer.json["access_token"]).status == 200

    open_setup(page, "Connected Apps OAuth Usage")
    row = page.get_by_role("row").filter(has_text="Marketo Engage")
    expect(row.get_by_role("cell", name="1", exact=True)).to_be_visible()
    row.get_by_role("button", name="Block").click()
    expect(page.get_by_role("status")).to_have_text("Marketo Engage is blocked.")

    assert identity_of(server, answer.json["access_token"]).status == 401
    popup.goto(authorize_address(key, callback))
    expect(popup.get_by_text("Back at the app.")).to_be_visible()
    assert query_of(popup) == {
        "error": "OAUTH_APP_BLOCKED",
        "error_description": "this app is blocked by admin",
        "state": "from-here",
    }
    row.get_by_role("button", name="Unblock").click()
    expect(row.get_by_role("button", name="Block", exact=True)).to_be_visible()
    popup.context.close()


def test_deny_comes_back_as_access_denied(page: Page, server: OrgServer, callback: str) -> None:
    page.goto("/lightning/setup/SetupOneHome/home")
    log_in(page, server)
    key, _ = make_app(page, callback)
    page.goto(authorize_address(key, callback))
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_text("Back at the app.")).to_be_visible()
    assert query_of(page)["error_description"] == "end-user denied authorization"
