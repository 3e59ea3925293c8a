"""A small HTTP client and the bodies of Adobe's documents, for the API's tests."""

import http.client
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sallyport.access import NewClient
from sallyport.api import Listening
from sallyport_org.server import OrgServer

FLOW = "/data/foundation/flowservice"
SALESFORCE = {"id": "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5", "version": "1.0"}
DATA_LAKE = {"id": "c604ff05-7f1a-43c0-8e18-33bf874cb11c", "version": "1.0"}
CRM_TO_LAKE = {"id": "14518937-270c-4525-bdec-c2ba7cce3860", "version": "1.0"}


@dataclass(frozen=True)
class Answer:
    """One HTTP answer; ``body`` is read JSON, or text when it is none."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def item(self) -> dict[str, Any]:
        """The only entry of ``items``."""
        [item] = self.body["items"]
        found: dict[str, Any] = item
        return found

    def refused(self, code: str) -> str:
        """Check that this is the Flow Service's error of that code; return its message."""
        body = self.body
        assert body["type"] == f"https://ns.adobe.com/aep/errors/FLOW-{code}", body
        assert self.status == body["status"] == int(code.rpartition("-")[2])
        assert body["title"]
        assert body["report"]["request-id"] == self.headers["x-request-id"]
        message = body["report"]["detailed-message"]
        assert body["errorMessage"] == body["errorDetails"] == message
        return str(message)


class Client:
    """Calls the API as one set of API credentials; ``headers`` may be changed by a test."""

    def __init__(self, listening: Listening, credentials: NewClient) -> None:
        self.listening = listening
        self.credentials = credentials
        self.headers: dict[str, str] = {}
        token = self.post_form("/ims/token/v3", self.form()).body["access_token"]
        self.headers = {
            "Authorization": f"Bearer {token}",
            "x-api-key": credentials.client_id,
            "x-gw-ims-org-id": credentials.org,
        }

    def form(self, **changed: str) -> dict[str, str]:
        """Return the form that asks for a token."""
        return {
            "grant_type": "client_credentials",
            "client_id": self.credentials.client_id,
            "client_secret": self.credentials.secret.reveal(),
            "scope": "openid,AdobeID",
        } | changed

    def call(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        headers: dict[str, str | None] | None = None,
    ) -> Answer:
        """Send one request; a header that is None is left out."""
        sent = {**self.headers, **(headers or {})}
        given = {name: value for name, value in sent.items() if value is not None}
        raw = body.encode() if isinstance(body, str) else body
        connection = http.client.HTTPConnection(
            self.listening.host, self.listening.port, timeout=60
        )
        try:
            connection.request(method, path, raw, given)
            reply = connection.getresponse()
            lower = {name.lower(): value for name, value in reply.getheaders()}
            return Answer(reply.status, lower, reply.read().decode())
        finally:
            connection.close()

    def get(self, path: str, headers: dict[str, str | None] | None = None) -> Answer:
        return self.call("GET", path, headers=headers)

    def delete(self, path: str) -> Answer:
        return self.call("DELETE", path)

    def post(self, path: str, body: object, headers: dict[str, str | None] | None = None) -> Answer:
        typed = {"Content-Type": "application/json", **(headers or {})}
        return self.call("POST", path, json.dumps(body), typed)

    def post_form(self, path: str, form: dict[str, str]) -> Answer:
        typed: dict[str, str | None] = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.call("POST", path, urlencode(form), typed)

    def made(self, path: str, body: object) -> str:
        """Post something that must succeed; return its id."""
        answer = self.post(path, body)
        assert answer.status == 201, answer.text
        return str(answer.body["id"])

    def until(self, path: str, states: set[str], seconds: float = 30) -> dict[str, Any]:
        """Poll one resource until its state is one of ``states``."""
        deadline = time.monotonic() + seconds
        while True:
            item = self.get(path).item
            if item["state"] in states:
                return item
            assert time.monotonic() < deadline, f"still {item['state']}: {item}"
            time.sleep(0.05)


def connection_body(name: str, spec_name: str, params: dict[str, Any]) -> dict[str, Any]:
    """Return the body of POST /connections as the documents print it."""
    return {
        "name": name,
        "description": f"{name} for a test",
        "auth": {"specName": spec_name, "params": params},
        "connectionSpec": SALESFORCE,
    }


def basic(org: OrgServer, **changed: Any) -> dict[str, Any]:
    """Return a body for Basic Authentication."""
    who = org.credentials
    params = {
        "environmentUrl": org.url,
        "username": who.username,
        "password": who.password,
        "securityToken": who.security_token,
        "apiVersion": "60.0",
    }
    return connection_body("basic", "Basic Authentication", params | changed)


def client_credentials(org: OrgServer, **changed: Any) -> dict[str, Any]:
    """Return a body for OAuth2 Client Credential."""
    params = {
        "environmentUrl": org.url,
        "clientId": org.credentials.client_id,
        "clientSecret": org.credentials.client_secret,
        "apiVersion": "60.0",
    }
    return connection_body("client credentials", "OAuth2 Client Credential", params | changed)


def jwt(org: OrgServer, **changed: Any) -> dict[str, Any]:
    """Return a body for OAuth2 JWT Token Credential."""
    params = {
        "jwtToken": org.credentials.jwt_token,
        "clientId": org.credentials.jwt_client_id,
        "clientSecret": org.credentials.jwt_client_secret,
        "instanceUrl": org.url,
    }
    return connection_body("jwt", "OAuth2 JWT Token Credential", params | changed)
