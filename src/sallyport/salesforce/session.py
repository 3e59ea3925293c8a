"""Talking to one org with a token: REST calls that survive an expired session.

What belongs here: the session value, the port a keeper of sessions fills (``SessionSource``), and
the client that adds the token and renews it once. What does not: obtaining tokens (``auth/``), the
meaning of a resource's answer (``describe.py``, ``bulk_query.py``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, TypeVar
from urllib.parse import quote, urlencode

from sallyport.errors import SallyportError, SessionRejected
from sallyport.kernel import Secret
from sallyport.salesforce.client import HttpClient, StreamedReply
from sallyport.salesforce.hosts import OrgUrl
from sallyport.salesforce.replies import SESSION_CODES, Reply, Request, refusal

STREAM_SILENCE = 120.0
"""Seconds a streamed answer may pause; Salesforce cuts queries itself after 2 minutes
(documented)."""

Answer = TypeVar("Answer", Reply, StreamedReply)


@dataclass(frozen=True)
class Session:
    """An access token and the data host it is for; ids are absent where a flow does not name
    them.

    ``use_until`` is when to ask for another one although nobody rejected it; None: not known.
    """

    token: Secret
    instance_url: OrgUrl
    org_id: str | None
    user_id: str | None
    issued_at: datetime
    use_until: datetime | None = None


class SessionSource(Protocol):
    """Who holds the session of a connection; both methods may log in and may be called at once."""

    def current(self) -> Session:
        """Return the session in use, obtaining the first one when there is none."""
        ...

    def renew(self, rejected: Session) -> Session:
        """Return a session other than the one Salesforce just rejected."""
        ...


@dataclass(frozen=True)
class ApiUsage:
    """REST calls the org made in the last 24 hours, and how many it may make."""

    used: int
    limit: int


class OrgClient:
    """The REST API of one org at one version (``"60.0"``), for any number of threads.

    A path is relative to ``/services/data/vXX.0/``, or starts with ``/services/``. Every method
    raises what the client raises, and ``refusal(...)`` for an answer that is neither 2xx nor 304.
    """

    def __init__(self, http: HttpClient, sessions: SessionSource, api_version: str) -> None:
        self._http = http
        self._sessions = sessions
        self.api_version = api_version
        self.api_usage: ApiUsage | None = None
        """What the last answer's ``Sforce-Limit-Info`` said; None before the first."""

    @property
    def instance_url(self) -> OrgUrl:
        """The org's data host; logs in when there is no session yet."""
        return self._sessions.current().instance_url

    def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """GET a resource."""
        return self._send(self._request("GET", path, params, headers))

    def post_json(self, path: str, body: Any) -> Reply:
        """POST a JSON document."""
        return self._send(self._request("POST", path, body=body))

    def patch_json(self, path: str, body: Any) -> Reply:
        """PATCH with a JSON document."""
        return self._send(self._request("PATCH", path, body=body))

    def delete(self, path: str) -> Reply:
        """DELETE a resource."""
        return self._send(self._request("DELETE", path))

    def stream(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> StreamedReply:
        """GET a resource with its body left on the wire; a refusal is raised before any of it."""
        request = replace(self._request("GET", path, params, headers), timeout=STREAM_SILENCE)
        return self._renewing(request, self._http.stream)

    def _request(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Request:
        if not path.startswith("/services/"):
            path = f"/services/data/v{self.api_version}/{path.lstrip('/')}"
        if params:
            path += ("&" if "?" in path else "?") + urlencode(params, quote_via=quote)
        sent = {"Accept": "application/json", **(headers or {})}
        if body is None:
            return Request(method, path, sent)
        sent["Content-Type"] = "application/json; charset=UTF-8"
        return Request(method, path, sent, json.dumps(body).encode())

    def _send(self, request: Request) -> Reply:
        return self._renewing(request, self._http.send)

    def _renewing(self, request: Request, perform: Callable[[Request], Answer]) -> Answer:
        """Perform with the session's token; after an expired session once more with a new one."""
        session = self._sessions.current()
        answer = perform(_authorized(request, session))
        error = self._judged(answer, request)
        if error is not None and renewal_may_help(error):
            session = self._sessions.renew(session)
            answer = perform(_authorized(request, session))
            error = self._judged(answer, request)
        if error is not None:
            raise error
        return answer

    def _judged(self, answer: Reply | StreamedReply, request: Request) -> SallyportError | None:
        self._note_usage(answer.headers)
        if 200 <= answer.status < 300 or answer.status == 304:
            return None
        reply = answer if isinstance(answer, Reply) else answer.into_reply()
        return refusal(reply, during=f"{request.method} {request.url.partition('?')[0]}")

    def _note_usage(self, headers: Mapping[str, str]) -> None:
        found = re.search(r"(?:^|[;\s])api-usage=(\d+)/(\d+)", headers.get("Sforce-Limit-Info", ""))
        if found:
            self.api_usage = ApiUsage(int(found.group(1)), int(found.group(2)))


def renewal_may_help(error: SallyportError) -> bool:
    """Return whether a new token may be accepted where this one was not.

    "This session is not valid for use with the REST API" carries the code of an expired session but
    is a policy of the org (observed; jsforce skips it too): a new token meets the same policy.
    """
    if not isinstance(error, SessionRejected) or error.code not in SESSION_CODES:
        return False
    return "not valid for use with the REST API" not in error.text


def _authorized(request: Request, session: Session) -> Request:
    headers = {**request.headers, "Authorization": f"Bearer {session.token.reveal()}"}
    return replace(request, url=session.instance_url.text + request.url, headers=headers)
