"""Tokens for API credentials, as Adobe's identity service (IMS) issues them.

What belongs here: the wire of the token endpoints v3 (form body) and v2 (query string). What does
not: credentials and tokens themselves (``access``).

Wire: https://developer.adobe.com/developer-console/docs/guides/authentication/ServerToServerAuthentication/ims
(documented); the refusals' texts are assumed from RFC 6749, section 5.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request

from sallyport.access import TOKEN_SECONDS
from sallyport.api.bodies import raw_body
from sallyport.api.gateway import services_of
from sallyport.api.problems import TokenRefused
from sallyport.kernel import Secret

router = APIRouter(tags=["ims"])
_FIELDS = {
    name: {"type": "string"} for name in ("grant_type", "client_id", "client_secret", "scope")
}
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {"type": "object", "properties": _FIELDS}
            }
        },
    }
}


@router.post("/ims/token/v3", openapi_extra=_FORM)
def token_v3(request: Request, body: Annotated[bytes, Depends(raw_body)]) -> dict[str, Any]:
    """Trade API credentials, given in a form body, for a bearer token."""
    try:
        text = body.decode("ascii")
        return _issue(request, dict(parse_qsl(text, keep_blank_values=True, errors="strict")))
    except UnicodeDecodeError as error:
        raise TokenRefused(400, "invalid_request", "The form is not readable text.") from error


@router.post("/ims/token/v2")
def token_v2(request: Request) -> dict[str, Any]:
    """Trade API credentials, given in the query string, for a bearer token."""
    return _issue(request, request.query_params)


def _issue(request: Request, form: Mapping[str, str]) -> dict[str, Any]:
    for name in ("grant_type", "client_id", "client_secret"):
        if not form.get(name):
            cure = "Send grant_type, client_id, client_secret and scope as a form."
            raise TokenRefused(400, "invalid_request", f"{name} is missing. {cure}")
    if form["grant_type"] != "client_credentials":
        raise TokenRefused(400, "unsupported_grant_type", "grant_type must be client_credentials.")
    client_id = form["client_id"]
    token = None
    if client_id.isalnum():
        access = services_of(request).access
        token = access.token(client_id, Secret(form["client_secret"]))
    if token is None:
        raise TokenRefused(401, "invalid_client", "invalid client_id or client_secret")
    request.state.client = client_id
    return {"access_token": token, "token_type": "bearer", "expires_in": TOKEN_SECONDS}
