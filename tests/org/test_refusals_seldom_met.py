"""Refusals with a history: of apps that are gone, hosts that are wrong, versions that were."""

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from sallyport_org.identity import app_administration, approvals
from sallyport_org.identity.model import VIEW_ALL_DATA, Flow
from sallyport_org.server import OrgServer
from tests.org.admin import Admin
from tests.org.newcomers import (
    PASSWORD,
    REDIRECT,
    TOKEN,
    Newcomer,
    ask_from,
    login_body,
    newcomer,
    refusal,
    soap,
)
from tests.org.visitor import Sheet, Visitor

SAML = "urn:ietf:params:oauth:grant-type:saml2-bearer"


@pytest.fixture(scope="module")
def server() -> Iterator[OrgServer]:
    with OrgServer(rows={}) as running:
        yield running


@pytest.fixture
def somebody(server: OrgServer) -> Newcomer:
    return newcomer(server)


# -- the user-agent flow


def asks_for_a_token(somebody: Newcomer, press: str = "", flow: Flow = "user_agent") -> Sheet:
    """Go to the authorize endpoint as the user for a token, and press a button of the consent."""
    somebody.app.flows = {flow}
    visitor = Visitor(somebody.server)
    visitor.log_in(somebody.user.username, somebody.user.password)
    asked = {
        "response_type": "token",
        "client_id": somebody.app.client_id,
        "redirect_uri": REDIRECT,
        "scope": "api refresh_token",
        "state": "s1",
    }
    page = visitor.get(f"/services/oauth2/authorize?{urlencode(asked)}")
    return visitor.send(page, save=press) if press else page


def behind_the_hash(page: Sheet) -> dict[str, str]:
    parts = urlsplit(page.address)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == REDIRECT
    assert not parts.query
    return dict(parse_qsl(parts.fragment))


def test_the_user_agent_flow_brings_a_token_behind_the_hash(somebody: Newcomer) -> None:
    told = behind_the_hash(asks_for_a_token(somebody, "Allow"))
    assert told["state"] == "s1"
    assert told["token_type"] == "Bearer"
    assert somebody.call(told["access_token"]).status == 200


def test_a_website_gets_no_refresh_token_from_the_user_agent_flow(somebody: Newcomer) -> None:
    assert "refresh_token" not in behind_the_hash(asks_for_a_token(somebody, "Allow"))


def test_deny_is_told_behind_the_hash_too(somebody: Newcomer) -> None:
    told = behind_the_hash(asks_for_a_token(somebody, "Deny"))
    assert told == {
        "error": "access_denied",
        "error_description": "end-user denied authorization",
        "state": "s1",
    }


def test_apps_without_the_user_agent_flow_get_no_token(somebody: Newcomer) -> None:
    told = behind_the_hash(asks_for_a_token(somebody, flow="web_server"))
    assert told["error"] == "unsupported_response_type"


# -- assertions


def saml(*audiences: str) -> str:
    inner = "".join(f"<s:Audience>{one}</s:Audience>" for one in audiences)
    text = f'<s:Assertion xmlns:s="urn:oasis:names:tc:SAML:2.0:assertion">{inner}</s:Assertion>'
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def test_a_saml_assertion_for_another_org_is_refused(somebody: Newcomer) -> None:
    foreign = saml("https://other-company.my.salesforce.com")
    answer = somebody.token(grant_type=SAML, assertion=foreign)
    assert refusal(answer) == ("invalid_grant", "Audience validation failed")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("broken", ["!", "PGE-", saml()])
def test_a_saml_assertion_that_names_no_audience_is_invalid(
    somebody: Newcomer, broken: str
) -> None:
    answer = somebody.token(grant_type=SAML, assertion=broken)
    assert refusal(answer) == ("invalid_grant", "invalid assertion")


def test_granting_by_saml_is_said_not_to_be_modelled(somebody: Newcomer) -> None:
    answer = somebody.token(grant_type=SAML, assertion=saml("https://login.salesforce.com"))
    assert answer.status == 501
    assert "saml2-bearer" in answer.error[2]


# -- Login History tells what the client is not told


def test_login_history_says_that_an_app_was_deleted(somebody: Newcomer) -> None:
    server, deleted = somebody.server, "Failed: Consumer Deleted"
    code = somebody.code()
    refresh = json.loads(somebody.by_code(somebody.code()).body)["refresh_token"]
    app_administration.delete_app(server.cloud.orgs, somebody.app)
    unknown = ("invalid_client_id", "client identifier invalid")
    for lines, answer in enumerate(
        (
            somebody.by_password(),
            somebody.by_code(code),
            somebody.by_refresh(refresh),
            somebody.by_credentials(),
        ),
        start=1,
    ):
        assert refusal(answer) == unknown
        assert somebody.statuses[:lines].count(deleted) == lines


def test_a_key_that_never_was_leaves_no_line(somebody: Newcomer) -> None:
    assert refusal(somebody.token(client_id="3MVG9nobody", grant_type="password"))[0] == (
        "invalid_client_id"
    )
    assert somebody.statuses == []


def test_a_login_in_a_removed_version_is_written_down(somebody: Newcomer) -> None:
    body = login_body(somebody.user.username, PASSWORD + TOKEN)
    answer = soap(somebody.server, body, version="30.0")
    assert b"UNSUPPORTED_API_VERSION" in answer.body
    assert somebody.statuses[0] == "Failed: API Version Removed."


# -- the wrong place


def test_a_production_code_is_no_more_than_a_failure_at_the_sandbox_login(
    somebody: Newcomer,
) -> None:
    form = {
        "grant_type": "authorization_code",
        "code": somebody.code().code,
        "client_secret": somebody.app.client_secret,
        "redirect_uri": REDIRECT,
    }
    wrong = somebody.token(None, "test.salesforce.com", **form)
    assert refusal(wrong) == ("invalid_grant", "authentication failure")
    never = somebody.token(None, "test.salesforce.com", **form | {"code": "aPrxnever"})
    assert refusal(never) == ("invalid_grant", "expired authorization code")


def test_a_data_call_at_login_names_the_code_before_the_message(somebody: Newcomer) -> None:
    headers = {"Host": "login.salesforce.com", "Authorization": "Bearer any"}
    answer = ask_from(somebody.server, None, "GET", "/services/data/v60.0/limits", headers=headers)
    assert answer.body.startswith(b'[{"errorCode":"URL_NOT_RESET","message":')


# -- approvals, orgs and limits


def test_an_ended_approval_is_told_from_one_that_never_was(somebody: Newcomer) -> None:
    directory, user, app = somebody.server.org.directory, somebody.user, somebody.app
    assert not approvals.had_refresh_token(directory, user, app)
    approval = approvals.approve(somebody.server.org, user, app, ["api", "refresh_token"])
    assert not approvals.had_refresh_token(directory, user, app)
    approvals.end(directory, approval, "revoked")
    assert approvals.had_refresh_token(directory, user, app)


def test_calls_of_other_integrations_use_the_days_calls_up(server: OrgServer) -> None:
    admin = Admin(server, "default")
    used = admin.post("api-calls", calls=250)["used"]
    assert admin.post("api-calls", calls=50)["used"] == used + 50
    status, said = admin.refused("POST", "api-calls", calls=0)
    assert (status, "calls" in said) == (400, True)


def test_an_org_can_be_set_back_to_versions_since_retired(server: OrgServer) -> None:
    with OrgServer(rows={}) as old:
        Admin(old).patch("settings", oldest_version=21)
        body = login_body(old.credentials.username, "wrong")
        assert b"below the minimum supported (21.0)" in soap(old, body, version="20.0").body
        assert b"INVALID_LOGIN" in soap(old, body, version="21.0").body


def test_orgs_made_at_once_have_ids_of_their_own(server: OrgServer) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(
            pool.map(
                lambda name: Admin(server).call("POST", "/orgs", {"domain": name, "rows": {}}),
                ["one", "two", "three", "four"],
            )
        )
    assert len({answer.json["id"] for answer in made}) == 4


# -- bulk


def bulk_query(somebody: Newcomer, soql: str) -> tuple[int, str]:
    token = json.loads(somebody.by_credentials().body)["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = json.dumps({"operation": "query", "query": soql})
    path = "/services/data/v60.0/jobs/query"
    answer = ask_from(somebody.server, None, "POST", path, body, headers)
    said = answer.json if answer.status == 200 else answer.json[0]
    return answer.status, said.get("message", "")


@pytest.mark.parametrize("name", ["LoginHistory", "OauthToken", "UserLogin"])
def test_what_all_users_did_is_read_in_bulk_only_with_view_all_data(
    somebody: Newcomer, name: str
) -> None:
    status, said = bulk_query(somebody, f"SELECT Id FROM {name}")
    assert (status, said.partition(":")[0]) == (400, "Implementation restriction")
    assert bulk_query(somebody, "SELECT Id FROM Account")[0] == 200
    somebody.profile.permissions.add(VIEW_ALL_DATA)
    somebody.server.org.directory.changed()
    assert bulk_query(somebody, f"SELECT Id FROM {name}")[0] == 200
