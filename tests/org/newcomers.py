"""People and apps made for one transcript, in an org that many share, and ways to come in."""

import http.client
import itertools
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode, urlsplit

from sallyport_org import ids
from sallyport_org.identity import App, Code, Profile, User, app_administration, codes, history
from sallyport_org.identity.model import API_ENABLED, USE_ANY_API_AUTH
from sallyport_org.server import OrgServer
from tests.org.wire import FORM, Answer

_numbers = itertools.count(1000)

PASSWORD, TOKEN = "Correct-Horse-1", "SecurityTokenOfTwentyFour"
REDIRECT = "https://client.example/callback"
VERIFIER = "a-verifier-of-enough-characters-0123456789abc"
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
ENVELOPE = """<?xml version="1.0" encoding="utf-8"?>
<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Header>{header}</env:Header>
<env:Body>{body}</env:Body></env:Envelope>"""


@dataclass
class Newcomer:
    """A user with a profile and an app of their own."""

    server: OrgServer
    user: User
    profile: Profile
    app: App

    @property
    def statuses(self) -> list[str]:
        """What Login History says of the user, newest first."""
        return [one.status for one in history.of_user(self.server.org, self.user)]

    def by_password(self, secret: str = PASSWORD + TOKEN, remote: str | None = None) -> Answer:
        return self.token(
            remote,
            grant_type="password",
            client_secret=self.app.client_secret,
            username=self.user.username,
            password=secret,
        )

    def by_credentials(self, host: str | None = None, remote: str | None = None) -> Answer:
        form = {"grant_type": "client_credentials", "client_secret": self.app.client_secret}
        return self.token(remote, host, **form)

    def code(self, *scopes: str, **more: Any) -> Code:
        """Return the code a callback would carry after Allow."""
        return codes.issue_code(
            self.server.org,
            self.user,
            self.app,
            redirect_uri=REDIRECT,
            scopes=scopes or ("api", "refresh_token"),
            **more,
        )

    def by_code(self, code: Code | None = None, remote: str | None = None, **more: str) -> Answer:
        form = {
            "grant_type": "authorization_code",
            "code": (code or self.code()).code,
            "client_secret": self.app.client_secret,
            "redirect_uri": REDIRECT,
        }
        return self.token(remote, **form | more)

    def by_refresh(self, token: str, remote: str | None = None, **more: str) -> Answer:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return self.token(remote, **form | {"client_secret": self.app.client_secret} | more)

    def by_soap(
        self, secret: str = PASSWORD + TOKEN, remote: str | None = None, header: str = ""
    ) -> Answer:
        return soap(self.server, login_body(self.user.username, secret), remote, header=header)

    def token(self, remote: str | None = None, host: str | None = None, **form: str) -> Answer:
        form = {"client_id": self.app.client_id} | form
        headers = FORM | ({"Host": host} if host else {})
        path = "/services/oauth2/token"
        return ask_from(self.server, remote, "POST", path, urlencode(form), headers)

    def call(self, token: str, path: str = "/limits", remote: str | None = None) -> Answer:
        """Make a data call with a token."""
        headers = {"Authorization": f"Bearer {token}"}
        return ask_from(self.server, remote, "GET", f"/services/data/v60.0{path}", None, headers)


def newcomer(server: OrgServer, **app: Any) -> Newcomer:
    """Make a user, with a profile and a connected app of their own, in the org of a server."""
    number, org = next(_numbers), server.org
    profile = Profile(
        id=ids.record_id("00e", number),
        name=f"Profile {number}",
        label=f"Profile {number}",
        permissions={API_ENABLED, USE_ANY_API_AUTH},
        all_objects=True,
    )
    user = User(
        id=ids.record_id("005", number),
        username=f"user{number}@somewhere.example",
        password=PASSWORD,
        security_token=TOKEN,
        email=f"user{number}@example.com",
        name=f"User {number}",
        profile_id=profile.id,
    )
    org.directory.profiles[profile.id] = profile
    org.directory.admit([user])
    made = app_administration.create_app(
        org,
        f"App {number}",
        kind="connected_app",
        callback_urls=[REDIRECT],
        scopes={"api", "id", "refresh_token", "openid"},
        flows=("web_server", "client_credentials", "password", "device"),
    )
    for name, value in app.items():
        setattr(made, name, value)
    org.directory.policy(made).run_as = user.username
    return Newcomer(server, user, profile, made)


@contextmanager
def changed(thing: object, **attributes: object) -> Iterator[None]:
    """Set attributes of an org or its settings for a while."""
    before = {name: getattr(thing, name) for name in attributes}
    for name, value in attributes.items():
        setattr(thing, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(thing, name, value)


def ask_from(
    server: OrgServer,
    remote: str | None,
    method: str,
    path: str,
    body: str | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """Send a request from an address of the loopback network (None: the usual one)."""
    place = urlsplit(server.url)
    source = (remote, 0) if remote else None
    connection = http.client.HTTPConnection(
        place.hostname or "", place.port, timeout=30, source_address=source
    )
    try:
        connection.request(method, path, body, headers or {})
        reply = connection.getresponse()
        return Answer(reply.status, reply.headers, reply.read())
    finally:
        connection.close()


def soap(
    server: OrgServer,
    body: str,
    remote: str | None = None,
    *,
    header: str = "",
    version: str = "60.0",
    host: str | None = None,
) -> Answer:
    """Send a SOAP call to the partner address."""
    text = ENVELOPE.format(header=header, body=body)
    headers = {"Content-Type": "text/xml", "SOAPAction": '""'} | ({"Host": host} if host else {})
    return ask_from(server, remote, "POST", f"/services/Soap/u/{version}", text, headers)


def login_body(username: str, secret: str) -> str:
    return (
        f'<login xmlns="urn:partner.soap.sforce.com"><username>{username}</username>'
        f"<password>{secret}</password></login>"
    )


def refusal(answer: Answer) -> tuple[str, str | None]:
    """Return error and description of an OAuth refusal."""
    assert answer.status == 400, answer.body
    body = json.loads(answer.body)
    return body["error"], body.get("error_description")


def fault(answer: Answer) -> str:
    """Return the fault string of a SOAP refusal."""
    assert answer.status == 500, answer.body
    return answer.body.decode().split("<faultstring>")[1].split("</faultstring>")[0]
