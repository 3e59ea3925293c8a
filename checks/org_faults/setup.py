"""Setup as an administrator clicks through it: forms saved and buttons pressed.

What belongs here: logging in, and the pages by Salesforce's names. What does not: what a refusal
needs.
"""

from collections.abc import Callable
from typing import Any

from checks.browsing import Browser, Fields, PageError

BASE = "/lightning/setup"


class Setup:
    """An administrator in Setup; logged in on the first page that is opened."""

    def __init__(
        self,
        browser: Browser,
        address: str,
        administrator: dict[str, Any],
        mailed_code: Callable[[str], str],
    ) -> None:
        self._browser = browser
        self._address = address
        username = administrator["username"]
        browser.open(f"{address}/?startURL={BASE}/SetupOneHome/home")
        browser.submit({"username": username, "pw": administrator["password"]})
        if browser.asks_for("emc"):
            browser.submit({"emc": mailed_code(username)})
        self._check("logging in")

    def save(self, page: str, **fields: Any) -> None:
        """Open a page, change fields of its form and save it; None takes a tick away."""
        self._open(page)
        values: Fields = fields
        self._browser.submit(values)
        self._check(f"saving {page}")

    def press(self, page: str, button: str, about: str = "") -> None:
        """Press a button of a page; ``about`` is a part of the address it goes to."""
        self._open(page)
        self._browser.submit({}, button, about)
        self._check(f"pressing {button} on {page}")

    def on_user(self, user: dict[str, Any], button: str) -> None:
        """Press a button of a user's page (Setup > Users)."""
        self.press(f"ManageUsers/{user['id']}", button)

    def on_usage(self, app: dict[str, Any], button: str) -> None:
        """Press an app's button on Setup > Connected Apps OAuth Usage."""
        self.press("ConnectedAppsUsage/home", button, app["client_id"])

    def profile(self, user: dict[str, Any], **fields: Any) -> None:
        """Save the user's profile (Setup > Profiles)."""
        self.save(f"EnhancedProfiles/{user['profile_id']}", **fields)

    def permit(self, user: dict[str, Any], permission: str, *, allowed: bool) -> None:
        """Tick or untick a permission of the user's profile."""
        page = f"EnhancedProfiles/{user['profile_id']}"
        self._open(page)
        ticked = [
            one
            for form in self._browser.forms
            for one in form.fields.get("permissions", [])
            if one != permission
        ]
        self._browser.submit({"permissions": [*ticked, *([permission] if allowed else [])]})
        self._check(f"saving {page}")

    def policies(self, app: dict[str, Any], **fields: Any) -> None:
        """Save an app's Policies tab (Setup > External Client App Manager)."""
        self.save(f"ManageExternalClientApplication/{app['client_id']}/policies", **fields)

    def app(self, app: dict[str, Any], **fields: Any) -> None:
        """Save an app's Settings tab."""
        self.save(f"ManageExternalClientApplication/{app['client_id']}/edit", **fields)

    def move_clock(self, **spans: str) -> None:
        """Move the org's clock on (Setup > Clock), which may well end this login."""
        self._open("SimulatorClock/home")
        self._browser.submit(spans)
        if not self._browser.asks_for("pw"):
            self._check("moving the clock")

    def _open(self, page: str) -> None:
        self._browser.open(f"{self._address}{BASE}/{page}")

    def _check(self, doing: str) -> None:
        """Refuse to go on from anything but a page of Setup without complaints."""
        browser = self._browser
        if browser.answer.status != 200 or BASE not in browser.url or "Review the" in browser.text:
            raise PageError(
                f"{doing} led to {browser.url} ({browser.answer.status}): {browser.text}"
            )
