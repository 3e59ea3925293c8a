"""The only place where errors become HTTP.

What belongs here: the four shapes of error bodies, and which error gets which status and code. What
does not: noticing errors.

Shapes and codes: Adobe's Flow Service error catalogue and its gateway's troubleshooting guide
(documented), https://experienceleague.adobe.com/en/docs/experience-platform/landing/troubleshooting
and https://developer.adobe.com/experience-platform-apis/references/flow-service/. Codes from 9000
are ours, where the catalogue names none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import compile_path

from sallyport.errors import (
    BrokenInstallation,
    Conflict,
    IllegalMove,
    InvalidRequest,
    NotFound,
    RemoteRefused,
    RemoteUnavailable,
    SallyportError,
    StaleVersion,
)

TYPE: Final = "https://ns.adobe.com/aep/errors/FLOW-"
FLOW_SERVICE: Final = "/data/foundation/flowservice"
_RESOURCE: Final = re.compile(
    r"/data/foundation/(?:flowservice|catalog|conversion|schemaregistry/tenant)/+([^/]+)/*(.+)?",
    re.DOTALL,
)
"""A resource's address: its kind and what stands below, which begins with an id."""

TITLES: Final[Mapping[str, str]] = {
    "1100-400": "Bad request",
    "1101-404": "Not found at the source",
    "1102-500": "Internal server error",
    "1103-503": "Service unavailable",
    "1104-504": "Gateway timeout",
    "1401-400": "Limit and count cannot be combined",
    "1404-412": "Precondition failed",
    "1405-400": "Request body is empty",
    "1410-400": "State cannot be set",
    "1413-400": "Invalid specification",
    "1415-400": "Invalid authentication specification",
    "1418-400": "Connection is in use",
    "1425-400": "Schemas differ",
    "1430-400": "Flow not found",
    "1439-404": "Resource not found",
    "1440-400": "Operator not implemented",
    "1443-400": "Several values for a range operator",
    "1446-400": "Flow id is empty",
    "1449-400": "Unknown field in a filter",
    "1450-400": "Unknown operator in a filter",
    "1451-400": "Invalid query parameter",
    "1452-400": "Invalid value in a filter",
    "1453-400": "Empty value in a filter",
    "2100-404": "Sandbox not found",
    "2110-400": "Sandbox id not allowed",
    "9400-400": "Unreadable request",
    "9405-405": "Method not allowed",
    "9409-409": "Conflict",
    "9413-413": "Request body too large",
}
"""Every code we answer with; the part behind the dash is the HTTP status."""


class FlowProblem(InvalidRequest):
    """The caller broke a rule the Flow Service has a code for; ``code`` is a key of TITLES."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        field: str | None = None,
        received: str | None = None,
        cure: str | None = None,
    ) -> None:
        super().__init__(message, field=field, received=received, cure=cure)
        self.code = code


class ConnectorProblem(InvalidRequest):
    """A rule of the source (``CONNECTOR-`` code) was broken; wrapped, as a provider's error is."""

    def __init__(
        self,
        connector: str,
        message: str,
        *,
        code: str = "1100-400",
        field: str | None = None,
        received: str | None = None,
        cure: str | None = None,
    ) -> None:
        super().__init__(message, field=field, received=received, cure=cure)
        self.connector = connector
        self.code = code


class GatewayRefused(SallyportError):
    """The request did not get past the gateway; the status is the code's first three digits."""

    def __init__(self, error_code: str, message: str) -> None:
        super().__init__(message)
        self.error_code = error_code


class TokenRefused(SallyportError):
    """No token is issued; the body has OAuth's shape (RFC 6749, section 5.2), as at IMS."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error = error


class WrongContentType(InvalidRequest):
    """The body announces a type that is not JSON; the platform has a shape of its own for it."""


def no_such_table(error: NotFound, field: str) -> ConnectorProblem:
    """Return the refusal of an object the connection's user does not see: a 404 of the source."""
    return ConnectorProblem(
        "1330-400",
        error.message,
        code="1101-404",
        field=field,
        received=error.received,
        cure=error.cure,
    )


@contextmanager
def spelled(names: Mapping[str, str]) -> Iterator[None]:
    """Give errors raised inside the caller's spelling of the field at fault.

    ``names`` maps the services' names (``api_version``) to the wire's (``auth.params.apiVersion``).
    """
    try:
        yield
    except SallyportError as error:
        if error.field is not None:
            error.field = names.get(error.field, error.field)
        raise


def answer(request: Request, error: SallyportError) -> JSONResponse:
    """Return the answer an error deserves."""
    if isinstance(error, GatewayRefused):
        body = {"error_code": error.error_code, "message": error.message}
        return JSONResponse(body, int(error.error_code[:3]))
    if isinstance(error, TokenRefused):
        refused = {"error": error.error, "error_description": error.message}
        return JSONResponse(refused, error.status)
    if isinstance(error, WrongContentType):
        wrong = {
            "type": "/placeholder/type/uri",
            "status": 400,
            "title": "BadRequestError",
            "detail": error.message,
        }
        return JSONResponse(wrong, 400)
    return flow_answer(request, _code(error), _detail(error))


def http_answer(request: Request, error: HTTPException) -> JSONResponse:
    """Return the answer to an address or method we do not have."""
    where = f"{request.method} {request.url.path}"
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = ", ".join(_methods(request, error))
        detail = f"{where} is not available. This address takes: {allowed}."
        found = flow_answer(request, "9405-405", detail)
        found.headers["Allow"] = allowed
        return found
    if error.status_code == HTTPStatus.NOT_FOUND:
        found = flow_answer(request, "1439-404", f"There is no such address: {where}.")
    else:
        found = flow_answer(request, f"9400-{error.status_code}", str(error.detail))
    found.headers.update(error.headers or {})
    return found


def defect_answer(request: Request) -> JSONResponse:
    """Return the answer to a defect of ours: nothing of it is shown; the log has it by its id."""
    detail = "An internal error; the server's log has it under this request-id."
    return flow_answer(request, "1102-500", detail)


def flow_answer(request: Request, code: str, detail: str) -> JSONResponse:
    """Return the Flow Service's error body; the status is the end of ``code``."""
    status = int(code.rpartition("-")[2])
    kind, resource = _subject(request.url.path)
    report: dict[str, Any] = {"detailed-message": detail}
    if resource is not None:
        report["id"] = resource
    report |= {"request-id": request.state.request_id, "type": kind}
    body = {
        "type": f"{TYPE}{code}",
        "title": TITLES.get(code, "Bad request"),
        "status": status,
        "report": report,
        "errorMessage": detail,
        "errorDetails": detail,
    }
    return JSONResponse(body, status)


def _methods(request: Request, error: HTTPException) -> list[str]:
    """Return every method an address takes; the router itself names its first route's only."""
    methods = {name.strip() for name in (error.headers or {}).get("Allow", "").split(",") if name}
    for template, operations in request.app.openapi()["paths"].items():
        if compile_path(template)[0].match(request.url.path):
            methods |= {name.upper() for name in operations}
    return sorted(methods)


def _code(error: SallyportError) -> str:
    """Return the catalogue's code for an error of the other rooms; subclasses stand first."""
    match error:
        case FlowProblem() | ConnectorProblem():
            return error.code
        case NotFound():
            return "1439-404"
        case StaleVersion():
            return "1404-412"
        case IllegalMove():
            return "1100-400"
        case Conflict():
            return "9409-409"
        case InvalidRequest() | RemoteRefused():
            return "1100-400"
        case RemoteUnavailable():
            return _unavailable(error)
        case BrokenInstallation():
            return "1103-503"
    return "1102-500"


def _unavailable(error: RemoteUnavailable) -> str:
    """Tell a wrong address (the caller's) from an outage.

    Clients repeat every call, POST included, on 5xx: a host that does not exist must not be one.
    """
    if error.stage == "dns":
        return "1100-400"
    return "1104-504" if error.stage == "timeout" else "1103-503"


def _detail(error: SallyportError) -> str:
    sentence = error.sentence()
    if isinstance(error, ConnectorProblem):
        return f"Bad request. Error from flow provider: CONNECTOR-{error.connector}: {sentence}"
    if isinstance(error, RemoteRefused):
        said = "" if error.text in sentence else f" Salesforce said: {error.text} ({error.code})."
        return f"Bad request. Error from flow provider: {sentence}{said}"
    return sentence


def _subject(path: str) -> tuple[str, str | None]:
    """Return the kind of resource a path speaks of, and which one, if it names one."""
    found = _RESOURCE.fullmatch(path)
    if found is None:
        parts = [part for part in path.split("/") if part]
        return (parts[-1] if parts else "root"), None
    kind, below = found.groups()
    # what stands behind an id is an operation on it; a schema's id is an address of its own
    return kind, below if below is None or kind == "schemas" else below.partition("/")[0]
