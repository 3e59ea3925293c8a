from collections.abc import Iterator

import pytest

from sallyport.auth.credentials import ClientCredentials
from sallyport.auth.keeper import SessionKeeper
from sallyport.kernel import Secret, SystemClock
from sallyport.salesforce.client import HttpClient
from sallyport.salesforce.session import OrgClient
from tests.salesforce.wire_server import WireServer, as_json


@pytest.fixture
def server() -> Iterator[WireServer]:
    with WireServer() as running:
        yield running


@pytest.fixture
def http(server: WireServer) -> Iterator[HttpClient]:
    with HttpClient(server.allowed, connect_timeout=2.0) as client:
        yield client


@pytest.fixture
def org(server: WireServer, http: HttpClient) -> OrgClient:
    """An org at version 60.0 whose first token is ``first`` and every later one ``second``."""
    server.on(
        "/services/oauth2/token",
        as_json({"access_token": "first", "instance_url": server.url}),
        as_json({"access_token": "second", "instance_url": server.url}),
    )
    credentials = ClientCredentials(server.org_url, "key", Secret("secret"))
    return OrgClient(http, SessionKeeper(credentials, http, SystemClock()), "60.0")
