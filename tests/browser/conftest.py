"""A real browser: the system's Chromium, one org, and a screenshot of whatever failed.

`make test-browser` runs these; `make test` does not (they need Chromium). Without one they fail and
say how to get it.
"""

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from sallyport_org.server import OrgServer

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FAILED = pytest.StashKey[bool]()
PICTURES = Path("test-results")


def chromium() -> str:
    """Return where Chromium is: the variable CHROMIUM, or the first known name on the path."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail(
            f"no Chromium found (looked for {', '.join(NAMES)}); install one with "
            "`apt-get install chromium`, or name its path in CHROMIUM",
            pytrace=False,
        )
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=chromium(),
            # root, as in a container, may not use the sandbox
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        yield running
        running.close()


@pytest.fixture
def server() -> Iterator[OrgServer]:
    with OrgServer(rows={}) as running:
        yield running


@pytest.fixture
def page(browser: Browser, server: OrgServer, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page in a browser nobody knows; a failed test leaves its picture."""
    context = browser.new_context(base_url=server.url)
    context.set_default_timeout(10_000)
    opened = context.new_page()
    yield opened
    if request.node.stash.get(FAILED, False):
        PICTURES.mkdir(exist_ok=True)
        opened.screenshot(path=PICTURES / f"{request.node.name}.png", full_page=True)
    context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let fixtures know that their test failed."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report
