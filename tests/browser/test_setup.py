"""What an administrator clicks, and what other people then see."""

from datetime import timedelta

from playwright.sync_api import Browser, Page, expect

from sallyport_org.identity import User
from sallyport_org.server import OrgServer
from tests.browser.steps import log_in, open_setup

WRONG = "Please check your username and password."


def somebody(server: OrgServer) -> User:
    directory = server.org.directory
    user = User(
        id="005gL0000000900TAA",
        username="rep@acme.example",
        password="Lantern-4711",
        security_token="token",
        email="rep@example.com",
        name="Rita Representative",
        profile_id=sorted(directory.profiles)[1],
    )
    directory.admit([user])
    return user


def attempt(browser: Browser, address: str, user: User) -> Page:
    page = browser.new_context().new_page()
    page.goto(address)
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password", exact=True).fill(user.password)
    page.get_by_role("button", name="Log In").click()
    return page


def test_a_frozen_user_cannot_log_in_until_unfrozen(
    page: Page, browser: Browser, server: OrgServer
) -> None:
    user = somebody(server)
    page.goto("/lightning/setup/SetupOneHome/home")
    log_in(page, server)
    open_setup(page, "Users")
    page.get_by_role("link", name=user.name).click()
    page.get_by_role("button", name="Freeze", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("rep@acme.example is frozen.")

    refused = attempt(browser, server.url, user)
    expect(refused.get_by_role("alert")).to_contain_text(WRONG)
    open_setup(page, "Login History")
    expect(page.get_by_role("row").filter(has_text="User is frozen")).to_have_count(1)

    page.go_back()
    page.get_by_role("button", name="Unfreeze").click()
    admitted = attempt(browser, server.url, user)
    expect(admitted.get_by_role("heading", name="Verify Your Identity")).to_be_visible()
    refused.context.close()
    admitted.context.close()


def test_moving_the_clock_ends_sessions(page: Page, server: OrgServer) -> None:
    page.goto("/lightning/setup/SetupOneHome/home")
    log_in(page, server)
    open_setup(page, "Clock")
    page.get_by_label("Hours").fill("3")
    page.get_by_role("button", name="Move Clock").click()
    expect(page.get_by_role("button", name="Log In")).to_be_visible()
    assert server.org.clock.ahead == timedelta(hours=3)


def test_a_my_domain_policy_is_set_and_kept(page: Page, server: OrgServer) -> None:
    page.goto("/lightning/setup/SetupOneHome/home")
    log_in(page, server)
    open_setup(page, "My Domain")
    box = page.get_by_label("Prevent login from https://login.salesforce.com", exact=True)
    expect(box).not_to_be_checked()
    box.check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("saved")
    expect(box).to_be_checked()
    assert not server.org.settings.generic_login


def test_setup_works_by_keyboard_alone(page: Page, server: OrgServer) -> None:
    page.goto("/lightning/setup/SetupOneHome/home")
    expect(page.get_by_label("Username")).to_be_focused()
    page.keyboard.type(server.credentials.username)
    page.keyboard.press("Tab")
    page.keyboard.type(server.credentials.password)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Verification Code")).to_be_focused()


def test_pages_fit_a_narrow_screen(page: Page, server: OrgServer) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/lightning/setup/SetupOneHome/home")
    log_in(page, server)
    for entry in ("Users", "Profiles", "Login History", "Connected Apps OAuth Usage"):
        open_setup(page, entry)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, f"{entry} is {width} pixels wide"
