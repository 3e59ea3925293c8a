"""A simulator as a process, and an installation that reaches its orgs under their real names.

What belongs here: what ``auth_matrix`` and ``keeper_storm`` both stand on: orgs with a user and an
app, the product's services over a database of their own, and a person's walk through the pages.
What does not: what is shown.
"""

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from checks.browsing import Browser
from checks.doors import Doors
from checks.org_faults.flows import log_in
from checks.org_faults.world import CALLBACK, Simulator, World
from checks.processes import org
from sallyport.auth.authorization_code import begin, exchange, read_callback
from sallyport.auth.driver import perform
from sallyport.auth.grants import Grant
from sallyport.kernel import Secret
from sallyport.salesforce.client import HttpClient
from sallyport.salesforce.hosts import AllowedHosts, parse_org_url
from sallyport.settings import Settings, load
from sallyport.store import Actor, Scope

SCOPE, ACTOR = Scope("LOCAL@AdobeOrg", "prod"), Actor("check", "check")
TOKEN, SOAP = "/services/oauth2/token", "/services/Soap/u/"


@contextmanager
def simulator() -> Iterator[Simulator]:
    """Run a simulator; from here on this process reaches Salesforce's hosts through its proxy."""
    with (
        tempfile.TemporaryDirectory(prefix="sallyport-authority-") as folder,
        org("--rows", "Account=0", "--ca", folder) as started,
    ):
        os.environ["HTTPS_PROXY"] = started["doors"]["proxy"]
        os.environ["SSL_CERT_FILE"] = started["doors"]["ca_certificate"]
        yield Simulator(Doors(started["doors"]), started["url"])


def log_errors_only() -> None:
    """Keep the product's log lines out of the table that is printed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def settings(folder: Path, **more: str) -> Settings:
    """Return the settings of an installation in a folder; PostgreSQL if the environment names
    one."""
    database = os.environ.get("SALLYPORT_DATABASE_URL")
    named = {"SALLYPORT_DATABASE_URL": database} if database else {}
    return load({"SALLYPORT_HOME": str(folder / "home"), **named, **more}, folder)


def authorize(world: World) -> Grant:
    """Let the world's user allow the app in a browser, and exchange the code; PKCE and all."""
    login = parse_org_url(world.my_domain, field="environment_url", allowed=AllowedHosts())
    pending = begin(login, world.app["client_id"], CALLBACK)
    browser: Browser = world.browser()
    browser.open(pending.url)
    log_in(world, browser)
    if not browser.url.startswith(CALLBACK):
        browser.submit({}, "Allow")
    code = read_callback(browser.url, pending)
    with HttpClient(AllowedHosts()) as http:
        return perform(exchange(pending, Secret(world.app["client_secret"]), code), http)


def web_server(world: World) -> dict[str, str | Secret]:
    """Return the parameters of a connection by the web server flow."""
    return {
        "environment_url": world.my_domain,
        "client_id": world.app["client_id"],
        "client_secret": Secret(world.app["client_secret"]),
    }


def change_app(world: World, **attributes: Any) -> None:
    """Change the app, as its developer does."""
    world.administer("PATCH", f"/apps/{world.app['client_id']}", attributes)


@dataclass(frozen=True)
class TokenCalls:
    """Requests for tokens, as the org's own log has them."""

    world: World

    def statuses(self, since: int = 0) -> list[int]:
        """Return the statuses of token requests, logins by SOAP among them, oldest first."""
        found = self.world.simulator.administer(
            "GET", f"/requests?org={self.world.org_id}&method=POST&last=100000"
        )["requests"]
        wanted = [one["status"] for one in found if one["path"].startswith((TOKEN, SOAP))]
        return [int(status) for status in wanted[since:]]


def approvals(world: World) -> list[dict[str, Any]]:
    """Return the grants of users to apps that the org remembers, ended ones too."""
    found: list[dict[str, Any]] = world.administer("GET", "/approvals")["approvals"]
    return found
