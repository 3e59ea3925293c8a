"""One org for all transcripts that only read."""

from collections.abc import Iterator

import pytest

from sallyport_org.server import OrgServer
from sallyport_org.state import Settings
from tests.org.wire import Client

ROWS = {
    "Account": 300,
    "Contact": 5000,
    "Lead": 100,
    "Opportunity": 400,
    "Case": 100,
    "Task": 100,
    "Event": 50,
    "Attachment": 10,
    "AccountHistory": 50,
    "Showcase__c": 200,
}


@pytest.fixture(scope="session")
def org() -> Iterator[OrgServer]:
    with OrgServer(rows=ROWS, settings=Settings(job_seconds=0.0)) as server:
        yield server


@pytest.fixture(scope="session")
def client(org: OrgServer) -> Client:
    return Client(org)
