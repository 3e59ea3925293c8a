"""A person's way through the org's pages: log in, enter a mailed code, allow, come back.

What belongs here: the web server flow as a browser without scripts goes through it. What does not:
what the tokens are used for.
"""

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from checks.browsing import Browser
from checks.clients.stage import Stage
from checks.doors import Doors, form

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
    doors = Doors(stage.credentials["doors"])
    browser = Browser(doors.send)
    asked = {
        "response_type": "code",
        "client_id": app["client_id"],
        "redirect_uri": CALLBACK,
        "scope": "api refresh_token",
        "state": "from the check",
    }
    browser.open(f"{LOGIN}/services/oauth2/authorize?{urlencode(asked)}")
    basic = stage.credentials["basic"]
    browser.submit({"username": basic["username"], "pw": basic["password"]})
    if browser.asks_for("emc"):
        browser.submit({"emc": stage.mailed_code()})
    if not browser.url.startswith(CALLBACK):
        browser.submit({}, "Allow")
    back = browser.query
    if back.get("state") != asked["state"] or "code" not in back:
        raise ValueError(f"the app was called back with {browser.url}")
    fields = {
        "grant_type": "authorization_code",
        "code": back["code"],
        "redirect_uri": CALLBACK,
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
    }
    answer = doors.send(form(f"{LOGIN}/services/oauth2/token", fields))
    if answer.status != HTTPStatus.OK:
        raise ValueError(f"the code was exchanged for {answer.status} {answer.text}")
    return Authorization(app["client_id"], app["client_secret"], answer.json["refresh_token"])
