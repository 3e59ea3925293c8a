"""Transcripts of the token endpoint's refusals: the state that leads to each, and its words.

Login History tells what the words do not.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.jwk import RSAKey

from sallyport_org.build import OrgShape
from sallyport_org.faults import Fault
from sallyport_org.identity import administration, app_administration, approvals
from sallyport_org.identity.model import API_ENABLED, MFA_FOR_API
from sallyport_org.identity.passwords import totp
from sallyport_org.server import OrgServer
from tests.org.newcomers import PASSWORD, Newcomer, changed, newcomer, refusal
from tests.org.wire import Answer

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
FAILURE = ("invalid_grant", "authentication failure")
EXPIRED = ("invalid_grant", "expired access/refresh token")
ELSEWHERE = [("203.0.113.1", "203.0.113.9")]
KEY = RSAKey.generate_key(2048)


@pytest.fixture(scope="module")
def server() -> Iterator[OrgServer]:
    with OrgServer(rows={"Account": 1}) as running:
        yield running


@pytest.fixture
def somebody(server: OrgServer) -> Newcomer:
    made = newcomer(server, certificate=KEY.as_pem(private=False).decode())
    made.app.flows.add("jwt_bearer")
    return made


def by_assertion(somebody: Newcomer, host: str | None = None, **claims: Any) -> Answer:
    said = {
        "iss": somebody.app.client_id,
        "sub": somebody.user.username,
        "aud": "https://login.salesforce.com",
        "exp": int(time.time()) + 180,
    }
    assertion = jwt.encode({"alg": "RS256"}, said | claims, KEY)
    return somebody.token(None, host, grant_type=JWT_GRANT, assertion=assertion)


def preauthorize(somebody: Newcomer) -> None:
    policy = somebody.server.org.directory.policy(somebody.app)
    policy.permitted_users = "admin_approved"
    policy.profiles.add(somebody.profile.id)


# -- passwords


def test_an_unknown_user_and_a_wrong_password_read_alike(somebody: Newcomer) -> None:
    assert refusal(somebody.by_password("wrong")) == FAILURE
    assert somebody.statuses == ["Invalid Password"]
    somebody.user.username = "nobody@nowhere.example"
    assert refusal(somebody.by_password()) == FAILURE


def test_a_password_alone_needs_a_trusted_address(somebody: Newcomer) -> None:
    assert refusal(somebody.by_password(PASSWORD)) == FAILURE
    assert somebody.statuses == ["Failed: API security token required"]
    trusted = (("127.0.0.0", "127.0.0.255"),)
    with changed(somebody.server.org.settings, trusted_ip_ranges=trusted):
        assert somebody.by_password(PASSWORD).status == 200


@pytest.mark.parametrize("switch", [{"password_flow": False}, {"password_flow_retired": True}])
def test_an_org_can_have_the_password_flow_off(somebody: Newcomer, switch: dict[str, bool]) -> None:
    with changed(somebody.server.org.settings, **switch):
        assert refusal(somebody.by_password()) == FAILURE
    assert somebody.statuses == ["Username-Password Flow Disabled"]


def test_external_client_apps_have_no_password_flow(server: OrgServer) -> None:
    somebody = newcomer(server, kind="external_client_app")
    assert refusal(somebody.by_password()) == FAILURE


def test_too_many_wrong_passwords_lock_until_time_or_an_administrator_helps(
    somebody: Newcomer,
) -> None:
    org = somebody.server.org
    for _ in range(org.settings.max_failed_logins):
        somebody.by_password("wrong")
    assert refusal(somebody.by_password()) == FAILURE
    assert somebody.statuses[0] == "Password Lockout"
    administration.unlock(org, somebody.user)
    assert somebody.by_password().status == 200
    administration.lock(org, somebody.user)
    try:
        org.clock.move(timedelta(minutes=16))
        assert somebody.by_password().status == 200
    finally:
        org.clock.move(timedelta(minutes=-16))


def test_with_mfa_for_api_logins_a_code_takes_the_tokens_place(somebody: Newcomer) -> None:
    org = somebody.server.org
    administration.grant(org, somebody.profile.id, [MFA_FOR_API])
    assert refusal(somebody.by_password()) == FAILURE
    secret = administration.register_authenticator(somebody.user)
    assert somebody.by_password(PASSWORD + totp(secret, org.clock.now())).status == 200


def test_a_reset_password_voids_the_token_and_mails_both(somebody: Newcomer) -> None:
    org, user = somebody.server.org, somebody.user
    before = user.security_token
    password = administration.reset_password(org, user)
    token, mail = (one.text for one in org.inbox.mails(user.email)[-2:])
    assert user.security_token in token
    assert password in mail
    assert refusal(somebody.by_password(password + before)) == FAILURE
    assert somebody.by_password(password + user.security_token).status == 200


def test_a_production_user_is_nobody_at_the_sandbox_login(somebody: Newcomer) -> None:
    form = {
        "grant_type": "password",
        "client_secret": somebody.app.client_secret,
        "username": somebody.user.username,
        "password": somebody.user.password + somebody.user.security_token,
    }
    assert somebody.token(None, "login.salesforce.com", **form).status == 200
    assert refusal(somebody.token(None, "test.salesforce.com", **form)) == FAILURE
    refresh = {"grant_type": "refresh_token", "client_secret": somebody.app.client_secret}
    refresh["refresh_token"] = somebody.by_code().json["refresh_token"]
    assert refusal(somebody.token(None, "test.salesforce.com", **refresh)) == EXPIRED


def test_my_domain_policy_closes_the_generic_login(somebody: Newcomer) -> None:
    form = {
        "grant_type": "password",
        "client_secret": somebody.app.client_secret,
        "username": somebody.user.username,
        "password": somebody.user.password + somebody.user.security_token,
    }
    with changed(somebody.server.org.settings, generic_login=False):
        assert refusal(somebody.token(None, "login.salesforce.com", **form)) == FAILURE
        assert somebody.statuses == ["Restricted Domain"]
        assert somebody.by_password().status == 200


# -- users and orgs, whatever the flow


def every_way(somebody: Newcomer) -> dict[str, Callable[[], Answer]]:
    """Return the flows, each ready to go: tokens and codes are had before anything changes."""
    preauthorize(somebody)
    refresh, code = somebody.by_code().json["refresh_token"], somebody.code()
    return {
        "password": somebody.by_password,
        "jwt": lambda: by_assertion(somebody),
        "client_credentials": somebody.by_credentials,
        "refresh": lambda: somebody.by_refresh(refresh),
        "code": lambda: somebody.by_code(code),
    }


@pytest.mark.parametrize(
    ("change", "words", "status"),
    [
        (administration.freeze, FAILURE, "User is frozen"),
        (administration.deactivate, ("invalid_grant", "inactive user"), "User is Inactive"),
    ],
)
def test_users_kept_out_are_kept_out_of_every_flow(
    somebody: Newcomer, change: Callable[..., None], words: tuple[str, str], status: str
) -> None:
    ways = every_way(somebody)
    change(somebody.server.org, somebody.user)
    for way, ask in ways.items():
        assert refusal(ask()) == (FAILURE if way == "password" else words), way
        assert somebody.statuses[0] == status


def test_login_hours_hold_for_every_flow(somebody: Newcomer) -> None:
    ways = every_way(somebody)
    administration.set_login_hours(somebody.server.org, somebody.profile, {})
    for way, ask in ways.items():
        assert refusal(ask()) == FAILURE, way
        assert somebody.statuses[0] == "Restricted Time"


@pytest.mark.parametrize(
    ("status", "line"),
    [
        ("suspended", "Organization Suspended"),
        ("closed", "Organization is Inactive"),
        ("trial_expired", "Trial Expired"),
    ],
)
def test_an_org_out_of_service_is_inactive(somebody: Newcomer, status: str, line: str) -> None:
    ways = every_way(somebody)
    with changed(somebody.server.org, status=status):
        for way, ask in ways.items():
            assert refusal(ask()) == ("invalid_grant", "inactive organization"), way
            assert somebody.statuses[0] == line


def test_an_org_in_maintenance_answers_503_without_a_body(somebody: Newcomer) -> None:
    with changed(somebody.server.org, status="maintenance"):
        answer = somebody.by_credentials()
    assert (answer.status, answer.body) == (503, b"")


def test_profile_ranges_hold_where_the_app_does_not_relax_them(somebody: Newcomer) -> None:
    ways = every_way(somebody)
    administration.set_login_ip_ranges(somebody.server.org, somebody.profile, ELSEWHERE)
    restricted = ("invalid_grant", "ip restricted")
    assert refusal(ways["jwt"]()) == restricted
    assert refusal(ways["password"]()) == FAILURE
    assert somebody.statuses[:2] == ["Restricted IP", "Restricted IP"]
    policy = somebody.server.org.directory.policy(somebody.app)
    policy.ip_relaxation = "enforce_relax_refresh"
    assert refusal(ways["code"]()) == restricted
    assert ways["refresh"]().status == 200
    policy.ip_relaxation = "enforce"
    assert refusal(ways["refresh"]()) == restricted
    policy.ip_relaxation = "relax"
    assert ways["code"]().status == 200


def test_refresh_tokens_may_have_an_allow_list_of_their_own(somebody: Newcomer) -> None:
    token = somebody.by_code().json["refresh_token"]
    somebody.server.org.directory.policy(somebody.app).refresh_ip_ranges = ELSEWHERE
    assert refusal(somebody.by_refresh(token)) == ("invalid_grant", "ip restricted")
    assert somebody.statuses[0] == "Failed: IP Address Not Allowed"


def test_logins_of_an_hour_are_limited(somebody: Newcomer) -> None:
    org = somebody.server.org
    with changed(org.settings, logins_per_hour=2):
        assert [somebody.by_credentials().status for _ in range(2)] == [200, 200]
        refused = ("invalid_grant", "login rate exceeded")
        assert refusal(somebody.by_credentials()) == refused
        assert somebody.statuses[0] == "Login Rate Exceeded"
        try:
            org.clock.move(timedelta(minutes=61))
            assert somebody.by_credentials().status == 200
        finally:
            org.clock.move(timedelta(minutes=-61))


# -- apps


def test_a_new_app_is_unknown_until_the_word_has_spread(server: OrgServer) -> None:
    with changed(server.org.settings, propagation_seconds=600.0):
        somebody = newcomer(server)
        unknown = ("invalid_client_id", "client identifier invalid")
        assert refusal(somebody.by_credentials()) == unknown
    assert somebody.by_credentials().status == 200


def test_external_client_apps_live_in_their_own_org(server: OrgServer) -> None:
    somebody = newcomer(server, kind="external_client_app", home="00D000000000001AAA")
    words = ("app_not_found", "External client app is not installed in this org")
    assert refusal(somebody.by_credentials()) == words
    somebody.app.distribution = "packaged"
    policy = server.org.directory.policy(somebody.app)
    policy.installed = False
    assert refusal(somebody.by_credentials()) == words
    assert refusal(somebody.by_code()) == words
    assert somebody.statuses == ["Package for this consumer is not installed in your organization"]
    app_administration.install(server.org, somebody.app)
    assert somebody.by_credentials().status == 200


@pytest.mark.parametrize("switch", ["enabled", "oauth_enabled"])
def test_an_external_client_app_can_be_switched_off(server: OrgServer, switch: str) -> None:
    somebody = newcomer(server, kind="external_client_app")
    setattr(server.org.directory.policy(somebody.app), switch, False)
    text = "The external client app or the OAuth plugin is disabled."
    assert refusal(somebody.by_credentials()) == ("oauth_flow_disabled", text)


def test_a_deleted_app_is_unknown_and_history_says_why(somebody: Newcomer) -> None:
    token = somebody.by_code().json["refresh_token"]
    app_administration.delete_app([somebody.server.org], somebody.app)
    unknown = ("invalid_client_id", "client identifier invalid")
    assert refusal(somebody.by_refresh(token)) == unknown
    assert refusal(somebody.by_password()) == unknown
    assert somebody.statuses[:2] == ["Failed: Consumer Deleted"] * 2


def test_a_blocked_app_gets_no_token_and_loses_its_sessions(somebody: Newcomer) -> None:
    org = somebody.server.org
    token = somebody.by_credentials().json["access_token"]
    app_administration.block(org, somebody.app)
    assert somebody.call(token).status == 401
    blocked = ("OAUTH_APP_BLOCKED", "this app is blocked by admin")
    assert refusal(somebody.by_credentials()) == blocked
    app_administration.unblock(org, somebody.app)
    assert somebody.by_credentials().status == 200


def test_only_admin_approved_users_get_in_where_the_policy_says_so(somebody: Newcomer) -> None:
    org = somebody.server.org
    refresh = somebody.by_code().json["refresh_token"]
    org.directory.policy(somebody.app).permitted_users = "admin_approved"
    words = ("invalid_app_access", "user is not admin approved to access this app")
    assert refusal(somebody.by_credentials()) == words
    assert refusal(somebody.by_refresh(refresh)) == words
    assert refusal(by_assertion(somebody)) == words
    preauthorize(somebody)
    assert somebody.by_credentials().status == 200


def test_rotated_consumer_details_void_secret_and_tokens(somebody: Newcomer) -> None:
    org, app = somebody.server.org, somebody.app
    refresh = somebody.by_code().json["refresh_token"]
    old = app.client_secret
    app_administration.stage_consumer_details(app)
    assert somebody.by_credentials().status == 200
    app_administration.apply_consumer_details([org], app)
    assert somebody.by_credentials().status == 200
    wrong = ("invalid_client", "invalid client credentials")
    assert refusal(somebody.by_refresh(refresh, client_secret=old)) == wrong
    assert refusal(somebody.by_refresh(refresh)) == EXPIRED


def test_client_credentials_need_their_own_address_switch_and_user(somebody: Newcomer) -> None:
    org = somebody.server.org
    at_login = somebody.by_credentials(host="login.salesforce.com")
    assert refusal(at_login) == ("invalid_grant", "request not supported on this domain")
    nobody = ("invalid_grant", "no client credentials user enabled")
    policy = org.directory.policy(somebody.app)
    policy.run_as = somebody.user.email
    assert refusal(somebody.by_credentials()) == nobody
    policy.run_as = somebody.user.username
    administration.grant(org, somebody.profile.id, [API_ENABLED], on=False)
    assert refusal(somebody.by_credentials()) == nobody
    somebody.app.flows.discard("client_credentials")
    off = ("invalid_grant", "client credentials flow not enabled")
    assert refusal(somebody.by_credentials()) == off


# -- assertions


def test_an_assertion_needs_an_approval_with_the_refresh_scope(somebody: Newcomer) -> None:
    words = ("invalid_grant", "user hasn't approved this consumer")
    assert refusal(by_assertion(somebody)) == words
    somebody.by_code(somebody.code("api"))
    assert refusal(by_assertion(somebody)) == words
    somebody.by_code(somebody.code("api", "refresh_token"))
    answer = by_assertion(somebody)
    assert list(answer.json) == ["access_token", "scope", "instance_url", "id", "token_type"]


def test_the_audience_is_the_login_server_of_the_orgs_kind(server: OrgServer) -> None:
    somebody = newcomer(server, certificate=KEY.as_pem(private=False).decode())
    somebody.app.flows.add("jwt_bearer")
    preauthorize(somebody)
    for audience in ("https://login.salesforce.com/", server.url, server.org.my_domain):
        assert by_assertion(somebody, aud=audience).status == 200
    wrong = ("invalid_grant", "audience is invalid")
    assert refusal(by_assertion(somebody, aud="https://test.salesforce.com")) == wrong
    assert refusal(by_assertion(somebody, aud="https://example.com")) == wrong
    other = by_assertion(somebody, aud="https://other.my.salesforce.com")
    assert refusal(other) == ("invalid_grant", "Audience validation failed")


def test_in_a_sandbox_assertions_are_for_test() -> None:
    shape = OrgShape.sandbox("acme", "dev", 77)
    with OrgServer(rows={"Account": 1}, shape=shape) as sandbox:
        somebody = newcomer(sandbox, certificate=KEY.as_pem(private=False).decode())
        somebody.app.flows.add("jwt_bearer")
        preauthorize(somebody)
        assert by_assertion(somebody, aud="https://test.salesforce.com").status == 200
        wrong = ("invalid_grant", "audience is invalid")
        assert refusal(by_assertion(somebody)) == wrong
        assert sandbox.credentials.username == "admin@acme.example.dev"
        assert sandbox.credentials.jwt_audience == "https://test.salesforce.com"


def test_a_forged_assertion_shows_in_login_history(somebody: Newcomer) -> None:
    somebody.app.certificate = RSAKey.generate_key(2048).as_pem(private=False).decode()
    assert refusal(by_assertion(somebody)) == ("invalid_grant", "invalid assertion")
    assert somebody.statuses == ["Failed: Signature Invalid"]


def test_an_outdated_certificate_vouches_as_well_as_ever(somebody: Newcomer) -> None:
    private = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sync")])
    builder = x509.CertificateBuilder(name, name, private.public_key(), 1)
    builder = builder.not_valid_before(datetime(2019, 1, 1, tzinfo=UTC)).not_valid_after(
        datetime(2020, 1, 1, tzinfo=UTC)
    )
    certificate = builder.sign(private, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
    somebody.app.certificate = app_administration.checked_certificate(certificate)
    preauthorize(somebody)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    claims = {
        "iss": somebody.app.client_id,
        "sub": somebody.user.username,
        "aud": "https://login.salesforce.com",
        "exp": int(time.time()) + 180,
    }
    assertion = jwt.encode({"alg": "RS256"}, claims, RSAKey.import_key(pem))
    assert somebody.token(grant_type=JWT_GRANT, assertion=assertion).status == 200


def test_an_exp_in_milliseconds_is_refused(somebody: Newcomer) -> None:
    preauthorize(somebody)
    answer = by_assertion(somebody, exp=(int(time.time()) + 180) * 1000)
    assert refusal(answer) == ("invalid_grant", "expired authorization code")


# -- codes


def test_a_code_works_once_for_its_app_and_redirect_and_a_quarter_of_an_hour(
    somebody: Newcomer,
) -> None:
    expired = ("invalid_grant", "expired authorization code")
    code = somebody.code()
    other = somebody.by_code(code, redirect_uri="https://client.example/other")
    words = ("redirect_uri_mismatch", "redirect_uri must match configuration")
    assert refusal(other) == words
    assert somebody.by_code(code).status == 200
    assert refusal(somebody.by_code(code)) == expired
    assert refusal(newcomer(somebody.server).by_code(somebody.code())) == expired
    late, clock = somebody.code(), somebody.server.org.clock
    try:
        clock.move(timedelta(minutes=15))
        assert refusal(somebody.by_code(late)) == expired
    finally:
        clock.move(timedelta(minutes=-15))


def test_a_login_flow_stops_the_exchange_of_a_code(somebody: Newcomer) -> None:
    somebody.profile.login_flow = "Terms of Use"
    assert refusal(somebody.by_code()) == FAILURE


# -- trouble on the other side


def test_faults_stand_for_trouble_on_salesforces_side(somebody: Newcomer) -> None:
    faults = somebody.server.org.faults
    faults.add(Fault("unknown", "unknown_error", times=1, path="/oauth2/token"))
    assert refusal(somebody.by_credentials()) == ("unknown_error", "retry your request")
    faults.add(Fault("busy", "server_busy", times=1, path="/oauth2/token"))
    answer = somebody.by_credentials()
    assert (answer.status, answer.body) == (503, b"")
    assert somebody.by_credentials().status == 200


def test_revoked_approvals_end_refresh_tokens(somebody: Newcomer) -> None:
    org = somebody.server.org
    token = somebody.by_code().json["refresh_token"]
    assert administration.revoke_approvals(org, somebody.user) == 1
    assert refusal(somebody.by_refresh(token)) == EXPIRED
    again = somebody.by_code().json["refresh_token"]
    app_administration.uninstall(org, somebody.app)
    assert refusal(somebody.by_refresh(again)) == EXPIRED
    assert not approvals.of(org.directory, somebody.user, somebody.app)
