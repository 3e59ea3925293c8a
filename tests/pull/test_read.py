"""Reading result pages from a server that answers what the test tells it."""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.salesforce.wire_server import Answer, Seen, WireServer

from sallyport.datasets.delta import DeltaLake
from sallyport.errors import RemoteUnavailable
from sallyport.kernel import Secret
from sallyport.pull.plan import Column
from sallyport.pull.read import Reading, read_wave
from sallyport.salesforce.client import HttpClient
from sallyport.salesforce.session import OrgClient, Session

JOB = "750000000000001AAA"
RESULTS = f"/services/data/v60.0/jobs/query/{JOB}/results"
DATASET = "0123456789abcdef01234567"
SCHEMA = pa.schema([("Id", pa.string()), ("Size", pa.float64())])


class OneSession:
    """A source with one session that nobody ever rejects."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def current(self) -> Session:
        return self._session

    def renew(self, rejected: Session) -> Session:
        raise AssertionError("nothing was rejected")


def page(first: int, rows: int, *, announced: int | None = None, following: str = "null") -> Answer:
    lines = [f'"00{number}","{number}.5"' for number in range(first, first + rows)]
    body = "\n".join(['"Id","NumberOfEmployees"', *lines, ""]).encode()
    headers = {
        "Content-Type": "text/csv",
        "Content-Encoding": "gzip",
        "Sforce-NumberOfRecords": str(rows if announced is None else announced),
        "Sforce-Locator": following,
    }
    return Answer(200, gzip.compress(body), headers)


@pytest.fixture
def server() -> Iterator[WireServer]:
    with WireServer() as server:
        yield server


@pytest.fixture
def reading(server: WireServer, tmp_path: Path) -> Iterator[Reading]:
    session = Session(Secret("token"), server.org_url, None, None, datetime.now(UTC))
    lake = DeltaLake(str(tmp_path / "lake"))
    lake.create(DATASET, SCHEMA, name="Account")
    with HttpClient(server.allowed) as http:
        yield Reading(
            org=OrgClient(http, OneSession(session), "60.0"),
            job_id=JOB,
            columns=(Column("Id", "id", "Id"), Column("NumberOfEmployees", "double", "Size")),
            schema=SCHEMA,
            lake=lake,
            dataset_id=DATASET,
            run_id="run-1",
            page_rows=1000,
            streams=2,
            on_rows=lambda rows: None,
        )


def staged(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "lake" / DATASET).rglob("*.parquet"))


def test_pages_are_read_to_the_end_whatever_their_number(
    reading: Reading, server: WireServer, tmp_path: Path
) -> None:
    pages = {
        "first": page(0, 3, following="AAA"),
        "AAA": page(3, 3, following="BBB"),
        "BBB": page(6, 2),
    }
    server.on(RESULTS, lambda seen: pages[seen.query.get("locator", ["first"])[0]])
    wave = read_wave(reading, 0, None, pages=8)
    assert (wave.rows, wave.next) == (8, None)
    tables = [pq.read_table(tmp_path / "lake" / DATASET / file.path) for file in wave.files]
    rows = sorted(row["Id"] for table in tables for row in table.to_pylist())
    assert rows == [f"00{number}" for number in range(8)]
    assert tables[0].schema.names == ["Id", "Size"]
    sent = sum(len(answer.body) for answer in pages.values())
    assert wave.bytes_read == sent


def test_a_wave_ends_after_its_pages_and_says_where_to_go_on(
    reading: Reading, server: WireServer
) -> None:
    pages = {"first": page(0, 3, following="AAA"), "AAA": page(3, 3, following="BBB")}
    server.on(RESULTS, lambda seen: pages[seen.query.get("locator", ["first"])[0]])
    assert read_wave(reading, 0, None, pages=2).next == "BBB"
    assert [seen.query["maxRecords"] for seen in server.seen_at(RESULTS)] == [["1000"]] * 2


@pytest.mark.parametrize("announced", [2, 4])
def test_a_page_that_holds_other_than_it_announced_is_not_believed(
    reading: Reading, server: WireServer, tmp_path: Path, announced: int
) -> None:
    server.on(RESULTS, page(0, 3, announced=announced))
    with pytest.raises(RemoteUnavailable, match=f"announced {announced} rows .* sent 3") as cut:
        read_wave(reading, 0, None, pages=8)
    assert cut.value.stage == "body"
    assert staged(tmp_path) == []


def test_a_body_that_is_cut_stops_the_other_stream_too(
    reading: Reading, server: WireServer
) -> None:
    whole = page(0, 3, following="AAA")

    def answer(seen: Seen) -> Answer:
        if "locator" not in seen.query:
            return whole
        return Answer(200, whole.body, whole.headers, cut_after=len(whole.body) // 2)

    server.on(RESULTS, answer)
    with pytest.raises(RemoteUnavailable) as cut:
        read_wave(reading, 0, None, pages=50)
    assert cut.value.stage == "body"
    assert len(server.seen_at(RESULTS)) < 10
