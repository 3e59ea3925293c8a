"""Refusals of the token endpoint whose cause is the refresh token or the code itself."""

import time

from checks.doors import Answer
from checks.org_faults.flows import (
    CHALLENGE,
    VERIFIER,
    code_for,
    prepare,
    tokens,
)
from checks.org_faults.scenarios import refusal, spoiled
from checks.org_faults.world import World

STAGE = "token-endpoint"
GRANT = "400 invalid_grant"
WHILE_ANOTHER_WAITS = 3.0
"""Seconds the first of two refreshes takes: time enough to send the second and look."""


@refusal("refresh-revoked", STAGE, "refresh", GRANT, "documented", "Setup")
@spoiled
def revoked(world: World) -> None:
    """An administrator revoked the app's access (Users > OAuth Connected Apps > Revoke All)."""
    world.setup.on_user(world.user, "Revoke All")


@refusal("refresh-five-approvals", STAGE, "refresh", GRANT, "observed", "request")
@spoiled
def five_more_approvals(world: World) -> None:
    """The user authorized the app five times more."""
    for _ in range(5):
        tokens(world, "web-server")


@refusal("refresh-rotation-reuse", STAGE, "refresh", GRANT, "observed", "Setup")
def rotation_reuse(world: World, flow: str) -> Answer:
    """Enable Refresh Token Rotation is on for the app, and a replaced token is sent again."""
    world.setup.app(world.app, rotate_refresh_tokens="1")
    request = prepare(world, flow)
    first = world.send(request)
    assert first.status == 200, first.text
    return world.send(request)


@refusal("refresh-policy-expired", STAGE, "refresh", GRANT, "documented", "Setup")
@spoiled
def policy_expired(world: World) -> None:
    """Refresh Token Policy is Expire if not used for 720 hours, and the clock was moved 31 days
    on.
    """
    world.setup.policies(world.app, refresh_policy="unused", refresh_hours="720")
    world.setup.move_clock(days="31")


@refusal("refresh-concurrent", STAGE, "refresh", GRANT, "documented", "Setup")
def concurrent_refresh(world: World, flow: str) -> Answer:
    """A request with the same token is still being answered (Limits and Timing: a token request
    takes seconds).
    """
    request = prepare(world, flow)
    world.setup.save("SimulatorLimits/home", token_seconds=str(WHILE_ANOTHER_WAITS))
    world.send_beside(request)
    time.sleep(WHILE_ANOTHER_WAITS / 6)
    return world.send(request)


@refusal("code-expired", STAGE, "web-server", GRANT, "inferred", "request")
def code_expired(world: World, flow: str) -> Answer:
    """The code was exchanged before."""
    request = prepare(world, flow)
    first = world.send(request)
    assert first.status == 200, first.text
    return world.send(request)


@refusal(
    "code-verifier-mismatch", STAGE, "web-server", "400 invalid_request", "documented", "request"
)
def verifier_mismatch(world: World, flow: str) -> Answer:
    """The code_verifier does not hash to the code_challenge."""
    code = code_for(world, code_challenge=CHALLENGE, code_challenge_method="S256")
    return world.send(prepare(world, flow, code=code, code_verifier=VERIFIER[::-1]))


@refusal("code-verifier-missing", STAGE, "web-server", GRANT, "documented", "request")
def verifier_missing(world: World, flow: str) -> Answer:
    """A code_challenge was sent for the code, and no code_verifier comes."""
    code = code_for(world, code_challenge=CHALLENGE, code_challenge_method="S256")
    return world.send(prepare(world, flow, code=code))


@refusal(
    "code-redirect-mismatch",
    STAGE,
    "web-server",
    "400 redirect_uri_mismatch",
    "inferred",
    "request",
)
def redirect_mismatch(world: World, flow: str) -> Answer:
    """The redirect_uri is another than that of the authorize call."""
    return world.send(prepare(world, flow, redirect_uri="https://client.example/Callback"))
