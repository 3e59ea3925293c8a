"""A client of the admin API for transcripts."""

import json
from typing import Any
from urllib.parse import quote

from sallyport_org.server import OrgServer
from tests.org.wire import Answer, ask


class Admin:
    """Somebody who administers one org of a simulator."""

    def __init__(self, server: OrgServer, org: str = "default") -> None:
        self.server, self.org = server, org

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Call a path below the org, or below the API's root if it begins with a slash."""
        target = path if path.startswith("/") else f"/orgs/{self.org}/{path}".rstrip("/")
        payload = None if body is None else json.dumps(body)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return ask(
            self.server, method, "/simulator/api" + quote(target, safe="/?=&"), payload, sent
        )

    def get(self, path: str) -> Any:
        return self._good(self.call("GET", path))

    def post(self, path: str, /, **body: object) -> Any:
        return self._good(self.call("POST", path, body))

    def put(self, path: str, /, **body: object) -> Any:
        return self._good(self.call("PUT", path, body))

    def patch(self, path: str, /, **body: object) -> Any:
        return self._good(self.call("PATCH", path, body))

    def delete(self, path: str) -> Any:
        return self._good(self.call("DELETE", path))

    def refused(self, method: str, path: str, /, **body: object) -> tuple[int, str]:
        """Return status and message of a refusal."""
        answer = self.call(method, path, body)
        assert answer.status >= 400, answer.body
        return answer.status, answer.json["message"]

    @staticmethod
    def _good(answer: Answer) -> Any:
        assert answer.status in (200, 201), answer.body
        return answer.json
