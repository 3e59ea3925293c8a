"""Photographs the simulator's pages: ``org-setup.png`` and ``org-consent.png``.

    .venv/bin/python docs/images/make_org_pictures.py [PATH OF CHROMIUM]

What belongs here: the way to two pages, in the system's Chromium against an org on port 8421. What
does not: tests of the pages (``tests/browser``).
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Page, sync_playwright

from sallyport_org.server import OrgServer

FOLDER = Path(__file__).parent
SETUP = "/lightning/setup/ManageExternalClientApplication/new"
CHALLENGE = "ZtNPunH49FD35FWYhT5Tv8I7vRKQJ8uxMaL0_9eHjNA"
"""PKCE's, as docs/org/identity.md has it."""


def main() -> int:
    """Start an org, walk to both pages, keep their pictures; returns the exit code."""
    chromium = sys.argv[1] if len(sys.argv) > 1 else shutil.which("chromium")
    if chromium is None:
        sys.stderr.write("no Chromium found; name its path\n")
        return 2
    with OrgServer(rows={}, port=8421) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_context(
            base_url=server.url, viewport={"width": 1000, "height": 620}
        ).new_page()
        log_in(page, server)
        page.goto(SETUP)
        page.get_by_label("External Client App Name").fill("Nightly Export")
        page.screenshot(path=FOLDER / "org-setup.png")
        asked = {
            "response_type": "code",
            "client_id": server.credentials.web_client_id,
            "redirect_uri": server.credentials.redirect_uris[0],
            "code_challenge": CHALLENGE,
        }
        page.goto(f"/services/oauth2/authorize?{urlencode(asked)}")
        page.screenshot(path=FOLDER / "org-consent.png")
        browser.close()
    return 0


def log_in(page: Page, server: OrgServer) -> None:
    """Type username, password, and the code that was mailed."""
    page.goto(SETUP)
    page.get_by_label("Username").fill(server.credentials.username)
    page.get_by_label("Password", exact=True).fill(server.credentials.password)
    page.get_by_role("button", name="Log In").click()
    page.get_by_label("Verification Code").wait_for()
    code = re.search(r"\b\d{6}\b", server.org.inbox.mails()[-1].text)
    if code is None:
        raise RuntimeError("the mail holds no code")
    page.get_by_label("Verification Code").fill(code[0])
    page.get_by_role("button", name="Verify").click()
    page.get_by_role("heading", level=1).wait_for()


if __name__ == "__main__":
    sys.exit(main())
