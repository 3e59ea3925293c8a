"""Refusals of data calls: REST, the identity address, introspection, the edge and the network."""

import functools
import time
from collections.abc import Callable
from urllib.parse import quote

from checks.doors import Answer, form
from checks.org_faults.flows import (
    bearer,
    data_call,
    session,
)
from checks.org_faults.scenarios import Play, refusal
from checks.org_faults.token_stage import OUTSIDE
from checks.org_faults.world import LOGIN, World

STAGE = "rest-data-call"
UNFIT = "401 INVALID_SESSION_ID"
LIMIT = 15_000
SLOW_SECONDS = 2.0


def with_session(spoil: Callable[[World], None]) -> Play:
    """Make the usual play here: have a token by the flow, change the state, call."""

    @functools.wraps(spoil)
    def play(world: World, flow: str) -> Answer:
        token = session(world, flow)
        spoil(world)
        return world.send(data_call(world, token))

    return play


@refusal(
    "rest-session-expired",
    STAGE,
    "web-server refresh jwt client-credentials password soap",
    UNFIT,
    "observed",
    "Setup",
)
@with_session
def session_expired(world: World) -> None:
    """The clock was moved past the session's timeout."""
    world.setup.move_clock(hours="25")


@refusal(
    "rest-api-scope-missing", STAGE, "web-server client-credentials", UNFIT, "observed", "Setup"
)
def scope_missing(world: World, flow: str) -> Answer:
    """The app's OAuth Scopes hold neither api nor full."""
    world.setup.app(world.app, scopes=["id", "refresh_token"])
    return world.send(data_call(world, session(world, flow)))


@refusal("rest-ip-enforced", STAGE, "web-server client-credentials jwt", UNFIT, "observed", "Setup")
@with_session
def ip_enforced(world: World) -> None:
    """The app's IP Relaxation enforces the profile's Login IP Ranges, which do not hold the
    caller.
    """
    world.setup.policies(world.app, ip_relaxation="enforce")
    world.setup.profile(world.user, login_ip_ranges=OUTSIDE)


@refusal("rest-api-access-control", STAGE, "web-server soap", UNFIT, "observed", "Setup")
@with_session
def api_access_control(world: World) -> None:
    """API Access Control is on, and the app is not allowed."""
    world.setup.save("ApiAccessControl/home", api_access_control="1")


@refusal("rest-high-assurance", STAGE, "password web-server soap", UNFIT, "inferred", "Setup")
@with_session
def high_assurance(world: World) -> None:
    """The profile demands High Assurance sessions, and this one is Standard."""
    world.setup.profile(world.user, high_assurance="1")


@refusal(
    "rest-api-org-disabled",
    STAGE,
    "web-server password refresh",
    "403 API_DISABLED_FOR_ORG",
    "observed",
    "admin API",
)
@with_session
def api_off_for_org(world: World) -> None:
    """The org has become a Group Edition."""
    world.administer("PATCH", "", {"edition": "Group Edition"})


@refusal(
    "rest-api-user-disabled",
    STAGE,
    "web-server password refresh jwt client-credentials",
    "403 API_CURRENTLY_DISABLED",
    "observed",
    "Setup",
)
@with_session
def api_off_for_user(world: World) -> None:
    """The profile lacks API Enabled."""
    world.setup.permit(world.user, "PermissionsApiEnabled", allowed=False)


@refusal(
    "rest-password-expired",
    STAGE,
    "password soap web-server",
    "401 INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
    "observed",
    "Setup",
)
@with_session
def password_expired(world: World) -> None:
    """The user's password has expired (Users > Expire Password)."""
    world.setup.on_user(world.user, "Expire Password")


@refusal("rest-daily-limit", STAGE, "any", "403 REQUEST_LIMIT_EXCEEDED", "observed", "admin API")
@with_session
def daily_limit(world: World) -> None:
    """15,000 calls a day are allowed (Limits and Timing), and other integrations made as many."""
    world.setup.save("SimulatorLimits/home", api_limit=str(LIMIT))
    world.administer("POST", "/api-calls", {"calls": LIMIT})


@refusal("rest-concurrent-limit", STAGE, "any", "403 REQUEST_LIMIT_EXCEEDED", "observed", "Setup")
def concurrent_limit(world: World, flow: str) -> Answer:
    """As many long calls run as are allowed at once (Limits and Timing)."""
    token = session(world, flow)
    world.setup.save(
        "SimulatorLimits/home",
        concurrent_limit="1",
        long_call_seconds="0.2",
        rows_per_second=str(20 / SLOW_SECONDS),
    )
    slow = quote("SELECT COUNT() FROM Account WHERE Phone != null")
    world.send_beside(data_call(world, token, f"/query?q={slow}"))
    time.sleep(SLOW_SECONDS / 2)
    return world.send(data_call(world, token))


@refusal(
    "rest-url-not-reset",
    STAGE,
    "password soap web-server",
    "400 URL_NOT_RESET",
    "observed",
    "request",
)
def url_not_reset(world: World, flow: str) -> Answer:
    """The data call goes to login.salesforce.com."""
    return world.send(data_call(world, session(world, flow), at=LOGIN))


def _in_version(world: World, flow: str, version: str) -> Answer:
    url = f"{world.my_domain}/services/data/v{version}/limits"
    return world.send(bearer(session(world, flow), url))


@refusal("rest-version-retired", STAGE, "any", "410", "documented", "request")
def version_retired(world: World, flow: str) -> Answer:
    """The call is made in API version 20.0."""
    return _in_version(world, flow, "20.0")


@refusal("rest-version-too-new", STAGE, "any", "404 NOT_FOUND", "observed", "request")
def version_too_new(world: World, flow: str) -> Answer:
    """The call is made in API version 99.0."""
    return _in_version(world, flow, "99.0")


@refusal(
    "rest-identity-403", STAGE, "web-server refresh", "403 Bad_OAuth_Token", "observed", "Setup"
)
def identity_refused(world: World, flow: str) -> Answer:
    """The token of a userinfo call was revoked (Users > Revoke All)."""
    token = session(world, flow)
    world.setup.on_user(world.user, "Revoke All")
    return world.send(bearer(token, f"{world.my_domain}/services/oauth2/userinfo"))


@refusal("introspect-inactive", "introspection-endpoint", "any", "200", "observed", "Setup")
def introspect_inactive(world: World, flow: str) -> Answer:
    """The token asked about has ended (Users > Sessions > End All)."""
    token = session(world, flow)
    world.setup.on_user(world.user, "End All")
    fields = {"token": token, **{key: world.app[key] for key in ("client_id", "client_secret")}}
    return world.send(form(f"{world.my_domain}/services/oauth2/introspect", fields))


@refusal("rest-server-busy", STAGE, "any", "503 SERVER_UNAVAILABLE", "observed", "fault")
@with_session
def server_busy(world: World) -> None:
    """The fault `server_busy`."""
    world.fault("server_busy")


@refusal("edge-420", STAGE, "any", "420", "observed", "fault")
@with_session
def edge(world: World) -> None:
    """The fault `edge_420`; also while the org is waking."""
    world.fault("edge_420", path="/services/data")


@refusal("dns-my-domain", "network", "any", "no connection", "observed", "admin API", sandbox=True)
def unknown_host(world: World, flow: str) -> Answer:
    """The sandbox was deleted: nobody knows the way to its My Domain."""
    session(world, flow)
    host = world.my_domain.removeprefix("https://")
    world.administer("DELETE", "")
    world.is_gone = True
    return world.simulator.doors.connect(host)


@refusal("org-moved", STAGE, "refresh soap", UNFIT, "inferred", "admin API")
def org_moved(world: World, flow: str) -> Answer:
    """The org's My Domain was renamed, and the call goes to the old host."""
    call = data_call(world, session(world, flow))
    world.administer("POST", "/move", {"domain": f"{world.label}-renamed"})
    return world.send(call)
