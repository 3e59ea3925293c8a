import gzip
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from sallyport.errors import InvalidRequest, RemoteRefused, RemoteUnavailable
from sallyport.salesforce import bulk_query
from sallyport.salesforce.session import OrgClient
from tests.salesforce.wire_server import Answer, WireServer, as_json

JOBS = "/services/data/v60.0/jobs/query"
ID = "750xx0000000001AAA"


def job(state: str, **more: Any) -> dict[str, Any]:
    return {
        "id": ID,
        "operation": "query",
        "object": "Account",
        "state": state,
        "apiVersion": 60.0,
        **more,
    }


@dataclass
class StoppedClock:
    """A clock that moves only when somebody sleeps."""

    seconds: float = 0.0
    pauses: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds


@pytest.mark.parametrize(("all_rows", "operation"), [(False, "query"), (True, "queryAll")])
def test_a_job_is_created_for_csv(
    server: WireServer, org: OrgClient, all_rows: bool, operation: str
) -> None:
    server.on(JOBS, as_json(job("UploadComplete", operation=operation)))
    created = bulk_query.create(org, "SELECT Id FROM Account", all_rows=all_rows)
    assert (created.id, created.state, created.object) == (ID, "UploadComplete", "Account")
    assert (created.records_processed, created.api_version) == (0, "60.0")
    assert json.loads(server.seen[-1].body) == {
        "operation": operation,
        "query": "SELECT Id FROM Account",
        "contentType": "CSV",
        "columnDelimiter": "COMMA",
        "lineEnding": "LF",
    }


def test_a_query_bulk_does_not_take_is_refused_in_salesforces_words(
    server: WireServer, org: OrgClient
) -> None:
    words = "Selecting compound data not supported in Bulk Query"
    server.on(JOBS, as_json([{"errorCode": "INVALID_FIELD", "message": words}], 400))
    with pytest.raises(RemoteRefused, match=words):
        bulk_query.create(org, "SELECT BillingAddress FROM Account", all_rows=False)


def test_a_job_is_waited_for_ever_more_patiently(server: WireServer, org: OrgClient) -> None:
    clock, seen = StoppedClock(), list[bulk_query.Job]()
    running = [as_json(job("InProgress", numberRecordsProcessed=n)) for n in range(20)]
    server.on(
        f"{JOBS}/{ID}", *running, as_json(job("JobComplete", numberRecordsProcessed=99, retries=1))
    )
    done = bulk_query.wait(org, ID, clock=clock, sleep=clock.sleep, on_progress=seen.append)
    assert (done.complete, done.records_processed, done.retries) == (True, 99, 1)
    assert len(seen) == 21
    assert clock.pauses[0] == 0.05
    assert clock.pauses == sorted(clock.pauses)
    assert clock.pauses[-1] == 10.0


@pytest.mark.parametrize("state", ["Failed", "Aborted"])
def test_a_job_that_ends_badly_says_why(server: WireServer, org: OrgClient, state: str) -> None:
    clock = StoppedClock()
    server.on(f"{JOBS}/{ID}", as_json(job(state, errorMessage="InternalServerError : try again")))
    with pytest.raises(RemoteRefused, match="InternalServerError : try again") as caught:
        bulk_query.wait(org, ID, clock=clock, sleep=clock.sleep)
    assert (caught.value.code, caught.value.text) == (state, "InternalServerError : try again")


def test_waiting_ends_at_the_deadline(server: WireServer, org: OrgClient) -> None:
    clock = StoppedClock()
    server.on(f"{JOBS}/{ID}", as_json(job("InProgress", numberRecordsProcessed=5)))
    with pytest.raises(RemoteUnavailable, match="still InProgress") as caught:
        bulk_query.wait(org, ID, clock=clock, sleep=clock.sleep, deadline=30.0)
    assert caught.value.stage == "timeout"
    assert clock.seconds == 30.0


def test_a_job_is_aborted_and_deleted(server: WireServer, org: OrgClient) -> None:
    server.on(f"{JOBS}/{ID}", as_json(job("Aborted")), Answer(204))
    assert bulk_query.abort(org, ID).failed
    bulk_query.delete(org, ID)
    aborted, deleted = server.seen[-2:]
    assert (aborted.method, json.loads(aborted.body)) == ("PATCH", {"state": "Aborted"})
    assert deleted.method == "DELETE"


def result(body: bytes, rows: str | None, locator: str | None, **more: str) -> Answer:
    headers = {"Content-Type": "text/csv", **more}
    if rows is not None:
        headers["Sforce-NumberOfRecords"] = rows
    if locator is not None:
        headers["Sforce-Locator"] = locator
    return Answer(200, body, headers)


def test_pages_follow_their_locators_until_the_text_null(
    server: WireServer, org: OrgClient
) -> None:
    packed = gzip.compress(b'"Id"\n"001"\n')
    gzipped = result(packed, "1", "MTAw", **{"Content-Encoding": "gzip"})
    server.on(f"{JOBS}/{ID}/results", gzipped, result(b'"Id"\n', "0", "null"))
    with bulk_query.open_page(org, ID, locator=None, max_records=100) as first:
        assert (first.rows, first.locator) == (1, "MTAw")
        assert first.stream.headers["Content-Encoding"] == "gzip"
        assert first.stream.read() == packed
    with bulk_query.open_page(org, ID, locator=first.locator, max_records=100) as last:
        assert (last.rows, last.locator) == (0, None)
    asked = [seen.query for seen in server.seen_at(f"{JOBS}/{ID}/results")]
    assert asked == [{"maxRecords": ["100"]}, {"maxRecords": ["100"], "locator": ["MTAw"]}]
    assert server.seen[-1].headers["accept-encoding"] == "gzip"


def test_an_expired_session_between_pages_is_renewed(server: WireServer, org: OrgClient) -> None:
    expired = [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]
    server.on(f"{JOBS}/{ID}/results", as_json(expired, 401), result(b'"Id"\n', "0", "null"))
    with bulk_query.open_page(org, ID, locator="x", max_records=1) as page:
        assert page.stream.read() == b'"Id"\n'


@pytest.mark.parametrize("answer", [Answer(204), result(b"", None, "null"), result(b"", "x", None)])
def test_a_page_that_does_not_say_its_rows_is_not_believed(
    server: WireServer, org: OrgClient, answer: Answer
) -> None:
    server.on(f"{JOBS}/{ID}/results", answer)
    with pytest.raises(RemoteUnavailable, match="no readable result"):
        bulk_query.open_page(org, ID, locator=None, max_records=10)


def test_a_spent_locator_is_refused(server: WireServer, org: OrgClient) -> None:
    body = [{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}]
    server.on(f"{JOBS}/{ID}/results", as_json(body, 400))
    with pytest.raises(RemoteRefused, match="invalid query locator"):
        bulk_query.open_page(org, ID, locator="old", max_records=10)


@pytest.mark.parametrize("job_id", ["", "../x", "750", "750xx0000000001AAA/results"])
def test_an_id_that_is_none_is_never_sent(server: WireServer, org: OrgClient, job_id: str) -> None:
    with pytest.raises(InvalidRequest):
        bulk_query.status(org, job_id)
    assert server.seen == []
