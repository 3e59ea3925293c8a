"""Transcripts of tokens: what each flow answers, and what can be done with a token."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from sallyport_org.identity import codes
from sallyport_org.server import OrgServer
from tests.org.newcomers import CHALLENGE, VERIFIER, Newcomer, ask_from, newcomer, refusal, soap
from tests.org.wire import FORM, Answer, ask


@pytest.fixture(scope="module")
def server() -> Iterator[OrgServer]:
    with OrgServer(rows={"Account": 1}) as running:
        yield running


@pytest.fixture
def somebody(server: OrgServer) -> Newcomer:
    return newcomer(server)


def oauth(server: OrgServer, path: str, **form: str) -> Answer:
    return ask(server, "POST", f"/services/oauth2/{path}", urlencode(form), FORM)


def introspect(somebody: Newcomer, token: str) -> Answer:
    app = somebody.app
    return oauth(
        somebody.server,
        "introspect",
        token=token,
        client_id=app.client_id,
        client_secret=app.client_secret,
    )


def test_a_code_gives_access_and_refresh_token_in_the_usual_order(somebody: Newcomer) -> None:
    answer = somebody.by_code()
    assert answer.status == 200
    assert list(answer.json) == [
        "access_token",
        "refresh_token",
        "signature",
        "scope",
        "instance_url",
        "id",
        "token_type",
        "issued_at",
    ]
    assert answer.json["scope"] == "api refresh_token"
    assert somebody.call(answer.json["access_token"]).status == 200
    assert somebody.statuses == ["Success"]


def test_headers_of_token_answers_are_salesforces(somebody: Newcomer) -> None:
    for answer in (somebody.by_credentials(), somebody.by_password("wrong")):
        headers = answer.headers
        assert headers["Content-Type"] == "application/json;charset=UTF-8"
        assert headers["Cache-Control"] == "no-cache,must-revalidate,max-age=0,no-store,private"
        assert headers["Expires"] == "Thu, 01 Jan 1970 00:00:00 GMT"
        assert headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
        assert headers["X-Content-Type-Options"] == "nosniff"
        browser, rest = headers["Set-Cookie"].removeprefix("BrowserId=").split(";", 1)
        assert (len(browser), rest) == (22, "Path=/;Domain=.salesforce.com")


def test_parameters_may_stand_in_the_address_and_the_first_of_a_name_counts(
    somebody: Newcomer,
) -> None:
    app = somebody.app
    keys = {"client_id": app.client_id, "client_secret": app.client_secret}
    query = urlencode({"grant_type": "client_credentials", **keys})
    path = f"/services/oauth2/token?{query}"
    assert ask(somebody.server, "POST", path).status == 200
    twice = f"grant_type=client_credentials&grant_type=nothing&{urlencode(keys)}"
    assert ask(somebody.server, "POST", "/services/oauth2/token", twice, FORM).status == 200


def test_the_signature_is_made_with_the_consumer_secret(somebody: Newcomer) -> None:
    body = somebody.by_credentials().json
    signed = (body["id"] + body["issued_at"]).encode()
    digest = hmac.new(somebody.app.client_secret.encode(), signed, hashlib.sha256).digest()
    assert body["signature"] == base64.b64encode(digest).decode()


def test_without_the_refresh_scope_there_is_no_refresh_token(somebody: Newcomer) -> None:
    assert "refresh_token" not in somebody.by_code(somebody.code("api")).json
    assert "refresh_token" not in somebody.by_password().json
    assert "refresh_token" not in somebody.by_credentials().json


def test_client_credentials_drop_the_scopes_that_need_a_person(server: OrgServer) -> None:
    somebody = newcomer(server, scopes={"full", "web", "refresh_token", "api", "id"})
    assert somebody.by_credentials().json["scope"] == "api id"


def test_the_password_grant_tells_no_scope(somebody: Newcomer) -> None:
    answer = somebody.by_password()
    assert answer.status == 200
    assert "scope" not in answer.json
    assert somebody.call(answer.json["access_token"]).status == 200


def test_pkce_takes_the_right_verifier_only(somebody: Newcomer) -> None:
    code = somebody.code(challenge=CHALLENGE)
    assert refusal(somebody.by_code(code)) == ("invalid_grant", None)
    wrong = somebody.by_code(code, code_verifier="x" * 43)
    assert refusal(wrong) == ("invalid_request", "invalid code verifier")
    assert somebody.statuses[0] == "Failed: Invalid Code Verifier"
    assert somebody.by_code(code, code_verifier=VERIFIER).status == 200


def test_a_public_client_needs_no_secret_but_may_not_send_a_wrong_one(server: OrgServer) -> None:
    somebody = newcomer(server, require_secret=False, require_secret_for_refresh=False)
    wrong = somebody.by_code(client_secret="wrong")
    assert refusal(wrong) == ("invalid_client", "invalid client credentials")
    given = somebody.by_code(client_secret="").json
    assert somebody.by_refresh(given["refresh_token"], client_secret="").status == 200


def test_openid_gives_an_id_token_the_published_key_vouches_for(somebody: Newcomer) -> None:
    code = somebody.code("openid", "api", nonce="n-0S6")
    body = somebody.by_code(code).json
    keys = KeySet.import_key_set(ask(somebody.server, "GET", "/id/keys").json)
    claims = jwt.decode(body["id_token"], keys, algorithms=["RS256"]).claims
    assert claims["aud"] == somebody.app.client_id
    assert claims["sub"] == body["id"]
    assert claims["iss"] == somebody.server.org.my_domain
    assert claims["nonce"] == "n-0S6"
    digest = hashlib.sha256(body["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")


def test_an_app_may_issue_tokens_as_jwt_which_soap_does_not_take(server: OrgServer) -> None:
    somebody = newcomer(server, jwt_access_tokens=True)
    token = somebody.by_credentials().json["access_token"]
    keys = KeySet.import_key_set(ask(server, "GET", "/id/keys").json)
    registry = JWSRegistry(algorithms=["RS256"], strict_check_header=False)
    claims = jwt.decode(token, keys, registry=registry).claims
    assert claims["sub"] == f"uid:{somebody.user.id}"
    assert claims["scp"] == "api id openid"
    assert claims["client_id"] == somebody.app.client_id
    assert somebody.call(token).status == 200
    header = f"<SessionHeader><sessionId>{token}</sessionId></SessionHeader>"
    refused = soap(server, "<getUserInfo/>", header=header)
    text = "INVALID_SESSION_ID: Invalid Session ID found in SessionHeader: Illegal Session"
    assert f"<faultcode>sf:INVALID_SESSION_ID</faultcode><faultstring>{text}<" in str(refused.body)


def test_a_jwt_token_ends_in_time_however_much_it_is_used(server: OrgServer) -> None:
    somebody = newcomer(server, jwt_access_tokens=True)
    token = somebody.by_credentials().json["access_token"]
    try:
        server.org.clock.move(timedelta(minutes=20))
        assert somebody.call(token).status == 200
        server.org.clock.move(timedelta(minutes=11))
        assert somebody.call(token).status == 401
    finally:
        server.org.clock.move(timedelta(minutes=-31))


def test_introspection_tells_an_app_about_its_own_tokens(somebody: Newcomer) -> None:
    given = somebody.by_code().json
    told = introspect(somebody, given["access_token"]).json
    assert told["active"] is True
    assert told["scope"] == "api refresh_token"
    assert (told["client_id"], told["username"]) == (
        somebody.app.client_id,
        somebody.user.username,
    )
    assert (told["token_type"], told["sub"]) == ("access_token", given["id"])
    assert told["exp"] - told["iat"] == 7200
    refresh = introspect(somebody, given["refresh_token"]).json
    assert (refresh["active"], refresh["token_type"]) == (True, "refresh_token")


def test_other_apps_learn_only_that_a_token_is_not_active(server: OrgServer) -> None:
    somebody, other = newcomer(server), newcomer(server)
    token = somebody.by_credentials().json["access_token"]
    assert introspect(other, token).json == {"active": False}
    other.app.introspect_all_tokens = True
    assert introspect(other, token).json["active"] is True
    assert introspect(other, "dead").json == {"active": False}
    wrong = oauth(server, "introspect", token=token, client_id=other.app.client_id)
    assert refusal(wrong) == ("invalid_client", "invalid client credentials")


def test_revoking_a_refresh_token_takes_its_access_tokens_along(somebody: Newcomer) -> None:
    given = somebody.by_code().json
    again = somebody.by_refresh(given["refresh_token"]).json
    revoked = oauth(somebody.server, "revoke", token=given["refresh_token"])
    assert (revoked.status, revoked.body) == (200, b"")
    for token in (given["access_token"], again["access_token"]):
        assert somebody.call(token).error[:2] == (401, "INVALID_SESSION_ID")
    refused = somebody.by_refresh(given["refresh_token"])
    assert refusal(refused) == ("invalid_grant", "expired access/refresh token")


def test_revoking_an_access_token_leaves_the_refresh_token(somebody: Newcomer) -> None:
    given = somebody.by_code().json
    path = f"/services/oauth2/revoke?token={given['access_token']}"
    assert ask(somebody.server, "GET", path).status == 200
    assert somebody.call(given["access_token"]).status == 401
    assert somebody.by_refresh(given["refresh_token"]).status == 200
    unknown = oauth(somebody.server, "revoke", token=given["access_token"])
    assert refusal(unknown)[0] == "invalid_token"


def test_userinfo_and_identity_tell_who_the_user_is(somebody: Newcomer) -> None:
    given = somebody.by_code(somebody.code("id", "api")).json
    headers = {"Authorization": f"Bearer {given['access_token']}"}
    told = ask(somebody.server, "GET", "/services/oauth2/userinfo", None, headers).json
    assert told["sub"] == given["id"]
    assert told["preferred_username"] == somebody.user.username
    path = given["id"].removeprefix("https://login.salesforce.com")
    named = ask(somebody.server, "GET", path, None, headers).json
    assert named["username"] == somebody.user.username
    at_login = headers | {"Host": "login.salesforce.com"}
    assert ask(somebody.server, "GET", path, None, at_login).status == 200


def test_identity_refuses_in_bare_text(somebody: Newcomer) -> None:
    server = somebody.server
    given = somebody.by_credentials().json
    headers = {"Authorization": f"Bearer {given['access_token']}"}
    path = given["id"].removeprefix("https://login.salesforce.com")
    dead = ask(server, "GET", path, None, {"Authorization": "Bearer dead"})
    assert (dead.status, dead.body) == (403, b"Bad_OAuth_Token")
    none = ask(server, "GET", "/services/oauth2/userinfo")
    assert (none.status, none.body) == (403, b"Missing_OAuth_Token")
    other = ask(server, "GET", "/id/00D000000000001/005000000000001", None, headers)
    assert (other.status, other.body) == (403, b"Wrong_Org")
    nobody = ask(server, "GET", f"/id/{server.org.id}/005000000000001", None, headers)
    assert (nobody.status, nobody.body) == (404, b"Bad_Id")


def test_userinfo_needs_a_scope_that_says_so(somebody: Newcomer) -> None:
    given = somebody.by_code(somebody.code("api")).json
    headers = {"Authorization": f"Bearer {given['access_token']}"}
    refused = ask(somebody.server, "GET", "/services/oauth2/userinfo", None, headers)
    assert (refused.status, refused.body) == (403, b"Bad_OAuth_Token")


def test_discovery_names_the_endpoints_of_the_host_asked(server: OrgServer) -> None:
    told = ask(server, "GET", "/.well-known/openid-configuration").json
    assert told["token_endpoint"] == f"{server.url}/services/oauth2/token"
    assert told["jwks_uri"] == f"{server.url}/id/keys"
    assert "S256" in told["code_challenge_methods_supported"]
    assert ask(server, "GET", "/.well-known/auth-configuration").json["Url"] == server.url


def test_what_is_not_modelled_says_so(somebody: Newcomer) -> None:
    exchange = "urn:ietf:params:oauth:grant-type:token-exchange"
    assert somebody.token(grant_type=exchange).status == 501
    assert oauth(somebody.server, "register").status == 501


def test_a_device_waits_until_somebody_allows_it(somebody: Newcomer) -> None:
    server, app = somebody.server, somebody.app
    asked = oauth(server, "token", response_type="device_code", client_id=app.client_id).json
    assert len(asked["user_code"]) == 8
    assert asked["verification_uri"] == f"{server.url}/setup/connect"
    poll = {"grant_type": "device", "code": asked["device_code"]}
    assert refusal(somebody.token(**poll)) == ("authorization_pending", "")
    waiting = codes.device_of(server.org, asked["user_code"])
    assert waiting is not None
    codes.decide_device(waiting, somebody.user, allowed=True)
    assert somebody.token(**poll).status == 200
    assert refusal(somebody.token(**poll)) == ("invalid_grant", "expired device code")


def test_the_device_flow_is_shut_for_apps_not_installed(somebody: Newcomer) -> None:
    somebody.server.org.directory.policy(somebody.app).installed = False
    refused = oauth(
        somebody.server,
        "token",
        response_type="device_code",
        client_id=somebody.app.client_id,
    )
    assert refusal(refused) == ("invalid_grant", "device flow is not enabled for the app")


def test_the_ready_made_app_for_the_web_server_flow_wants_pkce(server: OrgServer) -> None:
    given = server.summary()["web_server"]
    app = server.org.apps[given["client_id"]]
    assert app.require_pkce
    assert given["redirect_uris"] == app.callback_urls


def test_an_unknown_host_of_salesforces_leads_nowhere(somebody: Newcomer) -> None:
    answer = somebody.by_credentials(host="nobody.my.salesforce.com")
    assert refusal(answer) == ("invalid_grant", "request not supported on this domain")
    headers = {"Authorization": "Bearer x", "Host": "nobody.my.salesforce.com"}
    lost = ask_from(somebody.server, None, "GET", "/services/data/v60.0/limits", None, headers)
    assert lost.status == 404
