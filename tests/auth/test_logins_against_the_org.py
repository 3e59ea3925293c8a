"""All three logins, end to end, against the org simulator."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from sallyport.auth.credentials import (
    BasicCredentials,
    ClientCredentials,
    JwtCredentials,
    LoginCredentials,
)
from sallyport.auth.driver import perform
from sallyport.auth.jwt_bearer import read_assertion
from sallyport.auth.keeper import SessionKeeper
from sallyport.auth.soap_login import soap_login
from sallyport.errors import RemoteRefused
from sallyport.kernel import Secret, SystemClock
from sallyport.salesforce.client import HttpClient
from sallyport.salesforce.hosts import AllowedHosts, OrgUrl, parse_org_url
from sallyport.salesforce.replies import Request
from sallyport.salesforce.session import OrgClient
from sallyport_org.server import OrgServer

Kind = Callable[[OrgServer, OrgUrl], LoginCredentials]


@pytest.fixture(scope="module")
def server() -> Iterator[OrgServer]:
    with OrgServer(rows={"Account": 10}) as running:
        yield running


@pytest.fixture(scope="module")
def allowed(server: OrgServer) -> AllowedHosts:
    return AllowedHosts.parse(server.url.removeprefix("http://"))


@pytest.fixture(scope="module")
def login(server: OrgServer, allowed: AllowedHosts) -> OrgUrl:
    return parse_org_url(server.url, field="environment_url", allowed=allowed)


@pytest.fixture
def http(allowed: AllowedHosts) -> Iterator[HttpClient]:
    with HttpClient(allowed) as client:
        yield client


def basic(server: OrgServer, login: OrgUrl) -> BasicCredentials:
    given = server.credentials
    return BasicCredentials(
        login, given.username, Secret(given.password), Secret(given.security_token)
    )


def app(server: OrgServer, login: OrgUrl) -> ClientCredentials:
    given = server.credentials
    return ClientCredentials(login, given.client_id, Secret(given.client_secret))


def signed(server: OrgServer, login: OrgUrl) -> JwtCredentials:
    return JwtCredentials(login, Secret(server.credentials.jwt_token))


def revoke(http: HttpClient, login: OrgUrl, token: Secret) -> None:
    form = urlencode({"token": token.reveal()}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert http.send(Request("POST", f"{login.text}/services/oauth2/revoke", headers, form)).ok


def refused(credentials: LoginCredentials, http: HttpClient) -> RemoteRefused:
    with pytest.raises(RemoteRefused) as caught:
        perform(credentials.flow(), http)
    return caught.value


@pytest.mark.parametrize("kind", [basic, app, signed], ids=["soap", "app", "jwt"])
def test_every_kind_of_login_opens_a_session_that_reads(
    server: OrgServer, login: OrgUrl, http: HttpClient, kind: Kind
) -> None:
    keeper = SessionKeeper(kind(server, login), http, SystemClock())
    session = keeper.current()
    assert session.instance_url == login
    assert session.org_id == server.org.id
    assert session.issued_at <= datetime.now(UTC)
    reply = OrgClient(http, keeper, "60.0").get("query", {"q": "SELECT COUNT() FROM Account"})
    assert reply.json()["totalSize"] == 10


@pytest.mark.parametrize("kind", [basic, app, signed], ids=["soap", "app", "jwt"])
def test_a_session_the_org_forgot_is_renewed_without_anyone_noticing(
    server: OrgServer, login: OrgUrl, http: HttpClient, kind: Kind
) -> None:
    keeper = SessionKeeper(kind(server, login), http, SystemClock())
    first = keeper.current()
    revoke(http, login, first.token)
    assert OrgClient(http, keeper, "60.0").get("limits").ok
    assert keeper.current().token != first.token


def test_a_wrong_client_id_is_the_client_ids_fault(
    server: OrgServer, login: OrgUrl, http: HttpClient
) -> None:
    raised = refused(replace(app(server, login), client_id="nobody"), http)
    assert (raised.code, raised.field) == ("invalid_client_id", "client_id")


def test_a_wrong_client_secret_is_the_client_secrets_fault(
    server: OrgServer, login: OrgUrl, http: HttpClient
) -> None:
    raised = refused(replace(app(server, login), client_secret=Secret("wrong")), http)
    assert (raised.code, raised.field) == ("invalid_client", "client_secret")


def test_a_wrong_password_is_told_in_salesforces_words(
    server: OrgServer, login: OrgUrl, http: HttpClient
) -> None:
    raised = refused(replace(basic(server, login), password=Secret("<wrong & worse>")), http)
    assert (raised.code, raised.status) == ("INVALID_LOGIN", 500)
    assert "Invalid username, password, security token" in raised.message


def test_a_tampered_assertion_is_refused(
    server: OrgServer, login: OrgUrl, http: HttpClient
) -> None:
    header, claims, signature = server.credentials.jwt_token.split(".")
    forged = Secret(f"{header}.{claims}.{signature[::-1]}")
    assert refused(JwtCredentials(login, forged), http).code == "invalid_grant"


def test_the_orgs_own_assertion_is_read_as_it_was_made(server: OrgServer) -> None:
    claims = read_assertion(Secret(server.credentials.jwt_token), field="jwt_token")
    assert claims.sub == server.credentials.username
    assert claims.iss == server.credentials.jwt_client_id


def test_soap_login_beyond_its_last_version_names_the_way_out(
    server: OrgServer, login: OrgUrl, http: HttpClient
) -> None:
    given = basic(server, login)
    flow = soap_login(
        login, given.username, given.password, given.security_token, api_version="65.0"
    )
    with pytest.raises(RemoteRefused) as caught:
        perform(flow, http)
    assert "OAuth2 Client Credential" in str(caught.value.cure)


def test_soap_login_switched_off_names_the_way_out(
    server: OrgServer, login: OrgUrl, http: HttpClient
) -> None:
    server.org.settings.soap_login = False
    try:
        raised = refused(basic(server, login), http)
    finally:
        server.org.settings.soap_login = True
    assert "SOAP API login() is disabled" in raised.message
    assert "OAuth2 Client Credential" in str(raised.cure)
