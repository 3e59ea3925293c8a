"""Steps every story begins with: logging in, reading the inbox, finding a page of Setup."""

import re

from playwright.sync_api import Page, expect

from sallyport_org.server import OrgServer


def log_in(page: Page, server: OrgServer) -> None:
    """Type username and password, and the code that arrives in the inbox page."""
    page.get_by_label("Username").fill(server.credentials.username)
    page.get_by_label("Password", exact=True).fill(server.credentials.password)
    page.get_by_role("button", name="Log In").click()
    expect(page.get_by_role("heading", name="Verify Your Identity")).to_be_visible()
    page.get_by_label("Verification Code").fill(code_in_inbox(page))
    page.get_by_role("button", name="Verify").click()


def code_in_inbox(page: Page) -> str:
    """Read the newest code as a person does: in another tab, on the inbox page."""
    tab = page.context.new_page()
    tab.goto("/simulator/inbox")
    found = re.search(r"Verification Code: (\d{6})", tab.locator("article").first.inner_text())
    tab.close()
    assert found
    return found[1]


def open_setup(page: Page, entry: str) -> None:
    """Find a page of Setup with Quick Find, as the documented steps do."""
    page.get_by_role("searchbox", name="Quick Find").fill(entry)
    menu = page.get_by_role("navigation", name="Setup")
    expect(menu.get_by_role("link", name="Company Information")).to_be_hidden()
    menu.get_by_role("link", name=entry, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
