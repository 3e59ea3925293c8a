"""A client of our API, as small as one can be: a token, then JSON both ways.

What belongs here: HTTP. What does not: which calls are made (``story``).
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from sallyport.demo.processes import DemoFailedError

FLOW_SERVICE = "/data/foundation/flowservice"
_SECONDS = 60.0


class ApiClient:
    """Calls one API in the name of one set of credentials, in the org's default sandbox."""

    def __init__(self, url: str, client_id: str, client_secret: str, org: str) -> None:
        self._url = url
        self._client_id = client_id
        self._client_secret = client_secret
        self._org = org
        self._token = ""

    def log_in(self) -> None:
        """Trade the credentials for a token."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": self._client_secret,
            "scope": "openid,AdobeID,read_organizations",
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self._send("POST", "/ims/token/v3", urlencode(form), headers)
        self._token = str(answer["access_token"])

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """Return the JSON answer to a GET; DemoFailedError with the API's words."""
        where = f"{path}?{urlencode(query)}" if query else path
        return self._send("GET", where, None, self._headers())

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Return the JSON answer to a POST; DemoFailedError with the API's words."""
        headers = {**self._headers(), "Content-Type": "application/json"}
        return self._send("POST", path, json.dumps(body), headers)

    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self._token}",
            "x-api-key": self._client_id,
            "x-gw-ims-org-id": self._org,
        }

    def _send(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Any:
        address = urlsplit(self._url)
        connection = http.client.HTTPConnection(
            address.hostname or "", address.port, timeout=_SECONDS
        )
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
        except OSError as error:
            raise DemoFailedError(f"{method} {path} got no answer: {error}.") from error
        finally:
            connection.close()
        if answer.status >= 400:
            raise DemoFailedError(f"{method} {path} was refused ({answer.status}): {_reason(text)}")
        return json.loads(text)


def _reason(text: str) -> str:
    try:
        body = json.loads(text)
    except ValueError:
        return text[:300]
    report = body.get("report") or {}
    return str(report.get("detailed-message") or body.get("message") or text[:300])
