"""The authorize endpoint: what it refuses, where it says so, and how a code comes out of it."""

import base64
import hashlib
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from sallyport_org.build import OrgShape
from sallyport_org.identity import App, PermissionSet, administration, app_administration, codes
from sallyport_org.identity.model import APPROVE_UNINSTALLED, USE_ANY_API_CLIENT
from sallyport_org.server import OrgServer
from tests.org.visitor import Sheet, Visitor, callback_query
from tests.org.wire import token_request

CALLBACK = "https://app.example/callback"
ERROR_PAGE = "/setup/secur/RemoteAccessErrorPage.apexp"
GENERIC = (
    "We can't authorize you because of an OAuth error. For more information, contact your "
    "Salesforce administrator. OAUTH_APPROVAL_ERROR_GENERIC : An unexpected error has occured "
    "during authentication. Please try again."
)
VERIFIER = "a-verifier-of-at-least-forty-three-characters-1"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:-1]


@pytest.fixture(scope="module")
def server() -> Iterator[OrgServer]:
    with OrgServer(rows={}) as running:
        yield running


@pytest.fixture(scope="module")
def visitor(server: OrgServer) -> Visitor:
    """The administrator, logged in."""
    somebody = Visitor(server)
    assert somebody.log_in().path == "/lightning/page/home"
    return somebody


@pytest.fixture
def app(server: OrgServer) -> App:
    return app_administration.create_app(
        server.org,
        "Connector",
        callback_urls=[CALLBACK, "http://localhost:8765/cb"],
        scopes=["api", "refresh_token", "id"],
    )


def authorize(visitor: Visitor, app: App, **changed: str | None) -> Sheet:
    query: dict[str, str | None] = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": CALLBACK,
        "state": "s 1&2",
        **changed,
    }
    sent = {name: value for name, value in query.items() if value is not None}
    return visitor.get(f"/services/oauth2/authorize?{urlencode(sent)}")


def told(page: Sheet) -> dict[str, str]:
    """What the callback was told, without the state that must always be there."""
    assert page.address.startswith(CALLBACK + "?")
    query = callback_query(page)
    assert query.pop("state") == "s 1&2"
    return query


# -- what comes before anybody logs in


def test_an_unknown_key_is_refused_in_bare_text(server: OrgServer, app: App) -> None:
    page = authorize(Visitor(server), app, client_id="3MVG9nobody")
    assert page.status == 400
    assert page.html == "error=invalid_client_id&error_description=client%20identifier%20invalid"


@pytest.mark.parametrize(
    "callback", [CALLBACK + "/", CALLBACK + "?x=1", "https://evil.example", "HTTPS" + CALLBACK[5:]]
)
def test_the_callback_must_match_exactly(server: OrgServer, app: App, callback: str) -> None:
    page = authorize(Visitor(server), app, redirect_uri=callback)
    assert page.status == 400
    assert page.html == (
        "error=redirect_uri_mismatch&error_description=redirect_uri%20must%20match%20configuration"
    )


def test_a_missing_callback_is_refused_in_bare_text(server: OrgServer, app: App) -> None:
    page = authorize(Visitor(server), app, redirect_uri=None)
    assert page.html.startswith("error=redirect_uri_missing&")


@pytest.mark.parametrize("asked", ["id_token", "hybrid_token", "", None])
def test_only_codes_are_given_out(server: OrgServer, app: App, asked: str | None) -> None:
    page = authorize(Visitor(server), app, response_type=asked)
    assert told(page) == {"error": "unsupported_response_type"}


def test_app_or_org_can_demand_pkce(server: OrgServer, app: App) -> None:
    missing = {"error": "invalid_request", "error_description": "missing required code challenge"}
    app.require_pkce = True
    assert told(authorize(Visitor(server), app)) == missing
    app.require_pkce = False
    server.org.settings.require_pkce = True
    try:
        assert told(authorize(Visitor(server), app)) == missing
        assert authorize(Visitor(server), app, code_challenge=CHALLENGE).path == "/"
    finally:
        server.org.settings.require_pkce = False


def test_immediate_never_shows_a_page(server: OrgServer, visitor: Visitor, app: App) -> None:
    unsuccessful = {"error": "immediate_unsuccessful"}
    assert told(authorize(Visitor(server), app, immediate="true")) == unsuccessful
    assert told(authorize(visitor, app, immediate="true")) == unsuccessful


# -- what comes after it


def test_a_scope_that_was_not_selected_ends_on_the_error_page(visitor: Visitor, app: App) -> None:
    page = authorize(visitor, app, scope="api chatter_api")
    assert page.path == ERROR_PAGE
    assert page.query == {
        "error": "invalid_scope",
        "error_description": "the requested scope is not allowed",
    }
    assert page.text.startswith(f"salesforce {GENERIC}")


def test_full_covers_other_scopes_but_no_refresh_token(visitor: Visitor, app: App) -> None:
    app.scopes = {"full"}
    assert "Allow Access?" in authorize(visitor, app, scope="api id chatter_api").text
    assert authorize(visitor, app, scope="api refresh_token").path == ERROR_PAGE


def test_a_blocked_app_is_sent_back(server: OrgServer, visitor: Visitor, app: App) -> None:
    app_administration.block(server.org, app)
    assert told(authorize(visitor, app)) == {
        "error": "OAUTH_APP_BLOCKED",
        "error_description": "this app is blocked by admin",
    }
    app_administration.unblock(server.org, app)
    assert "Allow Access?" in authorize(visitor, app).text


def test_api_access_control_blocks_what_is_not_on_its_list(
    server: OrgServer, visitor: Visitor, app: App
) -> None:
    server.org.settings.api_access_control = True
    try:
        assert told(authorize(visitor, app))["error"] == "OAUTH_APP_BLOCKED"
        with_permission(server, USE_ANY_API_CLIENT)
        assert "Allow Access?" in authorize(visitor, app).text
        without_permissions(server)
        app_administration.install(server.org, app)
        assert "Allow Access?" in authorize(visitor, app).text
    finally:
        server.org.settings.api_access_control = False


def test_admin_approved_users_only(server: OrgServer, visitor: Visitor, app: App) -> None:
    policy = server.org.directory.policy(app)
    policy.permitted_users = "admin_approved"
    assert told(authorize(visitor, app)) == {
        "error": "OAUTH_APP_ACCESS_DENIED",
        "error_description": "user is not admin approved to access this app",
    }
    admin = server.org.directory.user(server.credentials.username)
    assert admin is not None
    policy.profiles.add(admin.profile_id)
    assert set(told(authorize(visitor, app))) == {"code"}


def test_an_uninstalled_app_needs_a_user_who_may_approve_it(
    server: OrgServer, visitor: Visitor, app: App
) -> None:
    app.kind = "connected_app"
    app_administration.uninstall(server.org, app)
    admin = server.org.directory.user(server.credentials.username)
    assert admin is not None
    profile = server.org.directory.profile_of(admin)
    profile.permissions.discard(APPROVE_UNINSTALLED)
    try:
        page = authorize(visitor, app)
        assert page.path == ERROR_PAGE
        assert page.query == {
            "error": "invalid_client",
            "error_description": "app must be installed into org",
        }
        assert "error_description=app+must+be+installed+into+org" in page.address
        assert GENERIC in page.text
    finally:
        profile.permissions.add(APPROVE_UNINSTALLED)
    assert "Allow Access?" in authorize(visitor, app).text


def test_an_external_client_app_of_another_org_is_not_found(
    server: OrgServer, visitor: Visitor, app: App
) -> None:
    other, _, _ = server.found(OrgShape.production("other", 7), rows={}, seed=7)
    app.home = other.id
    assert told(authorize(visitor, app)) == {
        "error": "OAUTH_EC_APP_NOT_FOUND",
        "error_description": "External client app is not installed in this org",
    }


def test_a_local_app_does_not_work_at_a_generic_host(server: OrgServer, app: App) -> None:
    generic = Visitor(server, host="login.salesforce.com")
    login = authorize(generic, app)
    arrived = generic.log_in(start=login.query["startURL"])
    at_home = Visitor(server, host=server.org.host)
    page = at_home.get(arrived.address.removeprefix(server.org.my_domain))
    assert page.path == ERROR_PAGE
    assert GENERIC in page.text


def test_a_disabled_app_is_sent_back(server: OrgServer, visitor: Visitor, app: App) -> None:
    server.org.directory.policy(app).enabled = False
    assert told(authorize(visitor, app))["error"] == "oauth_flow_disabled"


def test_a_suspended_org_asks_for_a_login_it_then_refuses(
    server: OrgServer, visitor: Visitor, app: App
) -> None:
    server.org.status = "maintenance"
    try:
        assert authorize(visitor, app).path == "/"
        assert "down for maintenance" in Visitor(server).log_in().text
    finally:
        server.org.status = "active"


# -- consent and the code


def test_deny_tells_the_app_so(visitor: Visitor, app: App) -> None:
    page = authorize(visitor, app)
    assert told(visitor.send(page, save="Deny")) == {
        "error": "access_denied",
        "error_description": "end-user denied authorization",
    }


def test_consent_names_app_user_and_scopes(server: OrgServer, visitor: Visitor, app: App) -> None:
    page = authorize(visitor, app, scope="api offline_access")
    assert (
        "Connector is asking to: Manage user data via APIs Perform requests at any time Do you want"
        in page.text
    )
    assert f"allow access for {server.credentials.username}?" in page.text


def test_allow_gives_a_code_that_buys_tokens(server: OrgServer, visitor: Visitor, app: App) -> None:
    page = authorize(visitor, app, code_challenge=CHALLENGE, code_challenge_method="S256")
    code = told(visitor.send(page, save="Allow"))["code"]
    answer = token_request(
        server,
        grant_type="authorization_code",
        code=code,
        client_id=app.client_id,
        client_secret=app.client_secret,
        redirect_uri=CALLBACK,
        code_verifier=VERIFIER,
    )
    assert answer.status == 200, answer.body
    assert answer.json["refresh_token"]
    assert set(told(authorize(visitor, app))) == {"code"}, "asked before: no consent page"
    assert "Allow Access?" in authorize(visitor, app, prompt="consent").text
    assert set(told(authorize(visitor, app, immediate="true"))) == {"code"}


def test_the_form_of_another_site_allows_nothing(visitor: Visitor, app: App) -> None:
    page = authorize(visitor, app)
    again = visitor.send(page, save="Allow", csrf="guessed")
    assert "Allow Access?" in again.text


def test_a_callback_with_a_query_keeps_it(visitor: Visitor, app: App) -> None:
    app.callback_urls.append("https://app.example/callback?tenant=7")
    page = authorize(visitor, app, redirect_uri="https://app.example/callback?tenant=7")
    back = visitor.send(page, save="Deny")
    assert back.address.startswith("https://app.example/callback?tenant=7&error=access_denied&")


def test_prompt_login_asks_again_and_prompt_select_account_offers_a_choice(
    server: OrgServer, visitor: Visitor, app: App
) -> None:
    login = authorize(visitor, app, prompt="login", login_hint="x@acme.example", display="popup")
    assert login.path == "/"
    assert login.fields["username"] == ["x@acme.example"]
    assert '<body class="popup">' in login.html
    choice = authorize(visitor, app, prompt="select_account")
    assert server.credentials.username in choice.text
    assert "Log In with a Different Username" in choice.text


def test_an_app_can_demand_high_assurance(server: OrgServer, visitor: Visitor, app: App) -> None:
    server.org.directory.policy(app).high_assurance = True
    page = authorize(visitor, app)
    assert page.path.endswith(("TotpRegistrationUi/e", "TotpVerificationUi/e"))


# -- devices


def test_a_device_is_allowed_by_its_code(server: OrgServer, visitor: Visitor, app: App) -> None:
    asked = codes.ask_for_device(server.org, app, ["api"])
    wrong = visitor.send(visitor.get("/setup/connect"), user_code="NOTACODE")
    assert "The code is invalid or has expired" in wrong.text
    page = visitor.send(visitor.get("/setup/connect"), user_code=asked.user_code)
    assert "Connector is asking to: Manage user data via APIs" in page.text
    assert "You're Connected" in visitor.send(page, save="Allow").text
    assert codes.decided(asked)
    assert not asked.denied


def with_permission(server: OrgServer, permission: str) -> None:
    org = server.org
    org.directory.permission_sets["0PSextra"] = PermissionSet(
        "0PSextra", "Extra", "Extra", {permission}
    )
    admin = org.directory.user(server.credentials.username)
    assert admin is not None
    administration.assign(org, admin, "0PSextra")


def without_permissions(server: OrgServer) -> None:
    admin = server.org.directory.user(server.credentials.username)
    assert admin is not None
    administration.unassign(server.org, admin, "0PSextra")
