"""What a day allows, and how much of it is left."""

from collections.abc import Iterator

import pytest

from sallyport_org.server import OrgServer
from sallyport_org.state import Settings
from tests.org.admin import Admin
from tests.org.wire import Client


@pytest.fixture
def server() -> Iterator[OrgServer]:
    with OrgServer(rows={"Account": 3}, settings=Settings(api_limit=5)) as running:
        yield running


def test_calls_come_back_after_24_hours_of_the_org_s_time(server: OrgServer) -> None:
    admin, client = Admin(server), Client(server)
    assert [client.get("/sobjects").status for _ in range(3)] == [200, 200, 200]
    admin.post("clock/advance", hours=20)
    client = Client(server)
    assert client.get("/limits").json["DailyApiRequests"] == {"Max": 5, "Remaining": 1}
    assert client.get("/sobjects").status == 200
    refused = client.get("/sobjects")
    assert refused.error == (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    assert refused.headers["Sforce-Limit-Info"] == "api-usage=5/5"
    admin.post("clock/advance", hours=4)
    client = Client(server)
    assert client.get("/limits").headers["Sforce-Limit-Info"] == "api-usage=3/5"
    assert admin.get("")["api_calls"] == {"used": 3, "limit": 5}


def test_the_use_of_one_app_is_told_where_the_org_wants_it(server: OrgServer) -> None:
    Admin(server).patch("settings", per_app_limit=250)
    told = Client(server).get("/limits").headers["Sforce-Limit-Info"]
    assert told == "api-usage=1/5; per-app-api-usage=1/250(appName=Nightly Sync)"


def test_bulk_jobs_are_counted(server: OrgServer) -> None:
    client = Client(server)
    before = client.get("/limits").json["DailyBulkV2QueryJobs"]["Remaining"]
    client.job("SELECT Id FROM Account")
    after = client.get("/limits").json["DailyBulkV2QueryJobs"]
    assert after == {"Max": 10_000, "Remaining": before - 1}
