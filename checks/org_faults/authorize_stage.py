"""Refusals a person meets in the browser: the authorize endpoint and the login page."""

from checks.browsing import Browser
from checks.doors import Answer
from checks.org_faults.flows import authorize, enter_password, log_in, prepare, shown
from checks.org_faults.scenarios import refusal
from checks.org_faults.world import LOGIN, World

BACK, PAGE = "authorize-redirect", "login-page"
WEB, BOTH = "web-server", "web-server user-agent"
ERROR_PAGE = "the error page: OAUTH_APPROVAL_ERROR_GENERIC"


def _asked(world: World, flow: str, at: str = "", **parameters: str) -> Browser:
    """Return a browser in which the user came as far as the app lets them."""
    browser = world.browser()
    kind = {"response_type": "token"} if flow == "user-agent" else {}
    authorize(world, browser, at, **{**kind, **parameters})
    if browser.asks_for("pw"):
        log_in(world, browser)
    return browser


@refusal("auth-user-denied", BACK, BOTH, "302 access_denied", "documented", "request")
def denied(world: World, flow: str) -> Answer:
    """The user presses Deny on the consent page."""
    browser = _asked(world, flow)
    browser.submit({}, "Deny")
    return shown(browser)


@refusal("auth-redirect-mismatch", PAGE, WEB, "400 redirect_uri_mismatch", "observed", "request")
def callback_mismatch(world: World, flow: str) -> Answer:
    """The redirect_uri is no Callback URL of the app."""
    return shown(_asked(world, flow, redirect_uri="https://client.example/other"))


@refusal("auth-invalid-client-id", PAGE, WEB, "400 invalid_client_id", "observed", "request")
def unknown_key(world: World, flow: str) -> Answer:
    """No app has that consumer key."""
    return shown(_asked(world, flow, client_id="3MVG9nobody"))


@refusal("auth-pkce-missing", BACK, WEB, "302 invalid_request", "observed", "Setup")
def challenge_missing(world: World, flow: str) -> Answer:
    """Require Proof Key for Code Exchange is on (OAuth and OpenID Connect Settings)."""
    world.setup.save("OauthOidcSettings/home", require_pkce="1")
    return shown(_asked(world, flow))


@refusal(
    "auth-scope-not-allowed",
    PAGE,
    WEB,
    "the error page, invalid_scope in its address",
    "observed",
    "request",
)
def scope_not_allowed(world: World, flow: str) -> Answer:
    """A scope is asked for that is not among the app's selected ones."""
    return shown(_asked(world, flow, scope="api full"))


@refusal(
    "auth-app-not-installed",
    PAGE,
    BOTH,
    "the error page, invalid_client in its address",
    "observed",
    "Setup",
)
def not_installed(world: World, flow: str) -> Answer:
    """The connected app is not installed (Connected Apps OAuth Usage > Uninstall), and the user
    lacks Approve Uninstalled Connected Apps.
    """
    world.setup.on_usage(world.app, "Uninstall")
    return shown(_asked(world, flow))


@refusal("auth-app-blocked", BACK, WEB, "302 OAUTH_APP_BLOCKED", "observed", "Setup")
def blocked(world: World, flow: str) -> Answer:
    """The app is blocked (Connected Apps OAuth Usage > Block)."""
    world.setup.on_usage(world.app, "Block")
    return shown(_asked(world, flow))


@refusal("auth-app-access-denied", BACK, WEB, "302 OAUTH_APP_ACCESS_DENIED", "observed", "Setup")
def access_denied(world: World, flow: str) -> Answer:
    """Permitted Users is Admin approved users are pre-authorized, without the user's profile."""
    world.setup.policies(world.app, permitted_users="admin_approved")
    return shown(_asked(world, flow))


@refusal("auth-eca-not-found", BACK, WEB, "302 OAUTH_EC_APP_NOT_FOUND", "observed", "Setup")
def external_app_missing(world: World, flow: str) -> Answer:
    """The packaged external client app is not installed in the org the user logs in to."""
    world.take_external_app(packaged=True)
    world.setup.on_usage(world.app, "Uninstall")
    return shown(_asked(world, flow))


@refusal("auth-eca-generic-host", PAGE, WEB, ERROR_PAGE, "observed", "request")
def external_app_at_login(world: World, flow: str) -> Answer:
    """A local external client app is opened through login.salesforce.com."""
    world.take_external_app()
    return shown(_asked(world, flow, LOGIN))


@refusal(
    "auth-unsupported-response-type",
    BACK,
    WEB,
    "302 unsupported_response_type",
    "inferred",
    "request",
)
def response_type(world: World, flow: str) -> Answer:
    """The response_type is not code."""
    return shown(_asked(world, flow, response_type="id_token"))


@refusal("auth-immediate", BACK, WEB, "302 immediate_unsuccessful", "inferred", "request")
def immediate(world: World, flow: str) -> Answer:
    """The app asks for immediate=true, and the user has no session."""
    return shown(_asked(world, flow, immediate="true"))


@refusal(
    "login-identity-code", PAGE, WEB, "the page asks for the code mailed", "documented", "request"
)
def identity_code(world: World, flow: str) -> Answer:
    """The user logs in from a browser and an address nobody knows."""
    browser = world.browser()
    authorize(world, browser)
    enter_password(world, browser)
    assert "Enter the verification code we emailed" in browser.text, browser.text
    return shown(browser)


@refusal(
    "login-mfa",
    PAGE,
    WEB,
    "the page asks for a code of an authenticator app",
    "documented",
    "Setup",
)
def second_factor(world: World, flow: str) -> Answer:
    """The profile has Multi-Factor Authentication for User Interface Logins."""
    world.setup.permit(world.user, "PermissionsForceTwoFactor", allowed=True)
    browser = world.browser()
    authorize(world, browser)
    enter_password(world, browser)
    assert "authenticator app" in browser.text, browser.text
    return shown(browser)


@refusal(
    "login-restricted-domain",
    PAGE,
    "web-server password",
    "the login page refuses; password: 400 invalid_grant",
    "documented",
    "Setup",
)
def restricted_domain(world: World, flow: str) -> Answer:
    """Prevent login from https://login.salesforce.com is on (My Domain)."""
    world.setup.save("OrgDomain/home", generic_login="1")
    if flow == "password":
        return world.send(prepare(world, flow, LOGIN))
    browser = world.browser()
    authorize(world, browser, LOGIN)
    enter_password(world, browser)
    assert "My Domain" in browser.text, browser.text
    return shown(browser)
