"""Faults of SOAP login(), and of SOAP calls with a token that is none there."""

from checks.doors import Answer
from checks.org_faults.flows import (
    session,
    soap_call,
    soap_login,
)
from checks.org_faults.scenarios import refusal
from checks.org_faults.token_stage import OUTSIDE, close_the_hours, lock_the_user
from checks.org_faults.world import World

STAGE = "soap-fault"
CLIENT = "DataLoader"


def _logging_in(world: World) -> Answer:
    return world.send(soap_login(world))


@refusal("soap-invalid-login", STAGE, "soap", "500 INVALID_LOGIN", "observed", "request")
def invalid_login(world: World, flow: str) -> Answer:
    """The password sent is not the user's."""
    return world.send(soap_login(world, "not-the-password"))


@refusal(
    "soap-security-token", STAGE, "soap", "500 LOGIN_MUST_USE_SECURITY_TOKEN", "observed", "request"
)
def security_token(world: World, flow: str) -> Answer:
    """No trusted range holds the caller (Network Access), and the password is alone."""
    return world.send(soap_login(world, world.user["password"]))


@refusal("soap-login-disabled", STAGE, "soap", "500 INVALID_OPERATION", "observed", "Setup")
def login_disabled(world: World, flow: str) -> Answer:
    """Enable SOAP API login() is off (User Interface)."""
    world.setup.save("UserInterfaceUI/home", soap_login=None)
    return _logging_in(world)


@refusal("soap-login-version", STAGE, "soap", "500 INVALID_OPERATION", "observed", "request")
def login_version(world: World, flow: str) -> Answer:
    """A login() is called in API version 65.0."""
    return world.send(soap_login(world, version="65.0"))


@refusal("soap-any-api-auth", STAGE, "soap", "500 INSUFFICIENT_ACCESS", "documented", "Setup")
def any_api_auth(world: World, flow: str) -> Answer:
    """Use Any API Auth is required (API Access Control), and the user lacks it."""
    world.setup.save("ApiAccessControl/home", any_api_auth_required="1")
    return _logging_in(world)


@refusal(
    "soap-restricted-domain",
    STAGE,
    "soap",
    "500 LOGIN_DURING_RESTRICTED_DOMAIN",
    "observed",
    "Setup",
)
def restricted_ip(world: World, flow: str) -> Answer:
    """The profile's Login IP Ranges do not hold the caller."""
    world.setup.profile(world.user, login_ip_ranges=OUTSIDE)
    return _logging_in(world)


@refusal(
    "soap-restricted-time", STAGE, "soap", "500 LOGIN_DURING_RESTRICTED_TIME", "observed", "Setup"
)
def restricted_time(world: World, flow: str) -> Answer:
    """It is outside the profile's Login Hours."""
    close_the_hours(world)
    return _logging_in(world)


@refusal("soap-password-lockout", STAGE, "soap", "500 PASSWORD_LOCKOUT", "documented", "Setup")
def lockout(world: World, flow: str) -> Answer:
    """Three wrong passwords were sent, as many as Password Policies allow."""
    lock_the_user(world)
    return _logging_in(world)


@refusal("soap-org-locked", STAGE, "soap", "500 ORG_LOCKED", "documented", "admin API")
def org_locked(world: World, flow: str) -> Answer:
    """The org is locked by Salesforce."""
    world.administer("PATCH", "", {"status": "locked"})
    return _logging_in(world)


@refusal("soap-trial-expired", STAGE, "soap", "500 TRIAL_EXPIRED", "documented", "admin API")
def trial_expired(world: World, flow: str) -> Answer:
    """The org's trial has ended."""
    world.administer("PATCH", "", {"status": "trial_expired"})
    return _logging_in(world)


@refusal(
    "soap-org-in-maintenance", STAGE, "soap", "500 ORG_IN_MAINTENANCE", "documented", "admin API"
)
def maintenance(world: World, flow: str) -> Answer:
    """The org is in maintenance."""
    world.administer("PATCH", "", {"status": "maintenance"})
    return _logging_in(world)


@refusal(
    "soap-login-challenge-issued",
    STAGE,
    "soap",
    "500 LOGIN_CHALLENGE_ISSUED",
    "documented",
    "admin API",
)
def challenge_issued(world: World, flow: str) -> Answer:
    """The user never had a security token, and calls from an address nobody knows."""
    world.administer("PATCH", f"/users/{world.user['username']}", {"security_token": ""})
    return world.send(soap_login(world, world.user["password"]))


@refusal(
    "soap-client-not-accessible-for-user",
    STAGE,
    "soap",
    "500 CLIENT_NOT_ACCESSIBLE_FOR_USER",
    "documented",
    "Setup",
)
def client_barred(world: World, flow: str) -> Answer:
    """The profile bars the client named in CallOptions."""
    world.setup.profile(world.user, barred_clients=CLIENT)
    return world.send(soap_login(world, client=CLIENT))


@refusal("soap-api-user-disabled", STAGE, "soap", "500 API_CURRENTLY_DISABLED", "inferred", "Setup")
def api_off_for_user(world: World, flow: str) -> Answer:
    """The profile lacks API Enabled."""
    world.setup.permit(world.user, "PermissionsApiEnabled", allowed=False)
    return _logging_in(world)


@refusal(
    "soap-api-org-disabled", STAGE, "soap", "500 API_DISABLED_FOR_ORG", "inferred", "admin API"
)
def api_off_for_org(world: World, flow: str) -> Answer:
    """The org is a Group Edition."""
    world.administer("PATCH", "", {"edition": "Group Edition"})
    return _logging_in(world)


@refusal("soap-version-retired", STAGE, "soap", "500 UNSUPPORTED_API_VERSION", "observed", "Setup")
def version_retired(world: World, flow: str) -> Answer:
    """A login() comes in API version 20.0, and 21.0 is the oldest served (Limits and Timing)."""
    world.setup.save("SimulatorLimits/home", oldest_version="21")
    return world.send(soap_login(world, version="20.0"))


@refusal("soap-password-expired-flag", STAGE, "soap", "200", "documented", "Setup")
def password_expired(world: World, flow: str) -> Answer:
    """The user's password has expired (Users > Expire Password): a session that may only set it."""
    world.setup.on_user(world.user, "Expire Password")
    return _logging_in(world)


@refusal(
    "soap-jwt-token-used",
    STAGE,
    "web-server jwt client-credentials",
    "500 INVALID_SESSION_ID",
    "observed",
    "Setup",
)
def jwt_token_used(world: World, flow: str) -> Answer:
    """The app issues JWT-based access tokens, and one is sent as SOAP session."""
    world.setup.app(world.app, jwt_access_tokens="1")
    return world.send(soap_call(world, session(world, flow), "getUserInfo"))
