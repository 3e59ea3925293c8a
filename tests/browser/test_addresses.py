"""The same pages under Salesforce's own names: a browser behind the proxy door, on HTTPS."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from sallyport_org.identity import app_administration
from sallyport_org.server import OrgServer
from tests.browser.steps import log_in, open_setup

LOGIN = "https://login.salesforce.com"


@pytest.fixture
def server() -> Iterator[OrgServer]:
    with OrgServer(rows={}, https_port=0, proxy_port=0) as running:
        yield running


@pytest.fixture
def page(browser: Browser, server: OrgServer) -> Iterator[Page]:
    """A page that reaches every Salesforce host through the proxy door."""
    context = browser.new_context(
        base_url=LOGIN,
        ignore_https_errors=True,
        proxy={"server": server.doors.proxy or ""},
    )
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def test_a_login_at_the_generic_host_ends_at_my_domain(page: Page, server: OrgServer) -> None:
    app = app_administration.create_app(
        server.org,
        "Old Connector",
        kind="connected_app",
        callback_urls=[f"{LOGIN}/services/oauth2/success"],
        scopes=["api"],
    )
    asked = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": f"{LOGIN}/services/oauth2/success",
    }
    page.goto(f"{LOGIN}/services/oauth2/authorize?{urlencode(asked)}")
    log_in(page, server)
    expect(page.get_by_role("heading", name="Allow Access?")).to_be_visible()
    assert page.url.startswith(f"{server.org.my_domain}/setup/secur/")
    cookies = [one for one in page.context.cookies(server.org.my_domain) if one["name"] == "sid"]
    assert cookies[0]["secure"]
    assert cookies[0]["httpOnly"]
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", name="Authentication Successful")).to_be_visible()
    assert page.url.startswith(f"{LOGIN}/services/oauth2/success?code=aPrx")


def test_a_closed_generic_host_says_where_to_log_in(page: Page, server: OrgServer) -> None:
    page.goto(f"{server.org.my_domain}/lightning/setup/SetupOneHome/home")
    log_in(page, server)
    open_setup(page, "My Domain")
    page.get_by_label("Prevent login from https://login.salesforce.com", exact=True).check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("saved")

    page.goto(f"{LOGIN}/")
    page.get_by_label("Username").fill(server.credentials.username)
    page.get_by_label("Password", exact=True).fill(server.credentials.password)
    page.get_by_role("button", name="Log In").click()
    expect(page.get_by_role("alert")).to_contain_text("My Domain address instead")

    page.goto(f"{server.org.my_domain}/lightning/setup/OrgLoginHistory/home")
    expect(page.get_by_role("row").filter(has_text="Restricted Domain")).to_have_count(1)
