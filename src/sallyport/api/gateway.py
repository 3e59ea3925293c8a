"""Who calls, and in which org and sandbox: the checks Adobe's gateway makes before any service.

What belongs here: the headers every call carries. What does not: issuing tokens (``ims``).

Codes and texts: https://experienceleague.adobe.com/en/docs/experience-platform/landing/troubleshooting
(documented). The order of the checks is observed from that page's examples: token, key, org.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request

from sallyport.access import Actor, Caller, Scope
from sallyport.api.problems import FlowProblem, GatewayRefused
from sallyport.api.services import Services
from sallyport.errors import NotFound

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Call:
    """One admitted request: the services, who calls, and in which tenant."""

    services: Services
    scope: Scope
    actor: Actor
    sandbox_id: str


def admit(
    request: Request,
    authorization: Annotated[str | None, Header()] = None,
    x_api_key: Annotated[str | None, Header()] = None,
    x_gw_ims_org_id: Annotated[str | None, Header()] = None,
    x_sandbox_name: Annotated[str | None, Header()] = None,
    x_sandbox_id: Annotated[str | None, Header()] = None,
) -> Call:
    """Return the admitted call; GatewayRefused, or FlowProblem for the sandbox."""
    services = services_of(request)
    caller = _caller(services, authorization)
    _check_key(services, caller, x_api_key)
    if not x_gw_ims_org_id:
        raise GatewayRefused("400003", "Missing header")
    if x_gw_ims_org_id != caller.org:
        raise GatewayRefused("403025", "Profile is not valid")
    if x_sandbox_id is not None:
        raise FlowProblem(
            "2110-400",
            "is for service tokens only.",
            field="x-sandbox-id",
            received=x_sandbox_id,
            cure="Leave it out and name the sandbox in x-sandbox-name.",
        )
    sandbox = services.access.sandbox(caller.org, x_sandbox_name or None)
    if sandbox is None:
        raise FlowProblem(
            "2100-404",
            "the org has no sandbox of this name.",
            field="x-sandbox-name",
            received=x_sandbox_name,
            cure="Leave the header out to use the org's default sandbox.",
        )
    request.state.client = caller.client_id
    return Call(
        services,
        Scope(caller.org, sandbox.name),
        Actor(caller.name, caller.client_id),
        sandbox.id,
    )


Admitted = Annotated[Call, Depends(admit)]


def services_of(request: Request) -> Services:
    """Return what ``create_app`` was given."""
    services: Services = request.app.state.services
    return services


def checked_id(value: str, kind: str) -> str:
    """Return an id that can exist; NotFound for a text that no id of ours ever is."""
    if not _ID.fullmatch(value):
        raise NotFound(f"there is no {kind} with this id.", field="id", received=value)
    return value


def _caller(services: Services, authorization: str | None) -> Caller:
    if not authorization:
        raise GatewayRefused("403010", "Oauth token is missing.")
    scheme, _, token = authorization.partition(" ")
    # aepp sends "bearer"; RFC 6750 says letter case does not matter
    caller = services.access.caller(token.strip()) if scheme.lower() == "bearer" else None
    if caller is None:
        raise GatewayRefused("401013", "Oauth token is not valid")
    return caller


def _check_key(services: Services, caller: Caller, key: str | None) -> None:
    if not key:
        raise GatewayRefused("403000", "Api Key is required")
    if key != caller.client_id or not services.access.knows(key):
        raise GatewayRefused("403003", "Api Key is invalid")
