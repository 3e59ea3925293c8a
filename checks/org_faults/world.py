"""One org for one refusal: who is in it, and what can be done to it and asked of it.

What belongs here: the org, the user and the app a refusal is about, its admin API, its Setup. What
does not: the flows (``flows``) and any refusal.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from threading import Thread
from typing import Any
from urllib.parse import quote

from checks.browsing import Browser
from checks.doors import Answer, Doors, Request
from checks.org_faults.keys import SigningKey, key
from checks.org_faults.setup import Setup

CALLBACK = "https://client.example/callback"
LOGIN, TEST = "https://login.salesforce.com", "https://test.salesforce.com"
SCOPES = ("api", "id", "openid", "refresh_token")
FLOWS = ("web_server", "user_agent", "client_credentials", "jwt_bearer", "password", "device")
ELSEWHERE = "203.0.113.0", "203.0.113.255"
"""Addresses nobody calls from (kept free for documentation by RFC 5737)."""


@dataclass(frozen=True)
class Simulator:
    """A running simulator: its doors and the admin API of the whole."""

    doors: Doors
    url: str

    def administer(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Call the admin API; what it refuses is a mistake of the check."""
        sent = b"" if body is None else json.dumps(body).encode()
        answer = self.doors.send(
            Request(method, f"{self.url}/simulator/api{quote(path, '/?=&')}", sent)
        )
        assert answer.status in (200, 201), f"{method} {path}: {answer.text}"
        return answer.json

    @contextmanager
    def world(self, name: str, *, sandbox: bool = False) -> "Iterator[World]":
        """Make an org, yield it, and close it when everything sent to it was answered."""
        shape = {"kind": "sandbox", "sandbox": "dev"} if sandbox else {}
        made = self.administer("POST", "/orgs", {"domain": name, "rows": {"Account": 20}, **shape})
        world = World(self, made)
        try:
            world.move_in()
            yield world
        finally:
            for one in world.waiting:
                one.join()
            if not world.is_gone:
                self.administer("DELETE", f"/orgs/{world.org_id}")


@dataclass
class World:
    """An org whose standard user and app a refusal is about.

    ``app`` is a connected app of the org with every flow, unless a scenario puts another there;
    ``state`` goes with authorize requests; ``waiting`` are requests still under way.
    """

    simulator: Simulator
    made: dict[str, Any]
    state: str = "state of the client"
    app: dict[str, Any] = field(default_factory=dict)
    key: SigningKey = field(default_factory=lambda: key("client"))
    waiting: list[Thread] = field(default_factory=list)
    is_gone: bool = False

    @property
    def org_id(self) -> str:
        return str(self.made["id"])

    @property
    def my_domain(self) -> str:
        return str(self.made["my_domain"])

    @property
    def label(self) -> str:
        """The first label of the My Domain: part of names that must be the org's alone."""
        return self.my_domain.removeprefix("https://").partition(".")[0]

    @cached_property
    def administrator(self) -> dict[str, Any]:
        """The user who sets the states."""
        return self._person(self.made["credentials"]["basic"]["username"])

    @cached_property
    def user(self) -> dict[str, Any]:
        """The user the refusal is about: a standard user."""
        return self._person(self.made["credentials"]["basic"]["username"].replace("admin", "stan"))

    @cached_property
    def setup(self) -> Setup:
        """Setup, with the administrator logged in."""
        return Setup(self.browser(), self.my_domain, self.administrator, self.mailed_code)

    def move_in(self) -> None:
        """Give the org its app."""
        self.app = self.make_app("Under Test", "connected_app")

    def make_app(
        self, name: str, kind: str, *, home: str = "", packaged: bool = False, **more: Any
    ) -> dict[str, Any]:
        """Make an app with every flow that acts as the user; ``home`` is the id of its org."""
        wanted = {
            "name": f"{name} {self.label}",
            "kind": kind,
            "packaged": packaged,
            "contact_email": "developer@client.example",
            "callback_urls": [CALLBACK],
            "scopes": list(SCOPES),
            "flows": list(FLOWS),
        }
        at = f"/orgs/{home or self.org_id}/apps"
        app: dict[str, Any] = self.simulator.administer("POST", at, wanted)
        certificate = {"certificate": self.key.certificate}
        self.simulator.administer("PATCH", f"{at}/{app['client_id']}", {**certificate, **more})
        if home:
            self.administer("POST", f"/apps/{app['client_id']}/install")
        run_as = {"run_as": self.user["username"]}
        self.administer("PATCH", f"/apps/{app['client_id']}/policy", run_as)
        return app

    def take_external_app(self, *, packaged: bool = False) -> None:
        """Let the refusal be about an external client app; a packaged one comes from elsewhere."""
        home = self.simulator.administer("GET", "/orgs/default")["id"] if packaged else ""
        self.app = self.make_app("External", "external_client_app", home=home, packaged=packaged)

    def administer(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Call the admin API about this org."""
        return self.simulator.administer(method, f"/orgs/{self.org_id}{path}", body)

    def refresh(self) -> None:
        """Refresh the sandbox: from now on it has another id."""
        self.made["id"] = self.administer("POST", "/refresh")["id"]

    def settings(self, **values: Any) -> None:
        """Set what only the simulator's operators decide."""
        self.administer("PATCH", "/settings", values)

    def fault(self, kind: str, **more: Any) -> None:
        """Add a named fault."""
        self.administer("POST", "/faults", {"kind": kind, **more})

    def browser(self) -> Browser:
        """Return a browser nobody knows."""
        return Browser(self.simulator.doors.send)

    def send(self, request: Request) -> Answer:
        """Send a request by the door its address belongs to."""
        return self.simulator.doors.send(request)

    def send_beside(self, request: Request) -> None:
        """Send a request whose answer nobody looks at, and go on at once."""
        thread = Thread(target=self.simulator.doors.send, args=[request])
        thread.start()
        self.waiting.append(thread)

    def mailed_code(self, username: str) -> str:
        """Return the newest identity code mailed to a user."""
        mails = self.simulator.administer("GET", "/mails")["mails"]
        codes = [
            found[1]
            for mail in mails
            if f"Username: {username}\n" in mail["text"]
            and (found := re.search(r"Code: (\d+)", mail["text"]))
        ]
        return codes[-1]

    def last_login(self) -> str | None:
        """Return the Status of the user's newest line in Login History."""
        asked = f"/logins?user={self.user['username']}"
        lines = self.administer("GET", asked)["logins"]
        return str(lines[-1]["status"]) if lines else None

    def _person(self, username: str) -> dict[str, Any]:
        person: dict[str, Any] = self.administer("GET", f"/users/{username}")
        return person
