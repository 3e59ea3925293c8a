"""Refusals of the token endpoint whose cause is the user, the org or the network."""

from datetime import UTC, datetime, timedelta

from checks.doors import Answer
from checks.org_faults.flows import assertion, moved, prepare
from checks.org_faults.scenarios import refusal, spoiled
from checks.org_faults.world import ELSEWHERE, TEST, World

STAGE = "token-endpoint"
ALL_FLOWS = "password web-server refresh jwt client-credentials"
GRANT = "400 invalid_grant"
OUTSIDE = " - ".join(ELSEWHERE)


def close_the_hours(world: World) -> None:
    """Let the profile's users log in yesterday only."""
    yesterday = (datetime.now(UTC) - timedelta(days=1)).strftime("%A")
    world.setup.profile(world.user, any_time=None, hours=f"{yesterday} 08:00 - 09:00")


@refusal("tok-pw-bad-credentials", STAGE, "password", GRANT, "observed", "request")
def bad_credentials(world: World, flow: str) -> Answer:
    """The password sent is not the user's."""
    return world.send(prepare(world, flow, password="not-the-password"))


@refusal("tok-pw-security-token-missing", STAGE, "password", GRANT, "observed", "request")
def security_token_missing(world: World, flow: str) -> Answer:
    """No trusted range holds the caller (Network Access), and the password comes alone."""
    return world.send(prepare(world, flow, password=world.user["password"]))


@refusal("tok-pw-flow-blocked", STAGE, "password", GRANT, "observed", "Setup")
@spoiled
def password_flow_blocked(world: World) -> None:
    """Allow OAuth Username-Password Flows is off (OAuth and OpenID Connect Settings)."""
    world.setup.save("OauthOidcSettings/home", password_flow=None)


@refusal("tok-pw-flow-retired", STAGE, "password", GRANT, "inferred", "Setup")
@spoiled
def password_flow_retired(world: World) -> None:
    """Salesforce has retired the flow (Limits and Timing)."""
    world.setup.save("SimulatorLimits/home", password_flow_retired="1")


@refusal("tok-user-locked", STAGE, "password", GRANT, "inferred", "Setup")
@spoiled
def user_locked(world: World) -> None:
    """Three wrong passwords were sent, as many as Password Policies allow."""
    lock_the_user(world)


def lock_the_user(world: World) -> None:
    """Allow three wrong passwords and send them."""
    world.setup.save("SecurityPolicies/home", max_failed_logins="3")
    for _ in range(3):
        world.send(prepare(world, "password", password="not-the-password"))


@refusal("tok-user-frozen", STAGE, ALL_FLOWS, GRANT, "inferred", "Setup")
@spoiled
def user_frozen(world: World) -> None:
    """The user is frozen (Users > Freeze)."""
    world.setup.on_user(world.user, "Freeze")


@refusal("tok-login-hours", STAGE, "password jwt refresh web-server", GRANT, "inferred", "Setup")
@spoiled
def login_hours(world: World) -> None:
    """It is outside the profile's Login Hours."""
    close_the_hours(world)


@refusal("tok-api-only-or-mfa-api", STAGE, "password", GRANT, "documented", "Setup")
@spoiled
def mfa_for_api_logins(world: World) -> None:
    """The profile has Multi-Factor Authentication for API Logins, and the token is sent."""
    world.setup.permit(world.user, "PermissionsTwoFactorApi", allowed=True)


@refusal(
    "tok-wrong-host-prod-sandbox",
    STAGE,
    "password refresh web-server jwt",
    GRANT,
    "inferred",
    "request",
    otherwise={"refresh": "refresh-revoked"},
)
def wrong_host(world: World, flow: str) -> Answer:
    """A production user's request goes to test.salesforce.com."""
    wrong = {"assertion": assertion(world, aud=TEST)} if flow == "jwt" else {}
    return world.send(moved(prepare(world, flow, **wrong), TEST))


@refusal(
    "refresh-inactive-user", STAGE, "refresh jwt client-credentials", GRANT, "observed", "Setup"
)
@spoiled
def user_inactive(world: World) -> None:
    """The user is inactive (Users > Deactivate)."""
    world.setup.on_user(world.user, "Deactivate")


@refusal("refresh-inactive-org", STAGE, "refresh jwt password", GRANT, "observed", "admin API")
@spoiled
def org_inactive(world: World) -> None:
    """The org is suspended."""
    world.administer("PATCH", "", {"status": "suspended"})


@refusal("tok-ip-restricted", STAGE, "refresh web-server jwt", GRANT, "observed", "Setup")
@spoiled
def ip_restricted(world: World) -> None:
    """The profile's Login IP Ranges do not hold the caller, and the app's IP Relaxation enforces
    them.
    """
    world.setup.policies(world.app, ip_relaxation="enforce")
    world.setup.profile(world.user, login_ip_ranges=OUTSIDE)


@refusal("code-authentication-failure", STAGE, "web-server", GRANT, "documented", "Setup")
@spoiled
def login_flow_first(world: World) -> None:
    """The profile has a Login Flow that must run first."""
    world.setup.profile(world.user, login_flow="Terms of Use")


@refusal(
    "tok-login-rate", STAGE, "jwt client-credentials password refresh", GRANT, "observed", "Setup"
)
def login_rate(world: World, flow: str) -> Answer:
    """The user has used up the logins of an hour (Limits and Timing)."""
    request = prepare(world, flow)
    first = world.send(request)
    assert first.status == 200, first.text
    world.setup.save("SimulatorLimits/home", logins_per_hour="1")
    return world.send(request)


@refusal(
    "tok-unknown-error",
    STAGE,
    "password web-server refresh",
    "400 unknown_error",
    "observed",
    "fault",
)
@spoiled
def unknown_error(world: World) -> None:
    """The fault `unknown_error`."""
    world.fault("unknown_error")


@refusal(
    "tok-503",
    STAGE,
    "password refresh jwt client-credentials web-server",
    "503",
    "observed",
    "fault",
)
@spoiled
def login_service_down(world: World) -> None:
    """The fault `server_busy`."""
    world.fault("server_busy")


@refusal("sandbox-refreshed", STAGE, "refresh jwt", GRANT, "inferred", "admin API", sandbox=True)
def sandbox_refreshed(world: World, flow: str) -> Answer:
    """The sandbox was refreshed, and the app of its production org installed there again."""
    home = world.simulator.administer("GET", "/orgs/default")["id"]
    world.app = world.make_app("From Production", "connected_app", home=home, packaged=True)
    request = prepare(world, flow)
    world.refresh()
    world.setup.on_usage(world.app, "Install")
    return world.send(request)
