"""The application: every route, one way of refusing, one log line a request.

What belongs here: putting the parts together. What does not: any route of its own.
"""

from __future__ import annotations

from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import sallyport
from sallyport.api import (
    catalog,
    connections,
    endpoints,
    exploring,
    flows,
    ims,
    problems,
    runs,
    specs,
)
from sallyport.api.services import Services
from sallyport.errors import SallyportError
from sallyport.kernel import Clock, new_id

log = structlog.get_logger(__name__)
_TEXTS = {key: {"type": "string"} for key in ("type", "title", "errorMessage", "errorDetails")}
_REFUSED = {
    "description": "Refused, in the gateway's, identity service's or (shown) Flow Service's shape",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {
                    **_TEXTS,
                    "status": {"type": "integer"},
                    "report": {"type": "object"},
                },
            }
        }
    },
}


def create_app(services: Services) -> FastAPI:
    """Return the API over these services; nothing is opened or started."""
    app = FastAPI(
        title="sallyport",
        version=sallyport.__version__,
        summary="The Flow Service dialect over Salesforce connections, flows and runs",
        redirect_slashes=False,
        responses={"4XX": _REFUSED},
    )
    app.state.services = services
    for room in (ims, specs, exploring, connections, endpoints, flows, runs, catalog):
        app.include_router(room.router)
    app.add_exception_handler(SallyportError, _on_error)
    app.add_exception_handler(HTTPException, _on_error)
    app.add_exception_handler(RequestValidationError, _on_error)
    app.add_middleware(Observed, clock=services.clock)
    return app


class Observed:
    """Gives every request an id and a log line, and answers for our own defects.

    The line bears method, path, status, milliseconds, client and request id: no query string, which
    may hold a client secret (``/ims/token/v2``), no body, no header.
    """

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, as ASGI wants it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = self._clock.monotonic()
        state = scope.setdefault("state", {})
        state["request_id"] = new_id()
        if len(scope["path"]) > 1 and scope["path"].endswith("/"):
            # both spellings are documented for several operations; a redirect would lose the body
            scope["path"] = scope["path"][:-1]
        status = HTTPStatus.INTERNAL_SERVER_ERROR.value
        started = False

        async def observe(message: Message) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                started, status = True, message["status"]
                stamp = (b"x-request-id", state["request_id"].encode())
                message["headers"] = [*message.get("headers", []), stamp]
            await send(message)

        try:
            await self._app(scope, receive, observe)
        except ClientDisconnect:
            log.info("http.client_left", request_id=state["request_id"])
        except Exception:
            log.exception("http.defect", request_id=state["request_id"])
            if started:
                raise
            answer = problems.defect_answer(Request(scope))
            await answer(scope, receive, observe)
        finally:
            log.info(
                "http.request",
                method=scope["method"],
                path=scope["path"],
                status=status,
                ms=round((self._clock.monotonic() - began) * 1000),
                client=state.get("client"),
                request_id=state["request_id"],
            )


async def _on_error(request: Request, error: Exception) -> Response:
    if isinstance(error, SallyportError):
        return problems.answer(request, error)
    if isinstance(error, HTTPException):
        return problems.http_answer(request, error)
    return problems.flow_answer(request, "9400-400", "The request's headers cannot be read.")
