"""``make soql``: 1,000 random queries over HTTP, each judged by another engine.

The rows are made here, loaded into the org as CSV files and into SQLite; queries are drawn as trees
and said in SOQL and in SQL by two translators that know nothing of each other. Valid ones must
answer what SQLite answers, wrong ones must be refused with Salesforce's code, and nothing may be a
server error. See ``checks/soql_oracle``.
"""

import http.client
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from checks.soql_oracle.asking import Get, Verdict, draw, judge
from checks.soql_oracle.world import NOW, World
from sallyport_org.server import OrgServer

QUERIES = 1000
SEED = 20_260_520
LEAST_VALID = 600


class FixedClock:
    """A clock that stands still."""

    def now(self) -> datetime:
        """Return the moment the rows are older than."""
        return NOW.replace(tzinfo=UTC)


@contextmanager
def asked_org(world: World) -> Iterator[Get]:
    """Start an org with the world's rows and give a client of it, pages of 200 records."""
    with tempfile.TemporaryDirectory(prefix="sallyport-soql-") as folder:
        files = world.write_csv(Path(folder))
        with OrgServer(load=files, clock=FixedClock()) as server:
            place = urlsplit(server.url)
            connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
            headers = {
                "Authorization": f"Bearer {_token(server, connection)}",
                "Sforce-Query-Options": "batchSize=200",
            }

            def get(path: str) -> tuple[int, bytes]:
                connection.request("GET", path, headers=headers)
                reply = connection.getresponse()
                return reply.status, reply.read()

            yield get
            connection.close()


def _token(server: OrgServer, connection: http.client.HTTPConnection) -> str:
    given = server.credentials
    form = {
        "grant_type": "client_credentials",
        "client_id": given.client_id,
        "client_secret": given.client_secret,
    }
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/services/oauth2/token", urlencode(form), kind)
    return str(json.loads(connection.getresponse().read())["access_token"])


def verdicts(count: int, seed: int) -> Iterator[Verdict]:
    """Yield the verdict on each of ``count`` queries drawn with a seed."""
    world = World(seed)
    with asked_org(world) as get:
        for one in draw(world, count, seed):
            yield judge(world, get, one)


def main() -> int:
    """Run the target."""
    found = list(verdicts(QUERIES, SEED))
    for one in found:
        if not one.good:
            print(f"  FAIL {one.soql!r}: {one.detail}")
    good = sum(one.good for one in found)
    valid = sum(one.valid for one in found)
    with_rows = sum(one.valid and one.rows > 0 for one in found)
    ok = good == len(found) == QUERIES and valid >= LEAST_VALID and 2 * with_rows >= valid
    print(
        f"soql: {'ok' if ok else 'failed'}, {good} of {QUERIES} queries answered as SQLite says or "
        f"refused as Salesforce does ({valid} valid, {with_rows} of them with rows)"
    )
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
