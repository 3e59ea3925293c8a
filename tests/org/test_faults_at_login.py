"""Faults of one org where several share the address: login.salesforce.com."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from sallyport_org.build import Credentials, OrgShape
from sallyport_org.faults import add_fault
from sallyport_org.server import OrgServer
from tests.org.newcomers import login_body, soap
from tests.org.wire import FORM, Answer, ask

LOGIN = {"Host": "login.salesforce.com"}


@pytest.fixture(scope="module")
def server() -> Iterator[OrgServer]:
    with OrgServer(rows={"Account": 1}) as running:
        yield running


@pytest.fixture(scope="module")
def neighbour(server: OrgServer) -> Credentials:
    return server.found(OrgShape.production("globex", 7001, "Globex"), rows={})[1]


@pytest.fixture(autouse=True)
def no_faults_left(server: OrgServer) -> Iterator[None]:
    yield
    server.org.faults.clear()


def log_in(server: OrgServer, keys: Credentials) -> Answer:
    form = {
        "grant_type": "password",
        **{name: keys.as_json()["password"][name] for name in ("client_id", "client_secret")},
        "username": keys.username,
        "password": keys.password + keys.security_token,
    }
    return ask(server, "POST", "/services/oauth2/token", urlencode(form), FORM | LOGIN)


@pytest.mark.parametrize(
    ("kind", "status"), [("server_busy", 503), ("unknown_error", 400), ("clock_skew", 200)]
)
def test_a_fault_strikes_logins_of_its_own_org_only(
    server: OrgServer, neighbour: Credentials, kind: str, status: int
) -> None:
    fault = add_fault(server.org.faults, kind)
    assert log_in(server, neighbour).status == 200
    assert fault.struck == 0
    assert log_in(server, server.credentials).status == status
    assert fault.struck == 1
    record = server.requests("/services/oauth2/token")[-1]
    assert (record.org, record.faults) == (server.org.id, (fault.id,))


def test_an_assertion_and_a_refresh_token_name_their_org(
    server: OrgServer, neighbour: Credentials
) -> None:
    add_fault(server.org.faults, "unknown_error")
    bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    for keys, expected in ((neighbour, 200), (server.credentials, 400)):
        form = {"grant_type": bearer, "assertion": keys.as_json()["jwt"]["jwt_token"]}
        path = "/services/oauth2/token"
        answer = ask(server, "POST", path, urlencode(form), FORM | LOGIN)
        assert answer.status == expected, answer.body


def test_soap_login_meets_a_busy_server_too(server: OrgServer) -> None:
    add_fault(server.org.faults, "server_busy", times=1)
    keys = server.credentials
    body = login_body(keys.username, keys.password + keys.security_token)
    assert b"<faultcode>sf:SERVER_UNAVAILABLE</faultcode>" in soap(server, body).body
    assert soap(server, body).status == 200
